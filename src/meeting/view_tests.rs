//! What a replica makes of single messages.

use super::*;
use crate::wire::ToClient;
use crate::wire::chat::ChatToClient;
use crate::wire::users::{UserRecord, UserToClient};

fn with(people: &[(Ssrc, &str)]) -> View {
    let mut view = View::admitted(people[0].0);
    for (ssrc, name) in people {
        let user =
            UserRecord { capability: 0, ssrc: *ssrc, user_id: String::new(), name: (*name).into(), version: None };
        view.apply(&ToClient::User(UserToClient::Add(user)));
    }
    view
}

fn say(view: &mut View, from: Ssrc, text: &str) -> ChatLine {
    view.apply(&ToClient::Chat(ChatToClient::Line { text: text.into(), from, tick: None, date: None, top: 1 }));
    (**view.chat.last().unwrap()).clone()
}

#[test]
fn a_name_with_a_bracket_in_it_does_not_swallow_the_text() {
    let mut view = with(&[(0, "Olive"), (1, "a>b")]);
    let line = say(&mut view, 1, "a>b>hello");
    assert_eq!((line.name.as_str(), line.text.as_str()), ("a>b", "hello"));
    let line = say(&mut view, 7, "stranger>hi");
    assert_eq!((line.name.as_str(), line.text.as_str()), ("stranger", "hi"));
    assert_eq!(say(&mut view, NOBODY, "notice > all").audience, Audience::Notice);
}

#[test]
fn a_private_line_loses_its_address() {
    let mut view = with(&[(0, "Olive"), (1, "B]b")]);
    view.apply(&ToClient::Chat(ChatToClient::Whisper { from: 0, to: 1, text: "Olive>[To:B]b]psst".into(), top: 1 }));
    assert_eq!(view.chat[0].text, "psst");
    assert_eq!(view.chat[0].audience, Audience::Private { to: 1 });
}

#[test]
fn those_who_left_keep_their_names() {
    let mut view = with(&[(0, "Olive"), (1, "Gus")]);
    view.apply(&ToClient::User(UserToClient::Delete { ssrc: 1, by_action: true }));
    assert_eq!(view.present().len(), 1);
    assert_eq!(view.name_of(1), "Gus");
}

#[test]
fn a_long_chat_is_bounded() {
    let mut view = with(&[(0, "Olive")]);
    for n in 0..=MAX_CHAT_LINES {
        say(&mut view, 0, &format!("Olive>{n}"));
    }
    assert!(view.chat.len() <= MAX_CHAT_LINES);
    assert_eq!(view.chat.last().unwrap().text, MAX_CHAT_LINES.to_string());
}

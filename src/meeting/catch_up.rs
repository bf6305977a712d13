//! From what a view knows to the shortest messages that rebuild it.
//!
//! In: a [`View`]. Out: messages in the order that the known client needs (wire/02 section 3): users, then roles, then the token,
//! then speakers, then the end of initialisation, then chat.

use super::view::{Audience, ChatLine, NOBODY, Person, RecordingState, View};
use crate::wire::ToClient;
use crate::wire::chat::{ChatToClient, MAX_CHAT};
use crate::wire::facts::Fact;
use crate::wire::fields::cut_utf8;
use crate::wire::floor::FloorToClient;
use crate::wire::users::{MAX_NAME, UserRecord, UserToClient};

/// Everybody who is there, then the floor: what both a late joiner and a checkpoint need.
pub fn people_and_floor(view: &View, owns_token: bool) -> Vec<ToClient> {
    let present = || view.people.values().filter(|p| p.present);
    let mut messages: Vec<ToClient> = present().map(add).chain(present().flat_map(states)).collect();
    messages.push(ToClient::Floor(FloorToClient::Controller(view.controller)));
    messages.push(ToClient::Floor(FloorToClient::ControlFlags(view.control_flags)));
    messages.push(ToClient::Floor(FloorToClient::Assistant(view.assistant)));
    if owns_token {
        messages.push(ToClient::Floor(FloorToClient::TokenOwner));
    }
    messages.push(ToClient::Floor(FloorToClient::Token(view.token_holder)));
    if view.data_sender != view.token_holder && view.data_sender != NOBODY {
        messages.push(ToClient::Floor(FloorToClient::DataSender(view.data_sender)));
    }
    for (channel, ssrc) in &view.speakers {
        let speaker = FloorToClient::Speaker { ssrc: *ssrc, channel: *channel, assigned: true };
        messages.push(ToClient::Floor(speaker));
    }
    messages
}

/// The facts that a view remembers.
pub fn facts(view: &View) -> Vec<ToClient> {
    let mut facts = vec![Fact::MeetingId(view.meeting_id.clone()), Fact::Title(view.title.clone())];
    if view.duration_s > 0 {
        facts.push(Fact::Duration(view.duration_s));
    }
    facts.push(Fact::Recording(match view.recording {
        RecordingState::Off => 0,
        RecordingState::On => 1,
        RecordingState::Paused => 2,
    }));
    facts.into_iter().map(ToClient::Fact).collect()
}

/// The newest `most` public lines, oldest first.
pub fn chat_history(view: &View, most: usize) -> Vec<ToClient> {
    let mut lines: Vec<ToClient> = view.chat.iter().rev().filter_map(|line| line_again(line)).take(most).collect();
    lines.reverse();
    lines
}

/// USER_UPDATE that announces a person.
pub fn add(person: &Person) -> ToClient {
    ToClient::User(UserToClient::Add(UserRecord {
        capability: u8::from(person.audio) | (u8::from(person.video) << 1),
        ssrc: person.ssrc,
        user_id: person.user_id.clone(),
        name: person.name.clone(),
        version: Some(person.version),
    }))
}

/// A name as clients are told it: `>` would end it too early in a line of chat (wire/02 section 6), a line break would end the line.
/// At most 127 bytes.
pub fn shown_name(name: &str) -> String {
    let told = |c: char| match c {
        '>' => '\u{ff1e}',
        c if c.is_control() => ' ',
        c => c,
    };
    let name: String = name.chars().map(told).collect();
    cut_utf8(&name, usize::try_from(MAX_NAME).unwrap_or_default()).to_owned()
}

/// A line of chat as it goes to clients: the name and `>` in front, cut to what the known client takes.
pub fn line_text(name: &str, text: &str) -> String {
    let line = format!("{name}>{text}");
    cut_utf8(&line, usize::try_from(MAX_CHAT).unwrap_or_default()).to_owned()
}

fn line_again(line: &ChatLine) -> Option<ToClient> {
    let text = match line.audience {
        Audience::Public => line_text(&line.name, &line.text),
        Audience::Notice => line.text.clone(),
        Audience::Private { .. } => return None,
    };
    Some(ToClient::Chat(ChatToClient::Line { text, from: line.from, tick: line.tick, date: line.date, top: line.top }))
}

/// What a person said of itself since it came; an add resets it, so this follows (wire/02 section 3, item 2).
fn states(person: &Person) -> impl Iterator<Item = ToClient> {
    let video = (person.video_status != 0).then_some(UserToClient::VideoStatus(person.ssrc, person.video_status));
    let page = (person.code_page != 0).then_some(UserToClient::CodePage(person.ssrc, person.code_page));
    video.into_iter().chain(page).map(ToClient::User)
}

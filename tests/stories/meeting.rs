//! Owner and guest meet, talk in both directions, leave; the recording holds it.

use hitdeck::client::{ClientCommand, Ending, Move};
use hitdeck::link::Transport;
use hitdeck::meeting::view::Audience;
use hitdeck::recording::Health;

use crate::stage::{Stage, ended, files, guest, heard, joined, owner, played, said_in, say, until};

#[tokio::test(flavor = "multi_thread")]
async fn owner_and_guest_meet_talk_and_are_recorded() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("first"));
    let state = joined(&olive).await;
    assert_eq!(state.view.me, 0);
    assert!(state.view.owns_token);
    assert_eq!(state.view.token_holder, 0);
    assert_eq!(state.view.meeting_id, "first");

    let gus = stage.start(stage.issue(&guest("first", "gus", "王小明")), Transport::Tcp, None);
    assert_eq!(joined(&gus).await.view.me, 1);
    until(&olive, "two people", |s| s.view.present().len() == 2).await;

    say(&olive, "hello from the owner");
    heard(&gus, "hello from the owner").await;
    say(&gus, "嗨 from the guest");
    heard(&olive, "嗨 from the guest").await;
    assert!(gus.command(ClientCommand::Do(Move::Whisper(0, "psst".into()))));
    heard(&olive, "psst").await;
    assert!(olive.state().view.chat.iter().any(|l| l.text == "psst" && l.audience == Audience::Private { to: 0 }));

    assert_eq!(gus.finish().await, Ending::Left);
    until(&olive, "alone again", |s| s.view.present().len() == 1).await;
    assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
    assert_eq!(ended(&olive).await, Ending::MeetingOver);
    olive.finish().await;

    let root = stage.recordings();
    let _folder = stage.close().await;
    let jnrs = files(&root, ".jnr");
    assert_eq!(jnrs.len(), 1, "{jnrs:?}");
    let (view, health) = played(&jnrs[0]);
    assert_eq!(health, Health::Finalised);
    let said = said_in(&view);
    assert_eq!(said, ["hello from the owner", "嗨 from the guest"], "a private line must not be in it");
    assert_eq!(view.name_of(1), "王小明");
    let xml = std::fs::read_to_string(jnrs[0].with_extension("xml")).unwrap();
    assert!(xml.contains("<how>1</how>") && xml.contains("王小明"), "{xml}");
    assert!(files(&root, ".internal").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_joining_again_takes_over() {
    let stage = Stage::open().await;
    let first = stage.join(&owner("again"));
    joined(&first).await;
    let second = stage.join(&owner("again"));
    joined(&second).await;
    assert_eq!(ended(&first).await, Ending::Overwritten);
    assert_eq!(second.state().view.me, 0);
    first.finish().await;
    second.finish().await;
    stage.close().await;
}

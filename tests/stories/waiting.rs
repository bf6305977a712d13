//! Between the join request and its answer: somebody is asked, a message may be left, the request is of another kind (wire/01
//! sections 6.2 and 6.3). Our MCU asks for permission only, so a scripted one does the rest.

use hitdeck::client::{Client, ClientCommand, Ending, Phase};
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::password::PasswordHash;
use hitdeck::wire::join::{BeforeAdmission, PlaybackStart, WaitKind};
use hitdeck::wire::{Clear, Refusal};

use crate::script::{Caller, Script};
use crate::stage::{ended, joined, turned_away, until};

fn wait(kind: WaitKind, owner: &str) -> BeforeAdmission {
    BeforeAdmission::Wait { kind, owner: owner.into() }
}

fn jnj(script: &Script) -> Jnj {
    script.jnj("codetype=13\nuserinfo=K|P|D|M\nusername=Olga\n")
}

/// A client that has asked.
async fn asked(script: &mut Script) -> (Client, Caller) {
    let client = script.call(jnj(script));
    let mut caller = script.answer().await;
    caller.asks().await;
    (client, caller)
}

/// A client that has asked and been told to wait.
async fn waiting(script: &mut Script) -> (Client, Caller) {
    let (client, mut caller) = asked(script).await;
    caller.say(&wait(WaitKind::Permission, "Olive 王")).await;
    until(&client, "waiting", |s| s.phase == Phase::Waiting("Olive 王".into())).await;
    (client, caller)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_permission_and_gets_it_is_in_the_meeting() {
    let mut script = Script::open().await;
    let (client, mut caller) = waiting(&mut script).await;
    caller.admit().await;
    let state = joined(&client).await;
    assert_eq!((state.view.me, state.view.present().len()), (0, 1));
    // The first that it says since its join request: waiting is not answered.
    caller.sends("no video, and UTF-8", &[0x7a, 0, 0, 0, 33, 0, 0, 0, 2, 0x7a, 0, 0, 0, 55, 0, 0, 0xfd, 0xe9]).await;
    assert_eq!(client.finish().await, Ending::Left);
    caller.goes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_permission_in_vain_is_told_so_and_does_not_ask_again() {
    let mut script = Script::open().await;
    for code in [Refusal::CallRejected, Refusal::CallNotAccepted] {
        let (client, mut caller) = waiting(&mut script).await;
        caller.say(&BeforeAdmission::Refused(code)).await;
        assert_eq!(turned_away(client).await, Ending::Refused(code));
        caller.goes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_may_be_asked_for_before_somebody_is() {
    let mut script = Script::open().await;
    let (client, mut caller) = asked(&mut script).await;
    caller.say(&BeforeAdmission::PasswordWanted).await;
    until(&client, "the question", |s| s.phase == Phase::PasswordWanted(false)).await;
    let hash = PasswordHash::of("sesame");
    assert!(client.command(ClientCommand::Password(Some(hash.clone()))));
    let answer = caller.enc_lp(&hash.to_bytes());
    caller.sends("SHA-1 of the password", &answer).await;
    caller.say(&wait(WaitKind::Permission, "Olive")).await;
    until(&client, "waiting", |s| s.phase == Phase::Waiting("Olive".into())).await;
    caller.admit().await;
    joined(&client).await;
    client.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_while_waiting_has_left() {
    let mut script = Script::open().await;
    let (client, caller) = waiting(&mut script).await;
    assert_eq!(client.finish().await, Ending::Left);
    caller.goes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offer_to_leave_a_message_is_declined_with_four_zeros_and_ends_the_session() {
    let mut script = Script::open().await;
    for (kind, busy) in [(WaitKind::LeaveMessageAbsent, false), (WaitKind::LeaveMessageBusy, true)] {
        // At once, or after nobody has answered; and the server takes note of it with 237, or closes.
        for (waits_first, says_goodbye) in [(false, true), (true, true), (true, false)] {
            let (client, mut caller) = if waits_first { waiting(&mut script).await } else { asked(&mut script).await };
            caller.say(&wait(kind, "Olive 王")).await;
            caller.sends("no, thank you", &[0; 4]).await;
            if says_goodbye {
                caller.say(&BeforeAdmission::Refused(Refusal::UserNotContinue)).await;
            } else {
                caller.pipe.close().await;
            }
            assert_eq!(ended(&client).await, Ending::MessageDeclined { owner: "Olive 王".into(), busy });
            client.finish().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_server_leaves_the_owners_name_to_the_jnj() {
    let mut script = Script::open().await;
    let (client, mut caller) = asked(&mut script).await;
    caller.tell(&Clear::ext(6).u8(1)).await;
    until(&client, "waiting", |s| s.phase == Phase::Waiting("Olga".into())).await;
    caller.tell(&Clear::ext(6).u8(0)).await;
    caller.sends("no, thank you", &[0; 4]).await;
    caller.say(&BeforeAdmission::Refused(Refusal::UserNotContinue)).await;
    assert_eq!(turned_away(client).await, Ending::MessageDeclined { owner: "Olga".into(), busy: false });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jnj_that_deletes_a_recording_hears_whether_it_is_gone() {
    let mut script = Script::open().await;
    for (mode, gone) in [(3, true), (4, false)] {
        let (client, mut caller) = asked(&mut script).await;
        caller.say(&BeforeAdmission::Mode(mode)).await;
        assert_eq!(turned_away(client).await, Ending::Deleted(gone));
        caller.goes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_can_make_a_viewer_of_a_client_and_nothing_that_it_does_not_know() {
    let mut script = Script::open().await;
    let (client, mut caller) = asked(&mut script).await;
    caller.say(&BeforeAdmission::Mode(1)).await;
    caller.say(&BeforeAdmission::Playing(PlaybackStart { playback_id: 3, session_index: 7 })).await;
    until(&client, "the playback", |s| s.phase == Phase::InMeeting && s.viewing.is_some()).await;
    assert_eq!(client.finish().await, Ending::Left);
    caller.goes().await;

    for mode in [0, 2, 5, 255] {
        let (client, mut caller) = asked(&mut script).await;
        caller.say(&BeforeAdmission::Mode(mode)).await;
        match turned_away(client).await {
            Ending::NotServed(why) => assert!(why.contains(&format!("mode {mode},")), "{why}"),
            other => panic!("mode {mode}: {other:?}"),
        }
        caller.goes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_of_an_unknown_type_breaks_the_protocol() {
    let mut script = Script::open().await;
    let too_long = "x".repeat(128);
    let messages =
        [Clear::ext(25).u8(3).lp(b"Olive"), Clear::ext(6).u8(3), Clear::ext(25).u8(1).lp(too_long.as_bytes())];
    for message in messages {
        let (client, mut caller) = asked(&mut script).await;
        caller.tell(&message).await;
        match turned_away(client).await {
            Ending::Lost(why) => assert!(why.contains("broke the protocol"), "{why}"),
            other => panic!("{other:?}"),
        }
        caller.goes().await;
    }
}

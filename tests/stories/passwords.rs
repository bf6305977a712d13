//! Guide 3.10 over real sockets: who guesses waits and nobody else does, and a client may remember what was right.

use std::time::Duration;

use hitdeck::client::{Client, ClientCommand, ClientOptions, PasswordMemory, Phase};
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::password::PasswordHash;
use hitdeck::installation::command::{Command, SecretText};
use hitdeck::installation::order::RequestOrder;
use hitdeck::installation::snapshot::SessionPhase;
use hitdeck::wire::Refusal;
use hitdeck::wire::join::{BeforeAdmission, PasswordAnswer};

use crate::peer::{Peer, closed};
use crate::stage::{Stage, Window, guest, joined, owner, until, within};

fn with_password(order: RequestOrder) -> RequestOrder {
    RequestOrder { password: Some("sesame".into()), ..order }
}

/// Somebody with a jnj, who has been asked for its password.
async fn asked(stage: &Stage, jnj: &Jnj) -> Peer {
    let (peer, answer) = Peer::asked(stage.mcu.address(), jnj).await;
    assert!(matches!(answer, BeforeAdmission::PasswordWanted), "{answer:?}");
    peer
}

async fn guess(peer: &mut Peer, password: &str) {
    peer.pipe.write(&PasswordAnswer::Given(PasswordHash::of(password).to_bytes()).encode()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_waits_while_everybody_else_comes_in_and_is_cut_when_the_server_stops() {
    let hour = Duration::from_secs(3600);
    let stage = Stage::open_with(|config| {
        config.patience.admission = 2 * hour;
        let pace = &mut config.patience.guessing;
        (pace.first, pace.longest) = (hour, hour);
    })
    .await;
    let olive = stage.join(&owner("secret"));
    joined(&olive).await;
    let gus = stage.issue(&with_password(guest("secret", "gus", "Gus")));
    let mut first = asked(&stage, &gus).await;
    for wrong in ["open", "opne"] {
        guess(&mut first, wrong).await;
        assert!(matches!(first.answer().await, BeforeAdmission::PasswordWanted));
    }
    guess(&mut first, "Sesame").await;
    assert!(matches!(first.answer().await, BeforeAdmission::Refused(Refusal::WrongUserinfo2)));
    drop(first);

    // The fourth waits for an hour, whether it is right or not; a fifth would wait for longer, and is turned away.
    let (mut one, mut two) = (asked(&stage, &gus).await, asked(&stage, &gus).await);
    guess(&mut one, "sesame").await;
    guess(&mut two, "sesame").await;
    let (turned_away, mut waiting) = tokio::select! {
        answer = one.answer() => (answer, two),
        answer = two.answer() => (answer, one),
    };
    assert!(matches!(turned_away, BeforeAdmission::Refused(Refusal::WrongUserinfo2)), "{turned_away:?}");
    // Same meeting, same address, somebody else; and the same person of another meeting.
    for order in [guest("secret", "tess", "Tess"), owner("other")] {
        let jnj = stage.issue(&with_password(order));
        let client = stage.start(jnj, hitdeck::link::Transport::WebSocket, Some("sesame"));
        tokio::select! {
            _ = joined(&client) => {}
            early = waiting.answer() => panic!("answered while others come in: {early:?}"),
        }
        client.finish().await;
    }
    olive.finish().await;
    within("the server stops, however long somebody has to wait", stage.close()).await.unwrap();
    let (mut incoming, _sender) = waiting.split();
    closed(&mut incoming).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_mistyped_gets_in_at_once_with_the_right_password_again_and_again() {
    let stage = Stage::open().await;
    let jnj = stage.issue(&with_password(owner("typist")));
    for _ in 0..5 {
        let mut olive = asked(&stage, &jnj).await;
        for wrong in ["open", "opne"] {
            guess(&mut olive, wrong).await;
            assert!(matches!(olive.answer().await, BeforeAdmission::PasswordWanted));
        }
        guess(&mut olive, "sesame").await;
        olive.enter(None).await;
    }
    stage.close().await;
}

/// A client that remembers.
fn client(stage: &Stage, jnj: &Jnj, remembers: &PasswordMemory, password: Option<&str>) -> Client {
    let password = password.map(PasswordHash::of);
    let options = ClientOptions {
        password,
        remembers: remembers.clone(),
        come_back: false,
        ..ClientOptions::new(stage.clock.clone())
    };
    Client::start(jnj.clone(), options)
}

async fn is_asked(client: &Client, again: bool) {
    until(client, "the question", |s| s.phase == Phase::PasswordWanted(again)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_right_is_not_asked_for_again_until_a_wrong_one_was_given() {
    let stage = Stage::open().await;
    let jnj = stage.issue(&with_password(owner("memory")));
    let (on, off) = (PasswordMemory::default(), PasswordMemory::default());
    on.set_on(true);
    let typed = client(&stage, &jnj, &on, None);
    is_asked(&typed, false).await;
    assert!(typed.command(ClientCommand::Password(Some(PasswordHash::of("sesame")))));
    joined(&typed).await;
    typed.finish().await;
    for _ in 0..2 {
        let second = client(&stage, &jnj, &on, None);
        joined(&second).await;
        second.finish().await;
    }
    // Whoever does not remember is asked; so is another jnj of the same person.
    let other = stage.issue(&with_password(owner("memory")));
    for (jnj, memory) in [(&jnj, &off), (&other, &on)] {
        let asked = client(&stage, jnj, memory, None);
        is_asked(&asked, false).await;
        asked.finish().await;
    }
    let wrong = client(&stage, &jnj, &on, Some("open"));
    is_asked(&wrong, true).await;
    wrong.finish().await;
    let forgotten = client(&stage, &jnj, &on, None);
    is_asked(&forgotten, false).await;
    forgotten.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_remembers_passwords_once_it_is_told_to() {
    let window = Window::open().await;
    let asked = |phase: &SessionPhase| *phase == SessionPhase::PasswordWanted { again: false };
    let inside = |phase: &SessionPhase| *phase == SessionPhase::InMeeting;
    let ended = |phase: &SessionPhase| matches!(phase, SessionPhase::Ended(_));
    window.join(&with_password(owner("memory")));
    let tab = window.until_session(asked).await;
    let answer = || window.send(Command::AnswerPassword(tab, Some(SecretText::from("sesame"))));
    let leave = async || {
        window.send(Command::Leave(tab));
        window.until_session(ended).await;
    };
    answer();
    window.until_session(inside).await;
    leave().await;
    // Off at first.
    window.send(Command::JoinAgain(tab));
    window.until_session(asked).await;
    window.send(Command::RememberPasswords(true));
    answer();
    window.until_session(inside).await;
    leave().await;
    window.send(Command::JoinAgain(tab));
    window.until_session(inside).await;
    leave().await;
    window.send(Command::RememberPasswords(false));
    window.send(Command::JoinAgain(tab));
    window.until_session(asked).await;
    window.close().await;
}

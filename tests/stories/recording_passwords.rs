//! Recordings with a password, over real sockets: an owner sets one in the meeting, whoever plays it is asked (guide 3.12, wire/02
//! section 9.1, wire/05 section 9).

use std::path::PathBuf;

use hitdeck::client::{Client, ClientCommand, ClientState, Ending, Move, Phase, Wish};
use hitdeck::hit::password::PasswordHash;
use hitdeck::hit::request::CommandKind;
use hitdeck::installation::order::RequestOrder;
use hitdeck::link::Transport;
use hitdeck::meeting::moves::RecordingPassword;
use hitdeck::wire::control::ControlToServer;
use hitdeck::wire::facts::{Fact, Secret};
use hitdeck::wire::{Refusal, ToClient, ToServer};

use crate::peer::Peer;
use crate::stage::{
    Stage, ended, files, guest, heard, joined, owner, played, said_in, say, turned_away, until, within,
};

fn set(password: &str) -> ClientCommand {
    ClientCommand::Do(Move::SetRecordingPassword(RecordingPassword::new(password).unwrap()))
}

/// Ends the meeting; gives its recording.
async fn over(stage: &Stage, olive: Client) -> PathBuf {
    assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&olive).await;
    olive.finish().await;
    let root = stage.recordings();
    let finished = async {
        loop {
            if let [jnr] = &files(&root, ".jnr")[..]
                && jnr.with_extension("xml").exists()
            {
                return jnr.clone();
            }
            tokio::task::yield_now().await;
        }
    };
    within("the recording", finished).await.unwrap()
}

fn viewer(stage: &Stage, meeting: &str, password: Option<&str>) -> Client {
    let jnj = stage.issue(&RequestOrder { command: CommandKind::Playback, ..owner(meeting) });
    stage.start(jnj, Transport::WebSocket, password)
}

/// Watches to the end; gives what was said.
async fn watched(client: Client) -> Vec<String> {
    until(&client, "the playback", |s| s.phase == Phase::InMeeting && s.viewing.is_some()).await;
    assert!(client.command(ClientCommand::Watch(Wish::Speed(1600))));
    let state = until(&client, "the end", |s| s.viewing.as_ref().is_some_and(|v| v.at_end)).await;
    let said = said_in(&state.view).into_iter().map(str::to_owned).collect();
    client.finish().await;
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_protects_a_recording_in_the_middle_of_it_and_a_viewer_is_asked() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("secret"));
    assert!(joined(&olive).await.view.recording_facts.password_can_be_set);
    let gus = stage.join(&guest("secret", "gus", "Gus"));
    joined(&gus).await;
    say(&olive, "said before");
    heard(&gus, "said before").await;
    assert!(olive.command(set("sesame 芝麻")));
    for client in [&olive, &gus] {
        until(client, "protected", |s| s.view.recording_facts.password_set).await;
    }
    say(&gus, "said after");
    heard(&olive, "said after").await;
    gus.finish().await;
    let jnr = over(&stage, olive).await;
    let bytes = std::fs::read(&jnr).unwrap();
    assert!(!bytes.windows(4).any(|four| four == b"said"), "nothing of it stands in the file");

    // Wrong once, then right.
    let asked = viewer(&stage, "secret", None);
    until(&asked, "the question", |s| s.phase == Phase::PasswordWanted(false)).await;
    assert!(asked.command(ClientCommand::Password(Some(PasswordHash::of("sesame")))));
    until(&asked, "the question again", |s| s.phase == Phase::PasswordWanted(true)).await;
    assert!(asked.command(ClientCommand::Password(Some(PasswordHash::of("sesame 芝麻")))));
    assert_eq!(watched(asked).await, ["said before", "said after"]);
    let mut snapshot = stage.mcu.snapshot();
    snapshot.wait_for(|now| now.playbacks.is_empty()).await.unwrap();

    // Wrong three times.
    let guessing = viewer(&stage, "secret", Some("sesame"));
    for wrong in ["Sesame", ""] {
        assert!(guessing.command(ClientCommand::Password(Some(PasswordHash::of(wrong)))));
    }
    assert_eq!(turned_away(guessing).await, Ending::Refused(Refusal::WrongPassword));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_who_loses_the_connection_comes_back_without_another_question() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("secret"));
    joined(&olive).await;
    say(&olive, "said");
    assert!(olive.command(set("sesame")));
    until(&olive, "protected", |s| s.view.recording_facts.password_set).await;
    over(&stage, olive).await;
    let viewer = stage.faithful(stage.issue(&RequestOrder { command: CommandKind::Playback, ..owner("secret") }));
    until(&viewer, "the question", |s| s.phase == Phase::PasswordWanted(false)).await;
    assert!(viewer.command(ClientCommand::Password(Some(PasswordHash::of("sesame")))));
    let playing = |s: &ClientState| s.phase == Phase::InMeeting && s.viewing.is_some();
    until(&viewer, "the playback", playing).await;
    assert!(viewer.command(ClientCommand::Cut));
    // Nobody answers a second question.
    until(&viewer, "the playback again", |s| s.reconnects == 1 && playing(s)).await;
    assert_eq!(watched(viewer).await, ["said"]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_taken_away_is_not_asked_for() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("open"));
    joined(&olive).await;
    say(&olive, "said");
    assert!(olive.command(set("sesame")));
    until(&olive, "protected", |s| s.view.recording_facts.password_set).await;
    assert!(olive.command(set("")));
    until(&olive, "open", |s| !s.view.recording_facts.password_set).await;
    let jnr = over(&stage, olive).await;
    assert_eq!(said_in(&played(&jnr).0), ["said"]);
    assert_eq!(watched(viewer(&stage, "open", None)).await, ["said"]);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_disable_jnr_password_nobody_can_set_one() {
    let stage = Stage::open_with(|config| config.recording_passwords = false).await;
    let mut stubborn = Peer::admitted(stage.mcu.address(), &stage.issue(&owner("plain"))).await;
    let secret = Secret(b"sesame".to_vec());
    stubborn.tell(&ToServer::Control(ControlToServer::RecordingPassword(secret))).await;
    stubborn.tell(&ToServer::Control(ControlToServer::Title("after the wish".into()))).await;
    loop {
        match stubborn.pipe.incoming.next(ToClient::decode).await.unwrap() {
            ToClient::Fact(Fact::RecordingPassword { can_set, .. }) => assert_eq!(can_set, 0),
            ToClient::Fact(Fact::RecordingPasswordState(state)) => assert_eq!(state, 100),
            ToClient::Fact(Fact::Title(title)) if title == "after the wish" => break,
            _ => {}
        }
    }
    drop(stubborn);
    let root = stage.recordings();
    let folder = stage.close().await;
    let [jnr] = &files(&root, ".jnr")[..] else { panic!("{:?}", files(&root, ".jnr")) };
    assert_eq!(played(jnr).0.title, "after the wish");
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_disk_refuses_a_password_everybody_hears_that_there_is_none() {
    let stage = Stage::open().await;
    let mut olive = Peer::admitted(stage.mcu.address(), &stage.issue(&owner("full"))).await;
    let [jnr] = &files(&stage.recordings(), ".jnr")[..] else { panic!("{:?}", files(&stage.recordings(), "")) };
    // Where the recording would be written anew stands something that cannot be replaced.
    std::fs::create_dir(jnr.with_extension("jnr.new")).unwrap();
    let secret = Secret(b"sesame".to_vec());
    olive.tell(&ToServer::Control(ControlToServer::RecordingPassword(secret))).await;
    let state = loop {
        let message = olive.pipe.incoming.next(ToClient::decode).await.unwrap();
        if let ToClient::Fact(Fact::RecordingPasswordState(state @ (0 | 1))) = message {
            break state;
        }
    };
    assert_eq!(state, 0);
    drop(olive);
    stage.close().await;
}

/// From the command line: set in a meeting, asked for at a playback over the wire and from disk, and not there once it is disabled.
#[cfg(unix)]
#[test]
fn a_recording_with_a_password_from_the_command_line() {
    use crate::program::{Program, hitdeck};
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("desk").to_string_lossy().into_owned();
    hitdeck(["init", &dir]).ended_with(0);
    let mut mcu = Program::start(["mcu", &dir, "--listen", "127.0.0.1:0"]);
    mcu.listening();
    let jnj = |name: &str, more: &[&str]| {
        let file = folder.path().join(name).to_string_lossy().into_owned();
        let new = ["jnj", "new", &dir, "--owner", "olive:Olive", "--meeting", "room", "-o", &file];
        hitdeck(new.into_iter().chain(more.iter().copied())).ended_with(0);
        file
    };
    let olive = jnj("olive.jnj", &[]);
    hitdeck(["join", &olive, "--say", "hello", "--do", "recording-password sesame", "--end"]).ended_with(0);
    let recordings = std::path::Path::new(&dir).join("recording");
    let jnr = loop {
        match &files(&recordings, ".jnr")[..] {
            [jnr] if jnr.with_extension("xml").exists() => break jnr.to_string_lossy().into_owned(),
            _ => std::thread::yield_now(),
        }
    };
    let over_the_wire = jnj("play.jnj", &["--command", "playback"]);
    for file in [&jnr, &over_the_wire] {
        let play = ["play", file, "--speed", "16", "--expect", "hello"];
        let shown = hitdeck(play.into_iter().chain(["--password", "sesame"])).ended_with(0);
        assert!(shown.out.contains("hello"), "{shown:?}");
        for wrong in [&["--password", "open"][..], &[]] {
            let refused = hitdeck(play.into_iter().chain(wrong.iter().copied()));
            assert!(
                refused.status != 0 && refused.err.contains("password") && !refused.out.contains("hello"),
                "{refused:?}"
            );
        }
    }
    let show = ["recordings", "show", &jnr, "--password"];
    assert!(hitdeck(show.into_iter().chain(["sesame"])).ended_with(0).out.contains("hello"));
    hitdeck(show.into_iter().chain(["open"])).ended_with(5);
    hitdeck(["recordings", "verify", &jnr]).ended_with(0);
    assert!(mcu.terminate().success());
}

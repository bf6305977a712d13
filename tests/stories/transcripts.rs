//! What real clients sent is sent again: the server keeps step with every message of theirs, and their chat arrives.

use std::path::{Path, PathBuf};

use hitdeck::client::{ClientCommand, Ending, Move};
use hitdeck::installation::order::RequestOrder;
use hitdeck::link::Transport;
use hitdeck::mcu::transcript::Transcripts;
use hitdeck::wire::chat::{ChatToClient, ChatToServer};
use hitdeck::wire::fields::{Keys, decode};
use hitdeck::wire::join::flags;
use hitdeck::wire::parameters::ClientParameter;
use hitdeck::wire::playback::PlaybackToServer;
use hitdeck::wire::users::UserToServer;
use hitdeck::wire::{ToClient, ToServer};

use crate::peer::Peer;
use crate::playback;
use crate::stage::{Stage, ended, files, guest, heard, joined, owner, until};

#[tokio::test(flavor = "multi_thread")]
async fn every_recorded_client_can_take_part_again() {
    let transcripts = files(&folder(), ".txt");
    assert!(transcripts.len() >= 12, "the transcripts are missing: {transcripts:?}");
    for path in transcripts {
        match path.to_string_lossy().contains("playback") {
            true => replay_playback(&path).await,
            false => replay(&path).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_holds_what_a_client_sent_and_no_secret() {
    let kept = tempfile::tempdir().unwrap();
    let into = Transcripts::into_folder(kept.path()).unwrap();
    let stage = Stage::open_with(|config| config.transcripts = into).await;
    let order = RequestOrder { password: Some("sesame".into()), ..owner("written") };
    let client = stage.start(stage.issue(&order), Transport::Tcp, Some("sesame"));
    joined(&client).await;
    assert!(client.command(ClientCommand::Do(Move::Say("note this".into()))));
    heard(&client, "note this").await;
    client.finish().await;
    stage.close().await;

    let [file] = &files(kept.path(), ".txt")[..] else { panic!("one connection, one file") };
    let transcript = Transcript::read(file);
    assert_eq!(transcript.parameters, [ClientParameter::ClientType("HITDECK".into())]);
    assert_eq!(transcript.flags, flags::NORMAL);
    let greetings = [UserToServer::VideoStatus(2), UserToServer::CodePage(65_001)].map(ToServer::User);
    let said = ToServer::Chat(ChatToServer::Say { text: "note this".into() });
    assert_eq!(transcript.messages, [&greetings[..], &[said]].concat());
    let kinds = std::fs::read_to_string(file).unwrap();
    assert!(kinds.lines().all(|line| ["parameter ", "join ", "message "].iter().any(|kind| line.starts_with(kind))));
}

async fn replay(path: &Path) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let transcript = Transcript::read(path);
    let stage = Stage::open().await;
    // An event lets either come first. The name of a transcript says who it was.
    let event = |order: RequestOrder| RequestOrder { duration_min: 60, ..order };
    let (own, other) = (event(owner(name)), event(guest(name, "gus", "Gus")));
    let (order, other) = if name.contains("guest") { (other, own) } else { (own, other) };
    let password = name.contains("password").then_some("sesame");
    let order = RequestOrder { password: password.map(Into::into), ..order };

    let witness = stage.join(&other);
    joined(&witness).await;
    let mut peer = Peer::connect(stage.mcu.address()).await;
    peer.greet().await;
    peer.agree().await;
    peer.introduce(&transcript.parameters).await;
    peer.ask(&stage.issue(&order), transcript.flags).await;
    let ssrc = peer.enter(password).await.ssrc;
    let mut said = Vec::new();
    let mut ends = false;
    for message in &transcript.messages {
        peer.tell(message).await;
        let own = witness.state().view.me;
        match message {
            ToServer::Chat(ChatToServer::Say { text }) => said.push(text.to_string()),
            // As the witness reads it, without the address.
            ToServer::Chat(ChatToServer::Whisper { to, text }) if *to == own => {
                let text = text.to_string();
                said.push(text.split_once(']').map_or(text.as_str(), |(_, line)| line).to_owned());
            }
            _ => {}
        }
        // What follows the end of a meeting is told to nobody.
        ends |= *message == ToServer::EndMeeting && ssrc == 0;
        if ends {
            break;
        }
    }
    if ends {
        assert_eq!(ended(&witness).await, Ending::MeetingOver, "{name}");
    } else {
        said.push(format!("the server kept step with {name}"));
        let text = said[said.len() - 1].clone();
        peer.tell(&ToServer::Chat(ChatToServer::Say { text: text.as_str().into() })).await;
        heard(&witness, &text).await;
    }
    let state = witness.state();
    let came = state.view.chat.iter().filter(|line| line.from == ssrc).map(|line| line.text.as_str());
    assert_eq!(came.collect::<Vec<_>>(), said, "{name}");
    if !ends {
        peer.pipe.close().await;
        until(&witness, "alone", |s| s.view.present().len() == 1).await;
    }
    witness.finish().await;
    stage.close().await;
}

/// A viewer of the browser client; the recording is another one, and longer than its own was.
async fn replay_playback(path: &Path) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let transcript = Transcript::read(path);
    let stage = Stage::open().await;
    playback::record(&stage, name);
    let mut peer = Peer::connect(stage.mcu.address()).await;
    peer.greet().await;
    peer.agree().await;
    peer.introduce(&transcript.parameters).await;
    peer.ask(&stage.issue(&playback::playback(owner(name))), transcript.flags).await;
    peer.view().await;
    for message in &transcript.messages {
        peer.tell(message).await;
    }
    // Whatever it did, it can be shown another moment now: the third line stands at eleven minutes.
    peer.tell(&ToServer::Playback(PlaybackToServer::Seek(11 * 60_000 + 1))).await;
    let mut chat = Vec::new();
    while !chat.iter().any(|text: &String| text.ends_with("three")) {
        if let ToClient::Chat(ChatToClient::Line { text, .. }) = peer.shown().await {
            chat.push(text);
        }
    }
    stage.close().await;
}

/// One connection of a client, in clear (mcu::transcript).
struct Transcript {
    parameters: Vec<ClientParameter>,
    flags: u8,
    messages: Vec<ToServer>,
}

impl Transcript {
    fn read(path: &Path) -> Transcript {
        let mut transcript = Transcript { parameters: Vec::new(), flags: 0, messages: Vec::new() };
        let text = std::fs::read_to_string(path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let at = format!("{}:{}", path.display(), number + 1);
            let (kind, hex) = line.split_once(' ').unwrap_or_else(|| panic!("{at}: expected a kind and hex"));
            let bytes = unhex(hex);
            match kind {
                // A parameter that is not understood was written down as nothing.
                "parameter" if bytes.is_empty() => {}
                "parameter" => {
                    let (parameter, taken) = decode(&bytes, &Keys::CLEAR, ClientParameter::decode).unwrap().unwrap();
                    assert_eq!(taken, bytes.len(), "{at}");
                    transcript.parameters.push(parameter.unwrap_or_else(|| panic!("{at}: the end of the block")));
                }
                "join" => transcript.flags = bytes[0],
                "message" => {
                    let (message, taken) = decode(&bytes, &Keys::CLEAR, ToServer::decode).unwrap().unwrap();
                    assert_eq!(
                        (taken, &message.encode().bytes),
                        (bytes.len(), &bytes),
                        "{at}: it reads as {message:?}"
                    );
                    transcript.messages.push(message);
                }
                other => panic!("{at}: {other:?} is no kind of line"),
            }
        }
        transcript
    }
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "an odd number of hex digits");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts")
}

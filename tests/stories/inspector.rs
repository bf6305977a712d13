//! Owner and guest meet under the inspector's eyes: everything is there, in order, and no secret.

use std::sync::Arc;
use std::time::Duration;

use hitdeck::client::{Client, ClientCommand, ClientOptions};
use hitdeck::clock::Clock;
use hitdeck::hit::jnj::{Credential, Jnj, Relay};
use hitdeck::hit::password::PasswordHash;
use hitdeck::hit::request::CommandKind;
use hitdeck::installation::command::{Command, Move};
use hitdeck::installation::front::Front as _;
use hitdeck::installation::order::RequestOrder;
use hitdeck::installation::snapshot::{Direction, InspectorLine, SessionPhase, Snapshot};
use hitdeck::link::Inspector;
use hitdeck::link::inspector::MAX_LINES;
use hitdeck::mcu::rehearsal::{self, Act};
use hitdeck::meeting::room::How;
use hitdeck::wire::ToServer;
use hitdeck::wire::chat::ChatToServer;
use hitdeck::wire::join::flags;
use hitdeck::wire::layout::Passed;

use crate::peer::Peer;
use crate::stage::{Stage, Window, guest, heard, joined, owner, say, until};

#[tokio::test(flavor = "multi_thread")]
async fn both_ends_of_every_connection_are_seen_and_no_secret_is() {
    let inspector = Inspector::new(Clock::system());
    inspector.set_on(true);
    let watched = inspector.clone();
    let stage = Stage::open_with(|config| config.inspector = watched).await;
    let order = RequestOrder { password: Some("open sesame".into()), ..owner("seen") };
    let (olive_jnj, gus_jnj) = (stage.issue(&order), stage.issue(&guest("seen", "gus", "王小明")));
    let olive = start(&stage, &inspector, &olive_jnj, Some("open sesame"));
    joined(&olive).await;
    let gus = start(&stage, &inspector, &gus_jnj, None);
    joined(&gus).await;
    say(&olive, "first, from the owner");
    heard(&gus, "first, from the owner").await;
    say(&gus, "second, 嗨");
    heard(&olive, "second, 嗨").await;
    heard(&gus, "second, 嗨").await;

    let seen = inspector.snapshot();
    assert_eq!(seen.dropped, 0);
    let labels: Vec<_> = seen.connections.iter().map(|connection| connection.label.as_str()).collect();
    assert_eq!(labels.len(), 4, "{labels:?}");
    for (start, end) in
        [("mcu <- ", "(Olive)"), ("mcu <- ", "(王小明)"), ("client 1 -> ", "(Olive)"), ("client 2 -> ", "(王小明)")]
    {
        assert!(
            labels.iter().any(|label| label.starts_with(start) && label.ends_with(end)),
            "{start}{end}: {labels:?}"
        );
    }
    for connection in &seen.connections {
        let lines: Vec<_> = seen.lines.iter().filter(|line| line.connection == connection.number).collect();
        let at_client = connection.label.starts_with("client");
        // What the server says is sent at one end and received at the other.
        let from_server = if at_client { Direction::Received } else { Direction::Sent };
        let told = lines.iter().filter(|line| line.direction == from_server).map(|line| line.name.as_str());
        let told: Vec<_> = told.filter(|name| KEY_MOMENTS.contains(name)).collect();
        assert_eq!(told[..2], ["INITIAL_INFO", "USER_UPDATE"], "{}", connection.label);
        let chat = lines.iter().filter(|line| line.name == "CHAT_TEXT_TIME" && line.direction == from_server);
        let texts: Vec<_> = chat.map(|line| field(line, "text")).collect();
        assert_eq!(texts, ["Olive>first, from the owner", "王小明>second, 嗨"], "{}", connection.label);
        let own = lines.iter().filter(|line| line.name == "CHAT_TEXT").map(|line| field(line, "text"));
        let said = if connection.label.contains("Olive") { "first, from the owner" } else { "second, 嗨" };
        assert_eq!(own.collect::<Vec<_>>(), [said], "{}", connection.label);
        assert!(lines.iter().all(|line| line.name != "UNKNOWN"), "{}: {lines:?}", connection.label);
    }
    let answers = seen.lines.iter().filter(|line| line.name == "PASSWORD_ANSWER");
    assert_eq!(answers.map(|line| field(line, "password")).collect::<Vec<_>>(), ["hidden, 20 bytes"; 2]);
    let hash = PasswordHash::of("open sesame").to_bytes();
    let userinfos = [&olive_jnj, &gus_jnj].map(|jnj| jnj.userinfo.as_ref().map(Credential::expose).unwrap().to_owned());
    let reconnect = |line: &&Arc<InspectorLine>| line.name == "RECONNECT_NAME";
    assert_eq!(seen.lines.iter().filter(reconnect).count(), 4);
    for line in seen.lines.iter() {
        let shown = String::from_utf8_lossy(&line.bytes);
        for userinfo in &userinfos {
            // Any of its parts would be enough to be recognised by.
            assert!(!userinfo.split('|').any(|part| part.len() > 20 && shown.contains(part)), "{line:?}");
            assert!(!line.fields.iter().any(|(_, value)| value.contains(&userinfo[20..60])), "{line:?}");
        }
        assert!(!line.bytes.windows(20).any(|window| window == hash), "{line:?}");
        assert!(!shown.contains("sesame"), "{line:?}");
        if line.name == "INITIAL_INFO" {
            assert_eq!(line.bytes[38..98], [b'*'; 60], "the meeting's key and IV");
        }
        if line.name == "RECONNECT_NAME" {
            assert_eq!(line.bytes[9..21], [b'*'; 12]);
        }
    }

    inspector.set_on(false);
    say(&olive, "nobody looks");
    heard(&gus, "nobody looks").await;
    assert_eq!(inspector.snapshot().lines.len(), seen.lines.len());
    olive.finish().await;
    gus.finish().await;
    stage.close().await;
    assert!(inspector.snapshot().connections.iter().all(|connection| !connection.open));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ways_through_a_relay_back_in_and_to_a_recording_are_seen_item_by_item() {
    let inspector = Inspector::new(Clock::system());
    inspector.set_on(true);
    let (of_relay, of_mcu) = (inspector.clone(), inspector.clone());
    let relay = Stage::open_with(|config| config.inspector = of_relay).await;
    let stage = Stage::open_with(|config| config.inspector = of_mcu).await;
    let at = relay.mcu.address();
    let way = Relay { host: at.ip().to_string(), port: at.port() };
    let jnj = Jnj { use_relay: Some(way), ..stage.issue(&owner("ways")) };
    let options = ClientOptions { inspector: inspector.clone(), ..ClientOptions::new(stage.clock.clone()) };
    let olive = Client::start(jnj, options);
    joined(&olive).await;
    assert!(olive.command(ClientCommand::Cut));
    until(&olive, "back", |s| s.reconnects == 1 && s.view.initialised).await;
    olive.finish().await;
    let recorded = owner("recorded");
    let (request, now) = (recorded.request(stage.clock.now()).unwrap(), stage.clock.now());
    let acts = [(Duration::ZERO, Act::Join { owner: true, id: "olive".into(), name: "Olive".into() })];
    let end = (Duration::from_secs(60), How::OwnersRequest);
    rehearsal::hold(&stage.recordings(), "127.0.0.1", &request, (7, now), &acts, end).unwrap();
    let order = RequestOrder { command: CommandKind::Playback, ..recorded };
    let viewer = start(&stage, &inspector, &stage.issue(&order), None);
    until(&viewer, "the playback", |s| s.viewing.is_some() && s.view.initialised).await;
    viewer.finish().await;
    relay.close().await;
    stage.close().await;

    let seen = inspector.snapshot();
    let strange: Vec<_> = seen.lines.iter().filter(|line| line.name == "UNKNOWN").collect();
    assert!(strange.is_empty(), "{strange:?}");
    let at = |label: &str, name: &str| {
        let of = |it: &&Arc<InspectorLine>| {
            let connection = seen.connections.iter().find(|known| known.number == it.connection).unwrap();
            it.name == name && connection.label.starts_with(label)
        };
        seen.lines.iter().filter(of).cloned().collect::<Vec<_>>()
    };
    for name in ["RELAY_REQUEST", "RELAY_RESULT", "RELAY_TARGET", "RELAY_PASS", "RECONNECT_TICKET", "MEETING_INFO"] {
        assert!(!at("client", name).is_empty() && !at("mcu", name).is_empty(), "{name}");
    }
    for ticket in at("", "RECONNECT_TICKET") {
        assert_eq!((&ticket.bytes[8..], field(&ticket, "ticket")), (&[b'*'; 72][..], "hidden, 72 bytes"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_messages_stays_within_bounds() {
    let inspector = Inspector::new(Clock::system());
    inspector.set_on(true);
    let watched = inspector.clone();
    let stage = Stage::open_with(|config| config.inspector = watched).await;
    let witness = stage.join(&owner("flood"));
    joined(&witness).await;
    let mut peer = Peer::connect(stage.mcu.address()).await;
    let jnj = stage.issue(&guest("flood", "gus", "Gus"));
    peer.greet().await;
    peer.agree().await;
    peer.introduce(&[]).await;
    peer.ask(&jnj, flags::NORMAL).await;
    peer.enter(None).await;
    let flip = ToServer::Passed(Passed { name: "FLIP", bytes: b"A\0\0\0\0".to_vec() });
    let mut follower = inspector.follow();
    let mut accounted = 0;
    let mut look = || {
        let news = follower.news();
        accounted += news.lines.iter().filter(|line| line.name == "FLIP").count() as u64 + news.missed;
        accounted
    };
    for _ in 0..20 {
        for _ in 0..1_000 {
            peer.tell(&flip).await;
        }
        look();
        assert!(inspector.snapshot().lines.len() <= MAX_LINES);
    }
    let last = ToServer::Chat(ChatToServer::Say { text: "the end".into() });
    peer.tell(&last).await;
    heard(&witness, "the end").await;
    // Seen, or known to be missing.
    assert!(look() >= 20_000);
    let seen = inspector.snapshot();
    assert!(seen.lines.len() <= MAX_LINES && seen.dropped >= 15_000, "{} and {}", seen.lines.len(), seen.dropped);
    peer.pipe.close().await;
    witness.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_switches_the_inspector_of_everything_in_the_engine() {
    let window = Window::open().await;
    let running = window.engine.snapshot();
    assert!(!running.inspector.on && running.inspector.connections.is_empty());
    window.send(Command::SetInspector(true));
    window.until(|s| s.inspector.on).await;
    window.join(&owner("window"));
    let inside = window.until(|s| s.sessions.iter().any(|it| it.phase == SessionPhase::InMeeting)).await;
    let tab = inside.sessions[0].id;
    let said = |s: &Snapshot, text: &str| {
        s.inspector.lines.iter().filter(|line| line.fields.iter().any(|(_, value)| value == text)).count()
    };
    window.send(Command::Do(tab, Move::Say("seen".into())));
    // Sent by the client and received by the MCU.
    let shot = window.until(|s| said(s, "seen") == 2).await;
    let labels: Vec<_> = shot.inspector.connections.iter().map(|it| it.label.clone()).collect();
    assert!(labels.iter().any(|label| label.starts_with("mcu <- ")), "{labels:?}");
    assert!(labels.iter().any(|label| label.starts_with("client 1 -> ")), "{labels:?}");

    window.send(Command::ClearInspector);
    window.until(|s| said(s, "seen") == 0).await;
    window.send(Command::SetInspector(false));
    window.until(|s| !s.inspector.on).await;
    window.send(Command::Do(tab, Move::Say("unseen".into())));
    let chatted = |s: &Snapshot| s.sessions[0].view.chat.iter().any(|line| line.text == "unseen");
    let shot = window.until(chatted).await;
    assert_eq!(said(&shot, "unseen"), 0);
    window.close().await;
}

#[cfg(unix)]
#[test]
fn traces_are_json_lines_without_secrets() {
    use crate::program::{Program, hitdeck};

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (desk, jnj, mcu_trace, own_trace) = (path("desk"), path("a.jnj"), path("mcu.json"), path("join.json"));
    hitdeck(["init", &desk]).ended_with(0);
    let mut mcu = Program::start(["mcu", &desk, "--listen", "127.0.0.1:0", "--trace", &mcu_trace]);
    let address = mcu.listening().to_string();
    let order = ["--owner", "olive:Olive", "--meeting", "room", "--password", "open sesame", "--mcu", &address];
    hitdeck(["jnj", "new", &desk, "-o", &jnj].into_iter().chain(order)).ended_with(0);
    let join = ["join", &jnj, "--password", "open sesame", "--say", "note this", "--trace", &own_trace];
    hitdeck(join).ended_with(0);
    assert_eq!(mcu.terminate().code(), Some(0));

    let sealed = Jnj::parse(&std::fs::read(&jnj).unwrap()).unwrap().userinfo.unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hash = hex(&PasswordHash::of("open sesame").to_bytes());
    for (file, chat_goes, label) in [(mcu_trace, "received", "mcu <- "), (own_trace, "sent", "client 1 -> ")] {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for name in ["HELLO", "JOIN_REQUEST", "PASSWORD_ANSWER", "INITIAL_INFO", "USER_UPDATE", "CHAT_TEXT_TIME"] {
            assert!(lines.iter().any(|line| line["name"] == name), "{file}: no {name}");
        }
        for line in &lines {
            assert!(line["at"].as_i64().unwrap() > 1_700_000_000_000, "{line}");
            assert!(line["label"].as_str().unwrap().starts_with(label), "{line}");
            assert!(line["connection"].is_u64() && line["size"].is_u64() && line["hex"].is_string(), "{line}");
        }
        let said = lines.iter().find(|line| line["name"] == "CHAT_TEXT").unwrap();
        assert_eq!((&said["direction"], &said["fields"]["text"]), (&chat_goes.into(), &"note this".into()));
        assert!(said["hex"].as_str().unwrap().ends_with(&hex(b"note this")));
        let userinfo = sealed.expose();
        let part = userinfo.split('|').max_by_key(|part| part.len()).unwrap();
        assert!(part.len() > 20 && !text.contains(part) && !text.contains(&hex(&part.as_bytes()[..20])), "{file}");
        assert!(!text.contains(&hash) && !text.contains("sesame") && !text.contains(&hex(b"sesame")), "{file}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_trace_and_nothing_else() {
    use crate::program::{Program, hitdeck};

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (desk, jnj) = (path("desk"), path("a.jnj"));
    hitdeck(["init", &desk]).ended_with(0);
    let mut mcu = Program::start(["mcu", &desk, "--listen", "127.0.0.1:0", "--trace", "/dev/full"]);
    let address = mcu.listening().to_string();
    let order = ["--owner", "olive:Olive", "--meeting", "room", "--mcu", &address];
    hitdeck(["jnj", "new", &desk, "-o", &jnj].into_iter().chain(order)).ended_with(0);
    let join = ["join", &jnj, "--say", "one", "--say", "two", "--stay", "200ms", "--trace", "/dev/full"];
    let ended = hitdeck(join).ended_with(0);
    assert_eq!(ended.err.matches("the trace ends here").count(), 1, "{ended:?}");
    hitdeck(["join", &jnj, "--trace", &path("no/such/folder")]).ended_with(2);
    assert_eq!(mcu.terminate().code(), Some(0));
}

fn start(stage: &Stage, inspector: &Inspector, jnj: &Jnj, password: Option<&str>) -> Client {
    let password = password.map(PasswordHash::of);
    let inspector = inspector.clone();
    Client::start(
        jnj.clone(),
        ClientOptions { password, inspector, come_back: false, ..ClientOptions::new(stage.clock.clone()) },
    )
}

fn field<'a>(line: &'a InspectorLine, name: &str) -> &'a str {
    line.fields.iter().find(|(is, _)| is == name).map_or("", |(_, value)| value.as_str())
}

/// What must come first at every end.
const KEY_MOMENTS: &[&str] = &["INITIAL_INFO", "USER_UPDATE", "CHAT_TEXT_TIME"];

//! Tests of the inspector: what it sees, what it forgets, and that nobody waits for it.

use std::time::Duration;

use super::*;
use crate::link::memory_pair;
use crate::link::pipe::Pipe;
use crate::wire::chat::ChatToServer;
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::handshake::{self, Hello};
use crate::wire::message::{Alive, ToServer};

fn inspector() -> Inspector {
    let inspector = Inspector::new(Clock::system());
    inspector.set_on(true);
    inspector
}

fn peer() -> SocketAddr {
    "127.0.0.1:50412".parse().unwrap()
}

fn said(tap: &Tap, text: &str) {
    let message = ToServer::Chat(ChatToServer::Say { text: text.into() }).encode();
    tap.item(Direction::Received, ItemKind::ToServer, &message.bytes, &Keys::CLEAR);
}

fn names(snapshot: &InspectorSnapshot) -> Vec<&str> {
    snapshot.lines.iter().map(|line| line.name.as_str()).collect()
}

#[tokio::test]
async fn both_ends_of_a_connection_see_the_same_items_in_opposite_directions() {
    let inspector = inspector();
    let (near, far) = memory_pair(8);
    let mut mcu = Pipe::tapped(near, inspector.at_mcu(peer()));
    let mut client = Pipe::tapped(far, inspector.at_client("127.0.0.1:2333"));
    let patience = Duration::from_secs(20);
    client.write(&Hello::Control { major: 1, minor: 42 }.encode()).await.unwrap();
    mcu.read(patience, "a hello", Hello::decode).await.unwrap();
    mcu.write(&handshake::encode_server_version("4.5.0")).await.unwrap();
    client.read(patience, "a version", handshake::decode_server_version).await.unwrap();
    // After admission, under the meeting's key.
    let cipher = Cipher::new(CipherName::Aes256, &KeyMaterial::from_parts([1; 40], [2; 20]));
    let keys = Keys { control: None, meeting: Some(cipher) };
    let ((mut at_mcu, _to_client), (at_client, mut to_mcu)) = (mcu.split(), client.split());
    at_mcu.keys = keys.clone();
    at_client.tap().name("Olive");
    let sealed = Bytes::from(ToServer::Chat(ChatToServer::Say { text: "hi".into() }).encode().seal(&keys));
    at_client.tap().sent_sealed(&sealed, &keys);
    to_mcu.send(sealed).await.unwrap();
    at_mcu.next(ToServer::decode).await.unwrap();

    let snapshot = inspector.snapshot();
    let seen = |connection: u32| {
        let lines = snapshot.lines.iter().filter(move |line| line.connection == connection);
        lines.map(|line| (line.direction, line.name.as_str())).collect::<Vec<_>>()
    };
    use Direction::{Received, Sent};
    assert_eq!(seen(1), [(Received, "HELLO"), (Sent, "SERVER_VERSION"), (Received, "CHAT_TEXT")]);
    assert_eq!(seen(2), [(Sent, "HELLO"), (Received, "SERVER_VERSION"), (Sent, "CHAT_TEXT")]);
    for line in snapshot.lines.iter().filter(|line| line.name == "CHAT_TEXT") {
        assert_eq!(line.fields, [("text".to_owned(), "hi".to_owned())]);
        assert_eq!(
            (&line.bytes[..], line.size, line.section.as_str()),
            (&b"C\0\0\0\x02hi"[..], 7, "wire/02 section 6")
        );
    }
    let labels: Vec<_> = snapshot.connections.iter().map(|c| (c.label.as_str(), c.open)).collect();
    assert_eq!(labels, [("mcu <- 127.0.0.1:50412", true), ("client 1 -> 127.0.0.1:2333 (Olive)", true)]);
    drop((at_mcu, at_client));
    assert!(inspector.snapshot().connections.iter().all(|connection| !connection.open));
}

#[test]
fn nothing_is_seen_while_it_is_off_and_a_connection_may_be_watched_from_its_middle() {
    let inspector = Inspector::new(Clock::system());
    let tap = inspector.at_mcu(peer());
    said(&tap, "unseen");
    assert!(inspector.snapshot().lines.is_empty());
    inspector.set_on(true);
    said(&tap, "seen");
    inspector.set_on(false);
    said(&tap, "unseen again");
    let snapshot = inspector.snapshot();
    assert_eq!((names(&snapshot), snapshot.on, snapshot.dropped), (vec!["CHAT_TEXT"], false, 0));
    assert_eq!(snapshot.lines[0].fields[0].1, "seen");
}

#[test]
fn an_inspector_that_is_off_for_good_makes_taps_that_do_nothing() {
    let inspector = Inspector::off();
    inspector.set_on(true);
    let tap = inspector.at_client("somewhere");
    said(&tap, "x");
    tap.name("Olive");
    let snapshot = inspector.snapshot();
    assert!(snapshot.lines.is_empty() && snapshot.connections.is_empty() && !snapshot.on);
}

#[test]
fn a_flood_stays_within_the_bounds_and_what_is_missing_is_counted() {
    let inspector = inspector();
    let tap = inspector.at_mcu(peer());
    let mut looked = 0;
    for number in 0..20_000u32 {
        said(&tap, &format!("line {number}"));
        // Somebody looks now and then, but not often enough to begin with.
        if number > 10_000 && number % 1000 == 0 {
            looked = inspector.snapshot().lines.len();
            assert!(looked <= MAX_LINES);
        }
    }
    let snapshot = inspector.snapshot();
    assert_eq!((looked, snapshot.lines.len()), (MAX_LINES, MAX_LINES));
    assert_eq!(snapshot.dropped, 20_000 - 5_000);
    assert_eq!(snapshot.lines.last().unwrap().fields[0].1, "line 19999");
    assert!(snapshot.lines.windows(2).all(|two| two[0].number + 1 == two[1].number));
}

#[test]
fn long_messages_stay_within_the_bytes_that_may_be_kept_and_that_may_wait() {
    let inspector = inspector();
    let tap = inspector.at_mcu(peer());
    let huge = [b"M".as_slice(), &[0; 600_000]].concat();
    for _ in 0..100 {
        tap.item(Direction::Received, ItemKind::ToServer, &huge, &Keys::CLEAR);
    }
    let shared = inspector.0.as_ref().unwrap();
    assert!(shared.waiting.load(Ordering::Relaxed) <= MAX_WAITING);
    let snapshot = inspector.snapshot();
    assert_eq!(snapshot.lines.len(), MAX_WAITING / huge.len());
    assert_eq!(snapshot.dropped, 100 - snapshot.lines.len() as u64);
    assert_eq!(shared.waiting.load(Ordering::Relaxed), 0);

    for _ in 0..5 {
        for _ in 0..2_000 {
            said(&tap, &"x".repeat(2_000));
        }
        inspector.snapshot();
    }
    let book = shared.book();
    let size: usize = book.lines.iter().map(|line| line.weight()).sum();
    assert_eq!(book.size, size);
    assert!(size <= MAX_SIZE);
}

#[test]
fn a_session_never_waits_for_somebody_who_looks() {
    let inspector = inspector();
    let tap = inspector.at_mcu(peer());
    let shared = inspector.0.as_ref().unwrap();
    let looking = shared.book();
    for _ in 0..QUEUE + 10 {
        said(&tap, "x");
    }
    tap.name("Olive");
    drop(inspector.at_client("another"));
    drop(looking);
    assert_eq!(shared.missed.load(Ordering::Relaxed), 10);
}

#[tokio::test]
async fn a_follower_sees_every_line_once_and_hears_of_those_it_missed() {
    let inspector = inspector();
    let tap = inspector.at_mcu(peer());
    said(&tap, "before");
    inspector.snapshot();
    let mut follower = inspector.follow();
    assert_eq!(follower.news().lines.len(), 0);
    said(&tap, "one");
    said(&tap, "two");
    follower.changed().await;
    let news = follower.news();
    let texts: Vec<_> = news.lines.iter().map(|line| line.fields[0].1.as_str()).collect();
    assert_eq!((texts, news.missed), (vec!["one", "two"], 0));
    assert_eq!(follower.news().lines.len(), 0);

    for _ in 0..3 {
        for _ in 0..QUEUE {
            said(&tap, "many");
        }
        inspector.snapshot();
    }
    said(&tap, "last");
    let news = follower.news();
    assert_eq!(news.lines.len(), MAX_LINES);
    assert_eq!(news.missed, (3 * QUEUE + 1 - MAX_LINES) as u64);
    // What comes after a look rings again.
    said(&tap, "later");
    follower.changed().await;
    assert_eq!(follower.news().lines.len(), 1);
}

#[test]
fn clearing_forgets_the_lines_and_the_closed_connections() {
    let inspector = inspector();
    let (open, closed) = (inspector.at_mcu(peer()), inspector.at_mcu(peer()));
    said(&closed, "x");
    drop(closed);
    assert_eq!(inspector.snapshot().connections.len(), 2);
    said(&open, "waits");
    inspector.clear();
    let snapshot = inspector.snapshot();
    assert!(snapshot.lines.is_empty() && snapshot.dropped == 0);
    assert_eq!(snapshot.connections.len(), 1);
    said(&open, "after");
    assert_eq!(names(&inspector.snapshot()), ["CHAT_TEXT"]);
}

#[test]
fn connections_that_come_and_go_are_forgotten_in_the_end() {
    let inspector = Inspector::new(Clock::system());
    let first = inspector.at_mcu(peer());
    for _ in 0..3 * MAX_CLOSED {
        inspector.at_mcu(peer());
    }
    assert_eq!(inspector.0.as_ref().unwrap().connections().known.len(), MAX_CLOSED + 1);
    assert_eq!(inspector.label(1).as_deref(), Some("mcu <- 127.0.0.1:50412"));
    assert_eq!(inspector.label(2), None);
    drop(first);
}

#[test]
fn a_tap_says_what_the_other_end_would_call_it() {
    let inspector = inspector();
    let (mcu, client) = (inspector.at_mcu(peer()), inspector.at_client("x"));
    let probe = Bytes::from(ToServer::Alive(Alive::Probe).encode().bytes);
    mcu.sent_sealed(&probe, &Keys::CLEAR);
    client.sent_sealed(&probe, &Keys::CLEAR);
    assert_eq!(mcu.by_client(Direction::Received), Some(true));
    assert_eq!(client.by_client(Direction::Received), Some(false));
    assert_eq!(Tap::off().by_client(Direction::Sent), None);
    let snapshot = inspector.snapshot();
    assert_eq!(names(&snapshot), ["ALIVE", "ALIVE"]);
    assert_eq!(snapshot.lines[0].fields, snapshot.lines[1].fields);
}

//! Dialling, reconnecting, backups, ends, playback over the wire and the inspector: how they look and what they send.

use std::sync::Arc;

use eframe::egui::{Key, Modifiers, OutputCommand, Theme};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, SnapshotResults};
use hitdeck::desk::Desk;
use hitdeck::installation::command::{Command, JnjSource};
use hitdeck::installation::snapshot::{
    Connecting, Ending, InspectorSnapshot, McuState, Preference, RecordingKind, SessionPhase, SessionSnapshot,
    Snapshot, Transport, WirePlayback,
};
use hitdeck::wire::refusal::Refusal;

use crate::fixtures::{self, FakeFront};
use crate::looks::{click, pictures};
use crate::{window, wire_fixtures as wired};

type Window = Harness<'static, Desk>;

fn open(shot: Snapshot) -> (Arc<FakeFront>, Window) {
    let front = FakeFront::new(shot);
    let harness = window(&front, [1280.0, 800.0], Theme::Light);
    (front, harness)
}

fn session(shot: Snapshot) -> (Arc<FakeFront>, Window) {
    let (front, mut harness) = open(shot);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num5);
    harness.run();
    (front, harness)
}

fn show_session(harness: &mut Window) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Num5);
    harness.run();
}

fn type_into(harness: &mut Window, label: &str, text: &str) {
    harness.get_by_label(label).focus();
    harness.run();
    harness.get_by_label(label).type_text(text);
    harness.run();
}

fn is_disabled(harness: &Window, label: &str) -> bool {
    harness.get_by_label(label).accesskit_node().is_disabled()
}

fn with_phase(phase: SessionPhase) -> Snapshot {
    fixtures::with_session(fixtures::session(1, phase))
}

#[test]
fn dialling_shows_every_address_and_what_became_of_it() {
    let dialling = |attempts| {
        let phase = SessionPhase::Dialling { address: "mcu.example.com:2333".into() };
        let session = fixtures::outside(1, phase);
        fixtures::with_session(Arc::new(SessionSnapshot {
            attempts: Arc::new(attempts),
            server: None,
            ..(*session).clone()
        }))
    };
    let (_, harness) = session(dialling(wired::attempts()));
    for said in [
        "backup.example.com:2333: connected in 1.1 s",
        "10.0.0.7:2333: waits for its turn",
        "10.0.0.8:2333: not needed",
    ] {
        assert!(harness.query_by_label(said).is_some(), "{said}");
    }
    let mut results = SnapshotResults::new();
    pictures(&mut results, "dialling", &dialling(wired::attempts()), show_session);
    let mut one = wired::attempts();
    one.truncate(1);
    pictures(&mut results, "dialling-one", &dialling(one), show_session);
}

#[test]
fn nobody_answered_on_twenty_addresses() {
    let end = Ending::NotConnected("10.0.0.1:2333: connection refused".into());
    let session = fixtures::outside(1, SessionPhase::Ended(end));
    let shot = fixtures::with_session(Arc::new(SessionSnapshot {
        attempts: Arc::new(wired::twenty()),
        server: None,
        ..(*session).clone()
    }));
    let mut results = SnapshotResults::new();
    pictures(&mut results, "not-connected", &shot, show_session);
}

#[test]
fn the_connection_says_how_it_was_dialled_and_can_be_cut() {
    let shot = fixtures::with_session(wired::came_back());
    let (front, mut harness) = session(shot.clone());
    click(&mut harness, "Connection");
    click(&mut harness, "Cut the connection");
    assert_eq!(front.sent(), ["CutConnection(1)"]);
    let mut results = SnapshotResults::new();
    pictures(&mut results, "connection-came-back", &shot, |harness| {
        show_session(harness);
        click(harness, "Connection");
    });
}

#[test]
fn a_lost_connection_leaves_the_meeting_on_screen() {
    let (front, mut harness) = session(with_phase(wired::reconnecting(Some(3_400))));
    assert!(harness.query_by_label_contains("Attempt 3 in 4 s").is_some());
    assert!(is_disabled(&harness, "Message"), "nothing can be said meanwhile");
    click(&mut harness, "Reconnect now");
    click(&mut harness, "Leave");
    assert_eq!(front.sent(), ["ReconnectNow(1)", "Leave(1)"]);
    front.show(with_phase(wired::reconnecting(None)));
    // The spinner turns for ever.
    harness.run_steps(3);
    assert!(is_disabled(&harness, "Reconnect now"));
    let mut results = SnapshotResults::new();
    pictures(&mut results, "reconnecting", &with_phase(wired::reconnecting(Some(3_400))), show_session);
}

#[test]
fn the_plug_is_pulled_after_a_question() {
    let (front, mut harness) = open(fixtures::busy());
    click(&mut harness, "Pull the plug…");
    assert!(front.sent().is_empty());
    click(&mut harness, "Pull the plug now");
    assert_eq!(front.sent(), ["PullThePlug"]);
    let mut results = SnapshotResults::new();
    pictures(&mut results, "question-plug", &fixtures::busy(), |harness| click(harness, "Pull the plug…"));
}

#[test]
fn a_backup_is_started_and_stopped() {
    let (front, mut harness) = open(fixtures::running(Vec::new()));
    click(&mut harness, "Start backup");
    assert_eq!(front.sent(), ["StartBackup"]);
    front.show(wired::with_backup());
    harness.run();
    click(&mut harness, "Home");
    click(&mut harness, "Stop backup");
    assert!(front.sent().is_empty(), "it has a meeting");
    click(&mut harness, "Stop backup and close meetings");
    assert_eq!(front.sent(), ["StopBackup"]);
    let mut results = SnapshotResults::new();
    pictures(&mut results, "home-backup", &wired::with_backup(), |_| {});
    let why = "The port 127.0.0.2:2333 is in use by another program. Stop it, then start the backup again.".into();
    let failed = Snapshot { backup: McuState::Failed { why }, recent: wired::recent(), ..fixtures::stopped() };
    pictures(&mut results, "home-recent", &failed, |_| {});
}

#[test]
fn a_recent_jnj_is_joined_with_or_forgotten_unless_it_is_gone() {
    let (front, mut harness) = open(Snapshot { recent: wired::recent(), ..fixtures::stopped() });
    assert!(harness.query_by_label_contains("file is gone").is_some());
    assert!(is_disabled(&harness, "Open recent: alice-40.jnj"));
    click(&mut harness, "Open recent: Weekly planning");
    click(&mut harness, "Forget: alice-40.jnj");
    let commands = front.take();
    let [Command::Join(JnjSource::File(opened)), Command::ForgetRecent(forgotten)] = commands.as_slice() else {
        panic!("{commands:?}")
    };
    assert_eq!((opened, forgotten.to_str()), (&wired::here(), Some("/srv/qa/gone/alice-40.jnj")));
}

#[test]
fn how_to_connect_is_checked_while_it_is_typed() {
    let (front, mut harness) = open(fixtures::running(Vec::new()));
    click(&mut harness, "How to connect");
    assert!(is_disabled(&harness, "Use from now on"), "nothing was changed");
    click(&mut harness, "TCP");
    type_into(&mut harness, "Proxy address", "proxy:8080");
    assert!(is_disabled(&harness, "Use from now on"));
    assert!(harness.query_by_label_contains("came no http://").is_some());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    type_into(&mut harness, "Proxy address", "http://proxy:8080");
    click(&mut harness, "Like the browser client");
    click(&mut harness, "Use from now on");
    let commands = front.take();
    let [Command::SetConnecting(connecting)] = commands.as_slice() else { panic!("{commands:?}") };
    let proxy = Some("http://proxy:8080".parse().unwrap());
    let wanted = Connecting { transport: Transport::Tcp, proxy, preference: Preference::Browser };
    assert_eq!(*connecting, wanted);
    let mut results = SnapshotResults::new();
    pictures(&mut results, "how-to-connect", &fixtures::busy(), |harness| {
        click(harness, "How to connect");
        type_into(harness, "Proxy address", "http://me@proxy");
    });
}

#[test]
fn every_refusal_is_said_in_words_of_the_window() {
    for refusal in Refusal::ALL {
        let (_, harness) = session(wired::ended(Ending::Refused(*refusal)));
        assert!(harness.query_by_label(refusal.title()).is_some(), "{refusal:?}");
        assert!(harness.query_by_label(refusal.advice()).is_some(), "{refusal:?}");
    }
}

#[test]
fn a_stale_jnj_of_our_own_is_issued_again_with_one_click() {
    let (front, mut harness) = session(wired::stale());
    click(&mut harness, "Issue again and join");
    assert_eq!(front.sent(), ["Reissue(1)"]);
    let mut results = SnapshotResults::new();
    pictures(&mut results, "ended-stale", &wired::stale(), show_session);
}

#[test]
fn a_certificate_is_trusted_only_on_purpose() {
    let shot = wired::ended(wired::untrusted("mcu.example.com:2333"));
    let (front, mut harness) = session(shot.clone());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(front.sent(), ["CloseTab(1)"], "the safe answer has the focus");
    click(&mut harness, "Trust this certificate and join");
    assert_eq!(front.sent(), ["TrustAndJoin(1)"]);
    let mut results = SnapshotResults::new();
    pictures(&mut results, "ended-untrusted", &shot, show_session);
}

#[test]
fn other_ends_say_what_happened() {
    let declined = |owner: &str, busy| Ending::MessageDeclined { owner: owner.into(), busy };
    let not_served =
        "The jnj asks for a download, and HIT Deck downloads nothing. Play the recording instead.".to_owned();
    let mut results = SnapshotResults::new();
    for (name, end, said) in [
        ("ended-declined", declined("王小明", true), "王小明 is busy"),
        ("", declined(" ", false), "The owner is not online"),
        ("ended-not-served", Ending::NotServed(not_served), "downloads nothing"),
        ("", Ending::Deleted(true), "cannot be brought back"),
        ("ended-not-deleted", Ending::Deleted(false), "could not do it"),
    ] {
        let shot = wired::ended(end);
        let (_, harness) = session(shot.clone());
        assert!(harness.query_by_label_contains(said).is_some(), "{said}");
        if !name.is_empty() {
            pictures(&mut results, name, &shot, show_session);
        }
    }
}

#[test]
fn a_playback_over_the_wire_has_the_controls_of_a_local_one() {
    let (front, mut harness) = session(fixtures::with_session(wired::playing(wired::playback())));
    click(&mut harness, "Pause");
    click(&mut harness, "Back 10 s");
    click(&mut harness, "Forward 10 s");
    click(&mut harness, "Repeat");
    click(&mut harness, "Playback speed");
    assert!(harness.query_by_label("Playback speed: 0.5×").is_none(), "the wire has no such speed");
    click(&mut harness, "Playback speed: 1.75×");
    assert_eq!(
        front.sent(),
        ["SetPlaying(1, false)", "Seek(1, 1314000)", "Seek(1, 1334000)", "SetRepeat(1, true)", "SetSpeed(1, 1.75)"]
    );
    assert!(harness.query_by_label("Message").is_none(), "nothing can be said in a recording");
    assert!(harness.query_by_label("Connection").is_some());
    let mut results = SnapshotResults::new();
    let shot = fixtures::with_session(wired::playing(wired::playback()));
    pictures(&mut results, "wire-playback", &shot, show_session);
    let end = WirePlayback {
        position_ms: 3_601_000,
        playing: false,
        at_end: true,
        repeat: true,
        can_change_speed: false,
        ..wired::playback()
    };
    pictures(&mut results, "wire-playback-end", &fixtures::with_session(wired::playing(end)), show_session);
}

#[test]
fn a_recording_is_played_over_the_wire_from_its_menu_where_that_is_possible() {
    let mut shot = fixtures::busy();
    let mut rows = (*fixtures::recordings(4)).clone();
    (rows[0].title, rows[3].title) = ("Playable".into(), "Elsewhere".into());
    assert_eq!(rows[3].kind, RecordingKind::HomeMeeting);
    shot.recordings = Arc::new(rows);
    let (front, mut harness) = open(shot.clone());
    click(&mut harness, "Recordings");
    click(&mut harness, "Menu: Playable");
    click(&mut harness, "Play over the wire");
    assert_eq!(front.sent(), [r#"PlayOverWire("/srv/qa/hit-deck/recording/_user/0.jnr")"#]);
    click(&mut harness, "Menu: Elsewhere");
    assert!(harness.query_by_label("Play over the wire").is_none());
    shot.mcu = McuState::Stopped;
    let (_, mut harness) = open(shot);
    click(&mut harness, "Recordings");
    click(&mut harness, "Menu: Playable");
    assert!(is_disabled(&harness, "Play over the wire"));
    let mut results = SnapshotResults::new();
    pictures(&mut results, "recordings-menu", &fixtures::busy(), |harness| {
        click(harness, "Recordings");
        harness.get_all_by_label("Menu: Weekly planning").next().unwrap().click();
        harness.run();
    });
}

#[test]
fn the_inspector_is_switched_on_filtered_cleared_and_copied() {
    let (front, mut harness) = open(fixtures::busy());
    click(&mut harness, "Inspector");
    click(&mut harness, "Watch messages");
    assert_eq!(front.sent(), ["SetInspector(true)"]);
    front.show(wired::watching(60));
    harness.run();
    type_into(&mut harness, "Filter messages", "tok");
    harness.get_by_label("Copy messages").click();
    harness.step();
    let copied = copied(&harness);
    assert_eq!(copied.lines().count(), 10);
    assert!(copied.lines().all(|line| line.contains("TOKEN_HOLDER")), "{copied}");
    harness.run();
    click(&mut harness, "Clear");
    click(&mut harness, "Watch messages");
    assert_eq!(front.sent(), ["ClearInspector", "SetInspector(false)"]);
}

fn copied(harness: &Window) -> String {
    let commands = &harness.output().platform_output.commands;
    commands.iter().find_map(|c| if let OutputCommand::CopyText(text) = c { Some(text.clone()) } else { None }).unwrap()
}

#[test]
fn a_paused_inspector_holds_still_and_says_what_it_misses() {
    let (front, mut harness) = open(wired::watching(20));
    click(&mut harness, "Inspector");
    click(&mut harness, "Pause messages");
    front.show(wired::watching(32));
    harness.run();
    assert!(harness.query_by_label("paused, 12 newer").is_some());
    assert!(harness.query_by_label("20").is_some());
    click(&mut harness, "Pause messages");
    assert!(harness.query_by_label("32").is_some());
}

#[test]
fn the_inspector_follows_until_it_is_scrolled_up() {
    let (front, mut harness) = open(wired::watching(300));
    click(&mut harness, "Inspector");
    let last = |shot: &Snapshot| {
        hitdeck::desk::text::clock_ms(shot.inspector.lines.last().unwrap().at, &jiff::tz::TimeZone::UTC)
    };
    assert!(harness.query_by_label(&last(&wired::watching(300))).is_some(), "the newest is in sight");
    let at = harness.get_by_label(&last(&wired::watching(300))).rect().center();
    harness.hover_at(at);
    harness.run();
    harness.event(eframe::egui::Event::MouseWheel {
        unit: eframe::egui::MouseWheelUnit::Point,
        delta: eframe::egui::vec2(0.0, 400.0),
        phase: eframe::egui::TouchPhase::Move,
        source: eframe::egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    harness.run_steps(40);
    front.show(wired::watching(330));
    harness.run();
    assert!(harness.query_by_label(&last(&wired::watching(330))).is_none(), "whoever reads is not moved");
    click(&mut harness, "Follow");
    assert!(harness.query_by_label(&last(&wired::watching(330))).is_some());
}

#[test]
fn of_five_thousand_messages_only_those_in_sight_are_laid_out() {
    let (_, mut harness) = open(wired::watching(5_000));
    click(&mut harness, "Inspector");
    let nodes = harness.root().children_recursive().count();
    assert!(nodes < 1_500, "{nodes} nodes");
}

#[test]
fn pictures_of_the_inspector() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "inspector-off", &fixtures::busy(), |harness| click(harness, "Inspector"));
    let idle = InspectorSnapshot { on: true, ..InspectorSnapshot::default() };
    let idle = Snapshot { inspector: Arc::new(idle), ..fixtures::busy() };
    pictures(&mut results, "inspector-idle", &idle, |harness| click(harness, "Inspector"));
    pictures(&mut results, "inspector", &wired::watching(5_000), |harness| {
        click(harness, "Inspector");
        harness.get_all_by_label("JOIN_REQUEST").last().unwrap().click();
        harness.run();
    });
}

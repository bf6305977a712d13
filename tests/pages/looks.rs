//! A picture of every page and state, in two sizes, light and dark.

use std::sync::Arc;

use eframe::egui::Theme;
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, SnapshotResults};
use hitdeck::desk::Desk;
use hitdeck::installation::snapshot::{
    ClockRow, Ending, Issued, Level, PlayerSnapshot, RecordingKind, Refusal, SessionPhase, Snapshot,
};

use crate::fixtures::{self, FakeFront};
use crate::{cjk, window};

const SIZES: [[f32; 2]; 2] = [[1280.0, 800.0], [1024.0, 700.0]];

/// Draws one state in both sizes and themes, after `steps` were done in it.
pub fn pictures(
    results: &mut SnapshotResults,
    name: &str,
    shot: &Snapshot,
    steps: impl Fn(&mut Harness<'static, Desk>),
) {
    if cjk().is_none() {
        println!("note: picture {name} skipped, it was drawn with Noto CJK");
        return;
    }
    for size in SIZES {
        for (theme, suffix) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let mut harness = window(&FakeFront::new(shot.clone()), size, theme);
            steps(&mut harness);
            harness.run();
            harness.remove_cursor();
            harness.run();
            results.add(harness.try_snapshot(format!("{name}-{}-{suffix}", size[0])));
        }
    }
}

pub fn click(harness: &mut Harness<'static, Desk>, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}

#[test]
fn home_with_nothing_running() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "home-stopped", &fixtures::stopped(), |_| {});
}

#[test]
fn home_after_the_mcu_failed() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "home-failed", &fixtures::failed(), |_| {});
}

#[test]
fn home_with_no_meeting() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "home-idle", &fixtures::running(Vec::new()), |_| {});
}

#[test]
fn home_with_meetings_tabs_and_toasts() {
    let mut results = SnapshotResults::new();
    let mut shot = fixtures::busy();
    shot.notices = vec![
        fixtures::notice(1, Level::Warn, "40.jnr was not finished properly. It plays up to the last whole record."),
        fixtures::notice(
            2,
            Level::Error,
            "Cannot write to /srv/qa/hit-deck/jnj: permission denied. Choose another folder.",
        ),
    ];
    pictures(&mut results, "home-busy", &shot, |_| {});
}

#[test]
fn the_form_for_an_owner() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "issue-owner", &fixtures::busy(), |harness| click(harness, "Issue a jnj"));
}

#[test]
fn every_attribute_in_the_form_for_a_meeting_that_exists() {
    let mut results = SnapshotResults::new();
    let issued = Some(Issued { to: "王小明".into(), good_until: 272 });
    pictures(&mut results, "issue-more", &Snapshot { issued, ..fixtures::busy() }, |harness| {
        click(harness, "Join as a guest…");
        click(harness, "Show");
        harness.get_by_label("owner.diskquota").focus();
        harness.run();
        harness.get_by_label("owner.diskquota").type_text("20 MB");
        harness.run();
    });
}

#[test]
fn the_form_for_a_guest_with_mistakes() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "issue-guest", &fixtures::running(Vec::new()), |harness| {
        click(harness, "Join as a guest…");
        harness.get_by_label("Meeting id").focus();
        harness.run();
        harness.get_by_label("Meeting id").type_text(&"會議".repeat(30));
        harness.run();
    });
}

#[test]
fn the_recordings() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "recordings", &fixtures::busy(), |harness| click(harness, "Recordings"));
}

#[test]
fn no_recordings() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "recordings-none", &fixtures::running(Vec::new()), |harness| click(harness, "Recordings"));
}

#[test]
fn a_meeting_with_the_log() {
    let mut results = SnapshotResults::new();
    let mut shot = fixtures::with_session(fixtures::session(1, SessionPhase::InMeeting));
    shot.log = fixtures::log();
    pictures(&mut results, "meeting", &shot, |harness| {
        click(harness, "Show tab: Weekly planning");
    });
    pictures(&mut results, "meeting-log", &shot, |harness| {
        click(harness, "Show tab: Weekly planning");
        click(harness, "Log");
    });
}

#[test]
fn a_meeting_with_thousands_of_lines() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "meeting-long", &fixtures::with_chat(4_000), |harness| {
        click(harness, "Show tab: Weekly planning")
    });
}

#[test]
fn a_notice_of_the_operator_being_written() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "question-notice", &fixtures::busy(), |harness| {
        click(harness, "Notice…: to every meeting");
        harness
            .get_by_label("Words of the notice")
            .type_text("伺服器將於六點重新啟動。The server restarts at six; meetings go on at seven.");
        harness.run();
    });
}

#[test]
fn the_office_clock_when_it_is_turned() {
    let mut results = SnapshotResults::new();
    let turned = ClockRow { now: 1_715_954_700, ahead: 90_000, speed: 60 };
    pictures(&mut results, "clock", &Snapshot { clock: turned, ..fixtures::busy() }, |harness| {
        click(harness, "Office clock");
    });
}

#[test]
fn questions_before_something_ends() {
    let mut results = SnapshotResults::new();
    let shot = fixtures::with_session(fixtures::session(1, SessionPhase::InMeeting));
    pictures(&mut results, "question-end", &shot, |harness| {
        click(harness, "Show tab: Weekly planning");
        click(harness, "End meeting…");
    });
    pictures(&mut results, "question-paste", &fixtures::running(Vec::new()), |harness| click(harness, "Paste a jnj…"));
}

#[test]
fn the_connection_of_a_meeting() {
    let mut results = SnapshotResults::new();
    let shot = fixtures::with_session(fixtures::session(1, SessionPhase::InMeeting));
    pictures(&mut results, "meeting-connection", &shot, |harness| {
        click(harness, "Show tab: Weekly planning");
        click(harness, "Connection");
    });
}

#[test]
fn a_session_that_is_not_inside_yet() {
    let mut results = SnapshotResults::new();
    let states = [
        ("session-dialling", SessionPhase::Dialling { address: "mcu.example.com:2333".into() }),
        ("session-password", SessionPhase::PasswordWanted { again: true }),
        ("session-waiting", SessionPhase::Waiting { name: "Alice Chen".into() }),
        ("session-refused", SessionPhase::Ended(Ending::Refused(Refusal::MeetingNotExist))),
    ];
    for (name, phase) in states {
        let shot = fixtures::with_session(fixtures::outside(1, phase));
        pictures(&mut results, name, &shot, |harness| click(harness, "Show tab: alice-40.jnj"));
    }
}

#[test]
fn a_meeting_that_is_over() {
    let mut results = SnapshotResults::new();
    let shot = fixtures::with_session(fixtures::session(1, SessionPhase::Ended(Ending::MeetingOver)));
    pictures(&mut results, "session-over", &shot, |harness| click(harness, "Show tab: Weekly planning"));
}

#[test]
fn a_playback() {
    let mut results = SnapshotResults::new();
    let shot = fixtures::with_player(fixtures::player(9));
    pictures(&mut results, "player", &shot, |harness| click(harness, "Show tab: Weekly planning"));
    let damage = "The last 12 s were lost in a crash. Everything before them is whole.".to_owned();
    let player =
        PlayerSnapshot { damage: Some(damage), playing: false, view: Arc::default(), ..(*fixtures::player(9)).clone() };
    pictures(&mut results, "player-damaged", &fixtures::with_player(Arc::new(player)), |harness| {
        click(harness, "Show tab: Weekly planning")
    });
}

#[test]
fn every_kind_of_recording_has_a_word_of_its_own() {
    use hitdeck::desk::text::kind;
    let kinds = [
        RecordingKind::Playable,
        RecordingKind::Live,
        RecordingKind::Recoverable,
        RecordingKind::HomeMeeting,
        RecordingKind::NotRecorded,
        RecordingKind::Damaged,
    ];
    let words: std::collections::HashSet<_> = kinds.into_iter().map(|k| kind(k).0).collect();
    assert_eq!(words.len(), kinds.len());
}

#[test]
fn a_meeting_is_about_to_be_closed() {
    let mut results = SnapshotResults::new();
    pictures(&mut results, "question-close", &fixtures::busy(), |harness| {
        harness.get_all_by_label_contains("Simulated people: ").nth(1).unwrap().click();
        harness.run();
        harness.get_by_label_contains("Close the meeting…").click();
        harness.run();
    });
}

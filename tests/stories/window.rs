//! What one click in the window makes the engine do, over real sockets.

use hitdeck::clock::Clock;
use hitdeck::installation::command::{
    ClockTurn, Command, JnjFor, JnjOrder, JnjSource, Move, RecordingPassword, SecretText,
};
use hitdeck::installation::front::Front as _;
use hitdeck::installation::order::RequestOrder;
use hitdeck::installation::snapshot::{Ending, McuState, RecordingKind, Refusal, SessionPhase, Snapshot, StatusKind};

use crate::stage::{Window, owner};

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_jnj_of_our_own_is_issued_again_and_lets_its_person_in() {
    for password in [None, Some("open sesame")] {
        let window = Window::open().await;
        let an_hour_ago = Clock::system().now().unix_seconds() - 3600;
        let set = vec![format!("timestamp.value={an_hour_ago}")];
        window.join(&RequestOrder { password: password.map(Into::into), set, ..owner("stale") });
        let refused = SessionPhase::Ended(Ending::Refused(Refusal::WrongUserinfo2));
        let tab = window.until_session(|phase| *phase == refused).await;
        window.until(|s| s.sessions[0].can_reissue).await;
        window.send(Command::Reissue(tab));
        if let Some(password) = password {
            let asked = |phase: &SessionPhase| *phase == SessionPhase::PasswordWanted { again: false };
            window.until_session(asked).await;
            window.send(Command::AnswerPassword(tab, Some(SecretText::new(password.to_owned()))));
        }
        window.until_session(|phase| *phase == SessionPhase::InMeeting).await;
        window.close().await;
    }
}

fn order(duration_min: u32) -> JnjOrder {
    JnjOrder {
        owner_id: "olive".into(),
        owner_name: "Olive".into(),
        meeting_id: "clock".into(),
        person: JnjFor::Owner,
        duration_min,
        ..JnjOrder::empty()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_outlives_a_day_that_the_office_clock_jumps_and_an_event_ends_with_its_time() {
    let window = Window::open().await;
    window.send(Command::IssueAndJoin(order(0)));
    let tab = window.until_session(|phase| *phase == SessionPhase::InMeeting).await;
    window.send(Command::TurnClock(ClockTurn::Jump(86_400_000)));
    window.until(|s| s.clock.ahead == 86_400).await;
    window.send(Command::Do(tab, Move::Say("still here".into())));
    let seen = window.until(|s| s.sessions[0].view.chat.iter().any(|line| line.text == "still here")).await;
    assert_eq!((seen.sessions[0].phase.clone(), seen.sessions[0].reconnects), (SessionPhase::InMeeting, 0));
    window.send(Command::CloseTab(tab));
    window.until(|s| s.sessions.is_empty()).await;
    // The room was left: a minute of office time later it closes.
    window
        .until(|s| matches!(&s.mcu, McuState::Running(mcu) if mcu.meetings.iter().all(|m| m.people.is_empty())))
        .await;
    window.send(Command::TurnClock(ClockTurn::RunAt(60)));
    window.until(|s| matches!(&s.mcu, McuState::Running(mcu) if mcu.meetings.is_empty())).await;

    // Issued by the turned clock, and judged by it; over with its ten minutes, whoever is inside.
    window.send(Command::TurnClock(ClockTurn::RunAt(1)));
    window.join(&RequestOrder { duration_min: 10, set: vec!["command.autoextension=0".into()], ..owner("event") });
    window.until_session(|phase| *phase == SessionPhase::InMeeting).await;
    window.send(Command::TurnClock(ClockTurn::Jump(600_000)));
    window.until_session(|phase| matches!(phase, SessionPhase::Ended(_))).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jnj_goes_stale_as_soon_as_the_office_clock_says_so() {
    let window = Window::open().await;
    let file = window.folder().join("soon-stale.jnj");
    window.send(Command::IssueToFile(order(0), file.clone()));
    window.until(|_| file.exists()).await;
    window.send(Command::TurnClock(ClockTurn::Jump(360_000)));
    window.send(Command::Join(JnjSource::File(file)));
    let refused = SessionPhase::Ended(Ending::Refused(Refusal::WrongUserinfo2));
    window.until_session(|phase| *phase == refused).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_files_are_read_while_somebody_looks_and_name_who_is_inside() {
    let window = Window::open().await;
    window.join(&owner("looked-at"));
    window.until_session(|phase| *phase == SessionPhase::InMeeting).await;
    assert!(window.engine.snapshot().status.files.is_empty(), "nobody looks yet");
    window.send(Command::LookAtStatus { on: true, recording: None });
    let says = |snapshot: &Snapshot, kind: StatusKind, name: &str, value: &str| {
        let files = snapshot.status.files.iter().filter(|file| file.kind == kind);
        let mut entries =
            files.flat_map(|file| file.explained.sections.iter().flat_map(|section| section.entries.iter()));
        entries.any(|entry| entry.name == name && entry.value == value)
    };
    window.until(|s| says(s, StatusKind::Participants, "name", "Olive")).await;
    window.until(|s| says(s, StatusKind::Owners, "meetingid", "looked-at")).await;
    let snapshot = window.until(|s| says(s, StatusKind::Alive, "alive", "1")).await;
    assert_eq!(snapshot.status.problem, None);
    window.until(|s| says(s, StatusKind::Offices, "office_status", "1")).await;

    // Of a recording, its own; of a path that is none of ours, nothing.
    let ours = window.until(|s| !s.recordings.is_empty()).await.recordings[0].path.clone();
    window.send(Command::LookAtStatus { on: true, recording: Some(ours) });
    window.until(|s| s.status.files.first().is_some_and(|file| file.kind == StatusKind::Recording)).await;
    window.send(Command::LookAtStatus { on: true, recording: Some("/etc/passwd".into()) });
    window.until(|s| s.status.files.first().is_some_and(|file| file.kind == StatusKind::Alive)).await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_with_a_password_is_played_by_its_server_which_asks_for_it() {
    let window = Window::open().await;
    window.join(&owner("locked"));
    let tab = window.until_session(|phase| *phase == SessionPhase::InMeeting).await;
    let password = RecordingPassword::new("sesame").unwrap();
    window.until(|s| s.sessions[0].view.recording_facts.password_can_be_set).await;
    window.send(Command::Do(tab, Move::Say("nobody else's business".into())));
    window.send(Command::Do(tab, Move::SetRecordingPassword(password)));
    window.until(|s| s.sessions[0].view.recording_facts.password_set).await;
    window.send(Command::Do(tab, Move::EndMeeting));
    window.until(|s| matches!(s.sessions[0].phase, SessionPhase::Ended(_))).await;
    let finished = |s: &Snapshot| s.recordings.iter().any(|row| row.kind == RecordingKind::Playable);
    let path = window.until(finished).await.recordings[0].path.clone();
    window.send(Command::CloseTab(tab));
    window.until(|s| s.sessions.is_empty()).await;
    window.send(Command::Play(path));
    let viewer = window.until_session(|phase| *phase == SessionPhase::PasswordWanted { again: false }).await;
    window.send(Command::AnswerPassword(viewer, Some(SecretText::new("sesame".to_owned()))));
    window.until_session(|phase| *phase == SessionPhase::InMeeting).await;
    window.until(|s| s.sessions[0].view.chat.iter().any(|line| line.text == "nobody else's business")).await;
    window.close().await;
}

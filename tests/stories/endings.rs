//! The XML of a recording says how its meeting ended, and what became of it since (guide 3.5).

use std::time::Duration;

use hitdeck::client::{Client, ClientCommand, Ending, Move};
use hitdeck::hit::request::CommandKind;
use hitdeck::hit::status::{How, RecordingStatus};
use hitdeck::installation::order::RequestOrder;
use hitdeck::library::listing::read_status;

use crate::playback::{playback, record};
use crate::stage::{Stage, ended, files, guest, joined, owner, until};

/// What is done so that a meeting ends, and the number that is to be written.
#[derive(Clone, Copy, Debug)]
enum Cause {
    EverybodyLeaves,
    TheOwnerEndsIt,
    ItsTimeIsOver,
    TheServerStops,
    TheAdministratorClosesIt,
}

const CAUSES: [(Cause, How); 5] = [
    (Cause::EverybodyLeaves, How::EmptyRoom),
    (Cause::TheOwnerEndsIt, How::OwnerRequest),
    (Cause::ItsTimeIsOver, How::TimerOver),
    (Cause::TheServerStops, How::ServerShutdown),
    (Cause::TheAdministratorClosesIt, How::ByAdmin),
];

async fn nobody_meets(stage: &Stage) {
    assert!(stage.mcu.snapshot().wait_for(|now| now.meetings.is_empty()).await.is_ok());
}

async fn brought_about(stage: &Stage, cause: Cause, olive: Client) {
    match cause {
        Cause::EverybodyLeaves => {
            olive.finish().await;
            let empty = |now: &std::sync::Arc<hitdeck::mcu::McuSnapshot>| now.meetings[0].people.is_empty();
            assert!(stage.mcu.snapshot().wait_for(empty).await.is_ok());
            // The room is kept for a minute.
            stage.clock.jump(61_000);
            nobody_meets(stage).await;
        }
        Cause::TheOwnerEndsIt => {
            assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
            assert_eq!(ended(&olive).await, Ending::MeetingOver);
            nobody_meets(stage).await;
        }
        Cause::ItsTimeIsOver => {
            stage.clock.jump(31 * 60_000);
            assert_eq!(ended(&olive).await, Ending::MeetingOver);
            nobody_meets(stage).await;
        }
        // The story's own end stops it.
        Cause::TheServerStops => drop(olive.finish().await),
        Cause::TheAdministratorClosesIt => {
            let index = stage.mcu.snapshot().borrow().meetings[0].session_index;
            assert!(stage.mcu.close_meeting(index).await);
            assert_eq!(ended(&olive).await, Ending::MeetingOver);
            nobody_meets(stage).await;
            assert!(!stage.mcu.close_meeting(index).await, "it is closed once");
        }
    }
}

async fn recorded(stage: Stage) -> RecordingStatus {
    let recordings = stage.recordings();
    let _folder = stage.close().await;
    let xml = files(&recordings.join("_user"), ".xml");
    assert_eq!(xml.len(), 1, "{xml:?}");
    read_status(&xml[0]).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_ending_is_recorded_as_it_happened() {
    for (cause, how) in CAUSES {
        let stage = Stage::open().await;
        let fixed = RequestOrder {
            duration_min: 30,
            title: "題".into(),
            set: vec!["command.autoextension=0".into()],
            ..owner("ending")
        };
        let order = if matches!(cause, Cause::ItsTimeIsOver) { fixed } else { owner("ending") };
        let olive = stage.join(&order);
        joined(&olive).await;
        brought_about(&stage, cause, olive).await;
        let status = recorded(stage).await;
        assert_eq!((status.how, status.recorded), (how, true), "{cause:?}");
        assert_eq!(status.participants.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_xml_is_written_for_a_meeting_that_was_not_recorded_too() {
    let stage = Stage::open().await;
    let olive = stage.join(&RequestOrder { recorded: false, title: "off the record".into(), ..owner("unrecorded") });
    joined(&olive).await;
    let gus = stage.join(&RequestOrder { recorded: false, ..guest("unrecorded", "gus", "Gus") });
    joined(&gus).await;
    assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&olive).await;
    ended(&gus).await;
    assert!(files(&stage.recordings(), ".jnr").is_empty());
    let status = recorded(stage).await;
    assert_eq!((status.recorded, status.title.as_str(), status.participants.len()), (false, "off the record", 2));
    assert!(!status.to_archive && !status.preparation_mode && status.read.is_none() && status.view_count == 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_playback_by_the_owner_marks_as_read_and_one_by_somebody_else_is_counted() {
    let stage = Stage::open().await;
    record(&stage, "seen");
    let xml = files(&stage.recordings().join("_user"), ".xml").remove(0);
    assert_eq!(read_status(&xml).unwrap().read, None, "new until its owner has seen it");
    for (order, read, views) in [
        (guest("seen", "gus", "Gus"), false, 1),
        (guest("seen", "", "somebody"), false, 2),
        (owner("seen"), true, 2),
        (owner("seen"), true, 2),
    ] {
        let viewer = stage.join(&playback(order));
        until(&viewer, "the playback", |s| s.viewing.is_some() && s.view.initialised).await;
        viewer.finish().await;
        assert!(stage.mcu.snapshot().wait_for(|now| now.playbacks.is_empty()).await.is_ok());
        let status = read_status(&xml).unwrap();
        assert_eq!((status.read.is_some(), status.view_count), (read, views));
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_recordings_the_newest_is_played_unless_one_is_named() {
    let stage = Stage::open().await;
    record(&stage, "twice");
    let first = files(&stage.recordings(), ".jnr").remove(0);
    // Recorded an hour earlier by its name, which is what counts.
    let older = first.with_file_name("_recording_127.0.0.1_2001_01_01_10_00_000001.jnr");
    std::fs::copy(&first, &older).unwrap();
    let name = older.file_stem().unwrap().to_string_lossy().into_owned();
    let named = RequestOrder { set: vec![format!("command.file={name}")], ..playback(owner("twice")) };
    for (order, file) in [(playback(owner("twice")), &first), (named, &older)] {
        assert_eq!(order.command, CommandKind::Playback);
        let viewer = stage.join(&order);
        let mut snapshot = stage.mcu.snapshot();
        let now = snapshot.wait_for(|now| now.playbacks.len() == 1).await.unwrap().playbacks[0].clone();
        assert_eq!((&now.file, now.file_duration), (file, Duration::from_secs(20 * 60)));
        viewer.finish().await;
        assert!(stage.mcu.snapshot().wait_for(|now| now.playbacks.is_empty()).await.is_ok());
    }
    stage.close().await;
}

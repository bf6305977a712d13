//! Listing and finishing, on real files in a temporary recording root.

use super::listing::read_status;
use super::*;
use crate::clock::Now;
use crate::hit::status::{How, Participant, RecordingStatus};
use crate::recording::live::{LiveLock, lock_path};
use crate::recording::{Class, Health, JnrReader, JnrWriter, Record, Start};
use crate::wire::clear::Clear;
use std::path::{Path, PathBuf};

const BASE: &str = "_recording_127.0.0.1_2026_11_23_06_31_000001";
const STARTED: i64 = 1_795_415_462;

fn place(root: &Path, folder: &str) -> PathBuf {
    let folder = root.join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{BASE}.jnr"))
}

/// A recording of a minute by Olga, not finished.
fn recorder(jnr: &Path, started: i64) -> JnrWriter {
    let start = Start {
        started_unix_ms: started * 1000,
        owner_id: "7".into(),
        owner_name: "Olga".into(),
        title: "In the file".into(),
        ..Start::default()
    };
    let mut writer = JnrWriter::create(jnr, &start).unwrap();
    let clear = Clear { bytes: vec![1, 2, 3], spans: vec![] };
    writer.push(Record { tick_ms: 60_000, class: Class::Chat, clear }).unwrap();
    writer.flush(Now::default()).unwrap();
    writer
}

fn status(how: i32, title: &str) -> RecordingStatus {
    let person = |userid: &str, username: &str| Participant {
        user_id: userid.into(),
        name: username.into(),
        ..Participant::default()
    };
    RecordingStatus {
        start_utc: STARTED,
        duration: 124,
        how: How::from_number(how),
        title: title.into(),
        participants: vec![person("7", "Olga in the XML"), person("", "Guest")],
        ..RecordingStatus::default()
    }
}

fn write_status(path: &Path, status: &RecordingStatus) {
    write_whole(path, status.to_xml().as_bytes()).unwrap();
}

fn at(seconds: i64) -> Now {
    Now { office: seconds * 1000, ..Now::default() }
}

#[test]
fn a_listing_pairs_the_jnr_with_its_xml_and_shows_the_newest_first() {
    let root = tempfile::tempdir().unwrap();
    let whole = place(root.path(), "_user/7/456");
    recorder(&whole, STARTED).finish(61_000).unwrap();
    write_status(&whole.with_extension("xml"), &status(1, "In the XML"));
    let bare = place(root.path(), "_group/g/7/457");
    recorder(&bare, STARTED + 60).finish(61_000).unwrap();
    let unrecorded = place(root.path(), "_user/7/458");
    write_status(
        &unrecorded.with_extension("xml"),
        &RecordingStatus { start_utc: STARTED - 60, ..status(0, "Unrecorded") },
    );
    std::fs::create_dir(whole.parent().unwrap().join("participant")).unwrap();

    let listing = list(root.path());
    assert!(listing.troubles.is_empty());
    let brief = |entry: &Entry| (entry.meeting_id.clone(), entry.title.clone(), entry.kind.clone(), entry.how);
    assert_eq!(
        listing.entries.iter().map(brief).collect::<Vec<_>>(),
        [
            ("457".into(), "In the file".into(), Kind::Playable, None),
            ("456".into(), "In the XML".into(), Kind::Playable, Some(1)),
            ("458".into(), "Unrecorded".into(), Kind::NotRecorded, Some(0)),
        ]
    );
    let [newest, told, _] = &listing.entries[..] else { panic!("three entries") };
    assert_eq!((newest.group.as_deref(), newest.owner_name.as_str(), newest.duration_s), (Some("g"), "Olga", Some(61)));
    assert_eq!(
        (told.owner_id.as_str(), told.owner_name.as_str(), told.duration_s),
        ("7", "Olga in the XML", Some(124))
    );
    assert_eq!((told.people.len(), told.size), (2, std::fs::metadata(&whole).unwrap().len()));
    assert_eq!(told.started_unix_ms, Some(STARTED * 1000));
}

#[test]
fn live_torn_foreign_and_damaged_recordings_are_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let kind = || list(root.path()).entries.remove(0).kind;
    let jnr = place(root.path(), "_user/7/456");
    let writer = recorder(&jnr, STARTED);
    assert_eq!(kind(), Kind::Live);
    drop(writer);
    assert_eq!(kind(), Kind::Recoverable);
    std::fs::write(&jnr, vec![7; 500]).unwrap();
    assert_eq!(kind(), Kind::HomeMeeting);
    std::fs::write(&jnr, b"HITJ").unwrap();
    assert!(matches!(kind(), Kind::Damaged(_)));
    let entry = list(root.path()).entries.remove(0);
    // Within a day of the name's time, wherever this machine is.
    assert!((entry.started_unix_ms.unwrap() / 1000 - STARTED).abs() < 86_400);
}

#[test]
fn an_xml_that_cannot_be_read_is_a_trouble_and_its_recording_is_still_listed() {
    let root = tempfile::tempdir().unwrap();
    let jnr = place(root.path(), "_user/7/456");
    recorder(&jnr, STARTED).finish(61_000).unwrap();
    std::fs::write(jnr.with_extension("xml"), b"\xff\xfe<").unwrap();
    let listing = list(root.path());
    assert_eq!((listing.entries.len(), listing.troubles.len()), (1, 1));
    assert_eq!(listing.entries[0].title, "In the file");
    assert_eq!(list(&root.path().join("none")).troubles.len(), 1);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    let jnr = place(outside.path(), "7/456");
    recorder(&jnr, STARTED).finish(61_000).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("_group")).unwrap();
    std::fs::create_dir(root.path().join("_user")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("7"), root.path().join("_user/7")).unwrap();
    let inside = place(root.path(), "_user/8/1");
    std::os::unix::fs::symlink(&jnr, &inside).unwrap();
    let listing = list(root.path());
    assert_eq!((listing.entries.len(), listing.troubles.len()), (0, 3));
    assert_eq!(disk_usage(root.path(), Charged::Owner("7")).unwrap(), 0);
    assert_eq!(disk_usage(root.path(), Charged::Group("7")).unwrap(), 0);
}

#[test]
fn a_meeting_that_crashed_gets_its_recording_finished_and_its_xml_completed() {
    let root = tempfile::tempdir().unwrap();
    let jnr = place(root.path(), "_user/7/456");
    let internal = jnr.with_extension("xml.internal");
    write_status(&internal, &RecordingStatus { duration: 0, ..status(0, "Kept while it ran") });
    drop(recorder(&jnr, STARTED));
    let finished = finish_crashed(root.path(), at(STARTED + 9000));
    assert_eq!((finished.recordings.len(), finished.statuses.len(), finished.troubles.len()), (1, 1, 0));
    assert_eq!(JnrReader::open(&jnr).unwrap().health(), Health::Finalised);
    let told = read_status(&jnr.with_extension("xml")).unwrap();
    assert_eq!((told.how.number(), told.duration, told.title.as_str()), (4, 60, "Kept while it ran"));
    assert!(!internal.exists() && !lock_path(&jnr).exists());
    let again = finish_crashed(root.path(), at(STARTED + 9001));
    assert!(again.recordings.is_empty() && again.statuses.is_empty() && again.troubles.is_empty());
}

#[test]
fn without_a_kept_status_the_xml_says_what_the_recording_says() {
    let root = tempfile::tempdir().unwrap();
    let jnr = place(root.path(), "_group/g/7/456");
    drop(recorder(&jnr, STARTED));
    finish_crashed(root.path(), at(STARTED + 9000));
    let told = read_status(&jnr.with_extension("xml")).unwrap();
    assert_eq!((told.start_utc, told.how.number(), told.title.as_str()), (STARTED, 4, "In the file"));
    assert_eq!(told.participants[0].user_id, "7");
}

#[test]
fn a_meeting_without_recording_is_finished_only_if_its_lock_was_left() {
    let root = tempfile::tempdir().unwrap();
    let jnr = place(root.path(), "_user/7/456");
    write_status(&jnr.with_extension("xml.internal"), &status(0, "Unrecorded"));
    // No lock: another program's, or not a meeting at all.
    assert!(finish_crashed(root.path(), at(STARTED + 30)).statuses.is_empty());
    let lock = LiveLock::acquire(&jnr).unwrap().unwrap();
    assert!(finish_crashed(root.path(), at(STARTED + 30)).statuses.is_empty());
    drop(lock);
    assert_eq!(finish_crashed(root.path(), at(STARTED + 30)).statuses.len(), 1);
    let told = read_status(&jnr.with_extension("xml")).unwrap();
    assert_eq!((told.how.number(), told.title.as_str()), (4, "Unrecorded"));
    assert!(told.duration <= 30);
    assert!(!lock_path(&jnr).exists());
}

#[test]
fn recordings_that_run_or_are_not_ours_or_are_complete_are_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let live = place(root.path(), "_user/7/1");
    let _writer = recorder(&live, STARTED);
    write_status(&live.with_extension("xml.internal"), &status(0, "Live"));
    let foreign = place(root.path(), "_user/7/2");
    std::fs::write(&foreign, vec![7; 500]).unwrap();
    write_status(&foreign.with_extension("xml.internal"), &status(0, "Foreign"));
    let complete = place(root.path(), "_user/7/3");
    recorder(&complete, STARTED).finish(61_000).unwrap();
    let finished = finish_crashed(root.path(), at(STARTED + 9000));
    assert!(finished.recordings.is_empty() && finished.statuses.is_empty() && finished.troubles.is_empty());
    assert!(live.with_extension("xml.internal").exists() && foreign.with_extension("xml.internal").exists());
}

//! Recordings with a password, on real files in a temporary folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::repair::recover;
use super::writer::rewritten_path;
use super::*;
use crate::clock::Now;
use crate::hit::password::PasswordHash;
use crate::wire::clear::Clear;

fn sesame() -> PasswordHash {
    PasswordHash::of("sesame")
}

fn say(tick_ms: u32, text: &str) -> Record {
    Record { tick_ms, class: Class::Chat, clear: Clear { bytes: text.as_bytes().to_vec(), spans: vec![] } }
}

fn in_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.jnr");
    (folder, path)
}

fn flush(writer: &mut JnrWriter, ms: u64) {
    writer.flush(Now { steady: Duration::from_millis(ms), office: 0 }).unwrap();
}

/// One line, a checkpoint of it, and one that is only buffered.
fn begun(path: &Path) -> JnrWriter {
    let mut writer = JnrWriter::create(path, &Start { title: "open".into(), ..Start::default() }).unwrap();
    writer.push(say(100, "secret before")).unwrap();
    flush(&mut writer, 1000);
    writer.checkpoint(200, &[say(100, "secret before")]).unwrap();
    writer.push(say(300, "secret in between")).unwrap();
    writer
}

/// The same, protected, with one more line.
fn protected(path: &Path) -> JnrWriter {
    let mut writer = begun(path);
    writer.set_password(Some(&sesame())).unwrap();
    writer.push(say(400, "secret after")).unwrap();
    flush(&mut writer, 2000);
    writer
}

fn shows(path: &Path, text: &str) -> bool {
    fs::read(path).unwrap().windows(text.len()).any(|bytes| bytes == text.as_bytes())
}

fn texts(reader: &mut JnrReader) -> Vec<String> {
    let data: Vec<usize> = (0..reader.pieces().len()).filter(|piece| !reader.pieces()[*piece].checkpoint).collect();
    let records = data.into_iter().flat_map(|piece| reader.records(piece).unwrap().unwrap_or_default());
    records.map(|record| String::from_utf8(record.clear.bytes.clone()).unwrap()).collect()
}

fn opened(path: &Path, password: &str) -> JnrReader {
    let mut reader = JnrReader::open(path).unwrap();
    assert!(reader.unlock(&PasswordHash::of(password)));
    reader
}

const ALL: [&str; 3] = ["secret before", "secret in between", "secret after"];

#[test]
fn a_password_protects_what_came_before_it_and_what_comes_after() {
    let (folder, path) = in_folder();
    let mut writer = begun(&path);
    assert!(shows(&path, "secret before"));
    writer.set_password(Some(&sesame())).unwrap();
    assert!(writer.is_protected() && !shows(&path, "secret"), "at once");
    writer.push(say(400, "secret after")).unwrap();
    flush(&mut writer, 2000);
    writer.checkpoint(500, &[say(100, "secret before")]).unwrap();
    writer.finish(600).unwrap();
    assert!(!shows(&path, "secret"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");

    let mut reader = JnrReader::open(&path).unwrap();
    assert!(reader.is_protected() && reader.is_locked());
    // What it is can be had without the password, what was said cannot.
    assert_eq!((reader.health(), reader.end_tick(), reader.start().title.as_str()), (Health::Finalised, 600, "open"));
    assert!(matches!(reader.records(0), Err(ReadError::Locked { .. })));
    assert!(matches!(reader.seek(600), Err(ReadError::Locked { .. })));
    assert!(!reader.unlock(&PasswordHash::of("Sesame")) && reader.is_locked());
    assert!(reader.unlock(&sesame()) && !reader.is_locked());
    assert_eq!(texts(&mut reader), ALL);
    assert_eq!(reader.seek(450).unwrap().checkpoint, [say(200, "secret before")]);
    let report = verify(&path).unwrap();
    assert!(report.is_whole() && report.records == 3, "{report:?}");
}

#[test]
fn a_password_can_be_changed_and_taken_away() {
    let (_folder, path) = in_folder();
    let mut writer = protected(&path);
    writer.set_password(Some(&PasswordHash::of("other"))).unwrap();
    assert!(!JnrReader::open(&path).unwrap().unlock(&sesame()));
    assert_eq!(texts(&mut opened(&path, "other")), ALL);
    writer.set_password(None).unwrap();
    assert!(!writer.is_protected());
    writer.push(say(500, "no secret")).unwrap();
    writer.set_password(None).unwrap();
    writer.finish(600).unwrap();
    let mut reader = JnrReader::open(&path).unwrap();
    assert!(!reader.is_protected());
    assert_eq!(texts(&mut reader), [ALL[0], ALL[1], ALL[2], "no secret"]);
    assert_eq!(reader.seek(450).unwrap().checkpoint, [say(200, "secret before")]);
    assert!(verify(&path).unwrap().is_whole());
}

#[test]
fn each_password_brings_a_key_of_its_own() {
    let (_folder, path) = in_folder();
    let mut writer = begun(&path);
    writer.set_password(Some(&sesame())).unwrap();
    let once = fs::read(&path).unwrap();
    writer.set_password(None).unwrap();
    writer.set_password(Some(&sesame())).unwrap();
    let again = fs::read(&path).unwrap();
    assert_eq!(once.len(), again.len());
    let data = format::DATA_START as usize;
    assert_ne!(once[data..], again[data..], "the same content under the same numbers, and another key");
}

#[test]
fn a_protected_recording_is_finished_after_a_crash_without_its_password() {
    let (_folder, path) = in_folder();
    drop(protected(&path));
    let bytes = fs::read(&path).unwrap();
    for cut in [bytes.len(), bytes.len() - 1, bytes.len() - 100, bytes.len() - 250] {
        let (_folder, torn) = in_folder();
        fs::write(&torn, &bytes[..cut]).unwrap();
        let recovered = recover(&torn).unwrap();
        assert!(recovered.changed);
        let mut reader = opened(&torn, "sesame");
        assert_eq!(reader.health(), Health::Finalised);
        let texts = texts(&mut reader);
        assert_eq!(texts, ALL[..texts.len()], "{cut} of {} bytes", bytes.len());
        assert_eq!(texts.len() as u64, recovered.records);
        assert!(!recover(&torn).unwrap().changed);
        assert!(!shows(&torn, "secret"));
    }
}

#[test]
fn one_torn_control_slot_costs_nothing() {
    let (_folder, path) = in_folder();
    drop(protected(&path));
    let bytes = fs::read(&path).unwrap();
    for slot in format::SLOT_OFFSETS {
        let mut torn = bytes.clone();
        torn[slot as usize + 60..slot as usize + 120].fill(0);
        fs::write(&path, &torn).unwrap();
        assert_eq!(texts(&mut opened(&path, "sesame")), ALL);
    }
}

#[test]
fn a_machine_that_dies_while_a_password_is_set_leaves_the_recording_as_it_was() {
    let (_folder, path) = in_folder();
    let mut writer = begun(&path);
    flush(&mut writer, 2000);
    drop(writer);
    fs::write(rewritten_path(&path), b"half of it").unwrap();
    recover(&path).unwrap();
    assert!(!rewritten_path(&path).exists());
    let mut reader = JnrReader::open(&path).unwrap();
    assert!(!reader.is_protected());
    assert_eq!(texts(&mut reader), ALL[..2]);
}

#[test]
fn a_password_that_cannot_be_set_leaves_a_recording_that_goes_on() {
    let (_folder, path) = in_folder();
    let mut writer = begun(&path);
    // Not even a file that can be removed.
    fs::create_dir(rewritten_path(&path)).unwrap();
    assert!(writer.set_password(Some(&sesame())).is_err());
    assert!(!writer.is_protected());
    writer.push(say(400, "secret after")).unwrap();
    flush(&mut writer, 2000);
    fs::remove_dir(rewritten_path(&path)).unwrap();
    writer.set_password(Some(&sesame())).unwrap();
    writer.finish(600).unwrap();
    assert_eq!(texts(&mut opened(&path, "sesame")), ALL);
}

#[test]
fn a_changed_byte_of_a_sealed_part_is_damage_and_never_other_words() {
    let (_folder, path) = in_folder();
    protected(&path).finish(600).unwrap();
    let bytes = fs::read(&path).unwrap();
    let mut reader = opened(&path, "sesame");
    let whole = texts(&mut reader);
    drop(reader);
    // The control slots hold the key; only the segments are changed here, with the checksum of the part made right again.
    let mut at = format::DATA_START as usize;
    while let Some(head) =
        bytes.get(at..).and_then(|b| b.first_chunk()).and_then(|b| format::Head::decode(b, at as u64))
    {
        if head.sealed {
            let (start, end) = (at + format::HEAD_LEN, head.end() as usize);
            let mut changed = bytes.clone();
            changed[start] ^= 1;
            let again = format::Head { state_crc: crc32fast::hash(&changed[start..end]), ..head };
            changed[at..start].copy_from_slice(&again.encode());
            fs::write(&path, &changed).unwrap();
            let seen = texts(&mut opened(&path, "sesame"));
            assert!(seen.iter().all(|text| whole.contains(text)), "{seen:?}");
            assert!(seen.len() < whole.len() || head.kind == format::Kind::Checkpoint);
        }
        at = head.end() as usize;
    }
}

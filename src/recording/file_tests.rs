//! The writer, the reader and repair together, on real files in a temporary folder.

use super::format::*;
use super::player::Speed;
use super::record::Unfit;
use super::repair::RecoverError;
use super::*;
use crate::clock::Now;
use crate::wire::clear::{Clear, Span, SpanKey};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

fn start() -> Start {
    Start {
        started_unix_ms: 1_795_415_462_000,
        local: LocalDate { year: 2026, month: 11, day: 23, hour: 6, minute: 31 },
        start_tick: 0,
        bandwidth_kbit: 24,
        owner_id: "owner1".into(),
        owner_name: "Olga 會議".into(),
        group: "sales".into(),
        meeting_id: "456".into(),
        title: "Weekly <review>".into(),
    }
}

fn record(tick_ms: u32, class: Class, text: &str, key: SpanKey) -> Record {
    let mut bytes = vec![122, 0, 0, 0, 93];
    bytes.extend_from_slice(text.as_bytes());
    let spans = vec![Span { offset: 5, length: u32::try_from(text.len()).unwrap(), key }];
    Record { tick_ms, class, clear: Clear { bytes, spans } }
}

fn records() -> Vec<Record> {
    let bare =
        |tick_ms, class, bytes: &[u8]| Record { tick_ms, class, clear: Clear { bytes: bytes.to_vec(), spans: vec![] } };
    vec![
        record(0, Class::User, "Olga", SpanKey::Control),
        bare(0, Class::Floor, &[84, 0, 0, 0, 5]),
        record(700, Class::Chat, "hello", SpanKey::Meeting),
        record(1500, Class::Board, "slide 1", SpanKey::Control),
        bare(1600, Class::Other(99), &[]),
        record(2600, Class::Chat, "good bye", SpanKey::Meeting),
    ]
}

fn now(ms: u64) -> Now {
    Now { steady: Duration::from_millis(ms), office: 0 }
}

/// Three data segments of two records, a checkpoint behind the second one.
fn write(path: &Path) -> JnrWriter {
    let mut writer = JnrWriter::create(path, &start()).unwrap();
    for (index, pair) in records().chunks(2).enumerate() {
        for record in pair {
            writer.push(record.clone()).unwrap();
        }
        writer.flush(now(index as u64 * 500)).unwrap();
        if index == 1 {
            writer.checkpoint(1600, &checkpoint()).unwrap();
        }
    }
    writer
}

fn checkpoint() -> Vec<Record> {
    vec![record(1600, Class::User, "Olga", SpanKey::Control), record(1600, Class::Board, "slide 1", SpanKey::Control)]
}

fn data_records(reader: &mut JnrReader) -> Vec<Record> {
    let wanted: Vec<usize> = (0..reader.pieces().len()).filter(|&piece| !reader.pieces()[piece].checkpoint).collect();
    wanted.into_iter().flat_map(|piece| reader.records(piece).unwrap().unwrap_or_default()).collect()
}

fn in_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("_recording_127.0.0.1_2026_11_23_06_31_000001.jnr");
    (folder, path)
}

/// A finished file's bytes, and where each data segment ends with how many records are whole by then.
fn finished() -> (Vec<u8>, Vec<(usize, usize)>) {
    let (_folder, path) = in_folder();
    write(&path).finish(3000).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let mut ends = Vec::new();
    let mut at = DATA_START as usize;
    let mut whole = 0;
    while at < bytes.len() {
        let head = Head::decode(bytes[at..].first_chunk().unwrap(), at as u64).unwrap();
        at = head.end() as usize;
        if head.kind == Kind::Data {
            whole += head.records as usize;
            ends.push((at, whole));
        }
    }
    (bytes, ends)
}

#[test]
fn a_finished_recording_reads_as_it_was_made() {
    let (_folder, path) = in_folder();
    write(&path).finish(3000).unwrap();
    assert!(!live::lock_path(&path).exists());
    let mut reader = JnrReader::open(&path).unwrap();
    assert_eq!((reader.health(), reader.end_tick(), reader.start()), (Health::Finalised, 3000, &start()));
    assert_eq!(data_records(&mut reader), records());
    let report = verify(&path).unwrap();
    assert_eq!((report.records, report.checkpoints, report.segments), (6, 1, 7));
    assert_eq!((report.damaged, report.first_problem), (0, None));
    assert!(!recover(&path).unwrap().changed);
}

#[test]
fn a_seek_begins_at_the_nearest_checkpoint() {
    let (_folder, path) = in_folder();
    write(&path).finish(3000).unwrap();
    let mut reader = JnrReader::open(&path).unwrap();
    let early = reader.seek(1599).unwrap();
    assert_eq!((early.checkpoint, early.next), (vec![], 0));
    let late = reader.seek(2000).unwrap();
    assert_eq!((late.checkpoint, late.next), (checkpoint(), 3));
}

#[test]
fn a_player_goes_through_a_file_to_its_end() {
    let (_folder, path) = in_folder();
    write(&path).finish(3000).unwrap();
    let mut player = Player::new(JnrReader::open(&path).unwrap());
    player.play(Duration::ZERO);
    player.set_speed(Duration::ZERO, Speed::percent(200));
    let output = player.advance(Duration::from_millis(1500)).unwrap();
    assert_eq!((output.records, output.ended, output.position_ms), (records(), true, 3000));
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let (_folder, path) = in_folder();
    std::fs::write(&path, b"precious").unwrap();
    assert!(matches!(JnrWriter::create(&path, &start()), Err(WriteError::Io { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    assert!(!live::lock_path(&path).exists());
}

#[test]
fn cut_anywhere_every_whole_record_before_the_cut_is_read_and_recovery_keeps_it() {
    let (bytes, ends) = finished();
    let (_folder, path) = in_folder();
    std::fs::write(&path, &bytes).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    for cut in (0..bytes.len()).rev() {
        file.set_len(cut as u64).unwrap();
        let expected = ends.iter().rfind(|(end, _)| *end <= cut).map_or(0, |(_, whole)| *whole);
        match JnrReader::open(&path) {
            Err(ReadError::Header { source: HeaderError::TooShort { .. }, .. }) if cut < HEADER_LEN => {}
            Err(error) => panic!("cut at {cut}: {error}"),
            Ok(mut reader) => {
                assert!(matches!(reader.health(), Health::Torn { .. }), "cut at {cut}");
                assert_eq!(data_records(&mut reader), records()[..expected], "cut at {cut}");
            }
        }
        // Recovery syncs the disk several times: at every border of segments, and at some cuts between.
        let near_border = ends.iter().any(|(end, _)| end.abs_diff(cut) < 2);
        if near_border || (cut % 13 == 0 && cut >= DATA_START as usize) || (cut % 511 == 0 && cut > HEADER_LEN) {
            let torn = path.with_extension(format!("{cut}.jnr"));
            std::fs::copy(&path, &torn).unwrap();
            let recovered = recover(&torn).unwrap();
            assert!(recovered.changed && recovered.records == expected as u64, "cut at {cut}");
            let mut reader = JnrReader::open(&torn).unwrap();
            assert_eq!(reader.health(), Health::Finalised, "cut at {cut}");
            assert_eq!(data_records(&mut reader), records()[..expected], "cut at {cut}");
            assert_eq!(verify(&torn).unwrap().damaged, 0, "cut at {cut}");
        }
    }
}

#[test]
fn a_byte_changed_anywhere_never_gives_an_altered_record() {
    let (bytes, _) = finished();
    let (_folder, path) = in_folder();
    std::fs::write(&path, &bytes).unwrap();
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let mut put = |place: usize, byte: u8| {
        file.seek(SeekFrom::Start(place as u64)).unwrap();
        file.write_all(&[byte]).unwrap();
    };
    for place in 0..bytes.len() {
        put(place.saturating_sub(1), bytes[place.saturating_sub(1)]);
        put(place, bytes[place] ^ 0x21);
        let Ok(mut reader) = JnrReader::open(&path) else {
            assert!(place < MAGIC.len(), "only another magic is refused, not a change at {place}");
            continue;
        };
        let read = data_records(&mut reader);
        // At most one segment of two records is missing, and nothing else is different.
        assert!(read.len() >= 4 && read.iter().all(|record| records().contains(record)), "changed at {place}");
        for tick in [0, 1600, 3000] {
            let seek = reader.seek(tick).unwrap();
            assert!(seek.checkpoint.is_empty() || seek.checkpoint == checkpoint(), "changed at {place}");
        }
        let in_segment = place >= DATA_START as usize;
        assert!(!in_segment || verify(&path).unwrap().first_problem.is_some(), "changed at {place}");
    }
}

#[test]
fn recovery_keeps_what_stands_behind_a_damaged_place() {
    let (bytes, ends) = finished();
    let (_folder, path) = in_folder();
    // The first data segment's head, in a file that lost its end.
    let mut torn = bytes[..ends[2].0 + 10].to_vec();
    let about = Head::decode(torn[DATA_START as usize..].first_chunk().unwrap(), DATA_START).unwrap();
    torn[about.end() as usize + 30] ^= 1;
    std::fs::write(&path, &torn).unwrap();
    let recovered = recover(&path).unwrap();
    assert_eq!((recovered.records, recovered.lost_bytes), (4, 10));
    let report = verify(&path).unwrap();
    assert_eq!((report.health, report.damaged), (Health::Finalised, 1));
    assert_eq!(report.first_problem.unwrap().offset, about.end());
    assert_eq!(data_records(&mut JnrReader::open(&path).unwrap()), records()[2..]);
}

#[test]
fn a_writer_that_dies_leaves_everything_it_flushed() {
    let (_folder, path) = in_folder();
    let mut writer = write(&path);
    writer.push(record(9000, Class::Chat, "never flushed", SpanKey::Meeting)).unwrap();
    assert!(matches!(recover(&path), Err(RecoverError::Write(WriteError::InUse { .. }))));
    drop(writer);
    let mut reader = JnrReader::open(&path).unwrap();
    assert_eq!((reader.health(), reader.end_tick()), (Health::Torn { lost_bytes: 0 }, 2600));
    assert_eq!(data_records(&mut reader), records());
    let recovered = recover(&path).unwrap();
    assert_eq!((recovered.start, recovered.end_tick, recovered.records), (start(), 2600, 6));
    assert_eq!(JnrReader::open(&path).unwrap().health(), Health::Finalised);
    assert!(!live::lock_path(&path).exists());
}

#[test]
fn a_reader_follows_a_recording_that_grows_until_it_is_finished() {
    let (_folder, path) = in_folder();
    let mut writer = write(&path);
    let mut reader = JnrReader::open(&path).unwrap();
    assert_eq!((reader.health(), reader.pieces().len()), (Health::Live, 4));
    assert!(!reader.refresh().unwrap());
    let late = record(4000, Class::Chat, "late", SpanKey::Meeting);
    writer.push(late.clone()).unwrap();
    assert!(!reader.refresh().unwrap());
    writer.flush(now(2000)).unwrap();
    assert!(reader.refresh().unwrap());
    assert_eq!(reader.records(4).unwrap(), Some(vec![late]));
    writer.finish(5000).unwrap();
    assert!(reader.refresh().unwrap());
    assert_eq!((reader.health(), reader.end_tick(), reader.pieces().len()), (Health::Finalised, 5000, 5));
}

#[test]
fn a_recording_within_a_message_of_a_recording_is_not_taken_for_segments() {
    let (inner, _) = finished();
    let (_folder, path) = in_folder();
    let mut writer = JnrWriter::create(&path, &start()).unwrap();
    let message = Record { tick_ms: 1, class: Class::Board, clear: Clear { bytes: inner, spans: vec![] } };
    writer.push(message).unwrap();
    writer.flush(now(0)).unwrap();
    writer.finish(1).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let about = Head::decode(bytes[DATA_START as usize..].first_chunk().unwrap(), DATA_START).unwrap();
    bytes[about.end() as usize + 5] ^= 1;
    // Without the slots the reader has to walk, and to search behind the damaged head.
    bytes[1024..2560].fill(0);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(data_records(&mut JnrReader::open(&path).unwrap()), vec![]);
}

#[test]
fn hostile_lengths_and_tables_with_right_checksums_are_refused() {
    let (bytes, _) = finished();
    let (_folder, path) = in_folder();
    let at = DATA_START as usize;
    let about = Head::decode(bytes[at..].first_chunk().unwrap(), DATA_START).unwrap();
    let next = about.end();
    for (state_len, records, sequence) in [(u32::MAX, 1, 1), (MAX_STATE, 1, 1), (16, u32::MAX, 1), (16, 2, 0)] {
        let mut hostile = bytes[..next as usize].to_vec();
        let state = [0xff; 16];
        let state_crc = crc32fast::hash(&state);
        let head = Head { kind: Kind::Data, state_len, records, sequence, state_crc, offset: next, ..about };
        hostile.extend_from_slice(&head.encode());
        hostile.extend_from_slice(&state);
        std::fs::write(&path, &hostile).unwrap();
        assert_eq!(data_records(&mut JnrReader::open(&path).unwrap()), vec![]);
        assert!(verify(&path).unwrap().first_problem.is_some());
    }
    // An index that names one segment twice, and one that points out of the file, do not make records.
    let slot = Slot::decode(&bytes[2048..2560]).unwrap().unwrap();
    let index = Head::decode(bytes[slot.index as usize..].first_chunk().unwrap(), slot.index).unwrap();
    let part_at = slot.index as usize + HEAD_LEN;
    let entries = decode_index(&bytes[part_at..part_at + index.state_len as usize]).unwrap();
    let first_data = entries[1];
    let away = Entry { offset: u64::MAX, ..first_data };
    for table in
        [[entries[0], first_data, first_data, entries[3], entries[4]], [entries[0], first_data, away, entries[3], away]]
    {
        let part = encode_index(&table);
        let mut hostile = bytes[..slot.index as usize].to_vec();
        let head = Head { state_crc: crc32fast::hash(&part), state_len: part.len() as u32, ..index };
        hostile.extend_from_slice(&head.encode());
        hostile.extend_from_slice(&part);
        hostile.resize(bytes.len(), 0);
        std::fs::write(&path, &hostile).unwrap();
        assert_eq!(data_records(&mut JnrReader::open(&path).unwrap()), records());
    }
}

#[test]
fn records_go_forward_only_and_big_bursts_are_split() {
    let (_folder, path) = in_folder();
    let mut writer = JnrWriter::create(&path, &start()).unwrap();
    for index in 0..10u32 {
        let clear = Clear { bytes: vec![index as u8; 100_000], spans: vec![] };
        writer.push(Record { tick_ms: 1000 - index, class: Class::Board, clear }).unwrap();
    }
    let too_long = Clear { bytes: vec![0; MAX_MESSAGE + 1], spans: vec![] };
    let refused = writer.push(Record { tick_ms: 1000, class: Class::Board, clear: too_long });
    assert!(matches!(refused, Err(WriteError::Unfit(Unfit::Message { .. }))));
    writer.finish(0).unwrap();
    let mut reader = JnrReader::open(&path).unwrap();
    assert_eq!((reader.pieces().len(), reader.end_tick()), (5, 1000));
    let read = data_records(&mut reader);
    assert!(read.len() == 10 && read.iter().all(|record| record.tick_ms == 1000));
}

#[test]
fn a_recording_of_another_program_is_said_to_be_that_and_left_alone() {
    let (_folder, path) = in_folder();
    std::fs::write(&path, vec![3; 5000]).unwrap();
    let not_ours = |error: &ReadError| matches!(error, ReadError::Header { source: HeaderError::NotOurs, .. });
    assert!(not_ours(&JnrReader::open(&path).err().unwrap()));
    assert!(matches!(recover(&path), Err(RecoverError::Read(error)) if not_ours(&error)));
    assert_eq!(std::fs::read(&path).unwrap(), vec![3; 5000]);
    assert!(!live::lock_path(&path).exists());
}

/// A file that was written once and never again: what it holds must be read the same way for ever.
#[test]
fn version_1_is_read_for_ever() {
    let (_folder, path) = in_folder();
    std::fs::copy(vector(), &path).unwrap();
    let mut reader = JnrReader::open(&path).unwrap();
    assert_eq!((reader.health(), reader.end_tick(), reader.start()), (Health::Finalised, 3000, &start()));
    assert_eq!(data_records(&mut reader), records());
    assert_eq!(reader.seek(3000).unwrap().checkpoint, checkpoint());
}

#[test]
#[ignore = "writes the vector of format version 1: only for a new version, under a new name"]
fn write_the_vector() {
    std::fs::create_dir_all(vector().parent().unwrap()).unwrap();
    write(&vector()).finish(3000).unwrap();
}

fn vector() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/jnr/v1-small.jnr")
}

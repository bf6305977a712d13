//! What must hold for every document and file, whatever the bytes.
//!
//! In: bytes. Out: nothing; a broken promise panics. A JNR and its library need a real file, which is made in a temporary folder.

use std::path::{Component, Path};
use std::sync::LazyLock;
use std::time::Duration;

use crate::client::dialler;
use crate::clock::Now;
use crate::hit::configm::Configm;
use crate::hit::jnj::Jnj;
use crate::hit::keys::{KeyName, Passphrase, PrivateKey, PublicKey};
use crate::hit::licence::{IpRange, Licence};
use crate::hit::local_time::LocalTime;
use crate::hit::password::PasswordHash;
use crate::hit::paths::{self, RecordingPath};
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::hit::sealed::{self, SealingKey};
use crate::hit::status::{ClusterLoad, OfficeStatus, OwnerStatus, ParticipantFile, RecordingStatus};
use crate::hit::xml::{self, Element, Limits};
use crate::installation::order::{GuestOrder, RequestOrder};
use crate::link::Proxy;
use crate::recording::format::{self, DATA_START, Head, Header, Kind, MAX_TICK, Slot};
use crate::recording::record::{decode_records, encode_record, encoded_len};
use crate::recording::{JnrReader, verify};

/// A jnj file: what can be read and written reads the same again, but for the domain, which is written first. It leads to no
/// more places than it names.
pub fn jnj(data: &[u8]) {
    let sorted = |mut jnj: Jnj| {
        jnj.others.sort();
        jnj
    };
    let Ok(jnj) = Jnj::parse(data) else { return };
    for through_proxy in [false, true] {
        assert!(dialler::addresses(&jnj, through_proxy).len() <= MAX_ADDRESSES, "too many places to dial");
    }
    if let Ok(bytes) = jnj.to_bytes() {
        assert_eq!(Jnj::parse(&bytes).map(sorted), Ok(sorted(jnj)));
    }
}

/// A service request: what can be read and written reads the same again.
pub fn service_request(data: &[u8]) {
    if let Ok(request) = ServiceRequest::parse(data)
        && let Ok(xml) = request.to_xml()
    {
        assert_eq!(ServiceRequest::parse(xml.as_bytes()).as_ref(), Ok(&request));
    }
}

/// Any XML: within its limits, and no larger than what came, whatever its references say.
pub fn xml(data: &[u8]) {
    const LIMITS: Limits = Limits { bytes: 16 * 1024, depth: 8, elements: 200 };
    fn measure(element: &Element, depth: usize, elements: &mut usize) -> usize {
        assert!(depth <= LIMITS.depth, "deeper than allowed");
        *elements += 1;
        let below: usize = element.children().iter().map(|child| measure(child, depth + 1, elements)).sum();
        element.name().len() + element.text().len() + below
    }
    if let Ok(root) = xml::parse(data, LIMITS) {
        let mut elements = 0;
        assert!(measure(&root, 1, &mut elements) <= data.len(), "it grew while it was read");
        assert!(elements <= LIMITS.elements && data.len() <= LIMITS.bytes);
    }
}

/// A sealed userinfo, and a public key. What is sealed opens to the same.
pub fn userinfo(data: &[u8]) {
    // Costly, and the same for every call.
    static KEY: LazyLock<Option<SealingKey>> = LazyLock::new(|| {
        let own = PrivateKey::generate([7; 32]).ok()?;
        SealingKey::new(&own, own.public_key()).ok()
    });
    if let Ok(public) = PublicKey::from_der(data) {
        assert_eq!(public.to_der(), data, "a public key has one encoding");
    }
    let Some(key) = KEY.as_ref() else { return };
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(opened) = sealed::open(text, key) {
            assert!(opened.len() <= text.len(), "it grew while it was opened");
        }
        if let Ok(site) = sealed::site_of(text)
            && let Ok(again) = sealed::seal(&site, key, data, [9; 32])
        {
            assert_eq!(sealed::open(&again, key).as_deref(), Ok(data));
        }
    }
}

/// Names and texts of keys, passphrases and passwords: what is read is written and read the same, and a name is a file's name.
pub fn keys(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(name) = KeyName::new(text) {
        assert_eq!(KeyName::new(name.as_str()).as_ref(), Ok(&name));
        assert_eq!(KeyName::new(&name.public_file()).as_ref(), Ok(&name));
        stays_below(Path::new(&name.public_file()), 1);
    }
    if let Ok(passphrase) = Passphrase::from_base64(text) {
        let written = passphrase.to_base64();
        assert!(Passphrase::from_base64(&written).is_ok_and(|again| again.to_base64() == written));
    }
    if let Ok(hash) = PasswordHash::from_base64(text) {
        let again = PasswordHash::from_base64(&hash.to_base64()).map(|again| again.to_bytes());
        assert_eq!(again, Ok(hash.to_bytes()));
    }
    for passphrase in [Passphrase::default(), Passphrase::new("longpass")] {
        if let Ok(key) = PrivateKey::from_text(text, &passphrase) {
            let again = PrivateKey::from_text(&key.to_text(&passphrase), &passphrase);
            assert!(again.is_ok_and(|again| again.public_key() == key.public_key()), "a key has one text");
        }
    }
}

/// Ids that are to become paths, and paths that are to become recordings. None leads out of the recording root.
pub fn paths(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default();
    let (owner, meeting, address, group, path) = (next(), next(), next(), next(), next());
    for group in [None, Some(group)] {
        if let Ok(folder) = paths::meeting_directory(group, owner, meeting) {
            stays_below(&folder, if group.is_some() { 4 } else { 3 });
        }
        let started = LocalTime::from_unix(i64::from(crc32fast::hash(data)), 0);
        if let Ok(recording) = RecordingPath::new(group, owner, meeting, address, started, crc32fast::hash(data)) {
            let (file, kind) = (recording.file(paths::FileKind::Jnr), paths::FileKind::Jnr);
            stays_below(&file, if group.is_some() { 5 } else { 4 });
            stays_below(&recording.participants(), if group.is_some() { 6 } else { 5 });
            assert_eq!(RecordingPath::parse(&file), Ok((recording, kind)));
        }
    }
    for text in [path, &text] {
        if let Ok((recording, kind)) = RecordingPath::parse(Path::new(text)) {
            assert_eq!(RecordingPath::parse(&recording.file(kind)), Ok((recording, kind)));
        }
        if let Some(time) = LocalTime::parse_recording_stamp(text) {
            assert_eq!(time.recording_stamp(), text);
        }
    }
    let files = [paths::status_file(address), paths::office_status_file(address), paths::load_file(address)];
    for file in files.into_iter().flatten() {
        assert!(file.components().all(|part| matches!(part, Component::Normal(_))), "{file:?} leads away");
    }
}

/// Configuration and licence: comments and unknown entries stay, and what was written is written the same for ever.
pub fn configuration(data: &[u8]) {
    let configm = Configm::parse(data);
    let written = configm.to_text();
    let again = Configm::parse(written.as_bytes());
    assert_eq!(*again.to_text(), *written);
    if data.len() <= crate::hit::jnj::MAX_JNJ {
        assert_eq!(again.problems().len(), configm.problems().len());
    }
    let (licence, _) = Licence::parse(data);
    let (again, _) = Licence::parse(licence.updated(data).as_bytes());
    assert_eq!(again, licence);
    let changed = Licence { max_meeting: licence.max_meeting.wrapping_add(1) % 1000, ..licence };
    let (again, _) = Licence::parse(changed.updated(data).as_bytes());
    assert_eq!(again, changed, "a change of one entry is kept, and changes no other");
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(range) = IpRange::parse(text)
    {
        assert_eq!(IpRange::parse(&range.to_string()), Some(range));
    }
}

/// What a person or a script types: an order for a jnj, a proxy. An order that is taken makes a request that can be read.
pub fn order(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(proxy) = text.parse::<Proxy>() {
        assert!(format!("http://{proxy}").parse::<Proxy>().is_ok(), "{proxy} is no proxy any more");
    }
    let mut lines = text.split('\n');
    let mut next = || lines.next().unwrap_or_default().to_owned();
    let (owner, meeting_id, title, guest) = ((next(), next()), next(), next(), (next(), next()));
    let order = RequestOrder {
        owner,
        meeting_id,
        command: CommandKind::Meeting,
        guest: (!guest.1.is_empty()).then_some(GuestOrder { id: guest.0, name: guest.1, invited: true, ticket: false }),
        group: None,
        duration_min: 0,
        title,
        password: None,
        recorded: true,
        set: lines.map(str::to_owned).collect(),
    };
    if let Ok(request) = order.request(Now { steady: Duration::ZERO, office: 1_700_000_000_000 }) {
        let xml = request.to_xml();
        let read = xml.as_deref().map(|xml| ServiceRequest::parse(xml.as_bytes()));
        let again = read.map(|read| read.map(|read| read.to_xml()));
        assert_eq!(again, Ok(Ok(xml.clone())), "an order of ours cannot be read");
    }
}

/// The parts of a JNR whose checksums were found right.
pub fn record(data: &[u8]) {
    let head = |records| Head {
        kind: Kind::Data,
        sequence: 7,
        first_tick: 0,
        last_tick: MAX_TICK,
        state_len: 0,
        media_len: 0,
        records,
        previous_checkpoint: 0,
        state_crc: 0,
        offset: DATA_START,
        sealed: false,
    };
    for records in 0..4 {
        let Ok(read) = decode_records(data, &head(records)) else { continue };
        assert_eq!(read.iter().map(encoded_len).sum::<usize>(), data.len(), "records are all there is");
        let mut part = Vec::new();
        for record in &read {
            assert_eq!(encode_record(record, &mut part), Ok(()), "what was read cannot be written");
        }
        assert_eq!(decode_records(&part, &head(records)), Ok(read));
    }
    if let Some(entries) = format::decode_index(data) {
        assert_eq!(format::decode_index(&format::encode_index(&entries)), Some(entries));
    }
    let start = format::decode_about(data, &Header::default());
    assert_eq!(format::decode_about(&format::encode_about(&start), &Header::default()), start);
    if let Ok((header, _)) = Header::decode(data, data.len() as u64) {
        assert_eq!(Header::decode(&header.encode(), data.len() as u64), Ok((header, true)));
    }
}

/// A JNR: opened, verified and read to its end, as the file is; and once more as a file whose checksums are all right.
pub fn jnr(data: &[u8]) {
    read_through(data);
    read_through(&resealed(data));
}

fn read_through(data: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("fuzzed.jnr");
    if std::fs::write(&path, data).is_err() {
        return;
    }
    drop(verify(&path));
    let Ok(mut reader) = JnrReader::open(&path) else { return };
    let mut read = 0;
    for piece in 0..reader.pieces().len() {
        if let Ok(Some(records)) = reader.records(piece) {
            read += records.iter().map(encoded_len).sum::<usize>();
        }
    }
    assert!(read <= data.len(), "more records than bytes");
    for tick in [0, reader.end_tick() / 2, reader.end_tick(), u32::MAX] {
        drop(reader.seek(tick));
    }
}

/// A recording whose every checksum is right, and whose contents are as hostile as `data`: 24 bytes for the slot, then 20 a segment and its state.
fn resealed(data: &[u8]) -> Vec<u8> {
    let (slot, mut rest) = data.split_at(data.len().min(SLOT_FIELDS));
    let number = |bytes: &[u8], at: usize| {
        let array = bytes.get(at..at + 4).and_then(|b| b.try_into().ok());
        u32::from_le_bytes(array.unwrap_or_default())
    };
    // Most offsets near the file's own, so that they hit something.
    let place = |n: u32| DATA_START + u64::from(n % 4096);
    let mut file = Header { end_tick: number(slot, 0), ..Header::default() }.encode().to_vec();
    file.resize(usize::try_from(DATA_START).unwrap_or_default(), 0);
    let slot = Slot {
        generation: 1,
        finalised: number(slot, 0) % 2 == 0,
        data_end: place(number(slot, 4)),
        index: place(number(slot, 8)),
        checkpoint: place(number(slot, 12)),
        footer: place(number(slot, 16)),
        end_tick: number(slot, 20),
        key: None,
    };
    let at = format::SLOT_OFFSETS.first().copied().and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
    if let Some(room) = file.get_mut(at..at + format::SLOT_LEN) {
        room.copy_from_slice(&slot.encode());
    }
    for sequence in 0..MAX_SEGMENTS {
        let Some((fields, after)) = rest.split_at_checked(SEGMENT_FIELDS) else { break };
        let state = after.get(..after.len().min(usize::from(fields[0]))).unwrap_or_default();
        rest = after.get(state.len()..).unwrap_or_default();
        let head = Head {
            kind: Kind::from_code(fields[1] % 8),
            sequence: sequence + u64::from(fields[2]) * 65_536,
            first_tick: number(fields, 4) % MAX_TICK,
            last_tick: number(fields, 8).max(number(fields, 4) % MAX_TICK).min(MAX_TICK),
            state_len: u32::try_from(state.len()).unwrap_or_default(),
            media_len: 0,
            records: number(fields, 12) % 8,
            previous_checkpoint: place(number(fields, 16)),
            state_crc: crc32fast::hash(state),
            offset: file.len() as u64,
            sealed: fields[1] >= 0xc0,
        };
        file.extend_from_slice(&head.encode());
        file.extend_from_slice(state);
    }
    file
}

/// Status files. Once a status has been written, it is written and read the same for ever.
pub fn status(data: &[u8]) {
    settled(data, RecordingStatus::parse, RecordingStatus::to_xml);
    settled(data, OwnerStatus::parse, OwnerStatus::to_xml);
    settled(data, OfficeStatus::parse, OfficeStatus::to_xml);
    settled(data, ParticipantFile::parse, ParticipantFile::to_xml);
    if let Ok(load) = ClusterLoad::parse(&String::from_utf8_lossy(data)) {
        assert_eq!(ClusterLoad::parse(&load.to_text()), Ok(load));
    }
}

/// The first writing may replace characters that XML cannot hold; after it nothing may change.
fn settled<T: PartialEq + std::fmt::Debug, E: PartialEq + std::fmt::Debug>(
    data: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, E>,
    write: impl Fn(&T) -> String,
) {
    let Ok(first) = parse(data) else { return };
    let written = write(&first);
    let again = parse(written.as_bytes()).map(|status| write(&status));
    assert_eq!(again, Ok(written));
}

fn stays_below(path: &Path, parts: usize) {
    assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{path:?} leads away");
    assert_eq!(path.components().count(), parts, "{path:?} has other parts than were asked for");
}

/// Ten hosts, two ports, and what carries them.
const MAX_ADDRESSES: usize = 200;

const SLOT_FIELDS: usize = 24;
const SEGMENT_FIELDS: usize = 20;
const MAX_SEGMENTS: u64 = 64;

//! The bytes of a JNR, version 1 (docs/jnr-format.md). Pure.
//!
//! In: values to encode, or bytes of a file that may be anything. Out: bytes, or values whose every length was checked against
//! the bytes that are really there. Touches no file. All numbers are little-endian; checksums are CRC-32 (IEEE).

use super::seal::{KeySlot, TAG_LEN};
use crate::wire::fields::lossy;

/// The first eight bytes: name, a control byte that ends a text view, and the format version.
pub const MAGIC: [u8; 8] = *b"HITJNR\x1a\x01";
/// The format version that this code writes and reads.
pub const VERSION: u8 = 1;
/// Length of the prefix that has the layout of HomeMeeting's header (wire/05 section 10).
pub const HEADER_LEN: usize = 74;
/// Where the two control slots stand, in bytes from the start of the file.
pub const SLOT_OFFSETS: [u64; 2] = [1024, 2048];
/// Length of a control slot: one disk sector, so that it is written whole or not at all.
pub const SLOT_LEN: usize = 512;
/// Where the first segment begins.
pub const DATA_START: u64 = 4096;
/// Length of a segment's head.
pub const HEAD_LEN: usize = 80;
/// Length of one entry of an index.
pub const ENTRY_LEN: usize = 40;
/// Longest message of a record, in bytes.
pub const MAX_MESSAGE: usize = 8 << 20;
/// Most encrypted spans of one message.
pub const MAX_SPANS: usize = 4096;
/// Most records of one segment.
pub const MAX_RECORDS: u32 = 65_536;
/// Longest state part of a segment other than an index, in bytes.
pub const MAX_STATE: u32 = 16 << 20;
/// Longest plain content of a state part: sealed, it still fits.
pub const MAX_CONTENT: usize = MAX_STATE as usize - TAG_LEN;
/// Longest media part, in bytes (version 1 writes none, but passes over them).
pub const MAX_MEDIA: u32 = 64 << 20;
/// Most segments of a file: twelve days at two a second.
pub const MAX_SEGMENTS: usize = 1 << 21;
/// Latest meeting time in milliseconds: the playback client reads ticks as signed (wire/05 section 5.3).
pub const MAX_TICK: u32 = i32::MAX as u32;
/// Longest text of the "about" segment, in bytes.
pub const MAX_TEXT: usize = 4096;

/// The meeting's start in the MCU's local time, as the header has it (wire/05 section 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct LocalDate {
    /// Year, four digits.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
}

/// What is known when a recording begins.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Start {
    /// Milliseconds since 1970-01-01 UTC.
    pub started_unix_ms: i64,
    /// The same moment in local time.
    pub local: LocalDate,
    /// Meeting time of the first moment, in milliseconds: 0 unless a meeting is continued.
    pub start_tick: u32,
    /// The meeting's target bitrate in kbit/s, for display.
    pub bandwidth_kbit: u32,
    /// Id of the owner.
    pub owner_id: String,
    /// Name of the owner.
    pub owner_name: String,
    /// Id of the group, empty without one.
    pub group: String,
    /// Id of the meeting.
    pub meeting_id: String,
    /// Title of the meeting.
    pub title: String,
}

/// The fields of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Header {
    /// The meeting's target bitrate in kbit/s.
    pub bandwidth_kbit: u32,
    /// First tick in milliseconds.
    pub start_tick: u32,
    /// Last tick in milliseconds; filled in when the recording ends.
    pub end_tick: u32,
    /// Local time of the start.
    pub local: LocalDate,
}

/// Why a file's beginning was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Another program's file: not a fault.
    #[error("this is no recording of HIT Deck: recorded by HomeMeeting, it cannot be played here")]
    NotOurs,
    /// Too short to hold anything; an MCU that died at once leaves such a file.
    #[error("expected a header of {HEADER_LEN} bytes, the file has {len}: the recording ended before it began")]
    TooShort {
        /// The file's length in bytes.
        len: u64,
    },
    /// Of a later version.
    #[error("the recording is of format version {version}, this program reads version {VERSION}: use a newer program")]
    NewerVersion {
        /// What the file says.
        version: u8,
    },
    /// It needs a feature that this program lacks.
    #[error("the recording needs features {bits:#x} that this program does not know: use a newer program")]
    Needs {
        /// The control slot's `needs` bits.
        bits: u32,
    },
}

/// What a segment holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Records as they happened.
    Data,
    /// Reserved: slide files and pictures.
    Blob,
    /// The shortest records that rebuild the state.
    Checkpoint,
    /// Where the segments are.
    Index,
    /// How the recording ended.
    Footer,
    /// What the recording is: [`Start`].
    About,
    /// Of a later writer: passed over.
    Other(u8),
}

impl Kind {
    /// The number in the file.
    pub fn code(self) -> u8 {
        match self {
            Kind::Data => 1,
            Kind::Blob => 2,
            Kind::Checkpoint => 3,
            Kind::Index => 4,
            Kind::Footer => 5,
            Kind::About => 6,
            Kind::Other(code) => code,
        }
    }

    /// The kind of a number in a file.
    pub fn from_code(code: u8) -> Kind {
        match code {
            1 => Kind::Data,
            2 => Kind::Blob,
            3 => Kind::Checkpoint,
            4 => Kind::Index,
            5 => Kind::Footer,
            6 => Kind::About,
            other => Kind::Other(other),
        }
    }
}

/// The head of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// What it holds.
    pub kind: Kind,
    /// Counts up through the file; jumps by 65,536 where a recovery went on.
    pub sequence: u64,
    /// Meeting time of the first record.
    pub first_tick: u32,
    /// Meeting time of the last record.
    pub last_tick: u32,
    /// Length of the state part in bytes.
    pub state_len: u32,
    /// Length of the media part in bytes.
    pub media_len: u32,
    /// Number of records in the state part.
    pub records: u32,
    /// Offset of the newest checkpoint before this segment, 0 without one.
    pub previous_checkpoint: u64,
    /// CRC of the state part.
    pub state_crc: u32,
    /// Offset of this segment: a head that is found elsewhere is not one.
    pub offset: u64,
    /// The state part is sealed under the file's key.
    pub sealed: bool,
}

impl Head {
    /// Bytes of the whole segment.
    pub fn total_len(&self) -> u64 {
        HEAD_LEN as u64 + u64::from(self.state_len) + u64::from(self.media_len)
    }

    /// Offset of the byte after the segment.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.total_len())
    }

    /// What a sealed part must stand with: the head from its kind to its links, without checksums and place.
    pub fn context(&self) -> Vec<u8> {
        self.encode().get(CONTEXT).unwrap_or_default().to_vec()
    }

    /// The head's bytes.
    pub fn encode(&self) -> [u8; HEAD_LEN] {
        let mut out = Vec::with_capacity(HEAD_LEN);
        out.extend_from_slice(&SEGMENT_MAGIC);
        out.extend_from_slice(&[self.kind.code(), if self.sealed { SEALED } else { PLAIN }, 0, 0]);
        out.extend_from_slice(&self.sequence.to_le_bytes());
        for field in [self.first_tick, self.last_tick, self.state_len, self.media_len, self.records, 0] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&self.previous_checkpoint.to_le_bytes());
        out.extend_from_slice(&0u64.to_le_bytes());
        out.extend_from_slice(&self.state_crc.to_le_bytes());
        out.extend_from_slice(&0u32.to_le_bytes());
        out.extend_from_slice(&self.offset.to_le_bytes());
        out.extend_from_slice(&0u32.to_le_bytes());
        sealed(out)
    }

    /// Reads the head that stands at `offset` of a file. `None`: no head of ours stands there.
    pub fn decode(bytes: &[u8; HEAD_LEN], offset: u64) -> Option<Head> {
        let mut fields = Fields::new(unsealed(bytes)?);
        if fields.take(4)? != SEGMENT_MAGIC {
            return None;
        }
        let &[kind, coding, _, _] = fields.take(4)? else { return None };
        let sequence = fields.u64()?;
        let [first_tick, last_tick, state_len, media_len, records, _media_count] =
            [fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?];
        let previous_checkpoint = fields.u64()?;
        fields.u64()?;
        let state_crc = fields.u32()?;
        fields.u32()?;
        let own_offset = fields.u64()?;
        let kind = Kind::from_code(kind);
        let longest = if kind == Kind::Index { (MAX_SEGMENTS * ENTRY_LEN) as u32 } else { MAX_STATE };
        let fits = state_len <= longest && media_len <= MAX_MEDIA && records <= MAX_RECORDS;
        let ticks = first_tick <= last_tick && last_tick <= MAX_TICK;
        if own_offset != offset || !matches!(coding, PLAIN | SEALED) || !fits || !ticks {
            return None;
        }
        Some(Head {
            kind,
            sequence,
            first_tick,
            last_tick,
            state_len,
            media_len,
            records,
            previous_checkpoint,
            state_crc,
            offset,
            sealed: coding == SEALED,
        })
    }
}

/// What the control slot says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Slot {
    /// The higher one counts.
    pub generation: u64,
    /// The recording is complete.
    pub finalised: bool,
    /// Offset of the byte after the last segment that was surely on disk.
    pub data_end: u64,
    /// Offset of the newest index, 0 without one.
    pub index: u64,
    /// Offset of the newest checkpoint, 0 without one.
    pub checkpoint: u64,
    /// Offset of the footer, 0 without one.
    pub footer: u64,
    /// Meeting time of the end, in milliseconds.
    pub end_tick: u32,
    /// The file's key under its password; `None`: it has none, and nothing is sealed.
    pub key: Option<KeySlot>,
}

impl Slot {
    /// The slot's bytes.
    pub fn encode(&self) -> [u8; SLOT_LEN] {
        let mut out = Vec::with_capacity(SLOT_LEN);
        out.extend_from_slice(&self.generation.to_le_bytes());
        out.extend_from_slice(&u32::from(self.finalised).to_le_bytes());
        out.extend_from_slice(&(if self.key.is_some() { NEEDS_PASSWORD } else { 0 }).to_le_bytes());
        for field in [self.data_end, self.index, self.checkpoint, self.footer] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&self.end_tick.to_le_bytes());
        if let Some(key) = &self.key {
            out.extend_from_slice(&[0; 4]);
            out.extend_from_slice(&key.encode());
        }
        sealed(out)
    }

    /// Reads a slot. `Ok(None)`: none stands there; an error: a good one that asks for more than we know.
    pub fn decode(bytes: &[u8]) -> Result<Option<Slot>, HeaderError> {
        let Some((slot, needs)) = Slot::fields(bytes) else { return Ok(None) };
        // A key of a method that we do not know is a need that we cannot meet.
        let met = needs == if slot.key.is_some() { NEEDS_PASSWORD } else { 0 };
        if met { Ok(Some(slot)) } else { Err(HeaderError::Needs { bits: needs }) }
    }

    fn fields(bytes: &[u8]) -> Option<(Slot, u32)> {
        let bytes: &[u8; SLOT_LEN] = bytes.try_into().ok()?;
        let mut fields = Fields::new(unsealed(bytes)?);
        let generation = fields.u64()?;
        let flags = fields.u32()?;
        let needs = fields.u32()?;
        let [data_end, index, checkpoint, footer] = [fields.u64()?, fields.u64()?, fields.u64()?, fields.u64()?];
        let end_tick = fields.u32()?.min(MAX_TICK);
        let finalised = flags & 1 != 0;
        fields.take(4)?;
        let key = if needs & NEEDS_PASSWORD == 0 { None } else { KeySlot::decode(fields.rest) };
        Some((Slot { generation, finalised, data_end, index, checkpoint, footer, end_tick, key }, needs))
    }
}

impl Header {
    /// The prefix and its checksum.
    pub fn encode(&self) -> [u8; HEADER_LEN + 4] {
        let mut out = [0; HEADER_LEN + 4];
        let local = self.local;
        let date = [local.year, local.month.into(), local.day.into(), local.hour.into(), local.minute.into()];
        let fields =
            [self.bandwidth_kbit, self.start_tick, self.end_tick].into_iter().chain(date.into_iter().map(u32::from));
        let bytes = MAGIC.into_iter().chain([0; 6]).chain(fields.flat_map(u32::to_le_bytes));
        for (place, byte) in out.iter_mut().zip(bytes) {
            *place = byte;
        }
        let crc = Header::checksum(&out);
        for (place, byte) in out.iter_mut().skip(HEADER_LEN).zip(crc.to_le_bytes()) {
            *place = byte;
        }
        out
    }

    /// Reads the beginning of a file of `file_len` bytes. The flag says whether the checksum holds: a header with a wrong one is
    /// still read, because a torn end may be recovered from it.
    pub fn decode(bytes: &[u8], file_len: u64) -> Result<(Header, bool), HeaderError> {
        let version_at = MAGIC.len() - 1;
        let name = MAGIC.get(..version_at).unwrap_or_default();
        if !bytes.iter().zip(name).all(|(byte, expected)| byte == expected) {
            return Err(HeaderError::NotOurs);
        }
        if let Some(&version) = bytes.get(version_at)
            && version != VERSION
        {
            return Err(if version == 0 { HeaderError::NotOurs } else { HeaderError::NewerVersion { version } });
        }
        let too_short = HeaderError::TooShort { len: file_len };
        let mut fields = Fields::new(bytes.get(..HEADER_LEN).ok_or(too_short.clone())?);
        let header = Header::fields(&mut fields).ok_or(too_short)?;
        let stored = bytes.get(HEADER_LEN..HEADER_LEN + 4).and_then(|crc| crc.try_into().ok()).map(u32::from_le_bytes);
        let whole = stored == Some(Header::checksum(bytes));
        Ok((header, whole))
    }

    fn fields(fields: &mut Fields<'_>) -> Option<Header> {
        fields.take(14)?;
        let bandwidth_kbit = fields.u32()?;
        let [start_tick, end_tick] = [fields.u32()?.min(MAX_TICK), fields.u32()?.min(MAX_TICK)];
        let year = u16::try_from(fields.u32()?).unwrap_or_default();
        let mut small = || fields.u32().map(|value| u8::try_from(value).unwrap_or_default());
        let local = LocalDate { year, month: small()?, day: small()?, hour: small()?, minute: small()? };
        Some(Header { bandwidth_kbit, start_tick, end_tick, local })
    }

    /// Covers all but the end tick, which is filled in after the meeting and stands in the control slot too.
    fn checksum(header: &[u8]) -> u32 {
        let mut crc = crc32fast::Hasher::new();
        crc.update(header.get(..END_TICK_AT).unwrap_or_default());
        crc.update(header.get(END_TICK_AT + 4..HEADER_LEN).unwrap_or_default());
        crc.finalize()
    }
}

/// The state part of the "about" segment: tagged fields, of which a reader skips those it does not know.
pub fn encode_about(start: &Start) -> Vec<u8> {
    let mut out = Vec::new();
    tagged(&mut out, 1, &start.started_unix_ms.to_le_bytes());
    for (tag, text) in
        [(2, &start.owner_id), (3, &start.owner_name), (4, &start.group), (5, &start.meeting_id), (6, &start.title)]
    {
        let cut = text.floor_char_boundary(MAX_TEXT.min(text.len()));
        tagged(&mut out, tag, text.get(..cut).unwrap_or_default().as_bytes());
    }
    out
}

/// Reads an "about" segment over what the header said; texts that are not UTF-8 are read with replacement characters.
pub fn decode_about(part: &[u8], header: &Header) -> Start {
    let mut start = Start {
        local: header.local,
        start_tick: header.start_tick,
        bandwidth_kbit: header.bandwidth_kbit,
        ..Start::default()
    };
    for (tag, value) in tagged_fields(part) {
        let text = || lossy(value.get(..value.len().min(MAX_TEXT)).unwrap_or_default().to_vec());
        match tag {
            1 => start.started_unix_ms = value.try_into().map(i64::from_le_bytes).unwrap_or_default(),
            2 => start.owner_id = text(),
            3 => start.owner_name = text(),
            4 => start.group = text(),
            5 => start.meeting_id = text(),
            6 => start.title = text(),
            _ => {}
        }
    }
    start
}

/// The state part of the footer.
pub fn encode_footer(end_tick: u32, index: u64, records: u64) -> Vec<u8> {
    let mut out = Vec::new();
    tagged(&mut out, 1, &end_tick.to_le_bytes());
    tagged(&mut out, 2, &index.to_le_bytes());
    tagged(&mut out, 3, &records.to_le_bytes());
    out
}

/// The state part of an index.
pub fn encode_index(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::with_capacity(entries.len().saturating_mul(ENTRY_LEN));
    for entry in entries {
        out.extend_from_slice(&entry.offset.to_le_bytes());
        out.extend_from_slice(&entry.sequence.to_le_bytes());
        for field in [entry.first_tick, entry.last_tick, entry.state_len, entry.media_len, entry.records] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        out.extend_from_slice(&[entry.kind.code(), 0, 0, 0]);
    }
    out
}

/// One entry of an index: enough to choose a segment; its own head is read and checked when the segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where the segment begins.
    pub offset: u64,
    /// Its sequence number.
    pub sequence: u64,
    /// What it holds.
    pub kind: Kind,
    /// Meeting time of its first record.
    pub first_tick: u32,
    /// Meeting time of its last record.
    pub last_tick: u32,
    /// Length of its state part.
    pub state_len: u32,
    /// Length of its media part.
    pub media_len: u32,
    /// Number of its records.
    pub records: u32,
}

impl From<&Head> for Entry {
    fn from(head: &Head) -> Entry {
        let &Head { offset, sequence, kind, first_tick, last_tick, state_len, media_len, records, .. } = head;
        Entry { offset, sequence, kind, first_tick, last_tick, state_len, media_len, records }
    }
}

/// Reads the state part of an index. `None`: it is not one.
pub fn decode_index(part: &[u8]) -> Option<Vec<Entry>> {
    if !part.len().is_multiple_of(ENTRY_LEN) || part.len() / ENTRY_LEN > MAX_SEGMENTS {
        return None;
    }
    let mut fields = Fields::new(part);
    let mut entries = Vec::new();
    while !fields.rest.is_empty() {
        let [offset, sequence] = [fields.u64()?, fields.u64()?];
        let [first_tick, last_tick, state_len, media_len, records] =
            [fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?];
        let &[kind, ..] = fields.take(4)? else { return None };
        entries.push(Entry {
            offset,
            sequence,
            kind: Kind::from_code(kind),
            first_tick,
            last_tick,
            state_len,
            media_len,
            records,
        });
    }
    Some(entries)
}

fn tagged(out: &mut Vec<u8>, tag: u16, value: &[u8]) {
    out.extend_from_slice(&tag.to_le_bytes());
    // Every value written here is a number or a text of at most MAX_TEXT bytes.
    out.extend_from_slice(&u16::try_from(value.len()).unwrap_or_default().to_le_bytes());
    out.extend_from_slice(value);
}

fn tagged_fields(part: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut fields = Fields::new(part);
    std::iter::from_fn(move || {
        let tag = fields.u16()?;
        let len = fields.u16()?;
        Some((tag, fields.take(usize::from(len))?))
    })
}

/// Fills up to N - 4 bytes with zeros and appends their checksum.
fn sealed<const N: usize>(mut body: Vec<u8>) -> [u8; N] {
    body.resize(N - 4, 0);
    let crc = crc32fast::hash(&body);
    let mut out = [0; N];
    for (place, byte) in out.iter_mut().zip(body.into_iter().chain(crc.to_le_bytes())) {
        *place = byte;
    }
    out
}

fn unsealed<const N: usize>(bytes: &[u8; N]) -> Option<&[u8]> {
    let (body, crc) = bytes.split_last_chunk::<4>()?;
    (crc32fast::hash(body) == u32::from_le_bytes(*crc)).then_some(body)
}

/// Reads fields one after the other; past the end there is `None`.
pub(super) struct Fields<'a> {
    /// What was not read yet.
    pub(super) rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Fields<'a> {
        Fields { rest: bytes }
    }

    pub(super) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }
}

/// The first bytes of a segment.
pub const SEGMENT_MAGIC: [u8; 4] = *b"JSEG";
/// Parts are stored as they are; or sealed; another number means another coding, of a later version.
const PLAIN: u8 = 0;
const SEALED: u8 = 1;
/// The bit of `needs` of a file with a password.
const NEEDS_PASSWORD: u32 = 1;
/// Kind, coding, flags, sequence, ticks, lengths, counts and links.
const CONTEXT: std::ops::Range<usize> = 4..56;
const END_TICK_AT: usize = 22;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn head(records: u32) -> Head {
        Head {
            kind: Kind::Data,
            sequence: 7,
            first_tick: 0,
            last_tick: MAX_TICK,
            state_len: 0,
            media_len: 0,
            records,
            previous_checkpoint: 0,
            state_crc: 0,
            offset: 4096,
            sealed: false,
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(part in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = decode_index(&part);
            let _ = decode_about(&part, &Header::default());
            let _ = Header::decode(&part, part.len() as u64);
            let _ = Slot::decode(part.get(..SLOT_LEN).unwrap_or_default());
        }
    }

    #[test]
    fn a_head_that_was_moved_or_changed_is_no_head() {
        let bytes = head(3).encode();
        assert_eq!(Head::decode(&bytes, 4096), Some(head(3)));
        assert_eq!(Head::decode(&bytes, 4097), None);
        for at in 0..HEAD_LEN {
            let mut changed = bytes;
            changed[at] ^= 0x10;
            assert_eq!(Head::decode(&changed, 4096), None);
        }
    }

    #[test]
    fn the_header_has_the_offsets_that_a_homemeeting_client_reads() {
        let local = LocalDate { year: 2026, month: 11, day: 23, hour: 6, minute: 22 };
        let bytes = Header { bandwidth_kbit: 24, start_tick: 1, end_tick: 2, local }.encode();
        let at = |offset: usize| i32::from_le_bytes(bytes[offset..offset + 4].try_into().unwrap());
        let fields: Vec<i32> = [14, 18, 22, 26, 30, 34, 38, 42].into_iter().map(at).collect();
        assert_eq!(fields, [24, 1, 2, 2026, 11, 23, 6, 22]);
        assert_eq!(bytes[..8], MAGIC);
        assert!(bytes[46..74].iter().all(|&byte| byte == 0));
    }

    #[test]
    fn another_programs_file_is_told_from_a_short_one_and_a_newer_one() {
        assert_eq!(Header::decode(b"RIFF____and more", 500), Err(HeaderError::NotOurs));
        assert_eq!(Header::decode(b"", 0), Err(HeaderError::TooShort { len: 0 }));
        assert_eq!(Header::decode(&[0; 80], 80), Err(HeaderError::NotOurs));
        assert_eq!(Header::decode(&MAGIC, 8), Err(HeaderError::TooShort { len: 8 }));
        let mut newer = Header::default().encode();
        newer[7] = 2;
        assert_eq!(Header::decode(&newer, 78), Err(HeaderError::NewerVersion { version: 2 }));
    }

    #[test]
    fn a_slot_that_needs_an_unknown_feature_is_refused_by_name() {
        let mut body = Slot { generation: 3, ..Slot::default() }.encode()[..SLOT_LEN - 4].to_vec();
        body[12] = 1;
        let bytes: [u8; SLOT_LEN] = sealed(body);
        assert_eq!(Slot::decode(&bytes), Err(HeaderError::Needs { bits: 1 }));
    }
}

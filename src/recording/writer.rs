//! Writes one JNR while a meeting runs.
//!
//! In: records, and the moments at which to write. Out: a file that is append-only but for the two control slots (and the header's
//! end tick, filled in once), readable up to the last whole segment after a kill at any moment. Blocking: call it from a blocking
//! thread. It never overwrites a file, and it holds at most a few hundred KiB.
//!
//! A caller that flushes twice a second has everything on disk within a second of its happening.

use super::format::{
    DATA_START, Entry, HEAD_LEN, Head, Header, Kind, MAX_RECORDS, MAX_SEGMENTS, MAX_STATE, MAX_TICK, SLOT_OFFSETS,
    Slot, Start, encode_about, encode_footer, encode_index,
};
use super::live::LiveLock;
use super::record::{Record, Unfit, encode_record, encoded_len};
use crate::clock::Now;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why a recording could not be begun or go on.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The operating system refused. What was not written stays buffered: the next flush tries again.
    #[error("cannot write the recording {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process holds this recording's lock.
    #[error("another process writes the recording {path}: wait until it has finished")]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// The record does not fit the format; the file is unharmed.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The records of a checkpoint are too many; the file is unharmed, and is played from an earlier checkpoint.
    #[error(
        "a checkpoint of {bytes} bytes and {records} records is beyond the limit of {MAX_STATE} bytes and {MAX_RECORDS} records"
    )]
    CheckpointTooLarge {
        /// Its length in bytes.
        bytes: usize,
        /// The number of its records.
        records: usize,
    },
    /// The file holds as many segments as it can; or the disk has been refusing for so long that the buffer is full.
    #[error("the recording {path} takes no more: end it and begin another one")]
    Full {
        /// Which file.
        path: PathBuf,
    },
}

/// One growing recording. Dropped without [`JnrWriter::finish`], it leaves what a crash leaves.
pub struct JnrWriter {
    file: File,
    path: PathBuf,
    lock: LiveLock,
    entries: Vec<Entry>,
    records: u64,
    next_sequence: u64,
    end: u64,
    slot: Slot,
    last_tick: u32,
    buffer: Buffer,
    unsynced: bool,
    last_sync: Option<Duration>,
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    records: u32,
    first_tick: u32,
}

impl JnrWriter {
    /// Begins a recording. The folder must exist, the file must not.
    pub fn create(path: &Path, start: &Start) -> Result<JnrWriter, WriteError> {
        let io = |source| WriteError::Io { path: path.into(), source };
        let lock = LiveLock::acquire(path).map_err(io)?.ok_or_else(|| WriteError::InUse { path: path.into() })?;
        let created = OpenOptions::new().read(true).write(true).create_new(true).open(path);
        let file = match created {
            Ok(file) => file,
            Err(error) => {
                lock.release().map_err(io)?;
                return Err(io(error));
            }
        };
        let mut writer = JnrWriter::over(file, path, lock, start.start_tick.min(MAX_TICK));
        writer.begin(start).map_err(io)?;
        Ok(writer)
    }

    /// Takes a record in. Times only go forward: a record that is earlier than the one before it gets that one's time.
    /// Writes when much is buffered, so that memory stays bounded between flushes; if the disk refuses then, the next flush
    /// says so, and records are kept as long as there is room.
    pub fn push(&mut self, mut record: Record) -> Result<(), WriteError> {
        record.tick_ms = record.tick_ms.max(self.last_tick);
        let len = encoded_len(&record);
        if self.buffer.holds_enough(len) && self.write_buffer().is_err() && self.buffer.is_full() {
            return Err(WriteError::Full { path: self.path.clone() });
        }
        encode_record(&record, &mut self.buffer.bytes)?;
        if self.buffer.records == 0 {
            self.buffer.first_tick = record.tick_ms;
        }
        self.buffer.records += 1;
        self.last_tick = record.tick_ms;
        Ok(())
    }

    /// Writes what is buffered as one segment, with one write, and makes it durable if the last time was 400 ms ago or more.
    /// To be called at least twice a second, whether or not something was pushed.
    pub fn flush(&mut self, now: Now) -> Result<(), WriteError> {
        self.write_buffer()?;
        let due = self.last_sync.is_none_or(|last| now.steady.saturating_sub(last) >= SYNC_EVERY);
        if self.unsynced && due {
            self.sync()?;
            self.last_sync = Some(now.steady);
        }
        Ok(())
    }

    /// Writes the shortest records that rebuild the state at `tick_ms`; a reader that seeks begins here. What was pushed before is
    /// written first, since the checkpoint stands for it.
    pub fn checkpoint(&mut self, tick_ms: u32, records: &[Record]) -> Result<(), WriteError> {
        self.write_buffer()?;
        let tick_ms = tick_ms.max(self.last_tick);
        let mut part = Vec::new();
        for record in records {
            encode_record(&Record { tick_ms, ..record.clone() }, &mut part)?;
            if part.len() > MAX_STATE as usize {
                break;
            }
        }
        let count = u32::try_from(records.len()).ok().filter(|&count| count <= MAX_RECORDS);
        let (Some(count), true) = (count, part.len() <= MAX_STATE as usize) else {
            return Err(WriteError::CheckpointTooLarge { bytes: part.len(), records: records.len() });
        };
        self.last_tick = tick_ms;
        let offset = self.write_segment(Kind::Checkpoint, (tick_ms, tick_ms), count, &part)?;
        self.sync()?;
        self.slot.checkpoint = offset;
        self.write_slot()
    }

    /// Ends the recording at `end_tick` ms of meeting time (not before its last record): index, footer, and "finalised".
    /// If this fails the file is what a crash leaves, and [`super::repair::recover`] ends it.
    pub fn finish(mut self, end_tick: u32) -> Result<(), WriteError> {
        self.write_buffer()?;
        let end_tick = end_tick.clamp(self.last_tick, MAX_TICK);
        self.last_tick = end_tick;
        let index = encode_index(&self.entries);
        self.slot.index = self.write_segment(Kind::Index, (end_tick, end_tick), 0, &index)?;
        let footer = encode_footer(end_tick, self.slot.index, self.records);
        self.slot.footer = self.write_segment(Kind::Footer, (end_tick, end_tick), 0, &footer)?;
        // A write that failed half-way may have left bytes behind the end.
        self.file.set_len(self.end).map_err(|source| WriteError::Io { path: self.path.clone(), source })?;
        self.sync()?;
        self.slot.end_tick = end_tick;
        self.slot.finalised = true;
        self.slot.data_end = self.end;
        // Both, so that a damaged one does not make a whole recording look torn.
        self.write_slot()?;
        self.sync()?;
        self.write_slot()?;
        self.write_at(END_TICK_AT, &end_tick.to_le_bytes())?;
        self.sync()?;
        let JnrWriter { lock, path, .. } = self;
        lock.release().map_err(|source| WriteError::Io { path, source })
    }

    /// Meeting time of the newest record, in milliseconds.
    pub fn last_tick(&self) -> u32 {
        self.last_tick
    }

    /// Bytes of the file so far.
    pub fn len(&self) -> u64 {
        self.end
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.records == 0 && self.buffer.records == 0
    }

    /// Goes on with a file whose whole segments end at `end`, to finish it.
    pub(super) fn resume(file: File, path: &Path, lock: LiveLock, found: Found<'_>) -> Result<JnrWriter, WriteError> {
        let mut writer = JnrWriter::over(file, path, lock, found.header.start_tick);
        let io = |source| WriteError::Io { path: path.into(), source };
        writer.file.set_len(found.end).map_err(io)?;
        writer.end = found.end;
        let checkpoint = found.entries.iter().rfind(|entry| entry.kind == Kind::Checkpoint);
        writer.slot = Slot { checkpoint: checkpoint.map_or(0, |entry| entry.offset), ..found.slot };
        for entry in found.entries {
            writer.records += if entry.kind == Kind::Data { u64::from(entry.records) } else { 0 };
            writer.last_tick = writer.last_tick.max(entry.last_tick);
            writer.entries.push(*entry);
        }
        // Far from anything that was written and lost, so that a number is never used for two contents.
        writer.next_sequence = found.entries.last().map_or(0, |entry| entry.sequence).saturating_add(SEQUENCE_GAP);
        writer.write_at(0, &found.header.encode())?;
        Ok(writer)
    }

    fn over(file: File, path: &Path, lock: LiveLock, last_tick: u32) -> JnrWriter {
        JnrWriter {
            file,
            path: path.into(),
            lock,
            entries: Vec::new(),
            records: 0,
            next_sequence: 0,
            end: DATA_START,
            slot: Slot::default(),
            last_tick,
            buffer: Buffer::default(),
            unsynced: false,
            last_sync: None,
        }
    }

    fn begin(&mut self, start: &Start) -> io::Result<()> {
        let header = Header {
            bandwidth_kbit: start.bandwidth_kbit,
            start_tick: self.last_tick,
            end_tick: self.last_tick,
            local: start.local,
        };
        let mut page = vec![0; DATA_START as usize];
        self.slot.generation = 1;
        self.slot.data_end = DATA_START;
        self.slot.end_tick = self.last_tick;
        for (place, byte) in page.iter_mut().zip(header.encode()) {
            *place = byte;
        }
        for (place, byte) in page.iter_mut().skip(SLOT_OFFSETS[0] as usize).zip(self.slot.encode()) {
            *place = byte;
        }
        let about = self.segment(Kind::About, (self.last_tick, self.last_tick), 0, &encode_about(start));
        page.extend_from_slice(&about.1);
        self.file.write_all(&page)?;
        self.file.sync_data()?;
        self.accept(about.0);
        sync_folder(&self.path)
    }

    fn write_buffer(&mut self) -> Result<(), WriteError> {
        if self.buffer.records == 0 {
            return Ok(());
        }
        let buffer = std::mem::take(&mut self.buffer);
        let ticks = (buffer.first_tick, self.last_tick);
        match self.write_segment(Kind::Data, ticks, buffer.records, &buffer.bytes) {
            Ok(_) => {
                self.records += u64::from(buffer.records);
                Ok(())
            }
            Err(error) => {
                self.buffer = buffer;
                Err(error)
            }
        }
    }

    fn write_segment(&mut self, kind: Kind, ticks: (u32, u32), records: u32, state: &[u8]) -> Result<u64, WriteError> {
        // The index and the footer still fit.
        let closing = matches!(kind, Kind::Index | Kind::Footer);
        if self.entries.len() >= MAX_SEGMENTS - 2 && !closing {
            return Err(WriteError::Full { path: self.path.clone() });
        }
        let (head, bytes) = self.segment(kind, ticks, records, state);
        self.write_at(self.end, &bytes)?;
        self.accept(head);
        Ok(head.offset)
    }

    fn segment(&self, kind: Kind, ticks: (u32, u32), records: u32, state: &[u8]) -> (Head, Vec<u8>) {
        let head = Head {
            kind,
            sequence: self.next_sequence,
            first_tick: ticks.0,
            last_tick: ticks.1,
            // Parts are bounded by MAX_STATE, an index by MAX_SEGMENTS.
            state_len: u32::try_from(state.len()).unwrap_or(u32::MAX),
            media_len: 0,
            records,
            previous_checkpoint: self.slot.checkpoint,
            state_crc: crc32fast::hash(state),
            offset: self.end,
        };
        let mut bytes = Vec::with_capacity(HEAD_LEN + state.len());
        bytes.extend_from_slice(&head.encode());
        bytes.extend_from_slice(state);
        (head, bytes)
    }

    fn accept(&mut self, head: Head) {
        self.end = head.end();
        self.next_sequence += 1;
        self.entries.push(Entry::from(&head));
    }

    fn write_slot(&mut self) -> Result<(), WriteError> {
        self.slot.generation += 1;
        self.slot.data_end = self.end;
        self.slot.end_tick = self.last_tick;
        let [first, second] = SLOT_OFFSETS;
        let place = if self.slot.generation.is_multiple_of(2) { second } else { first };
        self.write_at(place, &self.slot.encode())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), WriteError> {
        self.unsynced = true;
        let written = self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.write_all(bytes));
        written.map_err(|source| WriteError::Io { path: self.path.clone(), source })
    }

    fn sync(&mut self) -> Result<(), WriteError> {
        self.file.sync_data().map_err(|source| WriteError::Io { path: self.path.clone(), source })?;
        self.unsynced = false;
        Ok(())
    }
}

impl Buffer {
    fn holds_enough(&self, more: usize) -> bool {
        self.records > 0 && (self.bytes.len() + more > SEGMENT_GOAL || self.records >= MAX_RECORDS)
    }

    fn is_full(&self) -> bool {
        self.records >= MAX_RECORDS || self.bytes.len() >= BUFFER_LIMIT
    }
}

/// What repair knows of a file that it has a writer finish.
pub(super) struct Found<'a> {
    pub header: Header,
    pub slot: Slot,
    pub end: u64,
    pub entries: &'a [Entry],
}

/// Makes a new name durable. Only Unix needs and allows it.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    let _ = path;
    Ok(())
}

/// A segment is closed when its state part would grow beyond this.
const SEGMENT_GOAL: usize = 256 << 10;
/// With the longest message on top, a state part is still within its limit.
const BUFFER_LIMIT: usize = 4 << 20;
/// A little less than half a second: two flushes a second that come a little early still sync each.
const SYNC_EVERY: Duration = Duration::from_millis(400);
const SEQUENCE_GAP: u64 = 65_536;
const END_TICK_AT: u64 = 22;

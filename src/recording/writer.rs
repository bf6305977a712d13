//! Writes one JNR while a meeting runs.
//!
//! In: records, and the moments at which to write. Out: a file that is append-only but for the two control slots (and the header's
//! end tick, filled in once), readable up to the last whole segment after a kill at any moment. Blocking: call it from a blocking
//! thread. It never overwrites a file but when its password is set or taken away, and it holds at most a few hundred KiB.
//!
//! A caller that flushes twice a second has everything on disk within a second of its happening.

use super::format::{
    DATA_START, Entry, HEAD_LEN, Head, Header, Kind, MAX_CONTENT, MAX_RECORDS, MAX_SEGMENTS, MAX_TICK, SLOT_OFFSETS,
    Slot, Start, encode_about, encode_footer, encode_index,
};
use super::live::LiveLock;
use super::record::{Record, Unfit, encode_record, encoded_len};
use super::scan::{read_at, read_content, read_head};
use super::seal::{FileKey, KeySlot, TAG_LEN};
use crate::clock::Now;
use crate::hit::password::PasswordHash;
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
        "a checkpoint of {bytes} bytes and {records} records is beyond the limit of {MAX_CONTENT} bytes and {MAX_RECORDS} records"
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
    body: Body,
    path: PathBuf,
    lock: LiveLock,
    records: u64,
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
            if part.len() > MAX_CONTENT {
                break;
            }
        }
        let count = u32::try_from(records.len()).ok().filter(|&count| count <= MAX_RECORDS);
        let (Some(count), true) = (count, part.len() <= MAX_CONTENT) else {
            return Err(WriteError::CheckpointTooLarge { bytes: part.len(), records: records.len() });
        };
        self.last_tick = tick_ms;
        let offset = self.write_segment(Kind::Checkpoint, (tick_ms, tick_ms), count, &part)?;
        self.sync()?;
        self.body.slot.checkpoint = offset;
        self.write_slot()
    }

    /// Ends the recording at `end_tick` ms of meeting time (not before its last record): index, footer, and "finalised".
    /// If this fails the file is what a crash leaves, and [`super::repair::recover`] ends it.
    pub fn finish(mut self, end_tick: u32) -> Result<(), WriteError> {
        self.write_buffer()?;
        let end_tick = end_tick.clamp(self.last_tick, MAX_TICK);
        self.last_tick = end_tick;
        let index = encode_index(&self.body.entries);
        self.body.slot.index = self.write_segment(Kind::Index, (end_tick, end_tick), 0, &index)?;
        let footer = encode_footer(end_tick, self.body.slot.index, self.records);
        self.body.slot.footer = self.write_segment(Kind::Footer, (end_tick, end_tick), 0, &footer)?;
        // A write that failed half-way may have left bytes behind the end.
        let cut = self.body.file.set_len(self.body.end);
        cut.map_err(|source| WriteError::Io { path: self.path.clone(), source })?;
        self.sync()?;
        self.body.slot.finalised = true;
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
        self.body.end
    }

    /// Whether nothing was recorded yet.
    pub fn is_empty(&self) -> bool {
        self.records == 0 && self.buffer.records == 0
    }

    /// Goes on with a file whose whole segments end at `end`, to finish it.
    pub(super) fn resume(file: File, path: &Path, lock: LiveLock, found: Found<'_>) -> Result<JnrWriter, WriteError> {
        let mut writer = JnrWriter::over(file, path, lock, found.header.start_tick);
        let io = |source| WriteError::Io { path: path.into(), source };
        let body = &mut writer.body;
        body.file.set_len(found.end).map_err(io)?;
        body.end = found.end;
        let checkpoint = found.entries.iter().rfind(|entry| entry.kind == Kind::Checkpoint);
        body.slot = Slot { checkpoint: checkpoint.map_or(0, |entry| entry.offset), ..found.slot };
        for entry in found.entries {
            writer.records += if entry.kind == Kind::Data { u64::from(entry.records) } else { 0 };
            writer.last_tick = writer.last_tick.max(entry.last_tick);
        }
        body.entries = found.entries.to_vec();
        // Far from anything that was written and lost, so that a number is never used for two contents.
        body.next_sequence = found.entries.last().map_or(0, |entry| entry.sequence).saturating_add(SEQUENCE_GAP);
        writer.write_at(0, &found.header.encode())?;
        Ok(writer)
    }

    /// Protects the recording by a password from here on and what was written before, or changes the password, or takes it away. The
    /// file is written anew beside and then takes the old one's place: whenever the machine dies, it is the one or the other. Whoever
    /// is reading the old one sees no more of it.
    ///
    /// # Errors
    /// The recording goes on as it was.
    pub fn set_password(&mut self, password: Option<&PasswordHash>) -> Result<(), WriteError> {
        self.write_buffer()?;
        let path = self.path.clone();
        self.protect(password).map_err(|source| WriteError::Io { path, source })
    }

    /// Whether the recording has a password.
    pub fn is_protected(&self) -> bool {
        self.body.slot.key.is_some()
    }

    fn protect(&mut self, password: Option<&PasswordHash>) -> io::Result<()> {
        match (password, &self.body.key) {
            (None, None) => Ok(()),
            // The same key under another password.
            (Some(password), Some(key)) => {
                self.body.slot.key = Some(key.wrap(password, random()?).map_err(io::Error::other)?);
                for _ in SLOT_OFFSETS {
                    self.body.write_slot(self.last_tick)?;
                    self.body.file.sync_data()?;
                }
                self.unsynced = false;
                Ok(())
            }
            (Some(password), None) => {
                let key = FileKey::from_random(random()?);
                let slot = key.wrap(password, random()?).map_err(io::Error::other)?;
                self.rewrite(Some((key, slot)))
            }
            (None, Some(_)) => self.rewrite(None),
        }
    }

    fn rewrite(&mut self, protection: Option<(FileKey, KeySlot)>) -> io::Result<()> {
        let beside = rewritten_path(&self.path);
        let written = self.body.copy_into(&beside, protection, self.last_tick);
        let renamed = written.and_then(|fresh| std::fs::rename(&beside, &self.path).map(|()| fresh));
        match renamed {
            Ok(fresh) => {
                self.body = fresh;
                let data = self.body.entries.iter().filter(|entry| entry.kind == Kind::Data);
                self.records = data.map(|entry| u64::from(entry.records)).sum();
                self.unsynced = false;
                sync_folder(&self.path)
            }
            Err(failure) => {
                // Never made, or of no use.
                drop(std::fs::remove_file(&beside));
                Err(failure)
            }
        }
    }

    fn over(file: File, path: &Path, lock: LiveLock, last_tick: u32) -> JnrWriter {
        JnrWriter {
            body: Body::new(file),
            path: path.into(),
            lock,
            records: 0,
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
        self.body.slot.generation = 1;
        self.body.slot.data_end = DATA_START;
        self.body.slot.end_tick = self.last_tick;
        for (place, byte) in page.iter_mut().zip(header.encode()) {
            *place = byte;
        }
        for (place, byte) in page.iter_mut().skip(SLOT_OFFSETS[0] as usize).zip(self.body.slot.encode()) {
            *place = byte;
        }
        let about = self.body.segment(Kind::About, (self.last_tick, self.last_tick), 0, &encode_about(start))?;
        page.extend_from_slice(&about.1);
        self.body.file.write_all(&page)?;
        self.body.file.sync_data()?;
        self.body.accept(about.0);
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
        if self.body.entries.len() >= MAX_SEGMENTS - 2 && !closing {
            return Err(WriteError::Full { path: self.path.clone() });
        }
        self.unsynced = true;
        let written = self.body.append(kind, ticks, records, state);
        written.map_err(|source| WriteError::Io { path: self.path.clone(), source })
    }

    fn write_slot(&mut self) -> Result<(), WriteError> {
        self.unsynced = true;
        let written = self.body.write_slot(self.last_tick);
        written.map_err(|source| WriteError::Io { path: self.path.clone(), source })
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), WriteError> {
        self.unsynced = true;
        let written = self.body.write_at(offset, bytes);
        written.map_err(|source| WriteError::Io { path: self.path.clone(), source })
    }

    fn sync(&mut self) -> Result<(), WriteError> {
        self.body.file.sync_data().map_err(|source| WriteError::Io { path: self.path.clone(), source })?;
        self.unsynced = false;
        Ok(())
    }
}

/// What stands in the file, and under which key.
struct Body {
    file: File,
    /// `None`: everything is plain; or, of a file that is only finished, unknown, and nothing is sealed any more.
    key: Option<FileKey>,
    entries: Vec<Entry>,
    next_sequence: u64,
    end: u64,
    slot: Slot,
}

impl Body {
    fn new(file: File) -> Body {
        Body { file, key: None, entries: Vec::new(), next_sequence: 0, end: DATA_START, slot: Slot::default() }
    }

    /// All whole segments into a new file, sealed or plain, durable.
    fn copy_into(&mut self, path: &Path, protection: Option<(FileKey, KeySlot)>, last_tick: u32) -> io::Result<Body> {
        match std::fs::remove_file(path) {
            Err(failure) if failure.kind() != io::ErrorKind::NotFound => return Err(failure),
            _ => {}
        }
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        let (key, slot) = protection.unzip();
        let slot = Slot { generation: self.slot.generation, key: slot, ..Slot::default() };
        let mut fresh = Body { key, slot, ..Body::new(file) };
        let mut page = read_at(&mut self.file, 0, DATA_START as usize)?;
        for (at, byte) in page.iter_mut().enumerate() {
            // The old slots belong to the old file.
            if at as u64 >= SLOT_OFFSETS[0] {
                *byte = 0;
            }
        }
        fresh.write_at(0, &page)?;
        for offset in self.entries.iter().map(|entry| entry.offset) {
            let Some(head) = read_head(&mut self.file, offset, self.end)? else { continue };
            // What cannot be read any more is of no use in the new file either.
            let Some(content) = read_content(&mut self.file, &head, self.key.as_ref())? else { continue };
            fresh.next_sequence = head.sequence;
            let offset = fresh.append(head.kind, (head.first_tick, head.last_tick), head.records, &content)?;
            if head.kind == Kind::Checkpoint {
                fresh.slot.checkpoint = offset;
            }
        }
        fresh.next_sequence = fresh.next_sequence.max(self.next_sequence);
        for _ in SLOT_OFFSETS {
            fresh.write_slot(last_tick)?;
        }
        fresh.file.sync_all()?;
        Ok(fresh)
    }

    /// Gives the segment's offset.
    fn append(&mut self, kind: Kind, ticks: (u32, u32), records: u32, state: &[u8]) -> io::Result<u64> {
        let (head, bytes) = self.segment(kind, ticks, records, state)?;
        if let Err(failure) = self.write_at(self.end, &bytes) {
            // Part of it may stand there: a number, which is a nonce, is never used for two contents.
            self.next_sequence += 1;
            return Err(failure);
        }
        self.accept(head);
        Ok(head.offset)
    }

    fn segment(&self, kind: Kind, ticks: (u32, u32), records: u32, state: &[u8]) -> io::Result<(Head, Vec<u8>)> {
        // What was said and done; the table of contents must be had without the key, to finish a file after a crash.
        let key = self.key.as_ref().filter(|_| matches!(kind, Kind::Data | Kind::Checkpoint));
        let added = if key.is_some() { TAG_LEN } else { 0 };
        let mut head = Head {
            kind,
            sequence: self.next_sequence,
            first_tick: ticks.0,
            last_tick: ticks.1,
            // Parts are bounded by MAX_CONTENT, an index by MAX_SEGMENTS.
            state_len: u32::try_from(state.len() + added).unwrap_or(u32::MAX),
            media_len: 0,
            records,
            previous_checkpoint: self.slot.checkpoint,
            state_crc: 0,
            offset: self.end,
            sealed: key.is_some(),
        };
        let sealed = match key {
            Some(key) => Some(key.seal(head.sequence, &head.context(), state).map_err(io::Error::other)?),
            None => None,
        };
        let part = sealed.as_deref().unwrap_or(state);
        head.state_crc = crc32fast::hash(part);
        let mut bytes = Vec::with_capacity(HEAD_LEN + part.len());
        bytes.extend_from_slice(&head.encode());
        bytes.extend_from_slice(part);
        Ok((head, bytes))
    }

    fn accept(&mut self, head: Head) {
        self.end = head.end();
        self.next_sequence += 1;
        self.entries.push(Entry::from(&head));
    }

    fn write_slot(&mut self, last_tick: u32) -> io::Result<()> {
        self.slot.generation += 1;
        self.slot.data_end = self.end;
        self.slot.end_tick = last_tick;
        let [first, second] = SLOT_OFFSETS;
        let place = if self.slot.generation.is_multiple_of(2) { second } else { first };
        self.write_at(place, &self.slot.encode())
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset)).and_then(|_| self.file.write_all(bytes))
    }
}

/// `X.jnr.new`, where a recording is written anew; one that is left over is of no use.
pub(super) fn rewritten_path(jnr: &Path) -> PathBuf {
    let mut name = jnr.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
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

//! Reads one JNR: a finished one, one that is being written, or one whose end is torn off.
//!
//! In: a path. Out: what the recording is, in what health, and its records, a segment at a time. Read access is enough. Blocking:
//! call it from a blocking thread. Memory: one segment, and a line for each segment.

use super::format::{
    DATA_START, Entry, Head, Header, HeaderError, Kind, MAX_SEGMENTS, Slot, Start, decode_about, decode_index,
};
use super::live;
use super::player::{Piece, Source};
use super::record::Record;
use super::scan::{Scan, Walk, read_at, read_head, read_records, read_slot, read_state};
use super::seal::FileKey;
use crate::hit::password::PasswordHash;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Why a recording could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot read the recording {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The beginning was not taken; [`HeaderError::NotOurs`] is a recording of HomeMeeting's.
    #[error("{path}: {source}")]
    Header {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, or that nothing is.
        source: HeaderError,
    },
    /// It has a password, which nobody has given.
    #[error("the recording {path} has a password: give it, or play it from its server, which asks for it")]
    Locked {
        /// Which file.
        path: PathBuf,
    },
    /// Another password than the recording's was given.
    #[error("that is not the password of the recording {path}")]
    WrongPassword {
        /// Which file.
        path: PathBuf,
    },
}

/// In what state a recording is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Complete.
    Finalised,
    /// Somebody is writing it: it grows.
    Live,
    /// Its writer died. What is whole can be played, and [`super::repair::recover`] makes it complete.
    Torn {
        /// Bytes behind the last whole segment.
        lost_bytes: u64,
    },
}

/// An open recording.
pub struct JnrReader {
    path: PathBuf,
    file: File,
    header: Header,
    header_is_whole: bool,
    start: Start,
    health: Health,
    slot: Option<Slot>,
    key: Option<FileKey>,
    scan: Scan,
    /// Entries of the scan that were sorted into `pieces` already.
    sorted: usize,
    pieces: Vec<Piece>,
    places: Vec<Entry>,
}

/// Records to begin with after a seek.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seek {
    /// Those of the nearest checkpoint; empty without one.
    pub checkpoint: Vec<Record>,
    /// The first piece behind it.
    pub next: usize,
}

impl JnrReader {
    /// Opens a recording.
    pub fn open(path: &Path) -> Result<JnrReader, ReadError> {
        // Asked before the slots are read: a writer that ends in between has finalised the file first.
        JnrReader::open_as(path, live::is_live(path))
    }

    /// Looks for newer segments, and whether the recording has ended. True: there is something new.
    pub fn refresh(&mut self) -> Result<bool, ReadError> {
        let before = (self.health, self.pieces.len());
        if self.health == Health::Live {
            let live = live::is_live(&self.path);
            self.update(live)?;
        }
        Ok(before != (self.health, self.pieces.len()))
    }

    /// What the recording is.
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// Its state at the last refresh.
    pub fn health(&self) -> Health {
        self.health
    }

    /// The last moment that can be played, in milliseconds of meeting time.
    pub fn end_tick(&self) -> u32 {
        let last = self.places.iter().map(|entry| entry.last_tick).max().unwrap_or_default();
        let stated = match self.health {
            Health::Finalised => self.slot.map_or(0, |slot| slot.end_tick),
            Health::Live | Health::Torn { .. } => 0,
        };
        last.max(stated).max(self.start.start_tick)
    }

    /// Whether it has a password.
    pub fn is_protected(&self) -> bool {
        self.slot.is_some_and(|slot| slot.key.is_some())
    }

    /// Whether it has a password that was not given yet: then its records cannot be read, all else can.
    pub fn is_locked(&self) -> bool {
        self.is_protected() && self.key.is_none()
    }

    /// Takes the password. False: it is another one. Takes a good part of a second, on purpose.
    pub fn unlock(&mut self, password: &PasswordHash) -> bool {
        if let Some(slot) = self.slot.and_then(|slot| slot.key).filter(|_| self.key.is_none()) {
            self.key = slot.unwrap(password);
        }
        !self.is_locked()
    }

    /// The segments that hold records, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The records of one piece. `None`: that segment is damaged, or there is no such piece.
    ///
    /// # Errors
    /// The system refuses, or [`JnrReader::is_locked`].
    pub fn records(&mut self, piece: usize) -> Result<Option<Vec<Record>>, ReadError> {
        if self.is_locked() {
            return Err(ReadError::Locked { path: self.path.clone() });
        }
        let Some(entry) = self.places.get(piece).copied() else { return Ok(None) };
        self.records_of(&entry).map_err(|source| ReadError::Io { path: self.path.clone(), source })
    }

    /// The nearest whole checkpoint at or before `tick`; the pieces behind it, up to `tick`, complete the state.
    pub fn seek(&mut self, tick: u32) -> Result<Seek, ReadError> {
        for index in (0..self.pieces.len()).rev() {
            let is_candidate = self.pieces.get(index).is_some_and(|piece| piece.checkpoint && piece.first_ms <= tick);
            if is_candidate && let Some(checkpoint) = self.records(index)? {
                return Ok(Seek { checkpoint, next: index + 1 });
            }
        }
        Ok(Seek { checkpoint: Vec::new(), next: 0 })
    }

    /// The file's length in bytes, at the last refresh.
    pub fn file_len(&self) -> Result<u64, ReadError> {
        let length = self.file.metadata().map(|metadata| metadata.len());
        length.map_err(|source| ReadError::Io { path: self.path.clone(), source })
    }

    /// Whether the header's checksum holds; what a header says matters for display only.
    pub fn header_is_whole(&self) -> bool {
        self.header_is_whole
    }

    pub(super) fn open_as(path: &Path, live: bool) -> Result<JnrReader, ReadError> {
        let io = |source| ReadError::Io { path: path.into(), source };
        let mut file = File::open(path).map_err(io)?;
        let len = file.metadata().map_err(io)?.len();
        let page = read_at(&mut file, 0, DATA_START as usize).map_err(io)?;
        let (header, header_is_whole) =
            Header::decode(&page, len).map_err(|source| ReadError::Header { path: path.into(), source })?;
        let mut reader = JnrReader {
            path: path.into(),
            file,
            header,
            header_is_whole,
            start: decode_about(&[], &header),
            health: Health::Live,
            slot: None,
            key: None,
            scan: Scan::default(),
            sorted: 0,
            pieces: Vec::new(),
            places: Vec::new(),
        };
        reader.update(live)?;
        Ok(reader)
    }

    pub(super) fn data_records(&self) -> u64 {
        self.places.iter().filter(|entry| entry.kind == Kind::Data).map(|entry| u64::from(entry.records)).sum()
    }

    pub(super) fn parts(&mut self) -> (&mut File, Header, Option<Slot>) {
        (&mut self.file, self.header, self.slot)
    }

    fn update(&mut self, live: bool) -> Result<(), ReadError> {
        let path = self.path.clone();
        let io = |source| ReadError::Io { path: path.clone(), source };
        let len = self.file.metadata().map_err(io)?.len();
        let slot = read_slot(&mut self.file, len).map_err(io)?;
        self.slot = slot.map_err(|source| ReadError::Header { path: self.path.clone(), source })?;
        // Read after the slot: a file that is finalised by now is at least as long as its slot says.
        let len = self.file.metadata().map_err(io)?.len();
        let finalised = self.slot.filter(|slot| slot.finalised && slot.data_end <= len);
        let fresh = self.scan.entries.is_empty();
        let listed = match finalised {
            Some(slot) if fresh => listed_in_index(&mut self.file, &slot, len).map_err(io)?,
            _ => None,
        };
        if let Some(scan) = listed {
            self.scan = scan;
        } else {
            let walk = if live && finalised.is_none() { Walk::Follow } else { Walk::PastDamage };
            self.scan.extend(&mut self.file, len, walk).map_err(io)?;
        }
        self.health = match finalised {
            Some(_) => Health::Finalised,
            None if live => Health::Live,
            None => Health::Torn { lost_bytes: self.scan.lost(len) },
        };
        self.sort_in().map_err(io)
    }

    fn sort_in(&mut self) -> io::Result<()> {
        for entry in self.scan.entries.iter().skip(self.sorted) {
            let piece = Piece {
                first_ms: entry.first_tick,
                last_ms: entry.last_tick,
                bytes: entry.state_len,
                checkpoint: entry.kind == Kind::Checkpoint,
            };
            match entry.kind {
                Kind::Data | Kind::Checkpoint => {
                    self.pieces.push(piece);
                    self.places.push(*entry);
                }
                Kind::About => {
                    let len = self.file.metadata()?.len();
                    if let Some(head) = read_head(&mut self.file, entry.offset, len)?
                        && let Some(part) = read_state(&mut self.file, &head)?
                    {
                        self.start = decode_about(&part, &self.header);
                    }
                }
                Kind::Blob | Kind::Index | Kind::Footer | Kind::Other(_) => {}
            }
        }
        self.sorted = self.scan.entries.len();
        Ok(())
    }

    fn records_of(&mut self, entry: &Entry) -> io::Result<Option<Vec<Record>>> {
        let len = self.file.metadata()?.len();
        // The index only says where: the segment's own head is what is believed.
        match read_head(&mut self.file, entry.offset, len)? {
            Some(head) if Entry::from(&head) == *entry => read_records(&mut self.file, &head, self.key.as_ref()),
            _ => Ok(None),
        }
    }
}

impl Source for JnrReader {
    type Error = ReadError;

    fn start_ms(&self) -> u32 {
        self.start.start_tick
    }

    fn end_ms(&self) -> u32 {
        self.end_tick()
    }

    fn grows(&self) -> bool {
        self.health == Health::Live
    }

    fn pieces(&self) -> &[Piece] {
        JnrReader::pieces(self)
    }

    fn read(&mut self, piece: usize) -> Result<Option<Vec<Record>>, ReadError> {
        self.records(piece)
    }
}

/// The table of a finalised file, without a walk. `None`: there is no whole one.
fn listed_in_index(file: &mut File, slot: &Slot, len: u64) -> io::Result<Option<Scan>> {
    let Some(head) = read_head(file, slot.index, len)?.filter(|head: &Head| head.kind == Kind::Index) else {
        return Ok(None);
    };
    let entries = read_state(file, &head)?.and_then(|part| decode_index(&part));
    // Strictly forward, so that no segment counts twice.
    let in_order = |entries: &Vec<Entry>| {
        entries.len() <= MAX_SEGMENTS
            && entries.is_sorted_by(|a, b| a.offset < b.offset && a.sequence < b.sequence)
            && entries.last().is_none_or(|last| last.offset < head.offset)
    };
    let end = slot.data_end.max(head.end());
    Ok(entries.filter(in_order).map(|entries| Scan { entries, end, ..Scan::default() }))
}

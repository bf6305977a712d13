//! Checks a JNR, and finishes one whose MCU died.
//!
//! In: a path. Out: a report; or the same file, cut behind its last whole segment and finalised. [`recover`] is what an MCU does on
//! start. It takes the writer's lock, so it never touches a live recording, and it leaves a finalised one as it is. Blocking.

use super::format::{Kind, Start};
use super::live::{self, LiveLock};
use super::reader::{Health, JnrReader, ReadError};
use super::scan::{Problem, Scan, Walk};
use super::writer::{Found, JnrWriter, WriteError, rewritten_path};
use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its state.
    pub health: Health,
    /// Whole segments.
    pub segments: u64,
    /// Those of them that are checkpoints.
    pub checkpoints: u64,
    /// Records in data segments.
    pub records: u64,
    /// Damaged places with whole segments behind them.
    pub damaged: u64,
    /// The first thing that is wrong, and its offset.
    pub first_problem: Option<Problem>,
}

impl Report {
    /// Complete, with nothing wrong in it.
    pub fn is_whole(&self) -> bool {
        self.health == Health::Finalised && self.damaged == 0 && self.first_problem.is_none()
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match self.health {
            Health::Finalised if self.is_whole() => "whole".to_owned(),
            Health::Finalised => "finished, but damaged".to_owned(),
            Health::Live => "being recorded".to_owned(),
            Health::Torn { lost_bytes } => format!("not finished, {lost_bytes} bytes at its end cannot be read"),
        };
        write!(f, "{state}; {} records, {} checkpoints", self.records, self.checkpoints)?;
        if self.damaged > 0 {
            write!(f, ", {} damaged places", self.damaged)?;
        }
        Ok(())
    }
}

/// What [`recover`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// What the recording is.
    pub start: Start,
    /// Its end, in milliseconds of meeting time.
    pub end_tick: u32,
    /// Records that it holds.
    pub records: u64,
    /// Bytes that were cut off because they were no whole segment.
    pub lost_bytes: u64,
    /// False: it was complete already, and nothing was changed.
    pub changed: bool,
}

/// Why a recording could not be recovered.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// It cannot be read, or it is not ours.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It cannot be written, or another process writes it.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Reads the whole file and says what is in it. Changes nothing.
pub fn verify(path: &Path) -> Result<Report, ReadError> {
    let mut reader = JnrReader::open(path)?;
    let scan = check(&mut reader, path)?;
    let health = match reader.health() {
        Health::Torn { .. } => Health::Torn { lost_bytes: scan.lost(reader.file_len()?) },
        other => other,
    };
    let header_problem = Problem { offset: 0, expected: "a header with a right checksum" };
    let first_problem = if reader.header_is_whole() { scan.first_problem } else { Some(header_problem) };
    Ok(Report {
        // A live file's last segment may be on its way.
        first_problem: first_problem.filter(|problem| health != Health::Live || problem.offset < scan.end),
        health,
        segments: scan.entries.len() as u64,
        checkpoints: scan.entries.iter().filter(|entry| entry.kind == Kind::Checkpoint).count() as u64,
        records: records(&scan),
        damaged: scan.damaged,
    })
}

/// Cuts behind the last whole segment and finalises. Damage with whole segments behind it stays, and is passed over by readers.
pub fn recover(path: &Path) -> Result<Recovered, RecoverError> {
    // Looked at first: a file that is not ours, or complete, gets no lock file beside it.
    let first_look = JnrReader::open(path)?;
    let lock_is_left = live::lock_path(path).exists();
    if first_look.health() == Health::Finalised && !lock_is_left {
        return Ok(complete(&first_look));
    }
    drop(first_look);
    let io = |source: io::Error| WriteError::Io { path: path.into(), source };
    let lock = LiveLock::acquire(path).map_err(io)?.ok_or_else(|| WriteError::InUse { path: path.into() })?;
    // A password was being set: the recording itself is still the one of before.
    match std::fs::remove_file(rewritten_path(path)) {
        Err(failure) if failure.kind() != io::ErrorKind::NotFound => return Err(io(failure).into()),
        _ => {}
    }
    let mut reader = JnrReader::open_as(path, false)?;
    if reader.health() == Health::Finalised {
        lock.release().map_err(io)?;
        return Ok(complete(&reader));
    }
    let scan = check(&mut reader, path)?;
    let lost_bytes = scan.lost(reader.file_len()?);
    let start = reader.start().clone();
    let (_, header, slot) = reader.parts();
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
    let found = Found { header, slot: slot.unwrap_or_default(), end: scan.end, entries: &scan.entries };
    let writer = JnrWriter::resume(file, path, lock, found)?;
    let end_tick = writer.last_tick();
    writer.finish(end_tick)?;
    Ok(Recovered { start, end_tick, records: records(&scan), lost_bytes, changed: true })
}

fn check(reader: &mut JnrReader, path: &Path) -> Result<Scan, ReadError> {
    let len = reader.file_len()?;
    let mut scan = Scan::default();
    let (file, ..) = reader.parts();
    scan.extend(file, len, Walk::Check).map_err(|source| ReadError::Io { path: path.into(), source })?;
    Ok(scan)
}

fn complete(reader: &JnrReader) -> Recovered {
    let records = reader.data_records();
    Recovered { start: reader.start().clone(), end_tick: reader.end_tick(), records, lost_bytes: 0, changed: false }
}

fn records(scan: &Scan) -> u64 {
    scan.entries.iter().filter(|entry| entry.kind == Kind::Data).map(|entry| u64::from(entry.records)).sum()
}

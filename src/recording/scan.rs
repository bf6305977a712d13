//! The walk over the segments of a JNR, for the reader and for repair.
//!
//! In: an open file and where to begin. Out: an entry for every whole segment, and where the whole ones end. Reads only; what it
//! allocates is bounded by the bytes that are really in the file.

use super::format::{
    DATA_START, Entry, HEAD_LEN, Head, HeaderError, Kind, MAX_SEGMENTS, SEGMENT_MAGIC, SLOT_LEN, SLOT_OFFSETS, Slot,
};
use super::record::{Record, decode_records};
use super::seal::FileKey;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walk {
    /// Stops at the first bytes that are no whole segment: they may become one, the file is being written.
    Follow,
    /// Searches for the next segment behind damage. Reads heads only.
    PastDamage,
    /// The same, and checks what every segment holds.
    Check,
}

/// What a walk found, and from where it can go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Every whole segment, in the order of the file.
    pub entries: Vec<Entry>,
    /// Offset of the byte after the last whole segment.
    pub end: u64,
    /// Damaged stretches that have a whole segment behind them, and segments whose content is wrong.
    pub damaged: u64,
    /// The first thing that is wrong.
    pub first_problem: Option<Problem>,
}

/// Something wrong in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Bytes from the start of the file.
    pub offset: u64,
    /// What was expected there.
    pub expected: &'static str,
}

impl Default for Scan {
    fn default() -> Scan {
        Scan { entries: Vec::new(), end: DATA_START, damaged: 0, first_problem: None }
    }
}

impl Scan {
    /// Goes on to the end of a file of `len` bytes.
    pub fn extend(&mut self, file: &mut File, len: u64, walk: Walk) -> io::Result<()> {
        let mut at = self.end;
        while at < len && self.entries.len() < MAX_SEGMENTS {
            let after = self.entries.last().map(|entry| entry.sequence);
            let Some(head) = read_head(file, at, len)?.filter(|head| Some(head.sequence) > after) else {
                if walk == Walk::Follow {
                    return Ok(());
                }
                self.problem(at, "a whole segment");
                let Some(next) = find_head(file, at + 1, len, after)? else { return Ok(()) };
                self.damaged += 1;
                at = next;
                continue;
            };
            if walk == Walk::Check && !content_is_whole(file, &head)? {
                self.problem(at, "a segment with the content that its checksum covers");
                // Counted only with something whole behind it; at the end it is what a crash leaves.
                at = head.end();
                if self.any_whole_after(file, at, len, after)? {
                    self.damaged += 1;
                }
                continue;
            }
            self.entries.push(Entry::from(&head));
            at = head.end();
            self.end = at;
        }
        Ok(())
    }

    /// Bytes behind the last whole segment.
    pub fn lost(&self, len: u64) -> u64 {
        len.saturating_sub(self.end)
    }

    fn any_whole_after(&self, file: &mut File, at: u64, len: u64, after: Option<u64>) -> io::Result<bool> {
        Ok(read_head(file, at, len)?.is_some_and(|head| Some(head.sequence) > after))
    }

    fn problem(&mut self, offset: u64, expected: &'static str) {
        self.first_problem.get_or_insert(Problem { offset, expected });
    }
}

/// The control slot that counts, if any is whole.
pub fn read_slot(file: &mut File, len: u64) -> io::Result<Result<Option<Slot>, HeaderError>> {
    let mut best: Option<Slot> = None;
    for offset in SLOT_OFFSETS {
        if offset + SLOT_LEN as u64 > len {
            continue;
        }
        match Slot::decode(&read_at(file, offset, SLOT_LEN)?) {
            Ok(Some(slot)) if best.is_none_or(|best| slot.generation > best.generation) => best = Some(slot),
            Ok(_) => {}
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(best))
}

/// The head at `offset`, if one stands there and its whole segment is within the file's `len` bytes.
pub fn read_head(file: &mut File, offset: u64, len: u64) -> io::Result<Option<Head>> {
    if offset.saturating_add(HEAD_LEN as u64) > len {
        return Ok(None);
    }
    let bytes = read_at(file, offset, HEAD_LEN)?;
    let head = bytes.first_chunk().and_then(|bytes| Head::decode(bytes, offset));
    Ok(head.filter(|head| head.end() <= len))
}

/// The state part of a segment whose head came from [`read_head`]. `None`: its checksum is wrong.
pub fn read_state(file: &mut File, head: &Head) -> io::Result<Option<Vec<u8>>> {
    let Ok(len) = usize::try_from(head.state_len) else { return Ok(None) };
    let part = read_at(file, head.offset + HEAD_LEN as u64, len)?;
    Ok((crc32fast::hash(&part) == head.state_crc).then_some(part))
}

/// What a segment holds, in clear. `None`: it is damaged, or sealed under another key, and nothing of it is to be believed.
pub fn read_content(file: &mut File, head: &Head, key: Option<&FileKey>) -> io::Result<Option<Vec<u8>>> {
    let Some(part) = read_state(file, head)? else { return Ok(None) };
    Ok(match (head.sealed, key) {
        (false, _) => Some(part),
        (true, Some(key)) => key.open(head.sequence, &head.context(), part),
        (true, None) => None,
    })
}

/// The records of a segment. `None`: as [`read_content`], or they are none.
pub fn read_records(file: &mut File, head: &Head, key: Option<&FileKey>) -> io::Result<Option<Vec<Record>>> {
    Ok(read_content(file, head, key)?.and_then(|content| decode_records(&content, head).ok()))
}

/// Reads up to `len` bytes at `offset`; fewer only if the file was cut meanwhile.
pub fn read_at(file: &mut File, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::new();
    file.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn content_is_whole(file: &mut File, head: &Head) -> io::Result<bool> {
    match head.kind {
        // What is sealed only its checksum can tell.
        Kind::Data | Kind::Checkpoint if !head.sealed => Ok(read_records(file, head, None)?.is_some()),
        _ => Ok(read_state(file, head)?.is_some()),
    }
}

/// The next offset from `at` on where a head stands. A head knows its own offset, so bytes of a message are not taken for one.
fn find_head(file: &mut File, mut at: u64, len: u64, after: Option<u64>) -> io::Result<Option<u64>> {
    while at < len {
        let chunk = read_at(file, at, SEARCH_CHUNK)?;
        let places = chunk.windows(SEGMENT_MAGIC.len()).enumerate().filter(|(_, bytes)| **bytes == SEGMENT_MAGIC);
        for (place, _) in places {
            let offset = at + place as u64;
            if read_head(file, offset, len)?.is_some_and(|head| Some(head.sequence) > after) {
                return Ok(Some(offset));
            }
        }
        if chunk.len() < SEARCH_CHUNK {
            return Ok(None);
        }
        // The magic may lie across the border of two chunks.
        at += (SEARCH_CHUNK - SEGMENT_MAGIC.len() + 1) as u64;
    }
    Ok(None)
}

const SEARCH_CHUNK: usize = 64 << 10;

//! What a meeting goes on from, read from its recording (guide 3.1/7 continuemeeting, wire/02 section 9.5).
//!
//! In: a recording root and a reference. Out: the chat so far, what everybody followed, and how long it took. Reads a JNR; blocking.

use std::path::Path;
use std::time::Duration;

use super::playback::open_reader;
use crate::hit::request::RecordingReference;
use crate::library;
use crate::meeting::room::Continued;
use crate::meeting::view::View;
use crate::office::Refused;
use crate::recording::{JnrReader, ReadError, Record};
use crate::wire::fields::{Keys, decode};
use crate::wire::{Refusal, ToClient};

/// Whether the recording can be had, so that nobody is let into a meeting that lacks its beginning.
///
/// # Errors
/// The refusal.
pub(super) fn check(root: &Path, reference: &RecordingReference) -> Result<(), Refused> {
    find(root, reference).map(|_| ())
}

/// Reads the recording to its end.
///
/// # Errors
/// The refusal.
pub(super) fn read(root: &Path, reference: &RecordingReference) -> Result<Continued, Refused> {
    let mut reader = find(root, reference)?;
    let (view, _) = state_at_the_end(&mut reader)?;
    Ok(Continued::of(&view, Duration::from_millis(u64::from(reader.end_tick()))))
}

fn find(root: &Path, reference: &RecordingReference) -> Result<JnrReader, Refused> {
    let path =
        library::recording_referred_to(root, reference).map_err(|failure| super::playback::not_found(&failure))?;
    let reader = open_reader(&path)?;
    if reader.is_locked() {
        let cause = format!("{} has a password, which no request can tell", path.display());
        return Err(Refused::new(Refusal::WrongPassword, cause));
    }
    Ok(reader)
}

/// The meeting as its recording has it at the end, and whether nothing was damaged; damaged segments are passed over, as a playback does.
///
/// # Errors
/// The refusal, when the file cannot be read.
pub(super) fn state_at_the_end(reader: &mut JnrReader) -> Result<(View, bool), Refused> {
    let unreadable = |failure: ReadError| Refused::new(Refusal::FileError, failure.to_string());
    let (mut view, mut whole) = (View::default(), true);
    let found = reader.seek(reader.end_tick()).map_err(unreadable)?;
    found.checkpoint.iter().for_each(|record| apply(&mut view, record));
    for piece in found.next..reader.pieces().len() {
        if reader.pieces().get(piece).is_some_and(|piece| piece.checkpoint) {
            continue;
        }
        match reader.records(piece).map_err(unreadable)? {
            Some(records) => records.iter().for_each(|record| apply(&mut view, record)),
            None => whole = false,
        }
    }
    Ok((view, whole))
}

fn apply(view: &mut View, record: &Record) {
    // What cannot be decoded is of a later version, or damaged: nothing to go on from.
    if let Ok(Some((message, _))) = decode(&record.clear.bytes, &Keys::CLEAR, ToClient::decode) {
        view.apply(&message);
    }
}

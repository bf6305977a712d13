//! What a meeting goes on from, read from its recording (guide 3.1/7 continuemeeting, wire/02 section 9.5).
//!
//! In: a recording root and a reference. Out: the chat so far, what everybody followed, and how long it took. Reads a JNR; blocking.

use std::path::Path;
use std::time::Duration;

use super::playback::{not_found, open_reader, unreadable};
use crate::hit::request::RecordingReference;
use crate::library;
use crate::library::replay::state_at_the_end;
use crate::meeting::room::Continued;
use crate::office::Refused;
use crate::recording::JnrReader;
use crate::wire::Refusal;

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
    let (view, _) = state_at_the_end(&mut reader).map_err(|failure| unreadable(&failure))?;
    Ok(Continued::of(&view, Duration::from_millis(u64::from(reader.end_tick()))))
}

fn find(root: &Path, reference: &RecordingReference) -> Result<JnrReader, Refused> {
    let path = library::recording_referred_to(root, reference).map_err(|failure| not_found(&failure))?;
    let reader = open_reader(&path)?;
    if reader.is_locked() {
        let cause = format!("{} has a password, which no request can tell", path.display());
        return Err(Refused::new(Refusal::WrongPassword, cause));
    }
    Ok(reader)
}

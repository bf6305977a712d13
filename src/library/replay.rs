//! A recording's records, taken into the view that a participant would have.
//!
//! In: records, or a whole JNR. Out: a [`View`]. Reads a file; blocking.

use tracing::debug;

use crate::meeting::view::View;
use crate::recording::{JnrReader, ReadError, Record};
use crate::wire::ToClient;
use crate::wire::fields::{Keys, decode};

/// Takes one record into a view. What cannot be decoded is passed over: a later kind of message, or damage.
pub fn apply(view: &mut View, record: &Record) {
    match decode(&record.clear.bytes, &Keys::CLEAR, ToClient::decode) {
        Ok(Some((message, _))) => view.apply(&message),
        Ok(None) => debug!("a record at {} ms is cut off", record.tick_ms),
        Err(fault) => debug!("a record at {} ms cannot be read: {fault}", record.tick_ms),
    }
}

/// The meeting as its recording has it at the end, and whether nothing was damaged: damaged segments are passed over, as a playback does.
///
/// # Errors
/// When the file cannot be read, or has a password that was not given.
pub fn state_at_the_end(reader: &mut JnrReader) -> Result<(View, bool), ReadError> {
    let (mut view, mut whole) = (View::default(), true);
    let found = reader.seek(reader.end_tick())?;
    found.checkpoint.iter().for_each(|record| apply(&mut view, record));
    for piece in found.next..reader.pieces().len() {
        if reader.pieces().get(piece).is_some_and(|piece| piece.checkpoint) {
            continue;
        }
        match reader.records(piece)? {
            Some(records) => records.iter().for_each(|record| apply(&mut view, record)),
            None => whole = false,
        }
    }
    Ok((view, whole))
}

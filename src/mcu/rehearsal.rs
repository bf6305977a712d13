//! Holds a meeting in shifted time: the real room and the real recorder, without connections and without waiting.
//!
//! In: a request, who does what when, and the moment at which it all happened. Out: the recording and its status file, as if the
//! meeting had been held then. For demo content and tests; blocking.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::meeting::{checkpoint, class_of};
use super::opening::{self, Opening, OpeningError};
use super::status_files;
use crate::clock::Now;
use crate::hit::request::ServiceRequest;
use crate::hit::status::RecordingStatus;
use crate::library::write_whole;
use crate::meeting::room::{How, Newcomer, Output, Room};
use crate::meeting::view::{Slide, Ssrc};
use crate::recording::{JnrWriter, Record, WriteError};
use crate::wire::ToServer;
use crate::wire::chat::ChatToServer;
use crate::wire::floor::FloorToServer;

/// Something that a person does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Comes in, as owner or guest, with id and name.
    Join {
        /// The owner.
        owner: bool,
        /// Id; empty for an anonymous guest.
        id: String,
        /// Name.
        name: String,
    },
    /// Says something; named by ssrc.
    Say(Ssrc, String),
    /// Brings a slide.
    Slide(Slide),
    /// Deletes the slide of that index.
    DeleteSlide(i32),
    /// Hands the token on.
    Token(Ssrc, Ssrc),
    /// Goes.
    Leave(Ssrc),
}

/// Why a meeting could not be held.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// Its files could not be made.
    #[error("the meeting's files cannot be made: {0}")]
    Opening(String),
    /// The recording could not be written.
    #[error(transparent)]
    Recording(#[from] WriteError),
    /// The status file could not be written.
    #[error("the status file cannot be written: {0}")]
    Status(#[from] std::io::Error),
}

impl From<OpeningError> for RehearsalError {
    fn from(error: OpeningError) -> RehearsalError {
        RehearsalError::Opening(error.to_string())
    }
}

/// Holds a meeting whose acts come at so much time after `start`, in order; it ends `after` its start in the given way. Gives the
/// status file's path.
///
/// # Errors
/// See [`RehearsalError`].
pub fn hold(
    root: &Path,
    local_ip: &str,
    request: &ServiceRequest,
    (session_index, start): (i32, Now),
    acts: &[(Duration, Act)],
    (after, how): (Duration, How),
) -> Result<PathBuf, RehearsalError> {
    let opening = Opening::new(root.to_owned(), local_ip.to_owned(), Duration::ZERO, u32::MAX, (false, false));
    let (files, writer) = opening::make_files(&opening, request, None, (session_index, start))
        .map_err(|e| RehearsalError::Opening(e.to_string()))?;
    let begun = opening::status(request, start, writer.is_some());
    let mut stage = Stage {
        room: Room::open(opening::charter(request, writer.is_some(), 1), start),
        writer,
        everybody: BTreeMap::new(),
        prepares: request.command.prepares(),
    };
    let mut last_checkpoint = Duration::ZERO;
    for (at, act) in acts {
        let now = start.plus(*at);
        if *at >= last_checkpoint + CHECKPOINT_EVERY {
            last_checkpoint = *at;
            stage.checkpoint(*at)?;
        }
        stage.act(act, now);
        stage.drain(*at)?;
    }
    let begun = RecordingStatus { preparation_mode: stage.room.view().preparing, ..begun };
    stage.room.end(how);
    stage.drain(after)?;
    if let Some(writer) = stage.writer.take() {
        writer.finish(tick(after))?;
    }
    let status = status_files::recording_status(&begun, (&stage.everybody, None), after.as_secs(), Some(how));
    write_whole(&files.xml, status.to_xml().as_bytes())?;
    Ok(files.xml)
}

struct Stage {
    room: Room,
    writer: Option<JnrWriter>,
    everybody: BTreeMap<Ssrc, (String, String)>,
    /// The owner comes to prepare.
    prepares: bool,
}

impl Stage {
    fn act(&mut self, act: &Act, now: Now) {
        match act {
            Act::Join { owner, id, name } => {
                let newcomer = Newcomer {
                    owner: *owner,
                    user_id: id.clone(),
                    name: name.clone(),
                    version: crate::wire::handshake::KERNEL_VERSION,
                    capability: 0,
                    reconnect_name: [b'A'; 12],
                    prepares: *owner && self.prepares,
                    ..Newcomer::default()
                };
                if let Ok(ssrc) = self.room.join(newcomer, now) {
                    self.everybody.insert(ssrc, (id.clone(), name.clone()));
                }
            }
            Act::Say(ssrc, text) => {
                self.room.receive(*ssrc, ToServer::Chat(ChatToServer::Say { text: text.as_str().into() }), now)
            }
            Act::Slide(slide) => self.room.add_slide(slide.clone()),
            Act::DeleteSlide(index) => self.room.delete_slide(*index),
            Act::Token(from, to) => self.room.receive(*from, ToServer::Floor(FloorToServer::Token(*to)), now),
            Act::Leave(ssrc) => self.room.leave(*ssrc, true, now),
        }
    }

    fn drain(&mut self, at: Duration) -> Result<(), WriteError> {
        while let Some(output) = self.room.poll() {
            if let (Output::Record(message), Some(writer)) = (output, self.writer.as_mut()) {
                writer.push(Record { tick_ms: tick(at), class: class_of(&message), clear: message.encode() })?;
            }
        }
        Ok(())
    }

    fn checkpoint(&mut self, at: Duration) -> Result<(), WriteError> {
        let records = checkpoint(self.room.view(), tick(at));
        self.writer.as_mut().map_or(Ok(()), |writer| writer.checkpoint(tick(at), &records))
    }
}

fn tick(at: Duration) -> u32 {
    u32::try_from(at.as_millis()).unwrap_or(u32::MAX)
}

const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

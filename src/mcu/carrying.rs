//! Slides that a new meeting takes over: from its last preparation, and from the recording that its request names (guide 3.7, 3.1/7).
//!
//! In: a recording root and the request that opens the meeting. Out: slides, and after they are safe in the new recording the removal of a
//! preparation that is of no more use. What cannot be read is left where it is and said in the log; the meeting is held all the same.
//! Blocking.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tracing::{info, warn};

use crate::clock::Now;
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::library;
use crate::library::replay::state_at_the_end;
use crate::meeting::carry_over::{From, Transfer, taken_along};
use crate::meeting::view::Slide;
use crate::recording::{Health, JnrReader};

/// What a meeting takes over.
#[derive(Debug, Default)]
pub(super) struct Carried {
    /// In their order.
    pub(super) slides: Vec<Arc<Slide>>,
    transfers: Vec<(Transfer, PathBuf)>,
}

impl Carried {
    /// Reads what there is for that request; nothing for other services than a meeting.
    pub(super) fn read(root: &Path, request: &ServiceRequest) -> Carried {
        let mut carried = Carried::default();
        let command = &request.command;
        if command.kind != CommandKind::Meeting {
            return carried;
        }
        let prepares = command.prepares() && request.guest.is_none();
        if command.is_event()
            && let Some(path) = library::last_preparation(root, request)
        {
            carried.take(path, Transfer::begin(From::Preparation, prepares));
        }
        if let Some(reference) = &command.transfer_slide {
            match library::recording_referred_to(root, reference) {
                Ok(path) => carried.take(path, Transfer::begin(From::Reference, prepares)),
                Err(failure) => warn!("meeting {:?} begins without slides: {failure}", request.meeting_id),
            }
        }
        carried
    }

    fn take(&mut self, path: PathBuf, mut transfer: Transfer) {
        match JnrReader::open(&path).and_then(|mut reader| Ok((state_at_the_end(&mut reader)?, reader.health()))) {
            Ok(((view, complete), health)) => {
                transfer.read(complete && health == Health::Finalised);
                self.slides.extend(taken_along(&view));
            }
            Err(failure) => {
                transfer.read(false);
                warn!("slides of {} cannot be taken over: {failure}", path.display());
            }
        }
        self.transfers.push((transfer, path));
    }

    /// The new recording has them on disk, or not: what is of no more use is removed.
    pub(super) fn written(self, safe: bool, now: Now) {
        for (mut transfer, path) in self.transfers {
            transfer.written(safe);
            if !transfer.source_may_go() {
                continue;
            }
            match library::remove(&path, now) {
                Ok(()) => info!("{} was prepared further, and is removed", path.display()),
                Err(failure) => warn!("{} was prepared further, but stays: {failure}", path.display()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::request::RecordingReference;

    #[test]
    fn slides_are_for_meetings_only() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("_user/olive/m");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.jnr"), "not read").unwrap();
        let mut request = ServiceRequest::new("olive", "Olive", "m", 1);
        request.command.transfer_slide =
            Some(RecordingReference { user_id: "olive".into(), meeting_id: "m".into(), ..Default::default() });
        for (kind, looked_at) in [(CommandKind::Meeting, 1), (CommandKind::LeaveMessage, 0), (CommandKind::Playback, 0)]
        {
            request.command.kind = kind;
            assert_eq!(Carried::read(root.path(), &request).transfers.len(), looked_at, "{kind:?}");
        }
    }
}

//! What an MCU does on start with the meetings that a dead one left.
//!
//! In: the recording root, and the time. Out: open JNRs finished, and their XML completed with how = 4 (guide 3.5, "other reason")
//! from the `.xml.internal` that was kept while the meeting ran; and the file that said who was inside is gone. Meetings that still run, here or on another MCU of the same root,
//! hold their lock and are left alone; so an MCU holds a [`LiveLock`] for a meeting without recording, too. What another
//! program recorded is never touched. Doing it twice, or dying within, does no harm.

use super::listing::read_status;
use super::tree::{Session, Trouble, sessions};
use super::whole::write_whole;
use crate::clock::Now;
use crate::hit::local_time::LocalTime;
use crate::hit::status::{How, Participant, RecordingStatus};
use crate::recording::format::HeaderError;
use crate::recording::live::{self, LiveLock};
use crate::recording::repair::RecoverError;
use crate::recording::{LocalDate, ReadError, Recovered, WriteError, recover};
use std::io;
use std::path::{Path, PathBuf};

/// What was finished.
#[derive(Debug, Default)]
pub struct Finished {
    /// The JNRs that were cut and finalised, and what is in them.
    pub recordings: Vec<(PathBuf, Recovered)>,
    /// The XML files that were completed.
    pub statuses: Vec<PathBuf>,
    /// What could not be finished; the next start tries again.
    pub troubles: Vec<Trouble>,
}

/// Finishes what a dead MCU left below `root`.
pub fn finish_crashed(root: &Path, now: Now) -> Finished {
    let (sessions, troubles) = sessions(root);
    let mut finished = Finished { troubles, ..Finished::default() };
    for session in sessions.iter().filter(|session| !live::is_live(&session.jnr)) {
        if let Err(reason) = finished.session(session, now) {
            finished.troubles.push(Trouble { path: session.jnr.clone(), reason });
        }
    }
    finished
}

impl Finished {
    fn session(&mut self, session: &Session, now: Now) -> Result<(), String> {
        let left_open = session.has_lock || session.has_internal || !session.has_xml;
        if !left_open {
            return Ok(());
        }
        if !session.has_jnr {
            // Without a lock file it is no meeting of ours.
            return if session.has_lock {
                self.without_recording(session, now).map_err(|error| error.to_string())
            } else {
                Ok(())
            };
        }
        let recovered = match recover(&session.jnr) {
            Ok(recovered) => recovered,
            // Of another program; or its meeting has begun, or is being finished, just now.
            Err(RecoverError::Read(ReadError::Header { source: HeaderError::NotOurs, .. })) => return Ok(()),
            Err(RecoverError::Write(WriteError::InUse { .. })) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        if !recovered.changed && !session.has_internal {
            return Ok(());
        }
        let duration_s = u64::from(recovered.end_tick.saturating_sub(recovered.start.start_tick)) / 1000;
        let unfinished = || told_by_recording(&recovered);
        self.complete(session, duration_s, unfinished).map_err(|error| error.to_string())?;
        if recovered.changed {
            self.recordings.push((session.jnr.clone(), recovered));
        }
        Ok(())
    }

    fn without_recording(&mut self, session: &Session, now: Now) -> io::Result<()> {
        let Some(lock) = LiveLock::acquire(&session.jnr)? else { return Ok(()) };
        if session.has_internal {
            // When it ended nobody knows; it was alive when its file was last written.
            let written = std::fs::metadata(session.internal())?.modified()?;
            let last = written.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_secs();
            let last = i64::try_from(last).unwrap_or(i64::MAX).min(now.unix_seconds());
            let status = read_status(&session.internal())?;
            let duration_s = u64::try_from(last.saturating_sub(status.start_utc)).unwrap_or_default();
            self.complete(session, duration_s, || status)?;
        }
        lock.release()
    }

    /// Writes the XML, unless there is one, and removes what was kept for it.
    fn complete(
        &mut self,
        session: &Session,
        duration_s: u64,
        otherwise: impl FnOnce() -> RecordingStatus,
    ) -> io::Result<()> {
        if !session.has_xml {
            // One that cannot be read is worth less than what the recording says.
            let kept = if session.has_internal { read_status(&session.internal()).ok() } else { None };
            let mut status = kept.unwrap_or_else(otherwise);
            status.duration = duration_s;
            status.how = How::OtherReason;
            write_whole(&session.xml(), status.to_xml().as_bytes())?;
            self.statuses.push(session.xml());
        }
        // Nobody is inside any more. The forerunner goes last: as long as it is there, the next start looks again.
        match session.participants().map(std::fs::remove_file) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if session.has_internal { std::fs::remove_file(session.internal()) } else { Ok(()) }
    }
}

fn told_by_recording(recovered: &Recovered) -> RecordingStatus {
    let start = &recovered.start;
    let LocalDate { year, month, day, hour, minute } = start.local;
    let owner = Participant { user_id: start.owner_id.clone(), name: start.owner_name.clone(), absent: false };
    RecordingStatus {
        start_utc: start.started_unix_ms.div_euclid(1000),
        start_text: LocalTime { year, month, day, hour, minute, second: 0 }.start_time(),
        title: start.title.clone(),
        recorded: true,
        participants: vec![owner],
        ..RecordingStatus::default()
    }
}

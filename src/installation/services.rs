//! The services of a jnj that need no meeting, carried out in the installation's own folder (guide 3.1/7 download, checkmessage, delete).
//!
//! In: an opened request, the time, a password. Out: a copied recording, a list of messages, a removal. A jnj with such a command finds no
//! way over the wire that is known (wire/05), so this is how to see what it would give. The rights are those of the MCU. Blocking.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Installation;
use crate::clock::Now;
use crate::hit::password::PasswordHash;
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::library::listing::read_status;
use crate::library::{self, RemoveError};
use crate::mcu;
use crate::office::{Office, Refused};
use crate::recording::live;
use crate::wire::Refusal;

/// What a service gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// download: so many bytes of this recording were copied there.
    Downloaded {
        /// The recording.
        from: PathBuf,
        /// The copy.
        to: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// checkmessage: the owner's messages, newest first.
    Messages(Vec<MessageRow>),
    /// delete: this recording is gone, or in the archive.
    Deleted(PathBuf),
}

/// A message that somebody left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// Its recording.
    pub path: PathBuf,
    /// Who left it.
    pub from: Vec<String>,
    /// When, Unix milliseconds.
    pub left_at: Option<i64>,
    /// How long it is.
    pub length: Duration,
    /// Its owner has not played it yet.
    pub new: bool,
}

/// Why a service was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// As an MCU would refuse it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// This service is had by joining or playing.
    #[error("a {0} is had over the wire: join or play with this jnj")]
    OverTheWire(&'static str),
    /// The disk says no.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// What.
        source: io::Error,
    },
}

/// How a service is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// What time it is.
    pub now: Now,
    /// What was typed, if the request has a password.
    pub password: Option<&'a PasswordHash>,
    /// Where a download goes; a folder gets a file of the recording's own name.
    pub to: &'a Path,
}

impl Installation {
    /// Carries out what a request asks for. Nothing that exists is written over.
    ///
    /// # Errors
    /// See [`ServiceError`].
    pub fn serve(&self, request: &ServiceRequest, asking: Asking<'_>) -> Result<Served, ServiceError> {
        let kind = request.command.kind;
        if !matches!(kind, CommandKind::Download | CommandKind::CheckMessage | CommandKind::Delete) {
            return Err(ServiceError::OverTheWire(kind.word()));
        }
        Office::judge_age(request, asking.now, self.freshness_window())?;
        if let Some(password) = &request.password {
            let right = asking.password.is_some_and(|given| password.matches(&given.to_bytes()));
            if !right {
                return Err(Refused::new(Refusal::WrongPassword, "the password is missing or wrong").into());
            }
        }
        Office::has_right(request, self.licence())?;
        let root = self.recording_root();
        match kind {
            CommandKind::Download => download(&recording(&root, request)?, asking.to),
            CommandKind::CheckMessage => Ok(Served::Messages(messages(&root, &request.owner.id))),
            _ => {
                let path = recording(&root, request)?;
                library::remove(&path, asking.now).map_err(|failure| match failure {
                    RemoveError::Live => Refused::new(Refusal::FileError, failure.to_string()).into(),
                    RemoveError::Io(source) => ServiceError::Io { path: path.clone(), source },
                })?;
                Ok(Served::Deleted(path))
            }
        }
    }
}

fn recording(root: &Path, request: &ServiceRequest) -> Result<PathBuf, ServiceError> {
    library::recording_of(root, request).map_err(|failure| mcu::not_found(&failure).into())
}

fn download(from: &Path, to: &Path) -> Result<Served, ServiceError> {
    if live::is_live(from) {
        return Err(Refused::new(Refusal::FileError, "the recording is still being made: end the meeting first").into());
    }
    // Guide 3.7: what a preparation leaves is for deleting only.
    if read_status(&from.with_extension("xml")).is_ok_and(|status| status.preparation_mode) {
        return Err(Refused::new(Refusal::IllegalRequest, "the recording of a preparation can only be deleted").into());
    }
    let to = if to.is_dir() { to.join(from.file_name().unwrap_or_default()) } else { to.to_owned() };
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ServiceError::Io { path, source }
    };
    let mut source = std::fs::File::open(from).map_err(failed(from))?;
    let mut target = OpenOptions::new().write(true).create_new(true).open(&to).map_err(failed(&to))?;
    let bytes = io::copy(&mut source, &mut target).and_then(|bytes| target.sync_all().map(|()| bytes));
    let bytes = bytes.map_err(|failure| {
        // Half a recording is worse than none.
        drop(std::fs::remove_file(&to));
        failed(&to)(failure)
    })?;
    Ok(Served::Downloaded { from: from.to_owned(), to, bytes })
}

fn messages(root: &Path, owner: &str) -> Vec<MessageRow> {
    let is_message = |entry: &&library::Entry| {
        entry.owner_id == owner && entry.people.iter().any(|person| person.id == owner && person.absent)
    };
    let listing = library::list(root);
    let rows = listing.entries.iter().filter(is_message).map(|entry| MessageRow {
        path: entry.path.clone(),
        from: entry.people.iter().filter(|person| !person.absent).map(|person| person.name.clone()).collect(),
        left_at: entry.started_unix_ms,
        length: Duration::from_secs(entry.duration_s.unwrap_or_default()),
        new: read_status(&entry.path.with_extension("xml")).is_ok_and(|status| status.read.is_none()),
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::hit::request::Guest;
    use crate::hit::status::{Participant, RecordingStatus};

    fn request(kind: CommandKind) -> ServiceRequest {
        let mut request = ServiceRequest::new("olive", "Olive", "m", Clock::system().now().unix_seconds());
        request.command.kind = kind;
        request
    }

    fn desk() -> (tempfile::TempDir, Installation) {
        let folder = tempfile::tempdir().unwrap();
        let installation = Installation::init(&folder.path().join("desk")).unwrap();
        (folder, installation)
    }

    fn put(installation: &Installation, index: u32, status: &RecordingStatus) -> PathBuf {
        let folder = installation.recording_root().join("_user/olive/m");
        std::fs::create_dir_all(&folder).unwrap();
        let jnr = folder.join(format!("_recording_127.0.0.1_2026_11_23_10_00_{index:06}.jnr"));
        std::fs::write(&jnr, format!("recording {index}")).unwrap();
        std::fs::write(jnr.with_extension("xml"), status.to_xml()).unwrap();
        jnr
    }

    fn serve(desk: &Installation, request: &ServiceRequest, to: &Path) -> Result<Served, ServiceError> {
        desk.serve(request, Asking { now: Clock::system().now(), password: None, to })
    }

    fn refusal(result: Result<Served, ServiceError>) -> Refusal {
        match result {
            Err(ServiceError::Refused(refused)) => refused.code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_download_is_the_newest_recording_or_the_one_that_is_named_and_writes_over_nothing() {
        let (folder, desk) = desk();
        let wanted = request(CommandKind::Download);
        assert_eq!(refusal(serve(&desk, &wanted, folder.path())), Refusal::MessageNotExist);
        let (old, new) = (put(&desk, 1, &RecordingStatus::default()), put(&desk, 2, &RecordingStatus::default()));
        let to = folder.path().join("copy.jnr");
        let served = serve(&desk, &wanted, &to).unwrap();
        assert_eq!(served, Served::Downloaded { from: new, to: to.clone(), bytes: 11 });
        assert!(matches!(serve(&desk, &wanted, &to), Err(ServiceError::Io { .. })), "it is there already");
        let mut named = wanted.clone();
        named.command.file = Some(old.file_stem().unwrap().to_string_lossy().into_owned());
        serve(&desk, &named, folder.path()).unwrap();
        assert_eq!(std::fs::read(folder.path().join(old.file_name().unwrap())).unwrap(), b"recording 1");
    }

    #[test]
    fn the_recording_of_a_preparation_is_deleted_but_never_handed_out() {
        let (folder, desk) = desk();
        let jnr = put(&desk, 1, &RecordingStatus { preparation_mode: true, ..RecordingStatus::default() });
        assert_eq!(refusal(serve(&desk, &request(CommandKind::Download), folder.path())), Refusal::IllegalRequest);
        let deleted = serve(&desk, &request(CommandKind::Delete), folder.path()).unwrap();
        assert_eq!(deleted, Served::Deleted(jnr.clone()));
        assert!(!jnr.exists() && !jnr.with_extension("xml").exists());
    }

    #[test]
    fn messages_are_those_of_an_absent_owner_and_new_until_they_are_played() {
        let (folder, desk) = desk();
        let somebody = |id: &str, name: &str, absent| Participant { user_id: id.into(), name: name.into(), absent };
        let left = |read| RecordingStatus {
            read,
            duration: 7,
            participants: vec![somebody("olive", "Olive", true), somebody("", "王小明", false)],
            ..RecordingStatus::default()
        };
        put(&desk, 1, &RecordingStatus { participants: vec![somebody("olive", "Olive", false)], ..left(None) });
        let (played, new) = (put(&desk, 2, &left(Some(5))), put(&desk, 3, &left(None)));
        let Served::Messages(rows) = serve(&desk, &request(CommandKind::CheckMessage), folder.path()).unwrap() else {
            panic!("no list")
        };
        let seen: Vec<_> = rows.iter().map(|row| (row.path.clone(), row.new)).collect();
        assert!(seen.contains(&(played, false)) && seen.contains(&(new, true)) && seen.len() == 2, "{seen:?}");
        assert_eq!((rows[0].from.as_slice(), rows[0].length), (&["王小明".to_owned()][..], Duration::from_secs(7)));
    }

    #[test]
    fn the_rights_are_those_of_the_mcu() {
        let (folder, desk) = desk();
        put(&desk, 1, &RecordingStatus::default());
        let guest = Guest { id: Some("gus".into()), name: "Gus".into(), invited: true, ..Guest::default() };
        for kind in [CommandKind::CheckMessage, CommandKind::Delete] {
            let asked = ServiceRequest { guest: Some(guest.clone()), ..request(kind) };
            assert_eq!(refusal(serve(&desk, &asked, folder.path())), Refusal::IllegalRequest, "{kind:?}");
        }
        let stale = ServiceRequest { timestamp: 1, ..request(CommandKind::Delete) };
        assert_eq!(refusal(serve(&desk, &stale, folder.path())), Refusal::WrongUserinfo2);
        let right = PasswordHash::of("sesame");
        let locked = ServiceRequest { password: Some(right.clone()), ..request(CommandKind::Download) };
        let locked = ServiceRequest { timestamp: locked.timestamp + 60, ..locked };
        assert_eq!(refusal(serve(&desk, &locked, folder.path())), Refusal::WrongPassword);
        let asking = Asking { now: Clock::system().now(), password: Some(&right), to: folder.path() };
        assert!(desk.serve(&locked, asking).is_ok());
        assert!(matches!(
            serve(&desk, &request(CommandKind::Meeting), folder.path()),
            Err(ServiceError::OverTheWire(_))
        ));
    }
}

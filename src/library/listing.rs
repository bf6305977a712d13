//! What recordings there are.
//!
//! In: a recording root. Out: one entry a meeting session, newest first. What the XML says counts (guide 3.5); without it the JNR's
//! own beginning, then the file's name.

use super::tree::{Session, Trouble, sessions};
use crate::hit::status::{MAX_STATUS, RecordingStatus};
use crate::recording::format::HeaderError;
use crate::recording::{Health, JnrReader, ReadError, Start};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What a listing found.
#[derive(Debug, Default)]
pub struct Listing {
    /// The sessions, newest first.
    pub entries: Vec<Entry>,
    /// What could not be read or was not followed.
    pub troubles: Vec<Trouble>,
}

/// One meeting session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its JNR, whether or not that exists; the XML has the same name with another extension.
    pub path: PathBuf,
    /// The owner's id: the folder's name.
    pub owner_id: String,
    /// The owner's name, empty if nothing says it.
    pub owner_name: String,
    /// The group's id, if it is in the group tree.
    pub group: Option<String>,
    /// The meeting's id: the folder's name.
    pub meeting_id: String,
    /// The meeting's title, empty if nothing says it.
    pub title: String,
    /// Its start, in milliseconds since 1970-01-01 UTC.
    pub started_unix_ms: Option<i64>,
    /// Its length in seconds.
    pub duration_s: Option<u64>,
    /// Who took part, the owner too.
    pub people: Vec<Person>,
    /// How it ended (guide 3.5, 0 to 6; others are kept). `None`: it has not, or nothing says.
    pub how: Option<i32>,
    /// Bytes of the JNR, 0 without one.
    pub size: u64,
    /// What can be done with it.
    pub kind: Kind,
}

/// Somebody who took part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Id, empty for an anonymous guest.
    pub id: String,
    /// Name.
    pub name: String,
    /// An owner who never came.
    pub absent: bool,
}

/// What can be done with a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Complete.
    Playable,
    /// Being made now; it can be followed.
    Live,
    /// Its MCU died. It can be played as it is, and finished with [`crate::recording::recover`].
    Recoverable,
    /// Recorded by HomeMeeting: it cannot be played here.
    HomeMeeting,
    /// The meeting was not recorded, there is an XML only.
    NotRecorded,
    /// It cannot be read; says why.
    Damaged(String),
}

/// Lists the recordings below `root`. A root that cannot be read is a trouble, with no entries.
pub fn list(root: &Path) -> Listing {
    let (sessions, troubles) = sessions(root);
    let mut listing = Listing { entries: Vec::with_capacity(sessions.len()), troubles };
    for session in sessions {
        let entry = entry(&session, &mut listing.troubles);
        listing.entries.push(entry);
    }
    listing.entries.sort_by(|a, b| (b.started_unix_ms, &a.path).cmp(&(a.started_unix_ms, &b.path)));
    listing
}

/// The status beside a recording: the XML, or while there is none the one that an MCU keeps (guide notes N57).
pub fn status_beside(session: &Session) -> io::Result<Option<RecordingStatus>> {
    let path = match (session.has_xml, session.has_internal) {
        (true, _) => session.xml(),
        (false, true) => session.internal(),
        (false, false) => return Ok(None),
    };
    read_status(&path).map(Some)
}

/// Reads one status file, of at most a MiB.
pub fn read_status(path: &Path) -> io::Result<RecordingStatus> {
    let mut bytes = Vec::new();
    // One byte more than is taken: the reader then says that it is too long.
    File::open(path)?.take(MAX_STATUS as u64 + 1).read_to_end(&mut bytes)?;
    RecordingStatus::parse(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn entry(session: &Session, troubles: &mut Vec<Trouble>) -> Entry {
    let status = status_beside(session).unwrap_or_else(|error| {
        let path = if session.has_xml { session.xml() } else { session.internal() };
        troubles.push(Trouble { path, reason: error.to_string() });
        None
    });
    let file = if session.has_jnr { look_into(&session.jnr) } else { Look::none() };
    let mut entry = Entry {
        path: session.jnr.clone(),
        owner_id: session.owner.clone(),
        owner_name: String::new(),
        group: session.group.clone(),
        meeting_id: session.meeting.clone(),
        title: String::new(),
        started_unix_ms: started_by_name(&session.base),
        duration_s: None,
        people: Vec::new(),
        how: None,
        size: file.size,
        kind: file.kind,
    };
    if let Some((start, end_tick)) = file.inside {
        entry.owner_name = start.owner_name;
        entry.title = start.title;
        if start.started_unix_ms != 0 {
            entry.started_unix_ms = Some(start.started_unix_ms);
        }
        entry.duration_s = Some(u64::from(end_tick.saturating_sub(start.start_tick)) / 1000);
    }
    if let Some(status) = status {
        entry.told_by(&status, session.has_xml);
    }
    entry
}

impl Entry {
    fn told_by(&mut self, status: &RecordingStatus, ended: bool) {
        self.title.clone_from(&status.title);
        self.started_unix_ms = status.start_utc.checked_mul(1000).filter(|&ms| ms > 0).or(self.started_unix_ms);
        if ended {
            self.duration_s = Some(status.duration);
            self.how = Some(status.how.number());
        }
        let person = |of: &crate::hit::status::Participant| Person {
            id: of.user_id.clone(),
            name: of.name.clone(),
            absent: of.absent,
        };
        self.people = status.participants.iter().map(person).collect();
        if let Some(owner) = self.people.iter().find(|person| person.id == self.owner_id) {
            self.owner_name.clone_from(&owner.name);
        }
    }
}

struct Look {
    kind: Kind,
    size: u64,
    /// What the recording says of itself, and its end.
    inside: Option<(Start, u32)>,
}

impl Look {
    fn none() -> Look {
        Look { kind: Kind::NotRecorded, size: 0, inside: None }
    }
}

fn look_into(jnr: &Path) -> Look {
    let size = std::fs::metadata(jnr).map_or(0, |metadata| metadata.len());
    match JnrReader::open(jnr) {
        Ok(reader) => {
            let kind = match reader.health() {
                Health::Finalised => Kind::Playable,
                Health::Live => Kind::Live,
                Health::Torn { .. } => Kind::Recoverable,
            };
            Look { kind, size, inside: Some((reader.start().clone(), reader.end_tick())) }
        }
        Err(ReadError::Header { source: HeaderError::NotOurs, .. }) => {
            Look { kind: Kind::HomeMeeting, size, inside: None }
        }
        Err(error) => Look { kind: Kind::Damaged(error.to_string()), size, inside: None },
    }
}

/// The start by `_recording_IP_YYYY_MM_DD_HH_MM_INDEX`, local time as this machine has it (guide notes N22).
fn started_by_name(base: &str) -> Option<i64> {
    let mut fields = base.rsplit('_').skip(1);
    let mut number = || fields.next()?.parse::<i16>().ok();
    let [minute, hour, day, month, year] = [number()?, number()?, number()?, number()?, number()?];
    let small = |value: i16| i8::try_from(value).ok();
    let local =
        jiff::civil::DateTime::new(year, small(month)?, small(day)?, small(hour)?, small(minute)?, 0, 0).ok()?;
    Some(local.to_zoned(jiff::tz::TimeZone::system()).ok()?.timestamp().as_millisecond())
}

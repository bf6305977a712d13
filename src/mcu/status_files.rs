//! The files that third parties read: who is in which meeting, whether the server lives, how loaded it is (guide 3.4, 3.6, 3.9).
//!
//! In: snapshots of what runs. Out: files in the recording root, each whole, on a thread of its own; written when something changed
//! and at least every ten seconds, since readers judge by their age.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{error, warn};

use super::McuSnapshot;
use super::opening::local_time;
use crate::clock::Now;
use crate::hit::licence::Licence;
use crate::hit::paths::{self, PathError};
use crate::hit::status::{
    self, Alive, ClusterLoad, Load, MeetingEntry, OfficeEntry, OfficeState, OfficeStatus, OwnerStatus, Participant,
    ParticipantFile, ParticipantInside, RecordingStatus, ServerInfo,
};
use crate::library::write_whole;
use crate::meeting::room::How;
use crate::meeting::view::{OWNER, Ssrc};

/// The status file of a recording that began with `begun`, as it stands after `seconds`; `how` once it has ended.
pub(super) fn recording_status(
    begun: &RecordingStatus,
    everybody: &BTreeMap<Ssrc, (String, String)>,
    seconds: u64,
    how: Option<How>,
) -> RecordingStatus {
    let person = |(id, name): &(String, String)| Participant { user_id: id.clone(), name: name.clone(), absent: false };
    RecordingStatus {
        duration: seconds,
        participants: everybody.values().map(person).collect(),
        how: how.map_or(status::How::OtherReason, |how| status::How::from_number(how.number())),
        ..begun.clone()
    }
}

/// Who is inside a meeting now (guide 3.6).
pub(super) fn participants(meeting_id: &str, people: &[super::PersonSummary], now: Now) -> ParticipantFile {
    let users = people.iter().map(|person| ParticipantInside {
        name: person.name.clone(),
        user_id: person.user_id.clone(),
        invited: person.invited,
        ip: person.address.clone(),
        ticket: false,
    });
    ParticipantFile {
        meeting_id: meeting_id.to_owned(),
        guaranteed: false,
        utc: now.unix_seconds(),
        last_update: local_time(now).last_update(),
        users: users.collect(),
    }
}

/// Keeps the files of one server.
#[derive(Debug)]
pub(super) struct StatusFiles {
    desired: watch::Sender<Option<Arc<Desired>>>,
    thread: JoinHandle<()>,
    written: Option<(Now, Arc<McuSnapshot>)>,
}

/// What the files are to say.
#[derive(Debug)]
struct Desired {
    now: Now,
    licence: Licence,
    snapshot: Arc<McuSnapshot>,
    up: bool,
}

impl StatusFiles {
    /// Starts the thread. Must be called within a tokio runtime.
    pub(super) fn start(root: PathBuf, local_ip: String) -> StatusFiles {
        let (desired, wanted) = watch::channel(None);
        let runtime = tokio::runtime::Handle::current();
        let thread = tokio::task::spawn_blocking(move || keep(&root, &local_ip, wanted, &runtime));
        StatusFiles { desired, thread, written: None }
    }

    /// What is running now.
    pub(super) fn update(&mut self, now: Now, licence: &Licence, snapshot: &Arc<McuSnapshot>) {
        let same = self.written.as_ref().is_some_and(|(at, old)| {
            now.steady < at.steady + WRITE_EVERY && without_time(old) == without_time(snapshot)
        });
        if !same {
            self.written = Some((now, Arc::clone(snapshot)));
            let desired = Desired { now, licence: licence.clone(), snapshot: Arc::clone(snapshot), up: true };
            self.desired.send_replace(Some(Arc::new(desired)));
        }
    }

    /// The server goes down: the files say so, and nothing follows.
    pub(super) async fn down(self, now: Now, licence: &Licence) {
        let last = Desired { now, licence: licence.clone(), snapshot: Arc::default(), up: false };
        self.desired.send_replace(Some(Arc::new(last)));
        drop(self.desired);
        if let Err(failure) = self.thread.await {
            error!("the thread of the status files failed: {failure}");
        }
    }
}

/// What readers act on at once; times may lag a few seconds behind.
fn without_time(snapshot: &McuSnapshot) -> Vec<(i32, Vec<Ssrc>)> {
    let meetings = snapshot.meetings.iter();
    meetings.map(|m| (m.session_index, m.people.iter().map(|p| p.ssrc).collect())).collect()
}

fn keep(root: &Path, ip: &str, mut wanted: watch::Receiver<Option<Arc<Desired>>>, runtime: &tokio::runtime::Handle) {
    let mut complained = false;
    loop {
        let more = runtime.block_on(wanted.changed()).is_ok();
        let desired = wanted.borrow_and_update().clone();
        if let Some(desired) = desired {
            match write_all(root, ip, &desired) {
                Ok(()) => complained = false,
                Err(failure) if !complained => {
                    complained = true;
                    warn!("the status files cannot be written: {failure}");
                }
                Err(_) => {}
            }
        }
        if !more {
            return;
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum WriteError {
    #[error(transparent)]
    Path(#[from] PathError),
    #[error(transparent)]
    File(#[from] std::io::Error),
}

fn write_all(root: &Path, ip: &str, desired: &Desired) -> Result<(), WriteError> {
    let alive = if desired.up { Alive::Up } else { Alive::Down };
    let files = [
        (paths::status_file(ip)?, owner_status(desired).to_xml()),
        (paths::office_status_file(ip)?, office_status(&desired.snapshot).to_xml()),
        (paths::load_file(ip)?, load(desired).to_text()),
        // Last: whoever sees the server alive finds the others true.
        (paths::alive_file(ip)?, alive.to_text().to_owned()),
    ];
    for (path, text) in files {
        write_whole(&root.join(path), text.as_bytes())?;
    }
    Ok(())
}

fn owner_status(desired: &Desired) -> OwnerStatus {
    let licence = &desired.licence;
    OwnerStatus {
        last_update: local_time(desired.now).last_update(),
        utc: desired.now.unix_seconds(),
        info: desired.up.then(|| ServerInfo {
            max_meeting: licence.max_meeting,
            max_connection: licence.max_connection,
            max_outside_connection: licence.max_outside_connection,
            max_reserved_connection: licence.max_reserved_connection,
            max_reserved_outside_connection: licence.max_reserved_outside_connection,
            ip_range: licence.ip_range_text(),
            ..ServerInfo::default()
        }),
        meetings: desired.snapshot.meetings.iter().map(meeting_entry).collect(),
        ..OwnerStatus::default()
    }
}

fn meeting_entry(meeting: &super::RunningMeeting) -> MeetingEntry {
    let elapsed = meeting.elapsed.as_secs();
    MeetingEntry {
        vid: 0,
        session_index: i64::from(meeting.session_index),
        name: meeting.owner_name.clone(),
        user_id: meeting.owner_id.clone(),
        meeting_id: meeting.meeting_id.clone(),
        duration: u32::from(meeting.duration_min),
        elapsed_logical: elapsed,
        elapsed_physical: elapsed,
        max_participant: u32::try_from(meeting.ever_joined).unwrap_or(u32::MAX),
        owner_present: meeting.people.iter().any(|p| p.ssrc == OWNER),
        have_guest: meeting.people.iter().any(|p| p.ssrc != OWNER),
        preparation_mode: false,
    }
}

/// Person-based offices only: an event listed here would send people to a room that they do not enter (guide notes N29).
fn office_status(snapshot: &McuSnapshot) -> OfficeStatus {
    let offices = snapshot.meetings.iter().filter(|meeting| meeting.duration_min == 0).map(|meeting| OfficeEntry {
        owner_id: meeting.owner_id.clone(),
        status: if meeting.people.iter().any(|p| p.ssrc != OWNER) { OfficeState::WithGuest } else { OfficeState::Open },
        meeting_id: meeting.meeting_id.clone(),
    });
    OfficeStatus { offices: offices.collect() }
}

fn load(desired: &Desired) -> ClusterLoad {
    let licence = &desired.licence;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let people = || desired.snapshot.meetings.iter().flat_map(|meeting| &meeting.people);
    let outside = people().filter(|p| p.address.parse::<IpAddr>().is_ok_and(|ip| licence.is_outside(ip))).count();
    ClusterLoad {
        meetings: Load { count: count(desired.snapshot.meetings.len()), max: licence.max_meeting },
        connections: Load { count: count(people().count()), max: licence.max_connection },
        outside: Load { count: count(outside), max: licence.max_outside_connection },
        reserved: Load { count: 0, max: licence.max_reserved_connection },
        reserved_outside: Load { count: 0, max: licence.max_reserved_outside_connection },
        playbacks: Some(Load { count: 0, max: licence.max_playback_connection }),
        outside_playbacks: Some(Load { count: 0, max: licence.max_playback_outconnection }),
    }
}

const WRITE_EVERY: Duration = Duration::from_secs(10);

//! The files that third parties read: who is in which meeting, whether the server lives, how loaded it is (guide 3.4, 3.6, 3.9).
//!
//! In: snapshots of what runs. Out: files in the recording root, each whole, on a thread of its own; written when something changed,
//! at most once a second, and at least every ten seconds, since readers judge by their age.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing::{error, warn};

use super::opening::{self, local_time};
use super::pace::Pace;
use super::{McuSnapshot, RunningPlayback};
use crate::clock::{Clock, Now};
use crate::hit::licence::Licence;
use crate::hit::paths::{self, PathError};
use crate::hit::status::{
    self, Alive, ClusterLoad, Load, MeetingEntry, OfficeEntry, OfficeState, OfficeStatus, OwnerStatus, Participant,
    ParticipantFile, ParticipantInside, PlaybackEntry, RecordingStatus, ServerInfo,
};
use crate::library::write_whole;
use crate::meeting::room::How;
use crate::meeting::view::{OWNER, Ssrc};

/// Of somebody who took part, or of the owner who was not there.
pub(super) type IdAndName = (String, String);

/// The status file of a recording that began with `begun`, as it stands after `seconds`; `how` once it has ended.
pub(super) fn recording_status(
    begun: &RecordingStatus,
    (everybody, absent): (&BTreeMap<Ssrc, IdAndName>, Option<&IdAndName>),
    seconds: u64,
    how: Option<How>,
) -> RecordingStatus {
    let person = |(id, name): &IdAndName| Participant { user_id: id.clone(), name: name.clone(), absent: false };
    // The owner of a message, unless that one came to talk to the visitor.
    let absent = absent.filter(|_| !everybody.contains_key(&OWNER));
    let absent = absent.map(|owner| Participant { absent: true, ..person(owner) });
    RecordingStatus {
        duration: seconds,
        participants: absent.into_iter().chain(everybody.values().map(person)).collect(),
        how: how.map_or(status::How::OtherReason, |how| status::How::from_number(how.number())),
        ..begun.clone()
    }
}

/// Who is inside a meeting now (guide 3.6).
pub(super) fn participants(
    (meeting_id, guaranteed): (&str, bool),
    people: &[super::PersonSummary],
    now: Now,
) -> ParticipantFile {
    let users = people.iter().map(|person| ParticipantInside {
        name: person.name.clone(),
        user_id: person.user_id.clone(),
        invited: person.invited,
        ip: person.address.clone(),
        ticket: person.ticket,
    });
    ParticipantFile {
        meeting_id: meeting_id.to_owned(),
        guaranteed,
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
    pub(super) fn start(root: PathBuf, names: Vec<String>, clock: Clock) -> StatusFiles {
        let (desired, wanted) = watch::channel(None);
        let runtime = tokio::runtime::Handle::current();
        let thread = tokio::task::spawn_blocking(move || keep(&root, &names, wanted, (&runtime, clock)));
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

/// Meetings and who is inside; playbacks and whether they have ended.
type WhoIsWhere = Vec<(i32, Vec<Ssrc>)>;
type WhoWatches = Vec<(i32, bool)>;

/// What readers act on at once; times may lag a few seconds behind.
fn without_time(snapshot: &McuSnapshot) -> (WhoIsWhere, WhoWatches) {
    let meetings = snapshot.meetings.iter();
    let playbacks = snapshot.playbacks.iter();
    (
        meetings.map(|m| (m.session_index, m.people.iter().map(|p| p.ssrc).collect())).collect(),
        playbacks.map(|p| (p.session_index, p.end_reached)).collect(),
    )
}

fn keep(
    root: &Path,
    names: &[String],
    mut wanted: watch::Receiver<Option<Arc<Desired>>>,
    (runtime, clock): (&tokio::runtime::Handle, Clock),
) {
    let mut pace: Pace<Arc<Desired>> = Pace::default();
    let mut complained = false;
    loop {
        // The next state, or the moment at which one is due, or the end.
        let wait = pace.wait(clock.now().steady).unwrap_or(WRITE_EVERY);
        let more = runtime.block_on(async { timeout(wait, wanted.changed()).await });
        let ended = matches!(more, Ok(Err(_)));
        if matches!(more, Ok(Ok(()))) {
            wanted.borrow_and_update().iter().for_each(|desired| pace.offer(Arc::clone(desired)));
        }
        let due = if ended { pace.last() } else { pace.due(clock.now().steady) };
        if let Some(desired) = due {
            match write_all(root, names, &desired) {
                Ok(()) => complained = false,
                Err(failure) if !complained => {
                    complained = true;
                    warn!("the status files cannot be written: {failure}");
                }
                Err(_) => {}
            }
            pace.wrote(clock.now().steady);
        }
        if ended {
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

/// The same under every name (guide 3.4).
fn write_all(root: &Path, names: &[String], desired: &Desired) -> Result<(), WriteError> {
    let alive = if desired.up { Alive::Up } else { Alive::Down };
    let (owners, offices) = (owner_status(desired).to_xml(), office_status(&desired.snapshot).to_xml());
    let load = load(desired).to_text();
    for name in names {
        let mut files = [
            (paths::status_file(name)?, owners.as_str()),
            (paths::office_status_file(name)?, offices.as_str()),
            (paths::load_file(name)?, load.as_str()),
            (paths::alive_file(name)?, alive.to_text()),
        ];
        // Whoever sees the server alive finds the others true: that it is up comes last, that it is down first.
        if !desired.up {
            files.reverse();
        }
        for (path, text) in files {
            write_whole(&root.join(path), text.as_bytes())?;
        }
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
            target_bitrate: format!("{}.0Kbps", opening::MAX_BANDWIDTH / 1000),
            ..ServerInfo::default()
        }),
        meetings: desired.snapshot.meetings.iter().map(meeting_entry).collect(),
        playbacks: desired.snapshot.playbacks.iter().map(playback_entry).collect(),
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
        elapsed_logical: (meeting.elapsed + meeting.before).as_secs(),
        elapsed_physical: elapsed,
        max_participant: u32::try_from(meeting.ever_joined).unwrap_or(u32::MAX),
        owner_present: meeting.people.iter().any(|p| p.ssrc == OWNER),
        have_guest: meeting.people.iter().any(|p| p.ssrc != OWNER),
        preparation_mode: meeting.preparation,
    }
}

fn playback_entry(playback: &RunningPlayback) -> PlaybackEntry {
    PlaybackEntry {
        vid: 0,
        session_index: i64::from(playback.session_index),
        name: playback.player_name.clone(),
        player_id: playback.player_id.clone(),
        ip: playback.address.to_string(),
        elapsed: playback.elapsed.as_secs(),
        shared: playback.shared,
        end_reached: playback.end_reached,
        file_name: playback.file.display().to_string(),
        file_size: playback.file_size,
        file_duration: playback.file_duration.as_secs(),
        file_encrypted: playback.file_encrypted,
    }
}

/// Person-based offices only: an event or a message listed here would send people to a room that they do not enter (guide notes N29).
fn office_status(snapshot: &McuSnapshot) -> OfficeStatus {
    let offices = snapshot.meetings.iter().filter(|m| m.duration_min == 0 && !m.message).map(|meeting| OfficeEntry {
        owner_id: meeting.owner_id.clone(),
        status: match (meeting.people.iter().any(|p| p.ssrc != OWNER), meeting.makes_recording) {
            (true, _) => OfficeState::WithGuest,
            (false, true) => OfficeState::Recording,
            (false, false) => OfficeState::Open,
        },
        meeting_id: meeting.meeting_id.clone(),
    });
    OfficeStatus { offices: offices.collect() }
}

/// Fourteen numbers (guide 3.9). Playbacks are counted apart if the licence limits them; else they are connections like the others, and
/// their maxima are 0.
fn load(desired: &Desired) -> ClusterLoad {
    let licence = &desired.licence;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let outside = |ip: IpAddr| licence.is_outside(ip);
    let people: Vec<IpAddr> = desired
        .snapshot
        .meetings
        .iter()
        .flat_map(|meeting| &meeting.people)
        .filter_map(|person| person.address.parse().ok())
        .collect();
    let viewers: Vec<IpAddr> = desired.snapshot.playbacks.iter().map(|playback| playback.address).collect();
    let both = |apart: u32| if apart == 0 { [&people[..], &viewers[..]].concat() } else { people.clone() };
    let connections = both(licence.max_playback_connection);
    let from_outside = both(licence.max_playback_outconnection).into_iter().filter(|ip| outside(*ip)).count();
    ClusterLoad {
        meetings: Load { count: count(desired.snapshot.meetings.len()), max: licence.max_meeting },
        connections: Load { count: count(connections.len()), max: licence.max_connection },
        outside: Load { count: count(from_outside), max: licence.max_outside_connection },
        reserved: Load { count: count(desired.snapshot.reserved.places), max: licence.max_reserved_connection },
        reserved_outside: Load {
            count: count(desired.snapshot.reserved.outside),
            max: licence.max_reserved_outside_connection,
        },
        playbacks: Some(Load { count: count(viewers.len()), max: licence.max_playback_connection }),
        outside_playbacks: Some(Load {
            count: count(viewers.into_iter().filter(|ip| outside(*ip)).count()),
            max: licence.max_playback_outconnection,
        }),
    }
}

const WRITE_EVERY: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcu::{PersonSummary, RunningMeeting};

    /// Sixteen people and seven viewers, some of them from outside.
    fn busy(playbacks: (u32, u32)) -> Desired {
        let person = |n: u8| PersonSummary {
            ssrc: i32::from(n),
            user_id: String::new(),
            name: format!("n{n}"),
            invited: true,
            address: if n < 13 { format!("198.51.100.{n}") } else { format!("10.0.0.{n}") },
            ticket: false,
        };
        let viewer = |n: u8| RunningPlayback {
            session_index: i32::from(n),
            player_name: "player".into(),
            player_id: "123".into(),
            address: if n < 6 { IpAddr::from([198, 51, 100, n]) } else { IpAddr::from([10, 0, 0, n]) },
            elapsed: Duration::from_secs(507),
            shared: true,
            end_reached: true,
            file: "r.jnr".into(),
            file_size: 708_125,
            file_duration: Duration::from_secs(1298),
            file_encrypted: false,
        };
        let meeting = RunningMeeting {
            session_index: 0,
            meeting_id: "m".into(),
            title: String::new(),
            owner_id: "o".into(),
            owner_name: "O".into(),
            group: None,
            duration_min: 0,
            elapsed: Duration::ZERO,
            before: Duration::ZERO,
            event_min: 0,
            recorded: true,
            message: false,
            preparation: false,
            makes_recording: false,
            ever_joined: 16,
            people: (0..16).map(person).collect(),
        };
        let (licence, problems) = Licence::parse(
            format!(
                "max_meeting=60\nmax_connection=300\nmax_outside_connection=100\nmax_reserved_connection=10\n\
                 max_reserved_outside_connection=8\nip_range=10.0.0.0/8\nmax_playback_connection={}\n\
                 max_playback_outconnection={}\n",
                playbacks.0, playbacks.1
            )
            .as_bytes(),
        );
        assert!(problems.is_empty(), "{problems:?}");
        let snapshot =
            McuSnapshot { meetings: vec![meeting], playbacks: (0..7).map(viewer).collect(), ..McuSnapshot::default() };
        Desired { now: Clock::system().now(), licence, snapshot: Arc::new(snapshot), up: true }
    }

    #[test]
    fn playbacks_count_apart_or_among_the_connections_as_the_licence_has_it() {
        assert_eq!(load(&busy((20, 15))).to_text(), "1 60 16 300 13 100 0 10 0 8 7 20 6 15");
        assert_eq!(load(&busy((0, 0))).to_text(), "1 60 23 300 19 100 0 10 0 8 7 0 6 0");
    }

    #[test]
    fn the_status_file_tells_the_time_of_a_continued_meeting_with_and_without_its_beginning() {
        let mut desired = busy((0, 0));
        let snapshot = Arc::make_mut(&mut desired.snapshot);
        (snapshot.meetings[0].elapsed, snapshot.meetings[0].before) =
            (Duration::from_secs(303), Duration::from_secs(1200));
        let xml = owner_status(&desired).to_xml();
        assert!(xml.contains(" elapsed_second1=\"1503\" elapsed_second2=\"303\""), "{xml}");
    }

    #[test]
    fn the_status_file_has_every_attribute_of_a_playback() {
        let xml = owner_status(&busy((0, 0))).to_xml();
        let entry = "<playback vid=\"0\" session_index=\"0\" name=\"player\" playerid=\"123\" ip=\"198.51.100.0\" \
                     elapsed_second=\"507\" shared_playback=\"1\" end_reached=\"1\" file_name=\"r.jnr\" file_size=\"708125\" \
                     file_duration=\"1298\" file_encrypted=\"0\"/>";
        assert!(xml.contains(entry), "{xml}");
    }

    #[test]
    fn the_status_file_has_the_licences_numbers_and_the_values_of_each_meeting() {
        let xml = owner_status(&busy((20, 15))).to_xml();
        let info = "max_connection=\"300\" max_meeting=\"60\" max_outside_connection=\"100\" max_reserved_connection=\"10\" \
                    max_reserved_outside_connection=\"8\" ip_range=\"10.0.0.0/8\"";
        for pair in info.split_whitespace() {
            assert!(xml.contains(&format!(" {pair}")), "{pair}: {xml}");
        }
        assert!(xml.contains("target_bitrate=\"2000.0Kbps\""), "{xml}");
        for pair in ["session_index=\"0\"", "name=\"O\"", "userid=\"o\"", "meetingid=\"m\"", "max_participant=\"16\""] {
            assert!(xml.contains(&format!(" {pair}")), "{pair}: {xml}");
        }
    }

    #[test]
    fn what_events_have_reserved_is_the_seventh_and_the_ninth_number() {
        let mut desired = busy((20, 15));
        Arc::make_mut(&mut desired.snapshot).reserved = crate::office::lines::Reserved { places: 5, outside: 3 };
        assert_eq!(load(&desired).to_text(), "1 60 16 300 13 100 5 10 3 8 7 20 6 15");
    }
}

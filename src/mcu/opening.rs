//! Making a meeting's files and keys.
//!
//! In: the request that opens it. Out: everything that the meeting's task starts with. A meeting whose recording cannot be written
//! is held all the same, unrecorded (guide 3.9: meetings go on while the storage server is down).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::watch;
use tracing::error;

use super::carrying::Carried;
use super::continuing;
use super::meeting::{self, Start, Summary};
use super::random;
use super::recorder::{Files, Recorder};
use crate::clock::{Clock, Now};
use crate::hit::local_time::LocalTime;
use crate::hit::paths::{FileKind, PathError, RecordingPath};
use crate::hit::request::{Command, CommandKind, ServiceRequest};
use crate::hit::status::RecordingStatus;
use crate::meeting::room::{Charter, Codecs, Continued, Room, Terms};
use crate::meeting::view::Policy;
use crate::recording::live::LiveLock;
use crate::recording::{self, JnrWriter, LocalDate};
use crate::wire::cipher::KeyMaterial;

/// Where recordings go.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    root: PathBuf,
    local_ip: String,
    away_for: Duration,
    /// Of the licence: so many can be questioners of one meeting.
    max_questioner: usize,
    /// What is recorded is archived when it is deleted (guide 3.12).
    archives: bool,
    /// An owner may set a password for a recording (guide 3.12 disable_jnr_password).
    passwords: bool,
}

/// Why a meeting cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpeningError {
    #[error("no random bytes can be had: {0}")]
    Random(#[from] getrandom::Error),
    #[error("{0}")]
    Path(#[from] PathError),
    #[error("the thread that makes the files failed: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

impl Opening {
    pub(super) fn new(
        root: PathBuf,
        local_ip: String,
        away_for: Duration,
        max_questioner: u32,
        (archives, passwords): (bool, bool),
    ) -> Opening {
        Opening { root, local_ip, away_for, max_questioner: max_questioner as usize, archives, passwords }
    }
}

/// Makes keys and files for a meeting.
pub(super) async fn start(
    opening: Opening,
    request: ServiceRequest,
    session_index: i32,
    clock: Clock,
    summary: watch::Sender<Arc<Summary>>,
) -> Result<Start, OpeningError> {
    let key = KeyMaterial::from_parts(random()?, random()?);
    let random_id = i32::from_be_bytes(random()?) | 1;
    let now = clock.now();
    let asked = request.clone();
    let (away_for, max_questioner) = (opening.away_for, opening.max_questioner);
    let (archives, passwords) = (opening.archives, opening.passwords);
    let made = tokio::task::spawn_blocking(move || {
        let continues = beginning(&opening, &asked);
        let mut carried = Carried::read(&opening.root, &asked);
        let slides = std::mem::take(&mut carried.slides);
        let (files, mut writer) = make_files(&opening, &asked, continues.as_ref(), (session_index, now))?;
        let charter = within_licence(charter(&asked, writer.is_some(), random_id), max_questioner);
        // Everybody inside is told so; what cannot be written cannot be archived either.
        let archived = archives && charter.recorded;
        let password_can_be_set = passwords && charter.recorded;
        let continues = continues.map(Box::new);
        let charter = Charter { away_for, archived, password_can_be_set, slides, continues, ..charter };
        let safe = writer.as_mut().is_some_and(|writer| keep_beginning(writer, &charter, now));
        carried.written(safe, now);
        Ok::<_, PathError>((files, writer, charter))
    });
    let (files, writer, charter) = made.await??;
    Ok(Start {
        status: RecordingStatus { to_archive: charter.archived, ..status(&request, now, charter.recorded) },
        charter,
        absent: is_message(&request).then(|| (request.owner.id.clone(), request.owner.name.clone())),
        guaranteed: request.command.is_event() && request.command.guaranteed.is_some(),
        session_index,
        key,
        max_bandwidth: request.command.bandwidth.map_or(MAX_BANDWIDTH, |b| i32::try_from(b).unwrap_or(MAX_BANDWIDTH)),
        clock: clock.clone(),
        recorder: Recorder::start(files, writer, clock),
        summary,
    })
}

/// What the meeting goes on from, if its request says so. The front desk has seen that it can be read; if it cannot any more, a meeting
/// without its beginning is better than none.
fn beginning(opening: &Opening, request: &ServiceRequest) -> Option<Continued> {
    let read = continuing::read(&opening.root, request.command.continues()?);
    read.inspect_err(|failure| error!("the meeting does not go on from its recording: {failure}")).ok()
}

/// What a meeting takes over from others is in no record of its own: it stands in a checkpoint at the very beginning. Whether that is on
/// disk, which it is also if there is nothing to take over.
fn keep_beginning(writer: &mut JnrWriter, charter: &Charter, now: Now) -> bool {
    if charter.continues.is_none() && charter.slides.is_empty() {
        return true;
    }
    let (tick, room) = (writer.last_tick(), Room::open(charter.clone(), now));
    let kept = writer.checkpoint(tick, &meeting::checkpoint(room.view(), tick)).and_then(|()| writer.flush(now));
    kept.inspect_err(|failure| error!("what the meeting takes over cannot be recorded: {failure}")).is_ok()
}

/// What the request decides for the whole meeting; whoever loses the connection has left at once.
pub(super) fn charter(request: &ServiceRequest, recorded: bool, random_id: i32) -> Charter {
    let Terms { title, duration, autoextension, .. } = terms(request);
    let message = is_message(request);
    // Most attributes are ignored if the command is not a meeting (guide 3.1/7).
    let plain = Command::default();
    let command = if message { &plain } else { &request.command };
    let message_minutes = request.command.max_message_duration.filter(|minutes| message && *minutes > 0);
    Charter {
        meeting_id: request.meeting_id.clone(),
        title,
        duration,
        autoextension,
        recorded,
        random_id,
        away_for: Duration::ZERO,
        policy: Policy {
            all_questioner: command.all_questioner,
            holder_video: command.joinnet_holder_video,
            total_bandwidth: command.total_av_bandwidth.map_or(0, |b| i32::try_from(b).unwrap_or(i32::MAX)),
            ..Policy::default()
        },
        // A guest who opens it comes to meet (guide table 2).
        preparation: (command.prepares() && request.guest.is_none()).then(|| terms(request)),
        message_limit: message_minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60)),
        codecs: Codecs::preferred(&command.audio_codec_preference, &command.video_codec_preference),
        update_url: command.joinnet_auto_update_url.clone().filter(|url| !url.is_empty()),
        default_page: command.default_joint_browsing_page.clone(),
        ..Charter::default()
    }
}

/// What an owner may set anew who makes a preparation a meeting (guide 3.1, exceptions).
pub(super) fn terms(request: &ServiceRequest) -> Terms {
    let minutes = request.command.duration.filter(|_| request.command.is_event());
    Terms {
        title: title(request).to_owned(),
        duration: minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60)),
        autoextension: request.command.autoextension,
        guaranteed: request.command.is_event() && request.command.guaranteed.is_some(),
    }
}

/// Whether the request opens a message for the owner.
pub(super) fn is_message(request: &ServiceRequest) -> bool {
    request.command.kind == CommandKind::LeaveMessage
}

/// Where all are questioners, no more can come than can be one (guide 3.1/7 all_questioner).
fn within_licence(charter: Charter, max_questioner: usize) -> Charter {
    match charter.policy.all_questioner {
        true => Charter { max_people: charter.max_people.min(max_questioner), ..charter },
        false => charter,
    }
}

/// The status file as far as it is known at the start.
pub(super) fn status(request: &ServiceRequest, now: Now, recorded: bool) -> RecordingStatus {
    RecordingStatus {
        start_utc: now.unix_seconds(),
        start_text: local_time(now).start_time(),
        recorded,
        title: title(request).to_owned(),
        ..RecordingStatus::default()
    }
}

/// The meeting's folder, its lock, and its JNR if one is wanted and can be made.
pub(super) fn make_files(
    opening: &Opening,
    request: &ServiceRequest,
    continues: Option<&Continued>,
    (session_index, now): (i32, Now),
) -> Result<(Files, Option<JnrWriter>), PathError> {
    let group = request.group.as_ref().map(|group| group.id.as_str());
    let (started, index) = (local_time(now), u32::try_from(session_index).unwrap_or_default());
    let place =
        |index| RecordingPath::new(group, &request.owner.id, &request.meeting_id, &opening.local_ip, started, index);
    let mut path = place(index)?;
    let folder = opening.root.join(path.directory());
    if let Err(failure) = std::fs::create_dir_all(&folder) {
        error!("the recording folder {} cannot be made: {failure}", folder.display());
    }
    // A number comes again after 65,536 meetings; the six digits of the name have room to step aside within a minute.
    for step in 1..STEPS {
        let taken = |kind| opening.root.join(path.file(kind)).exists();
        if !taken(FileKind::Jnr) && !taken(FileKind::Xml) && !taken(FileKind::XmlInternal) {
            break;
        }
        path = place(index + step * 65_536)?;
    }
    let jnr = opening.root.join(path.file(FileKind::Jnr));
    let writer = if request.command.recording { create(&jnr, request, continues, (started, now)) } else { None };
    // The writer holds the lock of a recorded meeting; an unrecorded one needs it to be told from a dead one.
    let lock = if writer.is_none() { lock(&jnr) } else { None };
    let (xml, internal) = (path.file(FileKind::Xml), path.file(FileKind::XmlInternal));
    let files = Files {
        xml: opening.root.join(xml),
        internal: opening.root.join(internal),
        participants: opening.root.join(path.participants()),
        lock,
    };
    Ok((files, writer))
}

fn lock(jnr: &Path) -> Option<LiveLock> {
    LiveLock::acquire(jnr).unwrap_or_else(|failure| {
        error!("the meeting's lock cannot be taken: {failure}");
        None
    })
}

fn create(
    path: &Path,
    request: &ServiceRequest,
    continues: Option<&Continued>,
    (started, now): (LocalTime, Now),
) -> Option<JnrWriter> {
    let LocalTime { year, month, day, hour, minute, .. } = started;
    let start = recording::Start {
        started_unix_ms: now.office,
        local: LocalDate { year, month, day, hour, minute },
        start_tick: continues.map_or(0, |before| u32::try_from(before.elapsed.as_millis()).unwrap_or(u32::MAX)),
        bandwidth_kbit: request.command.bandwidth.map_or(0, |b| b / 1000),
        owner_id: request.owner.id.clone(),
        owner_name: request.owner.name.clone(),
        group: request.group.as_ref().map(|group| group.id.clone()).unwrap_or_default(),
        meeting_id: request.meeting_id.clone(),
        title: title(request).to_owned(),
    };
    match JnrWriter::create(path, &start) {
        Ok(writer) => Some(writer),
        Err(failure) => {
            error!("the meeting goes on unrecorded: {failure}");
            None
        }
    }
}

fn title(request: &ServiceRequest) -> &str {
    request.meeting_title.as_deref().unwrap_or_default()
}

/// The MCU's local time: what names of recordings and status files carry (guide notes N22).
pub(super) fn local_time(now: Now) -> LocalTime {
    let moment = jiff::Timestamp::from_millisecond(now.office).unwrap_or_default();
    LocalTime::from_unix(now.unix_seconds(), TimeZone::system().to_offset(moment).seconds())
}

/// So many names are tried.
const STEPS: u32 = 15;

/// What a client may send when the request says nothing (wire/01 section 7.1: clamped to 5,000,000).
pub(super) const MAX_BANDWIDTH: i32 = 2_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_knows_nothing_of_what_is_for_meetings() {
        let mut request = ServiceRequest::new("olive", "Olive", "m", 1);
        request.command = Command::new(CommandKind::LeaveMessage);
        let command = &mut request.command;
        (command.duration, command.autoextension, command.all_questioner) = (Some(30), false, true);
        command.default_joint_browsing_page = Some("http://a/".into());
        command.max_message_duration = Some(7);
        let message = charter(&request, true, 1);
        assert_eq!((message.duration, message.default_page.as_deref()), (None, None));
        assert!(!message.policy.all_questioner);
        assert_eq!(message.message_limit, Some(Duration::from_secs(7 * 60)));
        request.command.kind = CommandKind::Meeting;
        let meeting = charter(&request, true, 1);
        assert_eq!(meeting.duration, Some(Duration::from_secs(30 * 60)));
        assert_eq!((meeting.default_page.as_deref(), meeting.message_limit), (Some("http://a/"), None));
        assert!(meeting.policy.all_questioner && !meeting.autoextension);
    }
}

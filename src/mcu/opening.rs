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

use super::meeting::{Start, Summary};
use super::random;
use super::recorder::{Files, Recorder};
use crate::clock::{Clock, Now};
use crate::hit::paths::{self, RecordingName};
use crate::hit::request::ServiceRequest;
use crate::hit::status::RecordingStatus;
use crate::meeting::room::Charter;
use crate::recording::{self, JnrWriter, LocalDate};
use crate::wire::cipher::KeyMaterial;

/// Where recordings go.
#[derive(Clone, Debug)]
pub(super) struct Opening {
    root: PathBuf,
    local_ip: String,
}

/// Why a meeting cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpeningError {
    #[error("no random bytes can be had: {0}")]
    Random(#[from] getrandom::Error),
    #[error("{0}")]
    Path(#[from] paths::PathError),
    #[error("the thread that makes the files failed: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

impl Opening {
    pub(super) fn new(root: PathBuf, local_ip: String) -> Opening {
        Opening { root, local_ip }
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
    let event = request.command.duration.filter(|minutes| *minutes > 0);
    let wanted = request.command.recording;
    let asked = request.clone();
    let (files, writer) =
        tokio::task::spawn_blocking(move || make_files(&opening, &asked, session_index, now)).await??;
    let recorded = wanted && writer.is_some();
    let status = RecordingStatus::begun(now.unix_seconds(), &local_text(now), recorded, title(&request));
    Ok(Start {
        charter: Charter {
            meeting_id: request.meeting_id.clone(),
            title: title(&request).to_owned(),
            duration: event.map(|minutes| Duration::from_secs(u64::from(minutes) * 60)),
            autoextension: request.command.autoextension,
            recorded,
            random_id,
        },
        session_index,
        key,
        max_bandwidth: request.command.bandwidth.map_or(MAX_BANDWIDTH, |b| i32::try_from(b).unwrap_or(MAX_BANDWIDTH)),
        clock,
        recorder: Recorder::start(files, writer, clock),
        status,
        summary,
    })
}

/// The meeting's folder, and its JNR if one is wanted and can be made.
fn make_files(
    opening: &Opening,
    request: &ServiceRequest,
    session_index: i32,
    now: Now,
) -> Result<(Files, Option<JnrWriter>), paths::PathError> {
    let group = request.group.as_ref().map(|group| group.id.as_str());
    let folder = opening.root.join(paths::recording_folder(group, &request.owner.id, &request.meeting_id)?);
    let local = local_date(now);
    if let Err(failure) = std::fs::create_dir_all(&folder) {
        error!("the recording folder {} cannot be made: {failure}", folder.display());
    }
    let index = u32::try_from(session_index).unwrap_or_default();
    // A number may come again after 65,536 meetings; the file's six digits have room to step aside.
    let mut writer = None;
    let mut name = file_name(opening, &local, index);
    for step in 0..15 {
        name = file_name(opening, &local, index + step * 65_536);
        if folder.join(name.xml()).exists() || folder.join(name.jnr()).exists() || folder.join(name.xml_internal()).exists() {
            continue;
        }
        if request.command.recording {
            writer = create(&folder.join(name.jnr()), request, &local, now);
        }
        break;
    }
    let files = Files { xml: folder.join(name.xml()), internal: folder.join(name.xml_internal()) };
    Ok((files, writer))
}

fn create(path: &Path, request: &ServiceRequest, local: &LocalDate, now: Now) -> Option<JnrWriter> {
    let start = recording::Start {
        started_unix_ms: now.office,
        local: *local,
        start_tick: 0,
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

fn file_name(opening: &Opening, local: &LocalDate, index: u32) -> RecordingName {
    RecordingName {
        ip: opening.local_ip.clone(),
        year: local.year,
        month: local.month,
        day: local.day,
        hour: local.hour,
        minute: local.minute,
        index,
    }
}

fn title(request: &ServiceRequest) -> &str {
    request.meeting_title.as_deref().unwrap_or_default()
}

/// The MCU's local time: what names of recordings carry (guide notes N22).
fn zoned(now: Now) -> jiff::Zoned {
    jiff::Timestamp::from_millisecond(now.office).unwrap_or_default().to_zoned(TimeZone::system())
}

fn local_date(now: Now) -> LocalDate {
    let time = zoned(now);
    let narrow = |n: i8| u8::try_from(n).unwrap_or_default();
    LocalDate {
        year: u16::try_from(time.year()).unwrap_or_default(),
        month: narrow(time.month()),
        day: narrow(time.day()),
        hour: narrow(time.hour()),
        minute: narrow(time.minute()),
    }
}

/// `20020426 15:51:00`, as the guide's status file has it (3.5).
fn local_text(now: Now) -> String {
    zoned(now).strftime("%Y%m%d %H:%M:%S").to_string()
}

/// What a client may send when the request says nothing (wire/01 section 7.1: clamped to 5,000,000).
const MAX_BANDWIDTH: i32 = 2_000_000;

//! The recording that a request means, and whether an event has had its time (guide 3.1/7, 3.5; notes N22, N31).
//!
//! In: a recording root and an opened request. Out: the path of a JNR within that root. Reads names and status files.

use std::fs;
use std::path::{Path, PathBuf};

use super::listing::read_status;
use crate::hit::paths::{self, FileKind, PathError};
use crate::hit::request::{RecordingReference, ServiceRequest};

/// Why a recording is not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// An id that cannot be a folder.
    #[error(transparent)]
    Path(#[from] PathError),
    /// There is no such recording.
    #[error("there is no recording {what} of meeting {meeting:?} of owner {owner:?}")]
    Missing {
        /// Which: `command@file`, or the newest.
        what: String,
        /// The meeting's id.
        meeting: String,
        /// The owner's id.
        owner: String,
    },
}

/// The JNR of a request: the file that it names, else the newest of the meeting.
///
/// # Errors
/// See [`FindError`].
pub fn recording_of(root: &Path, request: &ServiceRequest) -> Result<PathBuf, FindError> {
    let group = request.group.as_ref().map(|group| group.id.as_str());
    named_or_newest(root, group, (&request.owner.id, &request.meeting_id), request.command.file.as_deref())
}

/// The JNR that a request refers to (guide 3.1/7, continuemeeting and transferslide): the file that is named, else the newest.
///
/// # Errors
/// See [`FindError`].
pub fn recording_referred_to(root: &Path, reference: &RecordingReference) -> Result<PathBuf, FindError> {
    let RecordingReference { user_id, group_id, meeting_id, file } = reference;
    named_or_newest(root, group_id.as_deref(), (user_id, meeting_id), file.as_deref())
}

fn named_or_newest(
    root: &Path,
    group: Option<&str>,
    (owner, meeting): (&str, &str),
    file: Option<&str>,
) -> Result<PathBuf, FindError> {
    let missing = |what: String| FindError::Missing { what, meeting: meeting.to_owned(), owner: owner.to_owned() };
    if let Some(file) = file {
        let path = root.join(paths::named_file(group, owner, meeting, file, FileKind::Jnr)?);
        // A link could lead out of the root.
        let there = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file());
        return if there { Ok(path) } else { Err(missing(format!("{file:?}"))) };
    }
    let folder = root.join(paths::meeting_directory(group, owner, meeting)?);
    newest(&folder, "jnr").into_iter().next().ok_or_else(|| missing("at all".to_owned()))
}

/// Whether the newest session of a meeting, preparations apart, was ended by its owner or by its time.
pub fn event_is_over(root: &Path, request: &ServiceRequest) -> bool {
    let group = request.group.as_ref().map(|group| group.id.as_str());
    let Ok(folder) = paths::meeting_directory(group, &request.owner.id, &request.meeting_id) else { return false };
    let statuses =
        newest(&root.join(folder), "xml").into_iter().take(LOOK_AT).filter_map(|path| read_status(&path).ok());
    statuses.into_iter().find(|status| !status.preparation_mode).is_some_and(|status| status.how.is_final())
}

/// The latest preparation of a request's event that has a recording and does not run any more (guide 3.7).
pub fn last_preparation(root: &Path, request: &ServiceRequest) -> Option<PathBuf> {
    let group = request.group.as_ref().map(|group| group.id.as_str());
    let folder = paths::meeting_directory(group, &request.owner.id, &request.meeting_id).ok()?;
    let recordings = newest(&root.join(folder), "jnr").into_iter().take(LOOK_AT);
    // One that runs, or broke down and was not finished yet, has no status.
    recordings.into_iter().find(|jnr| is_preparation(jnr))
}

/// Whether the folder of a request's meeting holds recordings of meetings already (guide 3.1/7 exclusive_recording). Those of
/// preparations do not count: an event that was prepared could never be held.
pub fn has_recordings(root: &Path, request: &ServiceRequest) -> bool {
    let group = request.group.as_ref().map(|group| group.id.as_str());
    let Ok(folder) = paths::meeting_directory(group, &request.owner.id, &request.meeting_id) else { return false };
    newest(&root.join(folder), "jnr").iter().any(|jnr| !is_preparation(jnr))
}

fn is_preparation(jnr: &Path) -> bool {
    read_status(&jnr.with_extension("xml")).is_ok_and(|status| status.preparation_mode)
}

/// The regular files of a folder with that extension, newest first by the date and number at the end of their names.
fn newest(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(MAX_FILES).flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())).map(|entry| entry.path());
    let mut files: Vec<(String, PathBuf)> = files
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let stamp = stem.char_indices().nth_back(STAMP - 1).map_or(0, |(at, _)| at);
            (stem.get(stamp..).unwrap_or_default().to_owned(), path)
        })
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    files.into_iter().map(|(_, path)| path).collect()
}

/// `YYYY_MM_DD_HH_MM_SSSSSS`.
const STAMP: usize = 23;

/// Files of one meeting that are looked at.
const MAX_FILES: usize = 100_000;

/// Preparations that may be passed over.
const LOOK_AT: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::status::{How, RecordingStatus};

    fn request(file: Option<&str>) -> ServiceRequest {
        let mut request = ServiceRequest::new("olive", "Olive", "m", 1);
        request.command.file = file.map(str::to_owned);
        request
    }

    fn put(root: &Path, name: &str, how: Option<How>) {
        let folder = root.join("_user/olive/m");
        fs::create_dir_all(&folder).unwrap();
        let text = how.map_or_else(String::new, |how| RecordingStatus { how, ..RecordingStatus::default() }.to_xml());
        fs::write(folder.join(name), text).unwrap();
    }

    #[test]
    fn without_a_name_the_newest_is_meant_whichever_server_recorded_it() {
        let root = tempfile::tempdir().unwrap();
        assert!(matches!(recording_of(root.path(), &request(None)), Err(FindError::Missing { .. })));
        put(root.path(), "_recording_9.9.9.9_2026_01_01_10_00_000001.jnr", None);
        put(root.path(), "_recording_1.1.1.1_2026_01_02_10_00_000001.jnr", None);
        let found = recording_of(root.path(), &request(None)).unwrap();
        assert!(found.ends_with("_recording_1.1.1.1_2026_01_02_10_00_000001.jnr"));
        let named = recording_of(root.path(), &request(Some("_recording_9.9.9.9_2026_01_01_10_00_000001"))).unwrap();
        assert!(named.ends_with("_recording_9.9.9.9_2026_01_01_10_00_000001.jnr"));
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_meetings_folder() {
        let root = tempfile::tempdir().unwrap();
        for name in ["../x", "/etc/passwd", "a/b", ".."] {
            assert!(matches!(recording_of(root.path(), &request(Some(name))), Err(FindError::Path(_))), "{name}");
        }
    }

    #[test]
    fn an_event_is_over_by_its_newest_session() {
        let root = tempfile::tempdir().unwrap();
        assert!(!event_is_over(root.path(), &request(None)));
        put(root.path(), "_recording_1.1.1.1_2026_01_01_10_00_000001.xml", Some(How::TimerOver));
        assert!(event_is_over(root.path(), &request(None)));
        put(root.path(), "_recording_1.1.1.1_2026_01_02_10_00_000001.xml", Some(How::ServerShutdown));
        assert!(!event_is_over(root.path(), &request(None)));
    }

    #[test]
    fn a_reference_means_the_newest_of_its_own_tree_or_the_file_that_it_names() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "_recording_1.1.1.1_2026_01_01_10_00_000001.jnr", None);
        put(root.path(), "_recording_1.1.1.1_2026_01_02_10_00_000001.jnr", None);
        let group = root.path().join("_group/g/olive/m");
        fs::create_dir_all(&group).unwrap();
        fs::write(group.join("in_group.jnr"), "").unwrap();
        let reference = |group: Option<&str>, file: Option<&str>| RecordingReference {
            user_id: "olive".into(),
            group_id: group.map(str::to_owned),
            meeting_id: "m".into(),
            file: file.map(str::to_owned),
        };
        let found = |reference| recording_referred_to(root.path(), &reference).unwrap();
        assert!(found(reference(None, None)).ends_with("_recording_1.1.1.1_2026_01_02_10_00_000001.jnr"));
        let older = "_recording_1.1.1.1_2026_01_01_10_00_000001";
        assert!(found(reference(None, Some(older))).ends_with(format!("{older}.jnr")));
        assert!(found(reference(Some("g"), None)).ends_with("_group/g/olive/m/in_group.jnr"));
        assert!(recording_referred_to(root.path(), &reference(Some("h"), None)).is_err());
    }

    #[test]
    fn a_folder_has_recordings_when_one_is_of_a_meeting() {
        let root = tempfile::tempdir().unwrap();
        assert!(!has_recordings(root.path(), &request(None)));
        put(root.path(), "_recording_1.1.1.1_2026_01_01_10_00_000001.xml", Some(How::EmptyRoom));
        assert!(!has_recordings(root.path(), &request(None)), "a meeting that was not recorded");
        let folder = root.path().join("_user/olive/m");
        let prepared = RecordingStatus { preparation_mode: true, ..RecordingStatus::default() };
        fs::write(folder.join("prepared.jnr"), "").unwrap();
        fs::write(folder.join("prepared.xml"), prepared.to_xml()).unwrap();
        assert!(!has_recordings(root.path(), &request(None)), "a preparation");
        put(root.path(), "_recording_1.1.1.1_2026_01_01_10_00_000001.jnr", None);
        assert!(has_recordings(root.path(), &request(None)));
    }
}

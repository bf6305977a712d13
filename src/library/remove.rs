//! Deleting a recording, or putting it away where it is to be archived (guide 3.12; notes N41, N42).
//!
//! In: the path of a JNR that [`super::find`] gave, the time. Out: the JNR and its XML are gone, or have their archived names.

use std::fs;
use std::io;
use std::path::Path;

use super::listing::read_status;
use crate::clock::Now;
use crate::recording::live;

/// Why a recording is still there.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// Its meeting runs.
    #[error("the recording is still being made: end the meeting first")]
    Live,
    /// The disk says no.
    #[error("the recording cannot be removed: {0}")]
    Io(#[from] io::Error),
}

/// Removes a recording and its status file; one whose people were told that it is archived is renamed. Blocking.
///
/// # Errors
/// See [`RemoveError`].
pub fn remove(jnr: &Path, now: Now) -> Result<(), RemoveError> {
    if live::is_live(jnr) {
        return Err(RemoveError::Live);
    }
    let xml = jnr.with_extension("xml");
    let archived = read_status(&xml).is_ok_and(|status| status.to_archive);
    let seconds = now.unix_seconds();
    // The recording first: what is left of a failure is a status without a recording, which is a list's usual sight.
    for (path, kind) in [(jnr, "jnr"), (&xml, "xml")] {
        let done = match archived {
            true => fs::rename(path, path.with_extension(format!("archive_{kind}_{seconds}"))),
            false => fs::remove_file(path),
        };
        match done {
            Err(failure) if kind == "xml" && failure.kind() == io::ErrorKind::NotFound => {}
            done => done?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hit::status::RecordingStatus;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn put(folder: &Path, to_archive: bool) -> std::path::PathBuf {
        let jnr = folder.join("test.jnr");
        fs::write(&jnr, b"x").unwrap();
        let status = RecordingStatus { to_archive, ..RecordingStatus::default() };
        fs::write(folder.join("test.xml"), status.to_xml()).unwrap();
        jnr
    }

    #[test]
    fn a_deleted_recording_goes_with_its_status_file_unless_it_is_to_be_archived() {
        let folder = tempfile::tempdir().unwrap();
        let now = Now { office: 1_477_579_954_000, ..Now::default() };
        remove(&put(folder.path(), false), now).unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
        remove(&put(folder.path(), true), now).unwrap();
        assert_eq!(names(folder.path()), ["test.archive_jnr_1477579954", "test.archive_xml_1477579954"]);
    }

    #[test]
    fn a_recording_that_is_still_being_made_stays() {
        let folder = tempfile::tempdir().unwrap();
        let jnr = put(folder.path(), false);
        let lock = live::LiveLock::acquire(&jnr).unwrap().unwrap();
        assert!(matches!(remove(&jnr, Now::default()), Err(RemoveError::Live)));
        lock.release().unwrap();
        remove(&jnr, Now::default()).unwrap();
        assert!(!jnr.exists());
    }
}

//! The status files of a recording root as they are on disk (guide 3.4 to 3.6, 3.9).
//!
//! In: a root, and the folders of meetings that are open. Out: names, moments and bytes. Reads only, follows no link, and takes no more
//! than [`MAX_FILES`] files of [`MAX_STATUS`] bytes. Blocking.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::hit::status::MAX_STATUS;
use crate::hit::status::explain::StatusKind;

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusFile {
    /// Where it is.
    pub path: PathBuf,
    /// Which of the files it is.
    pub kind: StatusKind,
    /// When it was written, if the system says it.
    pub written: Option<SystemTime>,
    /// What it holds; one byte more than [`MAX_STATUS`] where it is too long.
    pub bytes: Vec<u8>,
}

/// The server's files at the top of a root, then the participant files in these folders of meetings, each sorted by kind and name. A
/// file that goes away meanwhile is left out.
///
/// # Errors
/// When the root cannot be read.
pub fn status_files(root: &Path, meetings: &[PathBuf]) -> io::Result<Vec<StatusFile>> {
    let mut found = in_folder(root)?;
    for folder in meetings {
        // There is none before somebody has come in.
        found.extend(in_folder(&folder.join("participant")).unwrap_or_default());
    }
    found.truncate(MAX_FILES);
    Ok(found)
}

/// One status file, or the one that belongs to a recording.
///
/// # Errors
/// When it cannot be read, or its name is none of a status file.
pub fn status_file(path: &Path) -> io::Result<StatusFile> {
    let beside = [path.to_owned(), path.with_extension("xml"), path.with_extension("xml.internal")];
    let kind = |path: &Path| path.file_name().and_then(|name| StatusKind::of(&name.to_string_lossy()));
    let there = beside.iter().filter_map(|path| Some((path, kind(path)?))).find(|(path, _)| path.is_file());
    let Some((path, kind)) = there else {
        let what = format!("there is no status file {} and none beside it", path.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, what));
    };
    read(path, kind)
}

fn in_folder(folder: &Path) -> io::Result<Vec<StatusFile>> {
    let mut known: Vec<(StatusKind, PathBuf)> = fs::read_dir(folder)?
        .flatten()
        .take(MAX_LOOKED_AT)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .filter_map(|entry| Some((StatusKind::of(&entry.file_name().to_string_lossy())?, entry.path())))
        .collect();
    known.sort();
    Ok(known.into_iter().take(MAX_FILES).filter_map(|(kind, path)| read(&path, kind).ok()).collect())
}

fn read(path: &Path, kind: StatusKind) -> io::Result<StatusFile> {
    let file = fs::File::open(path)?;
    let written = file.metadata().and_then(|about| about.modified()).ok();
    let mut bytes = Vec::new();
    file.take(MAX_STATUS as u64 + 1).read_to_end(&mut bytes)?;
    Ok(StatusFile { path: path.to_owned(), kind, written, bytes })
}

/// So many files are read.
pub const MAX_FILES: usize = 200;

/// So many names of a folder are looked at.
const MAX_LOOKED_AT: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn the_servers_files_come_first_then_those_of_open_meetings() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "_status_ip_127.0.0.1.xml", "<thirdparty/>");
        put(root.path(), "_cluster_ip_127.0.0.1.txt", "1");
        put(root.path(), ".writing-7", "half");
        put(root.path(), "_user/olive/m/participant/_participant_127.0.0.1_x.xml", "<participant/>");
        put(root.path(), "_user/olive/m/_recording_127.0.0.1_x.xml", "<status/>");
        let open = root.path().join("_user/olive/m");
        let found = status_files(root.path(), &[open, root.path().join("nowhere")]).unwrap();
        let kinds: Vec<StatusKind> = found.iter().map(|file| file.kind).collect();
        assert_eq!(kinds, [StatusKind::Alive, StatusKind::Owners, StatusKind::Participants]);
        assert_eq!(found[0].bytes, b"1");
        assert!(found[0].written.is_some());
        assert!(status_files(&root.path().join("nowhere"), &[]).is_err());
    }

    #[test]
    fn the_status_of_a_recording_is_found_by_either_name_also_while_it_is_made() {
        let root = tempfile::tempdir().unwrap();
        let jnr = root.path().join("_recording_a.jnr");
        assert_eq!(status_file(&jnr).unwrap_err().kind(), io::ErrorKind::NotFound);
        put(root.path(), "_recording_a.xml.internal", "<status/>");
        assert_eq!(status_file(&jnr).unwrap().path, root.path().join("_recording_a.xml.internal"));
        put(root.path(), "_recording_a.xml", "<status/>");
        assert_eq!(status_file(&jnr).unwrap().path, root.path().join("_recording_a.xml"));
        assert_eq!(status_file(&root.path().join("_recording_a.xml")).unwrap().kind, StatusKind::Recording);
        put(root.path(), "notes.xml", "<status/>");
        assert!(status_file(&root.path().join("notes.xml")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_out_of_the_root_is_not_followed() {
        let outside = tempfile::tempdir().unwrap();
        put(outside.path(), "secret", "1");
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), root.path().join("_cluster_ip_1.txt")).unwrap();
        assert_eq!(status_files(root.path(), &[]).unwrap(), []);
    }

    #[test]
    fn no_more_is_taken_of_a_long_file_than_shows_that_it_is_too_long() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "_cluster_ip_1.txt", &"1".repeat(MAX_STATUS + 100));
        assert_eq!(status_files(root.path(), &[]).unwrap()[0].bytes.len(), MAX_STATUS + 1);
    }
}

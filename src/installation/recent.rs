//! Recently used jnj files, kept in the installation's folder.
//!
//! In: the path of a jnj that was joined with, and what it leads to. Out: the newest first, also after a restart. What the file holds
//! besides is not kept: a userinfo is a credential.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tracing::warn;

use super::snapshot::{MAX_RECENT, RecentJnj};
use crate::library::write_whole;

/// The list.
#[derive(Debug)]
pub(super) struct Recent {
    file: PathBuf,
    entries: Vec<RecentJnj>,
}

/// An entry as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Kept {
    path: PathBuf,
    what: String,
    server: String,
    playback: bool,
    used: i64,
}

impl Recent {
    /// The list of an installation; empty where there is none or it cannot be read.
    pub(super) fn open(installation: &Path) -> Recent {
        let file = installation.join(FILE);
        let small = fs::metadata(&file).is_ok_and(|found| found.len() <= MAX_FILE);
        let read = small.then(|| fs::read(&file).ok()).flatten();
        let kept: Vec<Kept> = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        let entries = kept.into_iter().take(MAX_RECENT).map(|Kept { path, what, server, playback, used }| RecentJnj {
            path,
            what,
            server,
            playback,
            used,
        });
        Recent { entries: entries.collect(), file }
    }

    /// The newest first.
    pub(super) fn entries(&self) -> &[RecentJnj] {
        &self.entries
    }

    /// Puts an entry to the front.
    pub(super) fn used(&mut self, entry: RecentJnj) {
        self.entries.retain(|known| known.path != entry.path);
        self.entries.insert(0, entry);
        self.entries.truncate(MAX_RECENT);
        self.keep();
    }

    /// Forgets a file.
    pub(super) fn forget(&mut self, path: &Path) {
        self.entries.retain(|known| known.path != path);
        self.keep();
    }

    fn keep(&self) {
        let kept: Vec<Kept> = self
            .entries
            .iter()
            .map(|RecentJnj { path, what, server, playback, used }| Kept {
                path: path.clone(),
                what: what.clone(),
                server: server.clone(),
                playback: *playback,
                used: *used,
            })
            .collect();
        let written = serde_json::to_vec_pretty(&kept)
            .map_err(std::io::Error::from)
            .and_then(|json| write_whole(&self.file, &json));
        if let Err(failure) = written {
            warn!("the list of recent files cannot be kept: {failure}");
        }
    }
}

const FILE: &str = "recent.json";
const MAX_FILE: u64 = 256 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(n: usize) -> RecentJnj {
        RecentJnj {
            path: PathBuf::from(format!("/jnj/{n}.jnj")),
            what: "會議".into(),
            server: "127.0.0.1:2333".into(),
            playback: n % 2 == 1,
            used: 1_700_000_000_000,
        }
    }

    #[test]
    fn the_newest_are_kept_each_once_and_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut recent = Recent::open(folder.path());
        for n in 0..20 {
            recent.used(entry(n));
        }
        recent.used(entry(15));
        let again = Recent::open(folder.path());
        assert_eq!(again.entries(), recent.entries());
        assert_eq!(again.entries().len(), MAX_RECENT);
        assert_eq!((&again.entries()[0], &again.entries()[1]), (&entry(15), &entry(19)));
    }

    #[test]
    fn a_forgotten_file_is_gone_and_a_broken_list_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut recent = Recent::open(folder.path());
        recent.used(entry(1));
        recent.forget(&entry(1).path);
        assert!(Recent::open(folder.path()).entries().is_empty());
        for broken in [&b"{"[..], b"[{\"path\":1}]", b"\xff"] {
            fs::write(folder.path().join(FILE), broken).unwrap();
            assert!(Recent::open(folder.path()).entries().is_empty());
        }
    }
}

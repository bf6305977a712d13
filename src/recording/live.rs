//! Who is recording now.
//!
//! In: the path of a JNR. Out: whether some process is writing it. A process number would lie after a restart, and a lock on the
//! JNR itself would keep readers out on Windows, where locks bind everybody. So the writer holds an exclusive lock on `X.jnr.lock`
//! from before `X.jnr` exists until after it is finalised. The operating system drops the lock with the process, however that dies.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The right to write one JNR. Dropped without [`LiveLock::release`], it leaves its file behind, unlocked, as a crash does.
#[derive(Debug)]
pub struct LiveLock {
    file: File,
    path: PathBuf,
}

impl LiveLock {
    /// Takes the lock. `Ok(None)`: another one records.
    pub fn acquire(jnr: &Path) -> io::Result<Option<LiveLock>> {
        let path = lock_path(jnr);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(LiveLock { file, path })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Ends the recording: nobody can take this recording for a live or an unfinished one any more.
    pub fn release(self) -> io::Result<()> {
        // Removed while still held: in the other order, another one's fresh lock could be removed.
        let removed = std::fs::remove_file(&self.path);
        self.file.unlock()?;
        removed
    }
}

/// Whether somebody is writing this JNR. Needs read access only.
pub fn is_live(jnr: &Path) -> bool {
    // What cannot be opened cannot be locked either; a reader then takes the file for one that nobody writes.
    let Ok(file) = File::open(lock_path(jnr)) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// `X.jnr.lock` for `X.jnr`.
pub fn lock_path(jnr: &Path) -> PathBuf {
    let mut name = OsString::from(jnr);
    name.push(".lock");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_live_while_its_lock_is_held_and_not_after_a_crash() {
        let folder = tempfile::tempdir().unwrap();
        let jnr = folder.path().join("a.jnr");
        assert!(!is_live(&jnr));
        let lock = LiveLock::acquire(&jnr).unwrap().unwrap();
        assert!(is_live(&jnr));
        assert!(LiveLock::acquire(&jnr).unwrap().is_none());
        drop(lock);
        assert!(!is_live(&jnr) && lock_path(&jnr).exists());
        LiveLock::acquire(&jnr).unwrap().unwrap().release().unwrap();
        assert!(!lock_path(&jnr).exists());
    }
}

//! Removing what the archive has kept for long enough (guide 3.12; notes N41, N42).
//!
//! In: a recording root, how many days a deleted recording is kept, the time. Out: the archived files that were deleted longer ago are
//! gone; nothing else is touched. The names alone decide: a file of another form stays, however old, and no link is followed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::tree::{self, Trouble};
use crate::clock::Now;

/// What was removed.
#[derive(Debug, Default)]
pub struct Expired {
    /// The files that are gone.
    pub removed: Vec<PathBuf>,
    /// What could not be read or removed; the next time tries again.
    pub troubles: Vec<Trouble>,
}

/// Removes the archived files below `root` that were deleted more than `days` days ago, until `go_on` says no. With 0 days nothing is
/// removed: the setting is off. Blocking.
pub fn remove_expired(root: &Path, days: u32, now: Now, go_on: impl Fn() -> bool) -> Expired {
    let mut expired = Expired::default();
    // A clock before 1970 has nothing that is old.
    let now = u64::try_from(now.unix_seconds()).unwrap_or(0);
    if days == 0 {
        return expired;
    }
    let kept = u64::from(days) * DAY;
    let mut failed = Vec::new();
    let unread = tree::each_archived(root, |archived| {
        if now.saturating_sub(archived.deleted) > kept {
            match fs::remove_file(&archived.path) {
                Ok(()) => expired.removed.push(archived.path),
                // Another server of this root was faster.
                Err(failure) if failure.kind() == io::ErrorKind::NotFound => {}
                Err(failure) if failed.len() < MAX_TROUBLES => {
                    failed.push(Trouble { path: archived.path, reason: failure.to_string() });
                }
                Err(_) => {}
            }
        }
        go_on()
    });
    expired.troubles = unread.into_iter().chain(failed).collect();
    expired
}

const DAY: u64 = 24 * 3600;

/// More say nothing new.
const MAX_TROUBLES: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    const DELETED: i64 = 1_477_579_954;

    fn at(seconds: i64) -> Now {
        Now { office: seconds * 1000, ..Now::default() }
    }

    fn put(root: &Path, path: &str) -> PathBuf {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"x").unwrap();
        path
    }

    fn removed(root: &Path, days: u32, now: i64) -> usize {
        let expired = remove_expired(root, days, at(now), || true);
        assert!(expired.troubles.is_empty(), "{expired:?}");
        expired.removed.len()
    }

    #[test]
    fn what_was_deleted_longer_ago_than_the_days_goes_in_both_trees_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let gone = [
            put(root.path(), &format!("_user/olive/m/a.archive_jnr_{DELETED}")),
            put(root.path(), &format!("_user/olive/m/a.archive_xml_{DELETED}")),
            put(root.path(), &format!("_group/g/olive/m/b.archive_jnr_{DELETED}")),
        ];
        let stay = [
            put(root.path(), &format!("_user/olive/m/c.archive_jnr_{}", DELETED + 1)),
            put(root.path(), "_user/olive/m/d.jnr"),
            put(root.path(), "_user/olive/m/d.xml"),
            put(root.path(), "_user/olive/m/e.archive_jnr_"),
            put(root.path(), "_user/olive/m/e.archive_jnr_-1"),
            put(root.path(), "_user/olive/m/e.archive_jnr_1x"),
            put(root.path(), "_user/olive/m/e.archive_jnr_99999999999999999999999"),
            put(root.path(), "_user/olive/m/e.archive_jnr_1.jnr"),
            put(root.path(), "_user/olive/m/.archive_jnr_1"),
            put(root.path(), "_user/olive/m/deeper/f.archive_jnr_1"),
            put(root.path(), "_user/olive/g.archive_jnr_1"),
            put(root.path(), "elsewhere/olive/m/h.archive_jnr_1"),
            put(root.path(), "i.archive_jnr_1"),
        ];
        let month = DELETED + 30 * 24 * 3600;
        assert_eq!(removed(root.path(), 30, month), 0, "thirty days, and not longer");
        assert_eq!(removed(root.path(), 30, month + 1), gone.len());
        assert!(gone.iter().all(|path| !path.exists()));
        assert!(stay.iter().all(|path| path.exists()));
        assert_eq!(removed(root.path(), 30, month + 2), 1, "a second later, what was deleted a second later");
    }

    #[test]
    fn a_setting_that_is_off_and_a_clock_that_was_turned_back_remove_nothing() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "_user/olive/m/a.archive_jnr_1");
        assert_eq!(removed(root.path(), 0, i64::MAX / 1000), 0);
        for now in [-1, 0, 1, i64::MIN / 1000] {
            assert_eq!(removed(root.path(), 1, now), 0);
        }
        assert_eq!(removed(root.path(), u32::MAX, DELETED), 0);
    }

    #[test]
    fn who_wants_no_more_is_left_alone_after_the_file_at_hand() {
        let root = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            put(root.path(), &format!("_user/olive/{name}/x.archive_jnr_1"));
        }
        let expired = remove_expired(root.path(), 1, at(DELETED), || false);
        assert_eq!(expired.removed.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_out_of_the_root() {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        let there = put(outside.path(), "m/x.archive_jnr_1");
        fs::create_dir_all(root.path().join("_user/olive/m")).unwrap();
        symlink(outside.path(), root.path().join("_user/linked")).unwrap();
        symlink(outside.path().join("m"), root.path().join("_user/olive/linked")).unwrap();
        let link = root.path().join("_user/olive/m/x.archive_jnr_1");
        symlink(&there, &link).unwrap();
        let expired = remove_expired(root.path(), 1, at(DELETED), || true);
        assert_eq!((expired.removed.len(), expired.troubles.len()), (0, 3), "{expired:?}");
        assert!(there.exists() && fs::symlink_metadata(&link).is_ok());
    }
}

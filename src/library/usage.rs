//! Disk usage of an owner or a group (guide 3.3).
//!
//! In: a recording root and an id. Out: bytes. Names of folders are compared with the id, so no path is made from it.

use super::tree::{GROUP_TREE, USER_TREE};
use std::io;
use std::path::{Path, PathBuf};

/// Whose recordings are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charged<'a> {
    /// An owner's: below `_user/OWNER` and below `_group/*/OWNER`.
    Owner(&'a str),
    /// A group's: below `_group/GROUP`.
    Group(&'a str),
}

/// Bytes of the recording files, in all subfolders. What cannot be read does not count; a root that cannot be read is an error.
pub fn disk_usage(root: &Path, charged: Charged<'_>) -> io::Result<u64> {
    std::fs::read_dir(root)?;
    let groups = || named(root, GROUP_TREE);
    let charged: Vec<PathBuf> = match charged {
        Charged::Group(group) => groups().flat_map(|groups| named(&groups, group)).collect(),
        Charged::Owner(owner) => {
            let in_groups = groups().flat_map(|groups| folders(&groups)).flat_map(|group| named(&group, owner));
            named(root, USER_TREE).flat_map(|users| named(&users, owner)).chain(in_groups).collect()
        }
    };
    Ok(charged.iter().map(|folder| bytes_below(folder, MAX_DEPTH)).sum())
}

fn bytes_below(folder: &Path, depth: usize) -> u64 {
    let inner = if depth == 0 { 0 } else { folders(folder).map(|inner| bytes_below(&inner, depth - 1)).sum::<u64>() };
    // An archived recording (guide 3.12) has another extension: its owner deleted it, and does not pay for it.
    let recordings =
        entries(folder).filter(|entry| entry.path().extension().is_some_and(|extension| extension == "jnr"));
    let files = recordings.filter_map(|entry| entry.metadata().ok()).filter(|metadata| metadata.is_file());
    files.map(|metadata| metadata.len()).fold(inner, u64::saturating_add)
}

fn named<'a>(folder: &Path, name: &'a str) -> impl Iterator<Item = PathBuf> + use<'a> {
    folders(folder).filter(move |folder| folder.file_name().is_some_and(|folder| folder == name))
}

/// Folders in a folder; symbolic links are none.
fn folders(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let is_folder = |entry: &std::fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    entries(folder).filter(is_folder).map(|entry| entry.path())
}

fn entries(folder: &Path) -> impl Iterator<Item = std::fs::DirEntry> + use<> {
    std::fs::read_dir(folder).into_iter().flatten().flatten()
}

/// A meeting's folder is three levels below a group's.
const MAX_DEPTH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_charged_in_both_trees_and_a_group_for_all_its_owners() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, len: usize| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, vec![0; len]).unwrap();
        };
        put("_user/7/1/a.jnr", 1);
        put("_user/7/1/a.xml", 1000);
        put("_user/7/1/b.archive_jnr_1477579954", 1000);
        put("_user/7/1/old/c.jnr", 10);
        put("_user/77/1/d.jnr", 100);
        put("_group/g/7/1/e.jnr", 2);
        put("_group/g/8/1/f.jnr", 20);
        put("_group/h/7/1/g.jnr", 200);
        let usage = |charged| disk_usage(root.path(), charged).unwrap();
        assert_eq!(usage(Charged::Owner("7")), 1 + 10 + 2 + 200);
        assert_eq!(usage(Charged::Group("g")), 22);
        assert_eq!(usage(Charged::Owner("../_user/7")), 0);
        assert_eq!(usage(Charged::Group("")), 0);
        assert!(disk_usage(&root.path().join("none"), Charged::Group("g")).is_err());
    }

    #[test]
    fn what_was_prepared_counts_as_what_was_held() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("_user/7/1");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.jnr"), [0; 30]).unwrap();
        let prepared = crate::hit::status::RecordingStatus { preparation_mode: true, ..Default::default() };
        std::fs::write(folder.join("a.xml"), prepared.to_xml()).unwrap();
        assert_eq!(disk_usage(root.path(), Charged::Owner("7")).unwrap(), 30);
    }
}

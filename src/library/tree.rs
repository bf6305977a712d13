//! The walk over `_user/OWNER/MEETING/` and `_group/GROUP/OWNER/MEETING/` (guide 3.3).
//!
//! In: a recording root. Out: for each meeting folder the recordings in it, as base names with what exists of them, or what lies in
//! it archived. The levels are
//! fixed, so the depth is bounded; symbolic links are not followed, so nothing leads out of the root. Reads names only.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Something that could not be read, or was not followed; the rest was.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct Trouble {
    /// Which file or folder.
    pub path: PathBuf,
    /// Why.
    pub reason: String,
}

/// The files of one meeting session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `BASE.jnr`, whether or not it exists.
    pub jnr: PathBuf,
    /// The group's folder name, if it is in the group tree.
    pub group: Option<String>,
    /// The owner's folder name.
    pub owner: String,
    /// The meeting's folder name.
    pub meeting: String,
    /// `BASE`, the file name without its extension.
    pub base: String,
    /// Whether the JNR exists.
    pub has_jnr: bool,
    /// Whether `BASE.xml` exists.
    pub has_xml: bool,
    /// Whether `BASE.xml.internal` exists, which an MCU keeps while the meeting runs (guide notes N57).
    pub has_internal: bool,
    /// Whether `BASE.jnr.lock` exists.
    pub has_lock: bool,
}

impl Session {
    /// `BASE.xml`.
    pub fn xml(&self) -> PathBuf {
        self.jnr.with_extension("xml")
    }

    /// `BASE.xml.internal`.
    pub fn internal(&self) -> PathBuf {
        self.jnr.with_extension("xml.internal")
    }

    /// `participant/_participant_...xml`, who is inside while the meeting runs (guide 3.6); `None` for a name of another form.
    pub fn participants(&self) -> Option<PathBuf> {
        let stamp = self.base.strip_prefix("_recording_")?;
        Some(self.jnr.parent()?.join("participant").join(format!("_participant_{stamp}.xml")))
    }
}

/// A recording that was deleted and is kept, or its status (guide 3.12; notes N41, N42).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// `BASE.archive_jnr_TIME` or `BASE.archive_xml_TIME`.
    pub path: PathBuf,
    /// TIME: when it was deleted, Unix seconds.
    pub deleted: u64,
}

/// Every session below `root`, and what could not be read. A root that cannot be read gives one trouble and nothing else.
pub fn sessions(root: &Path) -> (Vec<Session>, Vec<Trouble>) {
    let mut walk = Walk::default();
    let meetings = walk.meetings(root);
    let sessions = meetings.iter().flat_map(|meeting| walk.sessions(meeting)).collect();
    (sessions, walk.troubles)
}

/// Shows `each` every archived file below `root`, a folder at a time, until it wants no more (false). Gives what could not be read.
pub fn each_archived(root: &Path, mut each: impl FnMut(Archived) -> bool) -> Vec<Trouble> {
    let mut walk = Walk::default();
    'meetings: for meeting in walk.meetings(root) {
        for archived in walk.archived(&meeting) {
            if !each(archived) {
                break 'meetings;
            }
        }
    }
    walk.troubles
}

/// A meeting's folder.
struct Meeting {
    group: Option<String>,
    owner: String,
    name: String,
    folder: PathBuf,
}

#[derive(Default)]
struct Walk {
    troubles: Vec<Trouble>,
}

impl Walk {
    fn meetings(&mut self, root: &Path) -> Vec<Meeting> {
        let mut found = Vec::new();
        if let Err(error) = std::fs::read_dir(root) {
            self.trouble(root, &error);
            return found;
        }
        for (tree, folder) in self.folders(root) {
            match tree.as_str() {
                USER_TREE => self.owners(None, &folder, &mut found),
                GROUP_TREE => {
                    for (group, folder) in self.folders(&folder) {
                        self.owners(Some(&group), &folder, &mut found);
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn owners(&mut self, group: Option<&str>, folder: &Path, found: &mut Vec<Meeting>) {
        for (owner, folder) in self.folders(folder) {
            let meeting =
                |(name, folder)| Meeting { group: group.map(str::to_owned), owner: owner.clone(), name, folder };
            found.extend(self.folders(&folder).into_iter().map(meeting));
        }
    }

    fn archived(&mut self, meeting: &Meeting) -> Vec<Archived> {
        let mut found = Vec::new();
        for (name, path, kind) in self.names(&meeting.folder) {
            let Some(deleted) = deletion_in(&name) else { continue };
            if kind.is_file() {
                found.push(Archived { path, deleted });
            } else if kind.is_symlink() {
                self.not_followed(&path);
            }
        }
        found
    }

    fn sessions(&mut self, meeting: &Meeting) -> Vec<Session> {
        let Meeting { group, owner, name: meeting, folder } = meeting;
        let mut found: BTreeMap<String, Session> = BTreeMap::new();
        for (name, path, kind) in self.names(folder) {
            let Some((base, suffix)) = SUFFIXES.iter().find_map(|suffix| Some((name.strip_suffix(suffix)?, *suffix)))
            else {
                continue;
            };
            if !kind.is_file() || base.is_empty() {
                if kind.is_symlink() {
                    self.not_followed(&path);
                }
                continue;
            }
            let session = found.entry(base.to_owned()).or_insert_with(|| Session {
                jnr: folder.join(format!("{base}.jnr")),
                group: group.clone(),
                owner: owner.clone(),
                meeting: meeting.clone(),
                base: base.to_owned(),
                has_jnr: false,
                has_xml: false,
                has_internal: false,
                has_lock: false,
            });
            match suffix {
                ".jnr" => session.has_jnr = true,
                ".xml" => session.has_xml = true,
                ".xml.internal" => session.has_internal = true,
                _ => session.has_lock = true,
            }
        }
        // A lock alone is one that died before it began.
        found.into_values().filter(|session| session.has_jnr || session.has_xml || session.has_internal).collect()
    }

    fn folders(&mut self, folder: &Path) -> Vec<(String, PathBuf)> {
        let mut folders = Vec::new();
        for (name, path, kind) in self.names(folder) {
            if kind.is_dir() {
                folders.push((name, path));
            } else if kind.is_symlink() {
                self.not_followed(&path);
            }
        }
        folders
    }

    /// Names in a folder; one that does not exist is empty.
    fn names(&mut self, folder: &Path) -> Vec<(String, PathBuf, std::fs::FileType)> {
        let mut names = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return names,
            Err(error) => {
                self.trouble(folder, &error);
                return names;
            }
        };
        for entry in entries {
            let read = entry.and_then(|entry| Ok((entry.file_name(), entry.path(), entry.file_type()?)));
            match read {
                Ok((name, path, kind)) => match name.into_string() {
                    Ok(name) => names.push((name, path, kind)),
                    Err(_) => self.say(&path, "the name is not UTF-8, which no id of HomeMeeting's is"),
                },
                Err(error) => self.trouble(folder, &error),
            }
        }
        names
    }

    fn not_followed(&mut self, path: &Path) {
        self.say(path, "a symbolic link, which is not followed: name its target as the recording root");
    }

    fn trouble(&mut self, path: &Path, error: &io::Error) {
        self.say(path, &error.to_string());
    }

    fn say(&mut self, path: &Path, reason: &str) {
        if self.troubles.len() < MAX_TROUBLES {
            self.troubles.push(Trouble { path: path.into(), reason: reason.into() });
        }
    }
}

/// The time in `BASE.archive_jnr_TIME` or `BASE.archive_xml_TIME`; `None` for any other name.
fn deletion_in(name: &str) -> Option<u64> {
    let (base, extension) = name.rsplit_once('.')?;
    let digits = extension.strip_prefix("archive_jnr_").or_else(|| extension.strip_prefix("archive_xml_"))?;
    let time = !base.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    time.then(|| digits.parse().ok()).flatten()
}

/// Folder of the recordings without a group.
pub const USER_TREE: &str = "_user";
/// Folder of the recordings of groups.
pub const GROUP_TREE: &str = "_group";
/// Longer ones first: `.xml` does not end `.xml.internal`, but who knows the next one.
const SUFFIXES: [&str; 4] = [".xml.internal", ".jnr.lock", ".jnr", ".xml"];
/// More say nothing new.
const MAX_TROUBLES: usize = 1000;

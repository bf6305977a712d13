//! The only place where a path is made from an id (guide 3.3 to 3.6, 3.9, 3.12; notes N22, N23, N33, N41, N42).
//!
//! In: ids, addresses, date and time as numbers. Out: paths relative to the recording root, or which id cannot be one and
//! why. Ids stay as they are, byte for byte: third parties compute the same paths. What could leave its folder or mean
//! another file is refused on every system, because the root may be shared with Windows. Touches no file.

use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use crate::hit::local_time::LocalTime;

/// Most bytes of an owner id, a group id or an address in a path.
pub const MAX_COMPONENT: usize = 127;
/// Most bytes of a meeting id in a path (note N6).
pub const MAX_MEETING_ID: usize = 128;
/// Most bytes of a recording's file name without extension: with the longest extension it stays below the 255 that file
/// systems take. A request may name 511 (guide 3.1), but no such file can exist.
pub const MAX_FILE: usize = 220;

/// Which value cannot be part of a path, and why.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what} {value:?} cannot be part of a path: {reason}")]
pub struct PathError {
    /// Which one.
    pub what: PathPart,
    /// The value, shortened for display.
    pub value: String,
    /// Why not.
    pub reason: PathReason,
}

/// The parts that paths are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PathPart {
    /// `owner@id`.
    #[error("owner id")]
    OwnerId,
    /// The text of `group`.
    #[error("group id")]
    GroupId,
    /// `meetingid`.
    #[error("meeting id")]
    MeetingId,
    /// An address of an MCU, or its `jnj_ip`.
    #[error("address")]
    Address,
    /// `command@file`.
    #[error("file name")]
    File,
    /// A whole path, when one is read back.
    #[error("recording path")]
    Recording,
}

/// Why a value cannot be part of a path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PathReason {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// Too many bytes.
    #[error("it has {bytes} bytes, at most {max} are allowed")]
    TooLong {
        /// Bytes in UTF-8.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// `.` or `..`.
    #[error("it names a directory of the system")]
    Dots,
    /// `/`, `\`, a control character, or on Windows one of `<>:"|?*`.
    #[error("it contains the character U+{0:04X}")]
    Character(u32),
    /// CON, NUL, COM1 and so on, with or without extension.
    #[error("Windows reserves the name")]
    Reserved,
    /// Windows drops a dot or a blank at the end, and two ids would share one directory.
    #[error("it ends with a dot or a blank")]
    DotOrBlankAtEnd,
    /// A path that is none of a recording.
    #[error(
        "expected _user/OWNER/MEETING/NAME or _group/GROUP/OWNER/MEETING/NAME with NAME _recording_IP_YYYY_MM_DD_HH_MM_NNNNNN.jnr"
    )]
    NoRecording,
}

/// The directory of an owner's recordings outside groups: `_user/OWNER`.
pub fn owner_directory(group: Option<&str>, owner: &str) -> Result<PathBuf, PathError> {
    let owner = component(PathPart::OwnerId, owner, MAX_COMPONENT)?;
    Ok(match group {
        Some(group) => group_directory(group)?.join(owner),
        None => Path::new("_user").join(owner),
    })
}

/// The directory of a group: `_group/GROUP`. Disk usage of the group is what lies below.
pub fn group_directory(group: &str) -> Result<PathBuf, PathError> {
    Ok(Path::new("_group").join(component(PathPart::GroupId, group, MAX_COMPONENT)?))
}

/// The directory of a meeting's recordings: `_user/OWNER/MEETING` or `_group/GROUP/OWNER/MEETING`.
pub fn meeting_directory(group: Option<&str>, owner: &str, meeting: &str) -> Result<PathBuf, PathError> {
    Ok(owner_directory(group, owner)?.join(component(PathPart::MeetingId, meeting, MAX_MEETING_ID)?))
}

/// A file in a meeting's directory by the name that a request gives (`command@file`, without extension). Uploaded
/// recordings have names of any form.
pub fn named_file(
    group: Option<&str>,
    owner: &str,
    meeting: &str,
    file: &str,
    kind: FileKind,
) -> Result<PathBuf, PathError> {
    let directory = meeting_directory(group, owner, meeting)?;
    component(PathPart::File, file, MAX_FILE)?;
    Ok(directory.join(format!("{file}.{}", kind.extension())))
}

/// `_status_ip_IP.xml`, the owners' meetings (guide 3.4).
pub fn status_file(address: &str) -> Result<PathBuf, PathError> {
    with_address("_status_ip_", address, ".xml")
}

/// `_office_status_ip_IP.xml`, the open offices (guide 3.4).
pub fn office_status_file(address: &str) -> Result<PathBuf, PathError> {
    with_address("_office_status_ip_", address, ".xml")
}

/// `_cluster_ip_IP.txt`, whether the server is up (guide 3.9).
pub fn alive_file(address: &str) -> Result<PathBuf, PathError> {
    with_address("_cluster_ip_", address, ".txt")
}

/// `_cluster_connection_IP_.txt`, its load (guide 3.9, note N37).
pub fn load_file(address: &str) -> Result<PathBuf, PathError> {
    with_address("_cluster_connection_", address, "_.txt")
}

/// The files that belong to one recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `.jnr`: the recording.
    Jnr,
    /// `.xml`: its status.
    Xml,
    /// `.xml.internal`: its status while the meeting runs (note N57).
    XmlInternal,
    /// `.archive_jnr_TIME`: deleted, kept by the archive; Unix seconds of the deletion (note N41).
    ArchivedJnr(u64),
    /// `.archive_xml_TIME`: the status of an archived recording (note N42).
    ArchivedXml(u64),
}

impl FileKind {
    fn extension(self) -> String {
        match self {
            FileKind::Jnr => "jnr".to_owned(),
            FileKind::Xml => "xml".to_owned(),
            FileKind::XmlInternal => "xml.internal".to_owned(),
            FileKind::ArchivedJnr(time) => format!("archive_jnr_{time}"),
            FileKind::ArchivedXml(time) => format!("archive_xml_{time}"),
        }
    }

    fn from_extension(extension: &str) -> Option<FileKind> {
        let time = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        Some(match extension {
            "jnr" => FileKind::Jnr,
            "xml" => FileKind::Xml,
            "xml.internal" => FileKind::XmlInternal,
            other => match other.strip_prefix("archive_jnr_") {
                Some(text) => FileKind::ArchivedJnr(time(text)?),
                None => FileKind::ArchivedXml(time(other.strip_prefix("archive_xml_")?)?),
            },
        })
    }
}

/// One recording: whose, of which meeting, and made where and when.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordingPath {
    group: Option<String>,
    owner: String,
    meeting: String,
    address: String,
    started: LocalTime,
    index: u32,
}

impl RecordingPath {
    /// A recording that starts at `started` (local time; seconds do not count) on the MCU at `address`. `index` is the
    /// session index; above 999,999 it wraps (note N22).
    ///
    /// # Errors
    /// An id or the address cannot be part of a path.
    pub fn new(
        group: Option<&str>,
        owner: &str,
        meeting: &str,
        address: &str,
        started: LocalTime,
        index: u32,
    ) -> Result<RecordingPath, PathError> {
        meeting_directory(group, owner, meeting)?;
        Ok(RecordingPath {
            group: group.map(str::to_owned),
            owner: owner.to_owned(),
            meeting: meeting.to_owned(),
            address: checked_address(address)?.replace(';', ":"),
            started: LocalTime { second: 0, ..started },
            index: index % 1_000_000,
        })
    }

    /// Reads a path relative to the recording root back, of the recording or any file beside it.
    ///
    /// # Errors
    /// It is not the path of a recording that an MCU made.
    pub fn parse(path: &Path) -> Result<(RecordingPath, FileKind), PathError> {
        let none = || refuse(PathPart::Recording, &path.to_string_lossy(), PathReason::NoRecording);
        let mut parts = Vec::new();
        for part in path.components().take(6) {
            match part {
                Component::Normal(part) => parts.push(part.to_str().ok_or_else(none)?),
                _ => return Err(none()),
            }
        }
        let (group, owner, meeting, file) = match parts.as_slice() {
            ["_user", owner, meeting, file] => (None, owner, meeting, file),
            ["_group", group, owner, meeting, file] => (Some(*group), owner, meeting, file),
            _ => return Err(none()),
        };
        // The first dots may belong to the address: the stamp is counted from the first letter of the extension.
        let (address, started, index, kind) = split_name(file).ok_or_else(none)?;
        Ok((RecordingPath::new(group, owner, meeting, address, started, index)?, kind))
    }

    /// The owner's group.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The owner's id.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The meeting id.
    pub fn meeting(&self) -> &str {
        &self.meeting
    }

    /// The MCU's address, with `:` where it is IPv6.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// When it started, local time of the MCU, to the minute.
    pub fn started(&self) -> LocalTime {
        self.started
    }

    /// The session index, 0 to 999,999.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// `YYYY_MM_DD_HH_MM_NNNNNN`, 23 characters: what clients know as the meeting's info (note N22).
    pub fn stamp(&self) -> String {
        format!("{}_{:06}", self.started.recording_stamp(), self.index)
    }

    /// `_recording_IP_YYYY_MM_DD_HH_MM_NNNNNN`, the name without extension.
    pub fn name(&self) -> String {
        format!("_recording_{}_{}", self.address.replace(':', ";"), self.stamp())
    }

    /// The meeting's directory.
    pub fn directory(&self) -> PathBuf {
        let place = match &self.group {
            Some(group) => Path::new("_group").join(group),
            None => PathBuf::from("_user"),
        };
        place.join(&self.owner).join(&self.meeting)
    }

    /// One of the recording's files.
    pub fn file(&self, kind: FileKind) -> PathBuf {
        self.directory().join(format!("{}.{}", self.name(), kind.extension()))
    }

    /// `participant/_participant_IP_YYYY_MM_DD_HH_MM_NNNNNN.xml`, who is inside (guide 3.6, note N33).
    pub fn participants(&self) -> PathBuf {
        let name = format!("_participant_{}_{}.xml", self.address.replace(':', ";"), self.stamp());
        self.directory().join("participant").join(name)
    }
}

fn split_name(file: &str) -> Option<(&str, LocalTime, u32, FileKind)> {
    let rest = file.strip_prefix("_recording_")?;
    // An address may hold what looks like an extension: only the one behind a stamp is one.
    [".jnr", ".xml", ".archive_"].into_iter().find_map(|mark| split_at(rest, rest.rfind(mark)?))
}

fn split_at(rest: &str, extension: usize) -> Option<(&str, LocalTime, u32, FileKind)> {
    let (name, extension) = rest.split_at_checked(extension)?;
    let kind = FileKind::from_extension(extension.strip_prefix('.')?)?;
    let (address, stamp) = name.split_at_checked(name.len().checked_sub(STAMP + 1)?)?;
    let (date, index) = stamp.strip_prefix('_')?.split_at_checked(STAMP - 7)?;
    let index = index.strip_prefix('_').filter(|index| index.bytes().all(|b| b.is_ascii_digit()))?;
    Some((address, LocalTime::parse_recording_stamp(date)?, index.parse().ok()?, kind))
}

fn with_address(before: &str, address: &str, after: &str) -> Result<PathBuf, PathError> {
    Ok(PathBuf::from(format!("{before}{}{after}", checked_address(address)?)))
}

/// `:` is `;` in file names (guide 3.4).
fn checked_address(address: &str) -> Result<String, PathError> {
    let address = address.replace(':', ";");
    component(PathPart::Address, &address, MAX_COMPONENT)?;
    Ok(address)
}

fn component(what: PathPart, value: &str, max: usize) -> Result<&str, PathError> {
    match offence(value, max) {
        Some(reason) => Err(refuse(what, value, reason)),
        None => Ok(value),
    }
}

fn offence(value: &str, max: usize) -> Option<PathReason> {
    if value.is_empty() {
        return Some(PathReason::Empty);
    }
    if value.len() > max {
        return Some(PathReason::TooLong { bytes: value.len(), max });
    }
    if value == "." || value == ".." {
        return Some(PathReason::Dots);
    }
    let bad = |c: &char| matches!(c, '/' | '\\') || c.is_control() || (cfg!(windows) && "<>:\"|?*".contains(*c));
    if let Some(c) = value.chars().find(bad) {
        return Some(PathReason::Character(u32::from(c)));
    }
    if value.ends_with(['.', ' ']) {
        return Some(PathReason::DotOrBlankAtEnd);
    }
    is_reserved(value).then_some(PathReason::Reserved)
}

/// Windows looks at the part before the first dot, without blanks at its end.
fn is_reserved(value: &str) -> bool {
    let stem = value.split(['.', ':']).next().unwrap_or_default().trim_end().to_ascii_uppercase();
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str()) {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut digits = port.unwrap_or_default().chars();
    matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
}

fn refuse(what: PathPart, value: &str, reason: PathReason) -> PathError {
    PathError { what, value: value.chars().take(60).collect(), reason }
}

/// Characters of `YYYY_MM_DD_HH_MM_NNNNNN`.
const STAMP: usize = 23;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TIME: LocalTime = LocalTime { year: 2016, month: 10, day: 25, hour: 21, minute: 7, second: 0 };

    fn reason(owner: &str) -> Option<PathReason> {
        owner_directory(None, owner).err().map(|error| error.reason)
    }

    #[test]
    fn ordinary_ids_give_the_guides_paths_byte_for_byte() {
        let recording = RecordingPath::new(None, "2", "169", "192.168.1.21", TIME, 1835).unwrap();
        let base = "_user/2/169/_recording_192.168.1.21_2016_10_25_21_07_001835";
        for (kind, extension) in [
            (FileKind::Jnr, "jnr"),
            (FileKind::Xml, "xml"),
            (FileKind::XmlInternal, "xml.internal"),
            (FileKind::ArchivedJnr(1_477_579_954), "archive_jnr_1477579954"),
            (FileKind::ArchivedXml(7), "archive_xml_7"),
        ] {
            let path = recording.file(kind);
            assert_eq!(path, Path::new(&format!("{base}.{extension}")));
            assert_eq!(RecordingPath::parse(&path), Ok((recording.clone(), kind)));
        }
        let participants = "_user/2/169/participant/_participant_192.168.1.21_2016_10_25_21_07_001835.xml";
        assert_eq!(recording.participants(), Path::new(participants));
        assert_eq!(recording.stamp().len(), 23);
        let grouped = meeting_directory(Some("HomeMeeting"), "a@b.com", "會 議").unwrap();
        assert_eq!(grouped, Path::new("_group/HomeMeeting/a@b.com/會 議"));
        let named = named_file(None, "2", "169", "my talk", FileKind::Jnr).unwrap();
        assert_eq!(named, Path::new("_user/2/169/my talk.jnr"));
    }

    #[test]
    fn status_files_have_the_guides_names_and_ipv6_gets_semicolons() {
        let name = |path: Result<PathBuf, PathError>| path.unwrap().to_string_lossy().into_owned();
        assert_eq!(name(status_file("fe80::215:c5ff:fe0e:bef8")), "_status_ip_fe80;;215;c5ff;fe0e;bef8.xml");
        assert_eq!(name(office_status_file("mcu.example.com")), "_office_status_ip_mcu.example.com.xml");
        assert_eq!(name(alive_file("192.168.1.1")), "_cluster_ip_192.168.1.1.txt");
        assert_eq!(name(load_file("192.168.1.1")), "_cluster_connection_192.168.1.1_.txt");
        assert_eq!(status_file("../x").unwrap_err().what, PathPart::Address);
    }

    #[test]
    fn recordings_and_participants_of_an_ipv6_server_have_semicolons_too() {
        let at = LocalTime::parse_recording_stamp("2016_10_25_21_07").unwrap();
        let recording = RecordingPath::new(None, "2", "169", "fe80::1", at, 1_835).unwrap();
        let base = "_user/2/169/_recording_fe80;;1_2016_10_25_21_07_001835";
        assert_eq!(recording.file(FileKind::Jnr), Path::new(&format!("{base}.jnr")));
        let participants = "_user/2/169/participant/_participant_fe80;;1_2016_10_25_21_07_001835.xml";
        assert_eq!(recording.participants(), Path::new(participants));
    }

    #[test]
    fn what_could_mean_another_file_is_refused() {
        assert_eq!(reason(""), Some(PathReason::Empty));
        for dots in [".", ".."] {
            assert_eq!(reason(dots), Some(PathReason::Dots));
        }
        for (id, code) in [("../x", 0x2f), ("a/b", 0x2f), ("a\\b", 0x5c), ("a\0", 0), ("a\nb", 10), ("\u{7f}", 0x7f)] {
            assert_eq!(reason(id), Some(PathReason::Character(code)), "{id:?}");
        }
        for id in ["a.", "a ", "..."] {
            assert_eq!(reason(id), Some(PathReason::DotOrBlankAtEnd), "{id:?}");
        }
        for id in ["con", "NUL", "aux.txt", "Com1", "lpt9.x", "COM¹", "nul .a"] {
            assert_eq!(reason(id), Some(PathReason::Reserved), "{id:?}");
        }
        for id in ["..a", ".a", "console", "com", "com10", "a b", "_user", "~root", "-"] {
            assert_eq!(reason(id), None, "{id:?}");
        }
    }

    #[test]
    fn lengths_hold_at_their_edge_and_the_error_names_the_id() {
        for (length, good) in [(126, true), (127, true), (128, false)] {
            assert_eq!(owner_directory(None, &"o".repeat(length)).is_ok(), good);
            assert_eq!(group_directory(&"g".repeat(length)).is_ok(), good);
            assert_eq!(meeting_directory(None, "o", &"m".repeat(length + 1)).is_ok(), good);
        }
        let error = meeting_directory(Some("g"), "o", "..").unwrap_err();
        assert_eq!(error.to_string(), "meeting id \"..\" cannot be part of a path: it names a directory of the system");
        assert_eq!(owner_directory(Some("/"), "o").unwrap_err().what, PathPart::GroupId);
        assert_eq!(named_file(None, "o", "m", "../x", FileKind::Jnr).unwrap_err().what, PathPart::File);
    }

    #[test]
    fn other_paths_are_no_recordings() {
        for path in [
            "",
            "_user/2/169",
            "/_user/2/169/_recording_1.1.1.1_2016_10_25_21_07_001835.jnr",
            "_user/../169/_recording_1.1.1.1_2016_10_25_21_07_001835.jnr",
            "_user/2/169/_recording_1.1.1.1_2016_10_25_21_07_01835.jnr",
            "_user/2/169/_recording_1.1.1.1_2016_13_25_21_07_001835.jnr",
            "_user/2/169/_recording_1.1.1.1_2016_10_25_21_07_001835.txt",
            "_user/2/169/_recording_2016_10_25_21_07_001835.jnr",
            "_user/2/169/talk.jnr",
            "_group/2/169/_recording_1.1.1.1_2016_10_25_21_07_001835.jnr",
            "_user/2/169/x/y/_recording_1.1.1.1_2016_10_25_21_07_001835.jnr",
        ] {
            assert!(RecordingPath::parse(Path::new(path)).is_err(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn every_recording_reads_back(
            owner in "\\PC{1,30}", meeting in "\\PC{1,30}", group in proptest::option::of("\\PC{1,30}"),
            address in "[0-9a-f.:]{1,39}", index in 0..1_000_000u32,
        ) {
            if let Ok(path) = RecordingPath::new(group.as_deref(), &owner, &meeting, &address, TIME, index) {
                prop_assert_eq!(RecordingPath::parse(&path.file(FileKind::Jnr)), Ok((path.clone(), FileKind::Jnr)));
            }
        }

        #[test]
        fn no_id_leaves_its_folder(id in "[./\\\\a :\0-\u{20}]{0,6}") {
            if let Ok(path) = meeting_directory(Some(&id), &id, &id) {
                prop_assert_eq!(path.components().count(), 4);
                prop_assert!(path.components().all(|part| matches!(part, Component::Normal(_))));
            }
        }
    }
}

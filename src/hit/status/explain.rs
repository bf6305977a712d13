//! What stands in a status file, entry by entry, with the meaning that the guide gives it.
//!
//! In: a file's name and bytes. Out: sections of names, values and meanings, for people. Everything in the file is shown, also what the
//! guide does not know: this is a look at what is there, not at what [`super`] would make of it.

use super::{ClusterLoad, MAX_ENTRIES, MAX_STATUS};
use crate::hit::local_time::LocalTime;
use crate::hit::xml::{self, Element, Limits};

/// Which of the files an MCU keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusKind {
    /// `_cluster_ip_IP.txt`.
    Alive,
    /// `_cluster_connection_IP_.txt`.
    Load,
    /// `_status_ip_IP.xml`.
    Owners,
    /// `_office_status_ip_IP.xml`.
    Offices,
    /// `participant/_participant_IP_DATE_INDEX.xml`.
    Participants,
    /// `_recording_IP_DATE_INDEX.xml`, or its forerunner.
    Recording,
}

impl StatusKind {
    /// Which file has that name. `None`: no status file.
    pub fn of(name: &str) -> Option<StatusKind> {
        let kinds = [
            ("_cluster_ip_", ".txt", StatusKind::Alive),
            ("_cluster_connection_", ".txt", StatusKind::Load),
            ("_status_ip_", ".xml", StatusKind::Owners),
            ("_office_status_ip_", ".xml", StatusKind::Offices),
            ("_participant_", ".xml", StatusKind::Participants),
            ("_recording_", ".xml", StatusKind::Recording),
            ("_recording_", ".xml.internal", StatusKind::Recording),
        ];
        let is = |(start, end, _): &(&str, &str, StatusKind)| name.starts_with(start) && name.ends_with(end);
        kinds.into_iter().find(is).map(|(.., kind)| kind)
    }

    /// In two words.
    pub fn title(self) -> &'static str {
        match self {
            StatusKind::Alive => "Server alive",
            StatusKind::Load => "Server load",
            StatusKind::Owners => "Owner meetings",
            StatusKind::Offices => "Open offices",
            StatusKind::Participants => "Participants",
            StatusKind::Recording => "Recording status",
        }
    }

    /// What it is for, and where the guide has it.
    pub fn purpose(self) -> &'static str {
        match self {
            StatusKind::Alive => "Tells a third party that this server takes meetings (guide 3.9).",
            StatusKind::Load => "What the server carries and may carry; a third party balances by it (guide 3.9).",
            StatusKind::Owners => "Running meetings and playbacks, for a third party's web pages (guide 3.4).",
            StatusKind::Offices => {
                "Where a person-based office is open: its guests must be sent to this server (guide 3.4)."
            }
            StatusKind::Participants => "Who is in a running meeting; the file goes when the meeting ends (guide 3.6).",
            StatusKind::Recording => {
                "One session of a meeting: when, how long, who, and how it ended (guide 3.5, 3.12)."
            }
        }
    }
}

/// A file, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explained {
    /// In the order of the file.
    pub sections: Vec<Section>,
    /// Why it, or the rest of it, cannot be read.
    pub problem: Option<String>,
}

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it is about.
    pub title: String,
    /// Its entries.
    pub entries: Vec<Entry>,
}

/// A name, its value, and what that means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// As the file has it.
    pub name: String,
    /// As the file has it, cut at [`MAX_VALUE`] characters.
    pub value: String,
    /// The guide's meaning in our words; of this very value, where it is a number that stands for something.
    pub meaning: String,
}

/// Takes a file apart. Bytes beyond [`MAX_STATUS`] make it unreadable.
pub fn explain(kind: StatusKind, bytes: &[u8]) -> Explained {
    match kind {
        StatusKind::Alive => alive(bytes),
        StatusKind::Load => load(bytes),
        StatusKind::Owners | StatusKind::Offices | StatusKind::Participants | StatusKind::Recording => document(bytes),
    }
}

fn alive(bytes: &[u8]) -> Explained {
    let text = String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes)).trim().to_owned();
    let meaning = match text.as_str() {
        "1" => "the server is up and takes meetings",
        "0" => "the server was stopped in good order",
        _ => "expected 1 or 0",
    };
    let entry = Entry { name: "alive".into(), value: text, meaning: meaning.into() };
    Explained { sections: vec![Section { title: "Server".into(), entries: vec![entry] }], problem: None }
}

fn load(bytes: &[u8]) -> Explained {
    let text = String::from_utf8_lossy(bytes.get(..1024).unwrap_or(bytes)).into_owned();
    let words = text.lines().next().unwrap_or_default().split_whitespace();
    let entries = words.enumerate().map(|(at, word)| {
        let (name, meaning) = NUMBERS.get(at).copied().unwrap_or(("", "no number of the guide's"));
        let name = if name.is_empty() { format!("{}", at + 1) } else { format!("{} {name}", at + 1) };
        Entry { name, value: cut(word), meaning: meaning.into() }
    });
    let section =
        Section { title: "Numbers, in their order".into(), entries: entries.take(NUMBERS.len() + 10).collect() };
    Explained { sections: vec![section], problem: ClusterLoad::parse(&text).err().map(|why| why.to_string()) }
}

fn document(bytes: &[u8]) -> Explained {
    let limits = Limits { bytes: MAX_STATUS, depth: 8, elements: 4 * MAX_ENTRIES + 100 };
    match xml::parse(bytes, limits) {
        Ok(root) => {
            let mut sections = Vec::new();
            walk(&root, &root, &mut sections);
            Explained { sections, problem: None }
        }
        Err(why) => Explained { sections: Vec::new(), problem: Some(format!("This file cannot be read: {why}")) },
    }
}

fn walk(root: &Element, element: &Element, sections: &mut Vec<Section>) {
    let mut entries: Vec<Entry> = element
        .attributes()
        .map(|(name, value)| Entry {
            name: name.to_owned(),
            value: cut(value),
            meaning: meaning(root, element, name, value),
        })
        .collect();
    let text = element.text().trim();
    if !text.is_empty() {
        let name = element.name();
        entries.push(Entry { name: name.to_owned(), value: cut(text), meaning: meaning(root, element, "", text) });
    }
    // Leaves such as <how>0</how> belong to what they describe.
    let part_of_whole = !std::ptr::eq(root, element) && element.name() != "participant" && root.name() == "status";
    match sections.last_mut().filter(|_| part_of_whole) {
        Some(section) => section.entries.extend(entries),
        None if entries.is_empty() && element.name() != "info" && !std::ptr::eq(root, element) => {}
        None => sections.push(Section { title: title(root, element), entries }),
    }
    for child in element.children() {
        walk(root, child, sections);
    }
}

fn title(root: &Element, element: &Element) -> String {
    let value = |name: &str| element.attribute(name).filter(|value| !value.is_empty()).map(cut);
    let name = || value("name").or_else(|| value("username")).or_else(|| value("userid"));
    let meeting = || value("meetingid").or_else(|| value("meeting_id")).unwrap_or_default();
    match (root.name(), element.name()) {
        ("thirdparty", "thirdparty") => "File".into(),
        (_, "info") if element.attributes().next().is_none() => "Server (it is down: no entry)".into(),
        (_, "info") => "Server".into(),
        ("thirdparty", "user") => {
            format!("Meeting {} of {}, the owner is inside", meeting(), name().unwrap_or_default())
        }
        ("thirdparty", "meeting") => format!("Meeting {} of {}", meeting(), name().unwrap_or_default()),
        (_, "playback") => format!("Playback by {}", name().unwrap_or_default()),
        ("office_status", "office_status") => match element.children().len() {
            0 => "No office is open".into(),
            1 => "1 open office".into(),
            n => format!("{n} open offices"),
        },
        ("office_status", "user") => format!("Office of {}", value("id").unwrap_or_default()),
        ("participant", "participant") => format!("Meeting {}", meeting()),
        ("participant", "user") | ("status", "participant") => {
            name().unwrap_or_else(|| "Somebody without a name".into())
        }
        ("status", "status") => "Session".into(),
        (_, other) => cut(other),
    }
}

/// `attribute` is empty for an element's text.
fn meaning(root: &Element, element: &Element, attribute: &str, value: &str) -> String {
    let number: Option<i64> = value.trim().parse().ok();
    let known = MEANINGS.iter().find(|(document, name, known, _)| {
        *document == root.name() && (*name == element.name() || *name == "*") && *known == attribute
    });
    let Some((.., words)) = known else { return "not in the guide".into() };
    let this = match (root.name(), element.name(), attribute) {
        ("status", "how", "") => {
            number.and_then(|how| usize::try_from(how).ok()).and_then(|how| HOWS.get(how).copied())
        }
        ("office_status", "user", "office_status") => {
            number.and_then(|office| usize::try_from(office).ok()).and_then(|office| OFFICES.get(office).copied())
        }
        ("thirdparty", "meeting" | "user", "duration") if number == Some(0) => Some("person-based: no duration"),
        _ => None,
    };
    if let Some(this) = this {
        return format!("{words}: {this}");
    }
    match number {
        Some(seconds) if is_moment(attribute) && seconds > 0 => {
            format!("{words}: {} UTC", LocalTime::from_unix(seconds, 0).start_time())
        }
        _ => (*words).to_owned(),
    }
}

fn is_moment(attribute: &str) -> bool {
    matches!(attribute, "utc" | "tick" | "read")
}

fn cut(value: &str) -> String {
    match value.char_indices().nth(MAX_VALUE) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

/// So many characters of a value are shown.
pub const MAX_VALUE: usize = 300;

/// The load file's numbers in their order (guide 3.9, note N39).
const NUMBERS: [(&str, &str); 14] = [
    ("meetings", "running meetings"),
    ("max_meeting", "most meetings of the licence"),
    ("connections", "connections; with the playbacks, unless these are counted apart"),
    ("max_connection", "most connections of the licence"),
    ("outside connections", "those of them from outside the licence's address ranges"),
    ("max_outside_connection", "most of these"),
    ("reserved connections", "places that events have reserved and nobody has taken"),
    ("max_reserved_connection", "most of these"),
    ("reserved outside connections", "those of them for people from outside"),
    ("max_reserved_outside_connection", "most of these"),
    ("playback connections", "viewers of recordings"),
    ("max_playback_connection", "most of these; 0: they count as connections"),
    ("outside playback connections", "those of them from outside"),
    ("max_playback_outconnection", "most of these; 0: they count as connections"),
];

/// How a meeting ended (guide 3.5).
const HOWS: [&str; 7] = [
    "the room was empty",
    "its owner ended it, and it is not to be opened again",
    "its time was over, and it is not to be opened again",
    "the server was shut down",
    "another reason",
    "out of memory",
    "the administrator closed it",
];

/// States of an office (guide 3.4).
const OFFICES: [&str; 4] =
    ["no office is open", "open, no guest is inside", "open, a guest is inside", "the owner makes a recording"];

/// Document, element, attribute (empty: its text), meaning.
const MEANINGS: [(&str, &str, &str, &str); 66] = [
    ("thirdparty", "thirdparty", "last_update", "when the file was written, the server's local time"),
    ("thirdparty", "thirdparty", "utc", "the same moment, in seconds since 1970"),
    ("thirdparty", "thirdparty", "tick", "the same moment, in seconds since 1970"),
    ("thirdparty", "info", "max_meeting", "most meetings of the licence"),
    ("thirdparty", "info", "max_connection", "most connections of the licence"),
    ("thirdparty", "info", "max_outside_connection", "most connections from outside the address ranges"),
    ("thirdparty", "info", "max_reserved_connection", "most places that events may reserve"),
    ("thirdparty", "info", "max_reserved_outside_connection", "most of them for people from outside"),
    ("thirdparty", "info", "max_reserved_meeting", "most meetings that may reserve places"),
    ("thirdparty", "info", "ip_range", "addresses that count as inside"),
    ("thirdparty", "info", "target_bitrate", "what a client may send"),
    ("thirdparty", "info", "test_wizard_link", "where a client tests its connection"),
    ("thirdparty", "*", "vid", "virtual server"),
    ("thirdparty", "*", "session_index", "number of the meeting or playback on this server"),
    ("thirdparty", "playback", "name", "the viewer's name"),
    ("thirdparty", "playback", "playerid", "the viewer's id"),
    ("thirdparty", "playback", "ip", "the viewer's address as the server sees it"),
    ("thirdparty", "playback", "elapsed_second", "seconds since it began"),
    ("thirdparty", "playback", "shared_playback", "1: by somebody else than the owner"),
    ("thirdparty", "playback", "end_reached", "1: the end has been seen"),
    ("thirdparty", "playback", "file_name", "the recording, on the server"),
    ("thirdparty", "playback", "file_size", "bytes"),
    ("thirdparty", "playback", "file_duration", "seconds"),
    ("thirdparty", "playback", "file_encrypted", "1: it has a password"),
    ("thirdparty", "*", "name", "the owner's name"),
    ("thirdparty", "*", "userid", "the owner's id"),
    ("thirdparty", "*", "meetingid", "the meeting's id"),
    ("thirdparty", "*", "meeting_id", "the meeting's id"),
    ("thirdparty", "*", "duration", "planned minutes"),
    ("thirdparty", "*", "elapsed_second1", "seconds of meeting time, a recording that it goes on from included"),
    ("thirdparty", "*", "elapsed_second2", "seconds since it was opened"),
    ("thirdparty", "*", "max_participant", "different people who have been inside"),
    ("thirdparty", "*", "owner_present", "1: the owner is inside"),
    ("thirdparty", "*", "have_guest", "1: somebody else than the owner is inside"),
    ("thirdparty", "*", "preparation_mode", "1: it is being prepared"),
    ("thirdparty", "*", "preparationmode", "1: it is being prepared; the spelling of older readers"),
    ("thirdparty", "*", "online", "1: signed in to the messenger"),
    (
        "thirdparty",
        "*",
        "messenger_status",
        "0 offline, 1 online, 2 busy, 3 be right back, 4 away, 5 appear offline, 6 mobile",
    ),
    ("thirdparty", "*", "office_status", "0 closed, 1 open, 2 with a guest, 3 making a recording"),
    ("office_status", "user", "id", "the owner's id"),
    ("office_status", "user", "office_status", "state"),
    ("office_status", "user", "meeting_id", "the id of the meeting that goes on there"),
    ("participant", "participant", "meetingid", "the meeting's id"),
    ("participant", "participant", "guaranteed", "1: places are reserved"),
    ("participant", "participant", "utc", "when the file was written, in seconds since 1970"),
    ("participant", "participant", "last_update", "the same moment, the server's local time"),
    ("participant", "user", "name", "as the others see it"),
    ("participant", "user", "userid", "the third party's id; empty: nobody known"),
    ("participant", "user", "invited", "1: enters without asking"),
    ("participant", "user", "ip", "address as the server sees it"),
    ("participant", "user", "ticket", "1: a ticket holder, whom only the owner sees"),
    ("status", "status", "to_archive", "1: kept in the archive when it is deleted"),
    ("status", "starttime", "utc", "start, in seconds since 1970"),
    ("status", "starttime", "", "start, the server's local time"),
    ("status", "duration", "", "seconds"),
    ("status", "recording", "", "true: there is a recording"),
    ("status", "recording", "preparationmode", "1: of a preparation; to be deleted only, never played"),
    ("status", "recording", "read", "first played by its owner"),
    ("status", "recording", "shared", "1: shared with others"),
    ("status", "recording", "view_count", "times that others have played it"),
    ("status", "title", "", "title of the meeting"),
    ("status", "how", "", "how it ended"),
    ("status", "participant", "userid", "the third party's id; empty: nobody known"),
    ("status", "participant", "username", "as the others saw it"),
    ("status", "participant", "name", "the same, in the spelling of older readers"),
    ("status", "participant", "absent", "1: the owner was not there, it is a message"),
];

#[cfg(test)]
mod tests {
    use super::super::{
        How, Load, MeetingEntry, OfficeEntry, OfficeState, OfficeStatus, OwnerStatus, Participant, ParticipantFile,
        ParticipantInside, PlaybackEntry, RecordingStatus, ServerInfo,
    };
    use super::*;

    fn all(kind: StatusKind, text: &str) -> Vec<(String, String, String)> {
        let explained = explain(kind, text.as_bytes());
        assert_eq!(explained.problem, None);
        let sections = explained.sections.into_iter();
        sections
            .flat_map(|section| section.entries.into_iter().map(|entry| (entry.name, entry.value, entry.meaning)))
            .collect()
    }

    fn meeting() -> MeetingEntry {
        MeetingEntry {
            vid: 0,
            session_index: 3,
            name: "王小明".into(),
            user_id: "wang".into(),
            meeting_id: "456".into(),
            duration: 0,
            elapsed_logical: 303,
            elapsed_physical: 303,
            max_participant: 6,
            owner_present: true,
            have_guest: true,
            preparation_mode: true,
        }
    }

    fn playback() -> PlaybackEntry {
        PlaybackEntry {
            vid: 0,
            session_index: 1,
            name: "Gus".into(),
            player_id: "gus".into(),
            ip: "::1".into(),
            elapsed: 507,
            shared: true,
            end_reached: true,
            file_name: "r.jnr".into(),
            file_size: 1,
            file_duration: 2,
            file_encrypted: true,
        }
    }

    #[test]
    fn everything_that_we_write_has_a_meaning() {
        let owners = OwnerStatus {
            last_update: "Fri Apr 26 19:55:28".into(),
            utc: 1_477_579_954,
            info: Some(ServerInfo { ip_range: "10.0.0.0/8".into(), ..ServerInfo::default() }),
            meetings: vec![meeting(), MeetingEntry { owner_present: false, ..meeting() }],
            playbacks: vec![playback()],
            messenger: None,
        };
        let office = OfficeEntry { owner_id: "wang".into(), status: OfficeState::WithGuest, meeting_id: "456".into() };
        let inside = ParticipantInside { name: "Gus".into(), user_id: "gus".into(), ..ParticipantInside::default() };
        let people = ParticipantFile { meeting_id: "456".into(), users: vec![inside], ..ParticipantFile::default() };
        let status = RecordingStatus {
            to_archive: true,
            preparation_mode: true,
            recorded: true,
            read: Some(1_477_579_954),
            title: "題".into(),
            participants: vec![Participant { user_id: "wang".into(), name: "王小明".into(), absent: true }],
            ..RecordingStatus::default()
        };
        for (kind, text) in [
            (StatusKind::Owners, owners.to_xml()),
            (StatusKind::Offices, OfficeStatus { offices: vec![office] }.to_xml()),
            (StatusKind::Participants, people.to_xml()),
            (StatusKind::Recording, status.to_xml()),
        ] {
            let entries = all(kind, &text);
            assert!(entries.len() > 2, "{kind:?}: {entries:?}");
            for (name, value, meaning) in entries {
                assert!(
                    !meaning.is_empty() && meaning != "not in the guide",
                    "{kind:?}: {name}={value} has no meaning"
                );
            }
        }
    }

    #[test]
    fn each_of_the_fourteen_numbers_is_named() {
        let load = |count, max| Load { count, max };
        let text = ClusterLoad { meetings: load(1, 60), playbacks: Some(load(2, 20)), ..ClusterLoad::default() };
        let text = ClusterLoad { outside_playbacks: Some(load(0, 15)), ..text }.to_text();
        let entries = all(StatusKind::Load, &text);
        assert_eq!(entries.len(), 14);
        assert_eq!(entries[0].0, "1 meetings");
        assert_eq!((entries[11].0.as_str(), entries[11].1.as_str()), ("12 max_playback_connection", "20"));
        assert!(explain(StatusKind::Load, b"1 2 3").problem.is_some());
    }

    #[test]
    fn numbers_that_stand_for_something_say_for_what() {
        for (how, words) in HOWS.iter().enumerate() {
            let how = How::from_number(i32::try_from(how).unwrap());
            let entries = all(StatusKind::Recording, &RecordingStatus { how, ..RecordingStatus::default() }.to_xml());
            assert!(entries.iter().any(|(name, _, meaning)| name == "how" && meaning.ends_with(words)), "{entries:?}");
        }
        let office = r#"<office_status><user id="5" office_status="2" meeting_id="431"/></office_status>"#;
        assert!(all(StatusKind::Offices, office).iter().any(|entry| entry.2 == "state: open, a guest is inside"));
        let written = all(StatusKind::Participants, r#"<participant meetingid="1" utc="1477579954"/>"#);
        assert_eq!(written[1].2, "when the file was written, in seconds since 1970: 20161027 14:52:34 UTC");
        assert_eq!(all(StatusKind::Alive, "1")[0].2, "the server is up and takes meetings");
    }

    #[test]
    fn what_the_guide_does_not_know_is_shown_and_said_to_be_unknown() {
        let entries = all(StatusKind::Offices, r#"<office_status><user id="5" colour="red"/></office_status>"#);
        assert_eq!(entries[1], ("colour".to_owned(), "red".to_owned(), "not in the guide".to_owned()));
    }

    #[test]
    fn a_torn_file_says_where_and_a_long_value_is_cut_between_characters() {
        let torn = explain(StatusKind::Owners, b"<thirdparty utc=\"1\"><info");
        assert!(torn.sections.is_empty() && torn.problem.is_some_and(|why| why.contains("line 1")));
        let long = format!(r#"<office_status><user id="{}"/></office_status>"#, "會".repeat(400));
        assert_eq!(all(StatusKind::Offices, &long)[0].1.chars().count(), MAX_VALUE + 1);
    }

    #[test]
    fn files_are_known_by_their_names() {
        for (name, kind) in [
            ("_status_ip_127.0.0.1.xml", Some(StatusKind::Owners)),
            ("_office_status_ip_fe80;;1.xml", Some(StatusKind::Offices)),
            ("_cluster_ip_127.0.0.1.txt", Some(StatusKind::Alive)),
            ("_cluster_connection_127.0.0.1_.txt", Some(StatusKind::Load)),
            ("_participant_127.0.0.1_2026_11_23_10_00_000001.xml", Some(StatusKind::Participants)),
            ("_recording_127.0.0.1_2026_11_23_10_00_000001.xml", Some(StatusKind::Recording)),
            ("_recording_127.0.0.1_2026_11_23_10_00_000001.xml.internal", Some(StatusKind::Recording)),
            ("_recording_127.0.0.1_2026_11_23_10_00_000001.jnr", None),
            (".writing-x", None),
        ] {
            assert_eq!(StatusKind::of(name), kind, "{name}");
        }
    }
}

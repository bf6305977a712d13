//! The XML beside a recording, written once when the meeting ends (guide 3.5, 3.12; notes N30 to N32, N40, N57, N64).

use super::{StatusError, entries, flag, number, root, text};
use crate::hit::xml::{Element, Writer};

/// How a meeting ended (guide 3.5, note N40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum How {
    /// 0: everybody left.
    EmptyRoom,
    /// 1: the owner ended it.
    OwnerRequest,
    /// 2: its duration is over.
    TimerOver,
    /// 3: the server was shut down.
    ServerShutdown,
    /// 4: another reason, a crash among them.
    OtherReason,
    /// 5: no memory.
    OutOfMemory,
    /// 6: an administrator ended it.
    ByAdmin,
    /// Any other number, kept.
    Unknown(i32),
}

impl How {
    /// The number in the file.
    pub fn number(self) -> i32 {
        match self {
            How::EmptyRoom => 0,
            How::OwnerRequest => 1,
            How::TimerOver => 2,
            How::ServerShutdown => 3,
            How::OtherReason => 4,
            How::OutOfMemory => 5,
            How::ByAdmin => 6,
            How::Unknown(number) => number,
        }
    }

    /// The reason of a number.
    pub fn from_number(number: i32) -> How {
        match number {
            0 => How::EmptyRoom,
            1 => How::OwnerRequest,
            2 => How::TimerOver,
            3 => How::ServerShutdown,
            4 => How::OtherReason,
            5 => How::OutOfMemory,
            6 => How::ByAdmin,
            other => How::Unknown(other),
        }
    }

    /// Whether an event that ended so is over for good (guide 3.5, note N31).
    pub fn is_final(self) -> bool {
        matches!(self, How::OwnerRequest | How::TimerOver)
    }
}

/// What the file says about one session of a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingStatus {
    /// Everybody was told that the recording will be archived when it is deleted (3.12).
    pub to_archive: bool,
    /// Start in Unix seconds.
    pub start_utc: i64,
    /// The same moment as local time, `20161025 21:07:00`.
    pub start_text: String,
    /// Seconds.
    pub duration: u64,
    /// Whether there is a recording; a meeting without one has a status file too.
    pub recorded: bool,
    /// The session prepared an event: its recording may only be deleted (3.7).
    pub preparation_mode: bool,
    /// Unix seconds of the owner's first playback. `None`: new (note N64).
    pub read: Option<i64>,
    /// Shared with others.
    pub shared: bool,
    /// Playbacks by others than the owner.
    pub view_count: u64,
    /// The request's meeting title.
    pub title: String,
    /// How it ended.
    pub how: How,
    /// Who was inside, each once.
    pub participants: Vec<Participant>,
}

/// Somebody who took part.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Participant {
    /// Empty for an anonymous guest.
    pub user_id: String,
    /// Shown to people.
    pub name: String,
    /// The owner was not there: the recording is a message.
    pub absent: bool,
}

impl Default for RecordingStatus {
    fn default() -> RecordingStatus {
        RecordingStatus {
            to_archive: false,
            start_utc: 0,
            start_text: String::new(),
            duration: 0,
            recorded: false,
            preparation_mode: false,
            read: None,
            shared: false,
            view_count: 0,
            title: String::new(),
            how: How::OtherReason,
            participants: Vec::new(),
        }
    }
}

impl RecordingStatus {
    /// Whether an event with this newest session must not be opened again: a preparation does not count (note N31).
    pub fn forbids_another_session(&self) -> bool {
        self.how.is_final() && !self.preparation_mode
    }

    /// The file. `read` and `preparationmode` stand only where they mean something: readers ask whether they are there.
    pub fn to_xml(&self) -> String {
        let mut xml = Writer::new();
        xml.open("status", if self.to_archive { &[("to_archive", "1")] } else { &[] });
        xml.leaf("starttime", &[("utc", &self.start_utc.to_string())], &self.start_text);
        xml.comment("duration is in seconds");
        xml.leaf("duration", &[], &self.duration.to_string());
        let (read, views) = (self.read.map(|time| time.to_string()), self.view_count.to_string());
        let mut attributes = Vec::new();
        if self.preparation_mode {
            attributes.push(("preparationmode", "1"));
        }
        if let Some(read) = &read {
            attributes.push(("read", read));
        }
        if self.shared {
            attributes.push(("shared", "1"));
        }
        if self.view_count > 0 {
            attributes.push(("view_count", &views));
        }
        xml.leaf("recording", &attributes, if self.recorded { "true" } else { "false" });
        xml.leaf("title", &[], &self.title);
        xml.comment(HOW);
        xml.leaf("how", &[], &self.how.number().to_string());
        for person in &self.participants {
            // Note N32: the guide says username, its known readers look for name.
            let mut attributes: Vec<(&str, &str)> =
                vec![("userid", &person.user_id), ("username", &person.name), ("name", &person.name)];
            if person.absent {
                attributes.push(("absent", "1"));
            }
            xml.empty("participant", &attributes);
        }
        xml.finish()
    }

    /// Reads a file, of HomeMeeting's MCU too.
    ///
    /// # Errors
    /// See [`StatusError`].
    pub fn parse(bytes: &[u8]) -> Result<RecordingStatus, StatusError> {
        let root = root(bytes, "status")?;
        let child_text = |name| root.child(name).map(Element::text).unwrap_or_default();
        // Note N30: one sample opens the element as stattime.
        let start = root.child("starttime").or_else(|| root.child("stattime"));
        let recording = root.child("recording");
        let has = |name| recording.is_some_and(|recording| flag(recording, name));
        Ok(RecordingStatus {
            to_archive: flag(&root, "to_archive"),
            start_utc: start.map_or(0, |start| number(start, "utc", 0)),
            start_text: start.map(|start| start.text().trim().to_owned()).unwrap_or_default(),
            duration: child_text("duration").trim().parse().unwrap_or(0),
            recorded: matches!(child_text("recording").trim(), "true" | "1"),
            preparation_mode: has("preparationmode"),
            // Being there is what counts: a value that is no time still means that it was played.
            read: recording
                .and_then(|recording| recording.attribute("read"))
                .map(|time| time.trim().parse().unwrap_or(0)),
            shared: has("shared"),
            view_count: recording.map_or(0, |recording| number(recording, "view_count", 0)),
            title: child_text("title").to_owned(),
            how: child_text("how").trim().parse().map_or(How::OtherReason, How::from_number),
            participants: entries(Some(&root), "participant")?.into_iter().map(participant).collect(),
        })
    }
}

fn participant(element: &Element) -> Participant {
    let name = element.attribute("username").or_else(|| element.attribute("name")).unwrap_or_default();
    Participant { user_id: text(element, "userid"), name: name.to_owned(), absent: flag(element, "absent") }
}

const HOW: &str = "how the meeting is terminated. 0: empty room; 1: owner's request; 2: timer is over; \
    3: server shutdown; 4: other reason; 5: out of memory; 6: by admin";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hit::status::MAX_ENTRIES;

    fn sample() -> RecordingStatus {
        RecordingStatus {
            to_archive: true,
            start_utc: 1_477_579_954,
            start_text: "20161027 14:52:34".to_owned(),
            duration: 124,
            recorded: true,
            preparation_mode: true,
            read: Some(1_086_319_845),
            shared: true,
            view_count: 3,
            title: "Test Recording".to_owned(),
            how: How::EmptyRoom,
            participants: vec![
                Participant { user_id: "userid1".to_owned(), name: "owner1".to_owned(), absent: true },
                Participant { user_id: "userid2".to_owned(), name: "guest".to_owned(), absent: false },
            ],
        }
    }

    #[test]
    fn the_file_is_the_guides_sample_corrected() {
        let expected = r#"<?xml version="1.0" encoding="utf-8"?>
<status to_archive="1">
  <starttime utc="1477579954">20161027 14:52:34</starttime>
  <!-- duration is in seconds -->
  <duration>124</duration>
  <recording preparationmode="1" read="1086319845" shared="1" view_count="3">true</recording>
  <title>Test Recording</title>
  <!-- how the meeting is terminated. 0: empty room; 1: owner's request; 2: timer is over; 3: server shutdown; 4: other reason; 5: out of memory; 6: by admin -->
  <how>0</how>
  <participant userid="userid1" username="owner1" name="owner1" absent="1"/>
  <participant userid="userid2" username="guest" name="guest"/>
</status>
"#;
        assert_eq!(sample().to_xml(), expected);
        assert_eq!(RecordingStatus::parse(expected.as_bytes()), Ok(sample()));
    }

    #[test]
    fn older_spellings_and_absent_items_read_with_defaults() {
        let old = "<status><stattime utc='5'> x </stattime><recording>false</recording><how>77</how>\
            <participant name='n'/><participant userid='u'/></status>";
        let status = RecordingStatus::parse(old.as_bytes()).unwrap();
        assert_eq!((status.start_utc, status.start_text.as_str(), status.how), (5, "x", How::Unknown(77)));
        assert_eq!(status.participants.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["n", ""]);
        assert_eq!(RecordingStatus::parse(b"<status/>"), Ok(RecordingStatus::default()));
        assert!(!RecordingStatus::default().to_xml().contains("read="), "new is what has no such attribute");
        assert!(matches!(RecordingStatus::parse(b"<x/>"), Err(StatusError::Root { .. })));
    }

    #[test]
    fn only_the_owners_request_and_the_timer_end_an_event_for_good() {
        for number in -1..9 {
            let how = How::from_number(number);
            assert_eq!(how.number(), number);
            let status = RecordingStatus { how, ..RecordingStatus::default() };
            assert_eq!(status.forbids_another_session(), number == 1 || number == 2);
            assert!(!RecordingStatus { preparation_mode: true, ..status }.forbids_another_session());
        }
    }

    #[test]
    fn five_thousand_participants_are_read_and_one_more_is_refused() {
        let file = |count| format!("<status>{}</status>", "<participant/>".repeat(count));
        assert_eq!(RecordingStatus::parse(file(MAX_ENTRIES).as_bytes()).unwrap().participants.len(), MAX_ENTRIES);
        assert_eq!(RecordingStatus::parse(file(MAX_ENTRIES + 1).as_bytes()), Err(StatusError::TooMany("participant")));
    }

    proptest! {
        #[test]
        fn any_title_and_name_read_back(title in "\\PC{0,60}", name in "\\PC{0,60}") {
            let mut status = sample();
            status.title = title;
            status.participants[0].name = name;
            prop_assert_eq!(RecordingStatus::parse(status.to_xml().as_bytes()), Ok(status));
        }
    }
}

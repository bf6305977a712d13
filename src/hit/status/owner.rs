//! What goes on at one MCU: meetings and playbacks, and the open offices (guide 3.4, 4.5; notes N24 to N29).

use super::{StatusError, bit, entries, flag, number, root, text};
use crate::hit::xml::{Element, Writer};

/// The file `_status_ip_IP.xml`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OwnerStatus {
    /// When the file was written, local time, `Fri Apr 26 19:55:28`.
    pub last_update: String,
    /// The same moment in Unix seconds.
    pub utc: i64,
    /// The server's properties. `None`: it is down.
    pub info: Option<ServerInfo>,
    /// Running meetings.
    pub meetings: Vec<MeetingEntry>,
    /// Running playbacks.
    pub playbacks: Vec<PlaybackEntry>,
    /// Messenger users (4.5). `None`: this server is no messenger.
    pub messenger: Option<Vec<MessengerUser>>,
}

/// The element `info`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ServerInfo {
    /// Most meetings.
    pub max_meeting: u32,
    /// Most connections.
    pub max_connection: u32,
    /// Most connections from outside.
    pub max_outside_connection: u32,
    /// Most reserved connections.
    pub max_reserved_connection: u32,
    /// Most reserved connections from outside.
    pub max_reserved_outside_connection: u32,
    /// The licence's inside addresses, `209.101.242.123/16`.
    pub ip_range: String,
    /// As shown, `24.0Kbps`.
    pub target_bitrate: String,
    /// Where the connection test is.
    pub test_wizard_link: String,
}

/// A running meeting: element `user` while its owner is inside, `meeting` otherwise (note N26).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetingEntry {
    /// Virtual server.
    pub vid: i64,
    /// Session index, -1 when unknown.
    pub session_index: i64,
    /// The owner's name.
    pub name: String,
    /// The owner's id.
    pub user_id: String,
    /// The meeting id.
    pub meeting_id: String,
    /// Scheduled minutes, 0 for a person-based meeting.
    pub duration: u32,
    /// Seconds, those of a recording that the meeting goes on from included.
    pub elapsed_logical: u64,
    /// Seconds since it was opened.
    pub elapsed_physical: u64,
    /// How many ever joined.
    pub max_participant: u32,
    /// The owner is inside.
    pub owner_present: bool,
    /// Somebody else than the owner is inside.
    pub have_guest: bool,
    /// It prepares an event.
    pub preparation_mode: bool,
}

/// A running playback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybackEntry {
    /// Virtual server.
    pub vid: i64,
    /// Session index, -1 when unknown.
    pub session_index: i64,
    /// The player's name.
    pub name: String,
    /// The player's id.
    pub player_id: String,
    /// The player's address as the MCU sees it.
    pub ip: String,
    /// Seconds since it began.
    pub elapsed: u64,
    /// Of a shared recording.
    pub shared: bool,
    /// Has been at the end.
    pub end_reached: bool,
    /// Path of the recording on the MCU. For display: never opened.
    pub file_name: String,
    /// Bytes.
    pub file_size: u64,
    /// Seconds.
    pub file_duration: u64,
    /// Protected by a password.
    pub file_encrypted: bool,
}

/// A messenger user (guide 4.5).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct MessengerUser {
    /// The user's name.
    pub name: String,
    /// The user's id.
    pub user_id: String,
    /// Signed in.
    pub online: bool,
    /// 1 online, 2 busy, 3 be right back, 4 away, 5 appear offline, 6 mobile; 0 offline.
    pub messenger_status: u32,
    /// The user's office.
    pub office_status: OfficeState,
}

/// The file `_office_status_ip_IP.xml`: every open person-based office (note N29).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OfficeStatus {
    /// The offices.
    pub offices: Vec<OfficeEntry>,
}

/// An open office.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct OfficeEntry {
    /// The owner's id.
    pub owner_id: String,
    /// What goes on.
    pub status: OfficeState,
    /// Its meeting id.
    pub meeting_id: String,
}

/// `office_status` (guide 3.4). A number that the guide does not have reads as open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum OfficeState {
    /// 0: no office.
    #[default]
    Closed,
    /// 1: no guest inside.
    Open,
    /// 2: a guest is inside.
    WithGuest,
    /// 3: the owner makes a recording alone (note N28).
    Recording,
}

impl OfficeState {
    /// The number in the file.
    pub fn number(self) -> u32 {
        match self {
            OfficeState::Closed => 0,
            OfficeState::Open => 1,
            OfficeState::WithGuest => 2,
            OfficeState::Recording => 3,
        }
    }

    fn from_number(number: i64) -> OfficeState {
        match number {
            0 => OfficeState::Closed,
            2 => OfficeState::WithGuest,
            3 => OfficeState::Recording,
            _ => OfficeState::Open,
        }
    }
}

impl OwnerStatus {
    /// The file.
    pub fn to_xml(&self) -> String {
        let mut xml = Writer::new();
        xml.open("thirdparty", &[("last_update", &self.last_update), ("utc", &self.utc.to_string())]);
        match &self.info {
            Some(info) => write_info(&mut xml, info),
            None => {
                xml.empty("info", &[]);
            }
        }
        xml.open("directory", &[]);
        for meeting in &self.meetings {
            write_meeting(&mut xml, meeting);
        }
        for playback in &self.playbacks {
            write_playback(&mut xml, playback);
        }
        xml.close();
        if let Some(users) = &self.messenger {
            xml.open("msgr_directory", &[]);
            for user in users {
                xml.empty(
                    "user",
                    &[
                        ("name", &user.name),
                        ("userid", &user.user_id),
                        ("online", if user.online { "true" } else { "false" }),
                        ("messenger_status", &user.messenger_status.to_string()),
                        ("office_status", &user.office_status.number().to_string()),
                    ],
                );
            }
            xml.close();
        }
        xml.finish()
    }

    /// Reads a file, of HomeMeeting's MCU too.
    ///
    /// # Errors
    /// See [`StatusError`].
    pub fn parse(bytes: &[u8]) -> Result<OwnerStatus, StatusError> {
        let root = root(bytes, "thirdparty")?;
        let directory = root.child("directory");
        let mut meetings = entries(directory, "user")?;
        meetings.extend(entries(directory, "meeting")?);
        let messenger = match root.child("msgr_directory") {
            Some(users) => Some(entries(Some(users), "user")?.into_iter().map(read_messenger_user).collect()),
            None => None,
        };
        Ok(OwnerStatus {
            last_update: text(&root, "last_update"),
            // Note N25: the guide explains the same value as tick.
            utc: number(&root, "utc", number(&root, "tick", 0)),
            info: root.child("info").filter(|info| info.attribute("max_meeting").is_some()).map(read_info),
            meetings: meetings.into_iter().map(read_meeting).collect(),
            playbacks: entries(directory, "playback")?.into_iter().map(read_playback).collect(),
            messenger,
        })
    }
}

impl OfficeStatus {
    /// The file.
    pub fn to_xml(&self) -> String {
        let mut xml = Writer::new();
        xml.open("office_status", &[]);
        for office in &self.offices {
            xml.empty(
                "user",
                &[
                    ("id", &office.owner_id),
                    ("office_status", &office.status.number().to_string()),
                    ("meeting_id", &office.meeting_id),
                ],
            );
        }
        xml.finish()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// See [`StatusError`].
    pub fn parse(bytes: &[u8]) -> Result<OfficeStatus, StatusError> {
        let root = root(bytes, "office_status")?;
        let offices = entries(Some(&root), "user")?.into_iter().map(|user| OfficeEntry {
            owner_id: text(user, "id"),
            status: OfficeState::from_number(number(user, "office_status", 0)),
            meeting_id: either(user, "meeting_id", "meetingid"),
        });
        Ok(OfficeStatus { offices: offices.collect() })
    }
}

fn write_info(xml: &mut Writer, info: &ServerInfo) {
    xml.empty(
        "info",
        &[
            ("max_meeting", &info.max_meeting.to_string()),
            ("max_connection", &info.max_connection.to_string()),
            ("max_outside_connection", &info.max_outside_connection.to_string()),
            ("max_reserved_connection", &info.max_reserved_connection.to_string()),
            ("max_reserved_outside_connection", &info.max_reserved_outside_connection.to_string()),
            ("ip_range", &info.ip_range),
            ("target_bitrate", &info.target_bitrate),
            ("test_wizard_link", &info.test_wizard_link),
        ],
    );
}

fn read_info(info: &Element) -> ServerInfo {
    ServerInfo {
        max_meeting: number(info, "max_meeting", 0),
        max_connection: number(info, "max_connection", 0),
        max_outside_connection: number(info, "max_outside_connection", 0),
        max_reserved_connection: number(info, "max_reserved_connection", 0),
        max_reserved_outside_connection: number(info, "max_reserved_outside_connection", 0),
        ip_range: text(info, "ip_range"),
        target_bitrate: text(info, "target_bitrate"),
        test_wizard_link: text(info, "test_wizard_link"),
    }
}

fn write_meeting(xml: &mut Writer, meeting: &MeetingEntry) {
    let preparation = bit(meeting.preparation_mode);
    xml.empty(
        if meeting.owner_present { "user" } else { "meeting" },
        &[
            ("vid", &meeting.vid.to_string()),
            ("session_index", &meeting.session_index.to_string()),
            ("name", &meeting.name),
            ("userid", &meeting.user_id),
            ("meetingid", &meeting.meeting_id),
            ("duration", &meeting.duration.to_string()),
            ("elapsed_second1", &meeting.elapsed_logical.to_string()),
            ("elapsed_second2", &meeting.elapsed_physical.to_string()),
            ("max_participant", &meeting.max_participant.to_string()),
            ("owner_present", bit(meeting.owner_present)),
            ("have_guest", bit(meeting.have_guest)),
            // Note N27: the guide has both spellings, and readers of either exist.
            ("preparation_mode", preparation),
            ("preparationmode", preparation),
        ],
    );
}

fn read_meeting(element: &Element) -> MeetingEntry {
    MeetingEntry {
        vid: number(element, "vid", 0),
        session_index: number(element, "session_index", -1),
        name: text(element, "name"),
        user_id: text(element, "userid"),
        meeting_id: either(element, "meetingid", "meeting_id"),
        duration: number(element, "duration", 0),
        elapsed_logical: number(element, "elapsed_second1", 0),
        elapsed_physical: number(element, "elapsed_second2", 0),
        max_participant: number(element, "max_participant", 0),
        owner_present: element.name() == "user" || flag(element, "owner_present"),
        have_guest: flag(element, "have_guest"),
        preparation_mode: flag(element, "preparation_mode") || flag(element, "preparationmode"),
    }
}

fn write_playback(xml: &mut Writer, playback: &PlaybackEntry) {
    xml.empty(
        "playback",
        &[
            ("vid", &playback.vid.to_string()),
            ("session_index", &playback.session_index.to_string()),
            ("name", &playback.name),
            ("playerid", &playback.player_id),
            ("ip", &playback.ip),
            ("elapsed_second", &playback.elapsed.to_string()),
            ("shared_playback", bit(playback.shared)),
            ("end_reached", bit(playback.end_reached)),
            ("file_name", &playback.file_name),
            ("file_size", &playback.file_size.to_string()),
            ("file_duration", &playback.file_duration.to_string()),
            ("file_encrypted", bit(playback.file_encrypted)),
        ],
    );
}

fn read_playback(element: &Element) -> PlaybackEntry {
    PlaybackEntry {
        vid: number(element, "vid", 0),
        session_index: number(element, "session_index", -1),
        name: text(element, "name"),
        player_id: text(element, "playerid"),
        ip: text(element, "ip"),
        elapsed: number(element, "elapsed_second", 0),
        shared: flag(element, "shared_playback"),
        end_reached: flag(element, "end_reached"),
        file_name: text(element, "file_name"),
        file_size: number(element, "file_size", 0),
        file_duration: number(element, "file_duration", 0),
        file_encrypted: flag(element, "file_encrypted"),
    }
}

fn read_messenger_user(element: &Element) -> MessengerUser {
    MessengerUser {
        name: text(element, "name"),
        user_id: text(element, "userid"),
        online: element.attribute("online").is_some_and(|online| online.eq_ignore_ascii_case("true") || online == "1"),
        messenger_status: number(element, "messenger_status", 0),
        office_status: OfficeState::from_number(number(element, "office_status", 0)),
    }
}

fn either(element: &Element, name: &str, other: &str) -> String {
    element.attribute(name).or_else(|| element.attribute(other)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> OwnerStatus {
        OwnerStatus {
            last_update: "Thu Oct 27 14:52:34".to_owned(),
            utc: 1_477_579_954,
            info: Some(ServerInfo {
                max_meeting: 10,
                max_connection: 20,
                max_outside_connection: 10,
                max_reserved_connection: 5,
                max_reserved_outside_connection: 3,
                ip_range: "209.101.242.123/16".to_owned(),
                target_bitrate: "24.0Kbps".to_owned(),
                test_wizard_link: "wizard_mjnj".to_owned(),
            }),
            meetings: vec![MeetingEntry {
                vid: 0,
                session_index: 0,
                name: "John".to_owned(),
                user_id: "123".to_owned(),
                meeting_id: "456".to_owned(),
                duration: 30,
                elapsed_logical: 303,
                elapsed_physical: 303,
                max_participant: 6,
                owner_present: true,
                have_guest: true,
                preparation_mode: true,
            }],
            playbacks: vec![PlaybackEntry {
                vid: 0,
                session_index: 2,
                name: "player".to_owned(),
                player_id: "123".to_owned(),
                ip: "192.168.1.10".to_owned(),
                elapsed: 507,
                shared: true,
                end_reached: true,
                file_name: "C:/recording/_user/2/169/_recording_192.168.1.21_2016_10_25_21_07_001835.jnr".to_owned(),
                file_size: 708_125,
                file_duration: 1298,
                file_encrypted: false,
            }],
            messenger: Some(vec![MessengerUser {
                name: "a".to_owned(),
                user_id: "3".to_owned(),
                online: true,
                messenger_status: 1,
                office_status: OfficeState::Closed,
            }]),
        }
    }

    #[test]
    fn the_file_is_the_guides_sample_corrected() {
        let expected = r#"<?xml version="1.0" encoding="utf-8"?>
<thirdparty last_update="Thu Oct 27 14:52:34" utc="1477579954">
  <info max_meeting="10" max_connection="20" max_outside_connection="10" max_reserved_connection="5" max_reserved_outside_connection="3" ip_range="209.101.242.123/16" target_bitrate="24.0Kbps" test_wizard_link="wizard_mjnj"/>
  <directory>
    <user vid="0" session_index="0" name="John" userid="123" meetingid="456" duration="30" elapsed_second1="303" elapsed_second2="303" max_participant="6" owner_present="1" have_guest="1" preparation_mode="1" preparationmode="1"/>
    <playback vid="0" session_index="2" name="player" playerid="123" ip="192.168.1.10" elapsed_second="507" shared_playback="1" end_reached="1" file_name="C:/recording/_user/2/169/_recording_192.168.1.21_2016_10_25_21_07_001835.jnr" file_size="708125" file_duration="1298" file_encrypted="0"/>
  </directory>
  <msgr_directory>
    <user name="a" userid="3" online="true" messenger_status="1" office_status="0"/>
  </msgr_directory>
</thirdparty>
"#;
        assert_eq!(sample().to_xml(), expected);
        assert_eq!(OwnerStatus::parse(expected.as_bytes()), Ok(sample()));
    }

    #[test]
    fn without_its_owner_a_meeting_is_a_meeting_element() {
        let mut status = sample();
        status.meetings[0].owner_present = false;
        let xml = status.to_xml();
        assert!(xml.contains("<meeting vid=") && xml.contains("owner_present=\"0\""));
        assert_eq!(OwnerStatus::parse(xml.as_bytes()), Ok(status));
    }

    #[test]
    fn a_server_that_is_down_has_an_info_without_attributes() {
        let down = OwnerStatus { utc: 5, ..OwnerStatus::default() };
        assert!(down.to_xml().contains("<info/>"));
        assert_eq!(OwnerStatus::parse(down.to_xml().as_bytes()), Ok(down));
    }

    #[test]
    fn other_spellings_and_absent_attributes_read_with_the_guides_defaults() {
        let xml = b"<thirdparty tick='7'><directory><meeting meeting_id='m' preparationmode='1'/><playback/></directory></thirdparty>";
        let status = OwnerStatus::parse(xml).unwrap();
        assert_eq!((status.utc, status.info, status.messenger), (7, None, None));
        let meeting = &status.meetings[0];
        assert_eq!((meeting.meeting_id.as_str(), meeting.preparation_mode, meeting.session_index), ("m", true, -1));
        assert!(!meeting.owner_present);
        assert_eq!(status.playbacks[0].session_index, -1);
    }

    #[test]
    fn the_offices_are_the_guides_sample() {
        let expected = r#"<?xml version="1.0" encoding="utf-8"?>
<office_status>
  <user id="5" office_status="1" meeting_id="431"/>
  <user id="6" office_status="2" meeting_id="433"/>
</office_status>
"#;
        let office = |owner: &str, status, meeting: &str| OfficeEntry {
            owner_id: owner.to_owned(),
            status,
            meeting_id: meeting.to_owned(),
        };
        let offices = vec![office("5", OfficeState::Open, "431"), office("6", OfficeState::WithGuest, "433")];
        assert_eq!(OfficeStatus { offices: offices.clone() }.to_xml(), expected);
        assert_eq!(OfficeStatus::parse(expected.as_bytes()), Ok(OfficeStatus { offices }));
        let recording = OfficeStatus { offices: vec![office("5", OfficeState::Recording, "<&>")] };
        assert_eq!(OfficeStatus::parse(recording.to_xml().as_bytes()), Ok(recording));
        assert_eq!(OfficeStatus::parse(OfficeStatus::default().to_xml().as_bytes()), Ok(OfficeStatus::default()));
    }

    #[test]
    fn every_attribute_that_is_absent_has_the_guides_default() {
        let status =
            OwnerStatus::parse(b"<thirdparty><info/><directory><meeting/><playback/></directory></thirdparty>")
                .unwrap();
        let meeting = MeetingEntry {
            vid: 0,
            session_index: -1,
            name: String::new(),
            user_id: String::new(),
            meeting_id: String::new(),
            duration: 0,
            elapsed_logical: 0,
            elapsed_physical: 0,
            max_participant: 0,
            owner_present: false,
            have_guest: false,
            preparation_mode: false,
        };
        assert_eq!(status.meetings, [meeting]);
        let playback = PlaybackEntry {
            vid: 0,
            session_index: -1,
            name: String::new(),
            player_id: String::new(),
            ip: String::new(),
            elapsed: 0,
            shared: false,
            end_reached: false,
            file_name: String::new(),
            file_size: 0,
            file_duration: 0,
            file_encrypted: false,
        };
        assert_eq!(status.playbacks, [playback]);
    }
}

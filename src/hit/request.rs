//! The service request: who wants what from the MCU (guide 3.1, figure 3).
//!
//! In: the XML inside a userinfo. Out: a typed request, or an error that names element and attribute; and back to XML.
//! Reading is tolerant except where that would grant rights: an unknown element is ignored, but `quest`, the guide's
//! misprint, is a guest (note N1), because a guest overlooked would be taken for the owner. Nothing is ever cut (N7).

mod read;
#[cfg(test)]
mod tests;
mod write;

use thiserror::Error;

use crate::hit::password::{PasswordError, PasswordHash};
use crate::hit::xml::XmlError;

/// Most bytes of a request. A userinfo has fewer than 10,000 characters (wire/01 section 5.1), Base64 included.
pub const MAX_REQUEST: usize = 16 * 1024;
/// Most bytes of an id, a name or an e-mail address.
pub const MAX_ID: usize = 127;
/// Most bytes of a meeting id in a request that came (note N6).
pub const MAX_MEETING_ID_READ: usize = 128;
/// Most bytes of a meeting id that we issue (note N6).
pub const MAX_MEETING_ID_WRITTEN: usize = 127;
/// Most bytes of a title, a file name, a page or an address.
pub const MAX_TEXT: usize = 511;
/// Most bytes of the password element's text.
pub const MAX_PASSWORD_TEXT: usize = 39;
/// Longest duration in minutes; longer ones become this (guide 3.1/7).
pub const MAX_DURATION: u16 = 599;

/// A service request. Numbers keep the guide's units; `None` means that the element or attribute was absent or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRequest {
    /// Whose meeting, recording or office it is about (3.1/1).
    pub owner: Owner,
    /// Which meeting (3.1/2). Empty only for `checkmessage`, which does not use it.
    pub meeting_id: String,
    /// Unix seconds: when the request was made, or when its password ends (3.1/3).
    pub timestamp: i64,
    /// What the person at the client must prove to know (3.1/4).
    pub password: Option<PasswordHash>,
    /// Present: the requester is this guest. Absent: the requester is the owner (3.1/5).
    pub guest: Option<Guest>,
    /// The owner's group (3.1/6).
    pub group: Option<Group>,
    /// What is wanted (3.1/7).
    pub command: Command,
    /// Written into the recording's status file (3.1/8).
    pub meeting_title: Option<String>,
}

/// The element `owner` (guide 3.1/1).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Owner {
    /// Unique in the third party; a directory of that name holds the recordings.
    pub id: String,
    /// Shown to people.
    pub name: String,
    /// Megabytes of recordings; 0: the MCU does not check. `None`: the MCU's `default_disk_quota`.
    pub disk_quota: Option<u64>,
    /// Most outside connections charged to the owner. `None`: the MCU's `default_max_outconnection`.
    pub max_out_connection: Option<u32>,
    /// Where the MCU may write to.
    pub email: Option<String>,
}

/// The element `guest` (guide 3.1/5).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Guest {
    /// `None`: anonymous. Two guests with one id are one person.
    pub id: Option<String>,
    /// Shown to people.
    pub name: String,
    /// Only of a guest with an id; ignored when reading without one.
    pub email: Option<String>,
    /// Enters without asking the owner.
    pub invited: bool,
    /// Holds a ticket; needs an id.
    pub ticket: bool,
}

/// The element `group` (guide 3.1/6).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Group {
    /// The owner's group; a directory of that name holds the recordings.
    pub id: String,
    /// Megabytes of recordings of the whole group; 0: not checked (note N12).
    pub disk_quota: Option<u64>,
    /// Most outside connections of the whole group. `None`: the MCU's `default_max_group_outconnection`.
    pub max_out_connection: Option<u32>,
}

/// The seven services (guide 3.1/7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum CommandKind {
    /// Enter or open a meeting.
    #[default]
    Meeting,
    /// Watch a recording.
    Playback,
    /// Take a recording home.
    Download,
    /// Remove a recording.
    Delete,
    /// Look through the messages left for the owner.
    CheckMessage,
    /// The owner talks to a visitor who is leaving a message.
    TalkToVisitor,
    /// A visitor leaves a message.
    LeaveMessage,
}

impl CommandKind {
    /// All of them, in the guide's order.
    pub const ALL: [CommandKind; 7] = [
        CommandKind::Meeting,
        CommandKind::Playback,
        CommandKind::Download,
        CommandKind::Delete,
        CommandKind::CheckMessage,
        CommandKind::TalkToVisitor,
        CommandKind::LeaveMessage,
    ];

    /// The guide's word.
    pub fn word(self) -> &'static str {
        match self {
            CommandKind::Meeting => "meeting",
            CommandKind::Playback => "playback",
            CommandKind::Download => "download",
            CommandKind::Delete => "delete",
            CommandKind::CheckMessage => "checkmessage",
            CommandKind::TalkToVisitor => "talktovisitor",
            CommandKind::LeaveMessage => "leavemessage",
        }
    }

    /// The service of that word, whatever its case; an empty word is a meeting (note N14).
    pub fn from_word(word: &str) -> Option<CommandKind> {
        let word = word.trim();
        if word.is_empty() {
            return Some(CommandKind::Meeting);
        }
        CommandKind::ALL.into_iter().find(|kind| kind.word().eq_ignore_ascii_case(word))
    }
}

/// The element `command` with all its attributes (guide 3.1/7). [`Command::default`] has the guide's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Which service.
    pub kind: CommandKind,
    /// Record the meeting. Default true; for a message too (note N15).
    pub recording: bool,
    /// Do not open the meeting when it has recordings already. Default false.
    pub exclusive_recording: bool,
    /// Go on past the duration while somebody is inside. Default true.
    pub autoextension: bool,
    /// Minutes, 1 to 599. `None`: a person-based meeting (note N20).
    pub duration: Option<u16>,
    /// First page of joint browsing.
    pub default_joint_browsing_page: Option<String>,
    /// Everybody is a questioner all the time.
    pub all_questioner: bool,
    /// Prepare an event; ignored for a person-based meeting, see [`Command::prepares`].
    pub preparation_mode: bool,
    /// Most a user's video may send, in bits a second.
    pub bandwidth: Option<u32>,
    /// Most that audio and video of the meeting may take, in bits a second.
    pub total_av_bandwidth: Option<u32>,
    /// Most minutes of a message. `None`: no limit; 0 reads as `None` (note N16).
    pub max_message_duration: Option<u32>,
    /// Where a client looks for its update.
    pub joinnet_auto_update_url: Option<String>,
    /// Show the token holder's video, not the questioner's. Default false.
    pub joinnet_holder_video: bool,
    /// Audio codecs, best first; empty: no preference (note N21).
    pub audio_codec_preference: Vec<String>,
    /// Video codecs, best first; empty: no preference.
    pub video_codec_preference: Vec<String>,
    /// Which recording of the meeting, without `.jnr`. `None`: the newest.
    pub file: Option<String>,
    /// Places reserved in an event.
    pub guaranteed: Option<Guaranteed>,
    /// Whose slides to bring in.
    pub transfer_slide: Option<RecordingReference>,
    /// Which recording to go on from.
    pub continue_meeting: Option<RecordingReference>,
}

impl Command {
    /// A command with the guide's defaults.
    pub fn new(kind: CommandKind) -> Command {
        Command {
            kind,
            recording: true,
            exclusive_recording: false,
            autoextension: true,
            duration: None,
            default_joint_browsing_page: None,
            all_questioner: false,
            preparation_mode: false,
            bandwidth: None,
            total_av_bandwidth: None,
            max_message_duration: None,
            joinnet_auto_update_url: None,
            joinnet_holder_video: false,
            audio_codec_preference: Vec::new(),
            video_codec_preference: Vec::new(),
            file: None,
            guaranteed: None,
            transfer_slide: None,
            continue_meeting: None,
        }
    }

    /// Whether a meeting is an event: it has a duration (guide 3.1/7).
    pub fn is_event(&self) -> bool {
        self.kind == CommandKind::Meeting && self.duration.is_some()
    }

    /// The recording that a meeting goes on from; other services go on from none (guide 3.1/7).
    pub fn continues(&self) -> Option<&RecordingReference> {
        self.continue_meeting.as_ref().filter(|_| self.kind == CommandKind::Meeting)
    }

    /// Whether the request is to prepare an event (guide 3.7).
    pub fn prepares(&self) -> bool {
        self.preparation_mode && self.is_event()
    }
}

impl Default for Command {
    fn default() -> Command {
        Command::new(CommandKind::Meeting)
    }
}

/// The element `guaranteed` with value 1: places that are kept free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Guaranteed {
    /// For invited guests.
    pub invited: u32,
    /// For uninvited guests.
    pub uninvited: u32,
}

/// Which recording `transferslide` or `continuemeeting` means.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RecordingReference {
    /// Its owner.
    pub user_id: String,
    /// The owner's group.
    pub group_id: Option<String>,
    /// Its meeting.
    pub meeting_id: String,
    /// Which of several, without `.jnr`. `None`: the newest.
    pub file: Option<String>,
}

/// Why a request cannot be taken or issued. `what` is the guide's name, an attribute as `element@attribute`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RequestError {
    /// The XML is refused.
    #[error("the service request is not readable: {0}")]
    Xml(#[from] XmlError),
    /// Another document.
    #[error("the root element is <{found}>, expected <jnj>")]
    Root {
        /// What it is.
        found: String,
    },
    /// A required item is not there or empty.
    #[error("{what} is missing or empty; it is required")]
    Missing {
        /// Which.
        what: &'static str,
    },
    /// An element that may be there once is there again.
    #[error("{what} is there more than once")]
    Repeated {
        /// Which.
        what: &'static str,
    },
    /// Longer than the guide allows.
    #[error("{what} has {bytes} bytes, at most {max} are allowed; shorten it")]
    TooLong {
        /// Which.
        what: &'static str,
        /// Bytes in UTF-8.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// A control character, U+FFFE or U+FFFF.
    #[error("{what} contains the character U+{code:04X}; remove it")]
    ControlCharacter {
        /// Which.
        what: &'static str,
        /// The character.
        code: u32,
    },
    /// No whole number in the range.
    #[error("{what} is {value:?}, expected a whole number from {min} to {max}")]
    NotANumber {
        /// Which.
        what: &'static str,
        /// What came, shortened for display.
        value: String,
        /// Least.
        min: i64,
        /// Most.
        max: u64,
    },
    /// Neither 0 nor 1 (note N61).
    #[error("{what} is {value:?}, expected 0 or 1")]
    NotABoolean {
        /// Which.
        what: &'static str,
        /// What came, shortened for display.
        value: String,
    },
    /// No service of that name (note N14).
    #[error(
        "command is {0:?}, expected one of meeting, playback, download, delete, checkmessage, talktovisitor, leavemessage"
    )]
    UnknownCommand(String),
    /// The password element holds no hash.
    #[error("password: {0}")]
    Password(#[from] PasswordError),
    /// Guide 3.1/5: a ticket holder must be identifiable.
    #[error("guest@ticket is 1 but guest@id is empty; a ticket holder needs an id")]
    TicketWithoutId,
    /// Guide 3.1/5: only a guest with an id has an e-mail address.
    #[error("guest@email is set but guest@id is empty; give the guest an id or leave the address out")]
    EmailWithoutId,
    /// A codec name that would fall apart in a list.
    #[error("{what} names the codec {name:?}; use letters, digits, _ and - only")]
    CodecName {
        /// Which list.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// All values are good, but together they are too much.
    #[error("the request has {bytes} bytes of XML, at most {max} are allowed")]
    TooLarge {
        /// Bytes of XML.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
}

impl ServiceRequest {
    /// A request of the owner for a meeting; set the fields for anything else.
    pub fn new(owner_id: &str, owner_name: &str, meeting_id: &str, timestamp: i64) -> ServiceRequest {
        ServiceRequest {
            owner: Owner { id: owner_id.to_owned(), name: owner_name.to_owned(), ..Owner::default() },
            meeting_id: meeting_id.to_owned(),
            timestamp,
            password: None,
            guest: None,
            group: None,
            command: Command::default(),
            meeting_title: None,
        }
    }

    /// Reads a request.
    ///
    /// # Errors
    /// See [`RequestError`]; the MCU answers 226 or 251 (note N7).
    pub fn parse(xml: &[u8]) -> Result<ServiceRequest, RequestError> {
        read::request(xml)
    }

    /// Writes the request as a third party does. What equals the guide's default is left out.
    ///
    /// # Errors
    /// A value that no reader would take, under the same names as when reading.
    pub fn to_xml(&self) -> Result<String, RequestError> {
        write::request(self)
    }

    /// The name of who asks: the guest's, else the owner's.
    pub fn requester_name(&self) -> &str {
        self.guest.as_ref().map_or(&self.owner.name, |guest| &guest.name)
    }

    /// The id of who asks; `None` for an anonymous guest.
    pub fn requester_id(&self) -> Option<&str> {
        self.guest.as_ref().map_or(Some(&self.owner.id), |guest| guest.id.as_ref()).map(String::as_str)
    }

    /// The same checks for what is read and for what is written, so that both refuse alike.
    fn check(&self, max_meeting_id: usize) -> Result<(), RequestError> {
        required("owner@id", &self.owner.id, MAX_ID)?;
        checked("owner", &self.owner.name, MAX_ID)?;
        optional("owner@email", self.owner.email.as_ref(), MAX_ID)?;
        if self.command.kind == CommandKind::CheckMessage {
            checked("meetingid", &self.meeting_id, max_meeting_id)?;
        } else {
            required("meetingid", &self.meeting_id, max_meeting_id)?;
        }
        if let Some(guest) = &self.guest {
            optional("guest@id", guest.id.as_ref(), MAX_ID)?;
            checked("guest", &guest.name, MAX_ID)?;
            optional("guest@email", guest.email.as_ref(), MAX_ID)?;
            if guest.ticket && guest.id.is_none() {
                return Err(RequestError::TicketWithoutId);
            }
            if guest.email.is_some() && guest.id.is_none() {
                return Err(RequestError::EmailWithoutId);
            }
        }
        if let Some(group) = &self.group {
            required("group", &group.id, MAX_ID)?;
        }
        if let Some(title) = &self.meeting_title {
            long_text("meetingtitle", title)?;
        }
        self.command.check(max_meeting_id)
    }
}

impl Command {
    fn check(&self, max_meeting_id: usize) -> Result<(), RequestError> {
        optional("command@default_joint_browsing_page", self.default_joint_browsing_page.as_ref(), MAX_TEXT)?;
        optional("command@joinnet_auto_update_url", self.joinnet_auto_update_url.as_ref(), MAX_TEXT)?;
        optional("command@file", self.file.as_ref(), MAX_TEXT)?;
        if let Some(reference) = &self.transfer_slide {
            let names = ["transferslide@userid", "transferslide@groupid", "transferslide", "transferslide@file"];
            reference.check(names, max_meeting_id)?;
        }
        if let Some(reference) = &self.continue_meeting {
            let names =
                ["continuemeeting@userid", "continuemeeting@groupid", "continuemeeting", "continuemeeting@file"];
            reference.check(names, max_meeting_id)?;
        }
        Ok(())
    }
}

impl RecordingReference {
    fn check(&self, [user, group, meeting, file]: [&'static str; 4], max: usize) -> Result<(), RequestError> {
        required(user, &self.user_id, MAX_ID)?;
        optional(group, self.group_id.as_ref(), MAX_ID)?;
        required(meeting, &self.meeting_id, max)?;
        optional(file, self.file.as_ref(), MAX_TEXT)
    }
}

fn required(what: &'static str, value: &str, max: usize) -> Result<(), RequestError> {
    if value.is_empty() {
        return Err(RequestError::Missing { what });
    }
    checked(what, value, max)
}

fn optional(what: &'static str, value: Option<&String>, max: usize) -> Result<(), RequestError> {
    value.map_or(Ok(()), |value| required(what, value, max))
}

fn checked(what: &'static str, value: &str, max: usize) -> Result<(), RequestError> {
    short(what, value, max)?;
    match value.chars().find(|c| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}')) {
        Some(c) => Err(RequestError::ControlCharacter { what, code: u32::from(c) }),
        None => Ok(()),
    }
}

/// A title may have several lines; it is only shown.
fn long_text(what: &'static str, value: &str) -> Result<(), RequestError> {
    let without: String = value.chars().map(|c| if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }).collect();
    required(what, &without, MAX_TEXT)
}

fn short(what: &'static str, value: &str, max: usize) -> Result<(), RequestError> {
    if value.len() > max {
        return Err(RequestError::TooLong { what, bytes: value.len(), max });
    }
    Ok(())
}

//! What the fronts see of a running engine: plain values, cheap to clone, complete enough to draw a frame.
//!
//! In: nothing. Out: [`Snapshot`], made by the engine and published whenever something changed.
//! The window draws these and knows no bytes; the command line prints them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::meeting::view::View;

/// Names a client session or a local playback within one engine; never reused.
pub type TabId = u64;

/// Everything a front may show.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The installation folder that is open.
    pub folder: PathBuf,
    /// True while the folder is a demo's temporary one.
    pub demo: bool,
    /// The installation's MCU.
    pub mcu: McuState,
    /// Client sessions, in the order they were opened.
    pub sessions: Vec<Arc<SessionSnapshot>>,
    /// Local playbacks, in the order they were opened.
    pub players: Vec<Arc<PlayerSnapshot>>,
    /// Recordings of the installation's root, newest first.
    pub recordings: Arc<Vec<RecordingRow>>,
    /// Sample users that jnj files can be issued for.
    pub users: Arc<Vec<SampleUser>>,
    /// The newest log lines, oldest first, at most 1,000.
    pub log: Arc<Vec<LogLine>>,
    /// Whether chimes are on; `None` where this build has no sound.
    pub chimes: Option<bool>,
    /// Things to tell the user once, newest last; dismissed with `Command::DismissNotice`.
    pub notices: Vec<Notice>,
}

/// A person of the sample installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleUser {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// The installation's MCU as the window sees it.
#[derive(Clone, Debug, Default)]
pub enum McuState {
    /// Not running.
    #[default]
    Stopped,
    /// Being started.
    Starting,
    /// Accepting connections.
    Running(McuRunning),
    /// Another process holds this installation and runs its MCU; we use it, and cannot stop it.
    Elsewhere {
        /// Where it listens.
        address: SocketAddr,
        /// Its process id.
        pid: u32,
    },
    /// Being stopped: meetings are closed, files finished.
    Stopping,
    /// Could not be started, or ended by itself.
    Failed {
        /// What happened and what to do about it.
        why: String,
    },
}

/// A running MCU.
#[derive(Clone, Debug)]
pub struct McuRunning {
    /// Where it listens.
    pub address: SocketAddr,
    /// How long it has been accepting.
    pub up: Duration,
    /// Open connections of any kind.
    pub connections: usize,
    /// Open meetings.
    pub meetings: Vec<MeetingRow>,
}

/// One open meeting, as its MCU sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeetingRow {
    /// Session index, 0..=65535.
    pub session_index: i32,
    /// Meeting id.
    pub meeting_id: String,
    /// Title; may be empty.
    pub title: String,
    /// Owner's id.
    pub owner_id: String,
    /// Owner's name.
    pub owner_name: String,
    /// True while the owner is inside.
    pub owner_present: bool,
    /// Names of those present, the owner first.
    pub people: Vec<String>,
    /// Planned minutes; 0 for a person-based meeting.
    pub duration_min: u32,
    /// Since it was opened.
    pub elapsed: Duration,
    /// Whether it is being recorded.
    pub recording: bool,
}

/// How far a client session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionPhase {
    /// Looking for a server that answers.
    Dialling {
        /// The address being tried, as the jnj says it.
        address: String,
    },
    /// Keys are exchanged, the join request is sent.
    Joining,
    /// The MCU asks for a password; answer with `Command::AnswerPassword`.
    PasswordWanted {
        /// True when an earlier answer was wrong.
        again: bool,
    },
    /// Waiting for somebody's permission.
    Waiting {
        /// Whose.
        name: String,
    },
    /// In the meeting.
    InMeeting,
    /// Over; the tab stays to be read.
    Ended(SessionEnd),
}

/// How a client session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// We left.
    Left,
    /// The meeting was ended (wire `X`).
    MeetingOver,
    /// We were disconnected by the owner (wire `K`).
    Disconnected,
    /// The same user joined elsewhere (EXT 14).
    Overwritten,
    /// The MCU refused us.
    Refused {
        /// The status byte of wire/01 section 6.5, 223..=255.
        code: u8,
        /// Its meaning, in the guide's words where it has any.
        meaning: String,
    },
    /// No server answered.
    NotConnected {
        /// Why, one reason an address.
        why: String,
    },
    /// The connection was lost, or the server sent what the protocol does not allow.
    Lost {
        /// What was expected and what came.
        why: String,
    },
}

/// One client session.
#[derive(Clone, Debug)]
pub struct SessionSnapshot {
    /// Its name within the engine.
    pub id: TabId,
    /// Where the jnj came from: a file name, "pasted", or who it was issued for.
    pub source: String,
    /// How far it is.
    pub phase: SessionPhase,
    /// What this participant knows of the meeting.
    pub view: Arc<View>,
    /// The server's address, as the jnj has it, once connected.
    pub server: Option<String>,
    /// "WebSocket" or "TCP".
    pub transport: &'static str,
    /// Server version as it announced itself.
    pub server_version: String,
    /// Since admission.
    pub in_meeting: Duration,
    /// Bytes received and sent on the control connection.
    pub received: u64,
    /// See `received`.
    pub sent: u64,
}

/// One local playback.
#[derive(Clone, Debug)]
pub struct PlayerSnapshot {
    /// Its name within the engine.
    pub id: TabId,
    /// The JNR file.
    pub file: PathBuf,
    /// Title from its status file, or its meeting id.
    pub title: String,
    /// First and last tick of the recording, milliseconds of meeting time.
    pub start_ms: u64,
    /// See `start_ms`.
    pub end_ms: u64,
    /// Present position, milliseconds of meeting time.
    pub position_ms: u64,
    /// False while paused or at the end.
    pub playing: bool,
    /// 1.0 is the meeting's own speed; 0.25..=16.
    pub speed: f32,
    /// Unix milliseconds of the recording's start.
    pub recorded_at: i64,
    /// The meeting as it was at `position_ms`.
    pub view: Arc<View>,
    /// Where chat lines are, for marks on the seek bar: milliseconds of meeting time.
    pub chat_marks: Arc<Vec<u64>>,
    /// What is wrong with the file, if anything ("the last 12 s were lost in a crash").
    pub damage: Option<String>,
}

/// One row of the recordings table.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordingRow {
    /// The JNR file, or the status file where the meeting was not recorded.
    pub path: PathBuf,
    /// Title; may be empty.
    pub title: String,
    /// Meeting id.
    pub meeting_id: String,
    /// Owner's id.
    pub owner_id: String,
    /// Owner's name; may be empty.
    pub owner_name: String,
    /// Group id, if the meeting had one.
    pub group: Option<String>,
    /// Unix milliseconds of the start.
    pub started: i64,
    /// Length of the meeting.
    pub duration: Duration,
    /// Names of those who took part.
    pub people: Vec<String>,
    /// How it ended; `None` while it is still running.
    pub how: Option<i32>,
    /// Size of the JNR in bytes; 0 where there is none.
    pub size: u64,
    /// What it is and whether it can be played.
    pub kind: RecordingKind,
}

/// What a row of the recordings table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingKind {
    /// Recorded by us, whole.
    Playable,
    /// Recorded by us, being written now.
    Live,
    /// Recorded by us, not finished properly: plays up to the last whole record.
    Recoverable,
    /// Recorded by HomeMeeting: cannot be played here, and is not damaged.
    HomeMeeting,
    /// A status file only.
    NotRecorded,
    /// Not readable as a JNR.
    Damaged,
}

/// How important a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For developers of integrations.
    Debug,
    /// What happened.
    Info,
    /// Something to look at.
    Warn,
    /// Something was lost or refused to work.
    Error,
}

/// One line of the log panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Unix milliseconds.
    pub at: i64,
    /// How important.
    pub level: Level,
    /// Which room said it ("mcu", "client").
    pub room: String,
    /// What it said; never a secret.
    pub text: String,
}

/// Something to tell the user once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Names it for dismissal.
    pub id: u64,
    /// How important.
    pub level: Level,
    /// One sentence.
    pub text: String,
}

//! What the fronts see of a running engine: plain values, cheap to clone, complete enough to draw a frame.
//!
//! In: nothing. Out: [`Snapshot`], made by the engine and published whenever something changed.
//! The window draws these and knows no bytes; the command line prints them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use crate::client::dialler::{AttemptRow, Outcome, Preference};
pub use crate::client::{Door, Ending, Manners, Question};
pub use crate::hit::status::explain::{Entry, Explained, Section, StatusKind};
pub use crate::link::inspector::{Direction, InspectorConnection, InspectorLine, InspectorSnapshot};
pub use crate::link::{Proxy, ProxyAddressError, Transport};
use crate::meeting::view::View;
pub use crate::wire::Refusal;

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
    /// A second MCU of the same installation, on another address and with the same recordings: the backup of guide 3.8.
    pub backup: McuState,
    /// What the office clock of this installation shows.
    pub clock: ClockRow,
    /// The jnj that was issued last.
    pub issued: Option<Issued>,
    /// How sessions connect from now on.
    pub connecting: Connecting,
    /// Recently used jnj files, newest first, at most [`MAX_RECENT`].
    pub recent: Arc<Vec<RecentJnj>>,
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
    /// Every message on every connection of this engine, while it was on.
    pub inspector: Arc<InspectorSnapshot>,
    /// The status files of the recording root, while they are looked at.
    pub status: Arc<StatusLook>,
    /// Whether passwords that were right are kept in memory.
    pub remembers_passwords: bool,
    /// Whether chimes are on; `None` where this build has no sound.
    pub chimes: Option<bool>,
    /// Things to tell the user once, newest last; dismissed with `Command::DismissNotice`.
    pub notices: Vec<Notice>,
}

/// The status files as they are on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusLook {
    /// A recording's that was asked for, then the server's, then those of open meetings.
    pub files: Vec<StatusFileRow>,
    /// What could not be read.
    pub problem: Option<String>,
}

/// One status file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusFileRow {
    /// Where it is.
    pub path: PathBuf,
    /// The same within the recording root.
    pub name: String,
    /// Which of the guide's files it is.
    pub kind: StatusKind,
    /// Bytes.
    pub size: u64,
    /// When it was written, Unix milliseconds, if the system says it.
    pub written_ms: Option<i64>,
    /// How long ago that was, in seconds of the computer's clock.
    pub age_s: Option<u64>,
    /// Entry by entry.
    pub explained: Arc<Explained>,
    /// As it is.
    pub text: Arc<str>,
}

/// The clock by which MCU, third party and clients of this installation live; a tester may turn it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockRow {
    /// Office time when the snapshot was made, Unix seconds.
    pub now: i64,
    /// Seconds ahead of the computer's clock; negative: behind it.
    pub ahead: i64,
    /// Office seconds in a second, 1 or more.
    pub speed: u32,
}

impl ClockRow {
    /// Whether it shows the computer's time.
    pub fn is_real(&self) -> bool {
        self.ahead == 0 && self.speed == 1
    }
}

impl Default for ClockRow {
    fn default() -> ClockRow {
        ClockRow { now: 0, ahead: 0, speed: 1 }
    }
}

/// A jnj that was issued here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// Whom it is for.
    pub to: String,
    /// The last second of office time at which a server takes it, Unix seconds (guide 3.1/3 and 3.10).
    pub good_until: i64,
}

/// A person of the sample installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleUser {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// How sessions connect (guide 3.8, wire/01 section 1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connecting {
    /// What carries them.
    pub transport: Transport,
    /// An HTTP proxy in between.
    pub proxy: Option<Proxy>,
    /// Which server's answer is taken.
    pub preference: Preference,
}

/// A jnj file that was joined with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentJnj {
    /// Where it is.
    pub path: PathBuf,
    /// What it leads to, as far as known: a meeting's title or id, else the file's name.
    pub what: String,
    /// The primary server.
    pub server: String,
    /// True for a recording.
    pub playback: bool,
    /// When it was last used, Unix milliseconds.
    pub used: i64,
}

/// So many are kept.
pub const MAX_RECENT: usize = 12;

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
    /// The owner's group.
    pub group: Option<String>,
    /// Planned minutes of the event, also while it is prepared; 0 for a person-based meeting.
    pub duration_min: u32,
    /// Since it was opened.
    pub elapsed: Duration,
    /// Whether it is being recorded.
    pub recording: bool,
    /// How many simulated people of this engine belong to it: inside, on their way, or outside for a while.
    pub simulated: usize,
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
    /// The connection was lost; it comes back by itself (wire/01 section 10.4). `Command::ReconnectNow` does not wait.
    Reconnecting {
        /// Why it was lost.
        why: String,
        /// Which attempt, from 1.
        attempt: u32,
        /// When it is made; `None` while it is being made.
        next_in: Option<Duration>,
        /// When it is given up.
        gives_up_in: Duration,
    },
    /// In the meeting.
    InMeeting,
    /// Over; the tab stays to be read.
    Ended(Ending),
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
    /// What this participant knows of the meeting, or of the recording at its position.
    pub view: Arc<View>,
    /// Every address of the last dialling, in order.
    pub attempts: Arc<Vec<AttemptRow>>,
    /// The relay that it goes through, `HOST:PORT`.
    pub relay: Option<String>,
    /// How often it came back by itself.
    pub reconnects: u32,
    /// The jnj was issued by this installation and is stale: `Command::Reissue` issues it again and joins.
    pub can_reissue: bool,
    /// What the person is asked, the oldest first.
    pub prompts: Vec<PromptRow>,
    /// What is answered without asking.
    pub manners: Manners,
    /// It plays a recording over the wire: `SetPlaying`, `Seek`, `SetSpeed` and `SetRepeat` work on it.
    pub playback: Option<WirePlayback>,
    /// The server's address, as the jnj has it, once connected.
    pub server: Option<String>,
    /// What carries it.
    pub transport: Transport,
    /// Server version as it announced itself.
    pub server_version: String,
    /// Since the meeting was opened, as the server said at admission.
    pub in_meeting: Duration,
    /// How long the server took to answer the last probe.
    pub round_trip: Option<Duration>,
    /// How long an answer has been missing.
    pub unanswered_for: Option<Duration>,
    /// Bytes received and sent on the control connection.
    pub received: u64,
    /// See `received`.
    pub sent: u64,
}

/// A question to the person; answered with a `Move`, or taken back after a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptRow {
    /// What is asked.
    pub question: Question,
    /// How long it still stands.
    pub left: Duration,
}

/// Where a playback over the wire stands (wire/05).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WirePlayback {
    /// First and last tick of the recording, milliseconds of meeting time.
    pub start_ms: u64,
    /// See `start_ms`.
    pub end_ms: u64,
    /// Present position.
    pub position_ms: u64,
    /// False while paused or at the end.
    pub playing: bool,
    /// Percent of the meeting's own speed; one of [`WIRE_SPEEDS`].
    pub speed: u32,
    /// Starts over at the end.
    pub repeat: bool,
    /// The end was reached.
    pub at_end: bool,
    /// The server has the speed command (EXT 0 of 100 or more).
    pub can_change_speed: bool,
    /// When it was recorded: year, month, day, hour, minute in the MCU's local time.
    pub recorded_at: (u16, u8, u8, u8, u8),
}

/// The speeds that the wire knows, percent (wire/05 section 6).
pub const WIRE_SPEEDS: [u32; 5] = [100, 125, 150, 175, 200];

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

//! Everything that a front can ask of the engine, one value an action.
//!
//! In: a click, a key, a line of a script. Out: a [`Command`], carried out by the engine.

use std::path::PathBuf;

use super::snapshot::{Connecting, Manners, TabId};
use crate::hit::jnj::Jnj;
pub use crate::hit::request::CommandKind;
pub use crate::mcu::MAX_NOTICE;
pub use crate::meeting::moves::{Move, RecordingPassword};

/// What is done to the office clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockTurn {
    /// So many milliseconds on; negative: back.
    Jump(i64),
    /// So many office seconds a second, 1 to [`crate::clock::MAX_SPEED`].
    RunAt(u32),
    /// The computer's time again.
    Real,
}

/// Whom a jnj is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JnjFor {
    /// The meeting's owner.
    Owner,
    /// A guest; an empty id is an anonymous one.
    Guest {
        /// The third party's id, or empty.
        id: String,
        /// Shown to the others.
        name: String,
        /// Enters without asking (guide 3.1/5).
        invited: bool,
        /// Holds a ticket; needs an id (guide 3.1/5).
        ticket: bool,
    },
}

/// What the form for a jnj holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JnjOrder {
    /// The owner's id.
    pub owner_id: String,
    /// The owner's name.
    pub owner_name: String,
    /// The meeting's id.
    pub meeting_id: String,
    /// Title; may be empty.
    pub title: String,
    /// Whom it is for.
    pub person: JnjFor,
    /// Minutes; 0 is a person-based meeting, anything else an event (guide 3.1/7).
    pub duration_min: u32,
    /// Asked of the person when joining; empty for none.
    pub password: SecretText,
    /// Whether the meeting is recorded.
    pub recorded: bool,
    /// Which service.
    pub command: CommandKind,
    /// The owner's group; empty for none.
    pub group: String,
    /// `element.attribute=value` on top of the rest, with the names of [`super::attributes::ATTRIBUTES`].
    pub set: Vec<String>,
}

impl JnjOrder {
    /// Nothing filled in yet: an owner's recorded, person-based meeting.
    pub fn empty() -> JnjOrder {
        JnjOrder {
            owner_id: String::new(),
            owner_name: String::new(),
            meeting_id: String::new(),
            title: String::new(),
            person: JnjFor::Owner,
            duration_min: 0,
            password: SecretText::default(),
            recorded: true,
            command: CommandKind::Meeting,
            group: String::new(),
            set: Vec::new(),
        }
    }
}

/// Where a jnj to be joined comes from.
#[derive(Clone, Debug)]
pub enum JnjSource {
    /// A file on disk.
    File(PathBuf),
    /// Text that was pasted.
    Text(String),
    /// One that we made.
    Made(Box<Jnj>),
}

/// An action.
#[derive(Clone, Debug)]
pub enum Command {
    /// Start the installation's MCU.
    StartMcu,
    /// Stop it: meetings are closed with reason 3, files finished.
    StopMcu,
    /// Cut all connections and stop the MCU without a goodbye, as a crash or a pulled cable would: clients come back by themselves,
    /// or go to a backup.
    PullThePlug,
    /// Start a second MCU of this installation, on another address (guide 3.8): jnj files issued from then on name it as a backup.
    StartBackup,
    /// Stop it in good order.
    StopBackup,
    /// Turn the office clock of this installation: freshness, closing, extension, expiry and archiving follow it; the computer's clock
    /// and the connections do not.
    TurnClock(ClockTurn),
    /// How sessions connect from now on.
    SetConnecting(Connecting),
    /// Forget a recently used jnj file; the file itself stays.
    ForgetRecent(PathBuf),
    /// Put simulated people into an open meeting of our MCU; at most 300 in all. The same seed makes the same people.
    AddPeople {
        /// Which meeting, as the MCU numbers it.
        session_index: i32,
        /// How many.
        count: usize,
        /// What they do is drawn from it.
        seed: u64,
    },
    /// A notice of the operator to an open meeting of our MCU, or to all: at most [`crate::mcu::MAX_NOTICE`] bytes.
    Tell(Option<i32>, String),
    /// Say to everybody on our MCU that it will shut down soon; it goes on.
    WarnOfShutdown,
    /// All simulated people of that meeting leave.
    SendPeopleAway(i32),
    /// Issue a jnj and join with it.
    IssueAndJoin(JnjOrder),
    /// Issue a jnj into a file.
    IssueToFile(JnjOrder, PathBuf),
    /// Join with a jnj.
    Join(JnjSource),
    /// Answer a password prompt; `None` cancels.
    AnswerPassword(TabId, Option<SecretText>),
    /// Keep passwords that were right in memory, so that a jnj is not asked for its own again; or no longer, and forget them. Off at first.
    RememberPasswords(bool),
    /// Take part in a meeting: chat, floor, polls, control.
    Do(TabId, Move),
    /// Write the chat of a session into a text file.
    SaveTranscript(TabId, PathBuf),
    /// What a session answers from now on without asking.
    SetManners(TabId, Manners),
    /// Join again with the jnj of a session that has ended, in the same tab.
    JoinAgain(TabId),
    /// Issue a stale jnj of this installation again, and join with it in the same tab.
    Reissue(TabId),
    /// Join again, trusting exactly the certificate that was refused.
    TrustAndJoin(TabId),
    /// A session that waits to reconnect: do it now.
    ReconnectNow(TabId),
    /// Cut a session's connection, as a pulled cable would: for seeing it come back.
    CutConnection(TabId),
    /// Issue a jnj for playing a recording of this installation over the wire, and play it.
    PlayOverWire(PathBuf),
    /// Start over at the end, or not (a playback over the wire).
    SetRepeat(TabId, bool),
    /// Leave a meeting; the tab stays.
    Leave(TabId),
    /// Close a tab: leaves the meeting or stops the playback first.
    CloseTab(TabId),
    /// Play a JNR file.
    Play(PathBuf),
    /// Go on, or pause.
    SetPlaying(TabId, bool),
    /// Jump to a position, milliseconds of meeting time.
    Seek(TabId, u64),
    /// Change the speed, 0.25..=16.
    SetSpeed(TabId, f32),
    /// Read the recording root again.
    RefreshRecordings,
    /// Chime when somebody comes in or speaks, or stop that.
    SetChimes(bool),
    /// Watch the messages on every connection, or stop that; what was seen stays.
    SetInspector(bool),
    /// Forget the messages that were seen.
    ClearInspector,
    /// Close an open meeting as the administrator, by its session index: everybody is disconnected, the recording is finished.
    CloseMeeting(i32),
    /// Read the status files of the recording root from now on, or no longer; and that of a recording of this installation.
    LookAtStatus {
        /// Somebody looks.
        on: bool,
        /// A JNR.
        recording: Option<PathBuf>,
    },
    /// A notice was read.
    DismissNotice(u64),
}

/// A password on its way to the engine: has no Debug that shows it, and is wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct SecretText(String);

impl SecretText {
    /// Takes the text over.
    pub fn new(text: String) -> SecretText {
        SecretText(text)
    }

    /// The text, for hashing it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> SecretText {
        SecretText(text.to_owned())
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown_by_debug() {
        let order = JnjOrder { password: "sesame".into(), ..JnjOrder::empty() };
        let command = Command::IssueAndJoin(order.clone());
        for shown in [format!("{order:?}"), format!("{order:#?}"), format!("{command:?}")] {
            assert!(shown.contains("SecretText") && !shown.contains("sesame"), "{shown}");
        }
    }
}

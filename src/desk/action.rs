//! Everything that can be done in the window, one [`Action`] value each.
//!
//! In: nothing. Out: an action's name, tooltip, shortcut, and whether it can be done now. Buttons, menus, shortcuts, tooltips and
//! the names that screen readers say all come from the one table here.

use std::path::PathBuf;

use eframe::egui::{Key, KeyboardShortcut, Modifiers, ThemePreference};

use super::state::State;
use crate::installation::command::{JnjOrder, Move};
use crate::installation::snapshot::{Connecting, Door, McuState, SessionPhase, Snapshot, TabId};
use crate::meeting::view::Ssrc;

/// Declares the table once: action, an example for tests, name, tooltip, shortcut.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $(($($field:ty),+))? eg $example:expr, $title:literal, $tooltip:literal, $keys:expr;)*) => {
        /// Something that can be done in the window.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Action {
            $($(#[$doc])* $name $(($($field),+))?,)*
        }

        impl Action {
            /// What buttons, menus and screen readers call it; unique.
            pub fn name(&self) -> &'static str {
                match self { $(Action::$name { .. } => $title,)* }
            }

            /// What it does, in one sentence.
            pub fn tooltip(&self) -> &'static str {
                match self { $(Action::$name { .. } => $tooltip,)* }
            }

            /// The keys that do it from anywhere in the window.
            pub fn shortcut(&self) -> Option<KeyboardShortcut> {
                match self { $(Action::$name { .. } => $keys,)* }
            }

            /// One example of each action, in the order of the table.
            pub fn examples() -> Vec<Action> {
                vec![$($example),*]
            }
        }
    };
}

actions! {
    /// The overview.
    ShowHome eg Action::ShowHome, "Home", "The MCU, its open meetings and what to do next", NONE;
    /// The form for a jnj.
    ShowIssue eg Action::ShowIssue, "Issue a jnj", "Make a jnj for an owner or a guest", NONE;
    /// The table of recordings.
    ShowRecordings eg Action::ShowRecordings, "Recordings", "All recordings of this installation", NONE;
    /// The table of messages.
    ShowInspector eg Action::ShowInspector, "Inspector", "Every message that goes over the wire", NONE;
    /// A meeting or a playback.
    ShowTab(TabId) eg Action::ShowTab(1), "Show tab", "Show this meeting or playback", NONE;
    /// Leaves or stops first.
    CloseTab(TabId) eg Action::CloseTab(1), "Close tab", "Leave the meeting or stop the playback, and close the tab", ctrl(Key::W);
    /// Join or play a file.
    OpenFile eg Action::OpenFile, "Open…", "Join with a .jnj file, or play a .jnr recording", ctrl(Key::O);
    /// Asks for the text of a jnj.
    PasteJnj eg Action::PasteJnj, "Paste a jnj…", "Join with the text of a jnj from the clipboard", ctrl_shift(Key::J);
    /// Joins with the text that was asked for.
    JoinPasted eg Action::JoinPasted, "Join with this jnj", "Join the meeting that this jnj names", NONE;
    /// The log panel.
    ToggleLog eg Action::ToggleLog, "Log", "Show or hide what the engine reports", ctrl(Key::L);
    /// Sounds on or off.
    SetChimes(bool) eg Action::SetChimes(true), "Chimes", "A short sound when somebody comes in or speaks", NONE;
    /// Light, dark, or as the system has it.
    SetTheme(ThemePreference) eg Action::SetTheme(ThemePreference::System), "Appearance", "Light, dark, or as the system has it", NONE;
    /// To the clipboard.
    Copy(String) eg Action::Copy(String::new()), "Copy", "Copy to the clipboard", NONE;
    /// Closes a question without doing anything.
    Cancel eg Action::Cancel, "Cancel", "Go back, nothing is changed", NONE;
    /// A toast was read.
    DismissNotice(u64) eg Action::DismissNotice(1), "Dismiss", "Remove this message", NONE;

    /// Starts the MCU.
    StartMcu eg Action::StartMcu, "Start MCU", "Start this installation's meeting server", NONE;
    /// Stops it; asks first if there are meetings.
    StopMcu eg Action::StopMcu, "Stop MCU", "Stop the meeting server; open meetings are closed and recordings finished", NONE;
    /// The answer to the question.
    StopMcuNow eg Action::StopMcuNow, "Stop MCU and close meetings", "Everybody is disconnected, recordings are finished", NONE;
    /// Stops it as a crash would; asks first.
    PullThePlug eg Action::PullThePlug, "Pull the plug…", "Stop the MCU without a goodbye, as a crash would, to see what clients do", NONE;
    /// The answer to the question.
    PullThePlugNow eg Action::PullThePlugNow, "Pull the plug now", "All connections are cut, and nobody is told", NONE;
    /// Starts a second MCU.
    StartBackup eg Action::StartBackup, "Start backup", "Start a second MCU of this installation on another address", NONE;
    /// Stops it; asks first if there are meetings.
    StopBackup eg Action::StopBackup, "Stop backup", "Stop the backup MCU; its meetings are closed and recordings finished", NONE;
    /// The answer to the question.
    StopBackupNow eg Action::StopBackupNow, "Stop backup and close meetings", "Everybody on the backup is disconnected, recordings are finished", NONE;
    /// The popup with carrier and proxy.
    ShowConnecting eg Action::ShowConnecting, "How to connect", "Carrier and proxy of sessions that are opened from now on", NONE;
    /// Takes what is chosen there.
    SetConnecting(Box<Connecting>) eg Action::SetConnecting(Box::default()), "Use from now on", "Sessions that are open already stay as they are", NONE;
    /// Joins with a recently used jnj.
    OpenRecent(PathBuf) eg Action::OpenRecent(PathBuf::new()), "Open recent", "Join with this jnj file in a new tab", NONE;
    /// Takes it off the list.
    ForgetRecent(PathBuf) eg Action::ForgetRecent(PathBuf::new()), "Forget", "Take it off this list; the file itself stays", NONE;
    /// Fills in the form for an owner.
    StartMeeting eg Action::StartMeeting, "Start a meeting", "Issue a jnj for an owner and join with it", ctrl(Key::N);
    /// Fills in the form for a guest.
    StartAsGuest eg Action::StartAsGuest, "Join as a guest…", "Issue a jnj for a guest and join with it", NONE;
    /// Into an open meeting; its session index.
    JoinAsOwner(i32) eg Action::JoinAsOwner(0), "Join as owner", "Issue a jnj for this meeting's owner and join with it", NONE;
    /// Into an open meeting; its session index.
    JoinAsGuest(i32) eg Action::JoinAsGuest(0), "Join as guest", "Issue a jnj for an invited guest of this meeting and join with it", NONE;

    /// The menu of an open meeting's simulated people; its session index.
    ShowSimulated(i32) eg Action::ShowSimulated(0), "Simulated people", "People who chat, ask, vote, leave and come back by themselves", NONE;
    /// Into an open meeting; its session index, and how many.
    AddPeople(i32, usize) eg Action::AddPeople(0, 5), "Add people", "Send so many simulated people into this meeting", NONE;
    /// Out of it; its session index.
    SendPeopleAway(i32) eg Action::SendPeopleAway(0), "Send simulated people away", "All simulated people leave this meeting", NONE;

    /// Issues and joins.
    IssueAndJoin(Box<JnjOrder>) eg Action::IssueAndJoin(Box::new(example_order())), "Issue and join", "Issue the jnj and join with it in a new tab", NONE;
    /// Issues into a file.
    IssueToFile(Box<JnjOrder>) eg Action::IssueToFile(Box::new(example_order())), "Save as…", "Issue the jnj into a file, to be opened here or by a JoinNet", NONE;

    /// Sends what is typed.
    Send(TabId) eg Action::Send(1), "Send", "Say it to everybody, or to the one you chose (Enter)", NONE;
    /// Chooses whom the next lines are for; `None` is everybody.
    TalkTo(TabId, Option<Ssrc>) eg Action::TalkTo(1, Some(2)), "Whisper", "Write to this participant only", NONE;
    /// The token to another.
    GiveToken(TabId, Ssrc) eg Action::GiveToken(1, 2), "Give token", "Make this participant the token holder (meeting chair)", NONE;
    /// The token back.
    TakeToken(TabId) eg Action::TakeToken(1), "Take token", "Become the token holder (meeting chair) again", NONE;
    /// Raises the hand.
    Ask(TabId) eg Action::Ask(1), "Ask to speak", "Ask whoever decides on questions to become questioner", NONE;
    /// Lowers it again.
    Withdraw(TabId) eg Action::Withdraw(1), "Withdraw the question", "Ask no longer", NONE;
    /// Stops being questioner.
    StopSpeaking(TabId, Ssrc) eg Action::StopSpeaking(1, 2), "Stop speaking", "Be a questioner no longer", NONE;
    /// Lets an asker speak.
    Allow(TabId, Ssrc) eg Action::Allow(1, 2), "Allow question", "Make this participant a questioner", NONE;
    /// Turns an asker down.
    Skip(TabId, Ssrc) eg Action::Skip(1, 2), "Skip question", "Turn this request down", NONE;
    /// Ends somebody's question.
    EndQuestion(TabId, Ssrc) eg Action::EndQuestion(1, 2), "End question", "This participant stops being a questioner", NONE;
    /// A controller with the flags that the known client offers.
    MakeController(TabId, Ssrc) eg Action::MakeController(1, 2), "Make controller", "Let this participant decide on questions, slides and tabs (presenter)", NONE;
    /// Back to the token holder.
    NoController(TabId) eg Action::NoController(1), "No controller", "The token holder decides again", NONE;
    /// A deputy.
    MakeAssistant(TabId, Ssrc) eg Action::MakeAssistant(1, 2), "Make assistant", "Let this participant send people out, take the token and end the meeting (deputy)", NONE;
    /// No deputy.
    NoAssistant(TabId) eg Action::NoAssistant(1), "No assistant", "Nobody is the owner's deputy any more", NONE;
    /// Not to be heard, or again.
    Mute(TabId, Ssrc, bool) eg Action::Mute(1, 2, true), "Suppress audio", "Nobody is to hear this participant, or is again", NONE;
    /// Out of the meeting; asks first.
    SendOut(TabId, Ssrc) eg Action::SendOut(1, 2), "Disconnect…", "Send this participant out of the meeting", NONE;
    /// The answer to the question.
    SendOutNow(TabId, Ssrc) eg Action::SendOutNow(1, 2), "Disconnect now", "A fresh jnj opens the door again", NONE;
    /// Out for good; the other answer.
    Ban(TabId, Ssrc) eg Action::Ban(1, 2), "Disconnect for good", "This user cannot come back into this meeting", NONE;
    /// Asks everybody.
    StartPoll(TabId) eg Action::StartPoll(1), "Start a poll", "Ask everybody else for an answer from 1 to 5", NONE;
    /// 1..=5.
    AnswerPoll(TabId, i32) eg Action::AnswerPoll(1, 5), "Answer the poll", "Send this answer; it cannot be changed", NONE;
    /// Pauses the recording.
    PauseRecording(TabId) eg Action::PauseRecording(1), "Pause recording", "What is said from now on is not recorded", NONE;
    /// Goes on.
    ResumeRecording(TabId) eg Action::ResumeRecording(1), "Resume recording", "What is said from now on is recorded again", NONE;
    /// A visitor, by the mark of the request.
    LetIn(TabId, Vec<u8>) eg Action::LetIn(1, Vec::new()), "Let in", "This visitor joins the meeting", NONE;
    /// The same, the other way.
    TurnAway(TabId, Vec<u8>) eg Action::TurnAway(1, Vec::new()), "Turn away", "This visitor is told that the request was rejected", NONE;
    /// Into a text file.
    SaveTranscript(TabId) eg Action::SaveTranscript(1), "Save transcript…", "Save what was said here as a text file", NONE;
    /// What becomes of visitors.
    SetDoor(TabId, Door) eg Action::SetDoor(1, Door::Ask), "Visitors", "Be asked about visitors, let everybody in, or do not be disturbed", NONE;
    /// The menu of a meeting.
    ShowMeetingMenu(TabId) eg Action::ShowMeetingMenu(1), "Meeting", "What can be done with the meeting as a whole", NONE;
    /// Answers the password prompt.
    SubmitPassword(TabId) eg Action::SubmitPassword(1), "Join with password", "Send the password to the MCU", NONE;
    /// Gives up joining.
    CancelPassword(TabId) eg Action::CancelPassword(1), "Do not join", "Stop joining this meeting", NONE;
    /// Leaves; the tab stays.
    Leave(TabId) eg Action::Leave(1), "Leave", "Leave the meeting; the tab stays to be read", NONE;
    /// Ends it for everybody; asks first.
    EndMeeting(TabId) eg Action::EndMeeting(1), "End meeting…", "End the meeting for everybody", NONE;
    /// The answer to the question.
    EndMeetingNow(TabId) eg Action::EndMeetingNow(1), "End for everybody", "Everybody is disconnected and the recording is finished", NONE;
    /// With the same jnj.
    JoinAgain(TabId) eg Action::JoinAgain(1), "Join again", "Join with the same jnj", NONE;
    /// Issues a stale jnj of this installation once more.
    Reissue(TabId) eg Action::Reissue(1), "Issue again and join", "Issue the same jnj anew with this installation's keys, and join with it in this tab", NONE;
    /// In spite of its certificate.
    TrustAndJoin(TabId) eg Action::TrustAndJoin(1), "Trust this certificate and join", "Take exactly this certificate for this server, and no other", NONE;
    /// Does not wait for the next attempt.
    ReconnectNow(TabId) eg Action::ReconnectNow(1), "Reconnect now", "Make the next attempt at once", NONE;
    /// As a pulled cable would.
    CutConnection(TabId) eg Action::CutConnection(1), "Cut the connection", "Cut it as a pulled cable would, to see the session come back by itself", NONE;
    /// Server, transport, version, bytes.
    ShowConnection(TabId) eg Action::ShowConnection(1), "Connection", "Server, transport, version and bytes of this connection", NONE;

    /// Plays a file.
    PlayFile(PathBuf) eg Action::PlayFile(PathBuf::new()), "Play recording", "Play it in a new tab (Enter)", NONE;
    /// Plays a recording through the MCU, as a JoinNet would.
    PlayOverWire(PathBuf) eg Action::PlayOverWire(PathBuf::new()), "Play over the wire", "Issue a jnj for this recording, and play it through the MCU as a JoinNet would", NONE;
    /// Reads the recording root again.
    RefreshRecordings eg Action::RefreshRecordings, "Refresh", "Read the recording folder again", key(Key::F5);
    /// Goes on.
    Resume(TabId) eg Action::Resume(1), "Play", "Go on playing (Space)", NONE;
    /// Stops for a while.
    Pause(TabId) eg Action::Pause(1), "Pause", "Pause the playback (Space)", NONE;
    /// To a position, milliseconds of meeting time.
    Seek(TabId, u64) eg Action::Seek(1, 0), "Seek", "Jump to this position", NONE;
    /// Ten seconds.
    Back(TabId) eg Action::Back(1), "Back 10 s", "Go 10 seconds back (Left arrow)", NONE;
    /// Ten seconds.
    Forward(TabId) eg Action::Forward(1), "Forward 10 s", "Go 10 seconds forward (Right arrow)", NONE;
    /// 0.25..=16.
    SetSpeed(TabId, f32) eg Action::SetSpeed(1, 1.0), "Playback speed", "How fast the recording is played", NONE;

    /// Starts over at the end, or not.
    SetRepeat(TabId, bool) eg Action::SetRepeat(1, true), "Repeat", "Start over when the end is reached", NONE;

    /// Watches, or stops.
    SetInspector(bool) eg Action::SetInspector(true), "Watch messages", "List every message from now on, or stop that; what was seen stays", NONE;
    /// Forgets what was seen.
    ClearInspector eg Action::ClearInspector, "Clear", "Forget the messages that were seen", NONE;
    /// Keeps the newest line in sight.
    FollowInspector(bool) eg Action::FollowInspector(true), "Follow", "Keep the newest message in sight; scrolling up stops that", NONE;
    /// Holds the table still.
    PauseInspector(bool) eg Action::PauseInspector(true), "Pause messages", "Hold the table still; what comes in meanwhile is shown afterwards", NONE;
    /// One line, by its number.
    CopyInspectorLine(u64) eg Action::CopyInspectorLine(1), "Copy line", "Copy this message to the clipboard as JSON", NONE;
    /// All lines that pass.
    CopyInspector eg Action::CopyInspector, "Copy messages", "Copy the messages that pass the filter as JSON, one a line", NONE;

    /// All lines that pass the filter.
    CopyLog eg Action::CopyLog, "Copy log", "Copy the lines shown to the clipboard", NONE;
}

impl Action {
    /// Whether it can be done now.
    ///
    /// # Errors
    ///
    /// Why not, as a sentence for the tooltip of the greyed button.
    pub fn available(&self, shot: &Snapshot, state: &State) -> Result<(), &'static str> {
        if let Some((id, wanted)) = self.as_move() {
            return match shot.sessions.iter().find(|s| s.id == id) {
                Some(session) if session.phase != SessionPhase::InMeeting => Err("You are not in the meeting."),
                Some(session) if wanted.is_allowed(&session.view) => Ok(()),
                Some(_) => Err("You may not do this now."),
                None => Err("The tab is closed."),
            };
        }
        let in_meeting = |id: &TabId| match shot.sessions.iter().find(|s| s.id == *id) {
            Some(session) if session.phase == SessionPhase::InMeeting => Ok(session),
            _ => Err("You are not in the meeting."),
        };
        match self {
            Action::StartMcu => match shot.mcu {
                McuState::Stopped | McuState::Failed { .. } => Ok(()),
                McuState::Elsewhere { .. } => Err("Another process already runs this installation's MCU."),
                _ => Err("The MCU is already running."),
            },
            Action::StartBackup => match (&shot.backup, &shot.mcu) {
                (McuState::Stopped | McuState::Failed { .. }, McuState::Elsewhere { .. }) => {
                    Err("Another process runs this installation. Start the backup there.")
                }
                (McuState::Stopped | McuState::Failed { .. }, _) => Ok(()),
                _ => Err("The backup is already running."),
            },
            Action::StopBackup | Action::StopBackupNow => match shot.backup {
                McuState::Running(_) => Ok(()),
                _ => Err("The backup is not running."),
            },
            Action::StopMcu | Action::StopMcuNow | Action::PullThePlug | Action::PullThePlugNow => match shot.mcu {
                McuState::Running(_) => Ok(()),
                McuState::Elsewhere { .. } => Err("Another process runs this MCU. Stop it there."),
                _ => Err("The MCU is not running."),
            },
            Action::StartMeeting | Action::StartAsGuest => match shot.mcu {
                McuState::Running(_) | McuState::Elsewhere { .. } => Ok(()),
                _ => Err("Start the MCU first."),
            },
            Action::SendPeopleAway(index) => match &shot.mcu {
                McuState::Running(it) if it.meetings.iter().any(|m| m.session_index == *index && m.simulated > 0) => {
                    Ok(())
                }
                _ => Err("Nobody in this meeting is simulated."),
            },
            Action::IssueAndJoin(_) => match shot.mcu {
                McuState::Running(_) | McuState::Elsewhere { .. } => Ok(()),
                _ => Err("Start the MCU first. The jnj can be saved without it."),
            },
            Action::Send(id) => {
                in_meeting(id)?;
                if state.draft(*id).trim().is_empty() { Err("Type something first.") } else { Ok(()) }
            }
            Action::GiveToken(id, to) => {
                let session = in_meeting(id)?;
                if session.view.token_holder == *to {
                    Err("This participant holds the token.")
                } else if Move::PassToken(*to).is_allowed(&session.view) {
                    Ok(())
                } else {
                    Err("Only the token holder can give it.")
                }
            }
            Action::TakeToken(id) => {
                let session = in_meeting(id)?;
                if session.view.token_holder == session.view.me {
                    Err("You hold the token.")
                } else if Move::PassToken(session.view.me).is_allowed(&session.view) {
                    Ok(())
                } else {
                    Err("Only the owner, the assistant, or a controller who may, can take the token.")
                }
            }
            Action::EndMeeting(id) | Action::EndMeetingNow(id) | Action::CutConnection(id) => {
                in_meeting(id).map(|_| ())
            }
            Action::Leave(id) => match shot.sessions.iter().find(|s| s.id == *id).map(|s| &s.phase) {
                Some(SessionPhase::InMeeting | SessionPhase::Reconnecting { .. }) => Ok(()),
                _ => Err("You are not in the meeting."),
            },
            Action::ReconnectNow(id) => match shot.sessions.iter().find(|s| s.id == *id).map(|s| &s.phase) {
                Some(SessionPhase::Reconnecting { next_in: Some(_), .. }) => Ok(()),
                Some(SessionPhase::Reconnecting { next_in: None, .. }) => Err("The attempt is being made."),
                _ => Err("The connection is not lost."),
            },
            Action::SetRepeat(id, _) => match shot.sessions.iter().any(|s| s.id == *id && s.playback.is_some()) {
                true => Ok(()),
                false => Err("Only a playback over the wire repeats."),
            },
            Action::PlayOverWire(_) => match shot.mcu {
                McuState::Running(_) => Ok(()),
                McuState::Elsewhere { .. } => Err("Another process runs this MCU. Issue a playback jnj there."),
                _ => Err("Start the MCU first: it plays the recording."),
            },
            Action::ClearInspector | Action::CopyInspector if shot.inspector.lines.is_empty() => {
                Err("No message was seen yet.")
            }
            Action::OpenRecent(path) if state.recent.is_missing(path) => Err("The file is not there any more."),
            Action::SetConnecting(connecting) if **connecting == shot.connecting => {
                Err("This is what is used already.")
            }
            Action::SaveTranscript(id) => match shot.sessions.iter().find(|s| s.id == *id) {
                Some(session) if session.view.chat.is_empty() => Err("Nothing was said yet."),
                _ => Ok(()),
            },
            Action::TalkTo(id, _) => in_meeting(id).map(|_| ()),
            Action::SubmitPassword(id) if state.password(*id).is_empty() => Err("Type the password first."),
            Action::JoinPasted if state.pasted().trim().is_empty() => Err("Paste the text of a jnj first."),
            _ => Ok(()),
        }
    }
}

const NONE: Option<KeyboardShortcut> = None;

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

const fn key(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::NONE, key))
}

fn example_order() -> JnjOrder {
    JnjOrder {
        owner_id: "alice".into(),
        owner_name: "Alice".into(),
        meeting_id: "1".into(),
        title: String::new(),
        person: crate::installation::command::JnjFor::Owner,
        duration_min: 0,
        password: String::new(),
        recorded: true,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_action_has_a_name_of_its_own_and_a_tooltip() {
        let actions = Action::examples();
        let names: HashSet<&str> = actions.iter().map(Action::name).collect();
        assert_eq!(names.len(), actions.len(), "two actions share a name");
        for action in &actions {
            assert!(!action.name().trim().is_empty(), "{action:?} has no name");
            assert!(action.tooltip().len() > 10, "{action:?} has no useful tooltip");
            assert!(!action.tooltip().ends_with('.'), "{action:?}: a single sentence takes no full stop");
            assert_ne!(action.name(), action.tooltip(), "{action:?}: the tooltip repeats the name");
        }
    }

    #[test]
    fn no_two_actions_share_a_shortcut() {
        let keys: Vec<KeyboardShortcut> = Action::examples().iter().filter_map(Action::shortcut).collect();
        for (n, first) in keys.iter().enumerate() {
            assert!(!keys.iter().skip(n + 1).any(|second| second == first), "{first:?} is used twice");
        }
    }

    #[test]
    fn examples_hold_every_action_once() {
        let kinds: HashSet<_> = Action::examples().iter().map(std::mem::discriminant).collect();
        assert_eq!(kinds.len(), Action::examples().len());
    }

    #[test]
    fn an_unavailable_action_says_why() {
        let (shot, state) = (Snapshot::default(), State::default());
        for action in [Action::StopMcu, Action::StartMeeting, Action::Leave(7), Action::Send(7), Action::TakeToken(7)] {
            assert!(action.available(&shot, &state).is_err(), "{action:?}");
        }
        for action in [
            Action::ReconnectNow(7),
            Action::CutConnection(7),
            Action::SetRepeat(7, true),
            Action::StopBackup,
            Action::PullThePlug,
            Action::PlayOverWire(PathBuf::new()),
            Action::CopyInspector,
        ] {
            assert!(action.available(&shot, &state).is_err(), "{action:?}");
        }
        assert_eq!(Action::StartMcu.available(&shot, &state), Ok(()));
    }
}

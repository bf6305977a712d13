//! Everything that can be done in the window, one [`Action`] value each.
//!
//! In: nothing. Out: an action's name, tooltip and shortcut. Buttons, menus, shortcuts, tooltips and the names that screen
//! readers say all come from the one table here; whether it can be done now is in [`super::available`].

use std::path::PathBuf;

use eframe::egui::{Key, KeyboardShortcut, Modifiers, ThemePreference};

use crate::installation::command::JnjOrder;
use crate::installation::snapshot::{Connecting, Door, TabId};
use crate::meeting::view::{ControlFlags, Ssrc};

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
    /// The status files.
    ShowStatus eg Action::ShowStatus, "Status files", "What the MCU tells third parties, entry by entry", ctrl_shift(Key::S);
    /// The status file of a recording.
    ShowStatusOf(PathBuf) eg Action::ShowStatusOf(PathBuf::new()), "Show its status file", "What is known of this session, entry by entry", NONE;
    /// One of them.
    ChooseStatusFile(PathBuf) eg Action::ChooseStatusFile(PathBuf::new()), "Choose status file", "Show this file", NONE;
    /// As it is on disk, or explained.
    ShowStatusAsItIs(bool) eg Action::ShowStatusAsItIs(true), "How the file is shown", "Entry by entry with its meaning, or as it is on disk", NONE;
    /// To the clipboard.
    CopyStatusFile(PathBuf) eg Action::CopyStatusFile(PathBuf::new()), "Copy file", "Copy the whole file as it is on disk", NONE;
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
    /// Right passwords are kept in memory, or forgotten.
    RememberPasswords(bool) eg Action::RememberPasswords(true), "Remember passwords", "Do not ask again for a password that was right, until HIT Deck is closed; it is never written down", NONE;
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
    /// Asks for the words; to one open meeting by its session index, or to all.
    AskNotice(Option<i32>) eg Action::AskNotice(None), "Notice…", "A notice of the server's operator, which everybody in the meeting sees", NONE;
    /// Closes an open meeting; asks first. Its session index.
    CloseMeeting(i32) eg Action::CloseMeeting(0), "Close the meeting…", "End it for everybody, as the server's administrator", NONE;
    /// The answer to the question.
    CloseMeetingNow(i32) eg Action::CloseMeetingNow(0), "Close it now", "Everybody is disconnected, the recording is finished", NONE;
    /// What was typed.
    SendNotice(Option<i32>) eg Action::SendNotice(None), "Send notice", "Everybody sees it in red, and the recording has it", NONE;
    /// Everybody is told that the server will shut down.
    WarnOfShutdown eg Action::WarnOfShutdown, "Announce shutdown", "Tell everybody that the server will shut down soon; it goes on until it is stopped", NONE;
    /// Out of it; its session index.
    SendPeopleAway(i32) eg Action::SendPeopleAway(0), "Send simulated people away", "All simulated people leave this meeting", NONE;

    /// The popup of the office clock.
    ShowClock eg Action::ShowClock, "Office clock", "What time it is for this installation, and how to turn it", NONE;
    /// Seconds on; negative: back.
    JumpClock(i64) eg Action::JumpClock(300), "Turn the clock", "Let this installation's time jump; the computer's clock stays as it is", NONE;
    /// So many office seconds a second.
    RunClockAt(u32) eg Action::RunClockAt(60), "Clock speed", "Let this installation's time pass faster", NONE;
    /// As the computer has it.
    RealClock eg Action::RealClock, "Computer's time", "This installation lives by the computer's clock again", NONE;

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
    AskToSpeak(TabId) eg Action::AskToSpeak(1), "Ask to speak", "Ask to become a questioner: whoever decides may allow it", ctrl_shift(Key::A);
    /// Takes the request back.
    Withdraw(TabId) eg Action::Withdraw(1), "Withdraw", "Ask to speak no longer", NONE;
    /// Is a questioner no longer.
    StopSpeaking(TabId) eg Action::StopSpeaking(1), "Stop speaking", "You asked what you wanted to: be a questioner no longer", NONE;
    /// Makes somebody a questioner.
    AllowQuestion(TabId, Ssrc) eg Action::AllowQuestion(1, 2), "Allow", "Let this participant speak, as questioner", NONE;
    /// The request is not granted.
    TurnDown(TabId, Ssrc) eg Action::TurnDown(1, 2), "Turn down", "Do not grant this participant's request to speak", NONE;
    /// Somebody is a questioner no longer.
    EndQuestion(TabId, Ssrc) eg Action::EndQuestion(1, 2), "End question", "This participant is a questioner no longer", NONE;
    /// Asks what the controller may do.
    ChooseController(TabId, Ssrc) eg Action::ChooseController(1, 2), "Make controller…", "Let this participant decide some things in the token holder's place", NONE;
    /// The answer.
    SetController(TabId, Ssrc, ControlFlags) eg Action::SetController(1, 2, ControlFlags::default()), "Make controller", "This participant decides what is marked above from now on", NONE;
    /// Nobody is controller.
    NoController(TabId) eg Action::NoController(1), "No controller", "The token holder decides everything again", NONE;
    /// The owner's deputy.
    MakeAssistant(TabId, Ssrc) eg Action::MakeAssistant(1, 2), "Make assistant", "Let this participant do what the owner may: take the token, disconnect, end the meeting", NONE;
    /// Nobody is assistant.
    NoAssistant(TabId) eg Action::NoAssistant(1), "No assistant", "Nobody stands in for the owner any more", NONE;
    /// One participant's sound, or no longer.
    SuppressAudio(TabId, Ssrc, bool) eg Action::SuppressAudio(1, 2, true), "Suppress sound", "Nobody hears this participant, or everybody does again", NONE;
    /// One participant's picture, or no longer.
    SuppressVideo(TabId, Ssrc, bool) eg Action::SuppressVideo(1, 2, true), "Suppress picture", "Nobody sees this participant, or everybody does again", NONE;
    /// Everybody's sound, or no longer.
    SuppressAllAudio(TabId, bool) eg Action::SuppressAllAudio(1, true), "Suppress all sound", "Nobody is heard, or everybody who speaks is again", NONE;
    /// Everybody's picture, or no longer.
    SuppressAllVideo(TabId, bool) eg Action::SuppressAllVideo(1, true), "Suppress all pictures", "Nobody is seen, or everybody is again", NONE;
    /// Asks first.
    SendOut(TabId, Ssrc) eg Action::SendOut(1, 2), "Disconnect…", "Send this participant out, who may come back with a fresh jnj", NONE;
    /// The answer to the question.
    SendOutNow(TabId, Ssrc) eg Action::SendOutNow(1, 2), "Disconnect", "This participant may come back with a fresh jnj", NONE;
    /// Asks first.
    Ban(TabId, Ssrc) eg Action::Ban(1, 2), "Disconnect for good…", "Send this participant out, and let nobody of this id come back", NONE;
    /// The answer to the question.
    BanNow(TabId, Ssrc) eg Action::BanNow(1, 2), "Disconnect for good", "This participant cannot come back into this meeting", NONE;
    /// Everybody else is asked.
    StartPoll(TabId) eg Action::StartPoll(1), "Poll", "Ask everybody else for an answer of 1 to 5", NONE;
    /// 1 to 5.
    AnswerPoll(TabId, i32) eg Action::AnswerPoll(1, 3), "Answer the poll", "Whoever asked sees your answer (Alt with the number)", NONE;
    /// Lets a visitor in.
    LetIn(TabId, Vec<u8>) eg Action::LetIn(1, Vec::new()), "Let in", "Let this visitor into the meeting", ctrl_shift(Key::Y);
    /// Turns a visitor away.
    TurnAway(TabId, Vec<u8>) eg Action::TurnAway(1, Vec::new()), "Turn away", "Do not let this visitor into the meeting", ctrl_shift(Key::X);
    /// What becomes of visitors.
    SetDoor(TabId, Door) eg Action::SetDoor(1, Door::Ask), "Visitors", "What becomes of those who ask to be let in", NONE;
    /// Questions without asking.
    SetAllowQuestions(TabId, bool) eg Action::SetAllowQuestions(1, true), "Let questions through at once", "Whoever asks to speak becomes a questioner without a click of yours", NONE;
    /// The owner's.
    PauseRecording(TabId) eg Action::PauseRecording(1), "Pause recording", "What happens from now on is not recorded", NONE;
    /// The owner's.
    ResumeRecording(TabId) eg Action::ResumeRecording(1), "Go on recording", "Record again what happens from now on", NONE;
    /// Asks for it.
    AskRecordingPassword(TabId) eg Action::AskRecordingPassword(1), "Recording password…", "Set, or remove, the password of the recording", NONE;
    /// What was typed.
    SetRecordingPassword(TabId) eg Action::SetRecordingPassword(1), "Set recording password", "Whoever plays the recording is asked for it; empty removes it", NONE;
    /// Asks for it.
    AskTitle(TabId) eg Action::AskTitle(1), "Title…", "Give the meeting another title", NONE;
    /// What was typed.
    SetTitle(TabId) eg Action::SetTitle(1), "Set title", "Everybody sees it, and the recording has it", NONE;
    /// Asks for an address.
    AskPage(TabId) eg Action::AskPage(1), "Page for everybody…", "Joint browsing: show everybody a web page", NONE;
    /// What was typed.
    ShowPage(TabId) eg Action::ShowPage(1), "Show page to everybody", "Everybody is offered this page; a JoinNet opens it at once", NONE;
    /// Shows the address first.
    LookAtPage(TabId) eg Action::LookAtPage(1), "Open page…", "Look at the address of the page, and open it if you trust it", NONE;
    /// In the system's browser.
    OpenPage(String) eg Action::OpenPage(String::new()), "Open in the browser", "Open this address with your web browser", NONE;
    /// A box over the tab was read.
    DismissOperator(TabId) eg Action::DismissOperator(1), "Dismiss notice", "You have read this notice; it stays in the chat", NONE;
    /// The chat as text.
    SaveTranscript(TabId) eg Action::SaveTranscript(1), "Save transcript…", "Save the chat as text, with times and names", NONE;
    /// Onto the clipboard.
    CopyTranscript(TabId) eg Action::CopyTranscript(1), "Copy chat", "Copy the chat as text, with times and names", NONE;
    /// Next to what is shown.
    ShowBeside(TabId) eg Action::ShowBeside(1), "Show beside", "Show this meeting next to the one that is shown, up to four", NONE;
    /// The only one.
    ShowAlone(TabId) eg Action::ShowAlone(1), "Show alone", "Show this meeting only; the others stay open", NONE;
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
        password: crate::installation::command::SecretText::default(),
        recorded: true,
        ..JnjOrder::empty()
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
}

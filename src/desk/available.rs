//! Whether an action can be done now, and why not; and which of them are moves in a meeting.
//!
//! In: an [`Action`], a snapshot, the window's state. Out: yes, or a sentence for the tooltip. Moves are judged by the table of
//! the meeting itself, so that the window offers exactly what the MCU would take.

use super::action::Action;
use super::state::{MAX_PANES, State};
use crate::installation::command::MAX_NOTICE;
use crate::installation::command::{Move, RecordingPassword};
use crate::installation::snapshot::{McuState, SessionPhase, Snapshot, TabId};
use crate::meeting::view::{ControlFlags, NOBODY, View};

impl Action {
    /// Whether it can be done now.
    ///
    /// # Errors
    ///
    /// Why not, as a sentence for the tooltip of the greyed button.
    pub fn available(&self, shot: &Snapshot, state: &State) -> Result<(), &'static str> {
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
            Action::CloseMeeting(index) | Action::CloseMeetingNow(index) => match &shot.mcu {
                McuState::Running(it) if it.meetings.iter().any(|m| m.session_index == *index) => Ok(()),
                McuState::Running(_) => Err("That meeting is over already."),
                _ => Err("The MCU does not run here."),
            },
            Action::AskNotice(_) | Action::WarnOfShutdown => match &shot.mcu {
                McuState::Running(it) if it.meetings.is_empty() => Err("No meeting is open: nobody would see it."),
                McuState::Running(_) => Ok(()),
                _ => Err("The MCU does not run here."),
            },
            Action::SendNotice(_) if state.typed().trim().is_empty() => Err("Type something first."),
            Action::SendNotice(_) if state.typed().trim().len() > MAX_NOTICE => {
                Err("Too long: a notice has at most 2047 bytes.")
            }
            Action::RealClock if shot.clock.is_real() => Err("It is the computer's time."),
            Action::IssueAndJoin(_) => match shot.mcu {
                McuState::Running(_) | McuState::Elsewhere { .. } => Ok(()),
                _ => Err("Start the MCU first. The jnj can be saved without it."),
            },
            Action::Send(id) => {
                in_meeting(id)?;
                if state.draft(*id).trim().is_empty() { Err("Type something first.") } else { Ok(()) }
            }
            Action::TakeToken(id) if in_meeting(id)?.view.token_holder == in_meeting(id)?.view.me => {
                Err("You hold the token.")
            }
            Action::GiveToken(id, to) if in_meeting(id)?.view.token_holder == *to => {
                Err("This participant holds the token.")
            }
            Action::Withdraw(id) if !asks(&in_meeting(id)?.view) => Err("You do not ask to speak."),
            Action::AskToSpeak(id) if asks(&in_meeting(id)?.view) => Err("You ask to speak already."),
            Action::MakeAssistant(id, who) if in_meeting(id)?.view.assistant == *who => {
                Err("This participant is the assistant.")
            }
            Action::NoAssistant(id) if in_meeting(id)?.view.assistant == NOBODY => Err("Nobody is assistant."),
            Action::NoController(id) if in_meeting(id)?.view.controller == NOBODY => Err("Nobody is controller."),
            Action::SetDoor(id, _) | Action::SetAllowQuestions(id, _) | Action::CutConnection(id) => {
                in_meeting(id).map(|_| ())
            }
            Action::LookAtPage(id) if in_meeting(id)?.view.page.is_none() => Err("No page was shown."),
            Action::SetTitle(_) if state.typed().trim().is_empty() => Err("Type a title first."),
            Action::ShowPage(_) if !is_web_address(state.typed()) => {
                Err("Type an address that begins with http:// or https://.")
            }
            Action::OpenPage(url) if !is_web_address(url) => Err("This is no web address: HIT Deck does not open it."),
            Action::SaveTranscript(id) | Action::CopyTranscript(id) => match shot.sessions.iter().find(|s| s.id == *id)
            {
                Some(session) if session.view.chat.is_empty() => Err("Nothing was said yet."),
                Some(_) => Ok(()),
                None => Err("The tab is closed."),
            },
            Action::ShowBeside(id) if state.is_beside(*id) => Err("It is shown already."),
            Action::ShowBeside(_) if state.panes.len() >= MAX_PANES => Err("Four are shown already."),
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
            Action::TalkTo(id, _) => in_meeting(id).map(|_| ()),
            Action::SubmitPassword(id) if state.password(*id).is_empty() => Err("Type the password first."),
            Action::JoinPasted if state.pasted().trim().is_empty() => Err("Paste the text of a jnj first."),
            _ => match self.as_move(shot) {
                Some((id, wanted)) if wanted.is_allowed(&in_meeting(&id)?.view) => Ok(()),
                Some(_) => Err(self.why_not()),
                None => Ok(()),
            },
        }
    }

    /// What it does in a meeting, if it is one move; a dialog's first button stands for the move that it leads to.
    pub fn as_move(&self, shot: &Snapshot) -> Option<(TabId, Move)> {
        let me = |id: &TabId| shot.sessions.iter().find(|s| s.id == *id).map_or(NOBODY, |s| s.view.me);
        Some(match self {
            Action::GiveToken(id, to) => (*id, Move::PassToken(*to)),
            Action::TakeToken(id) => (*id, Move::PassToken(me(id))),
            Action::AskToSpeak(id) => (*id, Move::Ask),
            Action::Withdraw(id) => (*id, Move::Withdraw),
            Action::StopSpeaking(id) => (*id, Move::EndQuestion(me(id))),
            Action::AllowQuestion(id, who) => (*id, Move::Allow(*who)),
            Action::TurnDown(id, who) => (*id, Move::Skip(*who)),
            Action::EndQuestion(id, who) => (*id, Move::EndQuestion(*who)),
            Action::ChooseController(id, who) => (*id, Move::SetController(*who, ControlFlags::default())),
            Action::SetController(id, who, flags) => (*id, Move::SetController(*who, *flags)),
            Action::NoController(id) => (*id, Move::NoController),
            Action::MakeAssistant(id, who) => (*id, Move::SetAssistant(*who)),
            Action::NoAssistant(id) => (*id, Move::SetAssistant(NOBODY)),
            Action::SuppressAudio(id, who, on) => (*id, Move::SuppressAudio(*who, *on)),
            Action::SuppressVideo(id, who, on) => (*id, Move::SuppressVideo(*who, *on)),
            Action::SuppressAllAudio(id, on) => (*id, Move::SuppressAudio(NOBODY, *on)),
            Action::SuppressAllVideo(id, on) => (*id, Move::SuppressVideo(NOBODY, *on)),
            Action::SendOut(id, who) | Action::SendOutNow(id, who) => (*id, Move::SendOut(*who)),
            Action::Ban(id, who) | Action::BanNow(id, who) => (*id, Move::Ban(*who)),
            Action::StartPoll(id) => (*id, Move::StartPoll),
            Action::AnswerPoll(id, answer) => (*id, Move::AnswerPoll(*answer)),
            Action::LetIn(id, mark) => (*id, Move::AnswerKnock(mark.clone(), true)),
            Action::TurnAway(id, mark) => (*id, Move::AnswerKnock(mark.clone(), false)),
            Action::PauseRecording(id) => (*id, Move::PauseRecording),
            Action::ResumeRecording(id) => (*id, Move::ResumeRecording),
            Action::AskRecordingPassword(id) | Action::SetRecordingPassword(id) => {
                (*id, Move::SetRecordingPassword(RecordingPassword::default()))
            }
            Action::AskTitle(id) | Action::SetTitle(id) => (*id, Move::SetTitle(String::new())),
            Action::AskPage(id) | Action::ShowPage(id) => (*id, Move::Browse(String::new())),
            Action::EndMeeting(id) | Action::EndMeetingNow(id) => (*id, Move::EndMeeting),
            _ => return None,
        })
    }

    /// Why a move is not allowed, in the words of the roles.
    fn why_not(&self) -> &'static str {
        match self {
            Action::GiveToken(..) => "Only the token holder can give it.",
            Action::TakeToken(_) => "Only the owner, the assistant or a controller who may can take it.",
            Action::AskToSpeak(_) => "You may speak already.",
            Action::StopSpeaking(_) | Action::EndQuestion(..) => "There is no question to end.",
            Action::AllowQuestion(..) => "Only who decides on questions can allow one, while a channel is free.",
            Action::TurnDown(..) => "This participant does not ask, or you do not decide on questions.",
            Action::StartPoll(_) => "Only the token holder, or a controller who may, can ask for a poll.",
            Action::AnswerPoll(..) => "There is no poll to answer.",
            Action::LetIn(..) | Action::TurnAway(..) => "Nobody asks to be let in any more.",
            Action::PauseRecording(_) | Action::ResumeRecording(_) => {
                "Only the owner can, while the meeting is recorded and not archived."
            }
            Action::AskRecordingPassword(_) | Action::SetRecordingPassword(_) => {
                "Only the owner can, where this server allows it."
            }
            Action::AskPage(_) | Action::ShowPage(_) => "Only who decides on joint browsing can show a page.",
            Action::EndMeeting(_) | Action::EndMeetingNow(_) => "Only the owner and the assistant can end it.",
            _ => "Your role in this meeting does not allow it.",
        }
    }
}

fn asks(view: &View) -> bool {
    view.questions.contains(&view.me)
}

/// Whether it is something that a browser may be given: no file, no program.
pub fn is_web_address(url: &str) -> bool {
    let url = url.trim();
    let start = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    (start.starts_with("https://") || start.starts_with("http://"))
        && url.len() > "https://".len()
        && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn an_unavailable_action_says_why() {
        let (shot, state) = (Snapshot::default(), State::default());
        for action in [Action::StopMcu, Action::StartMeeting, Action::Leave(7), Action::Send(7), Action::TakeToken(7)] {
            assert!(action.available(&shot, &state).is_err(), "{action:?}");
        }
        for action in [
            Action::ReconnectNow(7),
            Action::AskToSpeak(7),
            Action::Ban(7, 1),
            Action::SetTitle(7),
            Action::LetIn(7, Vec::new()),
            Action::SaveTranscript(7),
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

    #[test]
    fn only_web_addresses_are_opened() {
        assert!(is_web_address("https://example.com/a?b=c") && is_web_address("HTTP://x.example"));
        for url in ["", "file:///etc/passwd", "javascript:alert(1)", "http://", "example.com", "https://a b"] {
            assert!(!is_web_address(url), "{url}");
        }
    }

    #[test]
    fn every_action_of_a_meeting_is_refused_where_there_is_none() {
        let (shot, state) = (Snapshot::default(), State::default());
        for action in Action::examples().into_iter().filter(|action| action.as_move(&shot).is_some()) {
            assert!(action.available(&shot, &state).is_err(), "{action:?}");
        }
    }
}

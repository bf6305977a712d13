//! What a participant may do, in one table for room, client and window (wire/02 section 14).
//!
//! In: a [`View`], who wants it, what. Out: yes or no. The room refuses in silence what this table refuses, since the protocol has no
//! negative replies; a window leaves the button out.

use super::view::{NOBODY, OWNER, RecordingState, Ssrc, View};
use crate::wire::ToServer;
use crate::wire::chat::ChatToServer;
use crate::wire::control::ControlToServer;
use crate::wire::floor::{ControlFlags, FloorToServer};
use crate::wire::follow::Follow;
use crate::wire::poll::PollToServer;
use crate::wire::users::UserToServer;

/// Something that not everybody may do at every time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Write to everybody.
    Say,
    /// Write to one.
    Whisper(Ssrc),
    /// Ask to become questioner.
    Ask,
    /// Ask no longer.
    Withdraw,
    /// Turn somebody's request down.
    Skip(Ssrc),
    /// Make somebody the questioner.
    MakeQuestioner(Ssrc),
    /// End the question.
    EndQuestion,
    /// Make somebody a speaker.
    MakeSpeaker(Ssrc),
    /// Stop a speaker.
    StopSpeaker(Ssrc),
    /// Hand the token to somebody; to oneself is to take it.
    PassToken(Ssrc),
    /// Make somebody the controller; [`NOBODY`] for none.
    SetController(Ssrc),
    /// Say what the controller may do.
    SetControlFlags(ControlFlags),
    /// Make somebody the assistant; [`NOBODY`] for none.
    SetAssistant(Ssrc),
    /// Send somebody out.
    SendOut(Ssrc),
    /// Send somebody out for good; also after the fact.
    Ban(Ssrc),
    /// End the meeting for everybody.
    EndMeeting,
    /// Ask everybody.
    StartPoll,
    /// Answer the poll that runs.
    AnswerPoll,
    /// Choose everybody's tab, or a page of joint browsing.
    ShowTab,
    /// Switch everybody's full screen.
    FullScreen,
    /// Choose everybody's slide, and force it.
    ControlSlides,
    /// Pause the recording.
    PauseRecording,
    /// Go on recording.
    ResumeRecording,
    /// Set, or remove, the recording's password.
    SetRecordingPassword,
    /// Change the title.
    SetTitle,
    /// Suppress somebody's sound or picture; [`NOBODY`] for everybody's.
    Suppress(Ssrc),
    /// Let visitors in, or turn them away.
    AnswerKnock,
    /// Be heard.
    SendAudio,
    /// Be seen; a speaker only while somebody watches (wire/02 section 5.3 rule 4).
    SendVideo,
    /// Draw on slides.
    Mark,
    /// What nobody may.
    Nothing,
}

impl View {
    /// True if this participant may do that now.
    pub fn may(&self, deed: Deed) -> bool {
        self.allows(self.me, deed)
    }

    /// True if `who`, who must be there, may do that now.
    pub fn allows(&self, who: Ssrc, deed: Deed) -> bool {
        if !self.is_present(who) {
            return false;
        }
        let holder = who == self.token_holder;
        let directs = who == OWNER || who == self.assistant;
        let controls = who == OWNER || holder || who == self.controller;
        match deed {
            Deed::Say | Deed::Withdraw => true,
            Deed::Whisper(to) => self.is_present(to),
            Deed::Ask => !self.is_talker(who),
            Deed::Skip(asker) => who == self.q_ssrc() && self.questions.contains(&asker),
            Deed::MakeQuestioner(ssrc) => who == self.q_ssrc() && self.is_present(ssrc) && ssrc != self.token_holder,
            Deed::EndQuestion => who == self.q_ssrc() || who == self.data_sender,
            Deed::MakeSpeaker(ssrc) => {
                let can = self.is_present(ssrc) && !self.is_talker(ssrc) && self.free_channel().is_some();
                who == self.q_ssrc() && can
            }
            Deed::StopSpeaker(ssrc) => (who == self.q_ssrc() || who == ssrc) && self.channel_of(ssrc).is_some(),
            Deed::PassToken(target) => self.is_present(target) && (holder || (target == who && self.may_retrieve(who))),
            Deed::SetController(ssrc) => {
                controls && (ssrc == NOBODY || (self.is_present(ssrc) && ssrc != self.token_holder))
            }
            // Flags without a controller would leave nobody in charge.
            Deed::SetControlFlags(flags) => controls && (flags.is_empty() || self.is_present(self.controller)),
            Deed::SetAssistant(ssrc) => directs && (ssrc == NOBODY || (self.is_present(ssrc) && ssrc != OWNER)),
            Deed::SendOut(ssrc) => directs && ssrc != OWNER && ssrc != who && self.is_present(ssrc),
            Deed::Ban(ssrc) => directs && ssrc != OWNER && ssrc != who && self.people.contains_key(&ssrc),
            Deed::EndMeeting => {
                directs
                    || (holder && self.policy.holder_ends_meeting)
                    || self.is_controller_with(who, ControlFlags::END_MEETING)
            }
            Deed::StartPoll => holder || self.is_controller_with(who, ControlFlags::POLL),
            Deed::AnswerPoll => {
                self.poll.as_ref().is_some_and(|poll| poll.by != who && !poll.answers.contains_key(&who))
            }
            Deed::ShowTab => who == self.tab_ssrc(),
            Deed::FullScreen => who == self.fullscreen_ssrc(),
            Deed::ControlSlides => who == self.sync_ssrc(),
            Deed::PauseRecording => {
                who == OWNER && !self.recording_facts.archived && self.recording == RecordingState::On
            }
            Deed::ResumeRecording => {
                who == OWNER && !self.recording_facts.archived && self.recording == RecordingState::Paused
            }
            Deed::SetRecordingPassword => {
                let can = self.recording_facts.password_can_be_set && self.recording != RecordingState::Off;
                who == OWNER && can
            }
            Deed::SetTitle => who == OWNER,
            Deed::Suppress(ssrc) => controls && (ssrc == NOBODY || self.is_present(ssrc)),
            Deed::AnswerKnock => {
                who == OWNER
                    || (holder && self.policy.holder_accepts_guests)
                    || self.is_controller_with(who, ControlFlags::ACCEPT_GUEST)
            }
            Deed::SendAudio => (self.discussion || self.is_talker(who)) && !self.is_audio_suppressed(who),
            // Ticket holders never send video (wire/02 section 4.2).
            Deed::SendVideo => {
                let ticket = self.people.get(&who).is_some_and(|person| person.ticket_holder);
                self.is_talker(who) && !ticket && !self.is_video_suppressed(who)
            }
            Deed::Mark => self.is_talker(who),
            Deed::Nothing => false,
        }
    }

    /// What `from` does with a message; `None` if everybody may send it at any time.
    pub fn deed_of(&self, from: Ssrc, message: &ToServer) -> Option<Deed> {
        Some(match message {
            ToServer::EndMeeting => Deed::EndMeeting,
            ToServer::Chat(ChatToServer::Say { .. }) => Deed::Say,
            ToServer::Chat(ChatToServer::Whisper { to, .. }) => Deed::Whisper(*to),
            ToServer::User(UserToServer::Disconnect(ssrc)) => Deed::SendOut(*ssrc),
            ToServer::User(UserToServer::Ban(ssrc)) => Deed::Ban(*ssrc),
            ToServer::User(_) => return None,
            ToServer::Floor(message) => match message {
                FloorToServer::Token(target) | FloorToServer::GiveOutToken { target, .. } => Deed::PassToken(*target),
                FloorToServer::DataSender(NOBODY) => Deed::EndQuestion,
                // Only who decides may name somebody, the holder too (wire/02 section 5.3 rule 1).
                FloorToServer::DataSender(ssrc) if *ssrc == self.token_holder && from == self.q_ssrc() => {
                    Deed::EndQuestion
                }
                FloorToServer::DataSender(ssrc) => Deed::MakeQuestioner(*ssrc),
                // Nobody asks for somebody else.
                FloorToServer::Ask { ssrc, .. } => {
                    if *ssrc == from {
                        Deed::Ask
                    } else {
                        Deed::Nothing
                    }
                }
                FloorToServer::Withdraw(ssrc) => {
                    if *ssrc == from {
                        Deed::Withdraw
                    } else {
                        Deed::Nothing
                    }
                }
                FloorToServer::Skip(ssrc) => Deed::Skip(*ssrc),
                FloorToServer::AssignSpeaker(ssrc) => Deed::MakeSpeaker(*ssrc),
                FloorToServer::StopSpeaker(ssrc) => Deed::StopSpeaker(*ssrc),
                FloorToServer::Controller(ssrc) => Deed::SetController(*ssrc),
                FloorToServer::ControlFlags(flags) => Deed::SetControlFlags(*flags),
                FloorToServer::Assistant(ssrc) => Deed::SetAssistant(*ssrc),
            },
            ToServer::Poll(PollToServer::Ask) => Deed::StartPoll,
            ToServer::Poll(PollToServer::Answer { .. }) => Deed::AnswerPoll,
            ToServer::Follow(Follow::Tab(_) | Follow::Page(_)) => Deed::ShowTab,
            ToServer::Follow(Follow::FullScreen(_)) => Deed::FullScreen,
            ToServer::Follow(Follow::ForceSync) => Deed::ControlSlides,
            ToServer::Control(message) => match message {
                ControlToServer::Recording(2) => Deed::PauseRecording,
                ControlToServer::Recording(1) => Deed::ResumeRecording,
                ControlToServer::Recording(_) => Deed::Nothing,
                ControlToServer::RecordingPassword(_) => Deed::SetRecordingPassword,
                ControlToServer::Title(_) => Deed::SetTitle,
                ControlToServer::Suppress(suppress) => Deed::Suppress(suppress.ssrc),
            },
            // Whoever was asked may answer, also when the role has gone meanwhile; the room knows whom it asked.
            ToServer::Answer(_) => return None,
            ToServer::Alive(_) | ToServer::Side(_) | ToServer::Playback(_) | ToServer::Passed(_) => return None,
        })
    }
}

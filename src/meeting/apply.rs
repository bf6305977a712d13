//! How a replica takes in what it is told, and what its own participant says.
//!
//! In: a message. Out: the changed [`View`]. Nothing here judges whether a message should have been sent: the server does, and a replay
//! has nobody to ask. What comes without end (chat, visitors) is bounded here.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::view::{
    Audience, Channels, ChatLine, Knock, MAX_CHAT_LINES, NOBODY, Person, Poll, RecordingState, Ssrc, Tab, View,
};
use crate::wire::board::BoardToClient;
use crate::wire::chat::ChatToClient;
use crate::wire::control::{Suppress, Suppressed};
use crate::wire::facts::Fact;
use crate::wire::floor::FloorToClient;
use crate::wire::follow::{Follow, FullScreen, Page};
use crate::wire::join::MAX_SSRC;
use crate::wire::poll::{ANSWERS, PollKind, PollToClient, PollToServer};
use crate::wire::users::UserToClient;
use crate::wire::{ToClient, ToServer};

impl View {
    /// Takes one message in.
    pub fn apply(&mut self, message: &ToClient) {
        match message {
            ToClient::User(message) => self.apply_user(message),
            ToClient::Floor(message) => self.apply_floor(message),
            ToClient::Chat(message) => self.apply_chat(message),
            ToClient::Fact(fact) => self.apply_fact(fact),
            ToClient::Poll(message) => self.apply_poll(*message),
            ToClient::Follow(message) => self.follow(message),
            ToClient::Board(message) => self.apply_board(message),
            ToClient::Knock(request) => {
                let known = self.knocks.iter().any(|knock| knock.id == request.id);
                if !known && self.knocks.len() < MAX_KNOCKS {
                    self.knocks.push(Knock { id: request.id.clone(), name: request.name.clone() });
                }
            }
            ToClient::Alive(_) | ToClient::Side(_) | ToClient::End(_) | ToClient::Playback(_) | ToClient::Passed(_) => {
            }
        }
    }

    fn apply_board(&mut self, message: &BoardToClient) {
        match message {
            BoardToClient::Slide(slide) if self.slides.len() < MAX_SLIDES => self.slides.push(Arc::new(slide.clone())),
            BoardToClient::Slide(_) => {}
            BoardToClient::Delete(index) => {
                if let Some(slide) = usize::try_from(*index).ok().and_then(|index| self.slides.get_mut(index)) {
                    Arc::make_mut(slide).deleted = true;
                }
            }
        }
    }

    /// Takes in what this participant itself says, as far as the server does not say it back (wire/02 sections 7, 8 and 11.1). What
    /// it may not do changes nothing, as at the server.
    pub fn said(&mut self, message: &ToServer) {
        if self.deed_of(self.me, message).is_some_and(|deed| !self.may(deed)) {
            return;
        }
        match message {
            ToServer::Follow(message) => self.follow(message),
            ToServer::Poll(PollToServer::Ask) => self.poll_begins(self.me, PollKind::Holder),
            ToServer::Poll(PollToServer::Answer { answer, .. }) => self.answered(self.me, *answer),
            ToServer::Answer(response) if response.accepted().is_some() => self.forget_knock(&response.id),
            _ => {}
        }
    }

    /// Forgets somebody who asked to be let in: answered, or for too long (see [`View::knocks`]).
    pub fn forget_knock(&mut self, id: &[u8]) {
        self.knocks.retain(|knock| knock.id != id);
    }

    /// A poll begins, asked for by that participant.
    pub(super) fn poll_begins(&mut self, by: Ssrc, kind: PollKind) {
        self.poll = Some(Poll { by, kind, answers: BTreeMap::new() });
    }

    /// An answer; others than 1 to 5 mean nothing, and the last of a person counts.
    pub(super) fn answered(&mut self, ssrc: Ssrc, answer: i32) {
        if let Some(poll) = &mut self.poll
            && ANSWERS.contains(&answer)
            && (0..=MAX_SSRC).contains(&ssrc)
        {
            poll.answers.insert(ssrc, answer);
        }
    }

    fn apply_poll(&mut self, message: PollToClient) {
        match message {
            PollToClient::Asked(kind) => self.poll_begins(self.poll_ssrc(), kind),
            PollToClient::Answered { ssrc, answer, .. } => self.answered(ssrc, answer),
        }
    }

    fn apply_user(&mut self, message: &UserToClient) {
        match message {
            UserToClient::Add(user) if (0..=MAX_SSRC).contains(&user.ssrc) => {
                let person = Person {
                    ssrc: user.ssrc,
                    user_id: user.user_id.clone(),
                    name: user.name.clone(),
                    audio: user.capability & 1 != 0,
                    video: user.capability & 2 != 0,
                    version: user.version.unwrap_or_default(),
                    present: true,
                    // An add resets the rest (wire/02 section 4.1).
                    ..Person::default()
                };
                self.people.insert(user.ssrc, Arc::new(person));
            }
            UserToClient::Add(_) => {}
            UserToClient::Delete { ssrc, .. } => {
                self.no_question(*ssrc);
                self.change(*ssrc, |person| person.present = false);
            }
            UserToClient::Capability(ssrc, bits) => {
                self.change(*ssrc, |person| (person.audio, person.video) = (bits & 1 != 0, bits & 2 != 0));
            }
            UserToClient::VideoStatus(ssrc, status) => self.change(*ssrc, |person| person.video_status = *status),
            UserToClient::CodePage(ssrc, page) => self.change(*ssrc, |person| person.code_page = *page),
        }
    }

    fn change(&mut self, ssrc: Ssrc, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self.people.get_mut(&ssrc) {
            change(Arc::make_mut(person));
        }
    }

    fn apply_floor(&mut self, message: &FloorToClient) {
        match message {
            FloorToClient::Token(ssrc) => {
                (self.token_holder, self.data_sender) = (*ssrc, *ssrc);
                // The known client forgets its own request, and a former decider forgets all (wire/02 section 5.4).
                self.questions.clear();
            }
            FloorToClient::DataSender(ssrc) => {
                self.data_sender = *ssrc;
                self.no_question(*ssrc);
            }
            FloorToClient::TokenOwner => self.owns_token = true,
            FloorToClient::Asked { ssrc, .. } => {
                let new = (0..=MAX_SSRC).contains(ssrc) && !self.questions.contains(ssrc);
                if new && *ssrc != self.data_sender {
                    self.questions.push(*ssrc);
                }
            }
            FloorToClient::Withdrawn(ssrc) => self.no_question(*ssrc),
            FloorToClient::Skipped => self.no_question(self.me),
            FloorToClient::ForceAsk => {}
            FloorToClient::Channels { video, audio } => {
                self.channels = Some(Channels { video: *video, audio: *audio });
            }
            FloorToClient::Discussion(on) => self.discussion = *on != 0,
            // Channels other than 0..=15 are ignored by the known client (wire/02 section 5.3).
            FloorToClient::Speaker { ssrc, channel, assigned } if (0..16).contains(channel) => {
                if *assigned {
                    self.speakers.insert(*channel, *ssrc);
                    self.no_question(*ssrc);
                } else {
                    self.speakers.remove(channel);
                }
            }
            FloorToClient::Speaker { .. } => {}
            FloorToClient::Controller(ssrc) => self.controller = *ssrc,
            FloorToClient::ControlFlags(flags) => self.control_flags = *flags,
            FloorToClient::Assistant(ssrc) => self.assistant = *ssrc,
        }
    }

    fn no_question(&mut self, ssrc: Ssrc) {
        self.questions.retain(|asker| *asker != ssrc);
    }

    fn apply_chat(&mut self, message: &ChatToClient) {
        let line = match message {
            ChatToClient::Line { text, from, tick, date, top } => {
                let (name, text) = if *from < 0 { (String::new(), text.clone()) } else { self.split_name(*from, text) };
                let audience = if *from < 0 { Audience::Notice } else { Audience::Public };
                ChatLine { from: *from, name, text, audience, tick: *tick, date: *date, top: *top, off_record: false }
            }
            ChatToClient::Whisper { from, to, text, top } => {
                let (name, text) = self.split_name(*from, text);
                let (text, audience) = (self.strip_address(*to, text), Audience::Private { to: *to });
                ChatLine { from: *from, name, text, audience, top: *top, ..ChatLine::default() }
            }
            ChatToClient::WhisperOther { .. } => return,
        };
        if self.chat.len() >= MAX_CHAT_LINES {
            self.chat.drain(..MAX_CHAT_LINES / 10);
        }
        self.chat.push(Arc::new(line));
    }

    /// A number that means nothing is ignored (wire/02 section 8).
    fn follow(&mut self, message: &Follow) {
        match message {
            Follow::Tab(mode) => self.tab = Tab::from_number(*mode).or(self.tab),
            Follow::Page(page) if Page::KINDS.contains(&page.kind) => self.page = Some(page.clone()),
            Follow::FullScreen(full) if FullScreen::VIEWS.contains(&full.view) => self.full_screen = Some(*full),
            Follow::Page(_) | Follow::FullScreen(_) | Follow::ForceSync => {}
        }
    }

    fn apply_fact(&mut self, fact: &Fact) {
        let (recording, policy) = (&mut self.recording_facts, &mut self.policy);
        match fact {
            Fact::MeetingId(id) => self.meeting_id.clone_from(id),
            Fact::Title(title) => self.title.clone_from(title),
            // More time: the warning no longer holds.
            Fact::Duration(seconds) => (self.duration_s, self.ending_soon) = (*seconds, false),
            Fact::Recording(state) => {
                self.recording = match state {
                    0 => RecordingState::Off,
                    2 => RecordingState::Paused,
                    _ => RecordingState::On,
                }
            }
            Fact::NoRecording => recording.not_requested = true,
            Fact::Archived => recording.archived = true,
            Fact::RecordingPassword { can_set, .. } => recording.password_can_be_set = *can_set == 1,
            Fact::RecordingPasswordState(0 | 100) => recording.password_set = false,
            Fact::RecordingPasswordState(1 | 101) => recording.password_set = true,
            Fact::RecordingPasswordState(_) => {}
            Fact::TerminationWarning => self.ending_soon = true,
            Fact::ServerShutdown => self.shutting_down = true,
            Fact::Preparing(_) => self.preparing = true,
            Fact::Prepared(seconds) => {
                self.preparing = false;
                self.duration_s = *seconds;
            }
            Fact::AllQuestioner => policy.all_questioner = true,
            Fact::HolderAcceptsGuests(on) => policy.holder_accepts_guests = *on == 1,
            Fact::HolderEndsMeeting(on) => policy.holder_ends_meeting = *on == 1,
            Fact::HolderVideo => policy.holder_video = true,
            Fact::Restriction(bits) => policy.restriction = *bits,
            Fact::TotalBandwidth(total) => policy.total_bandwidth = *total,
            Fact::Suppress(suppress) => self.suppress(*suppress),
            Fact::Initialised(_) => self.initialised = true,
            Fact::MaxExtension(_)
            | Fact::Identity { .. }
            | Fact::ReconnectName { .. }
            | Fact::AudioCodecs(_)
            | Fact::VideoCodecs(_)
            | Fact::UpdateUrl(_)
            | Fact::OpusRate(_)
            | Fact::Prolonged
            | Fact::SingleAudio { .. } => {}
        }
    }

    fn suppress(&mut self, Suppress { what, ssrc, on }: Suppress) {
        let on = on != 0;
        match (what, ssrc) {
            (Suppressed::Audio, NOBODY) => self.audio_suppressed = on,
            (Suppressed::Video, NOBODY) => self.video_suppressed = on,
            (Suppressed::Audio, ssrc) => self.change(ssrc, |person| person.audio_suppressed = on),
            (Suppressed::Video, ssrc) => self.change(ssrc, |person| person.video_suppressed = on),
        }
    }
}

/// So many slides are known of a meeting.
pub const MAX_SLIDES: usize = 5_000;

/// So many visitors are kept at once; a server of ours asks about no more either.
pub const MAX_KNOCKS: usize = 100;

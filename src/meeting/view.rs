//! What one participant knows of a meeting: a replica built from the messages it received.
//!
//! In: `ToClient` messages ([`View::apply`]) and what the participant itself says ([`View::said`]). Out: a plain value that client,
//! playback and tests read, and what the participant may do ([`View::may`]). Knows no socket, clock or file.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::wire::floor::MAX_CHANNELS;

pub use super::may::Deed;
pub use crate::wire::board::Slide;
pub use crate::wire::floor::ControlFlags;
pub use crate::wire::follow::{FullScreen, Page, Tab};
pub use crate::wire::poll::PollKind;

/// The number of a participant, 0..=4999; 0 is the owner (wire/01 section 7.1).
pub type Ssrc = i32;

/// Nobody, or everybody, where a message takes a participant (wire/02 section 0).
pub const NOBODY: Ssrc = -1;

/// One participant as the others see it (wire/02 section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Person {
    /// Participant number.
    pub ssrc: Ssrc,
    /// The third party's id; empty for an anonymous guest.
    pub user_id: String,
    /// Shown everywhere.
    pub name: String,
    /// Has a running audio capture.
    pub audio: bool,
    /// Has a running video capture.
    pub video: bool,
    /// Kernel version of that participant's client, (major, minor); (0, 0) where it is not known.
    pub version: (i32, i32),
    /// EXT(33): 1 sends video, 2 switched it off; 0 while nothing was said (wire/02 section 4.3).
    pub video_status: i32,
    /// EXT(55): the code page that this participant writes in, 65001 for UTF-8; 0 while nothing was said.
    pub code_page: i32,
    /// EXT(102): this participant is not to be heard (wire/02 section 5.6).
    pub audio_suppressed: bool,
    /// EXT(103): this participant is not to be seen.
    pub video_suppressed: bool,
    /// A ticket holder, who never sends video (wire/02 section 4.2); known to the server alone.
    pub ticket_holder: bool,
    /// And whom only the owner sees so far.
    pub hidden: bool,
    /// False once the participant has left; the record stays, since chat refers to it.
    pub present: bool,
}

/// Who may read a chat line.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Audience {
    /// Everybody.
    #[default]
    Public,
    /// The sender and one other.
    Private {
        /// Who it is for.
        to: Ssrc,
    },
    /// From the system or an administrator to everybody (wire/02 section 6, source -1).
    Notice,
}

/// One line of chat.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ChatLine {
    /// Who wrote it; [`NOBODY`] for a notice.
    pub from: Ssrc,
    /// The name that stood before `>` in the line; empty for a notice.
    pub name: String,
    /// What was written, without the name.
    pub text: String,
    /// Who may read it.
    pub audience: Audience,
    /// Milliseconds since the meeting's start, if the message said so.
    pub tick: Option<u32>,
    /// Milliseconds since 1970-01-01 UTC, if the message said so.
    pub date: Option<i64>,
    /// "settop": 1 wants the chat window in front (wire/02 section 6).
    pub top: i32,
    /// Said while nothing was to be recorded; known to the server alone.
    pub off_record: bool,
}

/// Recording state (wire/02 section 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RecordingState {
    /// Not recorded.
    Off,
    /// Being recorded: what a client assumes until it is told otherwise.
    #[default]
    On,
    /// Paused by the owner.
    Paused,
}

/// Extra channels of the meeting (wire/02 section 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channels {
    /// Videos of speakers, 0..=16.
    pub video: i32,
    /// Speakers, 0..=16.
    pub audio: i32,
}

/// A poll that was asked for (wire/02 section 7). Nothing ends it; the next one takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    /// Who asked; the wire does not say it, so this is who may ask at that moment.
    pub by: Ssrc,
    /// Which generation: an answer goes the way it came.
    pub kind: PollKind,
    /// Answers of 1 to 5 by person, the last of each: all of them for the one who asked, the own one for the others.
    pub answers: BTreeMap<Ssrc, i32>,
}

/// Somebody who asks this participant to be let in (wire/02 section 11.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knock {
    /// The server's mark; the answer repeats it.
    pub id: Vec<u8>,
    /// The visitor's name.
    pub name: String,
}

/// What is known of the recording beside its state (wire/02 section 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RecordingFacts {
    /// EXT(75): kept in an archive, and cannot be paused.
    pub archived: bool,
    /// EXT(79): the meeting does not ask for a recording.
    pub not_requested: bool,
    /// EXT(64) 200: the owner may set a password.
    pub password_can_be_set: bool,
    /// EXT(64) 1 or 101: a password is set.
    pub password_set: bool,
}

/// What the meeting was made with (wire/02 sections 5.6, 9, 10 and 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Policy {
    /// EXT(58): everybody is a questioner all the time.
    pub all_questioner: bool,
    /// EXT(59): the token holder answers those who ask to be let in.
    pub holder_accepts_guests: bool,
    /// EXT(86): the token holder may end the meeting.
    pub holder_ends_meeting: bool,
    /// EXT(73): the holder's video is shown first.
    pub holder_video: bool,
    /// EXT(70): what the known client is not to do (wire/03 section 2.4).
    pub restriction: i32,
    /// EXT(74): bits per second that all senders share; 0 for no limit.
    pub total_bandwidth: i32,
}

/// The replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Own number; [`NOBODY`] before admission and in playback.
    pub me: Ssrc,
    /// Everybody who is or was there, by number.
    pub people: BTreeMap<Ssrc, Arc<Person>>,
    /// Token holder ("meeting chair").
    pub token_holder: Ssrc,
    /// Data sender ("questioner"); equals the holder when nobody asks.
    pub data_sender: Ssrc,
    /// Speakers by audio channel.
    pub speakers: BTreeMap<i32, Ssrc>,
    /// Controller ("presenter").
    pub controller: Ssrc,
    /// What the controller may decide in the holder's place (wire/02 section 5.1).
    pub control_flags: ControlFlags,
    /// Assistant ("deputy").
    pub assistant: Ssrc,
    /// True once the server said that this participant owns the token (`I`).
    pub owns_token: bool,
    /// The chat so far, oldest first.
    pub chat: Vec<Arc<ChatLine>>,
    /// Meeting id, if announced.
    pub meeting_id: String,
    /// Title, if announced.
    pub title: String,
    /// Planned duration in seconds; 0 if none was announced.
    pub duration_s: i32,
    /// Recording state.
    pub recording: RecordingState,
    /// What else is known of the recording.
    pub recording_facts: RecordingFacts,
    /// What the meeting was made with.
    pub policy: Policy,
    /// Extra channels; `None` until they are announced, which means one questioner and no speakers.
    pub channels: Option<Channels>,
    /// Those who ask to become questioner, in the order in which they asked (wire/02 section 5.4).
    pub questions: Vec<Ssrc>,
    /// EXT(37) sub 16: everybody may be heard without being a questioner.
    pub discussion: bool,
    /// EXT(102) -1: nobody is to be heard.
    pub audio_suppressed: bool,
    /// EXT(103) -1: nobody is to be seen.
    pub video_suppressed: bool,
    /// The tab that everybody is to show, if one was announced (wire/02 section 8).
    pub tab: Option<Tab>,
    /// The last page of joint browsing.
    pub page: Option<Page>,
    /// Full screen, if it was ever switched.
    pub full_screen: Option<FullScreen>,
    /// The last poll.
    pub poll: Option<Poll>,
    /// Those who ask this participant to be let in, in order. The server says nothing when a visitor gives up: whoever shows them
    /// forgets each after [`KNOCK_SHOWN_S`] seconds with [`View::forget_knock`].
    pub knocks: Vec<Knock>,
    /// Every slide that was announced, by its index; deleted ones too.
    pub slides: Vec<Arc<Slide>>,
    /// EXT(30): the meeting will be ended in a few minutes.
    pub ending_soon: bool,
    /// EXT(51): the server is about to shut down.
    pub shutting_down: bool,
    /// EXT(29): the meeting is being prepared, and only slides are kept.
    pub preparing: bool,
    /// The whole initialisation has arrived (EXT 54).
    pub initialised: bool,
}

impl Default for View {
    fn default() -> View {
        View {
            me: NOBODY,
            people: BTreeMap::new(),
            token_holder: NOBODY,
            data_sender: NOBODY,
            speakers: BTreeMap::new(),
            controller: NOBODY,
            control_flags: ControlFlags::default(),
            assistant: NOBODY,
            owns_token: false,
            chat: Vec::new(),
            meeting_id: String::new(),
            title: String::new(),
            duration_s: 0,
            recording: RecordingState::default(),
            recording_facts: RecordingFacts::default(),
            policy: Policy::default(),
            channels: None,
            questions: Vec::new(),
            discussion: false,
            audio_suppressed: false,
            video_suppressed: false,
            tab: None,
            page: None,
            full_screen: None,
            poll: None,
            knocks: Vec::new(),
            slides: Vec::new(),
            ending_soon: false,
            shutting_down: false,
            preparing: false,
            initialised: false,
        }
    }
}

impl View {
    /// A replica at admission: everything that a client forgets at INITIAL_INFO is forgotten (wire/01 section 7.1).
    pub fn admitted(me: Ssrc) -> View {
        View { me, ..View::default() }
    }

    /// Those who are there, in the order in which the known client lists them: self, owner, assistant, controller, token holder,
    /// questioners, those who ask, the others by name (wire/02 section 4.2).
    pub fn present(&self) -> Vec<&Person> {
        let mut people: Vec<&Person> = self.people.values().map(Arc::as_ref).filter(|p| p.present).collect();
        people.sort_by(|a, b| {
            self.rank(a.ssrc).cmp(&self.rank(b.ssrc)).then_with(|| a.name.cmp(&b.name)).then(a.ssrc.cmp(&b.ssrc))
        });
        people
    }

    /// A participant's name, also after leaving; `user N` for one that was never announced.
    pub fn name_of(&self, ssrc: Ssrc) -> String {
        self.people.get(&ssrc).map_or_else(|| format!("user {ssrc}"), |p| p.name.clone())
    }

    /// True if that participant is there.
    pub fn is_present(&self, ssrc: Ssrc) -> bool {
        self.people.get(&ssrc).is_some_and(|p| p.present)
    }

    /// True if the participant may speak as questioner: data sender other than the holder, or speaker (wire/02 section 5.1).
    pub fn is_questioner(&self, ssrc: Ssrc) -> bool {
        ssrc != self.token_holder && (ssrc == self.data_sender || self.speakers.values().any(|s| *s == ssrc))
    }

    /// True for the holder and every questioner: those who may send sound (wire/02 section 5.1).
    pub fn is_talker(&self, ssrc: Ssrc) -> bool {
        ssrc != NOBODY && (ssrc == self.token_holder || self.is_questioner(ssrc))
    }

    /// The audio channel of a speaker.
    pub fn channel_of(&self, ssrc: Ssrc) -> Option<i32> {
        self.speakers.iter().find(|(_, speaker)| **speaker == ssrc).map(|(channel, _)| *channel)
    }

    /// The lowest audio channel that is free.
    pub fn free_channel(&self) -> Option<i32> {
        (0..self.channels?.audio.min(MAX_CHANNELS)).find(|channel| !self.speakers.contains_key(channel))
    }

    /// Who decides on slides and may force them (wire/02 section 5.1, with the four below).
    pub fn sync_ssrc(&self) -> Ssrc {
        self.in_charge(ControlFlags::SLIDES)
    }

    /// Who decides on questions.
    pub fn q_ssrc(&self) -> Ssrc {
        self.in_charge(ControlFlags::QUESTIONS)
    }

    /// Who decides on tab, joint browsing and sharing.
    pub fn tab_ssrc(&self) -> Ssrc {
        self.in_charge(ControlFlags::TAB)
    }

    /// Who decides on full screen.
    pub fn fullscreen_ssrc(&self) -> Ssrc {
        self.in_charge(ControlFlags::FULL_SCREEN)
    }

    /// Who asks for polls. The known client always takes the holder, so the room hears both.
    pub fn poll_ssrc(&self) -> Ssrc {
        self.in_charge(ControlFlags::POLL)
    }

    /// True if that participant may take the token without being given it (wire/02 section 5.2).
    pub fn may_retrieve(&self, ssrc: Ssrc) -> bool {
        ssrc == OWNER || ssrc == self.assistant || self.is_controller_with(ssrc, ControlFlags::RETRIEVE_TOKEN)
    }

    /// True if that participant is the controller and the flag is set.
    pub fn is_controller_with(&self, ssrc: Ssrc, flag: ControlFlags) -> bool {
        ssrc != NOBODY && ssrc == self.controller && self.control_flags.has(flag)
    }

    /// Nobody is to hear that participant, by a word to all or to this one (wire/02 section 5.6).
    pub fn is_audio_suppressed(&self, ssrc: Ssrc) -> bool {
        self.audio_suppressed || self.people.get(&ssrc).is_some_and(|person| person.audio_suppressed)
    }

    /// Nobody is to see that participant.
    pub fn is_video_suppressed(&self, ssrc: Ssrc) -> bool {
        self.video_suppressed || self.people.get(&ssrc).is_some_and(|person| person.video_suppressed)
    }

    /// Bits per second that one sender may use, of `max` that the server allows each (wire/02 section 10.1).
    pub fn bandwidth_share(&self, max: i32) -> i32 {
        let questioner = usize::from(self.data_sender != self.token_holder);
        let senders = i32::try_from(1 + questioner + self.speakers.len()).unwrap_or(i32::MAX);
        match self.policy.total_bandwidth {
            total @ 1.. => (total / senders).min(max),
            _ => max,
        }
    }

    fn in_charge(&self, flag: ControlFlags) -> Ssrc {
        if self.control_flags.has(flag) { self.controller } else { self.token_holder }
    }

    fn rank(&self, ssrc: Ssrc) -> u8 {
        match ssrc {
            s if s == self.me => 0,
            OWNER => 1,
            s if s == self.assistant => 2,
            s if s == self.controller => 3,
            s if s == self.token_holder => 4,
            s if self.is_questioner(s) => 5,
            s if self.questions.contains(&s) => 6,
            _ => 7,
        }
    }

    /// `name>text` apart. A name may hold `>` itself, so the known name goes first.
    pub(super) fn split_name(&self, from: Ssrc, line: &str) -> (String, String) {
        if let Some(person) = self.people.get(&from)
            && let Some(text) = line.strip_prefix(&person.name).and_then(|rest| rest.strip_prefix('>'))
        {
            return (person.name.clone(), text.to_owned());
        }
        match line.split_once('>') {
            Some((name, text)) => (name.to_owned(), text.to_owned()),
            None => (self.name_of(from), line.to_owned()),
        }
    }

    /// A private line without the `[To:name]` that its sender put in front.
    pub(super) fn strip_address(&self, to: Ssrc, text: String) -> String {
        let address = format!("[To:{}]", self.name_of(to));
        if let Some(rest) = text.strip_prefix(&address) {
            return rest.to_owned();
        }
        match text.strip_prefix("[To:").and_then(|rest| rest.split_once(']')) {
            Some((_, rest)) => rest.to_owned(),
            None => text,
        }
    }
}

/// The owner's number (wire/01 section 7.1).
pub const OWNER: Ssrc = 0;

/// A replica keeps so many chat lines; the oldest tenth goes when one more comes. A recording keeps all.
pub const MAX_CHAT_LINES: usize = 50_000;

/// Somebody who asks to be let in is shown for so many seconds (wire/02 section 11.1).
pub const KNOCK_SHOWN_S: u64 = 20;

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;

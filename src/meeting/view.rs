//! What one participant knows of a meeting: a replica built from the messages it received.
//!
//! In: `ToClient` messages. Out: a plain value that client, playback and tests read. Knows no socket, clock or file.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::wire::ToClient;
use crate::wire::chat::ChatToClient;
use crate::wire::facts::Fact;
use crate::wire::floor::FloorToClient;
use crate::wire::join::MAX_SSRC;
use crate::wire::users::UserToClient;

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
    /// False once the participant has left; the record stays, since chat refers to it.
    pub present: bool,
}

/// Who may read a chat line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Own number; [`NOBODY`] before admission and in playback.
    pub me: Ssrc,
    /// Everybody who is or was there, by number.
    pub people: BTreeMap<Ssrc, Person>,
    /// Token holder ("meeting chair").
    pub token_holder: Ssrc,
    /// Data sender ("questioner"); equals the holder when nobody asks.
    pub data_sender: Ssrc,
    /// Speakers by audio channel.
    pub speakers: BTreeMap<i32, Ssrc>,
    /// Controller ("presenter").
    pub controller: Ssrc,
    /// What the controller may do (wire/02 section 5.1).
    pub control_flags: i32,
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
            control_flags: 0,
            assistant: NOBODY,
            owns_token: false,
            chat: Vec::new(),
            meeting_id: String::new(),
            title: String::new(),
            duration_s: 0,
            recording: RecordingState::default(),
            initialised: false,
        }
    }
}

impl View {
    /// A replica at admission: everything that a client forgets at INITIAL_INFO is forgotten (wire/01 section 7.1).
    pub fn admitted(me: Ssrc) -> View {
        View { me, ..View::default() }
    }

    /// Takes one message in.
    pub fn apply(&mut self, message: &ToClient) {
        match message {
            ToClient::User(message) => self.apply_user(message),
            ToClient::Floor(message) => self.apply_floor(message),
            ToClient::Chat(message) => self.apply_chat(message),
            ToClient::Fact(fact) => self.apply_fact(fact),
            ToClient::Alive(_) | ToClient::End(_) | ToClient::Playback(_) | ToClient::Passed(_) => {}
        }
    }

    /// Those who are there, in the order in which the known client lists them: self, owner, assistant, controller, token holder,
    /// questioners, the others by name (wire/02 section 4.2).
    pub fn present(&self) -> Vec<&Person> {
        let mut people: Vec<&Person> = self.people.values().filter(|p| p.present).collect();
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

    fn rank(&self, ssrc: Ssrc) -> u8 {
        match ssrc {
            s if s == self.me => 0,
            OWNER => 1,
            s if s == self.assistant => 2,
            s if s == self.controller => 3,
            s if s == self.token_holder => 4,
            s if self.is_questioner(s) => 5,
            _ => 6,
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
                self.people.insert(user.ssrc, person);
            }
            UserToClient::Add(_) => {}
            UserToClient::Delete { ssrc, .. } => {
                if let Some(person) = self.people.get_mut(ssrc) {
                    person.present = false;
                }
            }
            UserToClient::Capability(ssrc, bits) => {
                if let Some(person) = self.people.get_mut(ssrc) {
                    (person.audio, person.video) = (bits & 1 != 0, bits & 2 != 0);
                }
            }
            UserToClient::VideoStatus(ssrc, status) => {
                if let Some(person) = self.people.get_mut(ssrc) {
                    person.video_status = *status;
                }
            }
            UserToClient::CodePage(ssrc, page) => {
                if let Some(person) = self.people.get_mut(ssrc) {
                    person.code_page = *page;
                }
            }
        }
    }

    fn apply_floor(&mut self, message: &FloorToClient) {
        match message {
            FloorToClient::Token(ssrc) => (self.token_holder, self.data_sender) = (*ssrc, *ssrc),
            FloorToClient::DataSender(ssrc) => self.data_sender = *ssrc,
            FloorToClient::TokenOwner => self.owns_token = true,
            FloorToClient::Channels { .. } => {}
            // Channels other than 0..=15 are ignored by the known client (wire/02 section 5.3).
            FloorToClient::Speaker { ssrc, channel, assigned } if (0..16).contains(channel) => {
                if *assigned {
                    self.speakers.insert(*channel, *ssrc);
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

    fn apply_chat(&mut self, message: &ChatToClient) {
        let line = match message {
            ChatToClient::Line { text, from, tick, date } => {
                let (name, text) = if *from < 0 { (String::new(), text.clone()) } else { self.split_name(*from, text) };
                let audience = if *from < 0 { Audience::Notice } else { Audience::Public };
                ChatLine { from: *from, name, text, audience, tick: *tick, date: *date }
            }
            ChatToClient::Whisper { from, to, text } => {
                let (name, text) = self.split_name(*from, text);
                let text = self.strip_address(*to, text);
                ChatLine { from: *from, name, text, audience: Audience::Private { to: *to }, tick: None, date: None }
            }
            ChatToClient::WhisperOther { .. } => return,
        };
        if self.chat.len() >= MAX_CHAT_LINES {
            self.chat.drain(..MAX_CHAT_LINES / 10);
        }
        self.chat.push(Arc::new(line));
    }

    fn apply_fact(&mut self, fact: &Fact) {
        match fact {
            Fact::MeetingId(id) => self.meeting_id.clone_from(id),
            Fact::Title(title) => self.title.clone_from(title),
            Fact::Duration(seconds) => self.duration_s = *seconds,
            Fact::Recording(state) => {
                self.recording = match state {
                    0 => RecordingState::Off,
                    2 => RecordingState::Paused,
                    _ => RecordingState::On,
                }
            }
            Fact::Initialised(_) => self.initialised = true,
            _ => {}
        }
    }

    /// `name>text` apart. A name may hold `>` itself, so the known name goes first.
    fn split_name(&self, from: Ssrc, line: &str) -> (String, String) {
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
    fn strip_address(&self, to: Ssrc, text: String) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::users::UserRecord;

    fn with(people: &[(Ssrc, &str)]) -> View {
        let mut view = View::admitted(people[0].0);
        for (ssrc, name) in people {
            let user =
                UserRecord { capability: 0, ssrc: *ssrc, user_id: String::new(), name: (*name).into(), version: None };
            view.apply(&ToClient::User(UserToClient::Add(user)));
        }
        view
    }

    fn say(view: &mut View, from: Ssrc, text: &str) -> ChatLine {
        view.apply(&ToClient::Chat(ChatToClient::Line { text: text.into(), from, tick: None, date: None }));
        (**view.chat.last().unwrap()).clone()
    }

    #[test]
    fn a_name_with_a_bracket_in_it_does_not_swallow_the_text() {
        let mut view = with(&[(0, "Olive"), (1, "a>b")]);
        let line = say(&mut view, 1, "a>b>hello");
        assert_eq!((line.name.as_str(), line.text.as_str()), ("a>b", "hello"));
        let line = say(&mut view, 7, "stranger>hi");
        assert_eq!((line.name.as_str(), line.text.as_str()), ("stranger", "hi"));
        assert_eq!(say(&mut view, NOBODY, "notice > all").audience, Audience::Notice);
    }

    #[test]
    fn a_private_line_loses_its_address() {
        let mut view = with(&[(0, "Olive"), (1, "B]b")]);
        view.apply(&ToClient::Chat(ChatToClient::Whisper { from: 0, to: 1, text: "Olive>[To:B]b]psst".into() }));
        assert_eq!(view.chat[0].text, "psst");
        assert_eq!(view.chat[0].audience, Audience::Private { to: 1 });
    }

    #[test]
    fn those_who_left_keep_their_names() {
        let mut view = with(&[(0, "Olive"), (1, "Gus")]);
        view.apply(&ToClient::User(UserToClient::Delete { ssrc: 1, by_action: true }));
        assert_eq!(view.present().len(), 1);
        assert_eq!(view.name_of(1), "Gus");
    }

    #[test]
    fn a_long_chat_is_bounded() {
        let mut view = with(&[(0, "Olive")]);
        for n in 0..=MAX_CHAT_LINES {
            say(&mut view, 0, &format!("Olive>{n}"));
        }
        assert!(view.chat.len() <= MAX_CHAT_LINES);
        assert_eq!(view.chat.last().unwrap().text, MAX_CHAT_LINES.to_string());
    }
}

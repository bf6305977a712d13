//! The authority over one meeting: who is in it, who has the floor, what is said, and when it ends.
//!
//! In: joins, leaves, visitors, messages of clients, the time. Out, drained with [`Room::poll`]: who is admitted, what is sent to whom,
//! what is recorded, how a visitor's request ended, who is parted from, and the end. Drain after every call. Knows no socket, key or
//! file. What a message may do is in [`super::may`], what it does in the files below this one, a subject each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::apply::MAX_SLIDES;
use super::catch_up;
use super::view::{Channels, Page, RecordingFacts, RecordingState, Slide, Ssrc, Tab, View};
use crate::clock::Now;
use crate::wire::board::BoardToClient;
use crate::wire::chat::ChatToServer;
use crate::wire::code_page::CodePage;
use crate::wire::facts::Secret;
use crate::wire::floor::MAX_CHANNELS;
use crate::wire::join::MAX_SSRC;
use crate::wire::message::{Alive, End};
use crate::wire::users::{UserToClient, UserToServer};
use crate::wire::{ToClient, ToServer};

mod chat;
mod control;
mod floor;
mod knock;
mod people;

pub use self::chat::{FLOOD, Flood};
pub use self::control::{EMPTY_FOR, END_WARNING, EXTENSION};
pub use self::knock::{Door, KNOCK_PATIENCE, KnockEnd, KnockToken, Visitor};
pub use super::charter::{Charter, Codecs, Continued, Newcomer, PREPARATION, Terms};

/// Who receives a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// Everybody.
    All,
    /// Everybody else.
    AllBut(Ssrc),
    /// One.
    One(Ssrc),
}

/// How a meeting ended: the guide's `how` (3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// 0: nobody was left.
    EmptyRoom,
    /// 1: the owner ended it.
    OwnersRequest,
    /// 2: its time was over.
    TimerOver,
    /// 3: the server shut down.
    ServerShutdown,
    /// 6: an administrator closed it.
    ByAdmin,
}

impl How {
    /// The guide's number.
    pub fn number(self) -> i32 {
        match self {
            How::EmptyRoom => 0,
            How::OwnersRequest => 1,
            How::TimerOver => 2,
            How::ServerShutdown => 3,
            How::ByAdmin => 6,
        }
    }
}

/// What the shell is to do next.
#[derive(Clone, Debug)]
pub enum Output {
    /// From here on messages for this ssrc go to the newcomer's connection; send it INITIAL_INFO first.
    Admit(Ssrc),
    /// Send a message.
    Send(Recipients, ToClient),
    /// Write a message into the recording.
    Record(ToClient),
    /// Close this participant's connection once everything sent before has gone out.
    Part(Ssrc),
    /// This participant's tickets are void from now on.
    Revoke(Ssrc),
    /// A visitor's request has ended ([`Room::knock`]).
    Knocked(KnockToken, KnockEnd),
    /// Set the password of the recording, at most 27 bytes; `None` removes it. [`Room::recording_is_protected`] says what came of it.
    RecordingPassword(Option<Secret>),
    /// The meeting is over; no further output follows.
    Ended(How),
}

/// The authority.
#[derive(Debug)]
pub struct Room {
    charter: Charter,
    opened: Now,
    view: View,
    next_guest: Ssrc,
    /// What the meeting goes on from had taken that long.
    elapsed_before: Duration,
    /// Order of arrival of those present, for choosing a token holder.
    arrivals: BTreeMap<Ssrc, u64>,
    arrived: u64,
    /// Present to the others, but without a connection; true if the client closed it itself.
    away: BTreeMap<Ssrc, (Now, bool)>,
    /// Ids that were sent out for good (guide 3.1/5, wire/02 section 4.4).
    banned: BTreeSet<String>,
    /// Ticket holders whom only the owner sees, and who else has learnt of each.
    hidden: BTreeMap<Ssrc, BTreeSet<Ssrc>>,
    /// What each may still send.
    senders: BTreeMap<Ssrc, chat::Bucket>,
    /// What participants write in, where they said so (EXT(55)).
    code_pages: BTreeMap<Ssrc, CodePage>,
    /// Visitors who wait for somebody's answer.
    knocks: BTreeMap<KnockToken, knock::Waiting>,
    next_knock: u64,
    /// The total duration as announced last.
    planned: Option<Duration>,
    /// From when on that counts: the opening, or the end of the preparation.
    timed_from: Now,
    /// A ticket holder has been here (guide 3.1/5).
    ticketed: bool,
    empty_since: Option<Now>,
    outputs: VecDeque<Output>,
    ended: bool,
}

/// Why somebody cannot join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// All 5,000 numbers have been given out.
    #[error("the meeting has given out all its {} participant numbers", MAX_SSRC + 1)]
    Full,
    /// As many are there as may be at once.
    #[error("as many people are there as may be at once")]
    Crowded,
    /// Sent out for good.
    #[error("this user was disconnected permanently")]
    Banned,
}

impl Room {
    /// Opens a meeting. It is empty, and closes if it stays so.
    pub fn open(mut charter: Charter, now: Now) -> Room {
        if charter.preparation.is_some() {
            (charter.duration, charter.autoextension) = (Some(PREPARATION), true);
        }
        let seconds = charter.duration.map_or(0, |d| i32::try_from(d.as_secs()).unwrap_or(i32::MAX));
        let channels = |n: i32| n.clamp(0, MAX_CHANNELS);
        let Channels { video, audio } = charter.channels;
        let page = charter.default_page.as_deref().map(Page::typed);
        let before = charter.continues.take();
        let view = View {
            meeting_id: charter.meeting_id.clone(),
            title: charter.title.clone(),
            duration_s: seconds,
            channels: Some(Channels { video: channels(video), audio: channels(audio) }),
            recording: if charter.recorded { RecordingState::On } else { RecordingState::Off },
            recording_facts: RecordingFacts {
                archived: charter.archived,
                not_requested: !charter.recorded,
                password_can_be_set: charter.password_can_be_set,
                password_set: charter.password_set,
            },
            policy: charter.policy,
            discussion: charter.discussion,
            preparing: charter.preparation.is_some(),
            tab: page.is_some().then_some(Tab::Browser),
            page,
            ..View::default()
        };
        let mut view = view;
        let (mut next_guest, mut elapsed_before) = (1, Duration::ZERO);
        if let Some(before) = before {
            (next_guest, elapsed_before) = (before.next_guest, before.elapsed);
            (view.chat, view.full_screen, view.slides) = (before.chat, before.full_screen, before.slides);
            // What the request wants shown comes first.
            if view.page.is_none() {
                (view.page, view.tab) = (before.page, before.tab);
            }
        }
        view.slides.append(&mut charter.slides);
        view.slides.truncate(MAX_SLIDES);
        let planned = charter.duration;
        let mut room = Room {
            charter,
            opened: now,
            view,
            next_guest,
            elapsed_before,
            arrivals: BTreeMap::new(),
            arrived: 0,
            away: BTreeMap::new(),
            banned: BTreeSet::new(),
            hidden: BTreeMap::new(),
            senders: BTreeMap::new(),
            code_pages: BTreeMap::new(),
            knocks: BTreeMap::new(),
            next_knock: 1,
            planned,
            timed_from: now,
            ticketed: false,
            empty_since: Some(now),
            outputs: VecDeque::new(),
            ended: false,
        };
        let known = catch_up::facts(&room.view).into_iter().chain(catch_up::followed(&room.view));
        room.outputs.extend(known.map(Output::Record));
        room
    }

    /// A message of an admitted client. What it may not say is ignored (wire/02 section 0).
    pub fn receive(&mut self, from: Ssrc, message: ToServer, now: Now) {
        if !self.view.is_present(from) || self.ended {
            return;
        }
        let passes_on = !matches!(message, ToServer::Alive(_) | ToServer::Playback(_) | ToServer::Passed(_));
        if passes_on && !self.may_send_more(from, now) {
            return;
        }
        if self.view.deed_of(from, &message).is_some_and(|deed| !self.view.allows(from, deed)) {
            return;
        }
        match message {
            ToServer::Alive(Alive::Probe) => self.send(Recipients::One(from), ToClient::Alive(Alive::Answer)),
            // A viewer's wishes mean nothing in a meeting; SIP and WebRTC are not offered, and pictures are not asked for.
            ToServer::Alive(Alive::Answer) | ToServer::Playback(_) | ToServer::Passed(_) | ToServer::Side(_) => {}
            ToServer::EndMeeting => self.end(How::OwnersRequest),
            // 1 to 2047 bytes (wire/02 section 6): an empty line says nothing, and a close would only make the client come back.
            ToServer::Chat(ChatToServer::Say { text } | ChatToServer::Whisper { text, .. }) if text.is_empty() => {}
            ToServer::Chat(ChatToServer::Say { text }) => self.say(from, &text, now),
            ToServer::Chat(ChatToServer::Whisper { to, text }) => self.whisper(from, to, &text),
            ToServer::User(message) => self.user(from, &message, now),
            ToServer::Floor(message) => self.floor(from, message),
            ToServer::Poll(message) => self.poll_message(from, message),
            ToServer::Follow(message) => self.follow_message(from, message),
            ToServer::Answer(response) => self.answer(from, &response),
            ToServer::Control(message) => self.control(message),
        }
    }

    /// Ends the meeting for everybody.
    pub fn end(&mut self, how: How) {
        if self.ended {
            return;
        }
        self.send(Recipients::All, ToClient::End(End::SessionEnd));
        for ssrc in self.arrivals.keys() {
            self.outputs.push_back(Output::Part(*ssrc));
        }
        self.send_visitors_away();
        self.outputs.push_back(Output::Ended(how));
        self.ended = true;
    }

    /// Looks whether somebody has been away or waiting for too long, and whether the time has come to warn, to go on or to close; call
    /// it at [`Room::deadline`] and at [`Room::office_deadline`].
    pub fn tick(&mut self, now: Now) {
        if self.ended {
            return;
        }
        self.forget_the_away(now);
        self.forget_the_unanswered(now);
        self.keep_time(now);
        if let Some((at, how)) = self.closes_at()
            && now.office >= at
        {
            self.end(how);
        }
    }

    /// When [`Room::tick`] is next needed for those who are away or wait, on the steady clock.
    pub fn deadline(&self) -> Option<Duration> {
        [self.away_until(), self.knocks_until()].into_iter().flatten().min()
    }

    /// When [`Room::tick`] is next needed to warn, to go on or to close: milliseconds of office time, which a tester may turn.
    pub fn office_deadline(&self) -> Option<i64> {
        let closes = self.closes_at().map(|(at, _)| at);
        [closes, self.time_until()].into_iter().flatten().min()
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The meeting as everybody may know it.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// How many different participants there have been; somebody who came back counts once.
    pub fn ever_joined(&self) -> usize {
        self.view.people.len()
    }

    /// Meeting time: how long it has taken, what it goes on from included. Nobody turns this clock.
    pub fn elapsed(&self, now: Now) -> Duration {
        self.elapsed_before + self.running(now)
    }

    /// Since this meeting was opened.
    pub fn running(&self, now: Now) -> Duration {
        now.steady.saturating_sub(self.opened.steady)
    }

    /// How long what it goes on from had taken.
    pub fn elapsed_before(&self) -> Duration {
        self.elapsed_before
    }

    /// Somebody has brought a slide: everybody is told, and its index is the number of those before it (wire/03 section 2.1).
    pub fn add_slide(&mut self, slide: Slide) {
        if !self.ended && self.view.slides.len() < MAX_SLIDES {
            self.announce(Recipients::All, ToClient::Board(BoardToClient::Slide(slide)));
        }
    }

    /// A slide is deleted; its index stays (wire/03 section 2.6).
    pub fn delete_slide(&mut self, index: i32) {
        let there = usize::try_from(index).ok().and_then(|index| self.view.slides.get(index));
        if !self.ended && there.is_some_and(|slide| !slide.deleted) {
            self.announce(Recipients::All, ToClient::Board(BoardToClient::Delete(index)));
        }
    }

    /// True once [`Output::Ended`] was put out.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    /// What somebody says of themselves, or does to somebody else's place.
    fn user(&mut self, from: Ssrc, message: &UserToServer, now: Now) {
        let ticket = self.view.people.get(&from).is_some_and(|person| person.ticket_holder);
        let told = match *message {
            UserToServer::Disconnect(target) => return self.send_out(target, now),
            UserToServer::Ban(target) => return self.ban(target, now),
            UserToServer::Capability(bits) => UserToClient::Capability(from, bits & if ticket { 1 } else { 3 }),
            UserToServer::VideoStatus(_) if ticket => return,
            UserToServer::VideoStatus(status) => UserToClient::VideoStatus(from, status),
            // Whatever it is, everybody reads this participant's lines in UTF-8, as the room passes them on.
            UserToServer::CodePage(page) => {
                self.code_pages.insert(from, CodePage::of(page).unwrap_or(CodePage::UTF8));
                UserToClient::CodePage(from, CodePage::UTF8.number())
            }
        };
        // To the sender as well, whose own icons change only then (wire/02 section 4.3).
        self.tell_of(from, ToClient::User(told), None);
    }

    /// Says something to clients and the recording, and knows it from then on.
    fn announce(&mut self, to: Recipients, message: ToClient) {
        self.view.apply(&message);
        self.outputs.push_back(Output::Record(message.clone()));
        self.send(to, message);
    }

    fn send(&mut self, to: Recipients, message: ToClient) {
        self.outputs.push_back(Output::Send(to, message));
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

//! The authority over one meeting: roster, token, chat, and when it ends.
//!
//! In: joins, leaves, messages of clients, the time. Out, drained with [`Room::poll`]: who is admitted, what is sent to whom, what
//! is recorded, who is parted from, and the end. Drain after every call. Knows no socket, key or file.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::catch_up;
use super::view::{Channels, NOBODY, OWNER, Person, RecordingState, Ssrc, View};
use crate::clock::Now;
use crate::wire::ToClient;
use crate::wire::ToServer;
use crate::wire::chat::{ChatToClient, ChatToServer, TOP};
use crate::wire::facts::{Fact, codec};
use crate::wire::floor::{FloorToClient, FloorToServer};
use crate::wire::join::MAX_SSRC;
use crate::wire::message::{Alive, End};
use crate::wire::users::{UserToClient, UserToServer};

/// What the request that created the meeting decided (guide 3.1: only the first request sets these).
#[derive(Clone, Debug)]
pub struct Charter {
    /// Meeting id, at most 128 bytes.
    pub meeting_id: String,
    /// Title, at most 511 bytes; may be empty.
    pub title: String,
    /// Planned duration of an event-based meeting; `None` is a person-based one.
    pub duration: Option<Duration>,
    /// An event goes on after its duration while somebody is there (guide 3.1/7 autoextension).
    pub autoextension: bool,
    /// Whether it is recorded.
    pub recorded: bool,
    /// Tells this meeting from earlier ones when a client comes back (EXT 88); not 0.
    pub random_id: i32,
    /// Somebody whose connection is lost keeps the place for so long before the others hear of it (wire/02 section 13).
    pub away_for: Duration,
}

/// Somebody who has been admitted.
#[derive(Clone, Debug)]
pub struct Newcomer {
    /// True for the owner, who gets ssrc 0.
    pub owner: bool,
    /// The third party's id; empty for an anonymous guest.
    pub user_id: String,
    /// Shown to the others as [`catch_up::shown_name`] has it.
    pub name: String,
    /// Kernel version.
    pub version: (i32, i32),
    /// Bit 0 audio, bit 1 video.
    pub capability: u8,
    /// Twelve random bytes that bring this person back (EXT 90).
    pub reconnect_name: [u8; 12],
    /// Who this was before, proved by a ticket or a reconnect name (wire/01 section 10.4).
    pub returning: Option<Ssrc>,
}

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
    /// Order of arrival of those present, for choosing a token holder.
    arrivals: BTreeMap<Ssrc, u64>,
    arrived: u64,
    /// Present to the others, but without a connection; true if the client closed it itself.
    away: BTreeMap<Ssrc, (Now, bool)>,
    /// Ids that were sent out for good (guide 3.1/5, wire/02 section 4.4).
    banned: BTreeSet<String>,
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
    /// Sent out for good.
    #[error("this user was disconnected permanently")]
    Banned,
}

impl Room {
    /// Opens a meeting. It is empty, and closes if it stays so.
    pub fn open(charter: Charter, now: Now) -> Room {
        let seconds = charter.duration.map_or(0, |d| i32::try_from(d.as_secs()).unwrap_or(i32::MAX));
        let view = View {
            meeting_id: charter.meeting_id.clone(),
            title: charter.title.clone(),
            duration_s: seconds,
            channels: Some(Channels { video: 6, audio: 4 }),
            recording: if charter.recorded { RecordingState::On } else { RecordingState::Off },
            ..View::default()
        };
        let mut room = Room {
            charter,
            opened: now,
            view,
            next_guest: 1,
            arrivals: BTreeMap::new(),
            arrived: 0,
            away: BTreeMap::new(),
            banned: BTreeSet::new(),
            empty_since: Some(now),
            outputs: VecDeque::new(),
            ended: false,
        };
        let known = catch_up::facts(&room.view).into_iter().chain([CHANNELS]);
        room.outputs.extend(known.map(Output::Record));
        room
    }

    /// Lets somebody in. The same person, known by id or by a ticket, takes over from the earlier connection (guide notes N13, wire/02
    /// sections 4.2 and 13).
    ///
    /// # Errors
    /// See [`JoinError`].
    pub fn join(&mut self, mut newcomer: Newcomer, now: Now) -> Result<Ssrc, JoinError> {
        newcomer.name = catch_up::shown_name(&newcomer.name);
        if !newcomer.user_id.is_empty() && self.banned.contains(&newcomer.user_id) {
            return Err(JoinError::Banned);
        }
        let ssrc = self.number_for(&newcomer)?;
        let before = self.view.people.get(&ssrc).filter(|person| person.present).cloned();
        let was_away = self.away.remove(&ssrc).is_some();
        if before.is_some() && !was_away {
            if newcomer.returning.is_none() {
                // Perhaps another device. One that comes back by its ticket knows that its old connection is dead.
                self.send(Recipients::One(ssrc), ToClient::End(End::Overwrite));
            }
            self.outputs.push_back(Output::Part(ssrc));
        }
        self.outputs.push_back(Output::Admit(ssrc));
        self.empty_since = None;
        self.arrived += 1;
        self.arrivals.entry(ssrc).or_insert(self.arrived);

        let person = Person {
            ssrc,
            user_id: newcomer.user_id.clone(),
            name: newcomer.name.clone(),
            audio: newcomer.capability & 1 != 0,
            video: newcomer.capability & 2 != 0,
            version: newcomer.version,
            present: true,
            ..Person::default()
        };
        let came_back = was_away || newcomer.returning.is_some();
        match before {
            Some(before) if came_back && before.name == person.name && before.user_id == person.user_id => {
                // The others never heard of the loss: they are told what changed, which is nothing else (wire/02 section 13).
                if (before.audio, before.video) != (person.audio, person.video) {
                    let changed = UserToClient::Capability(ssrc, newcomer.capability & 3);
                    self.announce(Recipients::AllBut(ssrc), ToClient::User(changed));
                }
            }
            before => {
                if before.is_some() {
                    // A second add without a delete would list the person twice (wire/02 section 4.1).
                    let gone = UserToClient::Delete { ssrc, by_action: false };
                    self.announce(Recipients::AllBut(ssrc), ToClient::User(gone));
                }
                self.announce(Recipients::AllBut(ssrc), catch_up::add(&person));
            }
        }
        if self.view.token_holder == NOBODY {
            self.announce(Recipients::AllBut(ssrc), ToClient::Floor(FloorToClient::Token(ssrc)));
        }
        self.initialise(ssrc, &newcomer, now);
        Ok(ssrc)
    }

    /// Somebody's connection is gone without a word: the place is kept for a while, since most come back within seconds. `by_action`:
    /// the client closed it, which it also does when it dislikes what came, and then returns (wire/01 section 10.2).
    pub fn lose(&mut self, ssrc: Ssrc, by_action: bool, now: Now) {
        if self.charter.away_for.is_zero() {
            self.leave(ssrc, by_action, now);
        } else if self.view.is_present(ssrc) && !self.ended {
            self.away.entry(ssrc).or_insert((now, by_action));
        }
    }

    /// Somebody has left. `by_action`: on purpose.
    pub fn leave(&mut self, ssrc: Ssrc, by_action: bool, now: Now) {
        if !self.view.is_present(ssrc) || self.ended {
            return;
        }
        self.arrivals.remove(&ssrc);
        self.away.remove(&ssrc);
        // The order of wire/02 section 5.7: the delete first, so that no client makes the departed a questioner.
        self.announce(Recipients::All, ToClient::User(UserToClient::Delete { ssrc, by_action }));
        let channels: Vec<i32> = self.view.speakers.iter().filter(|(_, s)| **s == ssrc).map(|(c, _)| *c).collect();
        for channel in channels {
            let removed = FloorToClient::Speaker { ssrc, channel, assigned: false };
            self.announce(Recipients::All, ToClient::Floor(removed));
        }
        if self.view.token_holder == ssrc {
            let next = self.next_holder();
            self.announce(Recipients::All, ToClient::Floor(FloorToClient::Token(next)));
        }
        if self.arrivals.is_empty() {
            self.empty_since = Some(now);
        }
    }

    /// A message of an admitted client.
    pub fn receive(&mut self, from: Ssrc, message: ToServer, now: Now) {
        if !self.view.is_present(from) || self.ended {
            return;
        }
        match message {
            ToServer::Alive(Alive::Probe) => self.send(Recipients::One(from), ToClient::Alive(Alive::Answer)),
            // A viewer's wishes mean nothing in a meeting.
            ToServer::Alive(Alive::Answer) | ToServer::Playback(_) | ToServer::Passed(_) => {}
            // Owner only for now; assistant and holder follow with the floor (wire/02 section 13).
            ToServer::EndMeeting if from == OWNER => self.end(How::OwnersRequest),
            ToServer::EndMeeting => {}
            // 1 to 2047 bytes (wire/02 section 6): an empty line says nothing, and a close would only make the client come back.
            ToServer::Chat(ChatToServer::Say { text } | ChatToServer::Whisper { text, .. }) if text.is_empty() => {}
            ToServer::Chat(ChatToServer::Say { text }) => self.say(from, &text, now),
            ToServer::Chat(ChatToServer::Whisper { to, text }) => self.whisper(from, to, &text),
            ToServer::User(UserToServer::Disconnect(target)) => self.send_out(from, target, now),
            ToServer::User(UserToServer::Ban(target)) => self.ban(from, target, now),
            ToServer::User(state) => {
                let told = match state {
                    UserToServer::Capability(bits) => UserToClient::Capability(from, bits & 3),
                    UserToServer::VideoStatus(status) => UserToClient::VideoStatus(from, status),
                    UserToServer::CodePage(page) => UserToClient::CodePage(from, page),
                    UserToServer::Disconnect(_) | UserToServer::Ban(_) => return,
                };
                self.announce(Recipients::All, ToClient::User(told));
            }
            ToServer::Floor(FloorToServer::Token(target) | FloorToServer::GiveOutToken { target, .. }) => {
                self.hand_token(from, target);
            }
            ToServer::Floor(_)
            | ToServer::Poll(_)
            | ToServer::Follow(_)
            | ToServer::Answer(_)
            | ToServer::Control(_)
            | ToServer::Side(_) => {}
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
        self.outputs.push_back(Output::Ended(how));
        self.ended = true;
    }

    /// Looks whether somebody has been away for too long, and whether the time has come to close; call it at [`Room::deadline`].
    pub fn tick(&mut self, now: Now) {
        let over = |since: &Now| now.steady >= since.steady + self.charter.away_for;
        let gone: Vec<(Ssrc, bool)> =
            self.away.iter().filter(|(_, (since, _))| over(since)).map(|(ssrc, (_, by))| (*ssrc, *by)).collect();
        for (ssrc, by_action) in gone {
            self.leave(ssrc, by_action, now);
        }
        if let Some((at, how)) = self.closes_at()
            && now.steady >= at
            && !self.ended
        {
            self.end(how);
        }
    }

    /// When [`Room::tick`] is next needed, on the steady clock.
    pub fn deadline(&self) -> Option<Duration> {
        let away = self.away.values().map(|(since, _)| since.steady + self.charter.away_for).min();
        self.closes_at().map(|(at, _)| at).into_iter().chain(away).min()
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

    /// Since the meeting was opened.
    pub fn elapsed(&self, now: Now) -> Duration {
        now.steady.saturating_sub(self.opened.steady)
    }

    /// True once [`Output::Ended`] was put out.
    pub fn is_over(&self) -> bool {
        self.ended
    }

    fn number_for(&mut self, newcomer: &Newcomer) -> Result<Ssrc, JoinError> {
        if let Some(ssrc) = newcomer.returning {
            return Ok(ssrc);
        }
        if newcomer.owner {
            return Ok(OWNER);
        }
        // The same id is the same person, whatever the name; without an id everybody is somebody else (guide 3.1/5).
        let known = self
            .view
            .people
            .values()
            .find(|p| p.ssrc != OWNER && !p.user_id.is_empty() && p.user_id == newcomer.user_id);
        if let Some(person) = known {
            return Ok(person.ssrc);
        }
        let ssrc = self.next_guest;
        if ssrc > MAX_SSRC {
            return Err(JoinError::Full);
        }
        self.next_guest += 1;
        Ok(ssrc)
    }

    /// Everything that a newcomer is told, in the order of wire/02 section 3.
    fn initialise(&mut self, ssrc: Ssrc, newcomer: &Newcomer, _now: Now) {
        let mut messages: Vec<ToClient> = [
            Fact::MaxExtension(103),
            Fact::Identity { meeting_type: 1, random_id: self.charter.random_id },
            Fact::ReconnectName { name: newcomer.reconnect_name.to_vec(), real_name: newcomer.name.clone() },
        ]
        .into_iter()
        .map(ToClient::Fact)
        .collect();
        messages.extend(catch_up::facts(&self.view));
        if !self.charter.recorded {
            messages.push(ToClient::Fact(Fact::NoRecording));
        }
        messages.push(ToClient::Fact(Fact::RecordingPassword { can_set: 0, extended_services: 0 }));
        messages.push(ToClient::Fact(Fact::AudioCodecs(vec![codec::OPUS, codec::G711])));
        messages.push(ToClient::Fact(Fact::VideoCodecs(vec![codec::H264, codec::MJPG])));
        messages.push(ToClient::Fact(Fact::OpusRate(0)));
        messages.push(CHANNELS);
        messages.extend(catch_up::people_and_floor(&self.view, ssrc == OWNER));
        messages.push(ToClient::Fact(Fact::Initialised(0)));
        // After EXT(54), which empties the chat of the known client.
        messages.extend(catch_up::chat_history(&self.view, HISTORY));
        for message in messages {
            self.send(Recipients::One(ssrc), message);
        }
    }

    /// wire/02 section 4.4: the owner or the assistant, not of the owner and not of oneself.
    fn may_send_out(&self, from: Ssrc, target: Ssrc) -> bool {
        (from == OWNER || from == self.view.assistant) && target != OWNER && target != from
    }

    fn send_out(&mut self, from: Ssrc, target: Ssrc, now: Now) {
        if !self.may_send_out(from, target) || !self.view.is_present(target) {
            return;
        }
        self.send(Recipients::One(target), ToClient::End(End::Disconnect));
        self.outputs.push_back(Output::Part(target));
        self.outputs.push_back(Output::Revoke(target));
        self.leave(target, true, now);
    }

    /// The known client sends somebody out first and bans right after, so the target is usually gone already.
    fn ban(&mut self, from: Ssrc, target: Ssrc, now: Now) {
        let id = self.view.people.get(&target).map(|person| person.user_id.clone()).unwrap_or_default();
        if !self.may_send_out(from, target) || id.is_empty() || self.banned.len() >= MAX_BANNED {
            return;
        }
        self.banned.insert(id);
        self.send_out(from, target, now);
    }

    fn say(&mut self, from: Ssrc, text: &str, now: Now) {
        let text = catch_up::line_text(&self.view.name_of(from), text);
        let tick = u32::try_from(self.elapsed(now).as_millis()).ok();
        self.announce(
            Recipients::All,
            ToClient::Chat(ChatToClient::Line { text, from, tick, date: Some(now.office), top: TOP }),
        );
    }

    fn whisper(&mut self, from: Ssrc, to: Ssrc, text: &str) {
        if !self.view.is_present(to) {
            return;
        }
        let text = catch_up::line_text(&self.view.name_of(from), text);
        let line = ToClient::Chat(ChatToClient::Whisper { from, to, text, top: TOP });
        if to != from {
            self.send(Recipients::One(to), line.clone());
        }
        self.send(Recipients::One(from), line);
    }

    /// wire/02 section 5.2; EXT(15) is treated like `T`, its list being a wish that the new holder's client fulfils itself.
    fn hand_token(&mut self, from: Ssrc, target: Ssrc) {
        let takes = target == from && from == OWNER;
        if !self.view.is_present(target) || !(from == self.view.token_holder || takes) {
            return;
        }
        self.announce(Recipients::All, ToClient::Floor(FloorToClient::Token(target)));
    }

    /// Owner if present, else whoever is there longest (wire/02 section 5.7; the original's choice is not known).
    fn next_holder(&self) -> Ssrc {
        if self.view.is_present(OWNER) {
            return OWNER;
        }
        self.arrivals.iter().min_by_key(|(_, order)| **order).map_or(NOBODY, |(ssrc, _)| *ssrc)
    }

    /// Table 1 of the guide, with the readings of notes N17 and N18.
    fn closes_at(&self) -> Option<(Duration, How)> {
        let empty = self.empty_since.map(|since| since.steady);
        let Some(duration) = self.charter.duration else {
            return empty.map(|since| (since + EMPTY_FOR, How::EmptyRoom));
        };
        let over = self.opened.steady + duration;
        if self.charter.autoextension {
            empty.map(|since| (since.max(over) + EMPTY_FOR, How::TimerOver))
        } else {
            Some((over, How::TimerOver))
        }
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

/// Extra channels that a meeting offers: the usual licence of the known server (wire/01 section 12 step 13).
const CHANNELS: ToClient = ToClient::Floor(FloorToClient::Channels { video: 6, audio: 4 });

/// An empty room closes after this (guide, table 1).
pub const EMPTY_FOR: Duration = Duration::from_secs(60);

/// No meeting gives out more numbers than that.
const MAX_BANNED: usize = 5_000;

/// So many public chat lines are told to somebody who comes late. The rest is in the recording.
const HISTORY: usize = 500;

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

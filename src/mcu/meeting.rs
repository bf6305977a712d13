//! The task that owns one meeting: the room, its connections and its recorder.
//!
//! In: joins, messages and departures, through one bounded queue. Out: sealed messages into each connection's bounded queue, records
//! for the recorder, a summary for the front desk. A connection whose queue is full is cut; nobody else waits for it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use subtle::ConstantTimeEq;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::recorder::Recorder;
use super::status_files;
use crate::clock::Clock;
use crate::hit::password::PasswordHash;
use crate::hit::status::RecordingStatus;
use crate::meeting::catch_up;
use crate::meeting::room::{
    Charter, Door, How, JoinError, KnockEnd, KnockToken, Newcomer, Output, Recipients, Room, Visitor,
};
use crate::meeting::view::{OWNER, Ssrc, View};
use crate::recording::{Class, Record};
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::fields::Keys;
use crate::wire::join::{BeforeAdmission, InitialInfo};
use crate::wire::ticket::Ticket;
use crate::wire::{Refusal, ToClient, ToServer};

/// What goes to one connection.
#[derive(Debug)]
pub enum Outgoing {
    /// One sealed message.
    Message(Bytes),
    /// Send what is queued, then close.
    Close,
}

/// A connection that asks to be let in.
pub struct Candidate {
    /// Who it is.
    pub newcomer: Newcomer,
    /// Counted as invited (participant file).
    pub invited: bool,
    /// From where.
    pub address: IpAddr,
    /// Came to make a recording (guide notes N28).
    pub makes_recording: bool,
    /// The control cipher of its connection.
    pub control: Cipher,
    /// What that cipher was made from: a ticket must show it.
    pub keys: KeyMaterial,
    /// Its queue.
    pub outgoing: mpsc::Sender<Outgoing>,
    /// Cuts the connection.
    pub cut: CancellationToken,
}

/// Somebody who says to have been here before (wire/01 section 10.4).
#[derive(Clone)]
pub struct Claim {
    /// The ticket, if there is one.
    pub ticket: Option<Ticket>,
    /// The name given by EXT 90, if there is one.
    pub reconnect_name: Option<[u8; 12]>,
    /// Claims to be the owner.
    pub owner: bool,
    /// The third party's id; empty for an anonymous guest.
    pub user_id: String,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The client said that it leaves.
    OnPurpose,
    /// It closed the connection, and may come back.
    Closed,
    /// The connection broke or fell silent.
    Broken,
}

/// A connection's place in a meeting.
#[derive(Debug)]
pub struct Seat {
    /// Participant number.
    pub ssrc: Ssrc,
    /// Tells this connection from an earlier or later one of the same participant.
    pub connection: u64,
    /// The meeting's cipher, for decrypting what the client sends.
    pub meeting_cipher: Cipher,
    /// Where its messages go.
    pub meeting: mpsc::Sender<ToMeeting>,
}

/// What comes into a meeting.
pub enum ToMeeting {
    /// Somebody was admitted by the front desk.
    Join(Box<Candidate>, oneshot::Sender<Result<Seat, Refusal>>),
    /// A guest stands at the door.
    Knock(Visitor, oneshot::Sender<Answer>),
    /// That guest has gone.
    StopKnocking(KnockToken),
    /// A message of a connection.
    Message(u64, ToServer),
    /// A connection is gone.
    Gone(u64, Departure),
    /// Who somebody was, if the claim holds.
    Recognise(Box<Claim>, oneshot::Sender<Option<Ssrc>>),
    /// A secondary connection wants to know the control cipher of a participant.
    ControlCipher(Ssrc, oneshot::Sender<Option<Cipher>>),
    /// The operator has something to say.
    Announce(Announcement),
    /// Close the meeting.
    Close(How),
}

/// What the MCU's operator says to a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// A notice in the chat.
    Words(Arc<str>),
    /// The server will shut down soon; connections stay until it does (wire/02 section 9.2).
    Shutdown,
}

/// What a guest at the door is told.
#[derive(Debug)]
pub enum Answer {
    /// At once.
    Now(KnockEnd),
    /// Somebody inside is being asked.
    Later(KnockToken, oneshot::Receiver<KnockEnd>),
}

/// What the front desk knows of a running meeting.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Those present, the owner first.
    pub people: Vec<PersonSummary>,
    /// Title; may be empty.
    pub title: String,
    /// It is being prepared.
    pub preparing: bool,
    /// Its owner is inside and came to make a recording (guide notes N28).
    pub makes_recording: bool,
    /// How many different participants there have been.
    pub ever_joined: usize,
    /// What it goes on from had taken that long.
    pub before: Duration,
}

/// One participant for status files and the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonSummary {
    /// Participant number.
    pub ssrc: Ssrc,
    /// Id; may be empty.
    pub user_id: String,
    /// Name.
    pub name: String,
    /// Invited, or the owner.
    pub invited: bool,
    /// Address as the MCU sees it.
    pub address: String,
    /// Holds a ticket.
    pub ticket: bool,
}

/// Everything that a meeting's task starts with.
pub struct Start {
    /// Rules and names.
    pub charter: Charter,
    /// Meeting number.
    pub session_index: i32,
    /// The meeting's key and IV.
    pub key: KeyMaterial,
    /// Bits per second that a client may use.
    pub max_bandwidth: i32,
    /// Clock.
    pub clock: Clock,
    /// Recorder, started.
    pub recorder: Recorder,
    /// Status so far: start time, title, owner.
    pub status: RecordingStatus,
    /// It is a message for this owner, id and name, who is not there (guide 3.5).
    pub absent: Option<(String, String)>,
    /// Places are reserved (guide 3.6).
    pub guaranteed: bool,
    /// Where the summary goes.
    pub summary: watch::Sender<Arc<Summary>>,
}

/// Runs a meeting until it is over; `inbox` is its queue and `own` the other end of it, for those who get a seat.
pub async fn run(start: Start, own: mpsc::Sender<ToMeeting>, mut inbox: mpsc::Receiver<ToMeeting>) -> How {
    let mut task = Task::new(start, own.downgrade());
    drop(own);
    task.drain();
    let mut flush = tokio::time::interval(FLUSH_EVERY);
    flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut turned = task.clock.turned();
    let mut protected = task.recorder.protected();
    let how = loop {
        if let Some(how) = task.ended {
            break how;
        }
        let deadline = task.until_deadline();
        tokio::select! {
            message = inbox.recv() => match message {
                Some(message) => task.handle(message),
                // The front desk is gone: the server is shutting down.
                None => task.close(How::ServerShutdown),
            },
            _ = flush.tick(), if task.dirty => task.flush(),
            () = tokio::time::sleep(deadline) => task.tick(),
            // Somebody turned the office clock: the deadline is another one. The task itself keeps the other end.
            Ok(()) = turned.changed() => task.tick(),
            Ok(()) = protected.changed() => {
                let protected = *protected.borrow_and_update();
                task.protected(protected);
            }
        }
    };
    inbox.close();
    task.finish(how).await;
    how
}

struct Seated {
    connection: u64,
    control: Cipher,
    outgoing: mpsc::Sender<Outgoing>,
    cut: CancellationToken,
}

/// What stays known of a participant when the connection is gone.
struct Known {
    invited: bool,
    ticket: bool,
    makes_recording: bool,
    address: IpAddr,
    /// Of the connection on which they were last admitted; `None` once their tickets are void.
    proof: Option<(KeyMaterial, [u8; 12])>,
}

struct Task {
    room: Room,
    clock: Clock,
    session_index: i32,
    key: KeyMaterial,
    cipher: Cipher,
    max_bandwidth: i32,
    recorder: Recorder,
    status: RecordingStatus,
    absent: Option<(String, String)>,
    guaranteed: bool,
    summary: watch::Sender<Arc<Summary>>,
    own: mpsc::WeakSender<ToMeeting>,
    seats: BTreeMap<Ssrc, Seated>,
    pending: Option<Seated>,
    /// Guests at the door, of whom somebody inside has been asked.
    visitors: BTreeMap<KnockToken, oneshot::Sender<KnockEnd>>,
    /// Cut for want of reading; they leave the room once what is going on has been carried out.
    too_slow: Vec<Ssrc>,
    next_connection: u64,
    dirty: bool,
    since_checkpoint: usize,
    last_checkpoint: usize,
    everybody: BTreeMap<Ssrc, (String, String)>,
    known: BTreeMap<Ssrc, Known>,
    ended: Option<How>,
}

impl Task {
    fn new(start: Start, own: mpsc::WeakSender<ToMeeting>) -> Task {
        let cipher = Cipher::new(CipherName::Aes256, &start.key);
        Task {
            room: Room::open(start.charter, start.clock.now()),
            clock: start.clock,
            session_index: start.session_index,
            key: start.key,
            cipher,
            max_bandwidth: start.max_bandwidth,
            recorder: start.recorder,
            status: start.status,
            absent: start.absent,
            guaranteed: start.guaranteed,
            summary: start.summary,
            own,
            seats: BTreeMap::new(),
            pending: None,
            visitors: BTreeMap::new(),
            too_slow: Vec::new(),
            next_connection: 1,
            dirty: false,
            since_checkpoint: 0,
            last_checkpoint: 0,
            everybody: BTreeMap::new(),
            known: BTreeMap::new(),
            ended: None,
        }
    }

    fn handle(&mut self, message: ToMeeting) {
        match message {
            ToMeeting::Join(candidate, reply) => {
                let seat = self.join(*candidate);
                // The connection may have gone while it waited; its departure follows.
                drop(reply.send(seat));
            }
            // A guest who has gone meanwhile is not told.
            ToMeeting::Knock(visitor, reply) => drop(reply.send(self.knock(visitor))),
            ToMeeting::StopKnocking(token) => {
                self.visitors.remove(&token);
                self.room.stop_knocking(token);
            }
            ToMeeting::Message(connection, message) => {
                if let ToServer::Passed(passed) = &message {
                    debug!(session = self.session_index, connection, "passed over {passed:?}");
                }
                if let Some(ssrc) = self.ssrc_of(connection) {
                    self.room.receive(ssrc, message, self.clock.now());
                }
            }
            ToMeeting::Gone(connection, departure) => {
                if let Some(ssrc) = self.ssrc_of(connection) {
                    self.seats.remove(&ssrc);
                    let now = self.clock.now();
                    match departure {
                        Departure::OnPurpose => self.room.leave(ssrc, true, now),
                        Departure::Closed => self.room.lose(ssrc, true, now),
                        Departure::Broken => self.room.lose(ssrc, false, now),
                    }
                    self.publish();
                }
            }
            ToMeeting::Recognise(claim, reply) => drop(reply.send(self.recognise(&claim))),
            ToMeeting::ControlCipher(ssrc, reply) => {
                drop(reply.send(self.seats.get(&ssrc).map(|seat| seat.control.clone())));
            }
            ToMeeting::Announce(Announcement::Words(text)) => self.room.operator_says(&text, self.clock.now()),
            ToMeeting::Announce(Announcement::Shutdown) => self.room.warn_of_shutdown(),
            ToMeeting::Close(how) => self.room.end(how),
        }
        self.drain();
    }

    fn close(&mut self, how: How) {
        self.room.end(how);
        self.drain();
    }

    fn tick(&mut self) {
        self.room.tick(self.clock.now());
        self.drain();
        // Somebody may have been away for too long.
        self.publish();
    }

    fn protected(&mut self, protected: bool) {
        self.room.recording_is_protected(protected);
        self.drain();
    }

    /// The answer comes from somebody inside, unless it is clear.
    fn knock(&mut self, visitor: Visitor) -> Answer {
        if self.room.is_over() {
            return Answer::Now(KnockEnd::Over);
        }
        match self.room.door(visitor.invited) {
            Door::Open => Answer::Now(KnockEnd::Accepted),
            Door::Shut => Answer::Now(KnockEnd::NobodyThere),
            Door::Ask => {
                let (told, end) = oneshot::channel();
                let token = self.room.knock(visitor, self.clock.now());
                self.visitors.insert(token, told);
                Answer::Later(token, end)
            }
        }
    }

    /// The place that a claim leads back to. Every comparison of secrets takes the same time whatever they are.
    fn recognise(&self, claim: &Claim) -> Option<Ssrc> {
        if self.room.is_over() {
            return None;
        }
        let holds = |ssrc: Ssrc| {
            let (id, _) = self.everybody.get(&ssrc)?;
            let (keys, name) = self.known.get(&ssrc)?.proof.as_ref()?;
            let by_ticket = claim
                .ticket
                .as_ref()
                .is_some_and(|t| t.id == ssrc && t.session_index == self.session_index && t.keys.same_as(keys));
            let by_name = claim.reconnect_name.is_some_and(|claimed| bool::from(claimed[..].ct_eq(&name[..])));
            let same = claim.owner == (ssrc == OWNER) && *id == claim.user_id;
            (same && (by_ticket || by_name)).then_some(ssrc)
        };
        self.known.keys().copied().find_map(holds)
    }

    fn until_deadline(&self) -> Duration {
        let now = self.clock.now().steady;
        let steady = self.room.deadline().map_or(FAR, |at| at.saturating_sub(now));
        steady.min(self.room.office_deadline().map_or(FAR, |at| self.clock.until(at)))
    }

    fn ssrc_of(&self, connection: u64) -> Option<Ssrc> {
        self.seats.iter().find(|(_, seat)| seat.connection == connection).map(|(ssrc, _)| *ssrc)
    }

    fn join(&mut self, candidate: Candidate) -> Result<Seat, Refusal> {
        if self.room.is_over() {
            return Err(Refusal::SessionClosed);
        }
        // Guide 3.7: the meeting has begun.
        if candidate.newcomer.prepares && !self.room.view().preparing {
            return Err(Refusal::PreparationModeTooLate);
        }
        let connection = self.next_connection;
        self.next_connection += 1;
        self.pending =
            Some(Seated { connection, control: candidate.control, outgoing: candidate.outgoing, cut: candidate.cut });
        // Who makes a preparation a meeting names it anew (guide 3.1, exceptions).
        let switched = self.room.view().preparing && !candidate.newcomer.prepares && candidate.newcomer.owner;
        let terms = candidate.newcomer.terms.clone().filter(|_| switched);
        let name = candidate.newcomer.name.clone();
        let id = candidate.newcomer.user_id.clone();
        let known = Known {
            invited: candidate.invited || candidate.newcomer.owner,
            ticket: candidate.newcomer.ticket_holder,
            makes_recording: candidate.makes_recording,
            address: candidate.address,
            proof: Some((candidate.keys, candidate.newcomer.reconnect_name)),
        };
        let joined = self.room.join(candidate.newcomer, self.clock.now());
        let ssrc = joined.map_err(|why| {
            warn!(session = self.session_index, "{why}");
            self.pending = None;
            match why {
                JoinError::Full | JoinError::Crowded => Refusal::TooManyUser,
                JoinError::Banned => Refusal::RequestRejected,
            }
        })?;
        if let Some(terms) = terms {
            (self.status.title, self.guaranteed) = (terms.title, terms.guaranteed);
        }
        self.known.insert(ssrc, known);
        self.everybody.insert(ssrc, (id, name));
        self.drain();
        self.publish();
        self.keep_status();
        let meeting = self.own.upgrade().ok_or(Refusal::SessionClosed)?;
        Ok(Seat { ssrc, connection, meeting_cipher: self.cipher.clone(), meeting })
    }

    /// Does what the room wants done, until nothing is left to do.
    fn drain(&mut self) {
        self.carry_out();
        // A connection that is cut says nothing more, not even that it is gone.
        while let Some(ssrc) = self.too_slow.pop() {
            if self.seats.remove(&ssrc).is_some() {
                self.room.leave(ssrc, false, self.clock.now());
                self.publish();
                self.carry_out();
            }
        }
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.room.poll() {
            match output {
                Output::Admit(ssrc) => self.admit(ssrc),
                Output::Send(to, message) => self.send(to, &message),
                Output::Record(message) => self.record(message),
                Output::Part(ssrc) => {
                    if let Some(seat) = self.seats.remove(&ssrc)
                        && seat.outgoing.try_send(Outgoing::Close).is_err()
                    {
                        seat.cut.cancel();
                    }
                }
                Output::Revoke(ssrc) => {
                    if let Some(known) = self.known.get_mut(&ssrc) {
                        known.proof = None;
                    }
                }
                Output::Knocked(token, end) => {
                    // Who has gone meanwhile cannot be told.
                    if let Some(Err(_)) = self.visitors.remove(&token).map(|visitor| visitor.send(end)) {
                        debug!(session = self.session_index, "a visitor has gone");
                    }
                }
                Output::RecordingPassword(password) => {
                    let hash = password.map(|password| PasswordHash::of_bytes(&password.0));
                    if !self.recorder.set_password(hash) {
                        self.room.recording_is_protected(self.room.view().recording_facts.password_set);
                    }
                }
                Output::Ended(how) => self.ended = Some(how),
            }
        }
    }

    fn admit(&mut self, ssrc: Ssrc) {
        let Some(seat) = self.pending.take() else { return };
        let info = InitialInfo {
            ssrc,
            session_index: self.session_index,
            max_bandwidth: self.max_bandwidth,
            meeting: self.key.clone(),
            elapsed_ms: i32::try_from(self.room.elapsed(self.clock.now()).as_millis()).unwrap_or(i32::MAX),
        };
        let keys = Keys { control: Some(seat.control.clone()), meeting: None };
        let bytes = BeforeAdmission::Admitted(Box::new(info)).encode().seal(&keys);
        if !push(ssrc, &seat, Bytes::from(bytes)) {
            self.too_slow.push(ssrc);
        }
        self.seats.insert(ssrc, seat);
    }

    /// Encodes and encrypts once, whoever it goes to: the meeting has one key.
    fn send(&mut self, to: Recipients, message: &ToClient) {
        let keys = Keys { control: None, meeting: Some(self.cipher.clone()) };
        let bytes = Bytes::from(message.encode().seal(&keys));
        let addressed = |ssrc: &Ssrc| match to {
            Recipients::All => true,
            Recipients::AllBut(one) => *ssrc != one,
            Recipients::One(one) => *ssrc == one,
        };
        for (ssrc, seat) in self.seats.iter().filter(|(ssrc, _)| addressed(ssrc)) {
            if !push(*ssrc, seat, bytes.clone()) {
                self.too_slow.push(*ssrc);
            }
        }
    }

    fn record(&mut self, message: ToClient) {
        // Private lines would show to everybody who plays the recording (wire/05 section 7.1); the room never records them.
        let tick_ms = self.tick_ms();
        self.recorder.record(Record { tick_ms, class: class_of(&message), clear: message.encode() });
        self.since_checkpoint += 1;
        self.dirty = true;
    }

    fn flush(&mut self) {
        // A checkpoint holds the whole chat: spacing them by their own size keeps all of them together no larger than the rest.
        if self.since_checkpoint >= CHECKPOINT_AFTER.max(self.last_checkpoint) {
            let records = checkpoint(self.room.view(), self.tick_ms());
            (self.since_checkpoint, self.last_checkpoint) = (0, records.len());
            self.recorder.checkpoint(self.tick_ms(), records);
        }
        self.recorder.flush();
        self.dirty = false;
    }

    fn tick_ms(&self) -> u32 {
        u32::try_from(self.room.elapsed(self.clock.now()).as_millis()).unwrap_or(u32::MAX)
    }

    fn publish(&mut self) {
        let people = self.room.view().people.values().filter(|p| p.present).filter_map(|person| {
            let known = self.known.get(&person.ssrc)?;
            Some(PersonSummary {
                ssrc: person.ssrc,
                user_id: person.user_id.clone(),
                name: person.name.clone(),
                invited: known.invited,
                address: known.address.to_string(),
                ticket: known.ticket,
            })
        });
        let view = self.room.view();
        let summary = Summary {
            people: people.collect(),
            title: view.title.clone(),
            preparing: view.preparing,
            makes_recording: view.people.get(&OWNER).is_some_and(|owner| owner.present)
                && self.known.get(&OWNER).is_some_and(|owner| owner.makes_recording),
            ever_joined: self.room.ever_joined(),
            before: self.room.elapsed_before(),
        };
        let meeting = (view.meeting_id.as_str(), self.guaranteed);
        let inside = status_files::participants(meeting, &summary.people, self.clock.now());
        self.recorder.participants(inside);
        self.summary.send_replace(Arc::new(summary));
    }

    fn keep_status(&mut self) {
        let status = self.status_now(None);
        self.recorder.interim(status);
    }

    fn status_now(&self, how: Option<How>) -> RecordingStatus {
        let seconds = self.room.running(self.clock.now()).as_secs();
        let begun = RecordingStatus { preparation_mode: self.room.view().preparing, ..self.status.clone() };
        status_files::recording_status(&begun, (&self.everybody, self.absent.as_ref()), seconds, how)
    }

    async fn finish(self, how: How) {
        info!(session = self.session_index, "meeting over: {how:?}");
        let status = self.status_now(Some(how));
        let end = self.tick_ms();
        self.recorder.finish(end, status).await;
    }
}

/// Into a connection's queue; a full one belongs to a receiver that is too slow, and is cut: false.
fn push(ssrc: Ssrc, seat: &Seated, bytes: Bytes) -> bool {
    // A closed one belongs to a connection that has ended by itself, whose departure is on its way to us.
    let full = matches!(seat.outgoing.try_send(Outgoing::Message(bytes)), Err(mpsc::error::TrySendError::Full(_)));
    if full {
        warn!(ssrc, "cut: does not read, {} messages are waiting", seat.outgoing.max_capacity());
        seat.cut.cancel();
    }
    !full
}

/// What kind of record a message is.
pub fn class_of(message: &ToClient) -> Class {
    match message {
        ToClient::Chat(_) => Class::Chat,
        ToClient::User(_) => Class::User,
        ToClient::Floor(_) => Class::Floor,
        ToClient::Board(_) => Class::Board,
        ToClient::Alive(_)
        | ToClient::Fact(_)
        | ToClient::Poll(_)
        | ToClient::Follow(_)
        | ToClient::Knock(_)
        | ToClient::Side(_)
        | ToClient::End(_)
        | ToClient::Playback(_)
        | ToClient::Passed(_) => Class::Facts,
    }
}

/// The shortest records that rebuild a meeting's state; chat lines included, since a view has them.
pub fn checkpoint(view: &View, tick_ms: u32) -> Vec<Record> {
    let messages = catch_up::checkpoint(view);
    messages.iter().map(|m| Record { tick_ms, class: class_of(m), clear: m.encode() }).collect()
}

/// Records reach the disk at least this often.
const FLUSH_EVERY: Duration = Duration::from_millis(400);

/// A checkpoint after so many records.
const CHECKPOINT_AFTER: usize = 200;

const FAR: Duration = Duration::from_secs(3600);

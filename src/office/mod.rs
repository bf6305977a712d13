//! Admission: who may enter which meeting, who opens one, who is refused and with which code (guide 3.1, tables 1 and 2).
//!
//! In: an opened service request, from where it comes, what is open and on disk, the licence, the time. Out: a [`Verdict`] with its
//! cause in words. Knows no socket, key or file; the front desk of the MCU carries verdicts out. The table cause -> code is in
//! docs/decisions.md.
//!
//! - [`limits`]: disk quotas and the defaults of configm.ini; [`lines`]: connections, outside ones, reserved ones.
//! - [`guesses`]: how long a try of a password waits.

pub mod guesses;
pub mod limits;
pub mod lines;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

pub use self::guesses::{GuessPace, Guesser, Guesses, Try};
pub use self::limits::{Limits, Quotas, Usage};
pub use self::lines::PlaceId;
use self::lines::{Charges, Line, Lines, Purpose, Reserved, Who};
use crate::clock::Now;
use crate::hit::freshness::Freshness;
use crate::hit::licence::Licence;
use crate::hit::paths;
use crate::hit::request::{CommandKind, Guaranteed, ServiceRequest};
use crate::wire::Refusal;

/// The meetings that are open, and the rules for entering them.
#[derive(Debug)]
pub struct Office {
    licence: Licence,
    limits: Limits,
    open: BTreeMap<i32, OpenMeeting>,
    lines: Lines,
    next_index: i32,
    closing: bool,
}

/// One open meeting, as far as admission needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenMeeting {
    /// What makes two requests the same room (guide notes N19).
    pub key: RoomKey,
    /// Owner's id.
    pub owner_id: String,
    /// Owner's name, of the owner's last request.
    pub owner_name: String,
    /// Meeting id of the request that opened it.
    pub meeting_id: String,
    /// Group of the request that opened it, or that made a preparation a meeting.
    pub group: Option<String>,
    /// The owner has been here: from then on ticket holders may come (guide notes N58).
    pub started: bool,
    /// It is still being prepared.
    pub preparing: bool,
}

/// What makes two requests the same room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoomKey {
    /// A person-based room: the owner's id; the first meeting id stays.
    Person(String),
    /// An event-based room: the meeting id over all owners of the MCU.
    Event(String),
    /// A message that is being left. The visitor's id, or a number that nobody else has, keeps two visitors apart.
    Message {
        /// For whom.
        owner: String,
        /// The request's meeting id.
        meeting: String,
        /// From whom.
        visitor: Result<String, i32>,
    },
}

/// Somebody at the front desk.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// What the third party says.
    pub request: &'a ServiceRequest,
    /// From where.
    pub from: IpAddr,
    /// Shows that it was in a meeting before, which it does not find again: it wants no other.
    pub was_inside: bool,
    /// What is on disk, if somebody has looked.
    pub disk: Option<Disk>,
}

/// What decides on disk whether a meeting is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Disk {
    /// The event was ended before by its owner or its time (guide notes N31).
    pub over: bool,
    /// The meeting's folder holds recordings of meetings; preparations do not count.
    pub recorded_before: bool,
    /// Why the recording that the meeting is to go on from cannot be had (guide 3.1/7 continuemeeting).
    pub beginning: Option<Refusal>,
    /// What the recordings take.
    pub usage: Usage,
}

/// What is to happen with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Enter the meeting with this number, at this place.
    Enter(i32, PlaceId),
    /// Open a meeting with this number, then enter it.
    Open(i32, PlaceId),
    /// It would open one: look at the disk and ask again.
    Look,
    /// The owner is not there: offer to leave a message, and ask again with that command.
    OfferMessage,
    /// No.
    Refuse(Refused),
}

/// Why not: the code for the client and the cause for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause} ({})", .code.status())]
pub struct Refused {
    /// What the client is told.
    pub code: Refusal,
    /// What happened, for the operator.
    pub cause: String,
}

impl Refused {
    /// A refusal.
    pub fn new(code: Refusal, cause: impl Into<String>) -> Refused {
        Refused { code, cause: cause.into() }
    }
}

impl Office {
    /// No meeting is open yet. `first_index` numbers the first one, 0..=65535.
    pub fn new(licence: Licence, limits: Limits, first_index: i32) -> Office {
        Office {
            licence,
            limits,
            open: BTreeMap::new(),
            lines: Lines::default(),
            next_index: first_index & 0xffff,
            closing: false,
        }
    }

    /// Judges an opened request's age: `window` either way, or up to the timestamp when a password guards it (guide 3.1/3, 3.10).
    ///
    /// # Errors
    /// The refusal.
    pub fn judge_age(request: &ServiceRequest, now: Now, window: Duration) -> Result<(), Refused> {
        match Freshness::judge(request.timestamp, request.password.is_some(), now, window) {
            Freshness::Fresh => Ok(()),
            Freshness::Expired { by } => {
                Err(Refused::new(Refusal::WrongUserinfo2, format!("the userinfo expired {} s ago", by)))
            }
            Freshness::Future { by } => Err(Refused::new(
                Refusal::WrongUserinfo2,
                format!("the userinfo comes from {} s in the future: compare the clocks", by),
            )),
        }
    }

    /// Decides. [`Verdict::Open`] has already entered the new meeting into the office.
    pub fn decide(&mut self, arrival: Arrival<'_>) -> Verdict {
        let decided = self.may_ask(arrival.request).and_then(|()| match arrival.request.command.kind {
            CommandKind::Meeting => self.meeting(arrival),
            CommandKind::LeaveMessage => self.message(arrival),
            CommandKind::TalkToVisitor => self.visit(arrival),
            kind => Err(Refused::new(Refusal::JoinNetMode, format!("{} leads into no meeting", kind.word()))),
        });
        decided.unwrap_or_else(Verdict::Refuse)
    }

    /// Decides on a playback. They are counted apart if the licence has a number for them, else among the connections (guide 3.9). An
    /// owner's own is charged to the owner and the group, somebody else's to nobody (guide 3.1/1, note N56).
    ///
    /// # Errors
    /// The refusal.
    pub fn decide_playback(&mut self, request: &ServiceRequest, from: IpAddr) -> Result<PlaceId, Refused> {
        self.may_ask(request)?;
        let own = request.guest.is_none();
        let line = Line {
            purpose: Purpose::Playback,
            outside: self.licence.is_outside(from),
            owner: own.then(|| request.owner.id.clone()),
            group: request.group.as_ref().filter(|_| own).map(|group| group.id.clone()),
        };
        self.lines.take(line, self.charges(request), &self.licence)
    }

    /// Decides on the removal of a recording: its owner's alone, and no connection of anybody's.
    ///
    /// # Errors
    /// The refusal.
    pub fn decide_removal(&self, request: &ServiceRequest) -> Result<(), Refused> {
        self.may_ask(request)
    }

    /// Somebody who was in that meeting comes back: there is a place, also while the dead connection still counts.
    pub fn come_back(&mut self, index: i32, request: &ServiceRequest, from: IpAddr) -> Option<PlaceId> {
        let line = self.line(index, self.open.get(&index)?, request, from);
        Some(self.lines.take_again(line))
    }

    /// A connection has ended.
    pub fn leave(&mut self, place: PlaceId) {
        self.lines.free(place);
    }

    /// The open meetings that somebody who has been inside may mean: the request's own, and messages under its meeting id.
    pub fn find(&self, request: &ServiceRequest) -> Vec<i32> {
        let key = room_key(request);
        let means = |meeting: &OpenMeeting| match &meeting.key {
            RoomKey::Message { meeting, .. } => *meeting == request.meeting_id,
            other => *other == key,
        };
        let of_owner = self.open.iter().filter(|(_, meeting)| meeting.owner_id == request.owner.id);
        of_owner.filter(|(_, meeting)| means(meeting)).map(|(index, _)| *index).collect()
    }

    /// What a request may use up on disk when it opens a meeting.
    pub fn quotas(&self, request: &ServiceRequest) -> Quotas {
        Quotas::of(request, &self.limits)
    }

    /// Whether a meeting is still being prepared.
    pub fn set_preparing(&mut self, index: i32, preparing: bool) {
        if let Some(meeting) = self.open.get_mut(&index) {
            meeting.preparing = preparing;
        }
    }

    /// A meeting is over.
    pub fn close(&mut self, session_index: i32) {
        self.open.remove(&session_index);
        self.lines.release(session_index);
    }

    /// No new meeting and no new participant from now on.
    pub fn shut(&mut self) {
        self.closing = true;
    }

    /// The open meetings by number.
    pub fn meetings(&self) -> &BTreeMap<i32, OpenMeeting> {
        &self.open
    }

    /// Connections of a meeting.
    pub fn connections_of(&self, index: i32) -> usize {
        self.lines.of_meeting(index)
    }

    /// What events have reserved.
    pub fn reserved(&self) -> Reserved {
        self.lines.reserved()
    }

    /// What the licence allows.
    pub fn licence(&self) -> &Licence {
        &self.licence
    }

    /// What can be said of a request without looking at anything else.
    fn may_ask(&self, request: &ServiceRequest) -> Result<(), Refused> {
        if self.closing {
            return Err(Refused::new(Refusal::TooManySession, "the server is shutting down"));
        }
        let kind = request.command.kind;
        if matches!(kind, CommandKind::Download | CommandKind::CheckMessage) {
            let cause = format!("how a client would be served a {} by a jnj is not known", kind.word());
            return Err(Refused::new(Refusal::JoinNetMode, cause));
        }
        Office::has_right(request, &self.licence)
    }

    /// Whether a request's service is for whoever asks for it (guide 3.1/5 to 3.1/7).
    ///
    /// # Errors
    /// The refusal.
    pub fn has_right(request: &ServiceRequest, licence: &Licence) -> Result<(), Refused> {
        let command = &request.command;
        has_a_path(request)?;
        let illegal = |cause: &str| Err(Refused::new(Refusal::IllegalRequest, cause));
        match (command.kind, &request.guest) {
            (CommandKind::Meeting, Some(_)) if command.prepares() => illegal("a guest cannot prepare a meeting"),
            (CommandKind::Meeting, Some(guest)) if guest.ticket => {
                if !licence.ticket {
                    return Err(Refused::new(Refusal::InvalidLicense, "the licence has no ticket-based meetings"));
                }
                if !command.is_event() {
                    return illegal("a ticket is for an event");
                }
                Ok(())
            }
            (CommandKind::TalkToVisitor | CommandKind::Delete | CommandKind::CheckMessage, Some(_)) => {
                illegal("only the owner may ask for that")
            }
            (CommandKind::LeaveMessage, None) => illegal("an owner leaves no message to itself"),
            (CommandKind::LeaveMessage, Some(_)) if !command.recording => {
                Err(Refused::new(Refusal::CanNotRecord, "a message that is not recorded cannot be left"))
            }
            _ => Ok(()),
        }
    }

    /// Table 1 of the guide.
    fn meeting(&mut self, arrival: Arrival<'_>) -> Result<Verdict, Refused> {
        let request = arrival.request;
        let key = room_key(request);
        let not_there = || {
            let cause = format!("meeting {:?} is not open", request.meeting_id);
            Err(Refused::new(Refusal::MeetingNotExist, cause))
        };
        let ticket = request.guest.as_ref().is_some_and(|guest| guest.ticket);
        if let Some((index, meeting)) = self.open.iter().find(|(_, meeting)| meeting.key == key) {
            if meeting.owner_id != request.owner.id {
                let cause =
                    format!("meeting {:?} is open for another owner, {:?}", request.meeting_id, meeting.owner_id);
                return Err(Refused::new(Refusal::Internal, cause));
            }
            if ticket && !meeting.started {
                return not_there();
            }
            // The meeting knows whether somebody inside has to be asked about a guest.
            return self.enter(*index, arrival);
        }
        match (&request.guest, &key) {
            (Some(_), _) if ticket => not_there(),
            // Who was inside would not come to leave a message (wire/01 section 10.4).
            (Some(_), RoomKey::Person(_)) if request.command.recording && !arrival.was_inside => {
                Ok(Verdict::OfferMessage)
            }
            (Some(_), RoomKey::Person(_)) => not_there(),
            (Some(guest), RoomKey::Event(_)) if !guest.invited => not_there(),
            _ => self.open(key, arrival),
        }
    }

    /// "The visitor will leave a message to the owner no matter what the owner's office is open or not."
    fn message(&mut self, arrival: Arrival<'_>) -> Result<Verdict, Refused> {
        let request = arrival.request;
        let same = |meeting: &OpenMeeting| match &meeting.key {
            RoomKey::Message { owner, meeting, visitor: Ok(id) } => {
                let visitor = request.guest.as_ref().and_then(|guest| guest.id.as_ref());
                *owner == request.owner.id && *meeting == request.meeting_id && visitor == Some(id)
            }
            _ => false,
        };
        if let Some((index, _)) = self.open.iter().find(|(_, meeting)| same(meeting)) {
            return self.enter(*index, arrival);
        }
        let id = request.guest.as_ref().and_then(|guest| guest.id.clone());
        let visitor = id.ok_or(self.next_index);
        let (owner, meeting) = (request.owner.id.clone(), request.meeting_id.clone());
        self.open(RoomKey::Message { owner, meeting, visitor }, arrival)
    }

    /// The owner, who has no meeting, joins a visitor who leaves a message (guide 3.1/7).
    fn visit(&mut self, arrival: Arrival<'_>) -> Result<Verdict, Refused> {
        let request = arrival.request;
        let is_message = |meeting: &OpenMeeting| matches!(meeting.key, RoomKey::Message { .. });
        let own = || self.open.iter().filter(|(_, meeting)| meeting.owner_id == request.owner.id);
        if let Some((index, _)) = own().find(|(_, meeting)| !is_message(meeting)) {
            let cause = format!("owner {:?} has a meeting, {index}, and cannot talk to a visitor", request.owner.id);
            return Err(Refused::new(Refusal::IllegalRequest, cause));
        }
        let message = own().find(|(_, meeting)| is_message(meeting) && meeting.meeting_id == request.meeting_id);
        match message.map(|(index, _)| *index) {
            Some(index) => self.enter(index, arrival),
            None => {
                let cause = format!("nobody leaves a message under {:?}", request.meeting_id);
                Err(Refused::new(Refusal::MeetingNotExist, cause))
            }
        }
    }

    fn enter(&mut self, index: i32, arrival: Arrival<'_>) -> Result<Verdict, Refused> {
        let Arrival { request, from, .. } = arrival;
        let Some(meeting) = self.open.get(&index) else {
            return Err(Refused::new(Refusal::Internal, "a meeting was lost"));
        };
        let line = self.line(index, meeting, request, from);
        let place = self.lines.take(line, self.charges(request), &self.licence)?;
        let switches = meeting.preparing && request.guest.is_none() && !request.command.prepares();
        // More places are reserved as far as there are some: the meeting runs already.
        if switches {
            self.lines.release(index);
            let _as_far_as_possible = self.lines.reserve(index, guaranteed(request), &self.licence);
        }
        if let Some(meeting) = self.open.get_mut(&index)
            && request.guest.is_none()
        {
            meeting.started = true;
            meeting.owner_name.clone_from(&request.owner.name);
            if switches {
                meeting.preparing = false;
                meeting.group = group_of(request);
            }
        }
        Ok(Verdict::Enter(index, place))
    }

    fn open(&mut self, key: RoomKey, arrival: Arrival<'_>) -> Result<Verdict, Refused> {
        let Arrival { request, from, disk, .. } = arrival;
        let Some(disk) = disk else { return Ok(Verdict::Look) };
        let command = &request.command;
        if disk.over && command.is_event() {
            let code = if command.prepares() { Refusal::SessionClosed } else { Refusal::MeetingNotExist };
            return Err(Refused::new(code, format!("event {:?} is over", request.meeting_id)));
        }
        if disk.recorded_before && command.exclusive_recording && command.kind == CommandKind::Meeting {
            let cause = format!("meeting {:?} has recordings already, and may have one only", request.meeting_id);
            return Err(Refused::new(Refusal::SessionClosed, cause));
        }
        if let Some(code) = disk.beginning {
            let cause = format!("the recording that meeting {:?} is to go on from cannot be had", request.meeting_id);
            return Err(Refused::new(code, cause));
        }
        self.quotas(request).allow(disk.usage)?;
        if self.open.len() >= self.licence.max_meeting as usize {
            let cause = format!("all {} meetings are in use", self.licence.max_meeting);
            return Err(Refused::new(Refusal::TooManySession, cause));
        }
        let index =
            self.free_index().ok_or_else(|| Refused::new(Refusal::TooManySession, "no session index is free"))?;
        let meeting = OpenMeeting {
            key,
            owner_id: request.owner.id.clone(),
            owner_name: request.owner.name.clone(),
            meeting_id: request.meeting_id.clone(),
            group: group_of(request),
            started: request.guest.is_none(),
            preparing: request.guest.is_none() && command.prepares(),
        };
        let line = self.line(index, &meeting, request, from);
        self.lines.reserve(index, guaranteed(request), &self.licence)?;
        match self.lines.take(line, self.charges(request), &self.licence) {
            Ok(place) => {
                self.open.insert(index, meeting);
                Ok(Verdict::Open(index, place))
            }
            Err(refused) => {
                self.lines.release(index);
                Err(refused)
            }
        }
    }

    /// A connection with its charge: everybody's in a meeting goes to its owner and its group.
    fn line(&self, index: i32, meeting: &OpenMeeting, request: &ServiceRequest, from: IpAddr) -> Line {
        let who = match &request.guest {
            None => Who::Owner,
            Some(guest) => {
                Who::Guest { id: guest.id.clone().unwrap_or_default(), invited: guest.invited || guest.ticket }
            }
        };
        Line {
            purpose: Purpose::Meeting { index, who },
            outside: self.licence.is_outside(from),
            owner: Some(meeting.owner_id.clone()),
            group: meeting.group.clone(),
        }
    }

    /// Of each request itself, not of the one that opened the meeting (guide 3.1: "not saved as meeting's properties").
    fn charges(&self, request: &ServiceRequest) -> Charges {
        let group = |group: &crate::hit::request::Group| {
            group.max_out_connection.unwrap_or(self.limits.group_outside_connections)
        };
        Charges {
            owner: Some(request.owner.max_out_connection.unwrap_or(self.limits.outside_connections)),
            group: request.group.as_ref().map(group),
        }
    }

    /// Media packets compare 16 bits, so numbers stay within 0..=65535 (wire/01 section 7.1).
    fn free_index(&mut self) -> Option<i32> {
        for _ in 0..=0xffff {
            let index = self.next_index;
            self.next_index = (index + 1) & 0xffff;
            if !self.open.contains_key(&index) {
                return Some(index);
            }
        }
        None
    }
}

/// Ids become folders as they are (guide notes N23).
fn has_a_path(request: &ServiceRequest) -> Result<(), Refused> {
    let group = request.group.as_ref().map(|group| group.id.as_str());
    let directory = paths::meeting_directory(group, &request.owner.id, &request.meeting_id);
    directory.map(drop).map_err(|unfit| Refused::new(Refusal::Parameter, unfit.to_string()))
}

fn room_key(request: &ServiceRequest) -> RoomKey {
    if request.command.is_event() {
        RoomKey::Event(request.meeting_id.clone())
    } else {
        RoomKey::Person(request.owner.id.clone())
    }
}

fn group_of(request: &ServiceRequest) -> Option<String> {
    request.group.as_ref().map(|group| group.id.clone())
}

/// An event's alone (guide 3.1/7).
fn guaranteed(request: &ServiceRequest) -> Guaranteed {
    request.command.guaranteed.filter(|_| request.command.is_event()).unwrap_or_default()
}

#[cfg(test)]
#[path = "office_tests.rs"]
mod tests;

#[cfg(test)]
mod table_1_tests;

#[cfg(test)]
mod lines_tests;

#[cfg(test)]
mod command_tests;

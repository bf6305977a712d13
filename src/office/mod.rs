//! Admission: who may enter which meeting, who opens one, who is refused and with which code.
//!
//! In: an opened service request, what is open now, the licence, the time. Out: a [`Verdict`] with its cause in words. Knows no
//! socket, key or file; the front desk of the MCU carries verdicts out. The table cause -> code is in docs/decisions.md.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::Now;
use crate::hit::freshness::Freshness;
use crate::hit::licence::Licence;
use crate::hit::paths;
use crate::hit::request::{CommandKind, ServiceRequest};
use crate::wire::Refusal;

/// The meetings that are open, and the rules for entering them.
#[derive(Debug)]
pub struct Office {
    licence: Licence,
    open: BTreeMap<i32, OpenMeeting>,
    next_index: i32,
    playbacks: usize,
    closing: bool,
}

/// One open meeting, as far as admission needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenMeeting {
    /// What makes two requests the same room (guide notes N19).
    pub key: RoomKey,
    /// Owner's id.
    pub owner_id: String,
    /// Owner's name, of the request that opened it.
    pub owner_name: String,
    /// Meeting id of the request that opened it.
    pub meeting_id: String,
    /// Connections now; kept by the front desk.
    pub connections: usize,
}

/// What makes two requests the same room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoomKey {
    /// A person-based room: the owner's id; the first meeting id stays.
    Person(String),
    /// An event-based room: the meeting id over all owners of the MCU.
    Event(String),
}

/// What is to happen with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Enter the meeting with this number.
    Enter(i32),
    /// Open a meeting with this number, then enter it.
    Open(i32),
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
    pub fn new(licence: Licence, first_index: i32) -> Office {
        Office { licence, open: BTreeMap::new(), next_index: first_index & 0xffff, playbacks: 0, closing: false }
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

    /// Decides. [`Verdict::Open`] has already entered the new meeting into the office. `over`: the event was ended before, and is not
    /// opened again (guide notes N31).
    pub fn decide(&mut self, request: &ServiceRequest, over: bool) -> Verdict {
        match self.admit(request, over) {
            Ok(verdict) => verdict,
            Err(refused) => Verdict::Refuse(refused),
        }
    }

    /// The number of connections of a meeting changed.
    pub fn set_connections(&mut self, session_index: i32, connections: usize) {
        if let Some(meeting) = self.open.get_mut(&session_index) {
            meeting.connections = connections;
        }
    }

    /// The number of running playbacks changed.
    pub fn set_playbacks(&mut self, playbacks: usize) {
        self.playbacks = playbacks;
    }

    /// The open meeting that a request leads to.
    pub fn find(&self, request: &ServiceRequest) -> Option<i32> {
        let key = room_key(request);
        self.open
            .iter()
            .find(|(_, meeting)| meeting.key == key && meeting.owner_id == request.owner.id)
            .map(|(index, _)| *index)
    }

    /// Decides on a playback. They are counted apart if the licence has a number for them, else among the connections (guide 3.9).
    ///
    /// # Errors
    /// The refusal.
    pub fn decide_playback(&self, request: &ServiceRequest) -> Result<(), Refused> {
        if self.closing {
            return Err(Refused::new(Refusal::TooManySession, "the server is shutting down"));
        }
        has_a_path(request)?;
        let (taken, most) = match self.licence.max_playback_connection {
            0 => (self.connections(), self.licence.max_connection),
            most => (self.playbacks, most),
        };
        if taken >= most as usize {
            return Err(Refused::new(Refusal::TooManyPlayback, format!("all {most} playback connections are in use")));
        }
        Ok(())
    }

    /// A meeting is over.
    pub fn close(&mut self, session_index: i32) {
        self.open.remove(&session_index);
    }

    /// No new meeting and no new participant from now on.
    pub fn shut(&mut self) {
        self.closing = true;
    }

    /// The open meetings by number.
    pub fn meetings(&self) -> &BTreeMap<i32, OpenMeeting> {
        &self.open
    }

    /// What the licence allows.
    pub fn licence(&self) -> &Licence {
        &self.licence
    }

    fn admit(&mut self, request: &ServiceRequest, over: bool) -> Result<Verdict, Refused> {
        if self.closing {
            return Err(Refused::new(Refusal::TooManySession, "the server is shutting down"));
        }
        self.can_be_served(request)?;
        if self.connections() >= self.licence.max_connection as usize {
            return Err(Refused::new(
                Refusal::TooManyUser,
                format!("all {} connections are in use", self.licence.max_connection),
            ));
        }
        let key = room_key(request);
        let open = self.open.iter().find(|(_, meeting)| meeting.key == key).map(|(index, meeting)| (*index, meeting));
        match (&request.guest, open) {
            (_, Some((_, meeting))) if meeting.owner_id != request.owner.id => {
                let cause =
                    format!("meeting {:?} is open for another owner, {:?}", request.meeting_id, meeting.owner_id);
                Err(Refused::new(Refusal::Internal, cause))
            }
            (_, None) if over => {
                Err(Refused::new(Refusal::MeetingNotExist, format!("event {:?} is over", request.meeting_id)))
            }
            // The meeting knows whether somebody inside has to be asked about a guest.
            (_, Some((index, _))) => Ok(Verdict::Enter(index)),
            (None, None) => self.open(key, request),
            // Table 1: an invited guest opens an event that the owner has not opened yet.
            (Some(guest), None) if guest.invited && matches!(key, RoomKey::Event(_)) => self.open(key, request),
            (Some(_), None) => {
                Err(Refused::new(Refusal::MeetingNotExist, format!("meeting {:?} is not open", request.meeting_id)))
            }
        }
    }

    fn can_be_served(&self, request: &ServiceRequest) -> Result<(), Refused> {
        if request.command.kind != CommandKind::Meeting {
            let cause = format!("command {:?} is not served", request.command.kind);
            return Err(Refused::new(Refusal::JoinNetMode, cause));
        }
        has_a_path(request)?;
        if request.guest.as_ref().is_some_and(|guest| guest.ticket) {
            return Err(Refused::new(Refusal::InvalidLicense, "the licence has no ticket-based meetings"));
        }
        Ok(())
    }

    fn open(&mut self, key: RoomKey, request: &ServiceRequest) -> Result<Verdict, Refused> {
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
            connections: 0,
        };
        self.open.insert(index, meeting);
        Ok(Verdict::Open(index))
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

    fn connections(&self) -> usize {
        let playbacks = if self.licence.max_playback_connection == 0 { self.playbacks } else { 0 };
        self.open.values().map(|meeting| meeting.connections).sum::<usize>() + playbacks
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

#[cfg(test)]
#[path = "office_tests.rs"]
mod tests;

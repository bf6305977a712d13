//! The connections that are open, and for whom another is free (guide 3.1/1, 3.1/6, 3.1/7 guaranteed, 3.4, 3.9; notes N11, N56).
//!
//! In: who comes from where, and to whom the connection is charged. Out: a place, or why there is none. One who takes over from an own
//! earlier connection needs no second place.

use std::collections::BTreeMap;

use super::Refused;
use crate::hit::licence::Licence;
use crate::hit::request::Guaranteed;
use crate::wire::Refusal;

/// One place that was given out; give it back with [`Lines::free`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceId(u64);

/// What a connection is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A meeting, as somebody.
    Meeting {
        /// The meeting's number.
        index: i32,
        /// As whom.
        who: Who,
    },
    /// Watching a recording.
    Playback,
}

/// Who somebody is within a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Its owner.
    Owner,
    /// A guest with or without an id, and whether that one counts as invited.
    Guest {
        /// Empty for an anonymous guest, who is never the same as another.
        id: String,
        /// Invited, or a ticket holder.
        invited: bool,
    },
}

impl Who {
    fn is(&self, other: &Who) -> bool {
        match (self, other) {
            (Who::Owner, Who::Owner) => true,
            (Who::Guest { id: one, .. }, Who::Guest { id: two, .. }) => !one.is_empty() && one == two,
            _ => false,
        }
    }

    fn invited(&self) -> Option<bool> {
        match self {
            Who::Owner => None,
            Who::Guest { invited, .. } => Some(*invited),
        }
    }
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What for.
    pub purpose: Purpose,
    /// From outside the licence's addresses.
    pub outside: bool,
    /// The owner to whom it is charged; none for somebody else's playback (note N56).
    pub owner: Option<String>,
    /// The group to which it is charged.
    pub group: Option<String>,
}

/// Most outside connections that may be charged to the owner and the group of a request; `None`: nobody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Charges {
    /// The owner's.
    pub owner: Option<u32>,
    /// The group's.
    pub group: Option<u32>,
}

/// Connections that are open.
#[derive(Debug, Default)]
pub struct Lines {
    taken: BTreeMap<PlaceId, Line>,
    /// Connections that a newer one of the same person is about to end, and that newer one: they count no more.
    superseded: BTreeMap<PlaceId, PlaceId>,
    next: u64,
    /// Places that events have reserved.
    reserved: BTreeMap<i32, Guaranteed>,
}

/// How many connections of a kind there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Reserved {
    /// Places that open events have reserved.
    pub places: usize,
    /// Those of them that somebody from outside has taken.
    pub outside: usize,
}

impl Lines {
    /// Takes a place without asking: somebody who was inside comes back.
    pub fn take_again(&mut self, line: Line) -> PlaceId {
        let place = PlaceId(self.next);
        self.next = self.next.wrapping_add(1);
        for (earlier, _) in self.taken.iter().filter(|(_, other)| same_person(&line, other)) {
            self.superseded.insert(*earlier, place);
        }
        self.taken.insert(place, line);
        place
    }

    /// Takes a place if one is free.
    ///
    /// # Errors
    /// 241 or 246 when the server is full, 232 when the owner, the group or the server has no outside connection left.
    pub fn take(&mut self, line: Line, charges: Charges, licence: &Licence) -> Result<PlaceId, Refused> {
        self.has_room(&line, licence)?;
        if line.outside {
            self.has_outside_room(&line, licence)?;
            for (whose, most) in [(Charged::Owner, charges.owner), (Charged::Group, charges.group)] {
                let (Some(most), Some(id)) = (most, whose.of(&line)) else { continue };
                let count = self.others(&line).filter(|other| other.outside && whose.of(other) == Some(id)).count();
                if count + 1 > most as usize {
                    let cause = format!("{whose:?} {id:?} has {count} outside connections, {most} are allowed");
                    return Err(Refused::new(Refusal::LineBusy, cause));
                }
            }
        }
        Ok(self.take_again(line))
    }

    /// A place is free again.
    pub fn free(&mut self, place: PlaceId) {
        self.taken.remove(&place);
        self.superseded.retain(|earlier, newer| *earlier != place && *newer != place);
    }

    /// Keeps places free for an event's guests.
    ///
    /// # Errors
    /// 232 when the licence has not so many.
    pub fn reserve(&mut self, index: i32, wanted: Guaranteed, licence: &Licence) -> Result<(), Refused> {
        if places(wanted) == 0 {
            self.reserved.remove(&index);
            return Ok(());
        }
        let before = self.reserved.insert(index, Guaranteed::default());
        let (places, unused) = (self.reserved().places + places(wanted), self.unused());
        let free = (licence.max_connection as usize).saturating_sub(self.general(licence) + unused);
        if places <= licence.max_reserved_connection as usize && self::places(wanted) <= free {
            self.reserved.insert(index, wanted);
            return Ok(());
        }
        match before {
            Some(before) => self.reserved.insert(index, before),
            None => self.reserved.remove(&index),
        };
        let most = licence.max_reserved_connection;
        let cause = format!("{places} places would be reserved, of {most} that may be, {free} of them are free");
        Err(Refused::new(Refusal::LineBusy, cause))
    }

    /// An event is over.
    pub fn release(&mut self, index: i32) {
        self.reserved.remove(&index);
    }

    /// What is reserved.
    pub fn reserved(&self) -> Reserved {
        let outside = |(index, wanted): (&i32, &Guaranteed)| {
            let taken = |invited, places: u32| self.guests(*index, invited, true).min(places as usize);
            taken(true, wanted.invited) + taken(false, wanted.uninvited)
        };
        Reserved {
            places: self.reserved.values().map(|wanted| places(*wanted)).sum(),
            outside: self.reserved.iter().map(outside).sum(),
        }
    }

    /// Connections of a meeting.
    pub fn of_meeting(&self, index: i32) -> usize {
        self.counted().filter(|line| in_meeting(line, index)).count()
    }

    fn has_room(&self, line: &Line, licence: &Licence) -> Result<(), Refused> {
        let playback = line.purpose == Purpose::Playback;
        if playback && licence.max_playback_connection > 0 {
            let most = licence.max_playback_connection;
            let taken = self.others(line).filter(|other| other.purpose == Purpose::Playback).count();
            let cause = || format!("all {most} playback connections are in use");
            return room(taken, most).then_some(()).ok_or_else(|| Refused::new(Refusal::TooManyPlayback, cause()));
        }
        let taken = self.others(line).filter(|other| is_general(other, licence.max_playback_connection)).count();
        // Nobody else may have what was reserved; somebody for whom it was counts on it.
        let kept = if self.may_use_reserved(line) { 0 } else { self.unused() };
        let most = licence.max_connection;
        let code = if playback { Refusal::TooManyPlayback } else { Refusal::TooManyUser };
        let cause = || format!("{taken} of {most} connections are in use, and {kept} reserved");
        room(taken + kept, most).then_some(()).ok_or_else(|| Refused::new(code, cause()))
    }

    fn has_outside_room(&self, line: &Line, licence: &Licence) -> Result<(), Refused> {
        let playback = line.purpose == Purpose::Playback;
        let apart = licence.max_playback_outconnection;
        let (count, most, kept) = if playback && apart > 0 {
            let viewers = |other: &&Line| other.outside && other.purpose == Purpose::Playback;
            (self.others(line).filter(viewers).count(), apart, 0)
        } else {
            let general = |other: &&Line| other.outside && is_general(other, apart);
            let most_kept = (licence.max_reserved_outside_connection as usize).saturating_sub(self.reserved().outside);
            let reserved = self.may_use_reserved(line) && most_kept > 0;
            let kept = if reserved { 0 } else { self.unused().min(most_kept) };
            (self.others(line).filter(general).count(), licence.max_outside_connection, kept)
        };
        let code = if playback && apart > 0 { Refusal::TooManyPlayback } else { Refusal::LineBusy };
        let cause = || format!("{count} of {most} outside connections are in use, and {kept} reserved");
        room(count + kept, most).then_some(()).ok_or_else(|| Refused::new(code, cause()))
    }

    /// All connections but those that this one takes over.
    fn others<'a>(&'a self, line: &'a Line) -> impl Iterator<Item = &'a Line> {
        self.counted().filter(move |other| !same_person(line, other))
    }

    fn counted(&self) -> impl Iterator<Item = &Line> {
        self.taken.iter().filter(|(place, _)| !self.superseded.contains_key(*place)).map(|(_, line)| line)
    }

    fn general(&self, licence: &Licence) -> usize {
        self.counted().filter(|line| is_general(line, licence.max_playback_connection)).count()
    }

    /// Reserved places that nobody has taken yet.
    fn unused(&self) -> usize {
        let unused = |(index, wanted): (&i32, &Guaranteed)| {
            let left = |invited, places: u32| (places as usize).saturating_sub(self.guests(*index, invited, false));
            left(true, wanted.invited) + left(false, wanted.uninvited)
        };
        self.reserved.iter().map(unused).sum()
    }

    /// A meeting's guests of a kind; `outside`: only those from outside.
    fn guests(&self, index: i32, invited: bool, outside: bool) -> usize {
        let counts = |line: &&Line| match &line.purpose {
            Purpose::Meeting { index: of, who } => {
                *of == index && who.invited() == Some(invited) && (line.outside || !outside)
            }
            Purpose::Playback => false,
        };
        self.counted().filter(counts).count()
    }

    /// Whether a newcomer finds a reserved place of its kind.
    fn may_use_reserved(&self, line: &Line) -> bool {
        let Purpose::Meeting { index, who } = &line.purpose else { return false };
        let (Some(invited), Some(wanted)) = (who.invited(), self.reserved.get(index)) else { return false };
        let places = if invited { wanted.invited } else { wanted.uninvited };
        self.guests(*index, invited, false) < places as usize
    }
}

/// To whom a connection is charged.
#[derive(Clone, Copy, Debug)]
enum Charged {
    Owner,
    Group,
}

impl Charged {
    fn of(self, line: &Line) -> Option<&str> {
        match self {
            Charged::Owner => line.owner.as_deref(),
            Charged::Group => line.group.as_deref(),
        }
    }
}

/// Whether one connection takes over from the other (guide 3.1/5, table 1).
fn same_person(line: &Line, other: &Line) -> bool {
    match (&line.purpose, &other.purpose) {
        (Purpose::Meeting { index, who }, Purpose::Meeting { index: other, who: whom }) => {
            index == other && who.is(whom)
        }
        _ => false,
    }
}

/// Playbacks count among the others unless the licence has a number for them (guide 3.9).
fn is_general(line: &Line, playbacks_apart: u32) -> bool {
    line.purpose != Purpose::Playback || playbacks_apart == 0
}

fn in_meeting(line: &Line, index: i32) -> bool {
    matches!(&line.purpose, Purpose::Meeting { index: of, .. } if *of == index)
}

/// One more fits (note N11: the newcomer is counted).
fn room(taken: usize, most: u32) -> bool {
    taken < most as usize
}

fn places(wanted: Guaranteed) -> usize {
    wanted.invited as usize + wanted.uninvited as usize
}

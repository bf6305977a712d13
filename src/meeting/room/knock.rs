//! Letting people in: who is asked, for how long, and preparation mode (wire/02 sections 9.3 and 11.1).
//!
//! In: visitors who wait outside, answers of those who were asked, the time. Out: the question to somebody inside, and how it ended. A
//! visitor waits here, never in a queue that others need.

use std::time::Duration;

use super::{Output, Recipients, Room};
use crate::clock::Now;
use crate::meeting::apply::MAX_KNOCKS;
use crate::meeting::catch_up;
use crate::meeting::charter::Newcomer;
use crate::meeting::view::{Deed, OWNER, Ssrc};
use crate::wire::admission::{OwnerResponse, ShadowJoinRequest};
use crate::wire::{Refusal, ToClient};

/// Somebody outside who wants to come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Shown to the one who is asked.
    pub name: String,
    /// Has an invitation, and is asked about all the same in preparation mode.
    pub invited: bool,
}

/// One visitor's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnockToken(u64);

/// Whether a guest may come in just so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// Yes: [`Room::join`].
    Open,
    /// Somebody inside decides: [`Room::knock`].
    Ask,
    /// Nobody can be asked: refuse, or offer to leave a message.
    Shut,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnockEnd {
    /// Let in: [`Room::join`] comes next.
    Accepted,
    /// Turned away.
    Rejected,
    /// Nobody answered in time, or too many wait already.
    Unanswered,
    /// Nobody is there who could be asked, any more.
    NobodyThere,
    /// The meeting is over.
    Over,
}

impl KnockEnd {
    /// The code for the visitor, unless let in (wire/02 sections 9.3 and 11.1).
    pub fn refusal(self, invited: bool) -> Option<Refusal> {
        Some(match self {
            KnockEnd::Accepted => return None,
            KnockEnd::Over => Refusal::SessionClosed,
            // An invited guest is only asked about in preparation mode.
            _ if invited => Refusal::OwnerInPreparationMode,
            KnockEnd::Rejected => Refusal::CallRejected,
            KnockEnd::Unanswered | KnockEnd::NobodyThere => Refusal::CallNotAccepted,
        })
    }
}

/// A request that has not ended.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    name: String,
    invited: bool,
    asked: Ssrc,
    until: Duration,
}

impl Room {
    /// Whether a guest may come in (wire/02 section 9.3, guide table 2). Ticket holders come in like invited guests.
    pub fn door(&self, invited: bool) -> Door {
        let owner_is_there = self.view.is_present(OWNER);
        match (self.view.preparing, owner_is_there, invited) {
            (true, true, _) => Door::Ask,
            (true, false, false) => Door::Shut,
            (true, false, true) | (false, _, true) => Door::Open,
            (false, _, false) if self.who_is_asked().is_some() => Door::Ask,
            (false, _, false) => Door::Shut,
        }
    }

    /// Asks somebody inside about a visitor; [`Output::Knocked`] says how it ended, which may be at once.
    pub fn knock(&mut self, visitor: Visitor, now: Now) -> KnockToken {
        let token = KnockToken(self.next_knock);
        self.next_knock += 1;
        // A coordinator whose connection is lost is asked on coming back.
        match self.who_is_asked().or_else(|| self.view.is_present(OWNER).then_some(OWNER)) {
            _ if self.ended => {}
            None => self.outputs.push_back(Output::Knocked(token, KnockEnd::NobodyThere)),
            Some(_) if self.knocks.len() >= MAX_KNOCKS => {
                self.outputs.push_back(Output::Knocked(token, KnockEnd::Unanswered));
            }
            Some(asked) => {
                let name = catch_up::shown_name(&visitor.name);
                let until = now.steady + KNOCK_PATIENCE;
                self.knocks.insert(token, Waiting { name, invited: visitor.invited, asked, until });
                if !self.away.contains_key(&asked) {
                    self.ask(token);
                }
            }
        }
        token
    }

    /// The visitor has gone. The one who was asked is not told, for which there is no message; a late answer is ignored.
    pub fn stop_knocking(&mut self, token: KnockToken) {
        self.knocks.remove(&token);
    }

    /// An answer of somebody inside. One of somebody who was not asked, or a second one, is ignored.
    pub(super) fn answer(&mut self, from: Ssrc, response: &OwnerResponse) {
        let by_id = |token: &KnockToken| token.id() == response.id;
        let known = self.knocks.iter().find(|(token, waiting)| by_id(token) && waiting.asked == from);
        if let (Some((token, _)), Some(accepted)) = (known, response.accepted()) {
            self.knock_ends(*token, if accepted { KnockEnd::Accepted } else { KnockEnd::Rejected });
        }
    }

    /// Those who were asked and have left: the next who can be asked is, or the request ends.
    pub(super) fn ask_again(&mut self, now: Now) {
        let orphans: Vec<KnockToken> = self
            .knocks
            .iter()
            .filter(|(_, waiting)| !self.view.is_present(waiting.asked))
            .map(|(token, _)| *token)
            .collect();
        for token in orphans {
            match self.who_is_asked() {
                Some(next) => {
                    if let Some(waiting) = self.knocks.get_mut(&token) {
                        (waiting.asked, waiting.until) = (next, now.steady + KNOCK_PATIENCE);
                    }
                    self.ask(token);
                }
                // An invited guest waits only for who prepares, and comes in when that one has gone (guide 3.7, table 2).
                None if self.knocks.get(&token).is_some_and(|waiting| waiting.invited) => {
                    self.knock_ends(token, KnockEnd::Accepted);
                }
                None => self.knock_ends(token, KnockEnd::NobodyThere),
            }
        }
    }

    /// Ends what nobody has answered.
    pub(super) fn forget_the_unanswered(&mut self, now: Now) {
        let over: Vec<KnockToken> =
            self.knocks.iter().filter(|(_, waiting)| now.steady >= waiting.until).map(|(token, _)| *token).collect();
        over.into_iter().for_each(|token| self.knock_ends(token, KnockEnd::Unanswered));
    }

    /// When the next request ends without an answer.
    pub(super) fn knocks_until(&self) -> Option<Duration> {
        self.knocks.values().map(|waiting| waiting.until).min()
    }

    /// The meeting is over for those outside too.
    pub(super) fn send_visitors_away(&mut self) {
        let all: Vec<KnockToken> = self.knocks.keys().copied().collect();
        all.into_iter().for_each(|token| self.knock_ends(token, KnockEnd::Over));
    }

    /// What somebody who comes back is still asked.
    pub(super) fn prompts_of(&self, ssrc: Ssrc) -> Vec<ToClient> {
        let asked = self.knocks.iter().filter(|(_, waiting)| waiting.asked == ssrc);
        asked.map(|(token, waiting)| token.question(&waiting.name)).collect()
    }

    /// Somebody comes in: a guest, and an owner who does not come to prepare, make a meeting in preparation a normal one.
    pub(super) fn prepared_by(&mut self, newcomer: &Newcomer, now: Now) {
        let stays = newcomer.returning.is_some() || (newcomer.owner && newcomer.prepares);
        if self.view.preparing && !stays {
            let terms = newcomer.terms.clone().filter(|_| newcomer.owner);
            self.hold_what_was_prepared(terms, now);
        }
    }

    /// Owner, then the holder or the controller if they may (wire/02 section 11.1); only somebody who can be reached.
    fn who_is_asked(&self) -> Option<Ssrc> {
        [OWNER, self.view.token_holder, self.view.controller]
            .into_iter()
            .find(|ssrc| self.view.allows(*ssrc, Deed::AnswerKnock) && !self.away.contains_key(ssrc))
    }

    fn ask(&mut self, token: KnockToken) {
        if let Some(waiting) = self.knocks.get(&token) {
            let (asked, question) = (waiting.asked, token.question(&waiting.name));
            self.send(Recipients::One(asked), question);
        }
    }

    fn knock_ends(&mut self, token: KnockToken, end: KnockEnd) {
        if self.knocks.remove(&token).is_some() {
            self.outputs.push_back(Output::Knocked(token, end));
        }
    }
}

impl KnockToken {
    /// A decimal number: anything unique will do (wire/02 section 11.1).
    fn id(self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }

    fn question(self, name: &str) -> ToClient {
        ToClient::Knock(ShadowJoinRequest { id: self.id(), name: name.to_owned() })
    }
}

/// A client shows the question for 20 s and says nothing when it takes it away; the server waits at least 30 s (wire/02 section 11.1).
pub const KNOCK_PATIENCE: Duration = Duration::from_secs(35);

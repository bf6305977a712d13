//! The meeting as a whole: polls, what everybody follows, recording, title, suppression, duration (wire/02 sections 5.6, 7, 8, 9).
//!
//! In: commands that [`crate::meeting::may`] has let through, the time. Out: what all, the others or one are told, and the shell's part
//! of a recording's password.

use std::time::Duration;

use super::{How, Output, Recipients, Room};
use crate::clock::Now;
use crate::meeting::charter::Terms;
use crate::meeting::view::{NOBODY, Ssrc, Tab};
use crate::wire::ToClient;
use crate::wire::control::ControlToServer;
use crate::wire::facts::Fact;
use crate::wire::floor::FloorToClient;
use crate::wire::follow::{Follow, FullScreen, Page};
use crate::wire::poll::{ANSWERS, PollKind, PollToClient, PollToServer};

impl Room {
    pub(super) fn poll_message(&mut self, from: Ssrc, message: PollToServer) {
        match message {
            PollToServer::Ask => {
                self.reveal(from);
                self.view.poll_begins(from, PollKind::Holder);
                self.send(Recipients::AllBut(from), ToClient::Poll(PollToClient::Asked(PollKind::Holder)));
            }
            PollToServer::Answer { kind, answer } if ANSWERS.contains(&answer) => {
                let Some(by) = self.view.poll.as_ref().map(|poll| poll.by) else { return };
                self.view.answered(from, answer);
                self.introduce(from, by);
                // To the one who asked alone: nobody else's business.
                let answered = PollToClient::Answered { kind, ssrc: from, answer };
                self.send(Recipients::One(by), ToClient::Poll(answered));
            }
            PollToServer::Answer { .. } => {}
        }
    }

    /// To the others only (wire/02 section 8); what means nothing is passed to nobody.
    pub(super) fn follow_message(&mut self, from: Ssrc, message: Follow) {
        let means_something = match &message {
            Follow::Tab(mode) => Tab::from_number(*mode).is_some(),
            Follow::Page(page) => Page::KINDS.contains(&page.kind),
            Follow::FullScreen(full) => FullScreen::VIEWS.contains(&full.view),
            Follow::ForceSync => true,
        };
        if means_something {
            self.announce(Recipients::AllBut(from), ToClient::Follow(message));
        }
    }

    pub(super) fn control(&mut self, message: ControlToServer) {
        match message {
            ControlToServer::Recording(state) => self.say_fact(Fact::Recording(state)),
            ControlToServer::Title(title) => self.say_fact(Fact::Title(title)),
            ControlToServer::Suppress(suppress) => {
                let message = ToClient::Fact(Fact::Suppress(suppress));
                match suppress.ssrc {
                    NOBODY => self.announce(Recipients::All, message),
                    ssrc => self.tell_of(ssrc, message, None),
                }
            }
            ControlToServer::RecordingPassword(password) => {
                let set = !password.0.is_empty();
                self.outputs.push_back(Output::RecordingPassword(set.then_some(password)));
            }
        }
    }

    /// The recording has a password now, or none: all are told. In a playback the same message asks for the password: it is not
    /// recorded (wire/01 section 6.1).
    pub fn recording_is_protected(&mut self, protected: bool) {
        if !self.ended {
            self.say_live(Fact::RecordingPasswordState(i32::from(protected)));
        }
    }

    /// Everybody may be heard without being a questioner, or no longer (wire/02 section 5.6). An administrator's switch.
    pub fn set_discussion(&mut self, on: bool) {
        if !self.ended && self.view.discussion != on {
            self.announce(Recipients::All, ToClient::Floor(FloorToClient::Discussion(i32::from(on))));
        }
    }

    /// The server is about to shut down; connections stay until [`Room::end`] (wire/02 section 9.2).
    pub fn warn_of_shutdown(&mut self) {
        if !self.ended && !self.view.shutting_down {
            self.say_live(Fact::ServerShutdown);
        }
    }

    /// Warns of the end, or says the new total when the planned time is over and the meeting goes on (wire/02 section 9.2).
    pub(super) fn keep_time(&mut self, now: Now) {
        if let Some(limit) = self.charter.message_limit
            && !self.view.ending_soon
            && !self.arrivals.is_empty()
            && office_time(self.opened, now) + END_WARNING >= limit
        {
            // A short message at once (guide notes N16).
            self.say_live(Fact::TerminationWarning);
        }
        let Some(planned) = self.planned else { return };
        let elapsed = office_time(self.timed_from, now);
        if self.charter.autoextension {
            if elapsed >= planned && !self.arrivals.is_empty() {
                let steps = (elapsed.as_secs() - planned.as_secs()) / EXTENSION.as_secs() + 1;
                let longer = planned + EXTENSION * u32::try_from(steps).unwrap_or(1);
                self.planned = Some(longer);
                self.say_fact(Fact::Duration(i32::try_from(longer.as_secs()).unwrap_or(i32::MAX)));
            }
        } else if !self.view.ending_soon && planned > END_WARNING && elapsed + END_WARNING >= planned {
            self.say_live(Fact::TerminationWarning);
        }
    }

    /// When [`Room::keep_time`] has something to say, in office time.
    pub(super) fn time_until(&self) -> Option<i64> {
        if let Some(limit) = self.charter.message_limit {
            let warned = self.view.ending_soon || self.arrivals.is_empty();
            return (!warned).then(|| self.opened.plus(limit.saturating_sub(END_WARNING)).office);
        }
        let planned = self.planned?;
        let at = |after: Duration| Some(self.timed_from.plus(after).office);
        match self.charter.autoextension {
            true if self.arrivals.is_empty() => None,
            true => at(planned),
            false if self.view.ending_soon || planned <= END_WARNING => None,
            false => at(planned - END_WARNING),
        }
    }

    /// Table 1 of the guide, with the readings of notes N17 and N18; in office time.
    pub(super) fn closes_at(&self) -> Option<(i64, How)> {
        let empty = self.empty_since.map(|since| since.plus(EMPTY_FOR).office);
        let Some(duration) = self.charter.duration else {
            let limit = self.charter.message_limit.map(|limit| (self.opened.plus(limit).office, How::TimerOver));
            let empty = empty.map(|at| (at, How::EmptyRoom));
            return empty.into_iter().chain(limit).min_by_key(|(at, _)| *at);
        };
        let over = self.timed_from.plus(duration);
        if self.charter.autoextension {
            empty.map(|at| (at.max(over.plus(EMPTY_FOR).office), How::TimerOver))
        } else {
            let over = over.office;
            Some((over, How::TimerOver))
        }
    }

    /// What was prepared becomes the meeting (guide 3.7): all are told, its time begins, and what was said so far is kept.
    pub(super) fn hold_what_was_prepared(&mut self, terms: Option<Terms>, now: Now) {
        let Some(own) = self.charter.preparation.take() else { return };
        let terms = terms.unwrap_or(own);
        let seconds = terms.duration.map_or(0, |d| i32::try_from(d.as_secs()).unwrap_or(i32::MAX));
        (self.charter.duration, self.charter.autoextension) = (terms.duration, terms.autoextension);
        (self.planned, self.timed_from) = (terms.duration, now);
        self.announce(Recipients::All, ToClient::Fact(Fact::Prepared(seconds)));
        if terms.title != self.view.title {
            self.say_fact(Fact::Title(terms.title));
        }
        self.keep_what_was_said();
    }

    fn say_fact(&mut self, fact: Fact) {
        self.announce(Recipients::All, ToClient::Fact(fact));
    }

    /// Said to those who are there, and no part of the recording.
    fn say_live(&mut self, fact: Fact) {
        let message = ToClient::Fact(fact);
        self.view.apply(&message);
        self.send(Recipients::All, message);
    }
}

/// How much office time has passed; none if the clock was turned back.
fn office_time(since: Now, now: Now) -> Duration {
    Duration::from_millis(u64::try_from(now.office.saturating_sub(since.office)).unwrap_or(0))
}

/// An empty room closes after this (guide, table 1).
pub const EMPTY_FOR: Duration = Duration::from_secs(60);

/// So long before the end its people are warned (wire/02 section 9.2 has it for messages).
pub const END_WARNING: Duration = Duration::from_secs(300);

/// By so much the announced total grows when an event goes on.
pub const EXTENSION: Duration = Duration::from_secs(600);

//! Token, questions, speakers, controller, assistant (wire/02 sections 5.2 to 5.7).
//!
//! In: commands that [`crate::meeting::may`] has let through. Out: what all are told. Every change goes to the sender too, whose own
//! client waits for it.

use super::{Recipients, Room};
use crate::meeting::view::{NOBODY, OWNER, Ssrc};
use crate::wire::ToClient;
use crate::wire::floor::{ControlFlags, FloorToClient, FloorToServer, QUESTION_TEXT};

impl Room {
    pub(super) fn floor(&mut self, from: Ssrc, message: FloorToServer) {
        let decider = self.view.q_ssrc();
        match message {
            // The list of EXT(15) is a wish that the new holder's client fulfils itself (wire/02 section 5.2). If the room did it too, a
            // questioner who stops at once would be made one again by the client that comes late with it.
            FloorToServer::Token(target) | FloorToServer::GiveOutToken { target, .. } => self.pass_token(target),
            FloorToServer::DataSender(ssrc) => self.make_questioner(ssrc),
            FloorToServer::Ask { .. } => {
                if !self.view.questions.contains(&from) {
                    self.reveal(from);
                    // To all, so that everybody's view is the same; the known client looks at it only if it decides.
                    self.tell(FloorToClient::Asked { ssrc: from, text: QUESTION_TEXT.into() });
                }
            }
            FloorToServer::Withdraw(ssrc) => {
                if self.view.questions.contains(&ssrc) {
                    self.tell(FloorToClient::Withdrawn(ssrc));
                }
            }
            FloorToServer::Skip(asker) => {
                self.send(Recipients::One(asker), ToClient::Floor(FloorToClient::Skipped));
                self.announce(Recipients::AllBut(asker), ToClient::Floor(FloorToClient::Withdrawn(asker)));
            }
            FloorToServer::AssignSpeaker(ssrc) => self.make_speaker(ssrc),
            FloorToServer::StopSpeaker(ssrc) => self.free_channel_of(ssrc),
            FloorToServer::Controller(ssrc) => self.set_controller(ssrc),
            FloorToServer::ControlFlags(flags) => self.tell(FloorToClient::ControlFlags(flags)),
            FloorToServer::Assistant(ssrc) => {
                self.reveal(ssrc);
                self.tell(FloorToClient::Assistant(ssrc));
            }
        }
        self.hand_over_questions(decider);
        self.fill_floor();
    }

    /// Gives the token to somebody, or to nobody. Whoever gets it is no speaker and no controller any more.
    pub(super) fn pass_token(&mut self, target: Ssrc) {
        self.reveal(target);
        self.free_channel_of(target);
        if target != NOBODY && self.view.controller == target {
            self.set_controller(NOBODY);
        }
        self.tell(FloorToClient::Token(target));
    }

    /// Owner if present, else the assistant, the controller, whoever is there longest; those whose connection is lost, and ticket
    /// holders, only if there is nobody else (wire/02 section 5.7; the original's choice is not known).
    pub(super) fn next_holder(&self) -> Ssrc {
        let rank = |ssrc: Ssrc| match ssrc {
            OWNER => 0,
            s if s == self.view.assistant => 1,
            s if s == self.view.controller => 2,
            _ => 3,
        };
        let worse = |ssrc: &Ssrc| (self.hidden.contains_key(ssrc), self.away.contains_key(ssrc));
        self.arrivals
            .iter()
            .min_by_key(|(ssrc, order)| (worse(ssrc), rank(**ssrc), **order))
            .map_or(NOBODY, |(ssrc, _)| *ssrc)
    }

    /// EXT(80); flags without a controller would leave nobody in charge (wire/02 section 5.1).
    pub(super) fn set_controller(&mut self, ssrc: Ssrc) {
        let decider = self.view.q_ssrc();
        self.reveal(ssrc);
        self.tell(FloorToClient::Controller(ssrc));
        if ssrc == NOBODY && !self.view.control_flags.is_empty() {
            self.tell(FloorToClient::ControlFlags(ControlFlags::default()));
        }
        self.hand_over_questions(decider);
    }

    /// Frees a speaker's channel, if there is one.
    pub(super) fn free_channel_of(&mut self, ssrc: Ssrc) {
        if let Some(channel) = self.view.channel_of(ssrc) {
            self.tell(FloorToClient::Speaker { ssrc, channel, assigned: false });
        }
    }

    /// In an all-questioner meeting everybody is a talker, as far as there are channels (wire/02 section 5.6).
    pub(super) fn fill_floor(&mut self) {
        // Nobody is made a questioner without asking in a ticket-based meeting (guide 3.1/5).
        if !self.view.policy.all_questioner || self.ticketed {
            return;
        }
        let mut waiting: Vec<(u64, Ssrc)> = self.arrivals.iter().map(|(ssrc, order)| (*order, *ssrc)).collect();
        waiting.sort_unstable();
        for (_, ssrc) in waiting {
            if self.view.is_talker(ssrc) {
                continue;
            }
            if self.view.data_sender == self.view.token_holder {
                self.make_questioner(ssrc);
            } else {
                self.make_speaker(ssrc);
            }
        }
    }

    /// wire/02 section 5.3 rule 1. The data sender so far simply stops being one.
    fn make_questioner(&mut self, ssrc: Ssrc) {
        let holder = self.view.token_holder;
        let ssrc = if ssrc == NOBODY { holder } else { ssrc };
        self.reveal(ssrc);
        self.free_channel_of(ssrc);
        self.tell(FloorToClient::DataSender(ssrc));
    }

    /// Rule 2.
    fn make_speaker(&mut self, ssrc: Ssrc) {
        if let Some(channel) = self.view.free_channel() {
            self.reveal(ssrc);
            self.tell(FloorToClient::Speaker { ssrc, channel, assigned: true });
        }
    }

    /// Who newly decides on questions has not heard of those that wait (wire/02 section 5.4); the token clears them.
    fn hand_over_questions(&mut self, before: Ssrc) {
        let now = self.view.q_ssrc();
        if now == before || now == NOBODY {
            return;
        }
        for ssrc in self.view.questions.clone() {
            let asked = FloorToClient::Asked { ssrc, text: QUESTION_TEXT.into() };
            self.send(Recipients::One(now), ToClient::Floor(asked));
        }
    }

    fn tell(&mut self, message: FloorToClient) {
        self.announce(Recipients::All, ToClient::Floor(message));
    }
}

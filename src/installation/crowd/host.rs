//! What a simulated owner does beside talking: allows questions, asks for a vote now and then, lends the token and takes it back.
//!
//! In: a seed, and then again and again what the owner sees and the time. Out: moves that are allowed, and when to look again. Pure.
//! Whoever is not the owner does nothing of this: where a real owner is, the simulated one has been taken over and is not there.

use std::time::Duration;

use super::chance::Chance;
use super::lines::ID_PREFIX;
use crate::meeting::moves::Move;
use crate::meeting::view::{OWNER, Ssrc, View};

/// A simulated owner.
#[derive(Clone, Debug)]
pub struct Host {
    chance: Chance,
    /// Who is allowed to speak next, and when.
    allows: Option<(Ssrc, Duration)>,
    polls_at: Duration,
    lends_at: Duration,
    /// Who has the token for a while, and until when.
    lent: Option<(Ssrc, Duration)>,
}

impl Host {
    /// Just come in.
    pub fn new(seed: u64, at: Duration) -> Host {
        let mut chance = Chance::new(seed, STREAM);
        let (polls_at, lends_at) = (at + chance.seconds(30, 60), at + chance.seconds(90, 150));
        Host { chance, allows: None, polls_at, lends_at, lent: None }
    }

    /// What is done now. To be called when the view changed and at [`Host::due`].
    pub fn next(&mut self, view: &View, at: Duration) -> Vec<Move> {
        if view.me != OWNER || !view.is_present(OWNER) {
            return Vec::new();
        }
        // One at a time: each is allowed by what was before it.
        let wanted = self.allow(view, at).or_else(|| self.pass(view, at)).or_else(|| self.poll(view, at));
        wanted.filter(|wanted| wanted.is_allowed(view)).into_iter().collect()
    }

    /// When to call [`Host::next`] again though nothing changes; always later than `at`.
    pub fn due(&self, at: Duration) -> Duration {
        let token = self.lent.map_or(self.lends_at, |(_, until)| until);
        let times = [self.allows.map(|(_, allows)| allows), Some(token), Some(self.polls_at)];
        times.into_iter().flatten().min().unwrap_or(at).max(at + SOONEST)
    }

    fn allow(&mut self, view: &View, at: Duration) -> Option<Move> {
        let first = view.questions.iter().copied().find(|ssrc| Move::Allow(*ssrc).is_allowed(view));
        let Some(first) = first else {
            self.allows = None;
            return None;
        };
        match self.allows {
            Some((ssrc, allows)) if ssrc == first => {
                if at < allows {
                    return None;
                }
                self.allows = None;
                Some(Move::Allow(first))
            }
            _ => {
                self.allows = Some((first, at + self.chance.seconds(2, 6)));
                None
            }
        }
    }

    fn poll(&mut self, view: &View, at: Duration) -> Option<Move> {
        if at < self.polls_at {
            return None;
        }
        let asks = crowd(view).len() >= WORTH_A_POLL && Move::StartPoll.is_allowed(view);
        self.polls_at = at + if asks { self.chance.seconds(120, 240) } else { self.chance.seconds(10, 20) };
        asks.then_some(Move::StartPoll)
    }

    /// Only simulated people get it: somebody real is not to hold what was not asked for.
    fn pass(&mut self, view: &View, at: Duration) -> Option<Move> {
        if let Some((to, until)) = self.lent {
            let back = view.token_holder == OWNER;
            let elsewhere = view.token_holder != to && at >= until;
            if !(back || elsewhere) {
                if at < until {
                    return None;
                }
                // Asked for again until it has come.
                self.lent = Some((to, at + TAKES_AGAIN));
                return Some(Move::PassToken(OWNER));
            }
            // Its way there takes a moment, during which it is still here.
            if back && at < until {
                return None;
            }
            self.lent = None;
            self.lends_at = at + self.chance.seconds(180, 360);
            return None;
        }
        if at < self.lends_at {
            return None;
        }
        self.lends_at = at + self.chance.seconds(10, 20);
        if view.token_holder != OWNER || !view.questions.is_empty() {
            return None;
        }
        let to = *self.chance.pick(&crowd(view))?;
        self.lent = Some((to, at + self.chance.seconds(15, 40)));
        Some(Move::PassToken(to))
    }
}

/// The simulated guests who are there.
fn crowd(view: &View) -> Vec<Ssrc> {
    let simulated = view.people.values().filter(|person| person.present && person.user_id.starts_with(ID_PREFIX));
    simulated.map(|person| person.ssrc).collect()
}

/// Beyond every guest's number.
const STREAM: u64 = u64::MAX;
const WORTH_A_POLL: usize = 3;
const TAKES_AGAIN: Duration = Duration::from_secs(5);
const SOONEST: Duration = Duration::from_millis(100);

//! What one simulated guest does: talks, votes, asks, greets, answers, goes out and comes back.
//!
//! In: a seed and a number, and then again and again what that guest sees (a [`View`]), the time since the crowd began, how large the
//! crowd is. Out: moves that are allowed, and when to look again. Pure: knows no clock, connection or file, and the same seed, number and
//! views make the same story.

use std::sync::Arc;
use std::time::Duration;

use super::chance::{Chance, mix};
use super::lines::{self, Occasion};
use crate::meeting::moves::Move;
use crate::meeting::view::{Audience, ChatLine, NOBODY, Ssrc, View};

/// What somebody is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Character {
    /// Says something whenever it is this person's turn.
    Talkative,
    /// Only votes.
    Shy,
    /// Asks questions; withdraws, or speaks and ends.
    Curious,
    /// Leaves after a few minutes and comes back.
    Restless,
    /// Greets newcomers.
    Friendly,
}

/// What a guest does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Something in the meeting.
    Do(Move),
    /// Leave, and come back after so long.
    GoOut(Duration),
}

/// One guest.
#[derive(Clone, Debug)]
pub struct Script {
    number: usize,
    character: Character,
    chance: Chance,
    goes_at: Duration,
    /// The last turn that was this guest's, used or not.
    turn: Option<u64>,
    silent_until: Duration,
    /// Lines of chat that were read.
    read: usize,
    /// Whoever came last, and when that was seen.
    newest: (Ssrc, Option<Duration>),
    /// Everybody up to this one was greeted, or is not going to be.
    greeted: Ssrc,
    answer: Option<(Duration, Ssrc)>,
    answers_again: Duration,
    votes_at: Option<Duration>,
    asking: Asking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// Not before this time; `None` for never.
    Not(Option<Duration>),
    /// Asked; gives up then.
    Waiting { asked: Duration, until: Duration },
    /// Is questioner: stops then, sooner when it has spoken.
    Asked { until: Duration, spoken: bool },
}

impl Script {
    /// Somebody by number, who is outside.
    pub fn new(seed: u64, number: usize) -> Script {
        let mut chance = Chance::new(seed, u64::try_from(number).unwrap_or_default());
        // The first ten of any crowd have one of each at least: a small crowd is to be worth looking at.
        let character = match number {
            0..=4 => CHARACTERS.get(number).copied(),
            _ => chance.pick(&CHARACTERS).copied(),
        };
        Script {
            number,
            character: character.unwrap_or(Character::Shy),
            chance,
            goes_at: Duration::MAX,
            turn: None,
            silent_until: Duration::ZERO,
            read: 0,
            newest: (NOBODY, None),
            greeted: NOBODY,
            answer: None,
            answers_again: Duration::ZERO,
            votes_at: None,
            asking: Asking::Not(None),
        }
    }

    /// Which of the crowd.
    pub fn number(&self) -> usize {
        self.number
    }

    /// What this guest is like.
    pub fn character(&self) -> Character {
        self.character
    }

    /// Has come into the meeting, for the first time or again, and knows it.
    pub fn came(&mut self, view: &View, at: Duration) {
        let stays = match self.character {
            Character::Restless => self.chance.seconds(90, 240),
            // Nobody stays for ever: a client keeps every line that it heard, and there may be hundreds of them in a process.
            _ => self.chance.seconds(15 * 60, 30 * 60),
        };
        self.goes_at = at + stays;
        self.read = view.chat.len();
        self.newest = (newest(view), None);
        self.greeted = self.newest.0;
        (self.answer, self.votes_at) = (None, None);
        let asks = self.character == Character::Curious;
        self.asking = Asking::Not(asks.then(|| at + self.chance.seconds(10, 60)));
        self.silent_until = self.silent_until.max(at + BREATH);
    }

    /// What is done now. `crowd`: how many numbers are in it. To be called when the view changed and at [`Script::due`].
    pub fn next(&mut self, view: &View, at: Duration, crowd: usize) -> Vec<Act> {
        if !view.is_present(view.me) {
            return Vec::new();
        }
        if at >= self.goes_at {
            return vec![Act::GoOut(self.goes_out())];
        }
        self.look_around(view, at);
        let mut moves = Vec::new();
        moves.extend(self.vote(view, at));
        moves.extend(self.answer(view, at));
        moves.extend(self.ask(view, at, crowd));
        moves.extend(self.speak(view, at, crowd));
        moves.retain(|wanted| wanted.is_allowed(view));
        moves.into_iter().map(Act::Do).collect()
    }

    /// When to call [`Script::next`] again though nothing changes; always later than `at`.
    pub fn due(&self, at: Duration, crowd: usize) -> Duration {
        let asking = match self.asking {
            Asking::Not(at) => at,
            Asking::Waiting { until, .. } => Some(until),
            Asking::Asked { until, spoken } => {
                Some(until.min(next_turn(at, |turn| !spoken && turn % LANES == QUESTIONS)))
            }
        };
        let own = next_turn(at, |turn| whose(turn, crowd) == self.number);
        let times = [Some(self.goes_at), self.answer.map(|(at, _)| at), self.votes_at, asking, Some(own)];
        let due = times.into_iter().flatten().min().unwrap_or(own);
        due.max(at + SOONEST)
    }

    fn goes_out(&mut self) -> Duration {
        self.goes_at = Duration::MAX;
        match self.character {
            Character::Restless => self.chance.seconds(20, 60),
            _ => self.chance.seconds(30, 120),
        }
    }

    fn look_around(&mut self, view: &View, at: Duration) {
        let newest = newest(view);
        if newest > self.newest.0 {
            self.newest = (newest, Some(at));
        }
        // A shorter chat is another one: the client was away.
        let unread = view.chat.get(self.read..).unwrap_or_default();
        let to_me = |line: &&Arc<ChatLine>| line.audience == Audience::Private { to: view.me } && line.from != view.me;
        if let Some(line) = unread.iter().rfind(to_me)
            && self.character != Character::Shy
            && self.answer.is_none()
        {
            // Two that answer each other would never end; they do it slowly at least.
            let answers = (at + self.chance.seconds(2, 6)).max(self.answers_again);
            self.answer = Some((answers, line.from));
        }
        self.read = view.chat.len();
    }

    fn answer(&mut self, view: &View, at: Duration) -> Option<Move> {
        let (_, to) = self.answer.filter(|(answers, _)| at >= *answers)?;
        self.answer = None;
        self.answers_again = at + ANSWERS_EVERY;
        view.is_present(to).then(|| Move::Whisper(to, lines::line(self.number, Occasion::Answer, &mut self.chance)))
    }

    fn vote(&mut self, view: &View, at: Duration) -> Option<Move> {
        if !Move::AnswerPoll(1).is_allowed(view) {
            self.votes_at = None;
            return None;
        }
        let votes = *self.votes_at.get_or_insert_with(|| at + self.chance.seconds(1, 15));
        if at < votes {
            return None;
        }
        if self.chance.one_in(8) {
            // Cannot decide yet.
            self.votes_at = Some(at + self.chance.seconds(20, 60));
            return None;
        }
        self.votes_at = None;
        Some(Move::AnswerPoll(1 + i32::try_from(self.chance.below(5)).unwrap_or_default()))
    }

    fn ask(&mut self, view: &View, at: Duration, crowd: usize) -> Option<Move> {
        // There everybody is a questioner all the time, and whoever stops is made one again.
        if view.policy.all_questioner {
            self.asking = Asking::Not(None);
            return None;
        }
        let again = Asking::Not((self.character == Character::Curious).then(|| at + self.rests(crowd)));
        match self.asking {
            Asking::Asked { .. } if !view.is_questioner(view.me) => self.asking = again,
            Asking::Asked { until, .. } if at >= until => {
                self.asking = again;
                return Some(Move::EndQuestion(view.me));
            }
            Asking::Asked { .. } => {}
            // Also whom the owner made a questioner unasked.
            _ if view.is_questioner(view.me) => {
                self.asking = Asking::Asked { until: at + SPEAKS_AT_MOST, spoken: false };
            }
            Asking::Waiting { until, .. } if at >= until => {
                self.asking = again;
                return Some(Move::Withdraw);
            }
            // Skipped, or the token went to somebody who hears of no question.
            Asking::Waiting { asked, .. } if at > asked + ECHO && !view.questions.contains(&view.me) => {
                self.asking = again
            }
            Asking::Not(Some(asks)) if at >= asks => {
                if view.questions.len() < MAX_QUESTIONS && Move::Ask.is_allowed(view) {
                    self.asking = Asking::Waiting { asked: at, until: at + self.chance.seconds(30, 90) };
                    return Some(Move::Ask);
                }
                self.asking = Asking::Not(Some(at + self.chance.seconds(10, 20)));
            }
            Asking::Not(_) | Asking::Waiting { .. } => {}
        }
        None
    }

    /// Between two questions: the larger the crowd, the longer, so that a queue can be worked off.
    fn rests(&mut self, crowd: usize) -> Duration {
        self.chance.seconds(60, 180) + Duration::from_secs(u64::try_from(crowd).unwrap_or_default())
    }

    /// Every second belongs to one of the crowd at most, so that the whole of it says a line a second at most.
    fn speak(&mut self, view: &View, at: Duration, crowd: usize) -> Option<Move> {
        let turn = at.as_secs();
        if self.turn == Some(turn) {
            return None;
        }
        if turn % LANES == QUESTIONS {
            let Asking::Asked { spoken: false, .. } = self.asking else { return None };
            let talkers = questioners(view);
            let speaks = usize::try_from(turn / LANES).unwrap_or_default() % talkers.len().max(1);
            if talkers.get(speaks) != Some(&view.me) {
                return None;
            }
            self.turn = Some(turn);
            self.asking = Asking::Asked { until: at + self.chance.seconds(4, 10), spoken: true };
            return Some(Move::Say(lines::line(self.number, Occasion::Question, &mut self.chance)));
        }
        if whose(turn, crowd) != self.number {
            return None;
        }
        self.turn = Some(turn);
        let greeting = self.greet(view, at);
        if greeting.is_some() || turn % LANES == GREETINGS {
            return greeting.map(Move::Say);
        }
        let (wants, pause) = match self.character {
            Character::Shy => (false, PAUSE),
            Character::Talkative => (true, PAUSE),
            _ => (self.chance.one_in(3), 2 * PAUSE),
        };
        if !wants || at < self.silent_until {
            return None;
        }
        self.silent_until = at + pause;
        Some(Move::Say(lines::line(self.number, Occasion::Chat, &mut self.chance)))
    }

    /// Whoever came just now, unless somebody else was faster.
    fn greet(&mut self, view: &View, at: Duration) -> Option<String> {
        let (newest, seen) = self.newest;
        let fresh = seen.is_some_and(|seen| at < seen + GREETS_WITHIN);
        if self.character != Character::Friendly || !fresh || newest <= self.greeted || !view.is_present(newest) {
            return None;
        }
        self.greeted = newest;
        let name = view.name_of(newest);
        let greeted = view.chat.iter().rev().take(LOOKS_BACK).any(|line| line.text.contains(&name));
        (!greeted).then(|| lines::greeting(self.number, &name))
    }
}

/// Numbers rise: the highest has come last.
fn newest(view: &View) -> Ssrc {
    view.people.last_key_value().map_or(NOBODY, |(ssrc, _)| *ssrc)
}

/// Those beside the holder who may speak, in an order that all see alike.
fn questioners(view: &View) -> Vec<Ssrc> {
    let all = [view.data_sender].into_iter().chain(view.speakers.values().copied());
    all.filter(|ssrc| view.is_questioner(*ssrc)).collect()
}

/// Whose turn a second is: everybody's as often, in an order that nobody sees through.
fn whose(turn: u64, crowd: usize) -> usize {
    let crowd = u64::try_from(crowd).unwrap_or(u64::MAX).max(1);
    usize::try_from(mix(turn) % crowd).unwrap_or_default()
}

/// When the next second like that begins; a minute later if there is none.
fn next_turn(at: Duration, is: impl Fn(u64) -> bool) -> Duration {
    let next = at.as_secs() + 1;
    let turn = (next..next + LOOKS_AHEAD).find(|turn| is(*turn)).unwrap_or(next + LOOKS_AHEAD);
    Duration::from_secs(turn)
}

const CHARACTERS: [Character; 5] =
    [Character::Talkative, Character::Curious, Character::Friendly, Character::Restless, Character::Shy];

/// Seconds are for chat, chat, a questioner, a greeting alone, in turn: a pause where nobody comes.
const LANES: u64 = 4;
const QUESTIONS: u64 = 2;
const GREETINGS: u64 = 3;

const LOOKS_AHEAD: u64 = 60;
/// Nobody says anything right after coming in.
const BREATH: Duration = Duration::from_secs(5);
/// Between two lines of a talkative one.
const PAUSE: Duration = Duration::from_secs(15);
const ANSWERS_EVERY: Duration = Duration::from_secs(5);
const GREETS_WITHIN: Duration = Duration::from_secs(20);
/// So many lines of chat are looked through for an earlier greeting.
const LOOKS_BACK: usize = 12;
/// Nobody asks while so many wait.
const MAX_QUESTIONS: usize = 5;
/// A question may be on its way for so long.
const ECHO: Duration = Duration::from_secs(5);
const SPEAKS_AT_MOST: Duration = Duration::from_secs(60);
const SOONEST: Duration = Duration::from_millis(100);

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;

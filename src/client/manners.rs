//! What a client does by itself in a meeting, and what it is being asked. Pure: the time comes in with each call.
//!
//! In: messages of the server, the view, [`Manners`]. Out: moves to make at once, and [`Prompt`]s with an end, for whoever sits there.

use std::time::Duration;

use crate::meeting::moves::Move;
use crate::meeting::view::{KNOCK_SHOWN_S, Knock, Ssrc, View};
use crate::wire::ToClient;
use crate::wire::floor::FloorToClient;
use crate::wire::poll::PollToClient;

/// What is answered without asking anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// Visitors (wire/02 section 11.1).
    pub door: Door,
    /// Whoever asks to become questioner is let at once, as the known client does by default (wire/02 section 5.4).
    pub allow_questions: bool,
}

/// What becomes of a visitor who asks to be let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// Somebody is asked.
    #[default]
    Ask,
    /// Let in at once.
    Open,
    /// Turned away at once: "do not disturb".
    Closed,
}

/// A question to whoever sits there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What is asked.
    pub question: Question,
    /// When it is taken back, on the steady clock.
    pub until: Duration,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// A visitor wants to come in: answer with [`Move::AnswerKnock`].
    Knock(Knock),
    /// A poll: answer with [`Move::AnswerPoll`].
    Poll,
}

/// The questions that are open. They never hold up the meeting: each goes away by itself.
#[derive(Clone, Debug, Default)]
pub struct Prompts(Vec<Prompt>);

impl Prompts {
    /// Those that are open, the oldest first.
    pub fn open(&self) -> &[Prompt] {
        &self.0
    }

    /// A message came, and the view has taken it in.
    pub fn heard(&mut self, message: &ToClient, view: &View, now: Duration) {
        match message {
            ToClient::Knock(request) => {
                let knock = view.knocks.iter().find(|knock| knock.id == request.id);
                let shown = |prompt: &Prompt| matches!(&prompt.question, Question::Knock(k) if k.id == request.id);
                if let Some(knock) = knock.filter(|_| !self.0.iter().any(shown)) {
                    let until = now + Duration::from_secs(KNOCK_SHOWN_S);
                    self.0.push(Prompt { question: Question::Knock(knock.clone()), until });
                }
            }
            ToClient::Poll(PollToClient::Asked(_)) => {
                self.0.retain(|prompt| prompt.question != Question::Poll);
                self.0.push(Prompt { question: Question::Poll, until: now + POLL_SHOWN });
            }
            _ => {}
        }
        self.settle(view);
    }

    /// What was answered is asked no longer.
    pub fn settle(&mut self, view: &View) {
        self.0.retain(|prompt| match &prompt.question {
            Question::Knock(knock) => view.knocks.contains(knock),
            Question::Poll => view.poll.as_ref().is_some_and(|poll| !poll.answers.contains_key(&view.me)),
        });
    }

    /// Takes back what was asked for too long: nothing is said, as the known client says nothing. True if anything changed.
    pub fn tick(&mut self, view: &mut View, now: Duration) -> bool {
        let before = self.0.len();
        for prompt in self.0.iter().filter(|prompt| prompt.until <= now) {
            if let Question::Knock(knock) = &prompt.question {
                view.forget_knock(&knock.id);
            }
        }
        self.0.retain(|prompt| prompt.until > now);
        self.0.len() != before
    }

    /// When to call [`Prompts::tick`] next.
    pub fn deadline(&self) -> Option<Duration> {
        self.0.iter().map(|prompt| prompt.until).min()
    }
}

/// Who had the floor before a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Floor {
    holder: Ssrc,
    sender: Ssrc,
}

impl Floor {
    /// As the view has it now.
    pub fn of(view: &View) -> Floor {
        Floor { holder: view.token_holder, sender: view.data_sender }
    }
}

/// What a message makes a client do at once; the view has taken it in. `before`: the floor until then.
pub fn reactions(message: &ToClient, before: Floor, view: &View, manners: Manners) -> Vec<Move> {
    match message {
        ToClient::Floor(FloorToClient::Token(_)) if before.holder != view.me && view.q_ssrc() == view.me => {
            keep_questioners(before, view)
        }
        // Also somebody who talks already (wire/02 section 5.4).
        ToClient::Floor(FloorToClient::ForceAsk) => vec![Move::Ask],
        ToClient::Floor(FloorToClient::Asked { ssrc, .. })
            if manners.allow_questions && view.me == view.q_ssrc() && view.questions.contains(ssrc) =>
        {
            let allow = Move::Allow(*ssrc);
            if allow.is_allowed(view) { vec![allow] } else { Vec::new() }
        }
        // Who decides on questions asks none.
        ToClient::Floor(FloorToClient::Controller(_) | FloorToClient::ControlFlags(_))
            if view.me == view.q_ssrc() && view.questions.contains(&view.me) =>
        {
            vec![Move::Withdraw]
        }
        ToClient::Knock(request) => match manners.door {
            Door::Ask => Vec::new(),
            Door::Open => vec![Move::AnswerKnock(request.id.clone(), true)],
            Door::Closed => vec![Move::AnswerKnock(request.id.clone(), false)],
        },
        _ => Vec::new(),
    }
}

/// Who gets the token lets those stay questioners who had the floor (wire/02 section 5.2). Speakers stay by themselves; one moves up if
/// nobody else is left.
fn keep_questioners(before: Floor, view: &View) -> Vec<Move> {
    let is_other = |ssrc: Ssrc| ssrc != view.me && view.is_present(ssrc);
    let mut those: Vec<Ssrc> = [before.holder, before.sender].into_iter().filter(|ssrc| is_other(*ssrc)).collect();
    those.dedup();
    match (those.as_slice(), view.speakers.values().next()) {
        ([], Some(speaker)) => vec![Move::EndQuestion(*speaker), Move::Allow(*speaker)],
        ([], None) => Vec::new(),
        ([first], _) => vec![Move::Allow(*first)],
        ([first, second, ..], _) => vec![Move::Allow(*first), Move::AddSpeaker(*second)],
    }
}

/// A poll is shown for so long (wire/02 section 7).
const POLL_SHOWN: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::admission::ShadowJoinRequest;
    use crate::wire::poll::PollKind;
    use crate::wire::users::{UserRecord, UserToClient};

    const SECOND: Duration = Duration::from_secs(1);

    fn owner() -> View {
        let mut view = View::admitted(0);
        for ssrc in 0..3 {
            let user =
                UserRecord { capability: 0, ssrc, user_id: String::new(), name: format!("P{ssrc}"), version: None };
            view.apply(&ToClient::User(UserToClient::Add(user)));
        }
        view.apply(&ToClient::Floor(FloorToClient::Token(0)));
        view
    }

    fn knock(id: &str) -> ToClient {
        ToClient::Knock(ShadowJoinRequest { id: id.into(), name: "Visitor".into() })
    }

    #[test]
    fn visitors_wait_in_a_row_and_each_is_forgotten_after_twenty_seconds() {
        let (mut view, mut prompts) = (owner(), Prompts::default());
        for (at, id) in [(0, "1"), (5, "2"), (6, "1")] {
            let message = knock(id);
            view.apply(&message);
            prompts.heard(&message, &view, at * SECOND);
        }
        assert_eq!(prompts.open().len(), 2, "the same visitor is shown once");
        assert_eq!(prompts.deadline(), Some(20 * SECOND));
        assert!(!prompts.tick(&mut view, 19 * SECOND));
        assert!(prompts.tick(&mut view, 20 * SECOND));
        assert_eq!((prompts.open().len(), view.knocks.len()), (1, 1));
        for message in Move::AnswerKnock(b"2".to_vec(), true).messages(&view) {
            view.said(&message);
        }
        prompts.settle(&view);
        assert!(prompts.open().is_empty() && prompts.deadline().is_none());
    }

    #[test]
    fn a_poll_is_asked_until_it_is_answered_or_another_one_begins() {
        let (mut view, mut prompts) = (View { me: 1, ..owner() }, Prompts::default());
        let asked = ToClient::Poll(PollToClient::Asked(PollKind::Holder));
        for at in [0, 10] {
            view.apply(&asked);
            prompts.heard(&asked, &view, at * SECOND);
        }
        assert_eq!(prompts.open().len(), 1);
        assert_eq!(prompts.deadline(), Some(40 * SECOND));
        for message in Move::AnswerPoll(3).messages(&view) {
            view.said(&message);
        }
        prompts.settle(&view);
        assert!(prompts.open().is_empty());
    }

    #[test]
    fn an_open_door_lets_everybody_in_and_a_closed_one_nobody() {
        let mut view = owner();
        view.apply(&knock("7"));
        let with = |door| reactions(&knock("7"), Floor::of(&view), &view, Manners { door, ..Manners::default() });
        assert_eq!(with(Door::Ask), []);
        assert_eq!(with(Door::Open), [Move::AnswerKnock(b"7".to_vec(), true)]);
        assert_eq!(with(Door::Closed), [Move::AnswerKnock(b"7".to_vec(), false)]);
    }

    #[test]
    fn a_question_is_allowed_at_once_if_that_was_chosen_and_one_decides_on_it() {
        let asked = ToClient::Floor(FloorToClient::Asked { ssrc: 1, text: "Yes".into() });
        let mut view = owner();
        view.apply(&asked);
        let at_once = Manners { allow_questions: true, ..Manners::default() };
        let floor = Floor::of(&view);
        assert_eq!(reactions(&asked, floor, &view, at_once), [Move::Allow(1)]);
        assert_eq!(reactions(&asked, floor, &view, Manners::default()), []);
        assert_eq!(reactions(&asked, floor, &View { me: 2, ..view }, at_once), []);
    }

    #[test]
    fn who_is_made_to_ask_asks_and_who_comes_to_decide_asks_no_longer() {
        let mut view = View { me: 1, ..owner() };
        let forced = ToClient::Floor(FloorToClient::ForceAsk);
        let floor = Floor::of(&view);
        assert_eq!(reactions(&forced, floor, &view, Manners::default()), [Move::Ask]);
        view.questions.push(1);
        view.controller = 1;
        let flags = ToClient::Floor(FloorToClient::ControlFlags(crate::meeting::view::ControlFlags::QUESTIONS));
        view.apply(&flags);
        assert_eq!(reactions(&flags, floor, &view, Manners::default()), [Move::Withdraw]);
    }

    #[test]
    fn who_gets_the_token_lets_those_stay_questioners_who_had_the_floor() {
        let got = ToClient::Floor(FloorToClient::Token(1));
        let mut view = View { me: 1, ..owner() };
        let with = |before: Floor, view: &View| reactions(&got, before, view, Manners::default());
        let alone = Floor::of(&view);
        view.apply(&ToClient::Floor(FloorToClient::DataSender(2)));
        let asked = Floor::of(&view);
        view.apply(&got);
        assert_eq!(with(alone, &view), [Move::Allow(0)]);
        assert_eq!(with(asked, &view), [Move::Allow(0), Move::AddSpeaker(2)]);
        assert_eq!(with(Floor::of(&view), &view), [], "had it already");
        assert_eq!(with(asked, &View { me: 2, ..view.clone() }), [], "somebody else got it");
        for ssrc in [0, 2] {
            view.apply(&ToClient::User(UserToClient::Delete { ssrc, by_action: true }));
        }
        assert_eq!(with(asked, &view), [], "nobody is left");
    }
}

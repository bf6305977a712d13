//! The steps of `hitdeck join --do`: what to do in the meeting, and what to wait for, one after the other.
//!
//! In: a line of text a step. Out: a [`Step`] that says, for a view of the meeting, whether its time has come. Names of people are
//! looked up when it has: they may not be there yet when the line is read.

use std::str::FromStr;

use crate::client::{Prompt, Question};
use crate::meeting::moves::{Move, RecordingPassword};
use crate::meeting::view::{ControlFlags, NOBODY, RecordingState, Ssrc, View};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// As it was written.
    pub text: String,
    kind: Kind,
}

/// Whether the time of a step has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Now {
    /// Not yet.
    Wait,
    /// It holds already, and nothing is to be done.
    Holds,
    /// This is to be done.
    Do(Move),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// A move without a person.
    Plain(Move),
    /// A move on somebody.
    On(Person, Verb),
    /// A private line.
    Whisper(Person, String),
    /// The controller and what it may do.
    Controller(Person, ControlFlags),
    /// A visitor, let in or turned away.
    Answer(String, bool),
    /// A chat line that contains this.
    Heard(String),
    /// Somebody has this role.
    Role(Person, Role),
    /// So many people are there.
    People(usize),
    /// The recording is in this state.
    Recording(RecordingState),
    /// A poll is asked.
    Poll,
    /// So many have answered the own poll.
    Answers(usize),
}

/// By name; `None` is oneself.
type Person = Option<String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Allow,
    Skip,
    EndQuestion,
    Token,
    Assistant,
    SendOut,
    Ban,
    Mute(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Chair,
    Questioner,
    Listener,
    Asking,
    Controller,
    Assistant,
}

impl FromStr for Step {
    type Err = String;

    fn from_str(text: &str) -> Result<Step, String> {
        let (word, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        Ok(Step { text: text.trim().to_owned(), kind: read(word, rest)? })
    }
}

fn read(word: &str, rest: &str) -> Result<Kind, String> {
    let plain = |wanted| if rest.is_empty() { Ok(Kind::Plain(wanted)) } else { Err(format!("{word} takes nothing")) };
    let on = |verb| Ok(Kind::On(person(word, rest)?, verb));
    let role = |role| Ok(Kind::Role(person(word, rest)?, role));
    let number = || rest.parse::<usize>().map_err(|_| format!("expected a number after {word}, came {rest:?}"));
    match word {
        "say" => Ok(Kind::Plain(Move::Say(some(word, rest)?))),
        "whisper" => {
            let (name, line) = rest.split_once(": ").ok_or("expected whisper NAME: TEXT")?;
            Ok(Kind::Whisper(person(word, name)?, some(word, line)?))
        }
        "ask" => plain(Move::Ask),
        "withdraw" => plain(Move::Withdraw),
        "allow" => on(Verb::Allow),
        "skip" => on(Verb::Skip),
        "end-question" => on(Verb::EndQuestion),
        "token" => on(Verb::Token),
        "assistant" => on(Verb::Assistant),
        "no-assistant" => plain(Move::SetAssistant(NOBODY)),
        "controller" => {
            let (name, flags) = match rest.rsplit_once(": ") {
                Some((name, flags)) => (name, flags_of(flags)?),
                None => (rest, ControlFlags::default().with(ControlFlags::QUESTIONS, true)),
            };
            Ok(Kind::Controller(person(word, name)?, flags))
        }
        "no-controller" => plain(Move::NoController),
        "kick" => on(Verb::SendOut),
        "ban" => on(Verb::Ban),
        "mute" => on(Verb::Mute(true)),
        "unmute" => on(Verb::Mute(false)),
        "mute-all" => plain(Move::SuppressAudio(NOBODY, true)),
        "unmute-all" => plain(Move::SuppressAudio(NOBODY, false)),
        "poll" => plain(Move::StartPoll),
        "answer" => match number()? {
            n @ 1..=5 => Ok(Kind::Plain(Move::AnswerPoll(i32::try_from(n).unwrap_or_default()))),
            other => Err(format!("expected an answer from 1 to 5, came {other}")),
        },
        "pause" => plain(Move::PauseRecording),
        "resume" => plain(Move::ResumeRecording),
        "recording-password" => {
            let password = RecordingPassword::new(rest).map_err(|refused| refused.to_string())?;
            Ok(Kind::Plain(Move::SetRecordingPassword(password)))
        }
        "title" => Ok(Kind::Plain(Move::SetTitle(rest.to_owned()))),
        "page" => Ok(Kind::Plain(Move::Browse(some(word, rest)?))),
        "end" => plain(Move::EndMeeting),
        "admit" => Ok(Kind::Answer(some(word, rest)?, true)),
        "turn-away" => Ok(Kind::Answer(some(word, rest)?, false)),
        "until-heard" => Ok(Kind::Heard(some(word, rest)?)),
        "until-chair" => role(Role::Chair),
        "until-questioner" => role(Role::Questioner),
        "until-listener" => role(Role::Listener),
        "until-asking" => role(Role::Asking),
        "until-controller" => role(Role::Controller),
        "until-assistant" => role(Role::Assistant),
        "until-people" => Ok(Kind::People(number()?)),
        "until-recording" => match rest {
            "on" => Ok(Kind::Recording(RecordingState::On)),
            "paused" => Ok(Kind::Recording(RecordingState::Paused)),
            "off" => Ok(Kind::Recording(RecordingState::Off)),
            other => Err(format!("expected on, paused or off after {word}, came {other:?}")),
        },
        "until-poll" => {
            if rest.is_empty() {
                Ok(Kind::Poll)
            } else {
                Err(format!("{word} takes nothing"))
            }
        }
        "until-answers" => Ok(Kind::Answers(number()?)),
        other => Err(format!("{other:?} is no step: see hitdeck join --help")),
    }
}

fn some(word: &str, rest: &str) -> Result<String, String> {
    if rest.is_empty() { Err(format!("expected something after {word}")) } else { Ok(rest.to_owned()) }
}

fn person(word: &str, name: &str) -> Result<Person, String> {
    let name = some(word, name.trim())?;
    Ok((name != "me").then_some(name))
}

fn flags_of(names: &str) -> Result<ControlFlags, String> {
    names.split(',').map(str::trim).try_fold(ControlFlags::default(), |flags, name| {
        let known = ControlFlags::NAMED.iter().find(|(_, word)| *word == name);
        let words = || ControlFlags::NAMED.map(|(_, word)| word).join(", ");
        known.map(|(flag, _)| flags.with(*flag, true)).ok_or_else(|| format!("expected of {}, came {name:?}", words()))
    })
}

impl Step {
    /// Whether its time has come.
    pub(super) fn now(&self, view: &View, prompts: &[Prompt]) -> Now {
        let holds = |it: bool| if it { Now::Holds } else { Now::Wait };
        let wanted = match &self.kind {
            Kind::Plain(wanted) => Some(wanted.clone()),
            Kind::On(person, verb) => find(view, person).map(|ssrc| verb.on(ssrc)),
            Kind::Whisper(person, text) => find(view, person).map(|ssrc| Move::Whisper(ssrc, text.clone())),
            Kind::Controller(person, flags) => find(view, person).map(|ssrc| Move::SetController(ssrc, *flags)),
            Kind::Answer(name, accepted) => prompts.iter().find_map(|prompt| match &prompt.question {
                Question::Knock(knock) if knock.name == *name => Some(Move::AnswerKnock(knock.id.clone(), *accepted)),
                _ => None,
            }),
            Kind::Heard(text) => return holds(view.chat.iter().any(|line| line.text.contains(text.as_str()))),
            Kind::Role(person, role) => return holds(find(view, person).is_some_and(|ssrc| role.is_of(view, ssrc))),
            Kind::People(n) => return holds(view.present().len() == *n),
            Kind::Recording(state) => return holds(view.recording == *state),
            Kind::Poll => return holds(prompts.iter().any(|prompt| prompt.question == Question::Poll)),
            Kind::Answers(n) => return holds(view.poll.as_ref().is_some_and(|poll| poll.answers.len() >= *n)),
        };
        wanted.filter(|wanted| wanted.is_allowed(view)).map_or(Now::Wait, Now::Do)
    }
}

impl Verb {
    fn on(self, ssrc: Ssrc) -> Move {
        match self {
            Verb::Allow => Move::Allow(ssrc),
            Verb::Skip => Move::Skip(ssrc),
            Verb::EndQuestion => Move::EndQuestion(ssrc),
            Verb::Token => Move::PassToken(ssrc),
            Verb::Assistant => Move::SetAssistant(ssrc),
            Verb::SendOut => Move::SendOut(ssrc),
            Verb::Ban => Move::Ban(ssrc),
            Verb::Mute(on) => Move::SuppressAudio(ssrc, on),
        }
    }
}

impl Role {
    fn is_of(self, view: &View, ssrc: Ssrc) -> bool {
        match self {
            Role::Chair => view.token_holder == ssrc,
            Role::Questioner => view.is_questioner(ssrc),
            Role::Listener => !view.is_talker(ssrc) && !view.questions.contains(&ssrc),
            Role::Asking => view.questions.contains(&ssrc),
            Role::Controller => view.controller == ssrc,
            Role::Assistant => view.assistant == ssrc,
        }
    }
}

fn find(view: &View, person: &Person) -> Option<Ssrc> {
    match person {
        None => Some(view.me),
        Some(name) => view.present().into_iter().find(|person| person.name == *name).map(|person| person.ssrc),
    }
}

/// For `--help`.
pub(super) const HELP: &str = "\
Steps of --do, each waits up to 20 s until it can be done; NAME is a participant's name, or me:
  say TEXT · whisper NAME: TEXT · title TEXT · page URL
  ask · withdraw · allow NAME · skip NAME · end-question NAME
  token NAME · assistant NAME · no-assistant · controller NAME[: questions, slides, …] · no-controller
  kick NAME · ban NAME · mute NAME · unmute NAME · mute-all · unmute-all
  poll · answer 1..5 · pause · resume · recording-password TEXT · end
  admit NAME · turn-away NAME
  until-heard TEXT · until-people N · until-recording on|paused|off · until-poll · until-answers N
  until-chair NAME · until-questioner NAME · until-listener NAME · until-asking NAME · until-controller NAME · until-assistant NAME";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ToClient;
    use crate::wire::floor::FloorToClient;
    use crate::wire::users::{UserRecord, UserToClient};

    fn step(text: &str) -> Step {
        text.parse().unwrap()
    }

    fn meeting() -> View {
        let mut view = View::admitted(0);
        for (ssrc, name) in [(0, "Olive"), (1, "Gus von Berg")] {
            let user = UserRecord { capability: 0, ssrc, user_id: String::new(), name: name.into(), version: None };
            view.apply(&ToClient::User(UserToClient::Add(user)));
        }
        view.apply(&ToClient::Floor(FloorToClient::Token(0)));
        view
    }

    #[test]
    fn a_step_waits_for_its_person_and_for_the_right_to_do_it() {
        let mut view = meeting();
        assert_eq!(step("token Tess").now(&view, &[]), Now::Wait);
        assert_eq!(step("token Gus von Berg").now(&view, &[]), Now::Do(Move::PassToken(1)));
        assert_eq!(step("until-chair me").now(&view, &[]), Now::Holds);
        view.apply(&ToClient::Floor(FloorToClient::Token(1)));
        assert_eq!(step("poll").now(&view, &[]), Now::Wait);
        assert_eq!(step("until-chair me").now(&view, &[]), Now::Wait);
        assert_eq!(step("token me").now(&view, &[]), Now::Do(Move::PassToken(0)));
        assert_eq!(step("whisper Gus von Berg: a: b").now(&view, &[]), Now::Do(Move::Whisper(1, "a: b".into())));
    }

    #[test]
    fn a_controller_is_named_with_what_it_may_do() {
        let both = ControlFlags(4 | 128);
        let wanted = step("controller Gus von Berg: questions, full screen").now(&meeting(), &[]);
        assert_eq!(wanted, Now::Do(Move::SetController(1, both)));
        assert!("controller Gus: dance".parse::<Step>().unwrap_err().contains("accept guests, end meeting"));
    }

    #[test]
    fn what_is_no_step_is_said_so() {
        for text in ["", "dance", "token", "answer 6", "answer x", "ask me", "until-recording maybe", "whisper Gus"] {
            assert!(text.parse::<Step>().is_err(), "{text}");
        }
    }

    #[test]
    fn every_word_of_the_help_is_a_step() {
        let words = HELP.lines().skip(1).flat_map(|line| line.split(" · ")).map(str::trim);
        for word in words.filter(|word| !word.is_empty()) {
            let example = word
                .replace("[: questions, slides, …]", "")
                .replace("1..5", "3")
                .replace("on|paused|off", "on")
                .replace(" N", " 2")
                .replace(" 2AME", " NAME");
            assert!(example.parse::<Step>().is_ok(), "{example}");
        }
    }
}

//! Scripted people in a real room, in time that passes as fast as it can be computed.

use std::collections::BTreeMap;

use super::*;
use crate::clock::Now;
use crate::installation::crowd::host::Host;
use crate::meeting::room::{Charter, Newcomer, Output, Recipients, Room};
use crate::meeting::view::OWNER;
use crate::wire::ToClient;

/// A room, and every participant's own view fed with only what that participant is sent.
struct Stage {
    room: Room,
    opened: Now,
    at: Duration,
    views: BTreeMap<Ssrc, View>,
}

impl Stage {
    fn open() -> Stage {
        let opened = Now { steady: Duration::from_secs(1000), office: 5_000_000 };
        let mut stage =
            Stage { room: Room::open(Charter::default(), opened), opened, at: Duration::ZERO, views: BTreeMap::new() };
        stage.drain();
        stage
    }

    fn now(&self) -> Now {
        self.opened.plus(self.at)
    }

    fn join(&mut self, owner: bool, id: String, name: String) -> Ssrc {
        let newcomer = Newcomer { owner, user_id: id, name, ..Newcomer::default() };
        let ssrc = self.room.join(newcomer, self.now()).unwrap();
        self.drain();
        ssrc
    }

    fn leave(&mut self, ssrc: Ssrc) {
        self.views.remove(&ssrc);
        self.room.leave(ssrc, true, self.now());
        self.drain();
    }

    fn make(&mut self, from: Ssrc, wanted: &Move) {
        let view = self.views.get_mut(&from).unwrap();
        assert!(wanted.is_allowed(view), "{from} may not {wanted:?}");
        for message in wanted.messages(view) {
            self.views.get_mut(&from).unwrap().said(&message);
            self.room.receive(from, message, self.now());
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.room.poll() {
            match output {
                Output::Admit(ssrc) => drop(self.views.insert(ssrc, View::admitted(ssrc))),
                Output::Send(to, message) => self.deliver(to, &message),
                Output::Ended(how) => panic!("nobody ends this meeting, and yet: {how:?}"),
                _ => {}
            }
        }
    }

    fn deliver(&mut self, to: Recipients, message: &ToClient) {
        for (ssrc, view) in &mut self.views {
            let receives = match to {
                Recipients::All => true,
                Recipients::AllBut(one) => *ssrc != one,
                Recipients::One(one) => *ssrc == one,
            };
            if receives {
                view.apply(message);
            }
        }
    }
}

struct Guest {
    script: Script,
    /// Where, or when to come.
    place: Result<Ssrc, Duration>,
}

/// What happened.
#[derive(Debug, Default, PartialEq, Eq)]
struct Story {
    /// When, who, what.
    told: Vec<(Duration, String, String)>,
    public_lines: Vec<u64>,
    went: usize,
    returned: usize,
}

impl Story {
    fn count(&self, what: &str) -> usize {
        self.told.iter().filter(|(_, _, told)| told.starts_with(what)).count()
    }
}

/// A crowd with its owner for that long; somebody comes every half second.
fn play(seed: u64, size: usize, minutes: u64) -> (Stage, Story) {
    let mut stage = Stage::open();
    let mut story = Story::default();
    stage.join(true, "olive".into(), "Olive".into());
    let mut host = Host::new(seed, Duration::ZERO);
    let mut guests: Vec<Guest> = (0..size)
        .map(|n| Guest { script: Script::new(seed, n), place: Err(STEP * u32::try_from(2 * n).unwrap()) })
        .collect();
    while stage.at < Duration::from_secs(60 * minutes) {
        stage.room.tick(stage.now());
        stage.drain();
        for wanted in host.next(&stage.views[&OWNER], stage.at) {
            stage.make(OWNER, &wanted);
            story.told.push((stage.at, "owner".into(), format!("{wanted:?}")));
        }
        assert!(host.due(stage.at) > stage.at);
        for guest in &mut guests {
            live(guest, size, &mut stage, &mut story);
        }
        stage.at += STEP;
    }
    (stage, story)
}

fn live(guest: &mut Guest, crowd: usize, stage: &mut Stage, story: &mut Story) {
    let (at, number) = (stage.at, guest.script.number());
    let ssrc = match guest.place {
        Err(comes) if at < comes => return,
        Err(_) => {
            let ssrc = stage.join(false, lines::id(number), lines::name(number));
            story.returned += usize::from(story.told.iter().any(|(_, who, _)| *who == lines::id(number)));
            story.told.push((at, lines::id(number), "comes".into()));
            guest.script.came(&stage.views[&ssrc], at);
            guest.place = Ok(ssrc);
            ssrc
        }
        Ok(ssrc) => ssrc,
    };
    for act in guest.script.next(&stage.views[&ssrc], at, crowd) {
        story.told.push((at, lines::id(number), format!("{act:?}")));
        match act {
            Act::Do(wanted) => {
                stage.make(ssrc, &wanted);
                if matches!(wanted, Move::Say(_)) {
                    story.public_lines.push(at.as_secs());
                }
            }
            Act::GoOut(back_in) => {
                stage.leave(ssrc);
                story.went += 1;
                guest.place = Err(at + back_in);
            }
        }
    }
    assert!(guest.script.due(at, crowd) > at, "{number} would never rest");
}

/// The same for the room and for everybody in it.
fn assert_alike(stage: &Stage) {
    let truth = stage.room.view();
    let present = |view: &View| view.people.values().filter(|p| p.present).map(|p| p.ssrc).collect::<Vec<_>>();
    let public = |view: &View| {
        let lines = view.chat.iter().filter(|line| line.audience == Audience::Public);
        lines.map(|line| line.text.clone()).collect::<Vec<_>>()
    };
    for (ssrc, view) in &stage.views {
        assert_eq!(present(view), present(truth), "{ssrc}");
        assert_eq!(public(view), public(truth), "{ssrc}");
        assert_eq!(view.questions, truth.questions, "{ssrc}");
        assert_eq!(
            (view.token_holder, view.data_sender, &view.speakers),
            (truth.token_holder, truth.data_sender, &truth.speakers),
            "{ssrc}"
        );
    }
}

#[test]
fn fifty_people_meet_for_ten_minutes_and_do_only_what_is_allowed() {
    let (stage, story) = play(7, 50, 10);
    assert_alike(&stage);
    for (what, at_least) in [
        ("StartPoll", 2),
        ("Allow(", 5),
        ("PassToken(0)", 1),
        ("Do(Ask)", 5),
        ("Do(EndQuestion(", 5),
        ("Do(AnswerPoll(", 60),
        ("Do(Say(", 60),
    ] {
        assert!(story.count(what) >= at_least, "{what}: {} of {at_least}", story.count(what));
    }
    let names: Vec<String> = (0..50).map(lines::name).collect();
    let greets = |what: &str| what.starts_with("Do(Say(") && names.iter().any(|name| what.contains(name));
    assert!(story.told.iter().any(|(_, _, what)| greets(what)), "nobody greets");
    assert!(story.went >= 10 && story.returned >= 10, "{} went, {} returned", story.went, story.returned);
}

#[test]
fn however_many_there_are_they_say_a_line_a_second_at_most() {
    for size in [1, 8, 150] {
        let (_, story) = play(3, size, 3);
        assert!(!story.public_lines.is_empty(), "{size} people are silent");
        for from in 0..3 * 60 - 10 {
            let lines = story.public_lines.iter().filter(|at| (from..from + 10).contains(*at)).count();
            assert!(lines <= 10, "{size} people say {lines} lines in ten seconds");
        }
    }
}

#[test]
fn the_same_seed_tells_the_same_story_and_another_seed_another_one() {
    let told = |seed| play(seed, 12, 4).1;
    assert_eq!(told(1), told(1));
    assert_ne!(told(1).told, told(2).told);
}

/// An owner and one guest of that number, who has just come.
fn two(number: usize) -> (Stage, Script, Ssrc) {
    let mut stage = Stage::open();
    stage.join(true, "olive".into(), "Olive".into());
    let ssrc = stage.join(false, lines::id(number), lines::name(number));
    let mut script = Script::new(1, number);
    script.came(&stage.views[&ssrc], stage.at);
    (stage, script, ssrc)
}

/// Lets time pass for that guest alone.
fn pass(stage: &mut Stage, script: &mut Script, ssrc: Ssrc, seconds: u64) -> Vec<Act> {
    let end = stage.at + Duration::from_secs(seconds);
    let mut acts = Vec::new();
    while stage.at < end {
        for act in script.next(&stage.views[&ssrc], stage.at, 1) {
            if let Act::Do(wanted) = &act {
                stage.make(ssrc, wanted);
            }
            acts.push(act);
        }
        stage.at += STEP;
    }
    acts
}

#[test]
fn whoever_is_whispered_to_answers_once() {
    let (mut stage, mut script, ssrc) = two(0);
    stage.make(OWNER, &Move::Whisper(ssrc, "psst".into()));
    let acts = pass(&mut stage, &mut script, ssrc, 60);
    let answers = acts.iter().filter(|act| matches!(act, Act::Do(Move::Whisper(OWNER, _)))).count();
    assert_eq!(answers, 1, "{acts:?}");
}

#[test]
fn a_shy_one_only_votes() {
    let (mut stage, mut script, ssrc) = two(4);
    assert_eq!(script.character(), Character::Shy);
    stage.make(OWNER, &Move::Whisper(ssrc, "psst".into()));
    stage.make(OWNER, &Move::StartPoll);
    let acts = pass(&mut stage, &mut script, ssrc, 300);
    assert!(matches!(acts[..], [Act::Do(Move::AnswerPoll(1..=5))]), "{acts:?}");
}

#[test]
fn a_question_that_nobody_allows_is_withdrawn_and_one_that_is_allowed_ends() {
    let (mut stage, mut script, ssrc) = two(1);
    assert_eq!(script.character(), Character::Curious);
    let acts = pass(&mut stage, &mut script, ssrc, 160);
    let asked = acts.iter().position(|act| *act == Act::Do(Move::Ask)).unwrap();
    let withdrew = acts.iter().position(|act| *act == Act::Do(Move::Withdraw)).unwrap();
    assert!(asked < withdrew);
    stage.make(OWNER, &Move::Allow(ssrc));
    let acts = pass(&mut stage, &mut script, ssrc, 70);
    assert!(acts.contains(&Act::Do(Move::EndQuestion(ssrc))), "{acts:?}");
    assert!(!stage.room.view().is_questioner(ssrc));
}

#[test]
fn whoever_is_made_to_stay_a_questioner_lives_with_it() {
    let (mut stage, mut script, ssrc) = two(1);
    let everybody = View {
        policy: crate::meeting::view::Policy { all_questioner: true, ..Default::default() },
        ..stage.views[&ssrc].clone()
    };
    stage.views.insert(ssrc, everybody);
    let acts = pass(&mut stage, &mut script, ssrc, 200);
    assert!(!acts.iter().any(|act| matches!(act, Act::Do(Move::Ask | Move::EndQuestion(_)))), "{acts:?}");
}

#[test]
fn nobody_hosts_a_meeting_but_its_owner() {
    let (mut stage, _, ssrc) = two(0);
    stage.make(OWNER, &Move::PassToken(ssrc));
    let mut host = Host::new(1, Duration::ZERO);
    for seconds in 0..600 {
        assert_eq!(host.next(&stage.views[&ssrc], Duration::from_secs(seconds)), []);
    }
}

#[test]
fn the_token_is_lent_to_simulated_people_only_and_comes_back() {
    let mut stage = Stage::open();
    stage.join(true, "olive".into(), "Olive".into());
    let real = stage.join(false, "gus".into(), "Gus".into());
    let simulated = stage.join(false, lines::id(0), lines::name(0));
    let mut host = Host::new(1, Duration::ZERO);
    let mut holders = Vec::new();
    for seconds in 0..900 {
        for wanted in host.next(&stage.views[&OWNER], Duration::from_secs(seconds)) {
            stage.make(OWNER, &wanted);
        }
        holders.push(stage.room.view().token_holder);
    }
    holders.dedup();
    assert!(holders.len() >= 3 && !holders.contains(&real), "{holders:?}");
    assert!(holders.chunks(2).all(|pair| pair[0] == OWNER && pair.get(1).is_none_or(|to| *to == simulated)));
}

const STEP: Duration = Duration::from_millis(250);

//! Stories of letting people in, and of preparation (wire/02 sections 9.3 and 11.1).

use super::*;
use crate::meeting::view::Policy;
use crate::wire::Refusal;
use crate::wire::admission::OwnerResponse;

fn visitor(name: &str) -> Visitor {
    Visitor { name: name.into(), invited: false }
}

impl Stage {
    fn knock(&mut self, name: &str) -> KnockToken {
        let token = self.room.knock(visitor(name), self.now);
        self.drain();
        token
    }

    /// Answers the first that this one is asked about.
    fn let_in(&mut self, from: Ssrc, accepted: bool) {
        let id = self.views[&from].knocks[0].id.clone();
        self.receive(from, ToServer::Answer(OwnerResponse::new(id, accepted)));
    }
}

#[test]
fn the_owner_is_asked_and_the_answer_lets_in_or_turns_away() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    assert_eq!(stage.room.door(false), Door::Ask);
    let (vic, wil) = (stage.knock("V>ic"), stage.knock("Wil"));
    let names: Vec<&str> = stage.views[&0].knocks.iter().map(|knock| knock.name.as_str()).collect();
    assert_eq!(names, ["V\u{ff1e}ic", "Wil"]);
    assert!(stage.views[&gus].knocks.is_empty());
    stage.let_in(0, true);
    stage.let_in(0, false);
    assert_eq!(stage.knocked, [(vic, KnockEnd::Accepted), (wil, KnockEnd::Rejected)]);
    assert!(stage.views[&0].knocks.is_empty(), "answered");
    assert_eq!(stage.guest("Vic"), 2);
}

#[test]
fn an_unknown_a_second_and_a_strangers_answer_are_ignored() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let gus = stage.guest("Gus");
    let vic = stage.knock("Vic");
    let id = stage.views[&0].knocks[0].id.clone();
    stage.receive(gus, ToServer::Answer(OwnerResponse::new(id.clone(), true)));
    stage.receive(0, ToServer::Answer(OwnerResponse::new(b"no such".to_vec(), true)));
    stage.receive(0, ToServer::Answer(OwnerResponse { id: id.clone(), answer: 7 }));
    assert_eq!(stage.knocked, []);
    stage.receive(0, ToServer::Answer(OwnerResponse::new(id.clone(), true)));
    stage.receive(0, ToServer::Answer(OwnerResponse::new(id, false)));
    assert_eq!(stage.knocked, [(vic, KnockEnd::Accepted)]);
}

#[test]
fn nobody_who_may_answer_means_a_shut_door() {
    let mut stage = Stage::open(charter());
    let gus = stage.guest("Gus");
    assert_eq!((stage.room.door(false), stage.room.door(true)), (Door::Shut, Door::Open));
    let vic = stage.knock("Vic");
    assert_eq!(stage.knocked, [(vic, KnockEnd::NobodyThere)]);
    assert_eq!(stage.holder(), gus);
    let policy = Policy { holder_accepts_guests: true, ..Policy::default() };
    let mut stage = Stage::open(Charter { policy, ..charter() });
    let gus = stage.guest("Gus");
    stage.knock("Vic");
    stage.let_in(gus, true);
    assert_eq!(stage.knocked[0].1, KnockEnd::Accepted, "the holder may, if the meeting has it so");
}

#[test]
fn a_controller_with_the_flag_is_asked_when_the_owner_leaves() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let (gus, tess) = (stage.guest("Gus"), stage.guest("Tess"));
    stage.receive(0, ToServer::Floor(FloorToServer::Controller(tess)));
    stage.receive(0, ToServer::Floor(FloorToServer::ControlFlags(ControlFlags::ACCEPT_GUEST)));
    stage.token(0, gus);
    let vic = stage.knock("Vic");
    stage.leave(0);
    assert_eq!(stage.views[&tess].knocks.len(), 1);
    stage.leave(tess);
    assert_eq!(stage.knocked, [(vic, KnockEnd::NobodyThere)]);
}

#[test]
fn a_request_without_an_answer_ends_by_itself_and_delays_nobody() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let vic = stage.knock("Vic");
    assert_eq!(stage.room.deadline(), Some(stage.now.steady + KNOCK_PATIENCE));
    assert!(KNOCK_PATIENCE >= Duration::from_secs(30));
    stage.wait(34);
    let wil = stage.knock("Wil");
    stage.wait(1);
    assert_eq!(stage.knocked, [(vic, KnockEnd::Unanswered)]);
    stage.let_in(0, true);
    assert_eq!(stage.knocked.len(), 1, "a late answer");
    stage.let_in(0, true);
    assert_eq!(stage.knocked[1], (wil, KnockEnd::Accepted));
}

#[test]
fn a_visitor_who_gives_up_is_forgotten_and_one_who_waits_is_asked_about_again() {
    let mut stage = Stage::open(Charter { away_for: Duration::from_secs(5), ..charter() });
    stage.owner();
    let (vic, wil) = (stage.knock("Vic"), stage.knock("Wil"));
    stage.room.stop_knocking(vic);
    stage.let_in(0, true);
    assert_eq!(stage.knocked, []);
    stage.lose(0);
    assert_eq!(stage.room.door(false), Door::Shut, "nobody can be reached");
    stage.join(Newcomer { returning: Some(0), ..person(true, "olive", "Olive") });
    assert_eq!(stage.views[&0].knocks.len(), 1);
    stage.let_in(0, true);
    assert_eq!(stage.knocked, [(wil, KnockEnd::Accepted)]);
}

#[test]
fn a_crowd_at_the_door_is_bounded_and_goes_when_the_meeting_ends() {
    let mut stage = Stage::open(charter());
    stage.owner();
    for n in 0..120 {
        stage.knock(&n.to_string());
    }
    assert_eq!(stage.knocked.len(), 20, "too many wait already");
    assert!(stage.knocked.iter().all(|(_, end)| *end == KnockEnd::Unanswered));
    assert_eq!(stage.views[&0].knocks.len(), 100);
    stage.receive(0, ToServer::EndMeeting);
    assert_eq!(stage.knocked.iter().filter(|(_, end)| *end == KnockEnd::Over).count(), 100);
}

#[test]
fn each_end_has_its_code_and_an_invited_guest_hears_of_the_preparation() {
    use KnockEnd::{Accepted, NobodyThere, Over, Rejected, Unanswered};
    let codes = |invited| [Accepted, Rejected, Unanswered, NobodyThere, Over].map(|end| end.refusal(invited));
    let (rejected, unanswered) = (Some(Refusal::CallRejected), Some(Refusal::CallNotAccepted));
    let closed = Some(Refusal::SessionClosed);
    assert_eq!(codes(false), [None, rejected, unanswered, unanswered, closed]);
    let preparing = Some(Refusal::OwnerInPreparationMode);
    assert_eq!(codes(true), [None, preparing, preparing, preparing, closed]);
}

#[test]
fn whoever_is_let_into_a_preparation_makes_it_a_normal_meeting() {
    let preparing = || {
        let mut stage =
            Stage::open(Charter { preparation: true, duration: Some(Duration::from_secs(3600)), ..charter() });
        stage.join(Newcomer { prepares: true, ..person(true, "olive", "Olive") });
        stage
    };
    let mut stage = preparing();
    assert!(stage.views[&0].preparing);
    assert_eq!((stage.room.door(true), stage.room.door(false)), (Door::Ask, Door::Ask));
    stage.forget();
    stage.guest("Gus");
    let told = &stage.sent[&0][0];
    assert_eq!(told, &ToClient::Fact(Fact::Prepared(3600)));
    assert!(!stage.views[&0].preparing && !stage.views[&1].preparing && !stage.recorded.preparing);
    assert!(!stage.sent[&1].iter().any(|m| matches!(m, ToClient::Fact(Fact::Preparing(_) | Fact::Prepared(_)))));

    let mut stage = preparing();
    stage.leave(0);
    assert_eq!((stage.room.door(true), stage.room.door(false)), (Door::Open, Door::Shut));
    stage.join(person(true, "olive", "Olive"));
    assert!(!stage.views[&0].preparing, "the owner came to meet");
}

#[test]
fn only_what_is_said_after_a_preparation_is_kept() {
    let mut stage = Stage::open(Charter { preparation: true, ..charter() });
    stage.join(Newcomer { prepares: true, ..person(true, "olive", "Olive") });
    stage.say(0, "testing, testing");
    assert_eq!(stage.views[&0].chat.len(), 1);
    stage.guest("Gus");
    stage.say(0, "welcome");
    assert_eq!(stage.recorded.chat.len(), 1);
    let kept = catch_up::checkpoint(stage.room.view());
    assert_eq!(kept.iter().filter(|message| matches!(message, ToClient::Chat(_))).count(), 1);
}

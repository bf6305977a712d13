//! Stories of letting people in, and of preparation (wire/02 sections 9.3 and 11.1).

use super::*;
use crate::meeting::view::Policy;
use crate::wire::Refusal;
use crate::wire::admission::OwnerResponse;

fn visitor(name: &str) -> Visitor {
    Visitor { name: name.into(), invited: false }
}

/// What the meeting is to be, once it is prepared.
fn normal() -> Terms {
    Terms { title: "題".into(), duration: Some(Duration::from_secs(1800)), autoextension: true, guaranteed: false }
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
        let mut stage = Stage::open(Charter { preparation: Some(normal()), ..charter() });
        stage.join(Newcomer { prepares: true, ..person(true, "olive", "Olive") });
        stage
    };
    let mut stage = preparing();
    assert!(stage.views[&0].preparing);
    assert_eq!((stage.room.door(true), stage.room.door(false)), (Door::Ask, Door::Ask));
    stage.forget();
    stage.guest("Gus");
    let told = &stage.sent[&0][0];
    assert_eq!(told, &ToClient::Fact(Fact::Prepared(1800)), "the duration of the request that opened it");
    assert!(!stage.views[&0].preparing && !stage.views[&1].preparing && !stage.recorded.preparing);
    assert!(!stage.sent[&1].iter().any(|m| matches!(m, ToClient::Fact(Fact::Preparing(_) | Fact::Prepared(_)))));

    let mut stage = preparing();
    stage.leave(0);
    assert_eq!((stage.room.door(true), stage.room.door(false)), (Door::Open, Door::Shut));
    stage.join(person(true, "olive", "Olive"));
    assert!(!stage.views[&0].preparing, "the owner came to meet");
}

#[test]
fn what_is_said_in_a_preparation_is_recorded_only_once_that_becomes_a_meeting() {
    let mut stage = Stage::open(Charter { preparation: Some(normal()), ..charter() });
    stage.join(Newcomer { prepares: true, ..person(true, "olive", "Olive") });
    stage.say(0, "testing, testing");
    assert_eq!(stage.views[&0].chat.len(), 1);
    let chat = |messages: &[ToClient]| messages.iter().filter(|m| matches!(m, ToClient::Chat(_))).count();
    assert_eq!((stage.recorded.chat.len(), chat(&catch_up::checkpoint(stage.room.view()))), (0, 0));
    stage.guest("Gus");
    stage.say(0, "welcome");
    let said: Vec<&str> = stage.recorded.chat.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(said, ["testing, testing", "welcome"]);
    assert_eq!(chat(&catch_up::checkpoint(stage.room.view())), 2);
}

#[test]
fn a_preparation_lasts_an_hour_and_on_and_its_meeting_has_its_own_time_from_the_switch() {
    let prepare = || Newcomer { prepares: true, ..person(true, "olive", "Olive") };
    let mut stage = Stage::open(Charter { preparation: Some(normal()), autoextension: false, ..charter() });
    stage.join(prepare());
    assert_eq!(stage.views[&0].duration_s, 3600);
    stage.wait(3700);
    assert_eq!((stage.ended, stage.views[&0].duration_s), (None, 4200), "extended, whatever the request says");
    // The coordinator comes to meet, with another request: it sets title, duration and extension anew (guide 3.1).
    let terms = Terms {
        title: "Held".into(),
        duration: Some(Duration::from_secs(600)),
        autoextension: false,
        guaranteed: false,
    };
    stage.join(Newcomer { terms: Some(terms), ..person(true, "olive", "Olive") });
    assert_eq!((stage.views[&0].title.as_str(), stage.views[&0].duration_s), ("Held", 600));
    stage.wait(599);
    assert_eq!(stage.ended, None);
    stage.wait(1);
    assert_eq!(stage.ended, Some(How::TimerOver));
}

#[test]
fn a_guest_whom_the_coordinator_ignores_hears_of_the_preparation_if_invited() {
    let mut stage = Stage::open(Charter { preparation: Some(normal()), ..charter() });
    stage.join(Newcomer { prepares: true, ..person(true, "olive", "Olive") });
    let gus = stage.knock("Gus");
    stage.wait(KNOCK_PATIENCE.as_secs());
    assert_eq!(stage.knocked, [(gus, KnockEnd::Unanswered)]);
    assert_eq!(stage.knocked[0].1.refusal(true), Some(Refusal::OwnerInPreparationMode));
    assert_eq!(stage.knocked[0].1.refusal(false), Some(Refusal::CallNotAccepted));
    assert!(stage.views[&0].preparing);
}

#[test]
fn an_invited_guest_who_waits_comes_in_when_the_coordinator_has_gone() {
    let away_for = Duration::from_secs(5);
    let mut stage = Stage::open(Charter { preparation: Some(normal()), away_for, ..charter() });
    stage.join(Newcomer { prepares: true, ..person(true, "olive", "Olive") });
    let invited = Visitor { name: "Gus".into(), invited: true };
    let early = stage.room.knock(invited.clone(), stage.now);
    stage.lose(0);
    assert_eq!(stage.room.door(true), Door::Ask, "a lost connection is no reason to begin without the coordinator");
    let late = stage.room.knock(invited, stage.now);
    let uninvited = stage.knock("Vic");
    assert_eq!(stage.knocked, []);
    stage.wait(5);
    let ends = [(early, KnockEnd::Accepted), (late, KnockEnd::Accepted), (uninvited, KnockEnd::NobodyThere)];
    assert_eq!(stage.knocked, ends);
}

#[test]
fn a_coordinator_who_comes_back_is_asked_about_who_came_meanwhile() {
    let mut stage = Stage::open(Charter { preparation: Some(normal()), away_for: Duration::from_secs(5), ..charter() });
    stage.join(Newcomer { prepares: true, ..person(true, "olive", "Olive") });
    stage.lose(0);
    let gus = stage.room.knock(Visitor { name: "Gus".into(), invited: true }, stage.now);
    stage.join(Newcomer { returning: Some(0), ..person(true, "olive", "Olive") });
    stage.let_in(0, false);
    assert_eq!(stage.knocked, [(gus, KnockEnd::Rejected)]);
}

#[test]
fn only_the_owner_sets_terms_and_only_at_the_switch() {
    let other = Terms {
        title: "Other".into(),
        duration: Some(Duration::from_secs(60)),
        autoextension: false,
        guaranteed: false,
    };
    let mut stage = Stage::open(Charter { preparation: Some(normal()), ..charter() });
    stage.join(Newcomer { prepares: true, terms: Some(other.clone()), ..person(true, "olive", "Olive") });
    assert!(stage.views[&0].preparing);
    stage.join(Newcomer { terms: Some(other.clone()), ..person(false, "gus", "Gus") });
    let seen = &stage.views[&0];
    assert_eq!((seen.preparing, seen.title.as_str(), seen.duration_s), (false, "題", 1800));
    stage.join(Newcomer { terms: Some(other), ..person(true, "olive", "Olive") });
    let seen = &stage.views[&0];
    assert_eq!((seen.title.as_str(), seen.duration_s), ("題", 1800), "the meeting has begun");
}

#[test]
fn a_message_ends_after_its_time_and_warns_five_minutes_before() {
    let message = |minutes: u64| Charter { message_limit: Some(Duration::from_secs(minutes * 60)), ..charter() };
    let mut stage = Stage::open(message(10));
    let vic = stage.guest("Vic");
    stage.wait(299);
    assert!(!stage.views[&vic].ending_soon);
    stage.wait(1);
    assert!(stage.views[&vic].ending_soon);
    stage.wait(299);
    assert_eq!(stage.ended, None);
    stage.wait(1);
    assert_eq!(stage.ended, Some(How::TimerOver));

    let mut short = Stage::open(message(5));
    let vic = short.guest("Vic");
    short.wait(0);
    assert!(short.views[&vic].ending_soon, "five minutes or less: at once");
    short.leave(vic);
    short.wait(60);
    assert_eq!(short.ended, Some(How::EmptyRoom), "a message that nobody leaves any more");
}

#[test]
fn a_ticket_holder_has_no_video_whatever_its_client_says() {
    let mut stage = Stage::open(charter());
    stage.owner();
    let tim = Newcomer { ticket_holder: true, capability: 3, ..person(false, "tim", "Tim") };
    let tim = stage.join(tim);
    stage.receive(tim, ToServer::User(UserToServer::Capability(3)));
    stage.receive(tim, ToServer::User(UserToServer::VideoStatus(1)));
    let seen = &stage.views[&0].people[&tim];
    assert_eq!((seen.audio, seen.video, seen.video_status), (true, false, 0));
    assert!(!stage.room.view().allows(tim, crate::meeting::view::Deed::SendVideo));
}

#[test]
fn nobody_is_made_a_questioner_in_a_ticket_based_meeting() {
    let policy = Policy { all_questioner: true, ..Policy::default() };
    let mut stage = Stage::open(Charter { policy, ..charter() });
    stage.owner();
    let gus = stage.guest("Gus");
    assert!(stage.room.view().is_talker(gus));
    let tim = stage.join(Newcomer { ticket_holder: true, ..person(false, "tim", "Tim") });
    let tess = stage.guest("Tess");
    assert!(!stage.room.view().is_talker(tim) && !stage.room.view().is_talker(tess));
    assert!(!stage.views[&gus].people.contains_key(&tim), "the owner alone sees a ticket holder");
}

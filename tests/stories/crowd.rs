//! Simulated people in a real meeting: they come, behave, and go when they are told to.

use hitdeck::client::{Client, ClientCommand, ClientState, Manners, Move};
use hitdeck::installation::command::Command;
use hitdeck::installation::crowd::lines::ID_PREFIX;
use hitdeck::installation::crowd::{Crowd, CrowdOptions, MAX_PEOPLE};
use hitdeck::installation::demo::{Cast, LIVE_MEETING};
use hitdeck::installation::order::RequestOrder;
use hitdeck::installation::snapshot::{McuState, MeetingRow, SessionPhase, Snapshot};
use hitdeck::meeting::view::Person;

use crate::stage::{Stage, Window, ended, guest, joined, owner, until, within};

fn crowd(stage: &Stage, meeting: RequestOrder, speed: u32) -> Crowd {
    let (installation, mcu, clock) = (stage.installation.clone(), stage.mcu.address(), stage.clock.clone());
    Crowd::new(CrowdOptions { installation, mcu, meeting, clock, speed })
}

fn simulated(state: &ClientState) -> impl Iterator<Item = &Person> {
    state.view.people.values().map(AsRef::as_ref).filter(|person| person.user_id.starts_with(ID_PREFIX))
}

fn make(client: &Client, wanted: Move) {
    assert!(client.command(ClientCommand::Do(wanted)));
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_people_come_behave_and_leave_when_told() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("crowd"));
    joined(&olive).await;
    let manners = Manners { allow_questions: true, ..Manners::default() };
    assert!(olive.command(ClientCommand::SetManners(manners)));
    let mut crowd = crowd(&stage, owner("crowd"), SPEED);
    assert_eq!(crowd.add(40, 11), 40);
    until(&olive, "all have come", |s| simulated(s).count() == 40).await;
    until(&olive, "one of them speaks", |s| !s.view.chat.is_empty()).await;

    make(&olive, Move::StartPoll);
    let most = |s: &ClientState| s.view.poll.as_ref().is_some_and(|poll| poll.answers.len() > 20);
    until(&olive, "most answer a poll", most).await;
    until(&olive, "a question is allowed", |s| simulated(s).any(|person| s.view.is_questioner(person.ssrc))).await;

    let gone = until(&olive, "one goes out", |s| simulated(s).any(|person| !person.present)).await;
    let gone = simulated(&gone).find(|person| !person.present).unwrap().ssrc;
    until(&olive, "and returns", |s| s.view.is_present(gone)).await;

    assert_eq!(crowd.send_away(3), 3);
    crowd.dismiss();
    within("all leave", crowd.gone()).await.unwrap();
    assert!(crowd.is_empty());
    until(&olive, "nobody is left", |s| s.view.present().len() == 1).await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_goes_for_good_when_the_owner_ends_the_meeting() {
    let stage = Stage::open().await;
    let event = RequestOrder { duration_min: 60, ..owner("event") };
    let olive = stage.join(&event);
    joined(&olive).await;
    let mut crowd = crowd(&stage, event, SPEED);
    crowd.add(5, 2);
    until(&olive, "all have come", |s| simulated(s).count() == 5).await;
    make(&olive, Move::EndMeeting);
    within("all go", crowd.gone()).await.unwrap();
    assert!(crowd.is_over());
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_people_come_and_all_leave_again() {
    let stage = Stage::open().await;
    let mut meetings = stage.mcu.snapshot();
    // An event: it is open without its owner.
    let mut crowd = crowd(&stage, RequestOrder { duration_min: 60, ..owner("hall") }, 1);
    assert_eq!(crowd.add(MAX_PEOPLE + 50, 4), MAX_PEOPLE);
    assert_eq!(crowd.add(1, 4), 0, "there is no place for one more");
    let all = |n: usize| {
        move |all: &std::sync::Arc<hitdeck::mcu::McuSnapshot>| all.meetings.iter().any(|m| m.ever_joined == n)
    };
    within("all have come", meetings.wait_for(all(MAX_PEOPLE))).await.unwrap().unwrap();
    within("all leave", crowd.leave()).await.unwrap();
    let empty = |all: &std::sync::Arc<hitdeck::mcu::McuSnapshot>| all.meetings.iter().all(|m| m.people.is_empty());
    within("nobody is left", meetings.wait_for(empty)).await.unwrap().unwrap();
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demos_owner_allows_a_question_until_a_real_owner_takes_over() {
    let stage = Stage::open().await;
    let cast = Cast::enter(&stage.installation, stage.mcu.address(), stage.clock.clone()).unwrap();
    assert!(cast.is_in("olive", LIVE_MEETING) && !cast.is_in("olive", "another"));
    // Whoever comes first holds the token.
    let there = |all: &std::sync::Arc<hitdeck::mcu::McuSnapshot>| all.meetings.iter().any(|m| !m.people.is_empty());
    within("the owner is there", stage.mcu.snapshot().wait_for(there)).await.unwrap().unwrap();
    let gus = stage.join(&RequestOrder { duration_min: 599, ..guest(LIVE_MEETING, "gus", "Gus") });
    joined(&gus).await;
    make(&gus, Move::Ask);
    until(&gus, "the question is allowed", |s| s.view.is_questioner(s.view.me)).await;

    let olive = stage.join(&RequestOrder { duration_min: 599, ..owner(LIVE_MEETING) });
    joined(&olive).await;
    cast.dismiss();
    until(&gus, "the other one has left", |s| s.view.present().len() == 2).await;
    assert!(joined(&olive).await.view.is_present(0), "the real owner stays");
    within("they leave", cast.leave()).await.unwrap();
    make(&olive, Move::EndMeeting);
    ended(&gus).await;
    gus.finish().await;
    olive.finish().await;
    stage.close().await;
}

fn meeting(snapshot: &Snapshot) -> Option<&MeetingRow> {
    match &snapshot.mcu {
        McuState::Running(running) => running.meetings.first(),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_adds_people_and_sends_them_away() {
    let window = Window::open().await;
    window.join(&owner("window"));
    window.until_session(|phase| *phase == SessionPhase::InMeeting).await;
    let seen = window.until(|s| meeting(s).is_some_and(|m| m.people.len() == 1)).await;
    let index = meeting(&seen).unwrap().session_index;
    let add = |count| Command::AddPeople { session_index: index, count, seed: 5 };
    let notice = |text: &'static str| move |s: &Snapshot| s.notices.iter().any(|notice| notice.text.contains(text));

    window.send(add(2));
    window.until(|s| meeting(s).is_some_and(|m| m.simulated == 2 && m.people.len() == 3)).await;
    window.send(add(400));
    window.until(notice("Only 298 of 400 come")).await;
    window.send(add(1));
    window.until(notice("All 300 simulated people are in meetings already")).await;
    window.send(Command::SendPeopleAway(index));
    window.until(|s| meeting(s).is_some_and(|m| m.simulated == 0 && m.people.len() == 1)).await;

    window.send(Command::AddPeople { session_index: index + 1, count: 1, seed: 5 });
    window.until(notice("not open")).await;
    window.send(add(2));
    window.until(|s| meeting(s).is_some_and(|m| m.people.len() == 3)).await;
    window.send(Command::PullThePlug);
    window.until(|s| matches!(s.mcu, McuState::Stopped)).await;
    window.close().await;
}

/// Seconds of their lives in one of ours.
const SPEED: u32 = 20;

//! An uninvited guest stands at the door, and somebody inside decides (wire/01 section 6.2, wire/02 section 11.1).

use hitdeck::client::{Client, ClientCommand, Door, Ending, Manners, Move, Phase, Question};
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::wire::Refusal;

use crate::stage::{Stage, ended, guest, joined, owner, turned_away, until};

fn stranger(meeting: &str, name: &str) -> RequestOrder {
    let guest = GuestOrder { id: name.to_lowercase(), name: name.into(), invited: false, ticket: false };
    RequestOrder { guest: Some(guest), ..owner(meeting) }
}

/// Waits until the client is asked about that visitor; gives the mark of the request.
async fn asked_about(client: &Client, name: &str) -> Vec<u8> {
    let named = |state: &hitdeck::client::ClientState| {
        state.prompts.iter().find_map(|prompt| match &prompt.question {
            Question::Knock(knock) if knock.name == name => Some(knock.id.clone()),
            _ => None,
        })
    };
    let state = until(client, "a visitor", |state| named(state).is_some()).await;
    named(&state).unwrap()
}

async fn waits(client: &Client) {
    until(client, "waiting for the owner", |s| s.phase == Phase::Waiting("Olive".into())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_lets_one_visitor_in_and_turns_another_away() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("door"));
    joined(&olive).await;
    let (vera, vic) = (stage.join(&stranger("door", "Vera")), stage.join(&stranger("door", "Vic")));
    let (for_vera, for_vic) = (asked_about(&olive, "Vera").await, asked_about(&olive, "Vic").await);
    waits(&vera).await;
    waits(&vic).await;
    // The meeting goes on meanwhile.
    let gus = stage.join(&guest("door", "gus", "Gus"));
    joined(&gus).await;
    assert!(olive.command(ClientCommand::Do(Move::AnswerKnock(for_vic, false))));
    assert_eq!(turned_away(vic).await, Ending::Refused(Refusal::CallRejected));
    assert!(olive.command(ClientCommand::Do(Move::AnswerKnock(for_vera, true))));
    joined(&vera).await;
    until(&olive, "three people and no question", |s| s.view.present().len() == 3 && s.prompts.is_empty()).await;
    for client in [vera, gus, olive] {
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_door_needs_nobody_and_a_closed_one_disturbs_nobody() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("manners"));
    joined(&olive).await;
    let door = |door| assert!(olive.command(ClientCommand::SetManners(Manners { door, ..Manners::default() })));
    door(Door::Open);
    let vera = stage.join(&stranger("manners", "Vera"));
    joined(&vera).await;
    door(Door::Closed);
    let vic = stage.join(&stranger("manners", "Vic"));
    assert_eq!(turned_away(vic).await, Ending::Refused(Refusal::CallRejected));
    assert!(olive.state().prompts.is_empty());
    vera.finish().await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_who_gives_up_leaves_no_trace_and_a_late_answer_hurts_nobody() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("late"));
    joined(&olive).await;
    let vera = stage.join(&stranger("late", "Vera"));
    let mark = asked_about(&olive, "Vera").await;
    waits(&vera).await;
    assert_eq!(vera.finish().await, Ending::Left);
    assert!(olive.command(ClientCommand::Do(Move::AnswerKnock(mark, true))));
    until(&olive, "no question", |s| s.prompts.is_empty()).await;
    let gus = stage.join(&guest("late", "gus", "Gus"));
    joined(&gus).await;
    assert_eq!(gus.state().view.people.len(), 2, "nobody came in who was not there any more");
    gus.finish().await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_is_told_when_nobody_is_left_who_could_answer() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("alone"));
    joined(&olive).await;
    let gus = stage.join(&guest("alone", "gus", "Gus"));
    joined(&gus).await;
    let vera = stage.join(&stranger("alone", "Vera"));
    asked_about(&olive, "Vera").await;
    olive.finish().await;
    assert_eq!(ended(&vera).await, Ending::Refused(Refusal::CallNotAccepted));
    vera.finish().await;
    gus.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_when_the_meeting_ends_is_told_that_it_is_over() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("over"));
    joined(&olive).await;
    let vera = stage.join(&stranger("over", "Vera"));
    asked_about(&olive, "Vera").await;
    assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
    assert_eq!(turned_away(vera).await, Ending::Refused(Refusal::SessionClosed));
    olive.finish().await;
    stage.close().await;
}

//! Guide 3.7, table 2: preparation mode, row by row, over real sockets (notes N34, N66; wire/02 section 9.3).

use hitdeck::client::{Client, ClientCommand, ClientState, Ending, Move, Question};
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::wire::Refusal;

use crate::stage::{Stage, ended, files, joined, owner, say, turned_away, until};

/// The coordinator's "Prepare Meeting".
fn prepare() -> RequestOrder {
    RequestOrder { title: "To prepare".into(), set: vec!["command.preparationmode=1".into()], ..meet() }
}

/// The coordinator's "Join Meeting".
fn meet() -> RequestOrder {
    RequestOrder { duration_min: 30, title: "To meet".into(), ..owner("event") }
}

fn visitor(name: &str, invited: bool) -> RequestOrder {
    let guest = GuestOrder { id: name.to_lowercase(), name: name.into(), invited, ticket: false };
    RequestOrder { guest: Some(guest), ..meet() }
}

/// The coordinator is prompted for that visitor, and answers.
async fn answers(coordinator: &Client, name: &str, accepted: bool) {
    let mark = |state: &ClientState| {
        state.prompts.iter().find_map(|prompt| match &prompt.question {
            Question::Knock(knock) if knock.name == name => Some(knock.id.clone()),
            _ => None,
        })
    };
    let state = until(coordinator, "a visitor", |state| mark(state).is_some()).await;
    assert!(coordinator.command(ClientCommand::Do(Move::AnswerKnock(mark(&state).unwrap(), accepted))));
}

async fn preparing(stage: &Stage) -> Client {
    let coordinator = stage.join(&prepare());
    let state = joined(&coordinator).await;
    assert!(state.view.preparing);
    assert_eq!(state.view.duration_s, 3600, "one hour");
    coordinator
}

/// Somebody has been there, and nobody is any more.
async fn nobody_is_there(stage: &Stage) {
    let mut snapshot = stage.mcu.snapshot();
    let gone = |m: &hitdeck::mcu::RunningMeeting| m.ever_joined > 0 && m.people.is_empty();
    assert!(snapshot.wait_for(|now| now.meetings.len() == 1 && now.meetings.iter().all(gone)).await.is_ok());
}

async fn is_told_of_the_switch(client: &Client) {
    until(client, "the switch to the normal mode", |s| !s.view.preparing).await;
}

async fn close(stage: Stage, clients: impl IntoIterator<Item = Client>) {
    for client in clients {
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_tries_to_prepare_a_meeting() {
    let stage = Stage::open().await;
    let order = RequestOrder { guest: visitor("Gus", true).guest, ..prepare() };
    assert_eq!(turned_away(stage.join(&order)).await, Ending::Refused(Refusal::IllegalRequest));
    close(stage, []).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_guest_tries_to_join_while_the_meeting_is_in_preparation_mode() {
    let stage = Stage::open().await;
    let coordinator = preparing(&stage).await;
    let gus = stage.join(&visitor("Gus", true));
    answers(&coordinator, "Gus", false).await;
    assert_eq!(turned_away(gus).await, Ending::Refused(Refusal::OwnerInPreparationMode));
    assert!(coordinator.state().view.preparing);
    // Another one: the answered prompt of the first goes a moment later.
    let gus = stage.join(&visitor("Gina", true));
    answers(&coordinator, "Gina", true).await;
    assert!(!joined(&gus).await.view.preparing);
    is_told_of_the_switch(&coordinator).await;
    assert_eq!(coordinator.state().view.title, "To prepare", "a guest sets nothing");
    close(stage, [coordinator, gus]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_guest_enters_and_switches_when_the_coordinator_is_not_in_the_meeting() {
    let stage = Stage::open().await;
    preparing(&stage).await.finish().await;
    nobody_is_there(&stage).await;
    let gus = stage.join(&visitor("Gus", true));
    let state = joined(&gus).await;
    assert!(!state.view.preparing);
    assert_eq!(state.view.duration_s, 30 * 60);
    close(stage, [gus]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uninvited_guest_tries_to_join_while_the_meeting_is_in_preparation_mode() {
    let stage = Stage::open().await;
    let coordinator = preparing(&stage).await;
    let vera = stage.join(&visitor("Vera", false));
    answers(&coordinator, "Vera", false).await;
    assert_eq!(turned_away(vera).await, Ending::Refused(Refusal::CallRejected), "as in normal mode");
    let vera = stage.join(&visitor("Vic", false));
    answers(&coordinator, "Vic", true).await;
    joined(&vera).await;
    is_told_of_the_switch(&coordinator).await;
    close(stage, [coordinator, vera]).await;

    let stage = Stage::open().await;
    preparing(&stage).await.finish().await;
    nobody_is_there(&stage).await;
    let vera = stage.join(&visitor("Vera", false));
    assert_eq!(turned_away(vera).await, Ending::Refused(Refusal::CallNotAccepted), "the coordinator is not online");
    close(stage, []).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_tries_to_prepare_a_meeting_while_it_is_in_preparation_mode() {
    let stage = Stage::open().await;
    let first = preparing(&stage).await;
    let second = preparing(&stage).await;
    assert_eq!(ended(&first).await, Ending::Overwritten);
    assert!(second.state().view.preparing);
    let mut snapshot = stage.mcu.snapshot();
    let now = snapshot.wait_for(|now| now.meetings.len() == 1).await.unwrap().clone();
    assert!(now.meetings[0].preparation && now.meetings[0].duration_min == 60);
    close(stage, [first, second]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_tries_to_join_a_meeting_while_it_is_in_preparation_mode() {
    let stage = Stage::open().await;
    let first = preparing(&stage).await;
    say(&first, "said while preparing");
    crate::stage::heard(&first, "said while preparing").await;
    let second = stage.join(&meet());
    let state = joined(&second).await;
    assert!(!state.view.preparing);
    assert_eq!((state.view.title.as_str(), state.view.duration_s), ("To meet", 30 * 60), "set by the second request");
    let mut snapshot = stage.mcu.snapshot();
    let row = |now: &hitdeck::mcu::McuSnapshot| now.meetings.first().map(|m| (m.preparation, m.duration_min));
    assert!(snapshot.wait_for(|now| row(now) == Some((false, 30))).await.is_ok());
    assert!(second.command(ClientCommand::Do(Move::EndMeeting)));
    assert_eq!(ended(&second).await, Ending::MeetingOver);
    first.finish().await;
    second.finish().await;
    let root = stage.recordings();
    let folder = stage.close().await;
    let xml = std::fs::read_to_string(files(&root, ".xml").iter().find(|f| f.ends_with_recording()).unwrap()).unwrap();
    assert!(xml.contains("<title>To meet</title>") && !xml.contains("preparationmode"), "{xml}");
    let jnr = files(&root, ".jnr");
    let (view, _) = crate::stage::played(&jnr[0]);
    assert_eq!(crate::stage::said_in(&view), ["said while preparing"], "recorded, since it became a meeting");
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_tries_to_prepare_a_meeting_while_it_is_in_normal_mode() {
    let stage = Stage::open().await;
    let coordinator = stage.join(&meet());
    joined(&coordinator).await;
    assert_eq!(turned_away(stage.join(&prepare())).await, Ending::Refused(Refusal::PreparationModeTooLate));
    assert_eq!(coordinator.state().view.present().len(), 1);
    close(stage, [coordinator]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_coordinator_tries_to_prepare_a_new_meeting() {
    let stage = Stage::open().await;
    // Preparing again and again: each session is terminated, and none of them is the meeting.
    for _ in 0..2 {
        let coordinator = preparing(&stage).await;
        say(&coordinator, "forgotten");
        crate::stage::heard(&coordinator, "forgotten").await;
        assert!(coordinator.command(ClientCommand::Do(Move::EndMeeting)));
        ended(&coordinator).await;
        coordinator.finish().await;
        assert!(stage.mcu.snapshot().wait_for(|now| now.meetings.is_empty()).await.is_ok());
    }
    let root = stage.recordings();
    for xml in files(&root, ".xml").iter().filter(|file| file.ends_with_recording()) {
        assert!(std::fs::read_to_string(xml).unwrap().contains("preparationmode=\"1\""));
    }
    for jnr in files(&root, ".jnr") {
        assert_eq!(crate::stage::said_in(&crate::stage::played(&jnr).0), [""; 0]);
    }
    let coordinator = stage.join(&meet());
    joined(&coordinator).await;
    assert!(coordinator.command(ClientCommand::Do(Move::EndMeeting)));
    ended(&coordinator).await;
    coordinator.finish().await;
    assert!(stage.mcu.snapshot().wait_for(|now| now.meetings.is_empty()).await.is_ok());
    assert_eq!(
        turned_away(stage.join(&prepare())).await,
        Ending::Refused(Refusal::SessionClosed),
        "the session is over"
    );
    close(stage, []).await;
}

/// Beside status files of the server and participant files, the status file of a recording.
trait EndsWith {
    fn ends_with_recording(&self) -> bool;
}

impl EndsWith for std::path::PathBuf {
    fn ends_with_recording(&self) -> bool {
        self.file_name().is_some_and(|name| name.to_string_lossy().starts_with("_recording_"))
    }
}

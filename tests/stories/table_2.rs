//! Guide 3.7, table 2: preparation mode, row by row, over real sockets (notes N34, N66; wire/02 section 9.3).

use std::path::PathBuf;
use std::time::Duration;

use hitdeck::client::{Client, ClientCommand, ClientState, Ending, Move, Question};
use hitdeck::clock::Now;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::mcu::rehearsal::{self, Act};
use hitdeck::meeting::room::How;
use hitdeck::meeting::view::Slide;
use hitdeck::recording::JnrReader;
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

/// A preparation of `event` that was held before, with these slides, of which every one in brackets was deleted; its recording.
fn was_prepared(stage: &Stage, session: i32, slides: &[&str]) -> PathBuf {
    let seconds = |n: usize| Duration::from_secs(n as u64);
    let mut acts = vec![(seconds(0), Act::Join { owner: true, id: "olive".into(), name: "Olive".into() })];
    for (index, name) in slides.iter().enumerate() {
        let slide = Slide { name: format!("(Olive){}", name.trim_matches(['[', ']'])), ..Slide::default() };
        acts.push((seconds(index + 1), Act::Slide(slide)));
        if name.starts_with('[') {
            acts.push((seconds(index + 1), Act::DeleteSlide(i32::try_from(index).unwrap())));
        }
    }
    acts.push((seconds(50), Act::Say(0, "only slides are kept".into())));
    let now = stage.clock.now();
    let request = prepare().request(now).unwrap();
    let ago = 600 - i64::from(session) * 60;
    let at = (session, Now { office: now.office - ago * 1000, ..now });
    let xml = rehearsal::hold(&stage.recordings(), "127.0.0.1", &request, at, &acts, (seconds(60), How::OwnersRequest));
    xml.unwrap().with_extension("jnr")
}

fn slides(state: &ClientState) -> Vec<String> {
    state.view.slides.iter().map(|slide| slide.name.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_preparation_takes_the_slides_that_were_not_deleted_and_the_former_recording_goes() {
    let stage = Stage::open().await;
    let former = was_prepared(&stage, 1, &["one.png", "[two.png]", "三.png"]);
    let olive = preparing(&stage).await;
    assert_eq!(slides(&olive.state()), ["(Olive)one.png", "(Olive)三.png"]);
    assert!(olive.state().view.chat.is_empty(), "all else is discarded");
    assert!(!former.exists() && !former.with_extension("xml").exists());
    olive.finish().await;
    let folder = stage.close().await;
    let now = files(&folder.path().join("desk"), ".jnr");
    assert_eq!(now.len(), 1, "{now:?}");
    let mut reader = JnrReader::open(&now[0]).unwrap();
    assert!(!reader.seek(0).unwrap().checkpoint.is_empty(), "and the next one finds them here");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_meeting_takes_the_slides_of_the_last_preparation_whose_recording_stays() {
    let stage = Stage::open().await;
    was_prepared(&stage, 1, &["old.png"]);
    let last = was_prepared(&stage, 2, &["new.png"]);
    let olive = stage.join(&meet());
    assert_eq!(slides(joined(&olive).await.as_ref()), ["(Olive)new.png"]);
    let gus = stage.join(&visitor("Gus", true));
    assert_eq!(slides(joined(&gus).await.as_ref()), ["(Olive)new.png"]);
    assert!(last.exists(), "the meeting may break down and be held again");
    close(stage, [olive, gus]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preparation_that_is_damaged_gives_what_it_has_and_stays() {
    let stage = Stage::open().await;
    let former = was_prepared(&stage, 1, &["one.png", "two.png"]);
    let bytes = std::fs::read(&former).unwrap();
    // Without its end: nobody can tell what is missing.
    std::fs::write(&former, &bytes[..bytes.len() - 100]).unwrap();
    let olive = preparing(&stage).await;
    assert!(former.exists() && former.with_extension("xml").exists());
    close(stage, [olive]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slides_of_the_recording_that_a_request_names_are_taken_and_it_stays() {
    let stage = Stage::open().await;
    let named = was_prepared(&stage, 1, &["one.png", "[two.png]"]);
    let order = |file: &str| RequestOrder {
        set: vec![
            "transferslide.meetingid=event".into(),
            "transferslide.userid=olive".into(),
            format!("transferslide.file={file}"),
        ],
        ..owner("another")
    };
    let file = named.file_stem().unwrap().to_string_lossy().into_owned();
    let olive = stage.join(&order(&file));
    assert_eq!(slides(joined(&olive).await.as_ref()), ["(Olive)one.png"]);
    assert!(named.exists());
    close(stage, [olive]).await;
    // One that is not there keeps nobody from meeting.
    let stage = Stage::open().await;
    let olive = stage.join(&order("nothing"));
    assert!(joined(&olive).await.view.slides.is_empty());
    close(stage, [olive]).await;
}

//! Guide 3.1: only the request that creates a meeting sets its properties, attribute by attribute, with the listed exceptions (note N5).

use hitdeck::client::{Client, Ending, Phase};
use hitdeck::hit::jnj::Jnj;
use hitdeck::hit::request::{Group, Guaranteed, Guest, ServiceRequest};
use hitdeck::link::Transport;
use hitdeck::mcu::RunningMeeting;
use hitdeck::meeting::view::{Page, Policy, RecordingFacts, RecordingState};
use hitdeck::office::lines::Reserved;
use hitdeck::wire::parameters::ClientParameter;

use crate::peer::Peer;
use crate::stage::{Stage, ended, joined, until};

/// Everything of a meeting that a newcomer and a third party can see.
#[derive(Debug, PartialEq)]
struct Seen {
    title: String,
    duration_s: i32,
    recording: (RecordingState, RecordingFacts),
    policy: Policy,
    page: Option<Page>,
    bandwidth: i32,
    row: (String, u16, bool, Option<String>),
    reserved: Reserved,
}

/// Olive's event.
fn event(stage: &Stage, meeting: &str) -> ServiceRequest {
    let mut request = ServiceRequest::new("olive", "Olive", meeting, stage.clock.now().unix_seconds());
    request.command.duration = Some(30);
    request
}

fn invited(mut request: ServiceRequest) -> ServiceRequest {
    request.guest = Some(Guest { id: Some("gus".into()), name: "Gus".into(), invited: true, ..Guest::default() });
    request
}

fn issue(stage: &Stage, request: &ServiceRequest) -> Jnj {
    stage.installation.issue(request, stage.mcu.address()).unwrap()
}

fn join(stage: &Stage, request: &ServiceRequest) -> Client {
    stage.start(issue(stage, request), Transport::WebSocket, None)
}

/// What somebody sees who comes with that request.
async fn seen(stage: &Stage, request: &ServiceRequest) -> Seen {
    let client = join(stage, request);
    let state = joined(&client).await;
    client.finish().await;
    let mut peer = Peer::introduced(stage.mcu.address()).await;
    peer.ask(&issue(stage, request), hitdeck::wire::join::flags::NORMAL).await;
    let info = peer.enter(None).await;
    let now = stage.mcu.snapshot().wait_for(|now| now.meetings.len() == 1).await.unwrap().clone();
    let RunningMeeting { title, duration_min, recorded, group, .. } = now.meetings[0].clone();
    Seen {
        title: state.view.title.clone(),
        duration_s: state.view.duration_s,
        recording: (state.view.recording, state.view.recording_facts),
        policy: state.view.policy,
        page: state.view.page.clone(),
        bandwidth: info.max_bandwidth,
        row: (title, duration_min, recorded, group),
        reserved: now.reserved,
    }
}

type Change = fn(&mut ServiceRequest);

const ATTRIBUTES: [(&str, Change); 10] = [
    ("meetingtitle", |request| request.meeting_title = Some("Another".into())),
    ("group", |request| request.group = Some(Group { id: "another".into(), ..Group::default() })),
    ("command@recording", |request| request.command.recording = false),
    ("command@duration", |request| request.command.duration = Some(60)),
    ("command@bandwidth", |request| request.command.bandwidth = Some(64_000)),
    ("command@total_av_bandwidth", |request| request.command.total_av_bandwidth = Some(256_000)),
    ("command@all_questioner", |request| request.command.all_questioner = true),
    ("command@joinnet_holder_video", |request| request.command.joinnet_holder_video = true),
    ("command@default_joint_browsing_page", |request| {
        request.command.default_joint_browsing_page = Some("http://another.example/".into());
    }),
    ("guaranteed", |request| request.command.guaranteed = Some(Guaranteed { invited: 2, uninvited: 1 })),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_attribute_is_set_by_the_first_request_and_by_no_later_one() {
    for (name, change) in ATTRIBUTES {
        let stage = Stage::open().await;
        let (first, mut second) = (event(&stage, "m"), event(&stage, "m"));
        change(&mut second);
        let olive = join(&stage, &first);
        joined(&olive).await;
        let before = seen(&stage, &invited(first.clone())).await;
        assert_eq!(seen(&stage, &invited(second.clone())).await, before, "{name}, by a guest");
        let again = join(&stage, &second);
        joined(&again).await;
        assert_eq!(seen(&stage, &invited(first)).await, before, "{name}, by the owner");
        again.finish().await;
        olive.finish().await;
        stage.close().await;

        // And the first request does set it.
        let stage = Stage::open().await;
        let olive = join(&stage, &second);
        joined(&olive).await;
        assert_ne!(seen(&stage, &invited(second)).await, before, "{name}");
        olive.finish().await;
        stage.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_name_is_that_of_the_owners_last_request() {
    let stage = Stage::open().await;
    let first = event(&stage, "m");
    let olive = join(&stage, &first);
    joined(&olive).await;
    let gus = join(&stage, &invited(first.clone()));
    joined(&gus).await;
    let mut second = first.clone();
    second.owner.name = "Olive B.".into();
    // A guest's request names the owner, too, and changes nothing.
    let mut tess = invited(second.clone());
    tess.guest.as_mut().unwrap().id = Some("tess".into());
    let tess = join(&stage, &tess);
    joined(&tess).await;
    assert_eq!(tess.state().view.name_of(0), "Olive");
    let again = join(&stage, &second);
    joined(&again).await;
    assert_eq!(ended(&olive).await, Ending::Overwritten);
    until(&gus, "the new name", |s| s.view.name_of(0) == "Olive B.").await;
    let mut snapshot = stage.mcu.snapshot();
    assert!(snapshot.wait_for(|now| now.meetings[0].owner_name == "Olive B.").await.is_ok());
    for client in [olive, gus, tess, again] {
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn password_and_timestamp_belong_to_each_request() {
    let stage = Stage::open().await;
    let first = event(&stage, "m");
    let olive = join(&stage, &first);
    joined(&olive).await;
    let mut locked = invited(first.clone());
    locked.password = Some(hitdeck::hit::password::PasswordHash::of("sesame"));
    locked.timestamp += 3600;
    let gus = join(&stage, &locked);
    until(&gus, "a question for the password", |s| s.phase == Phase::PasswordWanted(false)).await;
    gus.finish().await;
    let gus = join(&stage, &invited(first));
    joined(&gus).await;
    gus.finish().await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_inside_and_finds_no_meeting_is_offered_no_message() {
    let stage = Stage::open().await;
    let mut request = invited(event(&stage, "m"));
    request.command.duration = None;
    let mut peer = Peer::connect(stage.mcu.address()).await;
    peer.greet().await;
    peer.agree().await;
    peer.introduce(&[ClientParameter::ReconnectName(*b"ABCDEFGHIJKL")]).await;
    peer.ask(&issue(&stage, &request), hitdeck::wire::join::flags::NORMAL).await;
    let answer = peer.answer().await;
    let refused = hitdeck::wire::join::BeforeAdmission::Refused(hitdeck::wire::Refusal::MeetingNotExist);
    assert_eq!(format!("{answer:?}"), format!("{refused:?}"));
    drop(peer);
    stage.close().await;
}

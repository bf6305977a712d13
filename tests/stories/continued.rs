//! A meeting that goes on from a recording (guide 3.1/7 continuemeeting, 3.4; wire/02 section 9.5).

use std::path::PathBuf;
use std::time::Duration;

use hitdeck::client::Ending;
use hitdeck::hit::request::{Guest, RecordingReference, ServiceRequest};
use hitdeck::library::listing::read_status;
use hitdeck::link::Transport;
use hitdeck::meeting::view::Ssrc;
use hitdeck::recording::{Health, JnrReader};
use hitdeck::wire::Refusal;

use crate::playback::record;
use crate::stage::{Stage, files, heard, joined, played, said_in, say, turned_away, until};

/// Twenty minutes are recorded in `old`; see [`record`].
const BEFORE: u64 = 20 * 60;

fn going_on(stage: &Stage, meeting: &str, from: &str) -> ServiceRequest {
    let mut request = ServiceRequest::new("olive", "Olive", meeting, stage.clock.now().unix_seconds());
    request.command.continue_meeting =
        Some(RecordingReference { user_id: "olive".into(), group_id: None, meeting_id: from.into(), file: None });
    request
}

fn join(stage: &Stage, request: &ServiceRequest) -> hitdeck::client::Client {
    let jnj = stage.installation.issue(request, stage.mcu.address()).unwrap();
    stage.start(jnj, Transport::WebSocket, None)
}

fn newest(stage: &Stage, meeting: &str) -> PathBuf {
    files(&stage.recordings().join("_user/olive").join(meeting), ".jnr").pop().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_goes_on_where_its_recording_ended() {
    let stage = Stage::open().await;
    record(&stage, "old");
    let request = going_on(&stage, "new", "old");
    let olive = join(&stage, &request);
    let state = joined(&olive).await;
    let state = match said_in(&state.view).len() {
        4 => state,
        _ => until(&olive, "what was said", |s| s.view.chat.len() == 4).await,
    };
    assert_eq!(said_in(&state.view), ["one", "two 二", "three", "four"]);
    let ticks: Vec<_> = state.view.chat.iter().map(|line| line.tick.unwrap() / 60_000).collect();
    assert_eq!(ticks, [1, 6, 11, 16], "old lines keep their time");
    let elapsed = Duration::from_millis(u64::try_from(state.elapsed_ms).unwrap());
    assert!(elapsed >= Duration::from_secs(BEFORE) && elapsed < Duration::from_secs(BEFORE + 60), "{elapsed:?}");

    // Told apart in the status file as elapsed_second1 and elapsed_second2.
    let mut snapshot = stage.mcu.snapshot();
    let now = snapshot.wait_for(|now| now.meetings.first().is_some_and(|m| !m.before.is_zero())).await.unwrap().clone();
    assert_eq!(now.meetings[0].before, Duration::from_secs(BEFORE));
    assert!(now.meetings[0].elapsed < Duration::from_secs(60));

    // Gus had number 1: old lines must not seem to be this Tess's.
    let guest = Guest { id: Some("tess".into()), name: "Tess".into(), invited: true, ..Guest::default() };
    let tess = join(&stage, &ServiceRequest { guest: Some(guest), ..going_on(&stage, "new", "old") });
    let me: Ssrc = joined(&tess).await.view.me;
    assert_eq!(me, 2);
    until(&tess, "what was said", |s| said_in(&s.view) == ["one", "two 二", "three", "four"]).await;
    say(&tess, "five");
    heard(&olive, "five").await;
    for client in [tess, olive] {
        client.finish().await;
    }
    let before = newest(&stage, "old");
    let folder = stage.close().await;

    let jnr = files(&folder.path().join("desk"), ".jnr").into_iter().find(|path| *path != before).unwrap();
    let mut reader = JnrReader::open(&jnr).unwrap();
    assert_eq!((reader.health(), u64::from(reader.start().start_tick)), (Health::Finalised, BEFORE * 1000));
    let first = reader.seek(reader.start().start_tick).unwrap();
    assert!(first.checkpoint.len() >= 4, "whoever plays the new recording reads what was said before, too");
    assert_eq!(said_in(&played(&jnr).0), ["five"]);
    let status = read_status(&jnr.with_extension("xml")).unwrap();
    assert!(status.duration < 60, "the recording's own length: {status:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_whose_beginning_is_not_there_is_refused() {
    let stage = Stage::open().await;
    let ending = turned_away(join(&stage, &going_on(&stage, "new", "nowhere"))).await;
    assert!(matches!(ending, Ending::Refused(Refusal::MessageNotExist)), "{ending:?}");
    let folder = stage.recordings().join("_user/olive/odd");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("_recording_127.0.0.1_2026_01_01_10_00_000001.jnr"), b"not a recording").unwrap();
    let ending = turned_away(join(&stage, &going_on(&stage, "new", "odd"))).await;
    assert!(matches!(ending, Ending::Refused(Refusal::IllegalFile)), "{ending:?}");
    assert!(files(&stage.recordings().join("_user/olive"), "new").is_empty(), "no folder was made for it");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_opens_a_meeting_says_what_it_goes_on_from() {
    let stage = Stage::open().await;
    record(&stage, "old");
    let first = ServiceRequest::new("olive", "Olive", "new", stage.clock.now().unix_seconds());
    let olive = join(&stage, &first);
    joined(&olive).await;
    let again = join(&stage, &going_on(&stage, "new", "nowhere"));
    let state = joined(&again).await;
    assert!(state.view.chat.is_empty());
    for client in [again, olive] {
        client.finish().await;
    }
    stage.close().await;
}

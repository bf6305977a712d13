//! A recording is played over the wire (wire/05 sections 4 to 8), by our client, from our MCU.

use std::time::Duration;

use hitdeck::client::{Client, ClientCommand, ClientEvent, ClientState, Ending, Phase, Wish};
use hitdeck::hit::request::CommandKind;
use hitdeck::installation::order::RequestOrder;
use hitdeck::library::listing::read_status;
use hitdeck::mcu::rehearsal::{self, Act};
use hitdeck::meeting::room::How;
use hitdeck::wire::Refusal;
use hitdeck::wire::playback::PlaybackToClient;
use hitdeck::wire::{ToClient, chat::ChatToClient};

use crate::stage::{Stage, files, guest, heard, owner, said_in, turned_away, until};

/// One, two, three and four, five minutes apart; Gus comes after one and goes after three; twenty minutes in all.
pub fn record(stage: &Stage, meeting: &str) {
    let minutes = |n: u64| Duration::from_secs(60 * n);
    let join = |owner: bool, id: &str, name: &str| Act::Join { owner, id: id.into(), name: name.into() };
    let say = |ssrc, text: &str| Act::Say(ssrc, text.into());
    let acts = [
        (minutes(0), join(true, "olive", "Olive")),
        (minutes(1), say(0, "one")),
        (minutes(2), join(false, "gus", "Gus>王")),
        (minutes(6), say(1, "two 二")),
        (minutes(11), say(0, "three")),
        (minutes(12), Act::Leave(1)),
        (minutes(16), say(0, "four")),
    ];
    let order = owner(meeting);
    let request = order.request(stage.clock.now()).unwrap();
    let start = stage.clock.now();
    rehearsal::hold(&stage.recordings(), "127.0.0.1", &request, (7, start), &acts, (minutes(20), How::OwnersRequest))
        .unwrap();
}

pub fn playback(order: RequestOrder) -> RequestOrder {
    RequestOrder { command: CommandKind::Playback, ..order }
}

fn watch(client: &Client, wish: Wish) {
    assert!(client.command(ClientCommand::Watch(wish)));
}

fn minute(state: &ClientState, now: Duration) -> u64 {
    state.viewing.as_ref().unwrap().position_ms(now) / 60_000
}

async fn playing(client: &Client) {
    let ready = |s: &ClientState| s.phase == Phase::InMeeting && s.view.initialised && s.view.present().len() == 1;
    until(client, "the playback", ready).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_jumps_ahead_and_back_and_sees_each_moment_as_it_was() {
    let stage = Stage::open().await;
    record(&stage, "seek");
    let viewer = stage.join(&playback(owner("seek")));
    playing(&viewer).await;
    let state = viewer.state();
    let viewing = state.viewing.as_ref().unwrap();
    assert_eq!((viewing.start_ms, viewing.end_ms), (0, 20 * 60_000));
    assert_eq!(viewing.names, ["Olive", "Gus>王"]);
    assert!(viewing.can_change_speed && said_in(&state.view).is_empty());

    watch(&viewer, Wish::Seek(7 * 60_000));
    heard(&viewer, "two 二").await;
    let state = until(&viewer, "Gus", |s| s.view.present().len() == 2).await;
    assert_eq!(said_in(&state.view), ["one", "two 二"]);
    assert_eq!(minute(&state, stage.clock.now().steady), 7);

    watch(&viewer, Wish::Seek(17 * 60_000));
    heard(&viewer, "four").await;
    until(&viewer, "Gus gone", |s| s.view.present().len() == 1).await;

    watch(&viewer, Wish::Seek(3 * 60_000));
    let state = until(&viewer, "back in time", |s| s.view.present().len() == 2).await;
    assert_eq!(said_in(&state.view), ["one"], "what comes later is forgotten");

    // While paused, a jump still shows that moment.
    watch(&viewer, Wish::Pause);
    watch(&viewer, Wish::Seek(12 * 60_000 - 1));
    heard(&viewer, "three").await;
    assert_eq!(viewer.finish().await, Ending::Left);
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_is_told_and_repeat_starts_over() {
    let stage = Stage::open().await;
    record(&stage, "end");
    let viewer = stage.join(&playback(owner("end")));
    playing(&viewer).await;
    watch(&viewer, Wish::Speed(200));
    watch(&viewer, Wish::Seek(20 * 60_000 - 100));
    let state = until(&viewer, "the end", |s| s.viewing.as_ref().unwrap().at_end).await;
    assert_eq!(said_in(&state.view), ["one", "two 二", "three", "four"]);
    assert!(!state.viewing.as_ref().unwrap().playing);

    // Once more from the start, and then for ever.
    watch(&viewer, Wish::Play);
    until(&viewer, "the start", |s| s.view.chat.is_empty()).await;
    watch(&viewer, Wish::Repeat(true));
    let mut events = viewer.events();
    watch(&viewer, Wish::Seek(20 * 60_000 - 100));
    let (mut ended, mut restarted) = (false, false);
    while !(ended && restarted) {
        if let ClientEvent::Message(message) = events.recv().await.unwrap() {
            ended |= matches!(*message, ToClient::Playback(PlaybackToClient::End));
            restarted |= ended && matches!(*message, ToClient::Playback(PlaybackToClient::Restart));
        }
    }
    assert!(!viewer.state().viewing.as_ref().unwrap().at_end);
    viewer.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_live_session_goes_out_and_chat_carries_its_time() {
    let stage = Stage::open().await;
    record(&stage, "filter");
    let viewer = stage.join(&playback(owner("filter")));
    let mut events = viewer.events();
    playing(&viewer).await;
    watch(&viewer, Wish::Seek(19 * 60_000));
    heard(&viewer, "four").await;
    while let Ok(event) = events.try_recv() {
        let ClientEvent::Message(message) = event else { continue };
        match &*message {
            ToClient::Fact(fact) => {
                let bytes = fact.encode().bytes;
                assert!(bytes[4] == 0 || bytes[4] == 101, "a fact of the live session: {fact:?}");
            }
            ToClient::Chat(ChatToClient::Line { tick, .. }) => assert!(tick.is_some()),
            ToClient::End(_) | ToClient::Passed(_) => panic!("{message:?}"),
            _ => {}
        }
    }
    viewer.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_viewers_go_their_own_ways_and_are_listed_and_counted() {
    let stage = Stage::open_with(|config| config.licence.max_playback_connection = 2).await;
    record(&stage, "many");
    let olive = stage.join(&playback(owner("many")));
    playing(&olive).await;
    let gus = stage.join(&playback(guest("many", "gus", "Gus")));
    playing(&gus).await;
    watch(&gus, Wish::Seek(17 * 60_000));
    heard(&gus, "four").await;
    assert!(said_in(&olive.state().view).is_empty(), "she is still at the beginning");

    let third = stage.join(&playback(owner("many")));
    assert_eq!(turned_away(third).await, Ending::Refused(Refusal::TooManyPlayback));
    let mut snapshot = stage.mcu.snapshot();
    let listed = snapshot.wait_for(|now| now.playbacks.len() == 2).await.unwrap().playbacks.clone();
    assert_eq!(listed[1].player_name, "Gus");
    assert!(listed[1].shared && !listed[0].shared);
    gus.finish().await;
    snapshot.wait_for(|now| now.playbacks.len() == 1).await.unwrap();

    // Her first playback marks it as read, his counts as a view (guide 3.5).
    let xml =
        files(&stage.recordings(), ".xml").into_iter().find(|f| f.to_string_lossy().contains("_recording_")).unwrap();
    let status = read_status(&xml).unwrap();
    assert_eq!((status.read.is_some(), status.view_count), (true, 1));
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_whose_connection_is_lost_comes_back_to_where_it_was() {
    let stage = Stage::open().await;
    record(&stage, "lost");
    let viewer = stage.faithful(stage.issue(&playback(owner("lost"))));
    playing(&viewer).await;
    watch(&viewer, Wish::Seek(13 * 60_000));
    heard(&viewer, "three").await;
    watch(&viewer, Wish::Pause);
    assert!(viewer.command(ClientCommand::Cut));
    let back = |s: &ClientState| s.reconnects == 1 && s.phase == Phase::InMeeting && said_in(&s.view).len() == 3;
    let state = until(&viewer, "the same moment", back).await;
    assert_eq!(minute(&state, stage.clock.now().steady), 13);
    assert!(!state.viewing.as_ref().unwrap().playing);
    viewer.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_played_is_refused_with_its_code() {
    let stage = Stage::open().await;
    record(&stage, "there");
    assert_eq!(turned_away(stage.join(&playback(owner("not-there")))).await, Ending::Refused(Refusal::MessageNotExist));
    let named = |file: &str| RequestOrder { set: vec![format!("command.file={file}")], ..playback(owner("there")) };
    assert_eq!(turned_away(stage.join(&named("nothing"))).await, Ending::Refused(Refusal::MessageNotExist));
    assert_eq!(turned_away(stage.join(&named("../there/x"))).await, Ending::Refused(Refusal::Parameter));
    let folder = stage.recordings().join("_user/olive/there");
    std::fs::write(folder.join("theirs.jnr"), [0x5a; 400]).unwrap();
    assert_eq!(turned_away(stage.join(&named("theirs"))).await, Ending::Refused(Refusal::IllegalFile));
    std::fs::write(folder.join("short.jnr"), b"").unwrap();
    assert_eq!(turned_away(stage.join(&named("short"))).await, Ending::Refused(Refusal::IllegalFile));
    stage.close().await;
}

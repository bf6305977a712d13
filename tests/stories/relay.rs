//! A client comes through a one-time relay (guide 3.13): one MCU leads to another.

use std::time::Duration;

use hitdeck::client::dialler::Outcome;
use hitdeck::client::{ClientCommand, Ending, Move};
use hitdeck::hit::jnj::{Jnj, Relay};
use hitdeck::mcu::Mcu;
use hitdeck::wire::handshake::Hello;
use hitdeck::wire::relay::{RelayRequest, RelayResult, Ride};
use tokio::net::TcpListener;

use crate::peer::{Peer, closed};
use crate::stage::{Stage, ended, guest, heard, joined, owner, say, until};

fn through(jnj: Jnj, relay: &Mcu) -> Jnj {
    let at = relay.address();
    Jnj { use_relay: Some(Relay { host: at.ip().to_string(), port: at.port() }), ..jnj }
}

async fn answer(peer: &mut Peer) -> RelayResult {
    peer.pipe.read(Duration::from_secs(60), "a relay's answer", RelayResult::decode).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_meet_through_a_relay_and_come_back_through_it() {
    let (stage, relay) =
        (Stage::open_with(|config| config.patience.away = Duration::from_secs(30)).await, Stage::open().await);
    let olive = stage.faithful(through(stage.issue(&owner("relay")), &relay.mcu));
    joined(&olive).await;
    let at = relay.mcu.address();
    assert_eq!(olive.state().relay.as_deref(), Some(at.to_string().as_str()));
    assert_eq!(olive.state().server.as_deref(), Some(stage.mcu.address().to_string().as_str()));
    let gus = stage.join(&guest("relay", "gus", "Gus"));
    joined(&gus).await;
    say(&olive, "through the relay");
    heard(&gus, "through the relay").await;
    say(&gus, "and back 回來");
    heard(&olive, "and back 回來").await;
    assert!(olive.command(ClientCommand::Cut));
    until(&olive, "back", |s| s.reconnects == 1 && s.view.initialised && s.relay.is_some()).await;

    // The relay goes down: the client finds its way without it.
    let Stage { mcu: plug, folder: _folder, .. } = relay;
    plug.pull_the_plug().await;
    until(&olive, "direct", |s| s.reconnects == 2 && s.view.initialised && s.relay.is_none()).await;
    olive.finish().await;
    gus.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_meeting_is_told_through_a_relay() {
    let (stage, relay) = (Stage::open().await, Stage::open().await);
    // The last word and the close come at once: neither may overtake or swallow the other.
    for n in 0..30 {
        let olive = stage.faithful(through(stage.issue(&owner(&format!("last-{n}"))), &relay.mcu));
        joined(&olive).await;
        assert!(olive.command(ClientCommand::Do(Move::EndMeeting)));
        assert_eq!(ended(&olive).await, Ending::MeetingOver);
        assert_eq!(olive.state().reconnects, 0);
        olive.finish().await;
    }
    relay.close().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_cannot_reach_the_server_is_left_aside() {
    let (stage, relay) = (Stage::open().await, Stage::open().await);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let jnj = through(stage.issue(&owner("aside")), &relay.mcu);
    // The primary is closed; the backup is there. Through the relay the backup is found.
    let here = stage.mcu.address();
    let jnj = Jnj { portm: closed.port(), portm2: Some(here.port()), ..jnj };
    let olive = stage.faithful(jnj);
    joined(&olive).await;
    let attempts = olive.state().attempts.clone();
    match &attempts[0].outcome {
        Outcome::Failed(why) => assert!(why.contains("cannot connect to the MCU"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(attempts[1].outcome, Outcome::Won);
    olive.finish().await;
    relay.close().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_beside_a_relay_that_is_not_running_is_not_allowed() {
    let relay = Stage::open().await;
    let ride = Ride { relay_id: 99, session_index: 7 };
    for request in [RelayRequest::Media(ride), RelayRequest::Admitted(ride, 0), RelayRequest::SlideUpload(ride)] {
        let mut peer = Peer::connect(relay.mcu.address()).await;
        peer.pipe.write(&request.encode()).await.unwrap();
        assert_eq!(answer(&mut peer).await, RelayResult::NotAllowed, "{request:?}");
    }
    relay.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_open_relays_hold_up_nobody_and_end_with_their_patience() {
    let stage = Stage::open_with(|config| config.patience.step = Duration::from_millis(300)).await;
    let mut peers = Vec::new();
    for n in 0..60 {
        let mut peer = Peer::connect(stage.mcu.address()).await;
        peer.pipe.write(&RelayRequest::Control { by_name: n % 2 == 0 }.encode()).await.unwrap();
        assert_eq!(answer(&mut peer).await, RelayResult::Continue);
        if n % 3 == 0 {
            peer.pipe.write(&Hello::Control { major: 1, minor: 42 }.encode()).await.unwrap();
        }
        peers.push(peer);
    }
    let olive = stage.join(&owner("meanwhile"));
    joined(&olive).await;
    for peer in peers {
        let (mut incoming, _sender) = peer.split();
        closed(&mut incoming).await;
    }
    olive.finish().await;
    stage.close().await;
}

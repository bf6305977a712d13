//! A connection is lost, and its client comes back by itself (wire/01 section 10.4, wire/02 section 13).

use std::time::Duration;

use hitdeck::client::{Client, ClientCommand, ClientEvent, Ending, Move, Phase};
use hitdeck::link::Transport;
use hitdeck::mcu::Mcu;
use hitdeck::wire::users::UserToClient;
use hitdeck::wire::{Refusal, ToClient};

use crate::stage::{Stage, guest, heard, joined, owner, say, turned_away, until};

/// A server that gives people time to come back.
async fn patient() -> Stage {
    Stage::open_with(|config| config.patience.away = Duration::from_secs(30)).await
}

async fn cut_and_back(client: &Client, times: u32) {
    assert!(client.command(ClientCommand::Cut));
    until(client, "back again", |s| s.reconnects == times && s.phase == Phase::InMeeting && s.view.initialised).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_whose_cable_is_pulled_comes_back_to_the_same_place_and_the_others_notice_nothing() {
    let stage = patient().await;
    let olive = stage.faithful(stage.issue(&owner("back")));
    joined(&olive).await;
    // Without an id, only the ticket can say who this is.
    let ann = stage.faithful(stage.issue(&guest("back", "", "Ann")));
    let number = joined(&ann).await.view.me;
    assert!(olive.command(ClientCommand::Do(Move::PassToken(number))));
    until(&ann, "the token", |s| s.view.token_holder == number).await;
    say(&olive, "before");
    heard(&ann, "before").await;

    let mut noticed = olive.events();
    cut_and_back(&ann, 1).await;
    cut_and_back(&ann, 2).await;
    let state = ann.state();
    assert_eq!((state.view.me, state.view.token_holder), (number, number));
    say(&ann, "back 回來");
    heard(&olive, "back 回來").await;
    assert!(state.view.chat.iter().any(|line| line.text == "before"), "what was said before is told again");
    while let Ok(event) = noticed.try_recv() {
        if let ClientEvent::Message(message) = event {
            assert!(
                !matches!(*message, ToClient::User(UserToClient::Delete { .. } | UserToClient::Add(_))),
                "the owner was told of it: {message:?}"
            );
        }
    }

    // The owner's cable, too.
    cut_and_back(&olive, 1).await;
    assert_eq!((olive.state().view.me, olive.state().view.owns_token), (0, true));
    assert_eq!(olive.state().view.present().len(), 2);
    ann.finish().await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_stands_in_for_a_userinfo_that_has_gone_stale() {
    let stage = Stage::open_with(|config| {
        config.patience.away = Duration::from_secs(30);
        config.freshness = Duration::from_secs(2);
    })
    .await;
    let olive = stage.faithful(stage.issue(&owner("stale")));
    joined(&olive).await;
    let gus = stage.faithful(stage.issue(&guest("stale", "gus", "Gus")));
    let number = joined(&gus).await.view.me;
    // Issued after his: once it is refused, his is stale, too.
    let probe = stage.issue(&guest("stale", "probe", "Probe"));
    let refused = Phase::Ended(Ending::Refused(Refusal::WrongUserinfo2));
    loop {
        let client = stage.start(probe.clone(), Transport::WebSocket, None);
        let state = until(&client, "an answer", |s| matches!(s.phase, Phase::InMeeting | Phase::Ended(_))).await;
        client.finish().await;
        if state.phase == refused {
            break;
        }
    }
    cut_and_back(&gus, 1).await;
    assert_eq!(gus.state().view.me, number);

    // The server forgets: a ticket of nobody does not help a stale file, and says that it is over.
    let address = stage.mcu.address();
    let Stage { folder, installation, mcu, clock } = stage;
    mcu.pull_the_plug().await;
    let (mut config, key) = installation.mcu(address, clock).unwrap();
    config.freshness = Duration::from_secs(2);
    let mcu = Mcu::start(config, key).await.unwrap();
    for client in [gus, olive] {
        client.command(ClientCommand::ReconnectNow);
        assert_eq!(turned_away(client).await, Ending::Refused(Refusal::SessionClosed));
    }
    mcu.shutdown().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_is_sent_out_is_told_and_does_not_come_back() {
    let stage = patient().await;
    let olive = stage.faithful(stage.issue(&owner("out")));
    joined(&olive).await;
    let jnj = stage.issue(&guest("out", "tess", "Tess"));
    let tess = stage.faithful(jnj.clone());
    let number = joined(&tess).await.view.me;
    until(&olive, "two people", |s| s.view.present().len() == 2).await;
    assert!(olive.command(ClientCommand::Do(Move::Ban(number))));
    assert_eq!(turned_away(tess).await, Ending::Disconnected);
    until(&olive, "alone again", |s| s.view.present().len() == 1).await;
    // Banned: not even with a file that is still fresh.
    assert_eq!(turned_away(stage.faithful(jnj)).await, Ending::Refused(Refusal::RequestRejected));
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_follow_their_meeting_to_a_server_that_starts_again_on_the_same_address() {
    let stage = patient().await;
    let olive = stage.faithful(stage.issue(&owner("plug")));
    let first = joined(&olive).await;
    let gus = stage.faithful(stage.issue(&guest("plug", "gus", "Gus")));
    joined(&gus).await;
    let address = stage.mcu.address();
    let Stage { folder, installation, mcu, clock } = stage;
    mcu.pull_the_plug().await;
    until(&gus, "the loss", |s| matches!(s.phase, Phase::Reconnecting { .. })).await;
    let (config, key) = installation.mcu(address, clock).unwrap();
    let mcu = Mcu::start(config, key).await.unwrap();
    for client in [&olive, &gus] {
        // Two attempts came at once, perhaps too early; the next would take four seconds.
        client.command(ClientCommand::ReconnectNow);
        until(client, "there again", |s| s.reconnects == 1 && s.phase == Phase::InMeeting && s.view.initialised).await;
    }
    until(&olive, "both", |s| s.view.present().len() == 2).await;
    assert_eq!(olive.state().view.meeting_id, first.view.meeting_id);
    olive.finish().await;
    gus.finish().await;
    mcu.shutdown().await;
    drop(folder);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_whose_cable_is_pulled_goes_on_with_the_same_message_though_the_office_has_opened() {
    use hitdeck::hit::request::CommandKind;
    let stage = patient().await;
    let leave = hitdeck::installation::order::RequestOrder {
        command: CommandKind::LeaveMessage,
        ..guest("message", "", "Vera")
    };
    let vera = stage.faithful(stage.issue(&leave));
    let number = joined(&vera).await.view.me;
    let olive = stage.join(&owner("message"));
    joined(&olive).await;
    cut_and_back(&vera, 1).await;
    assert_eq!((vera.state().view.me, vera.state().view.present().len()), (number, 1));
    assert_eq!(olive.state().view.present().len(), 1, "the office is another room");
    vera.finish().await;
    olive.finish().await;
    stage.close().await;
}

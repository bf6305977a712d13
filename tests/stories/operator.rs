//! What the MCU's operator says to those who are in a meeting.

use std::time::Duration;

use hitdeck::client::{Client, Ending};
use hitdeck::mcu::{MAX_NOTICE, NoticeError};
use hitdeck::meeting::view::Audience;

use crate::stage::{Stage, files, guest, joined, owner, played, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_seen_by_all_now_and_by_those_who_come_later_and_is_recorded() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("told"));
    joined(&olive).await;
    let gus = stage.join(&guest("told", "gus", "Gus"));
    joined(&gus).await;
    let index = stage.mcu.snapshot().borrow().meetings[0].session_index;
    assert_eq!(stage.mcu.tell(Some(index), " 系統將於六點重新啟動 ").await, Ok(1));
    let late = stage.join(&guest("told", "late", "Late"));
    for client in [&olive, &gus, &late] {
        let state =
            until(client, "the notice", |s| s.view.chat.iter().any(|line| line.audience == Audience::Notice)).await;
        let line = state.view.chat.iter().find(|line| line.audience == Audience::Notice).unwrap();
        assert_eq!(line.text, "系統將於六點重新啟動");
    }
    assert_eq!(stage.mcu.warn_of_shutdown().await, 1);
    until(&gus, "the coming shutdown", |s| s.view.shutting_down).await;
    for client in [olive, gus, late] {
        client.leave();
        client.finish().await;
    }
    let recordings = stage.recordings();
    let _folder = stage.close().await;
    let (recording, _) = played(&files(&recordings, ".jnr")[0]);
    assert!(recording.chat.iter().any(|line| line.text == "系統將於六點重新啟動" && line.audience == Audience::Notice));
    assert!(!recording.shutting_down, "what is only for those who are there is not recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_nobody_could_read_is_refused() {
    let stage = Stage::open().await;
    assert_eq!(stage.mcu.tell(None, "anybody?").await, Ok(0));
    assert_eq!(stage.mcu.tell(None, " ").await, Err(NoticeError::Empty));
    let long = "x".repeat(MAX_NOTICE + 1);
    assert_eq!(stage.mcu.tell(None, &long).await, Err(NoticeError::TooLong { bytes: MAX_NOTICE + 1 }));
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_knows_how_far_away_its_server_is() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("far"));
    let state = until(&olive, "an answer to a probe", |s| s.round_trip.is_some()).await;
    assert!(state.unanswered.is_none());
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_leaves_says_so_and_nobody_counts_as_lost() {
    // Somebody whose connection is lost would stay in the list for an hour.
    let stage = Stage::open_with(|config| config.patience.away = Duration::from_secs(3600)).await;
    let olive = stage.join(&owner("exit"));
    joined(&olive).await;
    let order = |n: usize| guest("exit", &format!("g{n}"), &format!("Guest {n}"));
    let guests: Vec<Client> = (0..PEOPLE).map(|n| stage.join(&order(n))).collect();
    until(&olive, "all are there", |s| s.view.present().len() == PEOPLE + 1).await;
    for client in &guests {
        joined(client).await;
    }
    for client in guests {
        assert_eq!(client.finish().await, Ending::Left);
    }
    until(&olive, "all have left", |s| s.view.present().len() == 1).await;
    // At any moment of their coming in, too.
    let mut watch = olive.watch();
    for n in PEOPLE..2 * PEOPLE {
        let client = stage.join(&order(n));
        let mut phases = client.watch();
        for _ in 0..n % 6 {
            phases.changed().await.unwrap();
        }
        assert_eq!(client.finish().await, Ending::Left);
        watch.mark_unchanged();
    }
    until(&olive, "all have left again", |s| s.view.present().len() == 1).await;
    olive.finish().await;
    stage.close().await;
}

const PEOPLE: usize = 24;

//! Peers that say nothing, too much, or nonsense: the server stays, and whoever means well notices nothing.

use std::time::Duration;

use hitdeck::client::{ClientCommand, Move, Phase};
use hitdeck::installation::order::RequestOrder;
use hitdeck::link::{Route, Target, Transport, dial};
use hitdeck::wire::join::{BeforeAdmission, flags};
use hitdeck::wire::message::Alive;
use hitdeck::wire::{ToClient, ToServer};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::peer::{Peer, closed};
use crate::stage::{Stage, guest, heard, joined, owner, say, until, within};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_silent_connections_keep_nobody_out_and_are_closed() {
    let stage = Stage::open_with(|config| config.link.first_byte_timeout = Duration::from_secs(8)).await;
    let mut silent = JoinSet::new();
    for _ in 0..1000 {
        let mut stream = TcpStream::connect(stage.mcu.address()).await.unwrap();
        silent.spawn(async move { assert_eq!(stream.read(&mut [0]).await.unwrap(), 0) });
    }
    // Those that became WebSockets and then fell silent.
    let (host, port) = (stage.mcu.address().ip().to_string(), stage.mcu.address().port());
    let target = Target { host, port, transport: Transport::WebSocket };
    for _ in 0..50 {
        let (sender, mut receiver) = dial(&target, &Route::default(), Duration::from_secs(60)).await.unwrap().split();
        silent.spawn(async move {
            let end = receiver.recv().await;
            assert!(!matches!(end, Ok(Some(_))), "nobody has anything to say to it: {end:?}");
            drop(sender);
        });
    }
    let olive = stage.join(&owner("crowd"));
    tokio::select! {
        _ = joined(&olive) => {}
        first = silent.join_next() => panic!("a silent one was closed before the honest one was in: {first:?}"),
    }
    let all = async {
        while let Some(end) = silent.join_next().await {
            end.unwrap();
        }
    };
    within("a thousand ends", all).await.expect("some silent connections are still open");
    say(&olive, "they are gone");
    heard(&olive, "they are gone").await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_at_any_step_ends_only_the_connection_that_makes_it() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("noise"));
    joined(&olive).await;
    let mut noise = Noise(0x1234_5678_9abc_def1);
    for step in Step::ALL {
        for length in [1, 2, 9, 100, 5000] {
            for _ in 0..3 {
                step.reach(&stage).await.hang_up_with(&noise.bytes(length)).await;
            }
        }
        // Lengths that lie: the largest, negative, and just beyond the limits.
        for lie in [[0x7f, 0xff, 0xff, 0xff], [0xff; 4], [0x80, 0, 0, 0], [0, 0, 0x4e, 0x1f]] {
            let start: &[u8] = match step {
                Step::Connected => b"!",
                Step::Greeted | Step::Introducing | Step::PasswordAsked => b"",
                Step::Agreed => b"4",
                Step::Introduced => b"3",
                Step::InMeeting => b"C",
            };
            step.reach(&stage).await.hang_up_with(&[start, &lie].concat()).await;
        }
        say(&olive, &format!("still here after {step:?}"));
        heard(&olive, &format!("still here after {step:?}")).await;
    }
    until(&olive, "nobody else is left", |s| s.view.present().len() == 1).await;
    let gus = stage.join(&guest("noise", "gus", "Gus"));
    joined(&gus).await;
    gus.finish().await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_stops_in_the_middle_of_a_word_is_let_go() {
    let stage = Stage::open().await;
    let olive = stage.join(&owner("noise"));
    joined(&olive).await;
    let whole: [(Step, Vec<u8>); 7] = [
        (Step::Connected, b"!\0\0\0\x01\0\0\0\x2a".to_vec()),
        (Step::Greeted, [&[0, 0, 0x10, 3, 0, 0, 1, 0][..], &[5; 256]].concat()),
        (Step::Agreed, b"4\0\0\0\x07\0\0\x27\x13WEB\0\0\0\0".to_vec()),
        (Step::Introducing, b"\0\0\0\x07\0\0\x27\x13WEB\0\0\0\0".to_vec()),
        (Step::Introduced, [b"3\0\0\0\x20".as_slice(), &[b'x'; 32], &[flags::NORMAL]].concat()),
        (Step::PasswordAsked, [&[0, 0, 0, 20][..], &[1; 20]].concat()),
        (Step::InMeeting, [b"C\0\0\0\x20".as_slice(), &[b'x'; 32]].concat()),
    ];
    for (step, bytes) in whole {
        let mut cuts = vec![0, 1, 4, 5, bytes.len() / 2, bytes.len() - 1];
        cuts.dedup();
        for cut in cuts {
            step.reach(&stage).await.hang_up_with(&bytes[..cut]).await;
        }
    }
    until(&olive, "nobody else is left", |s| s.view.present().len() == 1).await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_stops_halfway_and_stays_is_closed_after_the_steps_time() {
    let stage = Stage::open_with(|config| {
        config.patience.step = Duration::from_secs(2);
        config.patience.password = Duration::from_secs(2);
    })
    .await;
    let stop_at = async |step: Step| {
        let (mut incoming, _sender) = step.reach(&stage).await.split();
        closed(&mut incoming).await;
    };
    tokio::join!(
        stop_at(Step::Greeted),
        stop_at(Step::Agreed),
        stop_at(Step::Introducing),
        stop_at(Step::Introduced),
        stop_at(Step::PasswordAsked),
    );
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_takes_its_time_at_every_step_is_closed_all_the_same() {
    // No single step has an end within this story.
    let stage = Stage::open_with(|config| {
        config.patience.step = Duration::from_secs(3600);
        config.patience.password = Duration::from_secs(3600);
        config.patience.admission = Duration::from_secs(2);
    })
    .await;
    let mut peers = JoinSet::new();
    for step in [Step::Greeted, Step::Agreed, Step::Introducing, Step::Introduced, Step::PasswordAsked] {
        let (mut incoming, sender) = step.reach(&stage).await.split();
        peers.spawn(async move {
            closed(&mut incoming).await;
            drop(sender);
        });
    }
    // Who is in is in.
    let olive = stage.join(&owner("patient"));
    joined(&olive).await;
    while let Some(end) = peers.join_next().await {
        end.unwrap();
    }
    say(&olive, "still here");
    heard(&olive, "still here").await;
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_cut_and_the_others_go_on() {
    // Enough for what a newcomer is told at once, 500 lines of chat among it.
    let stage = Stage::open_with(|config| config.patience.queue = 1024).await;
    let order = RequestOrder { recorded: false, ..owner("slow") };
    let olive = stage.join(&order);
    joined(&olive).await;
    let gus = stage.join(&guest("slow", "gus", "Gus"));
    joined(&gus).await;
    let (mut incoming, _sender) =
        Peer::admitted(stage.mcu.address(), &stage.issue(&guest("slow", "sloth", "Sloth"))).await.split();
    until(&olive, "three people", |s| s.view.present().len() == 3).await;

    // The systems' socket buffers take a few megabytes before the server feels anything.
    let long = "x".repeat(2000);
    let mut said = 0;
    while olive.state().view.present().len() == 3 {
        assert!(said < 50_000, "a hundred megabytes, and it is still there");
        for _ in 0..50 {
            assert!(olive.command(ClientCommand::Do(Move::Say(long.clone()))));
        }
        said += 50;
        // One sender is heard so often a second, and no more.
        tokio::time::sleep(Duration::from_millis(250)).await;
        until(&olive, "its own lines", |s| s.view.chat.len() >= said).await;
    }
    assert_eq!(olive.state().view.name_of(2), "Sloth");
    assert!(!olive.state().view.is_present(2), "somebody else was cut");
    closed(&mut incoming).await;

    say(&gus, "did you hear that?");
    heard(&olive, "did you hear that?").await;
    let state = until(&gus, "every line", |s| s.view.chat.len() > said).await;
    assert_eq!(state.view.present().len(), 2);
    // The place is free: the same person comes back.
    let sloth = stage.join(&guest("slow", "sloth", "Sloth"));
    assert_eq!(joined(&sloth).await.view.me, 2);
    for client in [sloth, gus, olive] {
        client.finish().await;
    }
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_client_is_probed_and_then_dropped_while_one_that_answers_stays() {
    let stage = Stage::open_with(|config| config.patience.alive = Duration::from_millis(400)).await;
    let olive = stage.join(&owner("alive"));
    joined(&olive).await;
    let dead = Peer::admitted(stage.mcu.address(), &stage.issue(&guest("alive", "dead", "Dead"))).await;
    until(&olive, "two people", |s| s.view.present().len() == 2).await;
    let (mut incoming, _sender) = dead.split();
    let mut probes = 0;
    let listening = async {
        while let Ok(message) = incoming.next(ToClient::decode).await {
            probes += i32::from(matches!(message, ToClient::Alive(Alive::Probe)));
        }
    };
    within("the silent one is dropped", listening).await.expect("it is still there");
    assert_eq!(probes, 2, "two probes, then it is given up (wire/01 section 10.1)");
    let state = until(&olive, "alone", |s| s.view.present().len() == 1).await;
    assert_eq!(state.phase, Phase::InMeeting, "who answers probes stays, however little it says");
    olive.finish().await;
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_of_a_client_is_answered() {
    let stage = Stage::open().await;
    let mut peer = Peer::admitted(stage.mcu.address(), &stage.issue(&owner("probe"))).await;
    peer.tell(&ToServer::Alive(Alive::Probe)).await;
    let (mut incoming, sender) = peer.split();
    let answered =
        async { while !matches!(incoming.next(ToClient::decode).await.unwrap(), ToClient::Alive(Alive::Answer)) {} };
    within("an answer", answered).await.expect("no answer came");
    drop(sender);
    stage.close().await;
}

/// How far a peer goes before it misbehaves.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Nothing has been said.
    Connected,
    /// The public key is due.
    Greeted,
    /// The client's parameters are due.
    Agreed,
    /// In the middle of them.
    Introducing,
    /// The join request is due.
    Introduced,
    /// The password is due.
    PasswordAsked,
    /// In the meeting.
    InMeeting,
}

impl Step {
    const ALL: [Step; 7] = [
        Step::Connected,
        Step::Greeted,
        Step::Agreed,
        Step::Introducing,
        Step::Introduced,
        Step::PasswordAsked,
        Step::InMeeting,
    ];

    async fn reach(self, stage: &Stage) -> Peer {
        let mcu = stage.mcu.address();
        match self {
            Step::PasswordAsked => {
                let order = RequestOrder { password: Some("sesame".into()), ..owner("locked") };
                let (peer, answer) = Peer::asked(mcu, &stage.issue(&order)).await;
                assert!(matches!(answer, BeforeAdmission::PasswordWanted), "{answer:?}");
                return peer;
            }
            // Nobody special, so that no message of chance ends the meeting.
            Step::InMeeting => {
                return Peer::admitted(mcu, &stage.issue(&guest("noise", "", "Noise"))).await;
            }
            Step::Introduced => return Peer::introduced(mcu).await,
            Step::Connected | Step::Greeted | Step::Agreed | Step::Introducing => {}
        }
        let mut peer = Peer::connect(mcu).await;
        if !matches!(self, Step::Connected) {
            peer.greet().await;
        }
        if matches!(self, Step::Agreed | Step::Introducing) {
            peer.agree().await;
        }
        if matches!(self, Step::Introducing) {
            peer.pipe.write(&hitdeck::wire::Clear::command(b'4')).await.unwrap();
        }
        peer
    }
}

/// The same noise every time (xorshift), so that a failure comes again.
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let next = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0.to_be_bytes()[0]
        };
        std::iter::repeat_with(next).take(length).collect()
    }
}

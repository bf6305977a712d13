//! One table: at every step of every kind of connection, what a hostile peer says and what must come of it. After every row somebody
//! honest joins and chats, and the server counts as many connections as before.
//!
//! Every time limit of the server is far beyond this story: what is closed is closed for what it said.

use std::sync::Arc;
use std::time::Duration;

use hitdeck::client::Client;
use hitdeck::installation::order::RequestOrder;
use hitdeck::link::Sender;
use hitdeck::link::pipe::Incoming;
use hitdeck::wire::chat::ChatToServer;
use hitdeck::wire::fields::Keys;
use hitdeck::wire::handshake::{self, Hello, Secondary, SecondaryKind};
use hitdeck::wire::join::{BeforeAdmission, JoinRequest, flags};
use hitdeck::wire::message::Alive;
use hitdeck::wire::{Clear, Refusal, ToClient, ToServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::table::table;
use crate::peer::{Peer, closed};
use crate::stage::{Stage, guest, heard, joined, owner, until, within};

mod table;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_said_at_whatever_step_harms_nobody_else_and_leaves_nothing() {
    let tasks = Handle::current().metrics().num_alive_tasks();
    let stage = Stage::open_with(|config| {
        config.patience.step = NEVER;
        config.patience.password = NEVER;
        config.patience.admission = NEVER;
        config.patience.alive = NEVER;
        config.link.first_byte_timeout = NEVER;
        config.link.header_timeout = NEVER;
        config.link.http_timeout = NEVER;
    })
    .await;
    let olive = stage.join(&owner(MEETING));
    joined(&olive).await;
    let before = stage.mcu.connections();
    let scene = Arc::new(Scene { stage, olive });

    // A few at once: rows do not know of each other, and the table takes seconds.
    let turns = Arc::new(Semaphore::new(8));
    let mut rows = JoinSet::new();
    for (number, row) in table().into_iter().enumerate() {
        let (scene, turns) = (Arc::clone(&scene), Arc::clone(&turns));
        rows.spawn(async move {
            let _turn = turns.acquire().await.unwrap();
            row.play(&scene).await;
            scene.somebody_honest(number, row.what).await;
        });
    }
    let mut failed = Vec::new();
    while let Some(row) = rows.join_next().await {
        failed.extend(row.err().map(|failure| failure.to_string()));
    }
    assert!(failed.is_empty(), "{} rows failed:\n{}", failed.len(), failed.join("\n"));

    let Scene { stage, olive } = Arc::into_inner(scene).unwrap();
    until(&olive, "nobody else is left", |s| s.view.present().len() == 1).await;
    settles("as many connections as before", || stage.mcu.connections() == before).await;
    olive.finish().await;
    stage.close().await;
    settles("no task is left", || Handle::current().metrics().num_alive_tasks() == tasks).await;
}

struct Scene {
    stage: Stage,
    olive: Client,
}

impl Scene {
    /// Comes in, is heard by who is there, and goes.
    async fn somebody_honest(&self, number: usize, what: &str) {
        let jnj = self.stage.issue(&guest(MEETING, &format!("honest{number}"), "Honest"));
        let mut peer = Peer::introduced(self.stage.mcu.address()).await;
        peer.ask(&jnj, flags::NORMAL).await;
        peer.enter(None).await;
        let text = format!("{number}: {what}");
        peer.tell(&ToServer::Chat(ChatToServer::Say { text: text.as_str().into() })).await;
        heard(&self.olive, &text).await;
        peer.pipe.close().await;
    }
}

/// How far a peer has come when it says what it should not.
#[derive(Clone, Copy, Debug, PartialEq)]
enum At {
    FirstByte,
    PublicKey,
    Parameters,
    Entries,
    Join,
    Password,
    Admitted,
    /// A connection beside a control connection, challenged by the server.
    Challenge(SecondaryKind),
    /// Plain TCP, where HTTP is to be spoken.
    Http,
    /// After a good upgrade: frames.
    WebSocket,
}

/// What must come of it.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// The server closes.
    Closed,
    /// It is the beginning of something good: the server waits, and closes when the peer does.
    ClosedAtItsEnd,
    /// Told why, by this code.
    Refused(Refusal),
    /// Passed over: the conversation goes on.
    GoesOn,
    /// An HTTP answer of this status.
    Status(u16),
}

struct Row {
    at: At,
    what: &'static str,
    /// Each on a connection of its own.
    said: Vec<Vec<u8>>,
    then: Then,
}

impl Row {
    async fn play(&self, scene: &Arc<Scene>) {
        let mut all = JoinSet::new();
        for said in self.said.clone() {
            let (scene, at, then, what) = (Arc::clone(scene), self.at, self.then, self.what);
            all.spawn(async move {
                let shown = format!("{at:?}, {what}: {:02x?}", &said[..said.len().min(40)]);
                within("a row", act(&scene.stage, at, said, then))
                    .await
                    .unwrap_or_else(|| panic!("{shown}: not {then:?}"));
            });
        }
        while let Some(one) = all.join_next().await {
            one.unwrap_or_else(|failure| panic!("{:?}, {}: {failure}", self.at, self.what));
        }
    }
}

async fn act(stage: &Stage, at: At, said: Vec<u8>, then: Then) {
    let peer = match at {
        At::Http => return http(stage, said, then).await,
        At::WebSocket => return web_socket(stage, said, then).await,
        other => reach(stage, other).await,
    };
    let (mut incoming, mut sender) = peer.split();
    // The server may have had enough before everything is said.
    drop(sender.send(said.into()).await);
    match then {
        Then::Closed => closed(&mut incoming).await,
        Then::ClosedAtItsEnd => {
            drop(sender.close().await);
            closed(&mut incoming).await;
        }
        Then::Refused(code) => assert_eq!(refusal(&mut incoming).await, code),
        Then::GoesOn => goes_on_at(stage, at, &mut incoming, &mut sender).await,
        Then::Status(_) => panic!("no HTTP here"),
    }
    drop(sender.close().await);
}

/// The code; a password that was wrong is asked for again before.
async fn refusal(incoming: &mut Incoming) -> Refusal {
    loop {
        match incoming.next(BeforeAdmission::decode).await.unwrap() {
            BeforeAdmission::PasswordWanted => {}
            BeforeAdmission::Refused(refusal) => return refusal,
            other => panic!("{other:?}"),
        }
    }
}

async fn reach(stage: &Stage, at: At) -> Peer {
    let mcu = stage.mcu.address();
    match at {
        At::Join => return Peer::introduced(mcu).await,
        At::Password => {
            let order = RequestOrder { password: Some("sesame".into()), ..owner("locked") };
            let (peer, answer) = Peer::asked(mcu, &stage.issue(&order)).await;
            assert!(matches!(answer, BeforeAdmission::PasswordWanted), "{answer:?}");
            return peer;
        }
        // Nobody special, so that no message ends the meeting.
        At::Admitted => return Peer::admitted(mcu, &stage.issue(&guest(MEETING, "", "Hostile"))).await,
        At::Challenge(kind) => {
            let session_index = stage.mcu.snapshot().borrow().meetings[0].session_index;
            let mut peer = Peer::connect(mcu).await;
            let hello = Hello::Secondary(Secondary { kind, session_index, id: 0 });
            peer.pipe.write(&hello.encode()).await.unwrap();
            peer.pipe.read(NEVER, "a challenge", |r| r.array::<32>()).await.unwrap();
            return peer;
        }
        At::FirstByte | At::PublicKey | At::Parameters | At::Entries | At::Http | At::WebSocket => {}
    }
    let mut peer = Peer::connect(mcu).await;
    if at != At::FirstByte {
        peer.greet().await;
    }
    if matches!(at, At::Parameters | At::Entries) {
        peer.agree().await;
    }
    if at == At::Entries {
        peer.pipe.write(&Clear::command(b'4')).await.unwrap();
    }
    peer
}

/// What an honest peer does next at that step is answered.
async fn goes_on_at(stage: &Stage, at: At, incoming: &mut Incoming, sender: &mut Sender) {
    let mut send = async |clear: Clear| sender.send(clear.seal(&Keys::CLEAR).into()).await.unwrap();
    match at {
        At::FirstByte => {
            let version = incoming.next(handshake::decode_server_version).await.unwrap();
            assert_eq!(version, handshake::SERVER_VERSION.as_bytes());
        }
        At::PublicKey => drop(incoming.next(handshake::decode_server_public).await.unwrap()),
        At::Entries | At::Parameters => {
            let jnj = stage.issue(&guest(MEETING, "", "Many parameters"));
            let userinfo = jnj.userinfo.unwrap().expose().to_owned();
            send(JoinRequest::Hit { userinfo, flags: flags::NORMAL }.encode()).await;
            let answer = incoming.next(BeforeAdmission::decode).await.unwrap();
            assert!(matches!(answer, BeforeAdmission::Admitted(_)), "{answer:?}");
        }
        At::Admitted => {
            send(ToServer::Alive(Alive::Probe).encode()).await;
            while !matches!(incoming.next(ToClient::decode).await.unwrap(), ToClient::Alive(Alive::Answer)) {}
        }
        other => panic!("nothing goes on at {other:?}"),
    }
}

/// Says it, and that nothing follows; reads what comes until the server closes.
async fn http(stage: &Stage, said: Vec<u8>, then: Then) {
    let mut stream = TcpStream::connect(stage.mcu.address()).await.unwrap();
    drop(stream.write_all(&said).await);
    if matches!(then, Then::ClosedAtItsEnd) {
        drop(stream.shutdown().await);
    }
    let mut answer = Vec::new();
    if let Then::Status(status) = then {
        let wanted = format!("HTTP/1.x {status} ");
        while answer.len() < wanted.len() {
            let read = stream.read_buf(&mut answer).await.unwrap();
            assert!(read > 0, "closed without an answer: expected {wanted}");
        }
        let (version, code) = (&answer[..7], &answer[8..wanted.len()]);
        assert!(version == b"HTTP/1." && code == &wanted.as_bytes()[8..], "{}: not {status}", answer.escape_ascii());
        drop(stream.shutdown().await);
    }
    // An end or a reset: either way it is over.
    drop(stream.read_to_end(&mut answer).await);
}

async fn web_socket(stage: &Stage, said: Vec<u8>, then: Then) {
    let mut stream = TcpStream::connect(stage.mcu.address()).await.unwrap();
    stream.write_all(UPGRADE).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", answer.escape_ascii());
    let (mut reading, mut writing) = stream.into_split();
    // Beside the reading: a server that answers while nobody reads must not stop us.
    let saying = tokio::spawn(async move {
        drop(writing.write_all(&said).await);
        writing
    });
    let mut told = Vec::new();
    match then {
        Then::GoesOn => {
            let version = handshake::SERVER_VERSION.as_bytes();
            while !told.windows(version.len()).any(|window| window == version) {
                assert!(reading.read_buf(&mut told).await.unwrap() > 0, "closed: {}", told.escape_ascii());
            }
        }
        Then::ClosedAtItsEnd => drop(saying.await.unwrap().shutdown().await),
        _ => drop(reading.read_to_end(&mut told).await),
    }
}

/// Waits for what follows from an event of another task within moments, and has none of its own.
async fn settles(what: &str, is: impl Fn() -> bool) {
    let settling = async {
        while !is() {
            tokio::task::yield_now().await;
        }
    };
    within(what, settling).await.unwrap_or_else(|| panic!("never came: {what}"));
}

const MEETING: &str = "hostile";
const NEVER: Duration = Duration::from_secs(36_000);
const UPGRADE: &[u8] = b"GET /websocket/ HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: hmtg\r\n\r\n";

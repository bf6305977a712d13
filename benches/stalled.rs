//! The delay of chat among 100 people, with and without one who does not read.
//!
//! Prints p50 and p99 of both; the aim is that p99 grows by less than 5 ms. `cargo bench --bench stalled`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use hitdeck::client::{Client, ClientCommand, ClientEvent, ClientOptions, Phase};
use hitdeck::clock::Clock;
use hitdeck::hit::jnj::{Credential, Jnj};
use hitdeck::hit::modp::{self, Exponent};
use hitdeck::hit::request::CommandKind;
use hitdeck::installation::Installation;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::link::pipe::Pipe;
use hitdeck::link::{Route, Target, Transport, dial};
use hitdeck::mcu::Mcu;
use hitdeck::wire::chat::ChatToClient;
use hitdeck::wire::cipher::{Cipher, CipherName};
use hitdeck::wire::handshake::{self, Hello};
use hitdeck::wire::join::{BeforeAdmission, JoinRequest};
use hitdeck::wire::parameters::{self, CLIENT_BLOCK, ServerParameter};
use hitdeck::wire::{Clear, ToClient, exchange};

const PEOPLE: usize = 100;
const LINES: usize = 300;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let without = runtime.block_on(delays(false));
    let with = runtime.block_on(delays(true));
    for (what, delays) in [("nobody stalled", &without), ("one stalled", &with)] {
        println!("{what}: p50 {:.2?}, p99 {:.2?} of {} deliveries", at(delays, 50), at(delays, 99), delays.len());
    }
    let grown = at(&with, 99).as_secs_f64() - at(&without, 99).as_secs_f64();
    println!("p99 grows by {:.2} ms (aim: less than 5)", grown * 1000.0);
}

fn at(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() - 1) * percent / 100]
}

async fn delays(stalled: bool) -> Vec<Duration> {
    let folder = tempfile::tempdir().unwrap();
    let installation = Installation::init(&folder.path().join("desk")).unwrap();
    let clock = Clock::system();
    let (config, key) = installation.mcu("127.0.0.1:0".parse().unwrap(), clock).unwrap();
    let mcu = Mcu::start(config, key).await.unwrap();
    let issue = |n: usize| {
        let guest =
            (n > 0).then(|| GuestOrder { id: format!("g{n}"), name: format!("G{n}"), invited: true, ticket: false });
        let order = RequestOrder {
            owner: ("olive".into(), "Olive".into()),
            meeting_id: "m".into(),
            command: CommandKind::Meeting,
            guest,
            group: None,
            duration_min: 60,
            title: String::new(),
            password: None,
            recorded: true,
            set: Vec::new(),
        };
        installation.issue(&order.request(clock.now()).unwrap(), mcu.address()).unwrap()
    };
    let clients: Vec<Client> = (0..PEOPLE - 1).map(|n| Client::start(issue(n), ClientOptions::new(clock))).collect();
    for client in &clients {
        client.watch().wait_for(|state| state.phase == Phase::InMeeting && state.view.initialised).await.unwrap();
    }
    // Admitted like the others, and from then on it reads nothing.
    let silent = if stalled { Some(admitted(&issue(PEOPLE), mcu.address()).await) } else { None };
    let speaker = &clients[0];
    let mut ears: Vec<_> = clients.iter().map(Client::events).collect();
    let mut delays = Vec::new();
    for n in 0..LINES {
        let text = format!("{n} {}", "x".repeat(1500));
        let said = Instant::now();
        assert!(speaker.command(ClientCommand::Say(text.clone())));
        for ear in &mut ears {
            loop {
                if let ClientEvent::Message(message) = ear.recv().await.unwrap()
                    && let ToClient::Chat(ChatToClient::Line { text: heard, .. }) = &*message
                    && heard.ends_with(&text)
                {
                    delays.push(said.elapsed());
                    break;
                }
            }
        }
    }
    drop(silent);
    for client in clients {
        client.finish().await;
    }
    mcu.shutdown().await;
    delays.sort_unstable();
    delays
}

async fn admitted(jnj: &Jnj, mcu: std::net::SocketAddr) -> Pipe {
    let patience = Duration::from_secs(20);
    let target = Target { host: mcu.ip().to_string(), port: mcu.port(), transport: Transport::Tcp };
    let mut pipe = Pipe::new(dial(&target, &Route::default(), patience).await.unwrap());
    pipe.write(&Hello::Control { major: 1, minor: 42 }.encode()).await.unwrap();
    let version = pipe.read(patience, "version", handshake::decode_server_version).await.unwrap();
    let group = exchange::group_for(&version);
    let exponent = Exponent::from_random([7; 32]);
    let own = modp::public_key(group, &exponent);
    pipe.write(&handshake::encode_client_public(group, &own)).await.unwrap();
    let server = pipe.read(patience, "key", handshake::decode_server_public).await.unwrap();
    let agreed = modp::agree(group, &exponent, &server).unwrap();
    let keys = exchange::derive(group, &own, &server, &agreed, &handshake::version_text(1, 42), &version);
    while let Some(parameter) = pipe.read(patience, "parameters", ServerParameter::decode).await.unwrap() {
        if let ServerParameter::Cipher(_) = parameter {
            pipe.incoming.keys.control = Some(Cipher::new(CipherName::Aes256, &keys));
        }
    }
    pipe.write(&Clear::command(CLIENT_BLOCK)).await.unwrap();
    pipe.write(&parameters::encode_end()).await.unwrap();
    let userinfo = jnj.userinfo.as_ref().map(Credential::expose).unwrap().to_owned();
    pipe.write(&JoinRequest::Hit { userinfo, flags: 0x38 }.encode()).await.unwrap();
    let answer = pipe.read(patience, "admission", BeforeAdmission::decode).await.unwrap();
    assert!(matches!(answer, BeforeAdmission::Admitted(_)), "{answer:?}");
    pipe
}

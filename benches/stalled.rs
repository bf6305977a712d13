//! The delay of chat among 100 people, with and without one who does not read.
//!
//! Prints p50 and p99 of both; the aim is that p99 grows by less than 5 ms. `cargo bench --bench stalled`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use hitdeck::client::{Client, ClientCommand, ClientEvent, ClientOptions, Move};
use hitdeck::hit::jnj::{Credential, Jnj};
use hitdeck::hit::modp::{self, Exponent};
use hitdeck::link::pipe::Pipe;
use hitdeck::link::{Route, Target, Transport, dial};
use hitdeck::wire::chat::ChatToClient;
use hitdeck::wire::cipher::{Cipher, CipherName};
use hitdeck::wire::handshake::{self, Hello};
use hitdeck::wire::join::{BeforeAdmission, JoinRequest};
use hitdeck::wire::parameters::{self, CLIENT_BLOCK, ServerParameter};
use hitdeck::wire::{Clear, ToClient, exchange};

use self::crowd::{Crowd, all_inside};

mod crowd;

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
    let crowd = Crowd::expected().await;
    let start = |n| Client::start(crowd.issue(n), ClientOptions::new(crowd.clock.clone()));
    let clients: Vec<_> = (0..PEOPLE - 1).map(start).collect();
    all_inside(&clients).await;
    // Admitted like the others, and from then on it reads nothing.
    let silent = if stalled { Some(admitted(&crowd.issue(PEOPLE), crowd.mcu.address()).await) } else { None };
    let speaker = &clients[0];
    let mut ears: Vec<_> = clients.iter().map(Client::events).collect();
    let mut delays = Vec::new();
    for n in 0..LINES {
        let text = format!("{n} {}", "x".repeat(1500));
        let said = Instant::now();
        assert!(speaker.command(ClientCommand::Do(Move::Say(text.clone()))));
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
    crowd.leaves(clients).await;
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

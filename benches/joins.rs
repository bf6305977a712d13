//! 300 people join one meeting at once, against the bare key exchanges that this takes on both sides, on two threads each.
//!
//! Prints the ratio bare / total; the aim is 0.6. `cargo bench --bench joins`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use hitdeck::client::{Client, ClientOptions, Phase};
use hitdeck::clock::Clock;
use hitdeck::hit::modp::{self, Exponent, Group};
use hitdeck::hit::request::CommandKind;
use hitdeck::installation::Installation;
use hitdeck::installation::order::{GuestOrder, RequestOrder};
use hitdeck::mcu::Mcu;

const PEOPLE: usize = 300;

fn main() {
    let bare = bare();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let total = runtime.block_on(together());
    println!("{PEOPLE} bare key exchanges, both sides, two threads: {bare:.2?}");
    println!("{PEOPLE} joins at once, server and clients in one process, two threads: {total:.2?}");
    println!("bare / total: {:.2} (aim 0.6)", bare.as_secs_f64() / total.as_secs_f64());
}

/// Four powers a join: a public key and an agreed one on each side.
fn bare() -> Duration {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..2u8 {
            scope.spawn(move || {
                for n in 0..PEOPLE / 2 {
                    let own = Exponent::from_random([thread.wrapping_add(n as u8); 32]);
                    let other = Exponent::from_random([0x5a ^ n as u8; 32]);
                    let (x, y) = (modp::public_key(Group::Modp2048, &own), modp::public_key(Group::Modp2048, &other));
                    let (a, b) = (
                        modp::agree(Group::Modp2048, &own, &y).unwrap(),
                        modp::agree(Group::Modp2048, &other, &x).unwrap(),
                    );
                    std::hint::black_box((a, b));
                }
            });
        }
    });
    begun.elapsed()
}

async fn together() -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let installation = Installation::init(&folder.path().join("desk")).unwrap();
    let clock = Clock::system();
    let (config, key) = installation.mcu("127.0.0.1:0".parse().unwrap(), clock).unwrap();
    let mcu = Mcu::start(config, key).await.unwrap();
    let order = |guest: Option<GuestOrder>| RequestOrder {
        owner: ("olive".into(), "Olive".into()),
        meeting_id: "crowd".into(),
        command: CommandKind::Meeting,
        guest,
        group: None,
        duration_min: 60,
        title: String::new(),
        password: None,
        recorded: true,
        set: Vec::new(),
    };
    let jnj = |guest| installation.issue(&order(guest).request(clock.now()).unwrap(), mcu.address()).unwrap();
    let guest = |n: usize| GuestOrder { id: format!("g{n}"), name: format!("Guest {n}"), invited: true, ticket: false };
    let files: Vec<_> = (0..PEOPLE).map(|n| jnj((n > 0).then(|| guest(n)))).collect();
    let begun = Instant::now();
    let clients: Vec<Client> = files.into_iter().map(|jnj| Client::start(jnj, ClientOptions::new(clock))).collect();
    for client in &clients {
        let mut watch = client.watch();
        watch.wait_for(|state| state.phase == Phase::InMeeting && state.view.initialised).await.unwrap();
    }
    let took = begun.elapsed();
    for client in clients {
        client.finish().await;
    }
    mcu.shutdown().await;
    took
}

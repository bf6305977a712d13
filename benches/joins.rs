//! 300 people join one meeting at once, against the bare key exchanges that this takes on both sides, on two threads each.
//!
//! Prints the ratio bare / total; the aim is 0.6. `cargo bench --bench joins`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use hitdeck::client::{Client, ClientOptions};
use hitdeck::hit::modp::{self, Exponent, Group};

use self::crowd::{Crowd, all_inside};

mod crowd;

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
                    let exponent = |side: u8| {
                        let mut bytes = [0xa5; 32];
                        bytes[..3].copy_from_slice(&[side, thread, n as u8]);
                        Exponent::from_random(bytes)
                    };
                    let (own, other) = (exponent(0), exponent(1));
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
    let crowd = Crowd::expected().await;
    let files: Vec<_> = (0..PEOPLE).map(|n| crowd.issue(n)).collect();
    let begun = Instant::now();
    let clients: Vec<_> =
        files.into_iter().map(|jnj| Client::start(jnj, ClientOptions::new(crowd.clock.clone()))).collect();
    all_inside(&clients).await;
    let took = begun.elapsed();
    crowd.leaves(clients).await;
    took
}

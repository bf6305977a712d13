//! What one line of chat and one change of the roster cost a meeting of 10, 100 and 300 people: the rules, one encoding, one
//! encryption, and a shared copy for each receiver. First without sockets, with and without a history of 10,000 lines; then through
//! our MCU over loopback, beside as many bare TCP connections that are written the same bytes.
//!
//! Prints microseconds, and deliveries in a second of one core for each. `cargo bench --bench fan_out`.

#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hitdeck::clock::Now;
use hitdeck::meeting::room::{Charter, Newcomer, Output, Recipients, Room};
use hitdeck::meeting::view::Ssrc;
use hitdeck::wire::ToServer;
use hitdeck::wire::chat::ChatToServer;
use hitdeck::wire::cipher::{Cipher, CipherName, KeyMaterial};
use hitdeck::wire::fields::Keys;

mod crowd;
mod wire;

const ROUNDS: u32 = 300;
/// Lines said before, to see whether they cost anything.
const HISTORY: u32 = 10_000;
/// So many deliveries over sockets a measurement, so that the kernel's hundredths of a second are fine enough.
const DELIVERIES: usize = 150_000;
/// Of a line of chat on the wire, with its WebSocket frame.
const LINE_BYTES: usize = 90;

fn main() {
    for people in [10, 100, 300] {
        let mut hall = Hall::with(people);
        let chat = hall.each(|hall, n| {
            let text = format!("line {n}, of the length that people write in a chat");
            hall.room.receive(0, ToServer::Chat(ChatToServer::Say { text: text.into() }), hall.now);
        });
        let roster = hall.each(|hall, _| {
            let last = Ssrc::try_from(people - 1).unwrap();
            hall.room.leave(last, true, hall.now);
            hall.join(people - 1);
        });
        for n in 0..HISTORY {
            let text = format!("line {n} of a long talk");
            hall.room.receive(0, ToServer::Chat(ChatToServer::Say { text: text.into() }), hall.now);
            hall.now = hall.now.plus(Duration::from_millis(100));
            hall.drain();
        }
        let later = hall.each(|hall, n| {
            let text = format!("line {n}, of the length that people write in a chat");
            hall.room.receive(0, ToServer::Chat(ChatToServer::Say { text: text.into() }), hall.now);
        });
        println!(
            "{people} people, no sockets: a line of chat {:.1} us, after {HISTORY} lines {:.1} us; one who leaves and comes back {:.1} us",
            chat.as_secs_f64() * 1e6,
            later.as_secs_f64() * 1e6,
            roster.as_secs_f64() * 1e6
        );
    }
    for people in [10, 100, 300] {
        let lines = DELIVERIES / people;
        let (ours, raw) = (wire::meeting(people, lines), wire::raw(people, lines, LINE_BYTES));
        println!(
            "{people} people over loopback: {:.0} deliveries a second per core, bare TCP {:.0}; ours / bare {:.2}",
            ours.a_second(),
            raw.a_second(),
            ours.a_second() / raw.a_second()
        );
    }
}

/// A room and its receivers, each a queue that forgets.
struct Hall {
    room: Room,
    now: Now,
    inside: BTreeSet<Ssrc>,
    keys: Keys,
    delivered: usize,
}

impl Hall {
    fn with(people: usize) -> Hall {
        let material = KeyMaterial::from_parts([7; 40], [9; 20]);
        let keys = Keys { control: None, meeting: Some(Cipher::new(CipherName::Aes256, &material)) };
        let now = Now::default();
        let room = Room::open(Charter::default(), now);
        let mut hall = Hall { room, now, inside: BTreeSet::new(), keys, delivered: 0 };
        for n in 0..people {
            hall.join(n);
            hall.drain();
        }
        hall
    }

    fn join(&mut self, n: usize) {
        let newcomer =
            Newcomer { owner: n == 0, user_id: format!("id{n}"), name: format!("Person {n}"), ..Newcomer::default() };
        self.room.join(newcomer, self.now).unwrap();
    }

    fn each(&mut self, mut act: impl FnMut(&mut Hall, u32)) -> Duration {
        let begun = Instant::now();
        for n in 0..ROUNDS {
            self.now = self.now.plus(Duration::from_millis(100));
            act(self, n);
            self.drain();
        }
        assert!(self.delivered > 0);
        begun.elapsed() / ROUNDS
    }

    fn drain(&mut self) {
        while let Some(output) = self.room.poll() {
            match output {
                Output::Admit(ssrc) => self.inside.extend([ssrc]),
                Output::Send(to, message) => {
                    let bytes = Bytes::from(message.encode().seal(&self.keys));
                    let receives = |ssrc: &&Ssrc| match to {
                        Recipients::All => true,
                        Recipients::AllBut(one) => **ssrc != one,
                        Recipients::One(one) => **ssrc == one,
                    };
                    let copies: Vec<Bytes> = self.inside.iter().filter(receives).map(|_| bytes.clone()).collect();
                    self.delivered += copies.len();
                }
                _ => {}
            }
        }
    }
}

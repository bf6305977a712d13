//! Watches connections: every message of those that are tapped, in words (for the window's inspector and `--trace`).
//!
//! In: decoded items from sessions and clients, while it is on. Out: a bounded list of [`Line`]s, and a stream of them for who follows.
//! While it is off, a tap costs one look at a flag. It never waits: what a follower cannot take in time, it misses and is told so.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::wire::describe::Described;

/// The watcher of any number of connections. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Inspector(Option<Arc<Shared>>);

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1; none is left out but those that were dropped as the oldest.
    pub number: u64,
    /// Unix milliseconds.
    pub at: i64,
    /// Which connection.
    pub connection: u32,
    /// Seen from our end.
    pub direction: Direction,
    /// What it was.
    pub what: Described,
}

/// Which way a message went, seen from our end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// It came.
    Received,
    /// It went.
    Sent,
}

/// A connection that is or was watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Its number.
    pub number: u32,
    /// Which end of what: `mcu <- 127.0.0.1:50412`.
    pub label: String,
    /// It has not ended.
    pub open: bool,
}

/// What the inspector holds now.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Whether it watches.
    pub on: bool,
    /// The connections of the lines, and those that are open.
    pub connections: Vec<Watched>,
    /// Oldest first.
    pub lines: Vec<Arc<Line>>,
    /// Older lines that were dropped.
    pub dropped: u64,
}

#[derive(Debug)]
struct Shared {
    on: AtomicBool,
    next: AtomicU32,
    clock: Clock,
    held: Mutex<Held>,
    followers: broadcast::Sender<Arc<Line>>,
}

#[derive(Debug, Default)]
struct Held {
    lines: VecDeque<Arc<Line>>,
    bytes: usize,
    numbered: u64,
    dropped: u64,
    connections: Vec<Watched>,
    /// Counts up with every change.
    version: u64,
}

impl Inspector {
    /// An inspector, off.
    pub fn new(clock: Clock) -> Inspector {
        let (followers, _) = broadcast::channel(FOLLOWED);
        let (on, next, held) = (AtomicBool::new(false), AtomicU32::new(1), Mutex::default());
        Inspector(Some(Arc::new(Shared { on, next, clock, held, followers })))
    }

    /// Begins or stops watching. What was seen stays.
    pub fn set(&self, on: bool) {
        if let Some(shared) = &self.0 {
            shared.on.store(on, Ordering::Relaxed);
            shared.held().version += 1;
        }
    }

    /// Whether it watches.
    pub fn is_on(&self) -> bool {
        self.0.as_ref().is_some_and(|shared| shared.on.load(Ordering::Relaxed))
    }

    /// Forgets what was seen.
    pub fn clear(&self) {
        if let Some(shared) = &self.0 {
            let mut held = shared.held();
            held.connections.retain(|connection| connection.open);
            let (numbered, connections, version) =
                (held.numbered, std::mem::take(&mut held.connections), held.version + 1);
            *held = Held { numbered, connections, version, ..Held::default() };
        }
    }

    /// Counts up with every change: who shows it need not look before.
    pub fn version(&self) -> u64 {
        self.0.as_ref().map_or(0, |shared| shared.held().version)
    }

    /// All that is held.
    pub fn seen(&self) -> Seen {
        let Some(shared) = &self.0 else { return Seen::default() };
        let held = shared.held();
        Seen {
            on: shared.on.load(Ordering::Relaxed),
            connections: held.connections.clone(),
            lines: held.lines.iter().cloned().collect(),
            dropped: held.dropped,
        }
    }

    /// Every line from now on; who lags by more than 4,096 of them is told so.
    pub fn follow(&self) -> Option<broadcast::Receiver<Arc<Line>>> {
        self.0.as_ref().map(|shared| shared.followers.subscribe())
    }

    /// Taps a connection.
    pub fn tap(&self, label: impl Into<String>) -> Tap {
        let Some(shared) = &self.0 else { return Tap::default() };
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let mut held = shared.held();
        if held.connections.len() >= MAX_CONNECTIONS
            && let Some(at) = held.connections.iter().position(|connection| !connection.open)
        {
            held.connections.remove(at);
        }
        held.connections.push(Watched { number, label: label.into(), open: true });
        held.version += 1;
        Tap(Some(Arc::new(Tapped { shared: Arc::clone(shared), number })))
    }
}

/// One connection's way to its inspector. Clones are the same connection, which has ended when the last is dropped.
#[derive(Clone, Debug, Default)]
pub struct Tap(Option<Arc<Tapped>>);

#[derive(Debug)]
struct Tapped {
    shared: Arc<Shared>,
    number: u32,
}

impl Tap {
    /// Something came. Described only if somebody watches.
    pub fn received(&self, describe: impl FnOnce() -> Described) {
        self.line(Direction::Received, describe);
    }

    /// Something went.
    pub fn sent(&self, describe: impl FnOnce() -> Described) {
        self.line(Direction::Sent, describe);
    }

    /// Whether somebody watches.
    pub fn is_on(&self) -> bool {
        self.0.as_ref().is_some_and(|tapped| tapped.shared.on.load(Ordering::Relaxed))
    }

    /// Says who it is, once that is known.
    pub fn name(&self, who: &str) {
        if let Some(tapped) = &self.0 {
            let mut held = tapped.shared.held();
            if let Some(connection) = held.connections.iter_mut().find(|connection| connection.number == tapped.number)
            {
                connection.label = format!("{} ({who})", connection.label.split(" (").next().unwrap_or_default());
            }
            held.version += 1;
        }
    }

    fn line(&self, direction: Direction, describe: impl FnOnce() -> Described) {
        let Some(tapped) = self.0.as_ref().filter(|_| self.is_on()) else { return };
        let what = describe();
        let shared = &tapped.shared;
        let mut held = shared.held();
        held.numbered += 1;
        let line = Arc::new(Line {
            number: held.numbered,
            at: shared.clock.now().office,
            connection: tapped.number,
            direction,
            what,
        });
        held.bytes += weight(&line);
        held.lines.push_back(Arc::clone(&line));
        while held.lines.len() > MAX_LINES || held.bytes > MAX_BYTES {
            let Some(oldest) = held.lines.pop_front() else { break };
            held.bytes = held.bytes.saturating_sub(weight(&oldest));
            held.dropped += 1;
        }
        held.version += 1;
        // Nobody may be following.
        drop(shared.followers.send(line));
    }
}

impl Drop for Tapped {
    fn drop(&mut self) {
        let mut held = self.shared.held();
        if let Some(connection) = held.connections.iter_mut().find(|connection| connection.number == self.number) {
            connection.open = false;
        }
        held.version += 1;
    }
}

impl Shared {
    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a line costs in memory, roughly.
fn weight(line: &Line) -> usize {
    let fields: usize = line.what.fields.iter().map(|(name, value)| name.len() + value.len() + 48).sum();
    160 + fields + line.what.bytes.len()
}

/// Lines that are held.
pub const MAX_LINES: usize = 5_000;
const MAX_BYTES: usize = 8 * 1024 * 1024;
const MAX_CONNECTIONS: usize = 500;
const FOLLOWED: usize = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(n: usize) -> Described {
        Described {
            bytes: vec![0; 512],
            ..Described::new("CHAT_TEXT", "wire/02 section 6", vec![("text", n.to_string())])
        }
    }

    #[test]
    fn while_it_is_off_nothing_is_described_and_nothing_held() {
        let inspector = Inspector::new(Clock::system());
        let tap = inspector.tap("mcu <- somewhere");
        tap.received(|| panic!("described although nobody watches"));
        Tap::default().sent(|| panic!("there is no inspector"));
        assert!(inspector.seen().lines.is_empty() && !inspector.seen().on);
        inspector.set(true);
        tap.sent(|| said(1));
        inspector.set(false);
        tap.sent(|| said(2));
        let seen = inspector.seen();
        assert_eq!((seen.lines.len(), seen.lines[0].direction), (1, Direction::Sent));
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let inspector = Inspector::new(Clock::system());
        inspector.set(true);
        let tap = inspector.tap("a");
        for n in 0..20_000 {
            tap.received(|| said(n));
        }
        let seen = inspector.seen();
        assert!(
            seen.lines.len() <= MAX_LINES && seen.lines.iter().map(|line| weight(line)).sum::<usize>() <= MAX_BYTES
        );
        assert_eq!(seen.dropped + seen.lines.len() as u64, 20_000);
        assert_eq!(seen.lines.last().unwrap().number, 20_000);
        inspector.clear();
        assert_eq!((inspector.seen().lines.len(), inspector.seen().dropped), (0, 0));
    }

    #[test]
    fn a_connection_is_named_and_ends_with_its_last_tap() {
        let inspector = Inspector::new(Clock::system());
        let tap = inspector.tap("client -> mcu");
        tap.name("Olive");
        let other = tap.clone();
        drop(tap);
        assert_eq!(
            inspector.seen().connections[0],
            Watched { number: 1, label: "client -> mcu (Olive)".into(), open: true }
        );
        drop(other);
        assert!(!inspector.seen().connections[0].open);
    }
}

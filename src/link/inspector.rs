//! What went over the connections of this process, as lines that people can read.
//!
//! In: items from the [`Tap`]s of connections, through one bounded queue. Out: a bounded list of lines, for the window and for trace
//! files. Items become lines on the side of whoever looks at them, never in a session. Nothing secret gets into a line
//! ([`crate::wire::describe`]).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::tap::{End, Tap};
use crate::clock::Clock;
use crate::wire::conversation::ItemKind;
use crate::wire::describe::describe;
use crate::wire::fields::Keys;

/// Watches all connections that were made with it. Cheap to clone; may be switched on and off at any time.
#[derive(Clone, Default)]
pub struct Inspector(Option<Arc<Shared>>);

impl Inspector {
    /// One that never watches.
    pub fn off() -> Inspector {
        Inspector::default()
    }

    /// One that does not watch yet; see [`Inspector::set_on`].
    pub fn new(clock: Clock) -> Inspector {
        let (queue, inbox) = mpsc::channel(QUEUE);
        Inspector(Some(Arc::new(Shared {
            on: AtomicBool::new(false),
            clock,
            queue,
            waiting: AtomicUsize::new(0),
            missed: AtomicU64::new(0),
            rung: AtomicBool::new(false),
            bell: watch::Sender::new(()),
            connections: Mutex::default(),
            book: Mutex::new(Book::new(inbox)),
        })))
    }

    /// Watches, or stops. Lines stay.
    pub fn set_on(&self, on: bool) {
        if let Some(shared) = &self.0 {
            shared.on.store(on, Ordering::Relaxed);
            shared.bell.send_replace(());
        }
    }

    /// Forgets all lines, and how many are missing.
    pub fn clear(&self) {
        if let Some(shared) = &self.0 {
            shared.book().clear(shared);
            shared.bell.send_replace(());
        }
    }

    /// For a connection that our MCU has taken.
    pub fn at_mcu(&self, peer: SocketAddr) -> Tap {
        self.connect(End::Mcu, |_| format!("mcu <- {peer}"))
    }

    /// For a connection that a client of ours has made to `HOST:PORT`. Clients are counted, for the label.
    pub fn at_client(&self, address: impl fmt::Display) -> Tap {
        self.connect(End::Client, |client| format!("client {client} -> {address}"))
    }

    /// What was seen.
    pub fn snapshot(&self) -> InspectorSnapshot {
        let Some(shared) = &self.0 else { return InspectorSnapshot::default() };
        let mut book = shared.book();
        book.take_in(shared);
        let lines: Vec<_> = book.lines.iter().cloned().collect();
        let dropped = book.forgotten + shared.missed.load(Ordering::Relaxed) - book.missed_before;
        drop(book);
        let talked: BTreeSet<u32> = lines.iter().map(|line| line.connection).collect();
        let connections = shared.connections();
        let shown = connections.known.iter().filter(|(number, known)| known.open || talked.contains(number));
        let connections = shown.map(|(number, known)| InspectorConnection {
            number: *number,
            label: known.label(),
            open: known.open,
        });
        InspectorSnapshot { on: shared.is_on(), connections: connections.collect(), lines: Arc::new(lines), dropped }
    }

    /// How a connection is called; `None` if it is forgotten.
    pub fn label(&self, connection: u32) -> Option<String> {
        self.0.as_ref()?.connections().known.get(&connection).map(Known::label)
    }

    /// Everything from now on.
    pub fn follow(&self) -> Follower {
        let last = self.0.as_ref().map_or(0, |shared| shared.book().next - 1);
        let missed = self.0.as_ref().map_or(0, |shared| shared.missed.load(Ordering::Relaxed));
        let bell = self.0.as_ref().map(|shared| shared.bell.subscribe());
        Follower { inspector: self.clone(), bell, last, missed }
    }

    fn connect(&self, end: End, label: impl FnOnce(u32) -> String) -> Tap {
        let Some(shared) = &self.0 else { return Tap::off() };
        let mut connections = shared.connections();
        connections.last += 1;
        connections.clients += u32::from(end == End::Client);
        let (number, label) = (connections.last, label(connections.clients));
        connections.known.insert(number, Known { label, name: None, open: true });
        drop(connections);
        Tap::new(Arc::clone(shared), number, end)
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Inspector" } else { "Inspector(off)" })
    }
}

/// Sees every line once.
#[derive(Debug)]
pub struct Follower {
    inspector: Inspector,
    bell: Option<watch::Receiver<()>>,
    last: u64,
    missed: u64,
}

/// What a follower has not seen yet.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Oldest first.
    pub lines: Vec<Arc<InspectorLine>>,
    /// So many lines came too fast to be kept until now.
    pub missed: u64,
}

impl Follower {
    /// Waits until there may be something new. Never ends for an inspector that is [`Inspector::off`].
    pub async fn changed(&mut self) {
        let rung = match &mut self.bell {
            Some(bell) => bell.changed().await.is_ok(),
            None => false,
        };
        if !rung {
            std::future::pending::<()>().await;
        }
    }

    /// What is new.
    pub fn news(&mut self) -> News {
        let Some(shared) = &self.inspector.0 else { return News::default() };
        let mut book = shared.book();
        book.take_in(shared);
        let lines: Vec<_> = book.lines.iter().filter(|line| line.number > self.last).cloned().collect();
        let newest = book.next - 1;
        drop(book);
        let missed = shared.missed.load(Ordering::Relaxed);
        let skipped = (newest - self.last).saturating_sub(u64::try_from(lines.len()).unwrap_or(u64::MAX));
        let news = News { lines, missed: skipped + missed.saturating_sub(self.missed) };
        (self.last, self.missed) = (newest, missed);
        news
    }
}

/// What an inspector shows.
#[derive(Clone, Debug, Default)]
pub struct InspectorSnapshot {
    /// Whether it is watching now.
    pub on: bool,
    /// The open connections, and those closed ones that still have lines, by number.
    pub connections: Vec<InspectorConnection>,
    /// The newest lines, oldest first.
    pub lines: Arc<Vec<Arc<InspectorLine>>>,
    /// How many lines are not shown: forgotten to make room, or missed because they came too fast.
    pub dropped: u64,
}

/// A connection that is, or was, watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectorConnection {
    /// From 1, never reused within an inspector.
    pub number: u32,
    /// Which end and the peer, with the person's name once it is known: `mcu <- 127.0.0.1:50412 (Olive)`.
    pub label: String,
    /// Still open.
    pub open: bool,
}

/// Which way a message went, as seen by the end that is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the peer.
    Received,
    /// To the peer.
    Sent,
}

/// One message. Nothing secret stands in it: passwords, keys, tickets and the like are left out, their bytes replaced by `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectorLine {
    /// From 1, without gaps in one inspector.
    pub number: u64,
    /// Unix milliseconds.
    pub at: i64,
    /// On which connection.
    pub connection: u32,
    /// Which way.
    pub direction: Direction,
    /// The field's name of the message, `CHAT_TEXT_TIME`.
    pub name: String,
    /// Name and value of each field, in the order of the message; a value is cut to 200 characters.
    pub fields: Vec<(String, String)>,
    /// The bytes in clear, secrets masked, cut to 512.
    pub bytes: Vec<u8>,
    /// How many bytes there were.
    pub size: usize,
    /// Where the specification describes it, `wire/02 section 6`.
    pub section: String,
}

/// An item on its way to becoming a line.
pub(super) struct Seen {
    pub(super) at: i64,
    pub(super) connection: u32,
    pub(super) direction: Direction,
    pub(super) kind: ItemKind,
    /// As it went over the wire.
    pub(super) bytes: Bytes,
    pub(super) keys: Keys,
}

/// What taps and followers share.
pub(super) struct Shared {
    on: AtomicBool,
    clock: Clock,
    queue: mpsc::Sender<Seen>,
    /// So many bytes wait in the queue.
    waiting: AtomicUsize,
    /// So many items found no room in the queue, ever.
    missed: AtomicU64,
    /// The bell was rung, and nobody has looked since.
    rung: AtomicBool,
    bell: watch::Sender<()>,
    /// Held for moments only: sessions need it when a connection opens and closes.
    connections: Mutex<Connections>,
    /// Held while lines are made; sessions never touch it.
    book: Mutex<Book>,
}

impl Shared {
    pub(super) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now().office
    }

    /// Keeps an item for later, if there is room.
    pub(super) fn take(&self, seen: Seen) {
        let size = seen.bytes.len();
        let room = self.waiting.fetch_add(size, Ordering::Relaxed) + size <= MAX_WAITING;
        if !room || self.queue.try_send(seen).is_err() {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.bell.send_replace(());
        }
    }

    pub(super) fn name(&self, connection: u32, name: &str) {
        if let Some(known) = self.connections().known.get_mut(&connection) {
            known.name = Some(name.to_owned());
        }
    }

    pub(super) fn closed(&self, connection: u32) {
        let mut connections = self.connections();
        if let Some(known) = connections.known.get_mut(&connection) {
            known.open = false;
        }
        connections.closed.push_back(connection);
        if connections.closed.len() > MAX_CLOSED
            && let Some(oldest) = connections.closed.pop_front()
        {
            connections.known.remove(&oldest);
        }
        drop(connections);
        // The window shows it, though nothing was said.
        if self.is_on() {
            self.bell.send_replace(());
        }
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The open connections, and some closed ones.
#[derive(Default)]
struct Connections {
    last: u32,
    clients: u32,
    known: BTreeMap<u32, Known>,
    /// In the order in which they closed.
    closed: VecDeque<u32>,
}

struct Known {
    label: String,
    name: Option<String>,
    open: bool,
}

impl Known {
    fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("{} ({name})", self.label),
            None => self.label.clone(),
        }
    }
}

/// The lines.
struct Book {
    inbox: mpsc::Receiver<Seen>,
    lines: VecDeque<Arc<InspectorLine>>,
    /// Of all lines together, in bytes.
    size: usize,
    /// The number of the next line.
    next: u64,
    /// Lines that made room for others.
    forgotten: u64,
    /// What had been missed when the book was cleared.
    missed_before: u64,
}

impl Book {
    fn new(inbox: mpsc::Receiver<Seen>) -> Book {
        Book { inbox, lines: VecDeque::new(), size: 0, next: 1, forgotten: 0, missed_before: 0 }
    }

    /// Makes lines of what waits.
    fn take_in(&mut self, shared: &Shared) {
        // Before looking: what comes while we look rings again.
        shared.rung.store(false, Ordering::Release);
        for _ in 0..QUEUE {
            let Ok(seen) = self.inbox.try_recv() else { return };
            shared.waiting.fetch_sub(seen.bytes.len(), Ordering::Relaxed);
            self.add(seen);
        }
        // They write as fast as we read: the rest later.
        shared.bell.send_replace(());
    }

    fn add(&mut self, seen: Seen) {
        let described = describe(seen.kind, &seen.bytes, &seen.keys);
        let line = InspectorLine {
            number: self.next,
            at: seen.at,
            connection: seen.connection,
            direction: seen.direction,
            name: described.name.into_owned(),
            fields: described.fields.into_iter().map(|(name, value)| (name.into_owned(), value)).collect(),
            bytes: described.bytes,
            size: seen.bytes.len(),
            section: described.section.to_owned(),
        };
        self.next += 1;
        self.size += line.weight();
        self.lines.push_back(Arc::new(line));
        while self.lines.len() > MAX_LINES || self.size > MAX_SIZE {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.size -= oldest.weight();
            self.forgotten += 1;
        }
    }

    fn clear(&mut self, shared: &Shared) {
        while let Ok(seen) = self.inbox.try_recv() {
            shared.waiting.fetch_sub(seen.bytes.len(), Ordering::Relaxed);
        }
        self.lines.clear();
        (self.size, self.forgotten) = (0, 0);
        self.missed_before = shared.missed.load(Ordering::Relaxed);
    }
}

impl InspectorLine {
    /// Memory taken, about, in bytes.
    fn weight(&self) -> usize {
        let fields: usize =
            self.fields.iter().map(|(name, value)| name.len() + value.len() + size_of::<(String, String)>()).sum();
        size_of::<InspectorLine>() + self.name.len() + self.section.len() + self.bytes.len() + fields
    }
}

/// The oldest line goes when one more comes.
pub const MAX_LINES: usize = 5_000;

/// And when all lines together take more than this, in bytes.
pub const MAX_SIZE: usize = 8 * 1024 * 1024;

/// So many items may wait to become lines.
const QUEUE: usize = 4_096;

/// And so many bytes of them.
const MAX_WAITING: usize = 8 * 1024 * 1024;

/// So many closed connections keep their labels.
const MAX_CLOSED: usize = 1_000;

#[cfg(test)]
#[path = "inspector_tests.rs"]
mod tests;

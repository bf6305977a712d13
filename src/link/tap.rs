//! The inspector's end of one connection.
//!
//! In: each whole item as it goes over the wire, with the keys of that moment. Out: a copy for the [`Inspector`](super::inspector),
//! while that is on. While it is off an item costs one relaxed load. Never waits: what finds no room is counted as missed.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::inspector::{Direction, Seen, Shared};
use crate::wire::conversation::ItemKind;
use crate::wire::fields::Keys;

/// Which end of a connection is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Mcu,
    Client,
}

/// Watches one connection. Cheap to clone; with the last clone the connection counts as closed.
#[derive(Clone, Default)]
pub struct Tap(Option<Arc<Watched>>);

struct Watched {
    inspector: Arc<Shared>,
    number: u32,
    end: End,
}

impl Tap {
    /// One that watches nothing.
    pub fn off() -> Tap {
        Tap::default()
    }

    pub(super) fn new(inspector: Arc<Shared>, number: u32, end: End) -> Tap {
        Tap(Some(Arc::new(Watched { inspector, number, end })))
    }

    /// Whose connection it is, as soon as that is known.
    pub fn name(&self, name: &str) {
        if let Some(watched) = &self.0 {
            watched.inspector.name(watched.number, name);
        }
    }

    /// One message after admission that was sealed elsewhere and is sent now. `keys` are those of this connection.
    pub fn sent_sealed(&self, bytes: &Bytes, keys: &Keys) {
        if let Some(watched) = self.watching() {
            let kind = match watched.end {
                End::Mcu => ItemKind::ToClient,
                End::Client => ItemKind::ToServer,
            };
            watched.pass_on(Direction::Sent, kind, bytes.clone(), keys);
        }
    }

    /// One item of the given kind.
    pub(super) fn item(&self, direction: Direction, kind: ItemKind, bytes: &[u8], keys: &Keys) {
        if let Some(watched) = self.watching() {
            watched.pass_on(direction, kind, Bytes::copy_from_slice(bytes), keys);
        }
    }

    /// Whether what goes this way was sent by the client's end; `None` if nothing is ever watched here.
    pub(super) fn by_client(&self, direction: Direction) -> Option<bool> {
        self.0.as_ref().map(|watched| (watched.end == End::Client) == (direction == Direction::Sent))
    }

    fn watching(&self) -> Option<&Watched> {
        self.0.as_deref().filter(|watched| watched.inspector.is_on())
    }
}

impl Watched {
    fn pass_on(&self, direction: Direction, kind: ItemKind, bytes: Bytes, keys: &Keys) {
        let at = self.inspector.now();
        self.inspector.take(Seen { at, connection: self.number, direction, kind, bytes, keys: keys.clone() });
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.inspector.closed(self.number);
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(watched) => write!(f, "Tap({})", watched.number),
            None => f.write_str("Tap(off)"),
        }
    }
}

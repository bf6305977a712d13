//! What went over the connections of this process, as lines that people can read.
//!
//! In: nothing yet but the types. Out: plain values for the window and the trace file.

use std::sync::Arc;

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

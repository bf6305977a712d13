//! A message in clear, with the places marked that the wire encrypts.
//!
//! Encryption on this wire keeps lengths and restarts its IV for every field (wire/01 section 2.4), so one encoding in clear
//! serves everybody: the recorder stores it as it is, and a connection copies it and encrypts each span under its own keys.

/// Which key encrypts a span (wire/00 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanKey {
    /// `enc`: the control key of the connection.
    Control,
    /// `encM`: the meeting's key; in playback the control key takes its place.
    Meeting,
}

/// A run of bytes within a message that is encrypted on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Offset of the first byte, from the start of the message.
    pub offset: u32,
    /// Length in bytes.
    pub length: u32,
    /// Whose key.
    pub key: SpanKey,
}

/// One whole message in clear.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Clear {
    /// The message's bytes, nothing encrypted.
    pub bytes: Vec<u8>,
    /// What the wire encrypts, in order, not overlapping.
    pub spans: Vec<Span>,
}

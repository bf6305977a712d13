//! Chat (wire/02 section 6). Text comes in the code page of its sender; on its way to clients it is UTF-8 and carries the sender's name and `>` in
//! front.
//!
//! In: bytes after the command byte or EXT number. Out: one enum a direction.

use super::clear::{Clear, SpanKey};
use super::code_page::Written;
use super::fields::{Decoded, Reader};

/// Chat from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatToServer {
    /// `C`: to everybody.
    Say {
        /// 1..=2047 bytes.
        text: Written,
    },
    /// EXT(44): to one participant. The client itself puts `[To:Name]` in front.
    Whisper {
        /// For whom.
        to: i32,
        /// 1..=2047 bytes.
        text: Written,
    },
}

/// Chat to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatToClient {
    /// A line for everybody: EXT(93); also read as EXT(56) and `C`, which lack some of the fields.
    Line {
        /// `name>text`, at most 2047 bytes.
        text: String,
        /// Who wrote it; -1 is a notice of the system.
        from: i32,
        /// Milliseconds since the meeting began, if known.
        tick: Option<u32>,
        /// Milliseconds since 1970-01-01 UTC, if known.
        date: Option<i64>,
        /// "settop": 1 wants the chat window in front; the known client does not look at it.
        top: i32,
    },
    /// EXT(44): a line for two.
    Whisper {
        /// Who wrote it.
        from: i32,
        /// For whom.
        to: i32,
        /// `name>[To:x]text`.
        text: String,
        /// As in a line.
        top: i32,
    },
    /// EXT(44) of another kind than 1: ignored by the known client, perhaps a failure notice (UNCERTAIN there).
    WhisperOther {
        /// Who wrote it.
        from: i32,
        /// For whom.
        to: i32,
        /// The kind.
        kind: i32,
        /// Its one value.
        value: i32,
    },
}

impl ChatToServer {
    /// After `C`.
    pub fn decode_say(r: &mut Reader<'_>) -> Decoded<ChatToServer> {
        Ok(ChatToServer::Say { text: written(r)? })
    }

    /// After EXT(44).
    pub fn decode_whisper(r: &mut Reader<'_>) -> Decoded<ChatToServer> {
        Ok(ChatToServer::Whisper { to: r.i32()?, text: written(r)? })
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            ChatToServer::Say { text } => Clear::command(b'C').enc_lp(SpanKey::Meeting, text.as_bytes()),
            ChatToServer::Whisper { to, text } => Clear::ext(44).i32(*to).enc_lp(SpanKey::Meeting, text.as_bytes()),
        }
    }
}

impl ChatToClient {
    /// After `C`.
    pub fn decode_plain(r: &mut Reader<'_>) -> Decoded<ChatToClient> {
        let (text, top) = topped(r)?;
        Ok(ChatToClient::Line { text, from: -1, tick: None, date: None, top })
    }

    /// After EXT(56).
    pub fn decode_with_source(r: &mut Reader<'_>) -> Decoded<ChatToClient> {
        let (text, top) = topped(r)?;
        Ok(ChatToClient::Line { text, from: r.i32()?, tick: None, date: None, top })
    }

    /// After EXT(93).
    pub fn decode_with_time(r: &mut Reader<'_>) -> Decoded<ChatToClient> {
        let ((text, top), from, tick) = (topped(r)?, r.i32()?, r.u32()?);
        let (low, high) = (r.u32()?, r.u32()?);
        let date = (i64::from(high.cast_signed()) << 32) | i64::from(low);
        Ok(ChatToClient::Line {
            text,
            from,
            tick: (tick != UNKNOWN_TICK).then_some(tick),
            date: (date != 0).then_some(date),
            top,
        })
    }

    /// After EXT(44).
    pub fn decode_whisper(r: &mut Reader<'_>) -> Decoded<ChatToClient> {
        let (from, to) = (r.i32()?, r.i32()?);
        match r.i32()? {
            1 => {
                let (text, top) = topped(r)?;
                Ok(ChatToClient::Whisper { from, to, text, top })
            }
            kind => Ok(ChatToClient::WhisperOther { from, to, kind, value: r.i32()? }),
        }
    }

    /// The whole message; a line as EXT(93), which the known client prefers.
    pub fn encode(&self) -> Clear {
        match self {
            ChatToClient::Line { text, from, tick, date, top } => {
                let date = date.unwrap_or(0).to_be_bytes();
                Clear::ext(93)
                    .len(text.len())
                    .i32(*top)
                    .enc(SpanKey::Meeting, text.as_bytes())
                    .i32(*from)
                    .u32(tick.unwrap_or(UNKNOWN_TICK))
                    .raw(&date[4..])
                    .raw(&date[..4])
            }
            ChatToClient::Whisper { from, to, text, top } => Clear::ext(44)
                .i32(*from)
                .i32(*to)
                .i32(1)
                .len(text.len())
                .i32(*top)
                .enc(SpanKey::Meeting, text.as_bytes()),
            ChatToClient::WhisperOther { from, to, kind, value } => {
                Clear::ext(44).i32(*from).i32(*to).i32(*kind).i32(*value)
            }
        }
    }
}

/// Length, then the text.
fn written(r: &mut Reader<'_>) -> Decoded<Written> {
    let n = r.count(0, MAX_CHAT, EXPECTED)?;
    Ok(Written::from_bytes(r.enc(SpanKey::Meeting, n)?))
}

/// Length, the "settop" flag, then the text.
fn topped(r: &mut Reader<'_>) -> Decoded<(String, i32)> {
    let n = r.count(0, MAX_CHAT, EXPECTED)?;
    let top = r.i32()?;
    Ok((super::fields::lossy(r.enc(SpanKey::Meeting, n)?), top))
}

/// The longest chat line in bytes, name included (wire/02 section 6).
pub const MAX_CHAT: i32 = 2047;

const EXPECTED: &str = "a chat line of at most 2047 bytes";
const UNKNOWN_TICK: u32 = 0x7fff_ffff;

/// The natural "settop" (wire/02 section 6).
pub const TOP: i32 = 1;

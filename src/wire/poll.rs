//! Polls: a request without a question, and answers of 1 to 5 (wire/02 section 7).
//!
//! In: bytes after the command byte or EXT number. Out: one enum a direction. There are two generations of the same thing; which one
//! a message belongs to stays with it, so that an answer goes the way it came.

use super::clear::Clear;
use super::fields::{Decoded, Reader};

/// Which of the two kinds of poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollKind {
    /// EXT(38), the only one that the known client starts.
    Holder,
    /// `t`, the older one.
    Tutor,
}

/// What a client says of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollToServer {
    /// EXT(38) sub 1: everybody is to be asked.
    Ask,
    /// Sub 2: an answer.
    Answer {
        /// The generation in which it was asked.
        kind: PollKind,
        /// 1..=5; others mean nothing.
        answer: i32,
    },
}

/// What clients are told of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollToClient {
    /// Sub 1: the receiver is asked.
    Asked(PollKind),
    /// Sub 2: what somebody answered.
    Answered {
        /// The generation.
        kind: PollKind,
        /// Who.
        ssrc: i32,
        /// 1..=5; others mean nothing.
        answer: i32,
    },
}

impl PollToServer {
    /// After EXT(38), or after `t`, with which no client asks.
    pub fn decode(kind: PollKind, r: &mut Reader<'_>) -> Decoded<PollToServer> {
        match (r.i32()?, kind) {
            (1, PollKind::Holder) => Ok(PollToServer::Ask),
            (2, kind) => Ok(PollToServer::Answer { kind, answer: r.i32()? }),
            (other, PollKind::Holder) => Err(r.malformed(4, "EXT(38) sub 1 or 2", other)),
            (other, PollKind::Tutor) => Err(r.malformed(4, "an answer to a poll, sub 2", other)),
        }
    }

    /// The whole message.
    pub fn encode(self) -> Clear {
        match self {
            PollToServer::Ask => PollKind::Holder.start().i32(1),
            PollToServer::Answer { kind, answer } => kind.start().i32(2).i32(answer),
        }
    }
}

impl PollToClient {
    /// After EXT(38) or `t`.
    pub fn decode(kind: PollKind, r: &mut Reader<'_>) -> Decoded<PollToClient> {
        match r.i32()? {
            1 => Ok(PollToClient::Asked(kind)),
            2 => Ok(PollToClient::Answered { kind, ssrc: r.i32()?, answer: r.i32()? }),
            other => Err(r.malformed(4, "a poll of sub 1 or 2", other)),
        }
    }

    /// The whole message.
    pub fn encode(self) -> Clear {
        match self {
            PollToClient::Asked(kind) => kind.start().i32(1),
            PollToClient::Answered { kind, ssrc, answer } => kind.start().i32(2).i32(ssrc).i32(answer),
        }
    }
}

impl PollKind {
    fn start(self) -> Clear {
        match self {
            PollKind::Holder => Clear::ext(38),
            PollKind::Tutor => Clear::command(b't'),
        }
    }
}

/// The answers that mean something (wire/02 section 7).
pub const ANSWERS: std::ops::RangeInclusive<i32> = 1..=5;

//! Letting people in: the question to somebody inside, and the answer (wire/02 section 11.1).
//!
//! In: bytes after the EXT number. Out: one type a direction. What the visitor is told meanwhile is in [`super::join`].

use super::clear::Clear;
use super::fields::{Decoded, Reader};

/// EXT(7): somebody asks to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowJoinRequest {
    /// The server's own mark of the request, at most 999 bytes; the answer repeats it.
    pub id: Vec<u8>,
    /// The visitor's name, at most 127 bytes.
    pub name: String,
}

/// EXT(8): the answer of the one who was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerResponse {
    /// The mark of the request.
    pub id: Vec<u8>,
    /// 1 lets in, -1 turns away; others mean nothing.
    pub answer: i32,
}

impl ShadowJoinRequest {
    /// After EXT(7).
    pub fn decode(r: &mut Reader<'_>) -> Decoded<ShadowJoinRequest> {
        let id = r.lp(MAX_REQUEST_ID, REQUEST_ID)?.to_vec();
        Ok(ShadowJoinRequest { id, name: r.text(127, "a name of at most 127 bytes")? })
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        Clear::ext(7).lp(&self.id).lp(self.name.as_bytes())
    }
}

impl OwnerResponse {
    /// The answer that lets in, or turns away.
    pub fn new(id: Vec<u8>, accepted: bool) -> OwnerResponse {
        OwnerResponse { id, answer: if accepted { 1 } else { -1 } }
    }

    /// What was answered; `None` for a number that means nothing.
    pub fn accepted(&self) -> Option<bool> {
        match self.answer {
            1 => Some(true),
            -1 => Some(false),
            _ => None,
        }
    }

    /// After EXT(8).
    pub fn decode(r: &mut Reader<'_>) -> Decoded<OwnerResponse> {
        Ok(OwnerResponse { id: r.lp(MAX_REQUEST_ID, REQUEST_ID)?.to_vec(), answer: r.i32()? })
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        Clear::ext(8).lp(&self.id).i32(self.answer)
    }
}

/// The longest mark of a request, in bytes.
const MAX_REQUEST_ID: i32 = 999;

const REQUEST_ID: &str = "the id of a join request of at most 999 bytes";

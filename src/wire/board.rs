//! Slides, as far as they are announced (wire/03 sections 2.1 and 2.6). What is on them, marks and flips come with the board.
//!
//! In: bytes after the command byte. Out: one enum; clients send these over connections of their own, which are not served yet.

use super::clear::{Clear, SpanKey};
use super::fields::{Decoded, Reader, lossy};

/// About a slide, to clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardToClient {
    /// `S`: there is one more; its index is the number of those announced before.
    Slide(Slide),
    /// `E`: the slide of this index is deleted, and keeps its index.
    Delete(i32),
}

/// One slide or file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Slide {
    /// Who brought it; they may have left. -1: nobody of this meeting.
    pub source: i32,
    /// `group` NUL `owner name`, 1 to 4000 bytes; pages of one group are shown together.
    pub property: Option<String>,
    /// `(owner name)title`, at most 600 bytes; its ending says what it is.
    pub name: String,
    /// It only occupies its index.
    pub deleted: bool,
}

impl BoardToClient {
    /// After `S`.
    pub fn decode_slide(r: &mut Reader<'_>) -> Decoded<BoardToClient> {
        let source = r.i32()?;
        let mut property = None;
        if r.peek_i32()? == MARKER {
            r.i32()?;
            let n = r.count(1, MAX_PROPERTY, "a slide property of 1 to 4000 bytes")?;
            property = Some(lossy(r.enc(SpanKey::Meeting, n)?));
        }
        let name = r.text(MAX_NAME, "a slide name of at most 600 bytes, or -1 and a property")?;
        Ok(BoardToClient::Slide(Slide { source, property, name, deleted: r.i32()? != 0 }))
    }

    /// After `E`.
    pub fn decode_delete(r: &mut Reader<'_>) -> Decoded<BoardToClient> {
        Ok(BoardToClient::Delete(r.i32()?))
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            BoardToClient::Slide(Slide { source, property, name, deleted }) => {
                let head = Clear::command(b'S').i32(*source);
                let head = match property {
                    Some(property) => head.i32(MARKER).enc_lp(SpanKey::Meeting, property.as_bytes()),
                    None => head,
                };
                head.lp(name.as_bytes()).i32(i32::from(*deleted))
            }
            BoardToClient::Delete(index) => Clear::command(b'E').i32(*index),
        }
    }
}

/// Stands where the name's length would, if a property comes first.
const MARKER: i32 = -1;
const MAX_PROPERTY: i32 = 4000;
const MAX_NAME: i32 = 600;

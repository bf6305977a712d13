//! What a client asks of the meeting as a whole: its recording, its title, who is heard and seen (wire/02 sections 5.6 and 9).
//!
//! In: bytes after the EXT number. Out: one enum of a client's wishes, and [`Suppress`], which has one layout in both directions.

use super::clear::{Clear, SpanKey};
use super::facts::Secret;
use super::fields::{Decoded, Reader};

/// A wish about the meeting as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlToServer {
    /// EXT(32): 2 pauses the recording, 1 resumes it.
    Recording(i32),
    /// EXT(64): the recording's password, at most 27 bytes; an empty one removes it.
    RecordingPassword(Secret),
    /// EXT(101): the title, at most 512 bytes; an empty one removes it.
    Title(String),
    /// EXT(102) and EXT(103): somebody is not to be heard, or seen.
    Suppress(Suppress),
}

/// What is suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suppressed {
    /// EXT(102).
    Audio,
    /// EXT(103).
    Video,
}

/// EXT(102) and EXT(103).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suppress {
    /// Sound or picture.
    pub what: Suppressed,
    /// Whose; -1 everybody's.
    pub ssrc: i32,
    /// 0 lets it through again.
    pub on: i32,
}

impl ControlToServer {
    /// After EXT(`id`); `None` if the number is none of these.
    pub fn decode(id: i32, r: &mut Reader<'_>) -> Decoded<Option<ControlToServer>> {
        Ok(Some(match id {
            32 => ControlToServer::Recording(r.i32()?),
            64 => {
                let n = r.count(0, MAX_PASSWORD, "a password of at most 27 bytes")?;
                ControlToServer::RecordingPassword(Secret(r.enc(SpanKey::Meeting, n)?))
            }
            101 => ControlToServer::Title(r.enc_text(SpanKey::Meeting, 512, "a title of at most 512 bytes")?),
            102 | 103 => ControlToServer::Suppress(Suppress::decode(id, r)?),
            _ => return Ok(None),
        }))
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            ControlToServer::Recording(state) => Clear::ext(32).i32(*state),
            ControlToServer::RecordingPassword(password) => Clear::ext(64).enc_lp(SpanKey::Meeting, &password.0),
            ControlToServer::Title(title) => Clear::ext(101).enc_lp(SpanKey::Meeting, title.as_bytes()),
            ControlToServer::Suppress(suppress) => suppress.encode(),
        }
    }
}

impl Suppress {
    /// After EXT(102) or EXT(103).
    pub fn decode(id: i32, r: &mut Reader<'_>) -> Decoded<Suppress> {
        let what = if id == 102 { Suppressed::Audio } else { Suppressed::Video };
        Ok(Suppress { what, ssrc: r.i32()?, on: r.i32()? })
    }

    /// The whole message.
    pub fn encode(self) -> Clear {
        let id = match self.what {
            Suppressed::Audio => 102,
            Suppressed::Video => 103,
        };
        Clear::ext(id).i32(self.ssrc).i32(self.on)
    }
}

/// The longest password of a recording, in bytes (wire/02 section 9.1).
pub const MAX_PASSWORD: i32 = 27;

//! Participants and their state (wire/02 section 4).
//!
//! In: bytes after the command byte or EXT number. Out: one enum a direction.

use super::clear::Clear;
use super::fields::{Decoded, Reader};

/// What a client says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserToServer {
    /// EXT(78): bit 0 audio, bit 1 video.
    Capability(u8),
    /// EXT(33): 1 sends video, 2 switched it off.
    VideoStatus(i32),
    /// EXT(55): always 65001, UTF-8.
    CodePage(i32),
    /// `K`: send somebody out (wire/02 section 4.4).
    Disconnect(i32),
    /// EXT(18): and do not let that user id in again.
    Ban(i32),
}

/// What clients are told of participants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserToClient {
    /// `U` with kind `a` or `A`.
    Add(UserRecord),
    /// `U` with kind `d` (left) or `D` (lost).
    Delete {
        /// Who.
        ssrc: i32,
        /// True for `d`.
        by_action: bool,
    },
    /// EXT(78).
    Capability(i32, u8),
    /// EXT(33).
    VideoStatus(i32, i32),
    /// EXT(55).
    CodePage(i32, i32),
}

/// One participant in USER_UPDATE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRecord {
    /// Bit 0 audio, bit 1 video.
    pub capability: u8,
    /// Participant number.
    pub ssrc: i32,
    /// Id, at most 127 bytes; empty for an anonymous guest.
    pub user_id: String,
    /// Name, at most 127 bytes.
    pub name: String,
    /// Kernel version; absent in the form `A`.
    pub version: Option<(i32, i32)>,
}

impl UserToServer {
    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            UserToServer::Capability(bits) => Clear::ext(78).u8(*bits),
            UserToServer::VideoStatus(status) => Clear::ext(33).i32(*status),
            UserToServer::CodePage(page) => Clear::ext(55).i32(*page),
            UserToServer::Disconnect(ssrc) => Clear::command(b'K').i32(*ssrc),
            UserToServer::Ban(ssrc) => Clear::ext(18).i32(*ssrc),
        }
    }
}

impl UserToClient {
    /// After `U`.
    pub fn decode_update(r: &mut Reader<'_>) -> Decoded<UserToClient> {
        const NAME: &str = "an id or name of at most 127 bytes";
        match r.u8()? {
            kind @ (b'a' | b'A') => {
                let (capability, ssrc) = (r.u8()?, r.i32()?);
                let (user_id, name) = (r.text(MAX_NAME, NAME)?, r.text(MAX_NAME, NAME)?);
                r.lp(MAX_NAME, NAME)?;
                let version = if kind == b'a' { Some((r.i32()?, r.i32()?)) } else { None };
                Ok(UserToClient::Add(UserRecord { capability, ssrc, user_id, name, version }))
            }
            kind @ (b'd' | b'D') => Ok(UserToClient::Delete { ssrc: r.i32()?, by_action: kind == b'd' }),
            other => Err(r.malformed(1, "a user update of kind a, A, d or D", format!("{other:#04x}"))),
        }
    }

    /// The whole message. The second name, which nobody reads, repeats the first (wire/02 section 4.1).
    pub fn encode(&self) -> Clear {
        match self {
            UserToClient::Add(user) => {
                let message = Clear::command(b'U')
                    .u8(if user.version.is_some() { b'a' } else { b'A' })
                    .u8(user.capability)
                    .i32(user.ssrc)
                    .lp(user.user_id.as_bytes())
                    .lp(user.name.as_bytes())
                    .lp(user.name.as_bytes());
                match user.version {
                    Some((major, minor)) => message.i32(major).i32(minor),
                    None => message,
                }
            }
            UserToClient::Delete { ssrc, by_action } => {
                Clear::command(b'U').u8(if *by_action { b'd' } else { b'D' }).i32(*ssrc)
            }
            UserToClient::Capability(ssrc, bits) => Clear::ext(78).i32(*ssrc).u8(*bits),
            UserToClient::VideoStatus(ssrc, status) => Clear::ext(33).i32(*ssrc).i32(*status),
            UserToClient::CodePage(ssrc, page) => Clear::ext(55).i32(*ssrc).i32(*page),
        }
    }
}

/// The longest id or name of a participant, in bytes (wire/02 section 4.1).
pub const MAX_NAME: i32 = 127;

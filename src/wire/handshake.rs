//! The first bytes of a connection and the key exchange (wire/01 sections 1.4, 2.1 and 8).
//!
//! In: the front of a byte stream. Out: what kind of connection it is, versions, public keys; and their encodings.

use super::clear::{Clear, SpanKey};
use super::fields::{Decoded, Reader};
use crate::hit::modp::Group;

/// The server version that we announce, the same on every connection (wire/01 section 2.2: 2048-bit group, nothing else switched).
pub const SERVER_VERSION: &str = "4.5.0";

/// The meeting kernel version of the known client, which ours announces too.
pub const KERNEL_VERSION: (i32, i32) = (1, 42);

/// What the first byte of a connection asks for (wire/01 section 1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hello {
    /// `!`: a control connection, with the client's kernel version.
    Control {
        /// Major version.
        major: i32,
        /// Minor version.
        minor: i32,
    },
    /// A connection beside a control connection: it proves itself by a challenge.
    Secondary(Secondary),
    /// `@`: lists of recordings.
    Lists,
    /// `~`: a relay request.
    Relay,
}

/// A secondary connection's first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Secondary {
    /// What it is for.
    pub kind: SecondaryKind,
    /// Meeting or playback number.
    pub session_index: i32,
    /// The ssrc in a meeting, the playback_id in playback.
    pub id: i32,
}

/// What a secondary connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondaryKind {
    /// `M`.
    Media,
    /// `m`.
    PlaybackMedia,
    /// `S`.
    SlideUpload,
    /// `R`.
    SlideDownload,
    /// `r`.
    PlaybackSlideDownload,
}

impl Hello {
    /// Reads the first message of a connection, as far as this server needs it.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<Hello> {
        let kind = match r.u8()? {
            b'!' => return Ok(Hello::Control { major: r.i32()?, minor: r.i32()? }),
            b'@' => return Ok(Hello::Lists),
            b'~' => return Ok(Hello::Relay),
            b'M' => SecondaryKind::Media,
            b'm' => SecondaryKind::PlaybackMedia,
            b'S' => SecondaryKind::SlideUpload,
            b'R' => SecondaryKind::SlideDownload,
            b'r' => SecondaryKind::PlaybackSlideDownload,
            other => {
                let expected = "the first byte of a connection: one of ! M m S R r @ ~";
                return Err(r.malformed(1, expected, format!("{other:#04x}")));
            }
        };
        Ok(Hello::Secondary(Secondary { kind, session_index: r.i32()?, id: r.i32()? }))
    }

    /// The bytes of a control or secondary connection's first message.
    pub fn encode(&self) -> Clear {
        match self {
            Hello::Control { major, minor } => Clear::command(b'!').i32(*major).i32(*minor),
            Hello::Lists => Clear::command(b'@'),
            Hello::Relay => Clear::command(b'~'),
            Hello::Secondary(s) => {
                let tag = match s.kind {
                    SecondaryKind::Media => b'M',
                    SecondaryKind::PlaybackMedia => b'm',
                    SecondaryKind::SlideUpload => b'S',
                    SecondaryKind::SlideDownload => b'R',
                    SecondaryKind::PlaybackSlideDownload => b'r',
                };
                Clear::command(tag).i32(s.session_index).i32(s.id)
            }
        }
    }
}

/// The client's version as it enters the key derivation.
pub fn version_text(major: i32, minor: i32) -> String {
    format!("{major}.{minor}")
}

/// Server version, S>C: `lp-bytes` of 0..=99.
pub fn decode_server_version(r: &mut Reader<'_>) -> Decoded<Vec<u8>> {
    Ok(r.lp(99, "a server version of at most 99 bytes")?.to_vec())
}

/// The server's version.
pub fn encode_server_version(version: &str) -> Clear {
    Clear::new().lp(version.as_bytes())
}

/// Client public key, C>S: its length says the group; the large one is announced by the marker 4099.
pub fn decode_client_public(r: &mut Reader<'_>) -> Decoded<(Group, Vec<u8>)> {
    const EXPECTED: &str = "a public key of 128 bytes, or the marker 4099 and 256 bytes";
    let group = match r.i32()? {
        LARGE_GROUP => {
            r.count(256, 256, EXPECTED)?;
            Group::Modp2048
        }
        128 => Group::Modp1024,
        other => return Err(r.malformed(4, EXPECTED, other)),
    };
    Ok((group, r.bytes(group.len())?.to_vec()))
}

/// The client's public key, already padded to the group's length.
pub fn encode_client_public(group: Group, public: &[u8]) -> Clear {
    match group {
        Group::Modp2048 => Clear::new().i32(LARGE_GROUP).lp(public),
        Group::Modp1024 => Clear::new().lp(public),
    }
}

/// Server public key, then host key and its signature, S>C. The last two are read and not used: nobody verifies them.
pub fn decode_server_public(r: &mut Reader<'_>) -> Decoded<Vec<u8>> {
    let public = r.lp(4096, "a server public key of at most 4096 bytes")?.to_vec();
    r.lp(4096, "a host key of at most 4096 bytes")?;
    r.lp(4096, "a host key signature of at most 4096 bytes")?;
    Ok(public)
}

/// The server's public key, and no host key.
pub fn encode_server_public(public: &[u8]) -> Clear {
    Clear::new().lp(public).i32(0).i32(0)
}

/// The answer to the challenge of a secondary connection: 32 bytes and a tick in one encryption (wire/01 section 8).
pub fn decode_challenge_answer(r: &mut Reader<'_>) -> Decoded<([u8; 32], u32)> {
    let plain: [u8; 36] = r.enc_array(SpanKey::Control)?;
    let (mut challenge, mut tick) = ([0; 32], [0; 4]);
    challenge.copy_from_slice(&plain[..32]);
    tick.copy_from_slice(&plain[32..]);
    Ok((challenge, u32::from_be_bytes(tick)))
}

/// The answer to a challenge.
pub fn encode_challenge_answer(challenge: &[u8; 32], tick: u32) -> Clear {
    let mut plain = [0; 36];
    plain[..32].copy_from_slice(challenge);
    plain[32..].copy_from_slice(&tick.to_be_bytes());
    Clear::new().enc(SpanKey::Control, &plain)
}

/// No legal key length: marks the 2048-bit group (wire/01 section 2.1).
const LARGE_GROUP: i32 = 4099;

//! Side paths that a meeting can do without: self pictures, SIP guests, WebRTC (wire/02 sections 4.5, 11.2 and 12).
//!
//! In: bytes after the EXT number. Out: one enum a direction. Our server offers none of SIP and WebRTC; both are read, so that the
//! stream keeps step and the inspector can say what another server does.

use super::clear::{Clear, SpanKey};
use super::facts::Secret;
use super::fields::{Decoded, Reader};

/// What a client says of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideToServer {
    /// EXT(57) sub 2: the answer to a SIP guest.
    SipAnswer {
        /// Whose address, at most 999 bytes.
        uri: String,
        /// Under which participant.
        ssrc: i32,
        /// 0 accept, 1 reject, 3 disconnect.
        code: i32,
    },
    /// EXT(77): the picture of this participant has arrived whole.
    PictureReceived(i32),
    /// EXT(96): 0 unused, 1 connecting or error, 2 probing, 3 failed, 4 working.
    WebRtcStatus(u8),
    /// EXT(98): a source comes, or does not come, by WebRTC.
    WebRtcMedia {
        /// 0 audio, 1 video.
        kind: u8,
        /// Whose.
        source: i32,
        /// 0 off.
        on: u8,
    },
}

/// What clients are told of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SideToClient {
    /// EXT(57) sub 1: a SIP guest asks to be let in.
    SipRequest {
        /// Whose address, at most 999 bytes.
        uri: String,
        /// Under which participant.
        ssrc: i32,
    },
    /// EXT(57) sub 3: a SIP guest is listed, or gone.
    SipStatus {
        /// Whose address, at most 999 bytes.
        uri: String,
        /// Under which participant.
        ssrc: i32,
        /// 0 gone.
        status: i32,
    },
    /// EXT(57) sub 10: a SIP guest is called something else.
    SipRenamed {
        /// The address so far, at most 999 bytes.
        uri: String,
        /// Under which participant.
        ssrc: i32,
        /// The new address, at most 999 bytes.
        new_uri: String,
    },
    /// EXT(76): somebody's picture.
    Picture {
        /// Whose.
        ssrc: i32,
        /// 1 BMP (gzip), 2 GIF, 3 JPEG, 4 PNG.
        kind: i32,
        /// 1..=1,000,000 bytes.
        image: Vec<u8>,
    },
    /// EXT(77): the upload of the receiver's own picture is over; 0 complete.
    PictureTaken(i32),
    /// EXT(95): where WebRTC is arranged, at most 999 bytes.
    WebRtcServer(String),
    /// EXT(96): somebody's state of WebRTC.
    WebRtcStatus {
        /// Whose.
        ssrc: i32,
        /// 0..=4, see [`SideToServer::WebRtcStatus`].
        status: u8,
    },
    /// EXT(97): TURN servers with their passwords, JSON of at most 9999 bytes.
    TurnServers(Secret),
}

impl SideToServer {
    /// After EXT(`id`); `None` if the number is none of these.
    pub fn decode(id: i32, r: &mut Reader<'_>) -> Decoded<Option<SideToServer>> {
        Ok(Some(match id {
            57 => match r.i32()? {
                2 => SideToServer::SipAnswer { uri: uri(r)?, ssrc: r.i32()?, code: r.i32()? },
                other => return Err(r.malformed(4, "EXT(57) sub 2", other)),
            },
            77 => SideToServer::PictureReceived(r.i32()?),
            96 => SideToServer::WebRtcStatus(r.u8()?),
            98 => SideToServer::WebRtcMedia { kind: r.u8()?, source: r.i32()?, on: r.u8()? },
            _ => return Ok(None),
        }))
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            SideToServer::SipAnswer { uri, ssrc, code } => {
                Clear::ext(57).i32(2).enc_lp(SpanKey::Meeting, uri.as_bytes()).i32(*ssrc).i32(*code)
            }
            SideToServer::PictureReceived(ssrc) => Clear::ext(77).i32(*ssrc),
            SideToServer::WebRtcStatus(status) => Clear::ext(96).u8(*status),
            SideToServer::WebRtcMedia { kind, source, on } => Clear::ext(98).u8(*kind).i32(*source).u8(*on),
        }
    }
}

impl SideToClient {
    /// After EXT(`id`); `None` if the number is none of these.
    pub fn decode(id: i32, r: &mut Reader<'_>) -> Decoded<Option<SideToClient>> {
        Ok(Some(match id {
            57 => match r.i32()? {
                1 => SideToClient::SipRequest { uri: uri(r)?, ssrc: r.i32()? },
                3 => SideToClient::SipStatus { uri: uri(r)?, ssrc: r.i32()?, status: r.i32()? },
                10 => SideToClient::SipRenamed { uri: uri(r)?, ssrc: r.i32()?, new_uri: uri(r)? },
                other => return Err(r.malformed(4, "EXT(57) sub 1, 3 or 10", other)),
            },
            76 => {
                let (ssrc, kind) = (r.i32()?, r.i32()?);
                let n = r.count(1, MAX_PICTURE, "a picture of 1 to 1,000,000 bytes")?;
                SideToClient::Picture { ssrc, kind, image: r.enc(SpanKey::Meeting, n)? }
            }
            77 => SideToClient::PictureTaken(r.i32()?),
            95 => SideToClient::WebRtcServer(r.enc_text(SpanKey::Meeting, 999, "an address of at most 999 bytes")?),
            96 => SideToClient::WebRtcStatus { ssrc: r.i32()?, status: r.u8()? },
            97 => {
                let n = r.count(0, 9999, "TURN servers of at most 9999 bytes")?;
                SideToClient::TurnServers(Secret(r.enc(SpanKey::Meeting, n)?))
            }
            _ => return Ok(None),
        }))
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        let sip = |sub, uri: &str, ssrc| Clear::ext(57).i32(sub).enc_lp(SpanKey::Meeting, uri.as_bytes()).i32(ssrc);
        match self {
            SideToClient::SipRequest { uri, ssrc } => sip(1, uri, *ssrc),
            SideToClient::SipStatus { uri, ssrc, status } => sip(3, uri, *ssrc).i32(*status),
            SideToClient::SipRenamed { uri, ssrc, new_uri } => {
                sip(10, uri, *ssrc).enc_lp(SpanKey::Meeting, new_uri.as_bytes())
            }
            SideToClient::Picture { ssrc, kind, image } => {
                Clear::ext(76).i32(*ssrc).i32(*kind).enc_lp(SpanKey::Meeting, image)
            }
            SideToClient::PictureTaken(error) => Clear::ext(77).i32(*error),
            SideToClient::WebRtcServer(url) => Clear::ext(95).enc_lp(SpanKey::Meeting, url.as_bytes()),
            SideToClient::WebRtcStatus { ssrc, status } => Clear::ext(96).i32(*ssrc).u8(*status),
            SideToClient::TurnServers(servers) => Clear::ext(97).enc_lp(SpanKey::Meeting, &servers.0),
        }
    }
}

fn uri(r: &mut Reader<'_>) -> Decoded<String> {
    r.enc_text(SpanKey::Meeting, 999, "a SIP address of at most 999 bytes")
}

/// The largest picture of oneself, in bytes (wire/02 section 4.5).
pub const MAX_PICTURE: i32 = 1_000_000;

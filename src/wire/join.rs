//! The join request and every answer before admission (wire/01 sections 5 to 7).
//!
//! In: the front of a byte stream after the parameter blocks. Out: requests, prompts, refusals, INITIAL_INFO; and their encodings.

use super::cipher::KeyMaterial;
use super::clear::{Clear, SpanKey};
use super::fields::{Decoded, Reader};
use super::refusal::Refusal;
use crate::hit::jnj::Mode;

/// What a client asks for (wire/01 section 5).
#[derive(Clone, PartialEq, Eq)]
pub enum JoinRequest {
    /// Action `3`: codetype 13, the sealed userinfo as it stands in the jnj.
    Hit {
        /// The sealed userinfo.
        userinfo: String,
        /// Wishes of the client, see [`flags`].
        flags: u8,
    },
    /// Action `4`: codetype 15, a shared recording.
    Shared {
        /// The sealed userinfo.
        userinfo: String,
        /// What a messenger left for this server, or empty; not encrypted, below 100 bytes (wire/01 section 5.3).
        credential: String,
    },
    /// Actions `0` and `6`: codetype 4, a web office.
    Office {
        /// The owner's id; `_` and the owner's id for a guest.
        user_id: String,
        /// How the joiner is known.
        who: OfficeIdentity,
        /// Wishes of the client.
        flags: u8,
        /// Action `6`: an invitation.
        invitation: Option<String>,
    },
    /// Action `5`: codetype 5, a web office's recording.
    OfficePlayback {
        /// The owner's id.
        user_id: String,
        /// SHA-1 of the password.
        password: [u8; 20],
        /// `YYYY_MM_DD_HH_MM_SSSSSS`, at most 23 bytes.
        file: String,
    },
    /// Actions `1` and `U`: a web office's playback without a file, and the messenger. Decoded no further.
    Other(u8),
}

/// How somebody who joins a web office is known (wire/01 section 5.2).
#[derive(Clone, PartialEq, Eq)]
pub enum OfficeIdentity {
    /// A guest by name.
    Guest(String),
    /// The owner, by SHA-1 of the password.
    Password([u8; 20]),
}

impl JoinRequest {
    /// Reads a join request.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<JoinRequest> {
        const ID: &str = "a user id of at most 254 bytes";
        match r.u8()? {
            b'3' => {
                let userinfo = r.text(MAX_USERINFO_ON_WIRE, "a userinfo of at most 65,536 bytes")?;
                Ok(JoinRequest::Hit { userinfo, flags: r.u8()? })
            }
            b'4' => Ok(JoinRequest::Shared {
                userinfo: r.text(MAX_USERINFO_ON_WIRE, "a userinfo of at most 65,536 bytes")?,
                credential: r.text(99, "a credential below 100 bytes")?,
            }),
            action @ (b'0' | b'6') => {
                r.u8()?;
                let user_id = r.enc_text(SpanKey::Control, MAX_ID_ON_WIRE, ID)?;
                let who = if user_id.starts_with('_') {
                    OfficeIdentity::Guest(r.enc_text(
                        SpanKey::Control,
                        MAX_ID_ON_WIRE,
                        "a guest name of at most 254 bytes",
                    )?)
                } else {
                    OfficeIdentity::Password(hash(r)?)
                };
                let flags = r.u8()?;
                let invitation = if action == b'6' {
                    Some(r.enc_text(SpanKey::Control, MAX_TICKET_ON_WIRE, "an invitation of at most 510 bytes")?)
                } else {
                    None
                };
                Ok(JoinRequest::Office { user_id, who, flags, invitation })
            }
            b'5' => Ok(JoinRequest::OfficePlayback {
                user_id: r.enc_text(SpanKey::Control, MAX_ID_ON_WIRE, ID)?,
                password: hash(r)?,
                file: r.enc_text(SpanKey::Control, 46, "a file name of at most 46 bytes")?,
            }),
            action @ (b'1' | b'U') => Ok(JoinRequest::Other(action)),
            other => Err(r.malformed(1, "a join action: one of 3 4 0 6 5 1 U", format!("{other:#04x}"))),
        }
    }

    /// Writes a join request. [`JoinRequest::Other`] writes only its action byte.
    pub fn encode(&self) -> Clear {
        let control = |message: Clear, text: &str| message.enc_lp(SpanKey::Control, text.as_bytes());
        match self {
            JoinRequest::Hit { userinfo, flags } => Clear::command(b'3').lp(userinfo.as_bytes()).u8(*flags),
            JoinRequest::Shared { userinfo, credential } => {
                Clear::command(b'4').lp(userinfo.as_bytes()).lp(credential.as_bytes())
            }
            JoinRequest::Office { user_id, who, flags, invitation } => {
                let action = if invitation.is_some() { b'6' } else { b'0' };
                let message = control(Clear::command(action).u8(0), user_id);
                let message = match who {
                    OfficeIdentity::Guest(name) => control(message, name),
                    OfficeIdentity::Password(hash) => message.enc_lp(SpanKey::Control, hash),
                };
                let message = message.u8(*flags);
                invitation.iter().fold(message, |message, ticket| control(message, ticket))
            }
            JoinRequest::OfficePlayback { user_id, password, file } => {
                control(control(Clear::command(b'5'), user_id).enc_lp(SpanKey::Control, password), file)
            }
            JoinRequest::Other(action) => Clear::command(*action),
        }
    }
}

fn hash(r: &mut Reader<'_>) -> Decoded<[u8; 20]> {
    r.count(20, 20, "a password hash of 20 bytes")?;
    r.enc_array(SpanKey::Control)
}

// A fresh userinfo is as good as a password.
impl std::fmt::Debug for JoinRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            JoinRequest::Hit { userinfo, flags } => write!(f, "Hit({} bytes, flags {flags:#04x})", userinfo.len()),
            JoinRequest::Shared { userinfo, .. } => write!(f, "Shared({} bytes)", userinfo.len()),
            JoinRequest::Office { user_id, flags, .. } => write!(f, "Office({user_id:?}, flags {flags:#04x})"),
            JoinRequest::OfficePlayback { user_id, file, .. } => write!(f, "OfficePlayback({user_id:?}, {file:?})"),
            JoinRequest::Other(action) => write!(f, "Other({:?})", char::from(*action)),
        }
    }
}

/// Bits of [`JoinRequest::Hit`]'s flags (wire/01 section 5.1).
pub mod flags {
    /// Has audio capture now.
    pub const AUDIO: u8 = 0x01;
    /// Has video capture now.
    pub const VIDEO: u8 = 0x02;
    /// What the known client always sends: 0x08 and 0x20, and 0x10 for the questioner's video.
    pub const NORMAL: u8 = 0x38;
}

/// The bare answer to a password prompt (wire/01 section 6.1).
#[derive(Clone, PartialEq, Eq)]
pub enum PasswordAnswer {
    /// SHA-1 of the UTF-8 password.
    Given([u8; 20]),
    /// Cancelled; the client closes a second later.
    Cancelled,
}

impl PasswordAnswer {
    /// Reads the answer.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<PasswordAnswer> {
        match r.i32()? {
            0 => Ok(PasswordAnswer::Cancelled),
            20 => Ok(PasswordAnswer::Given(r.enc_array(SpanKey::Control)?)),
            other => Err(r.malformed(4, "a password hash of 20 bytes, or 0 for none", other)),
        }
    }

    /// Writes the answer.
    pub fn encode(&self) -> Clear {
        match self {
            PasswordAnswer::Given(hash) => Clear::new().enc_lp(SpanKey::Control, hash),
            PasswordAnswer::Cancelled => Clear::new().i32(0),
        }
    }
}

/// The bare answer to an offer to leave a message (wire/01 section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageAnswer {
    /// Leave one.
    Leave,
    /// Cancelled; the client closes a second later.
    No,
}

impl MessageAnswer {
    /// Reads the answer.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<MessageAnswer> {
        match r.i32()? {
            0 => Ok(MessageAnswer::No),
            1 => Ok(MessageAnswer::Leave),
            other => Err(r.malformed(4, "1 to leave a message, or 0 for none", other)),
        }
    }

    /// Writes the answer.
    pub fn encode(self) -> Clear {
        Clear::new().i32(i32::from(self == MessageAnswer::Leave))
    }
}

/// What a server says before it admits or refuses.
#[derive(Clone, Debug)]
pub enum BeforeAdmission {
    /// EXT(28): the password of the userinfo is wanted.
    PasswordWanted,
    /// EXT(6), EXT(25): somebody is asked, or a message may be left.
    Wait {
        /// What is waited for.
        kind: WaitKind,
        /// The owner's name; empty in the older form EXT(6).
        owner: String,
    },
    /// EXT(26): the request is served in another mode than a meeting; 1 is playback.
    Mode(u8),
    /// EXT(64) with 0 or 1 before admission: the recording's password is wanted; 1 perhaps means "again" (UNCERTAIN).
    RecordingPasswordWanted(i32),
    /// INITIAL_INFO with success, meeting form.
    Admitted(Box<InitialInfo>),
    /// INITIAL_INFO with success, playback form.
    Playing(PlaybackStart),
    /// INITIAL_INFO with an error.
    Refused(Refusal),
}

/// INITIAL_INFO with success in playback mode, 18 bytes (wire/05 section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaybackStart {
    /// Names this playback to secondary connections and tickets.
    pub playback_id: i32,
    /// 0..=65535.
    pub session_index: i32,
}

/// Kinds of WAIT_MESSAGE (wire/01 section 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitKind {
    /// Type 0: not online; leave a message?
    LeaveMessageAbsent,
    /// Type 1: the owner is asked.
    Permission,
    /// Type 2: busy; leave a message?
    LeaveMessageBusy,
}

impl BeforeAdmission {
    /// Reads one answer of the server to a meeting client.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<BeforeAdmission> {
        BeforeAdmission::decode_in(Mode::Meeting, r)
    }

    /// Reads one answer of the server to a client in that mode: the form of success depends on it.
    pub fn decode_in(mode: Mode, r: &mut Reader<'_>) -> Decoded<BeforeAdmission> {
        match r.u8()? {
            b'0' => match r.u8()? {
                SUCCESS if mode == Mode::Playback => {
                    let start = PlaybackStart { playback_id: r.i32()?, session_index: r.i32()? };
                    r.bytes(8)?;
                    Ok(BeforeAdmission::Playing(start))
                }
                SUCCESS => Ok(BeforeAdmission::Admitted(Box::new(InitialInfo::decode_after_status(r)?))),
                status => {
                    let refusal = Refusal::from_status(status);
                    if refusal.carries_version() {
                        r.bytes(8)?;
                    }
                    Ok(BeforeAdmission::Refused(refusal))
                }
            },
            super::fields::EXTENSION => match r.i32()? {
                6 => Ok(BeforeAdmission::Wait { kind: wait_kind(r)?, owner: String::new() }),
                25 => Ok(BeforeAdmission::Wait {
                    kind: wait_kind(r)?,
                    owner: r.text(127, "an owner name of at most 127 bytes")?,
                }),
                26 => Ok(BeforeAdmission::Mode(r.u8()?)),
                28 => {
                    r.count(0, 0, "password prompt kind 0")?;
                    Ok(BeforeAdmission::PasswordWanted)
                }
                64 => Ok(BeforeAdmission::RecordingPasswordWanted(r.i32()?)),
                other => Err(r.malformed(4, "an answer to a join: EXT 6, 25, 26, 28 or 64", other)),
            },
            other => Err(r.malformed(1, "an answer to a join: 0x30 or 0x7a", format!("{other:#04x}"))),
        }
    }

    /// Writes one answer.
    pub fn encode(&self) -> Clear {
        match self {
            BeforeAdmission::PasswordWanted => Clear::ext(28).i32(0),
            BeforeAdmission::Wait { kind, owner } => {
                let kind = match kind {
                    WaitKind::LeaveMessageAbsent => 0,
                    WaitKind::Permission => 1,
                    WaitKind::LeaveMessageBusy => 2,
                };
                Clear::ext(25).u8(kind).lp(owner.as_bytes())
            }
            BeforeAdmission::Mode(mode) => Clear::ext(26).u8(*mode),
            BeforeAdmission::RecordingPasswordWanted(again) => Clear::ext(64).i32(*again),
            BeforeAdmission::Admitted(info) => info.encode(),
            BeforeAdmission::Playing(start) => {
                let message = Clear::command(b'0').u8(SUCCESS).i32(start.playback_id).i32(start.session_index);
                message.raw(&[0; 8])
            }
            BeforeAdmission::Refused(refusal) => {
                let message = Clear::command(b'0').u8(refusal.status());
                if refusal.carries_version() { message.i32(0).i32(0) } else { message }
            }
        }
    }
}

/// INITIAL_INFO with success in meeting mode, 102 bytes (wire/01 section 7.1).
#[derive(Clone)]
pub struct InitialInfo {
    /// Participant number, 0..=4999; the owner is 0.
    pub ssrc: i32,
    /// Meeting number, 0..=65535.
    pub session_index: i32,
    /// Bits per second, 10,000..=5,000,000.
    pub max_bandwidth: i32,
    /// The meeting's key and IV fields.
    pub meeting: KeyMaterial,
    /// Milliseconds since the meeting began.
    pub elapsed_ms: i32,
}

impl InitialInfo {
    fn decode_after_status(r: &mut Reader<'_>) -> Decoded<InitialInfo> {
        let ssrc = i32::try_from(r.count(0, MAX_SSRC, "an ssrc of 0 to 4999")?).unwrap_or_default();
        let (session_index, max_bandwidth) = (r.i32()?, r.i32()?);
        r.bytes(24)?;
        let iv: [u8; 20] = r.enc_array(SpanKey::Control)?;
        let key: [u8; 40] = r.enc_array(SpanKey::Control)?;
        let elapsed_ms = r.i32()?;
        Ok(InitialInfo { ssrc, session_index, max_bandwidth, meeting: KeyMaterial::from_parts(key, iv), elapsed_ms })
    }

    fn encode(&self) -> Clear {
        Clear::command(b'0')
            .u8(SUCCESS)
            .i32(self.ssrc)
            .i32(self.session_index)
            .i32(self.max_bandwidth)
            .raw(&[0; 24])
            .enc(SpanKey::Control, self.meeting.iv())
            .enc(SpanKey::Control, self.meeting.key())
            .i32(self.elapsed_ms)
    }
}

// The meeting's key must not reach a log.
impl std::fmt::Debug for InitialInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let InitialInfo { ssrc, session_index, max_bandwidth, elapsed_ms, .. } = self;
        write!(f, "InitialInfo(ssrc {ssrc}, session {session_index}, {max_bandwidth} bit/s, {elapsed_ms} ms)")
    }
}

fn wait_kind(r: &mut Reader<'_>) -> Decoded<WaitKind> {
    match r.u8()? {
        0 => Ok(WaitKind::LeaveMessageAbsent),
        1 => Ok(WaitKind::Permission),
        2 => Ok(WaitKind::LeaveMessageBusy),
        other => Err(r.malformed(1, "a wait message of type 0, 1 or 2", other)),
    }
}

/// The highest participant number (wire/00 section 5).
pub const MAX_SSRC: i32 = 4999;

const SUCCESS: u8 = b'0';

// Ids of 127 characters and tickets of 255; a byte above 0x7f arrives as two (wire/01 section 5.2).
const MAX_ID_ON_WIRE: i32 = 254;
const MAX_TICKET_ON_WIRE: i32 = 510;

// A userinfo has fewer than 10,000 bytes, and a byte above 0x7f arrives as two (wire/01 section 5.1). Longer ones are read too, so
// that there is somebody to be told 229; beyond this it is no join request any more.
const MAX_USERINFO_ON_WIRE: i32 = 65_536;

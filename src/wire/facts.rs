//! Facts of the meeting that a client is told at its start and when they change (wire/01 section 7.4, wire/02 section 9).
//!
//! In: bytes after the EXT number. Out: one enum; clients send none of these here.

use super::clear::{Clear, SpanKey};
use super::control::Suppress;
use super::fields::{Decoded, Reader};

/// Bytes that nobody is shown: a password, a way into somebody's server.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(pub Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "({} bytes)", self.0.len())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

/// A fact.
#[derive(Clone, PartialEq, Eq)]
pub enum Fact {
    /// EXT(0): the highest EXT number that the server knows. Opens the client's media connection.
    MaxExtension(i32),
    /// EXT(88): told again on reconnecting.
    Identity {
        /// Meeting type.
        meeting_type: i32,
        /// Random id.
        random_id: i32,
    },
    /// EXT(90): a secret of exactly 12 bytes that brings the same person back for three hours.
    ReconnectName {
        /// 0..=29 bytes; only 12 can be used.
        name: Vec<u8>,
        /// Shown beside it, at most 127 bytes.
        real_name: String,
    },
    /// EXT(11): planned duration in seconds.
    Duration(i32),
    /// EXT(71): audio codecs, preferred first.
    AudioCodecs(Vec<i32>),
    /// EXT(72): video codecs, preferred first.
    VideoCodecs(Vec<i32>),
    /// EXT(69): where the client updates itself, at most 511 bytes.
    UpdateUrl(String),
    /// EXT(92): preferred Opus bit rate, 0 for the client's own.
    OpusRate(i32),
    /// EXT(32): 0 not recorded, 1 recording, 2 paused.
    Recording(i32),
    /// EXT(79): the meeting does not ask for a recording.
    NoRecording,
    /// EXT(64) state 200: whether the owner may set the recording's password.
    RecordingPassword {
        /// 1 shows the menu.
        can_set: i32,
        /// Unused in a meeting.
        extended_services: i32,
    },
    /// EXT(64) with any other state: whether the recording has a password.
    RecordingPasswordState(i32),
    /// EXT(99): meeting id, at most 128 bytes.
    MeetingId(String),
    /// EXT(101): title, at most 512 bytes.
    Title(String),
    /// EXT(30): the meeting will be terminated in a few minutes.
    TerminationWarning,
    /// EXT(51): the server is about to shut down.
    ServerShutdown,
    /// EXT(54): the initialisation is complete.
    Initialised(i32),
    /// EXT(5): the meeting goes on for longer; the known client does nothing with it.
    Prolonged,
    /// EXT(29) with another value than 0: the meeting is being prepared.
    Preparing(i32),
    /// EXT(29) with 0: it has become a normal meeting, with this full duration in seconds.
    Prepared(i32),
    /// EXT(58): everybody is a questioner all the time.
    AllQuestioner,
    /// EXT(59): 1 if the token holder answers those who ask to be let in, 0 if the owner does.
    HolderAcceptsGuests(i32),
    /// EXT(70): what the known client is not to do (wire/03 section 2.4).
    Restriction(i32),
    /// EXT(73): the holder's video is shown first.
    HolderVideo,
    /// EXT(74): bits per second that all senders share, 0 for no limit.
    TotalBandwidth(i32),
    /// EXT(75): the recording is kept in an archive, and cannot be paused.
    Archived,
    /// EXT(86): 1 if the token holder may end the meeting.
    HolderEndsMeeting(i32),
    /// EXT(87): one participant's sound goes to one other only; -1 nobody's.
    SingleAudio {
        /// Whose sound.
        ssrc: i32,
        /// Who hears it, -1 off.
        target: i32,
    },
    /// EXT(102) and EXT(103): somebody is not heard, or not seen.
    Suppress(Suppress),
}

impl Fact {
    /// After EXT(`id`); `None` if the number is no fact.
    pub fn decode(id: i32, r: &mut Reader<'_>) -> Decoded<Option<Fact>> {
        Ok(Some(match id {
            0 => Fact::MaxExtension(r.i32()?),
            5 => Fact::Prolonged,
            11 => Fact::Duration(r.i32()?),
            29 => match r.i32()? {
                0 => Fact::Prepared(r.i32()?),
                flag => Fact::Preparing(flag),
            },
            30 => {
                r.i32()?;
                Fact::TerminationWarning
            }
            32 => Fact::Recording(r.i32()?),
            51 => Fact::ServerShutdown,
            54 => Fact::Initialised(r.i32()?),
            58 => Fact::AllQuestioner,
            59 => Fact::HolderAcceptsGuests(r.i32()?),
            64 => match r.i32()? {
                200 => Fact::RecordingPassword { can_set: r.i32()?, extended_services: r.i32()? },
                state => Fact::RecordingPasswordState(state),
            },
            69 => Fact::UpdateUrl(r.text(511, "an address of at most 511 bytes")?),
            70 => Fact::Restriction(r.i32()?),
            71 => Fact::AudioCodecs(codecs(r)?),
            72 => Fact::VideoCodecs(codecs(r)?),
            73 => Fact::HolderVideo,
            74 => Fact::TotalBandwidth(r.i32()?),
            75 => Fact::Archived,
            79 => Fact::NoRecording,
            86 => Fact::HolderEndsMeeting(r.i32()?),
            87 => Fact::SingleAudio { ssrc: r.i32()?, target: r.i32()? },
            88 => Fact::Identity { meeting_type: r.i32()?, random_id: r.i32()? },
            90 => Fact::ReconnectName {
                name: r.lp(29, "a reconnect name of at most 29 bytes")?.to_vec(),
                real_name: r.text(127, "a name of at most 127 bytes")?,
            },
            92 => Fact::OpusRate(r.i32()?),
            99 => Fact::MeetingId(r.enc_text(SpanKey::Meeting, 128, "a meeting id of at most 128 bytes")?),
            101 => Fact::Title(r.enc_text(SpanKey::Meeting, 512, "a title of at most 512 bytes")?),
            102 | 103 => Fact::Suppress(Suppress::decode(id, r)?),
            _ => return Ok(None),
        }))
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            Fact::MaxExtension(max) => Clear::ext(0).i32(*max),
            Fact::Identity { meeting_type, random_id } => Clear::ext(88).i32(*meeting_type).i32(*random_id),
            Fact::ReconnectName { name, real_name } => Clear::ext(90).lp(name).lp(real_name.as_bytes()),
            Fact::Duration(seconds) => Clear::ext(11).i32(*seconds),
            Fact::AudioCodecs(list) => encode_codecs(71, list),
            Fact::VideoCodecs(list) => encode_codecs(72, list),
            Fact::UpdateUrl(url) => Clear::ext(69).lp(url.as_bytes()),
            Fact::OpusRate(rate) => Clear::ext(92).i32(*rate),
            Fact::Recording(state) => Clear::ext(32).i32(*state),
            Fact::NoRecording => Clear::ext(79),
            Fact::RecordingPassword { can_set, extended_services } => {
                Clear::ext(64).i32(200).i32(*can_set).i32(*extended_services)
            }
            Fact::RecordingPasswordState(state) => Clear::ext(64).i32(*state),
            Fact::MeetingId(id) => Clear::ext(99).enc_lp(SpanKey::Meeting, id.as_bytes()),
            Fact::Title(title) => Clear::ext(101).enc_lp(SpanKey::Meeting, title.as_bytes()),
            Fact::TerminationWarning => Clear::ext(30).i32(0),
            Fact::ServerShutdown => Clear::ext(51),
            Fact::Initialised(flags) => Clear::ext(54).i32(*flags),
            Fact::Prolonged => Clear::ext(5),
            Fact::Preparing(flag) => Clear::ext(29).i32(*flag),
            Fact::Prepared(seconds) => Clear::ext(29).i32(0).i32(*seconds),
            Fact::AllQuestioner => Clear::ext(58),
            Fact::HolderAcceptsGuests(on) => Clear::ext(59).i32(*on),
            Fact::Restriction(bits) => Clear::ext(70).i32(*bits),
            Fact::HolderVideo => Clear::ext(73),
            Fact::TotalBandwidth(total) => Clear::ext(74).i32(*total),
            Fact::Archived => Clear::ext(75),
            Fact::HolderEndsMeeting(on) => Clear::ext(86).i32(*on),
            Fact::SingleAudio { ssrc, target } => Clear::ext(87).i32(*ssrc).i32(*target),
            Fact::Suppress(suppress) => suppress.encode(),
        }
    }
}

// The reconnect name is a credential.
impl std::fmt::Debug for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fact::ReconnectName { real_name, .. } => write!(f, "ReconnectName(.., {real_name:?})"),
            other => write!(f, "Fact({:02x?})", other.encode().bytes),
        }
    }
}

fn codecs(r: &mut Reader<'_>) -> Decoded<Vec<i32>> {
    let n = r.count(0, 32, "at most 32 codecs")?;
    (0..n).map(|_| r.i32()).collect()
}

fn encode_codecs(id: i32, list: &[i32]) -> Clear {
    list.iter().fold(Clear::ext(id).len(list.len()), |m, codec| m.i32(*codec))
}

/// Codec numbers of EXT(71) and EXT(72), and what guide 3.1/7 calls them (wire/02 section 10.2).
pub mod codec {
    /// Audio: Opus.
    pub const OPUS: i32 = 232;
    /// Audio: G.711.
    pub const G711: i32 = 120;
    /// Video: H.264.
    pub const H264: i32 = 200;
    /// Video: Motion JPEG.
    pub const MJPG: i32 = 248;

    /// The number of an audio codec by its name in a request.
    pub fn audio(name: &str) -> Option<i32> {
        number(&[("dflt", 129), ("ilbc", 152), ("g711", G711), ("g726", 168), ("opus", OPUS)], name)
    }

    /// The number of a video codec by its name in a request.
    pub fn video(name: &str) -> Option<i32> {
        number(&[("dflt", 130), ("hm264", H264), ("f264", 216), ("mjpg", MJPG), ("vpx", 64)], name)
    }

    fn number(names: &[(&str, i32)], name: &str) -> Option<i32> {
        names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, number)| *number)
    }
}

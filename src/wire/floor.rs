//! The floor: token, questions, data sender, speakers, controller, assistant (wire/02 section 5).
//!
//! In: bytes after the command byte or EXT number. Out: one enum a direction. A participant that is named here may be anybody or
//! nobody: whether such a one is there is for the meeting to judge, and one that is not is ignored (wire/02 section 0).

use super::clear::Clear;
use super::fields::{Decoded, Reader};

/// What the controller may decide in the holder's place (EXT 81, wire/02 section 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlFlags(pub i32);

impl ControlFlags {
    /// May answer those who ask to be let in.
    pub const ACCEPT_GUEST: ControlFlags = ControlFlags(1);
    /// May end the meeting.
    pub const END_MEETING: ControlFlags = ControlFlags(2);
    /// Decides on questions.
    pub const QUESTIONS: ControlFlags = ControlFlags(4);
    /// May ask for a poll.
    pub const POLL: ControlFlags = ControlFlags(8);
    /// Decides on slides.
    pub const SLIDES: ControlFlags = ControlFlags(16);
    /// May take the token.
    pub const RETRIEVE_TOKEN: ControlFlags = ControlFlags(32);
    /// Decides on tab, joint browsing and sharing.
    pub const TAB: ControlFlags = ControlFlags(64);
    /// Decides on full screen.
    pub const FULL_SCREEN: ControlFlags = ControlFlags(128);

    /// Each known bit with its word, the lowest first.
    pub const NAMED: [(ControlFlags, &'static str); 8] = [
        (ControlFlags::ACCEPT_GUEST, "accept guests"),
        (ControlFlags::END_MEETING, "end meeting"),
        (ControlFlags::QUESTIONS, "questions"),
        (ControlFlags::POLL, "poll"),
        (ControlFlags::SLIDES, "slides"),
        (ControlFlags::RETRIEVE_TOKEN, "retrieve token"),
        (ControlFlags::TAB, "tab"),
        (ControlFlags::FULL_SCREEN, "full screen"),
    ];

    /// True if every bit of `other` is set.
    pub fn has(self, other: ControlFlags) -> bool {
        self.0 & other.0 == other.0
    }

    /// With the bits of `other` set, or cleared; bits without a name stay as they are, as the known client keeps them.
    pub fn with(self, other: ControlFlags, on: bool) -> ControlFlags {
        ControlFlags(if on { self.0 | other.0 } else { self.0 & !other.0 })
    }

    /// No bit is set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl std::fmt::Display for ControlFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}", self.0)?;
        let words: Vec<&str> =
            ControlFlags::NAMED.iter().filter(|(flag, _)| self.has(*flag)).map(|(_, word)| *word).collect();
        if words.is_empty() { Ok(()) } else { write!(f, " ({})", words.join(", ")) }
    }
}

/// Floor commands of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FloorToServer {
    /// `T`: hand the token to somebody, or take it.
    Token(i32),
    /// EXT(15): the same, and these are to stay questioners.
    GiveOutToken {
        /// The new holder.
        target: i32,
        /// Who is to stay questioner.
        questioners: Vec<i32>,
    },
    /// `D`: make somebody the questioner; -1 ends the question.
    DataSender(i32),
    /// `Q`: ask to become questioner.
    Ask {
        /// The asker's own number.
        ssrc: i32,
        /// At most 599 bytes; the known client says `Yes`, and nobody reads it.
        text: String,
    },
    /// EXT(1): the asker, who asks no longer.
    Withdraw(i32),
    /// `J`: turn this asker down.
    Skip(i32),
    /// EXT(37) sub 10: make somebody a speaker.
    AssignSpeaker(i32),
    /// EXT(37) sub 11: a speaker is to stop.
    StopSpeaker(i32),
    /// EXT(80): the controller is to be this one; -1 nobody.
    Controller(i32),
    /// EXT(81): what the controller may do.
    ControlFlags(ControlFlags),
    /// EXT(89): the assistant is to be this one; -1 nobody.
    Assistant(i32),
}

/// The floor as clients are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FloorToClient {
    /// `T`: the token holder, who is data sender too; -1 nobody.
    Token(i32),
    /// `D`: the data sender.
    DataSender(i32),
    /// `I`: the receiver owns the token.
    TokenOwner,
    /// `Q`: somebody asks to become questioner.
    Asked {
        /// Who asks.
        ssrc: i32,
        /// At most 599 bytes, which nobody reads.
        text: String,
    },
    /// EXT(1): somebody asks no longer.
    Withdrawn(i32),
    /// `J`: the receiver's request was turned down.
    Skipped,
    /// EXT(12): the receiver is to ask at once.
    ForceAsk,
    /// EXT(37) sub 0: extra channels.
    Channels {
        /// Video channels, at most 16.
        video: i32,
        /// Speaker channels, at most 16.
        audio: i32,
    },
    /// EXT(37) sub 12 and 13: a speaker gets, or loses, a channel.
    Speaker {
        /// Who.
        ssrc: i32,
        /// 0..=15.
        channel: i32,
        /// True for sub 12.
        assigned: bool,
    },
    /// EXT(37) sub 16: everybody may be heard without being a questioner; 0 off.
    Discussion(i32),
    /// EXT(80): the controller; -1 nobody.
    Controller(i32),
    /// EXT(81): what the controller may do.
    ControlFlags(ControlFlags),
    /// EXT(89): the assistant; -1 nobody.
    Assistant(i32),
}

impl FloorToServer {
    /// After EXT(15).
    pub fn decode_give_out(r: &mut Reader<'_>) -> Decoded<FloorToServer> {
        let target = r.i32()?;
        let n = r.count(0, 5000, "at most 5000 questioners")?;
        // Checked before anything is allocated by that count.
        let list = r.bytes(n.saturating_mul(4))?;
        let questioners = list.chunks_exact(4).map(|c| i32::from_be_bytes([c[0], c[1], c[2], c[3]])).collect();
        Ok(FloorToServer::GiveOutToken { target, questioners })
    }

    /// After `Q`.
    pub fn decode_ask(r: &mut Reader<'_>) -> Decoded<FloorToServer> {
        Ok(FloorToServer::Ask { ssrc: r.i32()?, text: r.text(MAX_QUESTION, QUESTION)? })
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            FloorToServer::Token(target) => Clear::command(b'T').i32(*target),
            FloorToServer::GiveOutToken { target, questioners } => {
                questioners.iter().fold(Clear::ext(15).i32(*target).len(questioners.len()), |m, q| m.i32(*q))
            }
            FloorToServer::DataSender(ssrc) => Clear::command(b'D').i32(*ssrc),
            FloorToServer::Ask { ssrc, text } => Clear::command(b'Q').i32(*ssrc).lp(text.as_bytes()),
            FloorToServer::Withdraw(ssrc) => Clear::ext(1).i32(*ssrc),
            FloorToServer::Skip(ssrc) => Clear::command(b'J').i32(*ssrc),
            FloorToServer::AssignSpeaker(ssrc) => Clear::ext(37).i32(10).i32(*ssrc),
            FloorToServer::StopSpeaker(ssrc) => Clear::ext(37).i32(11).i32(*ssrc),
            FloorToServer::Controller(ssrc) => Clear::ext(80).i32(*ssrc),
            FloorToServer::ControlFlags(flags) => Clear::ext(81).i32(flags.0),
            FloorToServer::Assistant(ssrc) => Clear::ext(89).i32(*ssrc),
        }
    }
}

impl FloorToClient {
    /// After `Q`.
    pub fn decode_asked(r: &mut Reader<'_>) -> Decoded<FloorToClient> {
        Ok(FloorToClient::Asked { ssrc: r.i32()?, text: r.text(MAX_QUESTION, QUESTION)? })
    }

    /// After EXT(37), if the number that follows is about the floor; `None` leaves it where it is.
    pub fn decode_channels(r: &mut Reader<'_>) -> Decoded<Option<FloorToClient>> {
        let sub = r.peek_i32()?;
        if !matches!(sub, 0 | 12 | 13 | 16) {
            return Ok(None);
        }
        r.i32()?;
        Ok(Some(match sub {
            0 => FloorToClient::Channels { video: r.i32()?, audio: r.i32()? },
            16 => FloorToClient::Discussion(r.i32()?),
            _ => FloorToClient::Speaker { ssrc: r.i32()?, channel: r.i32()?, assigned: sub == 12 },
        }))
    }

    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            FloorToClient::Token(ssrc) => Clear::command(b'T').i32(*ssrc),
            FloorToClient::DataSender(ssrc) => Clear::command(b'D').i32(*ssrc),
            FloorToClient::TokenOwner => Clear::command(b'I'),
            FloorToClient::Asked { ssrc, text } => Clear::command(b'Q').i32(*ssrc).lp(text.as_bytes()),
            FloorToClient::Withdrawn(ssrc) => Clear::ext(1).i32(*ssrc),
            FloorToClient::Skipped => Clear::command(b'J'),
            FloorToClient::ForceAsk => Clear::ext(12),
            FloorToClient::Channels { video, audio } => Clear::ext(37).i32(0).i32(*video).i32(*audio),
            FloorToClient::Speaker { ssrc, channel, assigned } => {
                Clear::ext(37).i32(if *assigned { 12 } else { 13 }).i32(*ssrc).i32(*channel)
            }
            FloorToClient::Discussion(on) => Clear::ext(37).i32(16).i32(*on),
            FloorToClient::Controller(ssrc) => Clear::ext(80).i32(*ssrc),
            FloorToClient::ControlFlags(flags) => Clear::ext(81).i32(flags.0),
            FloorToClient::Assistant(ssrc) => Clear::ext(89).i32(*ssrc),
        }
    }
}

/// The most speaker channels, and the most video channels, that a client knows (wire/02 section 5.3).
pub const MAX_CHANNELS: i32 = 16;

/// What the known client puts into its request (wire/02 section 5.4).
pub const QUESTION_TEXT: &str = "Yes";

/// The longest text of a request, in bytes (wire/02 section 5.4).
const MAX_QUESTION: i32 = 599;

const QUESTION: &str = "a question of at most 599 bytes";

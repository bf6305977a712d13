//! The floor: token, data sender, speakers, controller, assistant (wire/02 section 5).
//!
//! In: bytes after the command byte or EXT number. Out: one enum a direction.

use super::clear::Clear;
use super::fields::{Decoded, Reader};

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
    /// EXT(80): the controller; -1 nobody.
    Controller(i32),
    /// EXT(81): what the controller may do.
    ControlFlags(i32),
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

    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            FloorToServer::Token(target) => Clear::command(b'T').i32(*target),
            FloorToServer::GiveOutToken { target, questioners } => {
                questioners.iter().fold(Clear::ext(15).i32(*target).len(questioners.len()), |m, q| m.i32(*q))
            }
        }
    }
}

impl FloorToClient {
    /// The whole message.
    pub fn encode(&self) -> Clear {
        match self {
            FloorToClient::Token(ssrc) => Clear::command(b'T').i32(*ssrc),
            FloorToClient::DataSender(ssrc) => Clear::command(b'D').i32(*ssrc),
            FloorToClient::TokenOwner => Clear::command(b'I'),
            FloorToClient::Channels { video, audio } => Clear::ext(37).i32(0).i32(*video).i32(*audio),
            FloorToClient::Speaker { ssrc, channel, assigned } => {
                Clear::ext(37).i32(if *assigned { 12 } else { 13 }).i32(*ssrc).i32(*channel)
            }
            FloorToClient::Controller(ssrc) => Clear::ext(80).i32(*ssrc),
            FloorToClient::ControlFlags(flags) => Clear::ext(81).i32(*flags),
            FloorToClient::Assistant(ssrc) => Clear::ext(89).i32(*ssrc),
        }
    }
}

//! Everything that a control connection carries after admission, a direction an enum (wire/02 section 1).
//!
//! In: the front of a byte stream and the keys. Out: one message at a time; and their encodings in clear with marked spans.

use super::admission::{OwnerResponse, ShadowJoinRequest};
use super::board::BoardToClient;
use super::chat::{ChatToClient, ChatToServer};
use super::clear::Clear;
use super::control::ControlToServer;
use super::facts::Fact;
use super::fields::{Decoded, EXTENSION, Reader};
use super::floor::{ControlFlags, FloorToClient, FloorToServer};
use super::follow::Follow;
use super::layout::{self, Passed};
use super::playback::{self, InfoLayout, PlaybackToClient, PlaybackToServer};
use super::poll::{PollKind, PollToClient, PollToServer};
use super::side::{SideToClient, SideToServer};
use super::users::{UserToClient, UserToServer};

/// A message from a client in a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToServer {
    /// Probe or answer of the heartbeat.
    Alive(Alive),
    /// `X`: end the meeting for everybody.
    EndMeeting,
    /// Chat.
    Chat(ChatToServer),
    /// The client's own state.
    User(UserToServer),
    /// The floor.
    Floor(FloorToServer),
    /// Polls.
    Poll(PollToServer),
    /// What the presenter shows.
    Follow(Follow),
    /// Whether a visitor may come in.
    Answer(OwnerResponse),
    /// The meeting as a whole.
    Control(ControlToServer),
    /// Pictures, SIP, WebRTC.
    Side(SideToServer),
    /// A viewer's wish (wire/05).
    Playback(PlaybackToServer),
    /// A command that this version passes over.
    Passed(Passed),
}

/// A message to a client in a meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToClient {
    /// Probe or answer of the heartbeat.
    Alive(Alive),
    /// Chat.
    Chat(ChatToClient),
    /// Participants.
    User(UserToClient),
    /// The floor.
    Floor(FloorToClient),
    /// Polls.
    Poll(PollToClient),
    /// What the presenter shows.
    Follow(Follow),
    /// A visitor asks to be let in.
    Knock(ShadowJoinRequest),
    /// Pictures, SIP, WebRTC.
    Side(SideToClient),
    /// Slides.
    Board(BoardToClient),
    /// Facts of the meeting.
    Fact(Fact),
    /// Playback (wire/05).
    Playback(PlaybackToClient),
    /// The session is over for the receiver.
    End(End),
    /// A command that this version passes over.
    Passed(Passed),
}

/// ALIVE (wire/01 section 10.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alive {
    /// `B 0`.
    Probe,
    /// `B 1`.
    Answer,
}

/// How a server ends a session on purpose (wire/01 section 10.2). A bare close means "come back".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `X`: the meeting is over.
    SessionEnd,
    /// `K`: disconnected by the owner.
    Disconnect,
    /// EXT(14): the same user joined elsewhere.
    Overwrite,
}

impl ToServer {
    /// Reads one message.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<ToServer> {
        match r.u8()? {
            b'B' => Ok(ToServer::Alive(Alive::decode(r)?)),
            b'X' => Ok(ToServer::EndMeeting),
            b'C' => Ok(ToServer::Chat(ChatToServer::decode_say(r)?)),
            b'D' => Ok(ToServer::Floor(FloorToServer::DataSender(r.i32()?))),
            b'J' => Ok(ToServer::Floor(FloorToServer::Skip(r.i32()?))),
            b'K' => Ok(ToServer::User(UserToServer::Disconnect(r.i32()?))),
            b'Q' => Ok(ToServer::Floor(FloorToServer::decode_ask(r)?)),
            b'T' => Ok(ToServer::Floor(FloorToServer::Token(r.i32()?))),
            b't' => Ok(ToServer::Poll(PollToServer::decode(PollKind::Tutor, r)?)),
            playback::COMMAND => Ok(ToServer::Playback(PlaybackToServer::decode(r)?)),
            EXTENSION => ToServer::decode_extension(r),
            command => Ok(ToServer::Passed(layout::pass_to_server(command, None, r)?)),
        }
    }

    fn decode_extension(r: &mut Reader<'_>) -> Decoded<ToServer> {
        let id = r.i32()?;
        if let Some(message) = Follow::decode(id, r)? {
            return Ok(ToServer::Follow(message));
        }
        if let Some(message) = ControlToServer::decode(id, r)? {
            return Ok(ToServer::Control(message));
        }
        if let Some(message) = SideToServer::decode(id, r)? {
            return Ok(ToServer::Side(message));
        }
        Ok(match id {
            1 => ToServer::Floor(FloorToServer::Withdraw(r.i32()?)),
            8 => ToServer::Answer(OwnerResponse::decode(r)?),
            15 => ToServer::Floor(FloorToServer::decode_give_out(r)?),
            18 => ToServer::User(UserToServer::Ban(r.i32()?)),
            33 => ToServer::User(UserToServer::VideoStatus(r.i32()?)),
            37 => match r.peek_i32()? {
                sub @ (10 | 11) => {
                    r.i32()?;
                    let ssrc = r.i32()?;
                    let speaker = if sub == 10 { FloorToServer::AssignSpeaker } else { FloorToServer::StopSpeaker };
                    ToServer::Floor(speaker(ssrc))
                }
                _ => ToServer::Passed(layout::pass_to_server(EXTENSION, Some(id), r)?),
            },
            38 => ToServer::Poll(PollToServer::decode(PollKind::Holder, r)?),
            44 => ToServer::Chat(ChatToServer::decode_whisper(r)?),
            55 => ToServer::User(UserToServer::CodePage(r.i32()?)),
            78 => ToServer::User(UserToServer::Capability(r.u8()?)),
            80 => ToServer::Floor(FloorToServer::Controller(r.i32()?)),
            81 => ToServer::Floor(FloorToServer::ControlFlags(ControlFlags(r.i32()?))),
            89 => ToServer::Floor(FloorToServer::Assistant(r.i32()?)),
            100 => ToServer::Playback(PlaybackToServer::Speed(r.i32()?)),
            id => ToServer::Passed(layout::pass_to_server(EXTENSION, Some(id), r)?),
        })
    }

    /// The message in clear with its encrypted spans. One that was passed over comes out as it came in.
    pub fn encode(&self) -> Clear {
        match self {
            ToServer::Alive(alive) => alive.encode(),
            ToServer::EndMeeting => Clear::command(b'X'),
            ToServer::Chat(message) => message.encode(),
            ToServer::User(message) => message.encode(),
            ToServer::Floor(message) => message.encode(),
            ToServer::Poll(message) => message.encode(),
            ToServer::Follow(message) => message.encode(),
            ToServer::Answer(message) => message.encode(),
            ToServer::Control(message) => message.encode(),
            ToServer::Side(message) => message.encode(),
            ToServer::Playback(message) => message.encode(),
            ToServer::Passed(passed) => Clear::new().raw(&passed.bytes),
        }
    }
}

impl ToClient {
    /// Reads one message of a playback, where two layouts differ from a meeting's (wire/05 sections 5.6 and 5.7).
    pub fn decode_playback(info: InfoLayout, r: &mut Reader<'_>) -> Decoded<ToClient> {
        let ahead = r.data().get(r.taken()..).unwrap_or_default();
        match ahead {
            [playback::COMMAND, ..] => {
                r.u8()?;
                Ok(ToClient::Playback(PlaybackToClient::decode(info, r)?))
            }
            // EXT(37) sub 2 and 3: two more numbers than in a meeting.
            [EXTENSION, 0, 0, 0, 37, 0, 0, 0, 2 | 3, ..] => {
                Ok(ToClient::Passed(Passed { name: "PARTICIPANT_VIDEO", bytes: r.bytes(17)?.to_vec() }))
            }
            _ => ToClient::decode(r),
        }
    }

    /// Reads one message.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<ToClient> {
        match r.u8()? {
            b'B' => Ok(ToClient::Alive(Alive::decode(r)?)),
            b'C' => Ok(ToClient::Chat(ChatToClient::decode_plain(r)?)),
            b'D' => Ok(ToClient::Floor(FloorToClient::DataSender(r.i32()?))),
            b'I' => Ok(ToClient::Floor(FloorToClient::TokenOwner)),
            b'J' => Ok(ToClient::Floor(FloorToClient::Skipped)),
            b'K' => Ok(ToClient::End(End::Disconnect)),
            b'Q' => Ok(ToClient::Floor(FloorToClient::decode_asked(r)?)),
            b'S' => Ok(ToClient::Board(BoardToClient::decode_slide(r)?)),
            b'E' => Ok(ToClient::Board(BoardToClient::decode_delete(r)?)),
            b'T' => Ok(ToClient::Floor(FloorToClient::Token(r.i32()?))),
            b't' => Ok(ToClient::Poll(PollToClient::decode(PollKind::Tutor, r)?)),
            b'U' => Ok(ToClient::User(UserToClient::decode_update(r)?)),
            playback::COMMAND => Ok(ToClient::Playback(PlaybackToClient::decode(InfoLayout::Hit, r)?)),
            b'X' => Ok(ToClient::End(End::SessionEnd)),
            EXTENSION => ToClient::decode_extension(r),
            command => Ok(ToClient::Passed(layout::pass_to_client(command, None, r)?)),
        }
    }

    fn decode_extension(r: &mut Reader<'_>) -> Decoded<ToClient> {
        let id = r.i32()?;
        if let Some(fact) = Fact::decode(id, r)? {
            return Ok(ToClient::Fact(fact));
        }
        if let Some(message) = Follow::decode(id, r)? {
            return Ok(ToClient::Follow(message));
        }
        if let Some(message) = SideToClient::decode(id, r)? {
            return Ok(ToClient::Side(message));
        }
        Ok(match id {
            1 => ToClient::Floor(FloorToClient::Withdrawn(r.i32()?)),
            7 => ToClient::Knock(ShadowJoinRequest::decode(r)?),
            12 => ToClient::Floor(FloorToClient::ForceAsk),
            14 => ToClient::End(End::Overwrite),
            34 => ToClient::Playback(PlaybackToClient::Unknown),
            50 => ToClient::Playback(PlaybackToClient::End),
            33 => ToClient::User(UserToClient::VideoStatus(r.i32()?, r.i32()?)),
            37 => match FloorToClient::decode_channels(r)? {
                Some(message) => ToClient::Floor(message),
                None => ToClient::Passed(layout::pass_to_client(EXTENSION, Some(id), r)?),
            },
            38 => ToClient::Poll(PollToClient::decode(PollKind::Holder, r)?),
            44 => ToClient::Chat(ChatToClient::decode_whisper(r)?),
            55 => ToClient::User(UserToClient::CodePage(r.i32()?, r.i32()?)),
            56 => ToClient::Chat(ChatToClient::decode_with_source(r)?),
            78 => ToClient::User(UserToClient::Capability(r.i32()?, r.u8()?)),
            80 => ToClient::Floor(FloorToClient::Controller(r.i32()?)),
            81 => ToClient::Floor(FloorToClient::ControlFlags(ControlFlags(r.i32()?))),
            89 => ToClient::Floor(FloorToClient::Assistant(r.i32()?)),
            93 => ToClient::Chat(ChatToClient::decode_with_time(r)?),
            id => ToClient::Passed(layout::pass_to_client(EXTENSION, Some(id), r)?),
        })
    }

    /// The message in clear with its encrypted spans. One that was passed over comes out as it came in.
    pub fn encode(&self) -> Clear {
        match self {
            ToClient::Alive(alive) => alive.encode(),
            ToClient::Chat(message) => message.encode(),
            ToClient::User(message) => message.encode(),
            ToClient::Floor(message) => message.encode(),
            ToClient::Poll(message) => message.encode(),
            ToClient::Follow(message) => message.encode(),
            ToClient::Knock(message) => message.encode(),
            ToClient::Side(message) => message.encode(),
            ToClient::Board(message) => message.encode(),
            ToClient::Fact(message) => message.encode(),
            ToClient::Playback(message) => message.encode(),
            ToClient::End(End::SessionEnd) => Clear::command(b'X'),
            ToClient::End(End::Disconnect) => Clear::command(b'K'),
            ToClient::End(End::Overwrite) => Clear::ext(14),
            ToClient::Passed(passed) => Clear::new().raw(&passed.bytes),
        }
    }
}

impl Alive {
    fn decode(r: &mut Reader<'_>) -> Decoded<Alive> {
        match r.u8()? {
            b'0' => Ok(Alive::Probe),
            b'1' => Ok(Alive::Answer),
            other => Err(r.malformed(1, "a heartbeat of 0 or 1", format!("{other:#04x}"))),
        }
    }

    fn encode(self) -> Clear {
        Clear::command(b'B').u8(match self {
            Alive::Probe => b'0',
            Alive::Answer => b'1',
        })
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

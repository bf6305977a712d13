//! The two parameter blocks that follow the key exchange (wire/01 sections 3 and 4). Same numbers, different meanings by direction.
//!
//! In: one entry at a time from a byte stream, since the first server parameter says how the later ones are encrypted. Out: typed
//! entries; unknown ones are kept as a number and a length, for the log.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::cipher::CipherName;
use super::clear::{Clear, SpanKey};
use super::fields::{Decoded, Reader, lossy};

/// One entry of the server's block. `None` where a reader gives an option means the end of the block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerParameter {
    /// 10001, mandatory and first: the control cipher.
    Cipher(CipherName),
    /// 10003: the server's millisecond counter.
    Tick(u32),
    /// 10005: the server's code page.
    CodePage(i32),
    /// 10006: the client is to send its own block.
    AcceptClientParameters,
    /// Known but unused, or unknown: number and length of the data.
    Other(i32, usize),
}

impl ServerParameter {
    /// Reads one entry, `None` at the end of the block.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<Option<ServerParameter>> {
        let Some(mut entry) = Entry::begin(r)? else { return Ok(None) };
        let parameter = match entry.id {
            CIPHER => {
                let name = r.lp(99, "a cipher name of at most 99 bytes")?;
                entry.left = entry.left.checked_sub(4 + name.len()).ok_or_else(|| entry.wrong_size(r))?;
                let known = std::str::from_utf8(name).ok().and_then(CipherName::from_name);
                let expected = "one of the cipher names aes256, aes192, aes128, 3des, des";
                ServerParameter::Cipher(
                    known.ok_or_else(|| r.malformed(name.len(), expected, String::from_utf8_lossy(name)))?,
                )
            }
            SERVER_TICK => ServerParameter::Tick(u32::from_be_bytes(entry.enc_array(r)?)),
            UTF8_SUPPORT => ServerParameter::CodePage(i32::from_be_bytes(entry.enc_array(r)?)),
            ACCEPT_CLIENT_PARAMETER => ServerParameter::AcceptClientParameters,
            id => {
                let length = entry.left;
                entry.rest(r)?;
                ServerParameter::Other(id, length)
            }
        };
        entry.end(r)?;
        Ok(Some(parameter))
    }

    /// Writes one entry. [`ServerParameter::Other`] is never sent and writes nothing.
    pub fn encode(&self) -> Clear {
        match self {
            ServerParameter::Cipher(name) => {
                Clear::new().len(8 + name.as_str().len()).i32(CIPHER).lp(name.as_str().as_bytes())
            }
            ServerParameter::Tick(tick) => {
                Clear::new().i32(8).i32(SERVER_TICK).enc(SpanKey::Control, &tick.to_be_bytes())
            }
            ServerParameter::CodePage(page) => {
                Clear::new().i32(8).i32(UTF8_SUPPORT).enc(SpanKey::Control, &page.to_be_bytes())
            }
            ServerParameter::AcceptClientParameters => Clear::new().i32(4).i32(ACCEPT_CLIENT_PARAMETER),
            ServerParameter::Other(..) => Clear::new(),
        }
    }
}

/// One entry of the client's block.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientParameter {
    /// 10001: proves an earlier admission; 72 bytes in clear here (wire/01 section 4).
    ReconnectTicket([u8; 72]),
    /// 10002, 10005: the relay that the client came through, with its port.
    Relay(std::net::IpAddr, i32),
    /// 10003: `WEB` for the known client.
    ClientType(String),
    /// 10007: the jnj's `player_name`.
    PlayerName(String),
    /// 10008: the jnj asks to make a recording alone.
    MakeRecording,
    /// 10009: the EXT 88 values of the meeting to come back to.
    MeetingIdentity {
        /// Meeting type.
        meeting_type: i32,
        /// Random id.
        random_id: i32,
    },
    /// 10011: the name given by EXT 90.
    ReconnectName([u8; 12]),
    /// Known but unused, or unknown: number and length of the data.
    Other(i32, usize),
}

impl ClientParameter {
    /// Reads one entry, `None` at the end of the block.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<Option<ClientParameter>> {
        let Some(mut entry) = Entry::begin(r)? else { return Ok(None) };
        let parameter = match entry.id {
            RECONNECT_TICKET => ClientParameter::ReconnectTicket(entry.enc_array(r)?),
            RELAY_IPV4 => {
                let octets: [u8; 4] = entry.array(r)?;
                let port = i32::from_be_bytes(entry.array(r)?);
                ClientParameter::Relay(Ipv4Addr::from(u32::from_le_bytes(octets)).into(), port)
            }
            RELAY_IPV6 => {
                let octets: [u8; 16] = entry.array(r)?;
                ClientParameter::Relay(Ipv6Addr::from(octets).into(), i32::from_be_bytes(entry.array(r)?))
            }
            CLIENT_TYPE => ClientParameter::ClientType(lossy(entry.rest(r)?.to_vec())),
            PLAYER_NAME => ClientParameter::PlayerName(lossy(entry.rest(r)?.to_vec())),
            MAKE_RECORDING => ClientParameter::MakeRecording,
            MEETING_IDENTITY => ClientParameter::MeetingIdentity {
                meeting_type: i32::from_be_bytes(entry.array(r)?),
                random_id: i32::from_be_bytes(entry.array(r)?),
            },
            RECONNECT_NAME => ClientParameter::ReconnectName(entry.enc_array(r)?),
            id => {
                let length = entry.left;
                entry.rest(r)?;
                ClientParameter::Other(id, length)
            }
        };
        entry.end(r)?;
        Ok(Some(parameter))
    }

    /// Writes one entry. [`ClientParameter::Other`] is never sent and writes nothing.
    pub fn encode(&self) -> Clear {
        let entry = |length: usize, id: i32| Clear::new().len(4 + length).i32(id);
        match self {
            ClientParameter::ReconnectTicket(ticket) => entry(72, RECONNECT_TICKET).enc(SpanKey::Control, ticket),
            ClientParameter::Relay(std::net::IpAddr::V4(ip), port) => {
                entry(8, RELAY_IPV4).raw(&u32::from(*ip).to_le_bytes()).i32(*port)
            }
            ClientParameter::Relay(std::net::IpAddr::V6(ip), port) => {
                entry(20, RELAY_IPV6).raw(&ip.octets()).i32(*port)
            }
            ClientParameter::ClientType(text) => entry(text.len(), CLIENT_TYPE).raw(text.as_bytes()),
            ClientParameter::PlayerName(text) => entry(text.len(), PLAYER_NAME).raw(text.as_bytes()),
            ClientParameter::MakeRecording => entry(0, MAKE_RECORDING),
            ClientParameter::MeetingIdentity { meeting_type, random_id } => {
                entry(8, MEETING_IDENTITY).i32(*meeting_type).i32(*random_id)
            }
            ClientParameter::ReconnectName(name) => entry(12, RECONNECT_NAME).enc(SpanKey::Control, name),
            ClientParameter::Other(..) => Clear::new(),
        }
    }
}

// The ticket is a credential: it must not reach a log.
impl std::fmt::Debug for ClientParameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ClientParameter::ReconnectTicket(_) => f.write_str("ReconnectTicket(..)"),
            ClientParameter::ReconnectName(_) => f.write_str("ReconnectName(..)"),
            ClientParameter::Relay(ip, port) => write!(f, "Relay({ip}, {port})"),
            ClientParameter::ClientType(text) => write!(f, "ClientType({text:?})"),
            ClientParameter::PlayerName(text) => write!(f, "PlayerName({text:?})"),
            ClientParameter::MakeRecording => f.write_str("MakeRecording"),
            ClientParameter::MeetingIdentity { meeting_type, random_id } => {
                write!(f, "MeetingIdentity({meeting_type}, {random_id})")
            }
            ClientParameter::Other(id, length) => write!(f, "Other({id}, {length} bytes)"),
        }
    }
}

/// The end of either block.
pub fn encode_end() -> Clear {
    Clear::new().i32(0)
}

/// The byte before the client's block.
pub const CLIENT_BLOCK: u8 = b'4';

/// More entries than any known client sends; a block that goes on is hostile.
pub const MAX_ENTRIES: usize = 64;

/// An entry being read: its number, and how much of its data is left.
struct Entry {
    id: i32,
    left: usize,
}

impl Entry {
    fn begin(r: &mut Reader<'_>) -> Decoded<Option<Entry>> {
        let length = r.count(0, 1023, "an entry length of 4 to 1023, or 0 at the end")?;
        if length == 0 {
            return Ok(None);
        }
        let left = length.checked_sub(4).ok_or_else(|| r.malformed(4, "an entry length of at least 4", length))?;
        Ok(Some(Entry { id: r.i32()?, left }))
    }

    fn take(&mut self, n: usize, r: &Reader<'_>) -> Decoded<()> {
        self.left = self.left.checked_sub(n).ok_or_else(|| self.wrong_size(r))?;
        Ok(())
    }

    fn array<const N: usize>(&mut self, r: &mut Reader<'_>) -> Decoded<[u8; N]> {
        self.take(N, r)?;
        r.array()
    }

    fn enc_array<const N: usize>(&mut self, r: &mut Reader<'_>) -> Decoded<[u8; N]> {
        self.take(N, r)?;
        r.enc_array(SpanKey::Control)
    }

    fn rest<'a>(&mut self, r: &mut Reader<'a>) -> Decoded<&'a [u8]> {
        let n = std::mem::take(&mut self.left);
        r.bytes(n)
    }

    fn end(self, r: &Reader<'_>) -> Decoded<()> {
        if self.left == 0 { Ok(()) } else { Err(self.wrong_size(r)) }
    }

    fn wrong_size(&self, r: &Reader<'_>) -> super::fields::DecodeError {
        r.malformed(
            0,
            "a parameter of its own size",
            format!("parameter {} with {} bytes over or short", self.id, self.left),
        )
    }
}

const CIPHER: i32 = 10001;
const SERVER_TICK: i32 = 10003;
const UTF8_SUPPORT: i32 = 10005;
const ACCEPT_CLIENT_PARAMETER: i32 = 10006;

const RECONNECT_TICKET: i32 = 10001;
const RELAY_IPV4: i32 = 10002;
const CLIENT_TYPE: i32 = 10003;
const RELAY_IPV6: i32 = 10005;
const PLAYER_NAME: i32 = 10007;
const MAKE_RECORDING: i32 = 10008;
const MEETING_IDENTITY: i32 = 10009;
const RECONNECT_NAME: i32 = 10011;

//! The one-time relay between a client and an MCU (wire/01 section 9, guide 3.13).
//!
//! In: the front of a byte stream after the byte `~`. Out: what is asked of the relay, and what it answers; and their encodings.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::clear::Clear;
use super::fields::{Decoded, Reader};

/// What a client asks of a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayRequest {
    /// 7 and 8: a control connection to an MCU.
    Control {
        /// 8: the relay was found by its name, and says which address it has.
        by_name: bool,
    },
    /// 1: media.
    Media(Ride),
    /// 2: a slide, downloaded.
    SlideDownload(Ride, i32),
    /// 3: a slide, uploaded.
    SlideUpload(Ride),
    /// 4: says which participant came through, after admission.
    Admitted(Ride, i32),
    /// 5: says that media are wanted; the last number is 1.
    WantsMedia(Ride, i32),
}

/// Whose connection it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ride {
    /// What the relay gave to the control connection.
    pub relay_id: i32,
    /// The meeting at the MCU.
    pub session_index: i32,
}

/// A relay's answer of one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayResult {
    /// 0
    #[error("the relay has connected")]
    Succeeded,
    /// 1
    #[error("the relay goes on")]
    Continue,
    /// 2
    #[error("the relay is shutting down")]
    ShuttingDown,
    /// 3
    #[error("the relay does not lead there")]
    NotAllowed,
    /// 4
    #[error("the relay is busy")]
    Busy,
    /// 5
    #[error("this server is no relay for that")]
    NotSupported,
    /// 6
    #[error("the relay cannot connect to the MCU")]
    CannotConnect,
    /// 7
    #[error("the relay has no connection to the MCU for the group")]
    NoGroupConnection,
    /// 8
    #[error("the relay is still fetching the slide")]
    StillDownloading,
    /// 9
    #[error("the relay leads to the primary port only")]
    PrimaryPortOnly,
    /// Any other byte.
    #[error("the relay answers with {0}, which means nothing")]
    Unknown(u8),
}

/// Step 4 of section 9: where the relay is to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayTarget {
    /// Name or address, at most 255 bytes.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Step 6: what the relay calls the connection, and for request 8 its own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelayPass {
    /// Names it to further connections.
    pub relay_id: i32,
    /// The relay's address.
    pub address: Option<IpAddr>,
}

impl RelayRequest {
    /// After the byte `~`.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<RelayRequest> {
        let request = r.i32()?;
        let ride =
            |r: &mut Reader<'_>| Ok::<_, super::DecodeError>(Ride { relay_id: r.i32()?, session_index: r.i32()? });
        Ok(match request {
            1 => RelayRequest::Media(ride(r)?),
            2 => RelayRequest::SlideDownload(ride(r)?, r.i32()?),
            3 => RelayRequest::SlideUpload(ride(r)?),
            4 => RelayRequest::Admitted(ride(r)?, r.i32()?),
            5 => RelayRequest::WantsMedia(ride(r)?, r.i32()?),
            7 => RelayRequest::Control { by_name: false },
            8 => RelayRequest::Control { by_name: true },
            other => return Err(r.malformed(4, "a relay request: 1 to 5, 7 or 8", other)),
        })
    }

    /// With the byte `~`.
    pub fn encode(&self) -> Clear {
        let start = |n: i32| Clear::command(b'~').i32(n);
        let ride = |n: i32, ride: &Ride| start(n).i32(ride.relay_id).i32(ride.session_index);
        match self {
            RelayRequest::Control { by_name } => start(if *by_name { 8 } else { 7 }),
            RelayRequest::Media(it) => ride(1, it),
            RelayRequest::SlideDownload(it, slide) => ride(2, it).i32(*slide),
            RelayRequest::SlideUpload(it) => ride(3, it),
            RelayRequest::Admitted(it, ssrc) => ride(4, it).i32(*ssrc),
            RelayRequest::WantsMedia(it, one) => ride(5, it).i32(*one),
        }
    }

    /// Which control connection it belongs to.
    pub fn ride(&self) -> Option<Ride> {
        match self {
            RelayRequest::Control { .. } => None,
            RelayRequest::Media(ride)
            | RelayRequest::SlideDownload(ride, _)
            | RelayRequest::SlideUpload(ride)
            | RelayRequest::Admitted(ride, _)
            | RelayRequest::WantsMedia(ride, _) => Some(*ride),
        }
    }
}

impl RelayResult {
    /// Reads the byte.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<RelayResult> {
        Ok(match r.u8()? {
            0 => RelayResult::Succeeded,
            1 => RelayResult::Continue,
            2 => RelayResult::ShuttingDown,
            3 => RelayResult::NotAllowed,
            4 => RelayResult::Busy,
            5 => RelayResult::NotSupported,
            6 => RelayResult::CannotConnect,
            7 => RelayResult::NoGroupConnection,
            8 => RelayResult::StillDownloading,
            9 => RelayResult::PrimaryPortOnly,
            other => RelayResult::Unknown(other),
        })
    }

    /// The byte.
    pub fn encode(self) -> Clear {
        Clear::new().u8(match self {
            RelayResult::Succeeded => 0,
            RelayResult::Continue => 1,
            RelayResult::ShuttingDown => 2,
            RelayResult::NotAllowed => 3,
            RelayResult::Busy => 4,
            RelayResult::NotSupported => 5,
            RelayResult::CannotConnect => 6,
            RelayResult::NoGroupConnection => 7,
            RelayResult::StillDownloading => 8,
            RelayResult::PrimaryPortOnly => 9,
            RelayResult::Unknown(byte) => byte,
        })
    }
}

impl RelayTarget {
    /// u16le 0, u16le port, `lp-utf8` host.
    pub fn decode(r: &mut Reader<'_>) -> Decoded<RelayTarget> {
        const ZERO: &str = "0 before the MCU's port";
        let zero = u16::from_le_bytes(r.array()?);
        if zero != 0 {
            return Err(r.malformed(2, ZERO, zero));
        }
        let port = u16::from_le_bytes(r.array()?);
        Ok(RelayTarget { port, host: r.text(MAX_HOST, "an MCU's host of at most 255 bytes")? })
    }

    /// The whole item.
    pub fn encode(&self) -> Clear {
        Clear::new().raw(&[0, 0]).raw(&self.port.to_le_bytes()).lp(self.host.as_bytes())
    }
}

impl RelayPass {
    /// `by_name`: request 8 was made.
    pub fn decode(by_name: bool, r: &mut Reader<'_>) -> Decoded<RelayPass> {
        let relay_id = r.i32()?;
        let address = match by_name {
            false => None,
            true => Some(match r.i32()? {
                // The least significant byte first, as in the client parameters (section 4).
                IPV4 => IpAddr::V4(Ipv4Addr::from(u32::from_le_bytes(r.array()?))),
                IPV6 => IpAddr::V6(Ipv6Addr::from(r.array::<16>()?)),
                other => return Err(r.malformed(4, "a relay's address: 10002 or 10005", other)),
            }),
        };
        Ok(RelayPass { relay_id, address })
    }

    /// The whole item.
    pub fn encode(&self) -> Clear {
        let message = Clear::new().i32(self.relay_id);
        match self.address {
            None => message,
            Some(IpAddr::V4(ip)) => message.i32(IPV4).raw(&u32::from(ip).to_le_bytes()),
            Some(IpAddr::V6(ip)) => message.i32(IPV6).raw(&ip.octets()),
        }
    }
}

const MAX_HOST: i32 = 255;
const IPV4: i32 = 10_002;
const IPV6: i32 = 10_005;

#[cfg(test)]
mod tests {
    use super::super::fields::{Keys, decode};
    use super::*;

    fn whole<T: PartialEq + std::fmt::Debug>(item: T, message: &Clear, read: impl Fn(&mut Reader<'_>) -> Decoded<T>) {
        let bytes = message.seal(&Keys::CLEAR);
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end], &Keys::CLEAR, &read), Ok(None), "{item:?} cut at {end}");
        }
        assert_eq!(decode(&bytes, &Keys::CLEAR, &read), Ok(Some((item, bytes.len()))));
    }

    #[test]
    fn every_request_and_answer_reads_back_and_asks_for_more_when_cut() {
        let ride = Ride { relay_id: 7, session_index: 77 };
        let after_tilde = |r: &mut Reader<'_>| {
            r.u8()?;
            RelayRequest::decode(r)
        };
        for request in [
            RelayRequest::Control { by_name: false },
            RelayRequest::Control { by_name: true },
            RelayRequest::Media(ride),
            RelayRequest::SlideDownload(ride, -1),
            RelayRequest::SlideUpload(ride),
            RelayRequest::Admitted(ride, 3),
            RelayRequest::WantsMedia(ride, 1),
        ] {
            whole(request, &request.encode(), after_tilde);
        }
        for byte in 0..=u8::MAX {
            let (result, _) = decode(&[byte], &Keys::CLEAR, RelayResult::decode).unwrap().unwrap();
            assert_eq!(result.encode().bytes, [byte]);
        }
        let target = RelayTarget { host: "mcu.例.tw".into(), port: 2333 };
        whole(target.clone(), &target.encode(), RelayTarget::decode);
        for address in [None, Some("192.0.2.9".parse().unwrap()), Some("2001:db8::9".parse().unwrap())] {
            let pass = RelayPass { relay_id: 9, address };
            whole(pass, &pass.encode(), |r| RelayPass::decode(address.is_some(), r));
        }
    }

    #[test]
    fn the_port_is_little_endian_and_the_address_has_its_last_byte_first() {
        let target = RelayTarget { host: "h".into(), port: 0x0102 };
        assert_eq!(target.encode().bytes, [0, 0, 2, 1, 0, 0, 0, 1, b'h']);
        let pass = RelayPass { relay_id: 1, address: Some("192.0.2.9".parse().unwrap()) };
        assert_eq!(pass.encode().bytes[8..], [9, 2, 0, 0xc0]);
    }

    #[test]
    fn a_host_that_is_too_long_and_an_unknown_request_are_refused() {
        assert!(decode(&[0, 0, 1, 1, 0, 0, 1, 0], &Keys::CLEAR, RelayTarget::decode).is_err());
        assert!(decode(&[0, 0, 0, 6], &Keys::CLEAR, RelayRequest::decode).is_err());
    }
}

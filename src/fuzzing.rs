//! Entry points of the fuzz targets: each decodes arbitrary bytes with the decoders that peers and files reach.
//!
//! In: bytes. Out: nothing; a panic, a hang or a broken promise is a bug. `fuzz/` calls these under a fuzzer, and the tests here
//! replay its corpus on every run. Which decoder belongs to which target: `fuzz/README.md`.

mod files;
mod properties;

pub use files::{configuration, jnj, jnr, keys, order, paths, record, service_request, status, userinfo, xml};

use properties::{one, stream};

use crate::hit::jnj::Mode;
use crate::wire::fields::{Decoded, Keys, Reader, decode};
use crate::wire::handshake::{self, Hello};
use crate::wire::join::{BeforeAdmission, JoinRequest, PasswordAnswer};
use crate::wire::parameters::{ClientParameter, ServerParameter};
use crate::wire::playback::{InfoLayout, is_replayed};
use crate::wire::relay::{RelayPass, RelayRequest, RelayResult, RelayTarget};
use crate::wire::ticket::Ticket;
use crate::wire::{Clear, ToClient, ToServer};

/// Messages of a client in a meeting or a playback.
pub fn to_server(data: &[u8]) {
    both(data, ToServer::decode, |message| Some(message.encode()));
}

/// Messages of a server in a meeting.
pub fn to_client(data: &[u8]) {
    both(data, ToClient::decode, |message| Some(message.encode()));
    let _ = is_replayed(data);
}

/// Messages of a server in a playback, in both layouts; only one of them is written.
pub fn playback(data: &[u8]) {
    both(data, |r| ToClient::decode_playback(InfoLayout::Hit, r), |message| Some(message.encode()));
    both(data, |r| ToClient::decode_playback(InfoLayout::Fixed, r), |_| None);
}

/// The first message of a connection, the key exchange, the join and its answers.
pub fn join(data: &[u8]) {
    both(data, JoinRequest::decode, |request| Some(request.encode()));
    both(data, PasswordAnswer::decode, |answer| Some(answer.encode()));
    both(data, Hello::decode, |hello| Some(hello.encode()));
    both(data, BeforeAdmission::decode, |answer| Some(answer.encode()));
    one(
        data,
        |r| BeforeAdmission::decode_in(Mode::Playback, r),
        |answer| {
            // Success in the other mode has another form.
            (!matches!(answer, BeforeAdmission::Admitted(_))).then(|| answer.encode())
        },
    );
    one(data, handshake::decode_client_public, |(group, key)| Some(handshake::encode_client_public(*group, key)));
    one(data, handshake::decode_server_public, |key| Some(handshake::encode_server_public(key)));
    one(data, handshake::decode_challenge_answer, |(challenge, tick)| {
        Some(handshake::encode_challenge_answer(challenge, *tick))
    });
    one(data, handshake::decode_server_version, |_| None);
    if let Some(ticket) = data.first_chunk().and_then(Ticket::from_bytes) {
        assert!(data.starts_with(&ticket.to_bytes()), "a ticket has one form");
    }
}

/// The relay's handshake (wire/01 section 9).
pub fn relay(data: &[u8]) {
    one(
        data,
        |r| {
            r.u8()?;
            RelayRequest::decode(r)
        },
        |request| Some(request.encode()),
    );
    one(data, RelayTarget::decode, |target| Some(target.encode()));
    one(data, RelayResult::decode, |result| Some(result.encode()));
    for by_name in [false, true] {
        one(data, |r| RelayPass::decode(by_name, r), |pass| Some(pass.encode()));
    }
}

/// Both parameter blocks, entry by entry; what is known in them is written and read the same again.
pub fn parameters(data: &[u8]) {
    entries(data, ClientParameter::decode, |parameter| {
        (!matches!(parameter, ClientParameter::Other(..))).then(|| parameter.encode())
    });
    entries(data, ServerParameter::decode, |parameter| {
        (!matches!(parameter, ServerParameter::Other(..))).then(|| parameter.encode())
    });
}

/// As the first item, and as a stream of them.
fn both<T>(data: &[u8], read: impl Fn(&mut Reader<'_>) -> Decoded<T>, write: impl Fn(&T) -> Option<Clear>) {
    one(data, &read, &write);
    stream(data, &read, &write);
}

/// Reads a parameter block to its end, or to the first thing that is none.
fn entries<T>(data: &[u8], read: impl Fn(&mut Reader<'_>) -> Decoded<Option<T>>, write: impl Fn(&T) -> Option<Clear>) {
    let write = |entry: &Option<T>| entry.as_ref().and_then(&write);
    let mut rest = data;
    // A session reads no more of them either (wire/01 section 4).
    for _ in 0..=crate::wire::parameters::MAX_ENTRIES {
        one(rest, &read, write);
        let Ok(Some((Some(_), used))) = decode(rest, &Keys::CLEAR, &read) else { break };
        rest = rest.get(used..).unwrap_or_default();
    }
    stream(data, &read, write);
}

#[cfg(test)]
mod tests;

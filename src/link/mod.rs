//! Connections between a JoinNet and an MCU (tokio).
//!
//! In: an address to listen on or to dial. Out: [`Connection`]s, each a byte stream in both directions, whatever carries
//! it: raw TCP, a WebSocket of subprotocol `hmtg`, or memory (wire/01 sections 1.1 and 1.2). One port serves them all, and
//! HTTP besides. [`pipe`] puts whole items of the protocol on top; beneath it nothing is known of what the bytes mean, beyond the
//! first one, which tells HTTP from the rest.
//!
//! A peer may send anything, slowly or never: every wait for a stranger has a deadline and every buffer a limit.

mod connection;
mod dial;
mod error;
pub mod inspector;
mod listener;
pub mod pipe;
mod proxy;
pub mod tap;
mod tls;

pub use connection::{Connection, Counters, Receiver, Sender, memory_pair};
pub use dial::{Route, Target, dial};
pub use error::{DialError, LinkError};
pub use inspector::Inspector;
pub use listener::{Accepted, LinkConfig, Listener};
pub use proxy::{Proxy, ProxyAddressError, ProxyFailure};
pub use tap::Tap;
pub use tls::{Certificates, FingerprintError, Sha256Fingerprint};

/// What carries a byte stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transport {
    /// `ws://HOST:PORT/websocket/`, subprotocol `hmtg`, binary messages (wire/01 section 1.1).
    #[default]
    WebSocket,
    /// `wss://HOST:PORT/websocket/`: the same under TLS. For dialling; our own port does not offer it.
    SecureWebSocket,
    /// The same bytes directly over TCP (wire/01 section 1.2).
    Tcp,
}

/// The longest WebSocket message taken or sent, in bytes. Boundaries mean nothing in the protocol, so a longer item can
/// be sent in parts; the longest single field of a meeting is an image mark of 500,000 bytes (wire/00 section 5).
pub const MAX_MESSAGE: usize = 1024 * 1024;

/// The WebSocket subprotocol, offered by clients and required in the answer.
const SUBPROTOCOL: &str = "hmtg";

#[cfg(test)]
mod tests;

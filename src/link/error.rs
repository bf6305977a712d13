//! What goes wrong with a connection, and with making one.

use std::{io, time::Duration};

use thiserror::Error;
use tokio_tungstenite::tungstenite::{self, error::CapacityError, error::ProtocolError};

use super::{ProxyFailure, Sha256Fingerprint};

/// Why an open connection gave no bytes, or took none. An orderly end while receiving is no error: it is `Ok(None)`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LinkError {
    /// Sending came too late: this side or the peer has closed in an orderly way.
    #[error("the connection is closed: nothing more can be sent")]
    Closed,
    /// The network or the peer's process went away without a closing handshake.
    #[error("the connection broke ({0}): expected more bytes or a close")]
    Reset(io::ErrorKind),
    /// The peer's fault: it does not speak WebSocket as RFC 6455 and wire/01 section 1.1 have it.
    #[error("the peer broke the WebSocket protocol: {0}")]
    Violation(String),
    /// A message longer than [`MAX_MESSAGE`](super::MAX_MESSAGE), received or about to be sent.
    #[error("expected a message of at most {limit} bytes, came one of {size}")]
    TooLarge {
        /// Bytes in the message, as far as they were announced.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        LinkError::Reset(error.kind())
    }
}

impl From<tungstenite::Error> for LinkError {
    fn from(error: tungstenite::Error) -> Self {
        use tungstenite::Error;
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => LinkError::Closed,
            Error::Protocol(ProtocolError::SendAfterClosing) => LinkError::Closed,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                LinkError::Reset(io::ErrorKind::UnexpectedEof)
            }
            Error::Io(error) => error.into(),
            Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                LinkError::TooLarge { size, limit: max_size }
            }
            other => LinkError::Violation(other.to_string()),
        }
    }
}

/// Why no connection was made.
#[derive(Debug, Error)]
pub enum DialError {
    /// The host is not written like a name or an address.
    #[error("expected a host name or an IP address, came {host:?}: correct the address")]
    BadHost {
        /// What was given.
        host: String,
    },
    /// The name service knows no such host, or did not answer.
    #[error("no address is known for {host} ({source}): check the name and the name service")]
    UnknownHost {
        /// The name asked for.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// The machine is there, but nothing listens on the port.
    #[error("{target} refused the connection: check the port, and that the MCU is running")]
    Refused {
        /// `HOST:PORT`.
        target: String,
    },
    /// The network has no way there, or the connection broke while it was made.
    #[error("{target} cannot be reached ({source}): check the network")]
    Unreachable {
        /// `HOST:PORT`.
        target: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// No answer in time: a firewall that drops, a machine that is off, or a server that is stuck.
    #[error("{target} did not answer within {} s: check the address and firewalls", after.as_secs_f32())]
    TimedOut {
        /// `HOST:PORT`.
        target: String,
        /// How long it was given.
        after: Duration,
    },
    /// Something listens there, but it is no WebSocket server at `/websocket/`.
    #[error("expected a WebSocket server at ws://{target}/websocket/, came {came}: check the port")]
    NotWebSocket {
        /// `HOST:PORT`.
        target: String,
        /// What came instead, in words.
        came: String,
    },
    /// The proxy gave no way to the server.
    #[error("the proxy {proxy} does not lead to {target}: {failure}")]
    Proxy {
        /// `HOST:PORT` of the proxy.
        proxy: String,
        /// `HOST:PORT` of the server.
        target: String,
        /// What the proxy said.
        failure: ProxyFailure,
    },
    /// Nobody that this system trusts vouches for the server's certificate. A person may decide to, by its fingerprint.
    #[error("the certificate of {target} is not one that this system trusts ({why}); its SHA-256 is {fingerprint}")]
    Untrusted {
        /// `HOST:PORT`.
        target: String,
        /// Of the certificate that came.
        fingerprint: Sha256Fingerprint,
        /// What is wrong with it.
        why: String,
    },
    /// Another certificate than the one that was to be trusted.
    #[error(
        "expected the certificate {expected} from {target}, came {fingerprint}: somebody may be in between, or it was renewed"
    )]
    NotThePinned {
        /// `HOST:PORT`.
        target: String,
        /// The one to be trusted.
        expected: Sha256Fingerprint,
        /// The one that came.
        fingerprint: Sha256Fingerprint,
    },
    /// No TLS came about.
    #[error("expected TLS from {target}, came none ({why}): check the port, and that the server has wss")]
    NoTls {
        /// `HOST:PORT`.
        target: String,
        /// What went wrong.
        why: String,
    },
    /// A WebSocket server, but no MCU: it did not choose subprotocol `hmtg`.
    #[error("expected subprotocol hmtg from ws://{target}/websocket/, came {came}: check that this is an MCU")]
    NoHmtg {
        /// `HOST:PORT`.
        target: String,
        /// What came instead, in words.
        came: &'static str,
    },
}

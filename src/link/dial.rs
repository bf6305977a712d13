//! The client side of a connection.

use std::{fmt, io, time::Duration};

use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_tungstenite::{
    client_async_with_config,
    tungstenite::{
        self, ClientRequestBuilder,
        error::{ProtocolError, SubProtocolError},
        http::{Uri, uri::Authority},
    },
};

use super::{Connection, DialError, SUBPROTOCOL, Transport, connection::websocket_limits};

/// Where to connect to, and how. Its text is `HOST:PORT`, with brackets around an IPv6 address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// A name, an IPv4 address, or an IPv6 address with or without brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// WebSocket for an MCU of any kind.
    pub transport: Transport,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.bare_host() {
            host if host.contains(':') => write!(f, "[{host}]:{}", self.port),
            host => write!(f, "{host}:{}", self.port),
        }
    }
}

impl Target {
    fn bare_host(&self) -> &str {
        self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.host)
    }

    fn url(&self) -> Option<Uri> {
        // A jnj is written by strangers: its host must not smuggle in a path, credentials or a second port.
        let authority: Authority = self.to_string().parse().ok()?;
        let unbracketed = authority.host().trim_start_matches('[').trim_end_matches(']');
        if unbracketed != self.bare_host() || unbracketed.is_empty() {
            return None;
        }
        Uri::builder().scheme("ws").authority(authority).path_and_query("/websocket/").build().ok()
    }
}

/// Connects within `within`, name lookup and WebSocket handshake included (browser clients give an attempt 60 s,
/// wire/01 section 1.3). Cancel safe: a dropped call leaves nothing behind.
///
/// # Errors
/// [`DialError`] says what was expected, and what came.
pub async fn dial(target: &Target, within: Duration) -> Result<Connection, DialError> {
    match timeout(within, connect(target)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(DialError::TimedOut { target: target.to_string(), after: within }),
    }
}

async fn connect(target: &Target) -> Result<Connection, DialError> {
    let url = target.url().ok_or_else(|| DialError::BadHost { host: target.host.clone() })?;
    let addresses: Vec<_> = lookup_host((target.bare_host(), target.port))
        .await
        .map_err(|source| DialError::UnknownHost { host: target.host.clone(), source })?
        .collect();
    let unreachable = |source: io::Error| match source.kind() {
        io::ErrorKind::ConnectionRefused => DialError::Refused { target: target.to_string() },
        _ => DialError::Unreachable { target: target.to_string(), source },
    };
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    if target.transport == Transport::Tcp {
        return Ok(Connection::over_tcp(stream));
    }
    let request = ClientRequestBuilder::new(url).with_sub_protocol(SUBPROTOCOL);
    match client_async_with_config(request, stream, Some(websocket_limits())).await {
        Ok((websocket, _)) => Ok(Connection::over_websocket(websocket)),
        Err(error) => Err(refused_handshake(target, error)),
    }
}

fn refused_handshake(target: &Target, error: tungstenite::Error) -> DialError {
    let target = target.to_string();
    let came = match error {
        tungstenite::Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(error)) => {
            let came = if error == SubProtocolError::NoSubProtocol { "none" } else { "another one" };
            return DialError::NoHmtg { target, came };
        }
        tungstenite::Error::Http(response) => format!("HTTP status {}", response.status()),
        other => other.to_string(),
    };
    DialError::NotWebSocket { target, came }
}

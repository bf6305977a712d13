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

use tokio_util::either::Either;

use super::proxy::{self, Proxy, ProxyFailure};
use super::tls::{self, Certificates, TlsFailure};
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
        let scheme = if self.transport == Transport::SecureWebSocket { "wss" } else { "ws" };
        Uri::builder().scheme(scheme).authority(authority).path_and_query("/websocket/").build().ok()
    }
}

/// The way to a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// Through this proxy, which then looks names up.
    pub proxy: Option<Proxy>,
    /// Whose certificates are good enough for a secure WebSocket.
    pub certificates: Certificates,
}

/// Connects within `within`, name lookup, proxy and handshakes included (browser clients give an attempt 60 s,
/// wire/01 section 1.3). Cancel safe: a dropped call leaves nothing behind.
///
/// # Errors
/// [`DialError`] says what was expected, and what came.
pub async fn dial(target: &Target, route: &Route, within: Duration) -> Result<Connection, DialError> {
    match timeout(within, connect(target, route)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(DialError::TimedOut { target: target.to_string(), after: within }),
    }
}

async fn connect(target: &Target, route: &Route) -> Result<Connection, DialError> {
    let url = target.url().ok_or_else(|| DialError::BadHost { host: target.host.clone() })?;
    let stream = match &route.proxy {
        None => reach(target.bare_host(), target.port, &target.to_string()).await?,
        Some(proxy) => through(proxy, target).await?,
    };
    let wire = match target.transport {
        Transport::Tcp => return Ok(Connection::over_tcp(stream)),
        Transport::WebSocket => Either::Left(stream),
        Transport::SecureWebSocket => {
            let secured = tls::secure(stream, target.bare_host(), route.certificates).await;
            Either::Right(Box::new(secured.map_err(|failure| no_tls(target, failure))?))
        }
    };
    let request = ClientRequestBuilder::new(url).with_sub_protocol(SUBPROTOCOL);
    match client_async_with_config(request, wire, Some(websocket_limits())).await {
        Ok((websocket, _)) => Ok(Connection::over_websocket(websocket)),
        Err(error) => Err(refused_handshake(target, error)),
    }
}

/// A bare connection to a name or an address.
async fn reach(host: &str, port: u16, shown: &str) -> Result<TcpStream, DialError> {
    let addresses: Vec<_> = lookup_host((host, port))
        .await
        .map_err(|source| DialError::UnknownHost { host: host.to_owned(), source })?
        .collect();
    let unreachable = |source: io::Error| match source.kind() {
        io::ErrorKind::ConnectionRefused => DialError::Refused { target: shown.to_owned() },
        _ => DialError::Unreachable { target: shown.to_owned(), source },
    };
    let stream = TcpStream::connect(addresses.as_slice()).await.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    Ok(stream)
}

/// A connection that the proxy has led to the server.
async fn through(proxy: &Proxy, target: &Target) -> Result<TcpStream, DialError> {
    let failed = |failure| DialError::Proxy { proxy: proxy.to_string(), target: target.to_string(), failure };
    let broken = |error: DialError| match error {
        DialError::UnknownHost { source, .. } | DialError::Unreachable { source, .. } => source,
        other => io::Error::new(io::ErrorKind::ConnectionRefused, other.to_string()),
    };
    let reached = reach(&proxy.host, proxy.port, &proxy.to_string()).await;
    let mut stream = reached.map_err(|error| failed(ProxyFailure::Unreachable(broken(error))))?;
    proxy::tunnel(&mut stream, proxy, &target.to_string()).await.map_err(failed)?;
    Ok(stream)
}

fn no_tls(target: &Target, failure: TlsFailure) -> DialError {
    let name = target.to_string();
    match failure {
        TlsFailure::BadHost => DialError::BadHost { host: target.host.clone() },
        TlsFailure::Untrusted { fingerprint, why } => DialError::Untrusted { target: name, fingerprint, why },
        TlsFailure::NotThePinned { expected, fingerprint } => {
            DialError::NotThePinned { target: name, expected, fingerprint }
        }
        TlsFailure::Other(why) => DialError::NoTls { target: name, why },
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

//! Through an HTTP proxy: a tunnel by `CONNECT` (RFC 9110 section 9.3.6), with Basic credentials if given (RFC 7617).
//!
//! In: a connection to the proxy, and where it is to lead. Out: the same connection, from then on the server's. Has no deadline of
//! its own: whoever dials sets one.

use std::str::FromStr;
use std::{fmt, io};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use zeroize::Zeroizing;

/// An HTTP proxy, written `http://[USER:PASSWORD@]HOST:PORT`. Its text is `HOST:PORT`: credentials are never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    credentials: Option<Credentials>,
}

/// A user and a password. Erased when dropped.
#[derive(Clone, PartialEq, Eq)]
struct Credentials {
    /// `USER:PASSWORD` as it was written.
    written: Zeroizing<String>,
    /// The same in base64, as it goes over the wire.
    encoded: Zeroizing<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Proxy {
    /// The whole address with its credentials, as it is read: for the field in which it is typed, and nowhere else.
    pub fn expose(&self) -> Zeroizing<String> {
        let credentials = self.credentials.as_ref().map_or("", |credentials| &credentials.written);
        let at = if credentials.is_empty() { "" } else { "@" };
        Zeroizing::new(format!("http://{credentials}{at}{self}"))
    }
}

/// A proxy's address that cannot be used. The address itself is not repeated: a password may be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected a proxy as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT, {0}")]
pub struct ProxyAddressError(&'static str);

impl FromStr for Proxy {
    type Err = ProxyAddressError;

    fn from_str(text: &str) -> Result<Proxy, ProxyAddressError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(ProxyAddressError("came no http://"))?;
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(ProxyAddressError("came another kind of proxy"));
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (credentials, place) = match rest.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, rest),
        };
        let (host, port) = place.rsplit_once(':').ok_or(ProxyAddressError("came no port"))?;
        let port: u16 = port.parse().map_err(|_| ProxyAddressError("came no port from 1 to 65535"))?;
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let known = match bracketed {
            Some(host) => host.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.chars().all(plain),
        };
        if !known {
            return Err(ProxyAddressError("came no host, or an IPv6 address without brackets"));
        }
        if port == 0 {
            return Err(ProxyAddressError("came port 0"));
        }
        let host = bracketed.unwrap_or(host).to_owned();
        Ok(Proxy { host, port, credentials: credentials.map(Credentials::read).transpose()? })
    }
}

impl Credentials {
    /// From the front of an address, where special characters stand as `%` and two hexadecimal digits.
    fn read(text: &str) -> Result<Credentials, ProxyAddressError> {
        let (user, password) = text.split_once(':').ok_or(ProxyAddressError("came a user without a password"))?;
        let (user, password) = (percent_decoded(user)?, percent_decoded(password)?);
        // A colon ends the user's name (RFC 7617 section 2).
        if user.contains(&b':') {
            return Err(ProxyAddressError("came a user with a colon in the name"));
        }
        let both = Zeroizing::new([&user[..], b":", &password[..]].concat());
        let encoded = Zeroizing::new(STANDARD.encode(&*both));
        Ok(Credentials { written: Zeroizing::new(text.to_owned()), encoded })
    }
}

/// Why a proxy gave no tunnel.
#[derive(Debug, Error)]
pub enum ProxyFailure {
    /// The proxy itself is not reached.
    #[error("it cannot be reached ({0}): check its address")]
    Unreachable(io::Error),
    /// It wants to know who asks, or does not know these credentials: status 407.
    #[error("it wants a user and a password that it knows, and said {0:?}: check the credentials")]
    Credentials(String),
    /// It gives no tunnel to this server.
    #[error("it gives no tunnel, and said {0:?}: check that it allows this server and port")]
    Refused(String),
    /// What answers is no HTTP proxy.
    #[error("expected a status line of HTTP, came {0:?}: check that this is an HTTP proxy")]
    NotHttp(String),
    /// The head of the answer does not end.
    #[error("expected an answer of at most {MAX_ANSWER} bytes, came more")]
    TooLong,
    /// The connection broke.
    #[error("the connection to it broke ({0})")]
    Broken(#[from] io::Error),
}

/// Asks for a tunnel to `target`, written `HOST:PORT`, and waits until it is there.
///
/// # Errors
/// See [`ProxyFailure`].
pub(super) async fn tunnel<S>(stream: &mut S, proxy: &Proxy, target: &str) -> Result<(), ProxyFailure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = Zeroizing::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"));
    if let Some(credentials) = &proxy.credentials {
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&credentials.encoded);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;

    // Byte by byte: what follows the head is the server's already.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_ANSWER {
            return Err(ProxyFailure::TooLong);
        }
        head.push(stream.read_u8().await?);
        if head.len() == HTTP.len() && head != HTTP {
            return Err(ProxyFailure::NotHttp(shown(&head)));
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let status = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    match status {
        [b'2', b'0'..=b'9', b'0'..=b'9'] => Ok(()),
        b"407" => Err(ProxyFailure::Credentials(shown(line))),
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => Err(ProxyFailure::Refused(shown(line))),
        _ => Err(ProxyFailure::NotHttp(shown(line))),
    }
}

fn percent_decoded(text: &str) -> Result<Zeroizing<Vec<u8>>, ProxyAddressError> {
    let mut bytes = text.bytes();
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { hex(bytes.next())? * 16 + hex(bytes.next())? } else { byte });
    }
    Ok(decoded)
}

fn hex(digit: Option<u8>) -> Result<u8, ProxyAddressError> {
    let digit = digit.and_then(|digit| char::from(digit).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
    digit.ok_or(ProxyAddressError("came a % without two hexadecimal digits"))
}

/// The beginning of a line, for a message.
fn shown(line: &[u8]) -> String {
    String::from_utf8_lossy(line.get(..SHOWN).unwrap_or(line)).into_owned()
}

const HTTP: &[u8] = b"HTTP/1.";

/// The longest head of an answer, in bytes.
const MAX_ANSWER: usize = 16 * 1024;

const SHOWN: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_and_its_credentials_are_not_shown() {
        let proxy: Proxy = "http://jo%40x:se%3Acret@proxy.example:3128/".parse().unwrap();
        assert_eq!(proxy.to_string(), "proxy.example:3128");
        assert_eq!(proxy.credentials.as_ref().unwrap().encoded.as_str(), STANDARD.encode("jo@x:se:cret"));
        let shown = format!("{proxy:?}");
        assert!(!shown.contains("cret") && !shown.contains(&STANDARD.encode("jo@x:se:cret")), "{shown}");
        assert_eq!(*proxy.expose(), "http://jo%40x:se%3Acret@proxy.example:3128");
        assert_eq!("http://[::1]:8080".parse::<Proxy>().unwrap().to_string(), "[::1]:8080");
    }

    #[test]
    fn what_is_no_proxy_is_refused_without_repeating_it() {
        let texts = [
            "",
            "proxy:1",
            "https://p:1",
            "socks5://p:1",
            "http://p",
            "http://p:0",
            "http://p:x",
            "http://:1",
            "http://u@p:1",
            "http://u:s%3@p:1",
            "http://u%3Av:secret@p:1",
            "http://::1:80",
            "http://a\r\nb:1",
            "http://[p]:1",
        ];
        for text in texts {
            let failure = text.parse::<Proxy>().unwrap_err().to_string();
            assert!(failure.starts_with("expected a proxy") && !failure.contains("secret"), "{text}: {failure}");
        }
    }

    /// What becomes of a request that is answered like this, and what was asked.
    async fn asked(answer: &[u8], proxy: &str) -> (Result<(), ProxyFailure>, String, Vec<u8>) {
        let (mut near, mut far) = tokio::io::duplex(64 * 1024);
        far.write_all(answer).await.unwrap();
        far.shutdown().await.unwrap();
        let outcome = tunnel(&mut near, &proxy.parse().unwrap(), "mcu:2333").await;
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await.unwrap();
        drop(near);
        let mut request = String::new();
        far.read_to_string(&mut request).await.unwrap();
        (outcome, request, rest)
    }

    #[tokio::test]
    async fn a_tunnel_is_asked_for_and_what_follows_the_answer_is_left_to_the_server() {
        let answer = b"HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\nearly";
        let (outcome, request, rest) = asked(answer, "http://p:1").await;
        outcome.unwrap();
        assert_eq!(request, "CONNECT mcu:2333 HTTP/1.1\r\nHost: mcu:2333\r\n\r\n");
        assert_eq!(rest, b"early");
        let (_, request, _) = asked(answer, "http://jo:secret@p:1").await;
        assert!(request.contains("\r\nProxy-Authorization: Basic am86c2VjcmV0\r\n\r\n"), "{request}");
    }

    #[tokio::test]
    async fn a_refusal_tells_the_status_line() {
        let (outcome, ..) = asked(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "http://p:1").await;
        let failure = outcome.unwrap_err();
        assert!(matches!(&failure, ProxyFailure::Credentials(line) if line.contains("407 Proxy")), "{failure}");
        let (outcome, ..) = asked(b"HTTP/1.1 403 Forbidden\r\n\r\n", "http://p:1").await;
        assert!(matches!(outcome.unwrap_err(), ProxyFailure::Refused(line) if line == "HTTP/1.1 403 Forbidden"));
    }

    #[tokio::test]
    async fn what_is_no_http_answer_does_not_make_a_tunnel() {
        for answer in
            [&b"SSH-2.0-OpenSSH\r\n\r\n"[..], b"HTTP/1.1 2000 x\r\n\r\n", b"HTTP/1.1 \r\n\r\n", b"HTTP/1.1\r\n\r\n"]
        {
            let (outcome, ..) = asked(answer, "http://p:1").await;
            assert!(matches!(outcome, Err(ProxyFailure::NotHttp(_))), "{outcome:?}");
        }
        let endless = [b"HTTP/1.1 200 OK\r\n", vec![b'x'; 20_000].as_slice()].concat();
        assert!(matches!(asked(&endless, "http://p:1").await.0, Err(ProxyFailure::TooLong)));
        assert!(matches!(asked(b"HTTP/1.1 200 OK\r\n", "http://p:1").await.0, Err(ProxyFailure::Broken(_))));
    }
}

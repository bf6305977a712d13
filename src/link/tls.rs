//! TLS for a secure WebSocket, and whose certificate is good enough.
//!
//! In: an open connection, the server's name, whom to trust. Out: the connection under TLS, or why not, with the fingerprint of a
//! certificate that nobody vouches for, so that a person can.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, WebPkiServerVerifier};
use rustls::crypto::{self, CryptoProvider};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsConnector, rustls};

/// Whose certificates are trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Certificates {
    /// Those that this system's authorities vouch for, for the name that was dialled.
    #[default]
    System,
    /// Exactly this one, whoever signed it, whatever its name and dates: a person has looked at its fingerprint.
    Pinned(Sha256Fingerprint),
}

/// The SHA-256 of a certificate in DER. Its text is 32 pairs of hexadecimal digits with colons between; without them it is read too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sha256Fingerprint([u8; 32]);

impl Sha256Fingerprint {
    /// Of a certificate in DER.
    pub fn of(certificate: &[u8]) -> Sha256Fingerprint {
        Sha256Fingerprint(Sha256::digest(certificate).into())
    }
}

impl fmt::Display for Sha256Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if n == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

/// A text that is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons between pairs")]
pub struct FingerprintError;

impl FromStr for Sha256Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Sha256Fingerprint, FingerprintError> {
        let text = text.trim();
        let pair_length = if text.contains(':') { 3 } else { 2 };
        let mut bytes = [0; 32];
        let pairs = text.as_bytes().chunks(pair_length);
        if pairs.len() != bytes.len() {
            return Err(FingerprintError);
        }
        for (n, (byte, pair)) in bytes.iter_mut().zip(pairs).enumerate() {
            let (high, low) = match *pair {
                [high, low] if pair_length == 2 || n == 31 => (high, low),
                [high, low, b':'] if n < 31 => (high, low),
                _ => return Err(FingerprintError),
            };
            let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            *byte = digit(high).zip(digit(low)).map(|(high, low)| high * 16 + low).ok_or(FingerprintError)?;
        }
        Ok(Sha256Fingerprint(bytes))
    }
}

/// Why there is no TLS.
#[derive(Debug, Error)]
pub(super) enum TlsFailure {
    #[error("the host is not written like a name or an address")]
    BadHost,
    #[error("{why}")]
    Untrusted { fingerprint: Sha256Fingerprint, why: String },
    #[error("expected the certificate {expected}, came {fingerprint}")]
    NotThePinned { expected: Sha256Fingerprint, fingerprint: Sha256Fingerprint },
    #[error("{0}")]
    Other(String),
}

/// Runs the handshake. `host` is a name or an address without brackets.
pub(super) async fn secure<S>(stream: S, host: &str, certificates: Certificates) -> Result<TlsStream<S>, TlsFailure>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsFailure::BadHost)?;
    let provider = Arc::new(crypto::ring::default_provider());
    let trust = match certificates {
        Certificates::Pinned(expected) => Trust::Pinned(expected),
        Certificates::System => Trust::System(system_authorities(Arc::clone(&provider)).await),
    };
    let judge = Arc::new(Judge { trust, provider: Arc::clone(&provider), verdict: OnceLock::new() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|failure| TlsFailure::Other(failure.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&judge) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|failure| match judge.verdict.get() {
        None => TlsFailure::Other(failure.to_string()),
        Some(Verdict { fingerprint, why }) => match judge.trust {
            Trust::Pinned(expected) => TlsFailure::NotThePinned { expected, fingerprint: *fingerprint },
            Trust::System(_) => TlsFailure::Untrusted { fingerprint: *fingerprint, why: why.clone() },
        },
    })
}

/// What the system trusts; nothing, if it has no certificates. They are read anew each time: a person may just have added one.
async fn system_authorities(provider: Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    let read = move || {
        let mut roots = RootCertStore::empty();
        // A system's folder may hold a few that nobody can read; the others count.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()
    };
    tokio::task::spawn_blocking(read).await.ok().flatten()
}

/// Judges one server's certificate, and remembers why it is refused.
#[derive(Debug)]
struct Judge {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    /// Set when the certificate is refused.
    verdict: OnceLock<Verdict>,
}

#[derive(Debug)]
enum Trust {
    System(Option<Arc<WebPkiServerVerifier>>),
    Pinned(Sha256Fingerprint),
}

#[derive(Debug)]
struct Verdict {
    fingerprint: Sha256Fingerprint,
    why: String,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let fingerprint = Sha256Fingerprint::of(certificate);
        let judged = match &self.trust {
            Trust::Pinned(expected) if *expected == fingerprint => Ok(ServerCertVerified::assertion()),
            Trust::Pinned(_) => Err(CertificateError::ApplicationVerificationFailure.into()),
            Trust::System(Some(authorities)) => authorities.verify_server_cert(certificate, chain, name, ocsp, now),
            Trust::System(None) => Err(CertificateError::UnknownIssuer.into()),
        };
        judged.inspect_err(|failure| {
            self.verdict.get_or_init(|| Verdict { fingerprint, why: failure.to_string() });
        })
    }

    // Also under a pin: a certificate is public, and only its signature shows that the server has the key to it.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_reads_back_with_and_without_colons() {
        let fingerprint = Sha256Fingerprint::of(b"abc");
        let text = fingerprint.to_string();
        assert!(text.starts_with("BA:78:16:BF:") && text.len() == 95, "{text}");
        for text in [text.clone(), text.replace(':', ""), format!(" {} ", text.to_lowercase())] {
            assert_eq!(text.parse(), Ok(fingerprint));
        }
        let wrong = [
            "",
            ":",
            &text[1..],
            &text[..94],
            &format!("{text}:"),
            &text.replace(':', "-"),
            &text.replacen(':', "", 1),
            &"é".repeat(32),
            &"+1".repeat(32),
        ];
        for text in wrong {
            assert_eq!(text.parse::<Sha256Fingerprint>(), Err(FingerprintError), "{text}");
        }
    }
}

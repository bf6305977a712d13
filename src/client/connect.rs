//! From a jnj to a connection with agreed keys: the dialler driven with real sockets (guide 3.8, wire/01 sections 1.3, 2 and 9).
//!
//! In: a jnj and how to connect. Out: a [`Connected`], or why none came about; the timeline of the attempts whenever it changes. The
//! losers are closed before anything is said to the winner.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::sleep;
use tracing::debug;

use super::ClientOptions;
use super::dialler::{self, ATTEMPT_TIMEOUT, Address, AttemptRow, Dialler, Step};
use crate::hit::jnj::Jnj;
use crate::hit::modp::{self, Exponent, ModpError};
use crate::link::pipe::{Pipe, PipeError};
use crate::link::{Connection, DialError, Route, Sha256Fingerprint, Target, dial};
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::exchange;
use crate::wire::handshake::{self, Hello, KERNEL_VERSION};
use crate::wire::parameters::ServerParameter;

/// A connection to a server, its keys agreed.
pub(super) struct Connected {
    /// The connection; what is encrypted goes under the control key from here on.
    pub pipe: Pipe,
    /// Where the server is, as the jnj has it.
    pub address: Address,
    /// What the keys agreed on make.
    pub agreed: Agreed,
}

/// What a key exchange gives.
pub(super) struct Agreed {
    /// The cipher that the server named.
    pub cipher: CipherName,
    /// What its key was cut from: a ticket shows it.
    pub keys: KeyMaterial,
    /// As the server announced itself.
    pub version: String,
    /// The server takes client parameters.
    pub takes_parameters: bool,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// None of the addresses answered, or none agreed on keys; a reason each.
    #[error("{0}")]
    Nowhere(String),
    /// Somebody has to decide about a certificate.
    #[error("{why}")]
    Untrusted { server: String, fingerprint: Sha256Fingerprint, why: String },
}

/// Why a key exchange failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    #[error(transparent)]
    Pipe(#[from] PipeError),
    #[error("the keys do not fit: {0}")]
    Keys(#[from] ModpError),
    #[error("no random bytes can be had: {0}")]
    Random(#[from] getrandom::Error),
    #[error("{0}")]
    Cipher(&'static str),
}

/// Tries the addresses of a jnj until one agrees on keys. `progress` is told of every change of the timeline.
///
/// # Errors
/// See [`ConnectError`].
pub(super) async fn connect(
    jnj: &Jnj,
    options: &ClientOptions,
    mut progress: impl FnMut(&[AttemptRow]),
) -> Result<Connected, ConnectError> {
    let addresses = dialler::addresses(jnj, options.route.proxy.is_some());
    let clock = options.clock;
    let mut dialler = Dialler::new(&addresses, options.preference, clock.now().steady);
    let mut race = Race { route: options.route.clone(), options, running: JoinSet::new(), handles: BTreeMap::new() };
    let mut open: BTreeMap<usize, Connection> = BTreeMap::new();
    loop {
        while let Some(step) = dialler.poll() {
            progress(dialler.rows());
            match step {
                Step::Dial(k) => {
                    if let Some(address) = addresses.get(k) {
                        race.start(k, address);
                    }
                }
                Step::Abort(k) => {
                    open.remove(&k);
                    race.stop(k);
                }
                Step::Keep(k) => {
                    let (Some(connection), Some(address)) = (open.remove(&k), addresses.get(k)) else { continue };
                    race.settle().await;
                    open.clear();
                    let mut pipe = Pipe::new(connection);
                    match exchange_keys(&mut pipe, options.patience).await {
                        Ok(agreed) => return Ok(Connected { pipe, address: address.clone(), agreed }),
                        Err(failure) => {
                            debug!("{address}: {failure}");
                            dialler.key_exchange_failed(failure.to_string(), clock.now().steady);
                        }
                    }
                }
                Step::GiveUp(reasons) => return Err(nowhere(dialler.rows(), &reasons)),
            }
        }
        progress(dialler.rows());
        let due = dialler.deadline().map_or(ATTEMPT_TIMEOUT, |at| at.saturating_sub(clock.now().steady));
        tokio::select! {
            Some(done) = race.running.join_next_with_id() => race.finished(done, &mut open, &mut dialler, clock.now().steady),
            () = sleep(due) => dialler.tick(clock.now().steady),
        }
    }
}

/// The attempts under way. Dropped, it ends them all.
struct Race<'a> {
    route: Route,
    options: &'a ClientOptions,
    running: JoinSet<(usize, Result<Connection, DialError>)>,
    handles: BTreeMap<usize, AbortHandle>,
}

impl Race<'_> {
    fn start(&mut self, k: usize, address: &Address) {
        let target = Target { host: address.host.clone(), port: address.port, transport: self.options.transport };
        let route = self.route.clone();
        // The dialler ends an attempt that takes too long; this is for a clock that stands still.
        let attempt = async move { (k, dial(&target, &route, ATTEMPT_TIMEOUT).await) };
        self.handles.insert(k, self.running.spawn(attempt));
    }

    fn stop(&mut self, k: usize) {
        if let Some(handle) = self.handles.remove(&k) {
            handle.abort();
        }
    }

    /// Waits until those that were stopped are gone, their sockets with them.
    async fn settle(&mut self) {
        self.handles.clear();
        self.running.shutdown().await;
    }

    fn finished(
        &mut self,
        done: Result<(Id, (usize, Result<Connection, DialError>)), JoinError>,
        open: &mut BTreeMap<usize, Connection>,
        dialler: &mut Dialler,
        now: Duration,
    ) {
        match done {
            Ok((_, (k, Ok(connection)))) => {
                open.insert(k, connection);
                dialler.opened(k, now);
            }
            Ok((_, (k, Err(DialError::Untrusted { fingerprint, why, .. })))) => {
                dialler.untrusted(k, fingerprint, why, now);
            }
            Ok((_, (k, Err(failure)))) => dialler.failed(k, failure.to_string(), now),
            Err(failure) if failure.is_cancelled() => {}
            Err(failure) => {
                let lost = self.handles.iter().find(|(_, handle)| handle.id() == failure.id()).map(|(k, _)| *k);
                if let Some(k) = lost {
                    dialler.failed(k, failure.to_string(), now);
                }
            }
        }
    }
}

/// A certificate that somebody can decide about comes first: that is what can be done.
fn nowhere(rows: &[AttemptRow], reasons: &[String]) -> ConnectError {
    let doubtful = rows.iter().find_map(|row| Some((row, row.untrusted?)));
    match doubtful {
        Some((row, fingerprint)) => ConnectError::Untrusted {
            server: row.address.clone(),
            fingerprint,
            why: row.outcome.reason().unwrap_or_default(),
        },
        None => {
            let lines: Vec<String> =
                rows.iter().zip(reasons).map(|(row, why)| format!("{}: {why}", row.address)).collect();
            ConnectError::Nowhere(lines.join("; "))
        }
    }
}

/// wire/01 section 2.1, the client's side. The pipe's control key is set.
///
/// # Errors
/// See [`ExchangeError`].
pub(super) async fn exchange_keys(pipe: &mut Pipe, patience: Duration) -> Result<Agreed, ExchangeError> {
    let (major, minor) = KERNEL_VERSION;
    pipe.write(&Hello::Control { major, minor }.encode()).await?;
    let version = pipe.read(patience, "the server's version", handshake::decode_server_version).await?;
    let group = exchange::group_for(&version);

    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let exponent = Exponent::from_random(random);
    let client_public = modp::public_key(group, &exponent);
    pipe.write(&handshake::encode_client_public(group, &client_public)).await?;
    let server_public = pipe.read(patience, "the server's public key", handshake::decode_server_public).await?;
    let agreed = modp::agree(group, &exponent, &server_public)?;
    let client_version = handshake::version_text(major, minor);
    let keys = exchange::derive(group, &client_public, &server_public, &agreed, &client_version, &version);

    let mut cipher = None;
    let mut takes_parameters = false;
    while let Some(parameter) = pipe.read(patience, "the server's parameters", ServerParameter::decode).await? {
        match parameter {
            ServerParameter::Cipher(name) => {
                cipher = Some(name);
                pipe.incoming.keys.control = Some(Cipher::new(name, &keys));
            }
            _ if cipher.is_none() => {
                return Err(ExchangeError::Cipher("the server's first parameter is not its cipher"));
            }
            ServerParameter::AcceptClientParameters => takes_parameters = true,
            ServerParameter::Tick(_) | ServerParameter::CodePage(_) => {}
            ServerParameter::Other(id, length) => debug!("server parameter {id} with {length} bytes is not used"),
        }
    }
    let cipher = cipher.ok_or(ExchangeError::Cipher("the server named no cipher"))?;
    Ok(Agreed { cipher, keys, version: String::from_utf8_lossy(&version).into_owned(), takes_parameters })
}

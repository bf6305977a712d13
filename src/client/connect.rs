//! From a jnj to a connection with agreed keys: the dialler driven with real sockets (guide 3.8, wire/01 sections 1.3, 2 and 9).
//!
//! In: a jnj and how to connect. Out: a [`Connected`], or why none came about; the timeline of the attempts whenever it changes. The
//! losers are closed before anything is said to the winner.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::sleep;
use tracing::{debug, info};

use super::ClientOptions;
use super::dialler::{self, ATTEMPT_TIMEOUT, Address, AttemptRow, Dialler, Step};
use super::relay::{self, RelayFailure};
use crate::hit::jnj::{Jnj, Mode, Relay};
use crate::hit::modp::{self, Exponent, ModpError};
use crate::link::pipe::{Pipe, PipeError};
use crate::link::{DialError, Sha256Fingerprint, Target, dial};
use crate::wire::cipher::{Cipher, CipherName, KeyMaterial};
use crate::wire::exchange;
use crate::wire::handshake::{self, Hello, KERNEL_VERSION};
use crate::wire::parameters::ServerParameter;
use crate::wire::relay::RelayPass;

/// A connection to a server, its keys agreed.
pub(super) struct Connected {
    /// The connection; what is encrypted goes under the control key from here on.
    pub pipe: Pipe,
    /// Where the server is, as the jnj has it.
    pub address: Address,
    /// The relay that it came through, and what that said of itself.
    pub relay: Option<(Relay, RelayPass)>,
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

/// Tries the addresses of a jnj until one agrees on keys, through its relay first if it has one (guide 3.13). `progress` is told of
/// every change of the timeline.
///
/// # Errors
/// See [`ConnectError`].
pub(super) async fn connect(
    jnj: &Jnj,
    options: &ClientOptions,
    mut progress: impl FnMut(&[AttemptRow]),
) -> Result<Connected, ConnectError> {
    // Not for playback, and not for somebody who records alone (wire/01 section 9).
    let relay = jnj.use_relay.clone().filter(|_| jnj.mode() == Mode::Meeting && !jnj.make_recording);
    if relay.is_some() {
        match try_all(jnj, options, relay, &mut progress).await {
            Ok(connected) => return Ok(connected),
            Err(failure) => info!("the relay leads nowhere ({failure}); going directly"),
        }
    }
    try_all(jnj, options, None, &mut progress).await
}

async fn try_all(
    jnj: &Jnj,
    options: &ClientOptions,
    relay: Option<Relay>,
    progress: &mut impl FnMut(&[AttemptRow]),
) -> Result<Connected, ConnectError> {
    let addresses = dialler::addresses(jnj, options.route.proxy.is_some());
    let clock = &options.clock;
    let mut dialler = Dialler::new(&addresses, options.preference, clock.now().steady);
    let mut race = Race { relay: relay.clone(), options, running: JoinSet::new(), handles: BTreeMap::new() };
    let mut open: BTreeMap<usize, (Pipe, Option<RelayPass>)> = BTreeMap::new();
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
                    let (Some((mut pipe, pass)), Some(address)) = (open.remove(&k), addresses.get(k)) else { continue };
                    race.settle().await;
                    open.clear();
                    match exchange_keys(&mut pipe, options.patience).await {
                        Ok(agreed) => {
                            let relay = relay.zip(pass);
                            return Ok(Connected { pipe, address: address.clone(), relay, agreed });
                        }
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

/// A number of the list, and what became of it.
type Attempt = (usize, Result<(Pipe, Option<RelayPass>), AttemptError>);

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
enum AttemptError {
    #[error(transparent)]
    Dial(#[from] DialError),
    #[error(transparent)]
    Relay(#[from] RelayFailure),
}

/// The attempts under way. Dropped, it ends them all.
struct Race<'a> {
    relay: Option<Relay>,
    options: &'a ClientOptions,
    running: JoinSet<Attempt>,
    handles: BTreeMap<usize, AbortHandle>,
}

impl Race<'_> {
    fn start(&mut self, k: usize, address: &Address) {
        let (relay, mcu) = (self.relay.clone(), address.clone());
        let (transport, route, patience) = (self.options.transport, self.options.route.clone(), self.options.patience);
        let inspector = self.options.inspector.clone();
        // The dialler ends an attempt that takes too long; the limit here is for a clock that stands still.
        let attempt = async move {
            let there = relay.as_ref().map_or((&mcu.host, mcu.port), |relay| (&relay.host, relay.port));
            let target = Target { host: there.0.clone(), port: there.1, transport };
            let connection = dial(&target, &route, ATTEMPT_TIMEOUT).await?;
            let tap = inspector.at_client(format_args!("{}:{}", target.host, target.port));
            let mut pipe = Pipe::tapped(connection, tap);
            let pass = match &relay {
                Some(relay) => Some(relay::through(&mut pipe, &relay.host, &mcu, patience).await?),
                None => None,
            };
            Ok((pipe, pass))
        };
        self.handles.insert(k, self.running.spawn(async move { (k, attempt.await) }));
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
        done: Result<(Id, Attempt), JoinError>,
        open: &mut BTreeMap<usize, (Pipe, Option<RelayPass>)>,
        dialler: &mut Dialler,
        now: Duration,
    ) {
        match done {
            Ok((_, (k, Ok(opened)))) => {
                open.insert(k, opened);
                dialler.opened(k, now);
            }
            Ok((_, (k, Err(AttemptError::Dial(DialError::Untrusted { fingerprint, why, .. }))))) => {
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
            // Most reasons name the server already.
            let line = |(row, why): (&AttemptRow, &String)| match why.contains(&row.address) {
                true => why.clone(),
                false => format!("{}: {why}", row.address),
            };
            ConnectError::Nowhere(rows.iter().zip(reasons).map(line).collect::<Vec<_>>().join("; "))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::dialler::Outcome;

    #[test]
    fn each_server_is_named_once_however_its_reason_reads() {
        let row = |address: &str| AttemptRow {
            address: address.into(),
            started: None,
            ended: None,
            outcome: Outcome::Waiting,
            untrusted: None,
        };
        let reasons = ["a:1 refused the connection".to_owned(), "the key exchange failed".to_owned()];
        let ConnectError::Nowhere(said) = nowhere(&[row("a:1"), row("b:2")], &reasons) else { panic!("a certificate") };
        assert_eq!(said, "a:1 refused the connection; b:2: the key exchange failed");
    }
}

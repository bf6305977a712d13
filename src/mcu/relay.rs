//! This server as a one-time relay for others (guide 3.13, wire/01 section 9).
//!
//! In: a connection that began with `~`. Out: a connection to the MCU that the client named, and then every message, unread, in both
//! directions. Whole messages stay whole: some must not be split (wire/01 section 1.1). Holds no meeting and knows none of its keys.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;
use tracing::{debug, info};

use super::session::{SessionError, Shared, challenge, exchange_keys, send_parameters};
use crate::hit::licence::IpRange;
use crate::link::pipe::{Incoming, Pipe};
use crate::link::{Connection, LinkError, Receiver, Route, Sender, Target, Transport, dial};
use crate::wire::Clear;
use crate::wire::cipher::{Cipher, CipherName};
use crate::wire::relay::{RelayPass, RelayRequest, RelayResult, RelayTarget, Ride};

/// Where this server leads, and for whom: a relay must not be an open door into somebody's network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelayPolicy {
    /// Addresses that it connects to for anybody (`relay_allow` of configm.ini). Without any: from this machine to this machine only.
    pub allow: Vec<IpRange>,
}

impl RelayPolicy {
    /// Whether a client may be led there.
    pub fn allows(&self, client: IpAddr, mcu: IpAddr) -> bool {
        let at_home = client.is_loopback() && mcu.is_loopback();
        at_home || self.allow.iter().any(|range| range.contains(mcu))
    }
}

/// The relays that are running: further connections of the same client show that they have their keys.
#[derive(Clone, Debug, Default)]
pub struct Relays(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    last: i32,
    running: BTreeMap<i32, Cipher>,
}

/// A running relay's number; free again when dropped.
struct Number {
    relays: Relays,
    id: i32,
}

impl Relays {
    fn enter(&self, cipher: Cipher) -> Option<Number> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.running.len() >= MAX_RELAYS {
            return None;
        }
        let id = table.last.checked_add(1).unwrap_or(1);
        table.last = id;
        table.running.insert(id, cipher);
        Some(Number { relays: self.clone(), id })
    }

    fn cipher(&self, ride: Ride) -> Option<Cipher> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).running.get(&ride.relay_id).cloned()
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        self.relays.0.lock().unwrap_or_else(PoisonError::into_inner).running.remove(&self.id);
    }
}

/// Serves a connection that began with `~`.
pub(super) async fn serve(mut pipe: Pipe, peer: SocketAddr, shared: &Shared) -> Result<(), SessionError> {
    let request = pipe.read(shared.patience.step, "a relay request", RelayRequest::decode).await?;
    match request {
        RelayRequest::Control { by_name } => control(pipe, by_name, peer, shared).await,
        other => beside(pipe, other, shared).await,
    }
}

/// Steps 2 to 7: keys with the client, a connection to the MCU, then whatever the two say.
async fn control(pipe: Pipe, by_name: bool, peer: SocketAddr, shared: &Shared) -> Result<(), SessionError> {
    let total = shared.patience.admission;
    let led = timeout(total, lead(pipe, by_name, peer, shared)).await.map_err(|_| SessionError::TooSlow(total))??;
    // The number is free again when both directions are over.
    let Some((pipe, mcu, _number)) = led else { return Ok(()) };
    let (mut to_mcu, mut from_mcu) = mcu.split();
    let (mut incoming, mut to_client) = pipe.split();
    // When one side has ended, the other may still be reading or saying its last: dropped at once, that would be lost.
    tokio::select! {
        ended = upstream(&mut incoming, &mut to_mcu) => {
            debug!(%peer, "the client ended: {ended:?}");
            drop(timeout(LINGER, downstream(&mut from_mcu, &mut to_client)).await);
        }
        ended = downstream(&mut from_mcu, &mut to_client) => {
            debug!(%peer, "the MCU ended: {ended:?}");
            incoming.drain(LINGER).await;
        }
    }
    Ok(())
}

/// Until the MCU is reached; `None` if it is not.
async fn lead(
    mut pipe: Pipe,
    by_name: bool,
    peer: SocketAddr,
    shared: &Shared,
) -> Result<Option<(Pipe, Connection, Number)>, SessionError> {
    let step = shared.patience.step;
    pipe.write(&RelayResult::Continue.encode()).await?;
    let version = pipe.read(step, "the start of a key exchange", crate::wire::handshake::Hello::decode).await?;
    let crate::wire::handshake::Hello::Control { major, minor } = version else { return Ok(None) };
    let keys = exchange_keys(&mut pipe, (major, minor), step).await?;
    let cipher = Cipher::new(CipherName::Aes256, &keys);
    pipe.incoming.keys.control = Some(cipher.clone());
    // No client parameters here: they belong to the connection with the MCU.
    send_parameters(&mut pipe, shared, false).await?;
    let target = pipe.read(step, "the MCU's address", RelayTarget::decode).await?;
    let Some(number) = shared.relays.enter(cipher) else {
        return refuse(pipe, RelayResult::Busy, peer, "too many relays").await.map(|()| None);
    };
    let mcu = match reach(&target, peer.ip(), &shared.relay, step).await {
        Ok(mcu) => mcu,
        Err((result, why)) => return refuse(pipe, result, peer, &why).await.map(|()| None),
    };
    info!(%peer, relay = number.id, "leads to {}:{}", target.host, target.port);
    pipe.write(&RelayResult::Succeeded.encode()).await?;
    let address = by_name.then(|| shared.address.ip());
    pipe.write(&RelayPass { relay_id: number.id, address }.encode()).await?;
    Ok(Some((pipe, mcu, number)))
}

/// The address is looked up once, judged, and that one is connected to: a name cannot mean another place a moment later.
async fn reach(
    target: &RelayTarget,
    client: IpAddr,
    policy: &RelayPolicy,
    patience: Duration,
) -> Result<Connection, (RelayResult, String)> {
    let bare = target.host.trim_start_matches('[').trim_end_matches(']');
    let unknown = |why: String| (RelayResult::CannotConnect, why);
    let found = timeout(patience, lookup_host((bare, target.port))).await;
    let found: Vec<SocketAddr> = match found {
        Ok(Ok(found)) => found.collect(),
        Ok(Err(failure)) => return Err(unknown(format!("no address is known for {bare}: {failure}"))),
        Err(_) => return Err(unknown(format!("no address came for {bare}"))),
    };
    let allowed = found.iter().find(|mcu| policy.allows(client, mcu.ip()));
    let Some(mcu) = allowed else {
        return Err((RelayResult::NotAllowed, format!("relay_allow does not let {client} reach {bare}")));
    };
    // As the known client does it: one message there is one message here.
    let target = Target { host: mcu.ip().to_string(), port: mcu.port(), transport: Transport::WebSocket };
    dial(&target, &Route::default(), CONNECT_WITHIN).await.map_err(|failure| unknown(failure.to_string()))
}

async fn upstream(from: &mut Incoming, to: &mut Sender) -> Result<(), LinkError> {
    while let Some(bytes) = from.raw().await? {
        to.send(bytes).await?;
    }
    to.close().await
}

async fn downstream(from: &mut Receiver, to: &mut Sender) -> Result<(), LinkError> {
    while let Some(bytes) = from.recv().await? {
        to.send(bytes).await?;
    }
    to.close().await
}

/// Connections beside a relayed control connection. They prove themselves; what they are for comes with media and slides.
async fn beside(mut pipe: Pipe, request: RelayRequest, shared: &Shared) -> Result<(), SessionError> {
    let Some(cipher) = request.ride().and_then(|ride| shared.relays.cipher(ride)) else {
        return Ok(pipe.write(&RelayResult::NotAllowed.encode()).await?);
    };
    pipe.write(&RelayResult::Continue.encode()).await?;
    if !challenge(&mut pipe, cipher, shared).await? {
        return Ok(());
    }
    match request {
        // A length of -1 says that the slide cannot be had (section 9).
        RelayRequest::SlideDownload(..) => pipe.write(&Clear::new().u8(8).i32(-1).i32(0)).await?,
        RelayRequest::SlideUpload(_) => pipe.write(&RelayResult::NotSupported.encode()).await?,
        RelayRequest::Admitted(..) | RelayRequest::WantsMedia(..) => pipe.incoming.drain(BESIDE_FOR).await,
        RelayRequest::Media(_) | RelayRequest::Control { .. } => pipe.incoming.drain(MEDIA_FOR).await,
    }
    pipe.close().await;
    Ok(())
}

async fn refuse(mut pipe: Pipe, result: RelayResult, peer: SocketAddr, why: &str) -> Result<(), SessionError> {
    info!(%peer, "not relayed: {why}");
    pipe.write(&result.encode()).await?;
    pipe.close().await;
    Ok(())
}

/// Relays at one time.
const MAX_RELAYS: usize = 500;

/// What the other side still has to say, or to read, may take so long.
const LINGER: Duration = Duration::from_secs(5);

const CONNECT_WITHIN: Duration = Duration::from_secs(20);

/// The known client keeps these open for up to 30 s (section 9).
const BESIDE_FOR: Duration = Duration::from_secs(30);

/// Longer than any meeting.
const MEDIA_FOR: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_list_a_relay_leads_from_this_machine_to_this_machine_only() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let closed = RelayPolicy::default();
        assert!(closed.allows(ip("127.0.0.1"), ip("127.0.0.2")) && closed.allows(ip("::1"), ip("::1")));
        assert!(!closed.allows(ip("192.0.2.1"), ip("127.0.0.1")), "a stranger must not reach what listens on loopback");
        assert!(!closed.allows(ip("127.0.0.1"), ip("192.0.2.1")));
        let open = RelayPolicy { allow: IpRange::parse_list("192.0.2.0/24").unwrap() };
        assert!(open.allows(ip("198.51.100.1"), ip("192.0.2.7")) && !open.allows(ip("198.51.100.1"), ip("127.0.0.1")));
    }
}

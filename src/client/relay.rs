//! Through a one-time relay: what comes before the control connection with the MCU itself (wire/01 section 9, guide 3.13).
//!
//! In: a fresh connection to the relay, and where it is to lead. Out: the same connection, from then on the MCU's, no keys set.

use std::net::IpAddr;
use std::time::Duration;

use super::connect::{ExchangeError, exchange_keys};
use super::dialler::Address;
use crate::link::pipe::{Pipe, PipeError};
use crate::wire::Keys;
use crate::wire::relay::{RelayPass, RelayRequest, RelayResult, RelayTarget};

/// Why a relay did not lead to the MCU.
#[derive(Debug, thiserror::Error)]
pub(super) enum RelayFailure {
    /// It said no.
    #[error("{0}")]
    Refused(RelayResult),
    /// It fell silent, or broke the protocol.
    #[error("the relay: {0}")]
    Pipe(#[from] PipeError),
    /// No keys could be agreed with it.
    #[error("the relay: {0}")]
    Exchange(#[from] ExchangeError),
}

/// Steps 1 to 6. `relay` is the relay's host as the jnj has it.
///
/// # Errors
/// See [`RelayFailure`].
pub(super) async fn through(
    pipe: &mut Pipe,
    relay: &str,
    mcu: &Address,
    patience: Duration,
) -> Result<RelayPass, RelayFailure> {
    let known: Option<IpAddr> = relay.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let by_name = known.is_none();
    pipe.write(&RelayRequest::Control { by_name }.encode()).await?;
    expect(pipe, patience, RelayResult::Continue).await?;
    exchange_keys(pipe, patience).await?;
    pipe.write(&RelayTarget { host: mcu.host.clone(), port: mcu.port }.encode()).await?;
    expect(pipe, patience, RelayResult::Succeeded).await?;
    let pass = pipe.read(patience, "a relay's pass", |r| RelayPass::decode(by_name, r)).await?;
    // From here on the MCU speaks, and nothing is agreed with it yet.
    pipe.incoming.keys = Keys::default();
    Ok(RelayPass { address: pass.address.or(known), ..pass })
}

async fn expect(pipe: &mut Pipe, patience: Duration, wanted: RelayResult) -> Result<(), RelayFailure> {
    let result = pipe.read(patience, "a relay's answer", RelayResult::decode).await?;
    if result == wanted { Ok(()) } else { Err(RelayFailure::Refused(result)) }
}

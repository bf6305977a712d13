//! Keeps the archive in order while the server runs: what was deleted longer ago than the configured days is removed (guide 3.12).
//!
//! In: the recording root, the days, the office clock. Out: files that are gone, and a line in the log for each. The server starts this
//! task and waits for it; it looks at the start, every hour of office time, and whenever somebody turns the clock.

use std::path::PathBuf;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::library;

/// Runs until `stop` is cancelled.
pub(super) async fn keep(root: PathBuf, days: u32, clock: Clock, stop: CancellationToken) {
    let mut turned = clock.turned();
    while !stop.is_cancelled() {
        // Whatever the clock says from here on is looked at again.
        turned.mark_unchanged();
        let now = clock.now();
        let (folder, stopping) = (root.clone(), stop.clone());
        let looked = tokio::task::spawn_blocking(move || {
            library::remove_expired(&folder, days, now, || !stopping.is_cancelled())
        });
        match looked.await {
            Ok(expired) => {
                for path in &expired.removed {
                    info!("removed {}, deleted more than {days} days ago", path.display());
                }
                for trouble in &expired.troubles {
                    warn!("{}: {}", trouble.path.display(), trouble.reason);
                }
            }
            Err(failure) => error!("looking through the archive failed: {failure}"),
        }
        let next = clock.until(now.plus(LOOK_EVERY).office);
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(next) => {}
            // This task holds a clock itself, so it ends only with a turn.
            _ = turned.changed() => {}
        }
    }
}

/// Of office time: who keeps a recording for days does not miss an hour.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

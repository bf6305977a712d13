//! The engine's inspector, and how often the window hears of it.
//!
//! In: what the taps of MCU and clients saw. Out: a snapshot of it, ten times a second at most, and none while nothing is watched.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::snapshot::InspectorSnapshot;
use crate::clock::Clock;
use crate::link::Inspector;

/// The inspector of an engine.
#[derive(Debug)]
pub(super) struct Watching {
    /// For the connections of MCU and clients.
    pub(super) inspector: Inspector,
    shown: watch::Sender<Arc<InspectorSnapshot>>,
}

impl Watching {
    pub(super) fn new(clock: Clock) -> Watching {
        Watching { inspector: Inspector::new(clock), shown: watch::Sender::default() }
    }

    /// What the window shows.
    pub(super) fn shown(&self) -> watch::Receiver<Arc<InspectorSnapshot>> {
        self.shown.subscribe()
    }

    /// Keeps [`Watching::shown`] up to date, for ever.
    pub(super) fn keep_up(&self) -> impl Future<Output = ()> + Send + 'static {
        let (inspector, mut changes, shown) = (self.inspector.clone(), self.inspector.follow(), self.shown.clone());
        async move {
            loop {
                changes.changed().await;
                shown.send_replace(Arc::new(inspector.snapshot()));
                tokio::time::sleep(PACE).await;
            }
        }
    }
}

/// Between two snapshots.
const PACE: Duration = Duration::from_millis(100);

//! How a front holds the engine: snapshots out, commands in, a wake-up when something changed.
//!
//! In: [`Command`] values. Out: [`Snapshot`] values. The engine implements [`Front`]; the window and the tests of its pages hold one
//! and know nothing else of the engine.

use std::sync::Arc;

use super::command::Command;
use super::snapshot::Snapshot;

/// Called from any thread when a newer snapshot is there. Must not block.
pub type Wake = Box<dyn Fn() + Send + Sync>;

/// A running engine, as a front sees it. No method blocks.
pub trait Front: Send + Sync {
    /// The newest state; cheap, since a snapshot's parts are shared.
    fn snapshot(&self) -> Arc<Snapshot>;

    /// Hands a command over to be carried out. What comes of it is seen in later snapshots.
    ///
    /// # Errors
    ///
    /// A sentence for the user when the command cannot even be taken: the engine is stopping, or its queue is full.
    fn send(&self, command: Command) -> Result<(), String>;

    /// Calls `wake` after every change from now on; replaces an earlier one.
    fn on_change(&self, wake: Wake);
}

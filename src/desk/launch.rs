//! From a command line to a window: opens or makes the installation, starts the engine, runs the window, ends everything.
//!
//! In: a file to open, where a demo is to be. Out: the window, until it is closed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{DeskError, RunOptions, run};
use crate::clock::Clock;
use crate::installation::engine::{Engine, EngineOptions, MorePeople};
use crate::installation::front::Front;
use crate::installation::logbook::Logbook;
use crate::installation::{Installation, InstallationError, demo};

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// The installation cannot be opened or made.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// No folder for it can be had.
    #[error("no folder for the installation: {0}. Name one with: hitdeck demo --dir DIR")]
    Folder(std::io::Error),
    /// The user has no folder for application data.
    #[error("this user has no folder for application data. Name one with: hitdeck demo --dir DIR")]
    NoDataFolder,
    /// The window itself.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// Runs the window. `demo`: on a demo installation in that or a temporary folder, instead of the user's own, with
/// `more_people` in its meeting; `clock`: what time it is for it.
///
/// # Errors
/// See [`LaunchError`].
pub fn launch(
    open: Option<PathBuf>,
    demo: Option<Option<PathBuf>>,
    more_people: Option<MorePeople>,
    clock: Clock,
    logbook: Logbook,
) -> Result<(), LaunchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(LaunchError::Folder)?;
    // Removed when the window is closed.
    let temporary = tempfile::tempdir().map_err(LaunchError::Folder)?;
    let (is_demo, is_temporary) = (demo.is_some(), demo == Some(None));
    let folder = match demo {
        Some(Some(dir)) => dir,
        Some(None) => temporary.path().join("demo"),
        None => dirs::data_dir().ok_or(LaunchError::NoDataFolder)?.join("hitdeck"),
    };
    let (installation, fresh) = open_or_make(&folder)?;
    let engine = {
        let _in_runtime = runtime.enter();
        let listen = installation.listen();
        Arc::new(Engine::start(EngineOptions {
            installation,
            start_mcu: true,
            listen,
            // The first start shows a meeting that lives; later the installation is the user's own.
            with_people: fresh || is_demo,
            more_people,
            demo: is_temporary,
            clock,
            logbook,
        }))
    };
    let outcome = run(Arc::clone(&engine) as Arc<dyn Front>, RunOptions { open });
    runtime.block_on(engine.shutdown());
    Ok(outcome?)
}

/// The installation, and whether it was made just now.
fn open_or_make(folder: &Path) -> Result<(Installation, bool), InstallationError> {
    match Installation::open(folder) {
        Err(InstallationError::Missing(_)) => {
            let installation = Installation::init(folder)?;
            demo::add_recordings(&installation, Clock::system().now());
            Ok((installation, true))
        }
        other => Ok((other?, false)),
    }
}

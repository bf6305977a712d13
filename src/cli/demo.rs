//! `hitdeck demo`.
//!
//! In: perhaps a folder. Out: a whole installation with recordings and a meeting of two simulated people; with a window unless
//! `--headless`.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::Failure;
use super::output::line;
use crate::clock::Clock;
use crate::installation::demo::{LIVE_MEETING, add_recordings};
use crate::installation::engine::{Engine, EngineOptions};
use crate::installation::front::Front as _;
use crate::installation::logbook::Logbook;
use crate::installation::snapshot::McuState;
use crate::installation::{DEFAULT_LISTEN, Installation};

#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Without a window
    #[arg(long)]
    headless: bool,
    /// Make it here and keep it; without this, in a temporary folder
    #[arg(long)]
    dir: Option<PathBuf>,
}

impl Demo {
    pub(super) fn headless(&self) -> bool {
        self.headless
    }

    /// Where the window's demo is to be.
    pub(super) fn dir(self) -> Option<PathBuf> {
        self.dir
    }

    pub(super) async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        let temporary = tempfile::tempdir().map_err(Failure::input)?;
        let folder = self.dir.unwrap_or_else(|| temporary.path().join("demo"));
        let installation = Installation::init(&folder)?;
        let fill = {
            let installation = Installation::open(&folder)?;
            move || add_recordings(&installation, Clock::system().now())
        };
        tokio::task::spawn_blocking(fill).await.map_err(|e| Failure::Bug(e.to_string()))?;
        let engine = Engine::start(EngineOptions {
            installation,
            start_mcu: true,
            listen: DEFAULT_LISTEN,
            with_people: true,
            demo: true,
            logbook: Logbook::default(),
        });
        let (wake, mut woken) = tokio::sync::watch::channel(());
        engine.on_change(Box::new(move || {
            wake.send_replace(());
        }));
        let mut said = false;
        loop {
            let snapshot = engine.snapshot();
            match &snapshot.mcu {
                McuState::Running(running) if !said => {
                    said = true;
                    line(&format!("listening {}", running.address));
                    line(&format!("installation {}", folder.display()));
                    line(&format!(
                        "meeting {LIVE_MEETING:?} with two simulated people; {} recordings",
                        snapshot.recordings.len()
                    ));
                }
                McuState::Failed { why } => {
                    engine.shutdown().await;
                    return Err(Failure::Input(why.clone()));
                }
                _ => {}
            }
            tokio::select! {
                changed = woken.changed() => if changed.is_err() { break },
                () = stop.cancelled() => break,
            }
        }
        engine.shutdown().await;
        Ok(())
    }
}

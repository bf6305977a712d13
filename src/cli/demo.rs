//! `hitdeck demo`.
//!
//! In: perhaps a folder, how many simulated people. Out: a whole installation with recordings and a meeting of two simulated people
//! who talk to each other and of others who behave by chance; with a window unless `--headless`.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::output::line;
use super::{Failure, WindowRequest};
use crate::clock::Clock;
use crate::installation::command::Command;
use crate::installation::crowd::MAX_PEOPLE;
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
    /// So many simulated people besides the two of the demo, 0 to 300; needs --headless
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=MOST_PEOPLE))]
    people: u16,
    /// What they do is drawn from this number: the same makes the same people
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

impl Demo {
    pub(super) fn headless(&self) -> bool {
        self.headless
    }

    /// What the window's demo is to be.
    pub(super) fn window(self) -> Result<WindowRequest, Failure> {
        if self.people > 0 {
            return Err(Failure::Usage("--people needs --headless".to_owned()));
        }
        Ok(WindowRequest { demo: Some(self.dir), ..WindowRequest::default() })
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
        let mut coming = usize::from(self.people);
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
            if let McuState::Running(running) = &snapshot.mcu
                && coming > 0
                // The demo's own meeting: who is simulated so far is its cast.
                && let Some(meeting) = running.meetings.iter().find(|meeting| meeting.simulated > 0)
            {
                let add = Command::AddPeople { session_index: meeting.session_index, count: coming, seed: self.seed };
                engine.send(add).map_err(Failure::Bug)?;
                line(&format!("{coming} more simulated people come, seed {}", self.seed));
                coming = 0;
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

/// As clap wants it.
const MOST_PEOPLE: i64 = MAX_PEOPLE as i64;

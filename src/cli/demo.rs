//! `hitdeck demo`.
//!
//! In: perhaps a folder, how many simulated people. Out: a whole installation with recordings and a meeting of two simulated people
//! who talk to each other and of others who behave by chance; with a window unless `--headless`.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::clock::ClockArguments;
use super::output::line;
use super::{Failure, WindowRequest};
use crate::clock::Clock;
use crate::installation::Installation;
use crate::installation::crowd::MAX_PEOPLE;
use crate::installation::demo::{LIVE_MEETING, add_recordings};
use crate::installation::engine::{Engine, EngineOptions, MorePeople};
use crate::installation::front::Front as _;
use crate::installation::logbook::Logbook;
use crate::installation::snapshot::McuState;

#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Without a window
    #[arg(long)]
    headless: bool,
    /// Make it here and keep it; without this, in a temporary folder
    #[arg(long)]
    dir: Option<PathBuf>,
    /// So many simulated people besides the two of the demo, 0 to 300
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=MOST_PEOPLE))]
    people: u16,
    /// What they do is drawn from this number: the same makes the same people
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    clock: ClockArguments,
}

impl Demo {
    pub(super) fn headless(&self) -> bool {
        self.headless
    }

    /// What the window's demo is to be.
    fn more_people(&self) -> Option<MorePeople> {
        (self.people > 0).then_some(MorePeople { count: usize::from(self.people), seed: self.seed })
    }

    /// What the window's demo is to be.
    pub(super) fn window(self) -> WindowRequest {
        let more_people = self.more_people();
        WindowRequest { demo: Some(self.dir), more_people, clock: self.clock.clock(), ..WindowRequest::default() }
    }

    pub(super) async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        let more_people = self.more_people();
        let clock = self.clock.clock();
        let temporary = tempfile::tempdir().map_err(Failure::input)?;
        let folder = self.dir.unwrap_or_else(|| temporary.path().join("demo"));
        let installation = Installation::init(&folder)?;
        let fill = {
            let installation = Installation::open(&folder)?;
            move || add_recordings(&installation, Clock::system().now())
        };
        tokio::task::spawn_blocking(fill).await.map_err(|e| Failure::Bug(e.to_string()))?;
        let listen = installation.listen();
        let engine = Engine::start(EngineOptions {
            installation,
            start_mcu: true,
            listen,
            with_people: true,
            more_people,
            demo: true,
            clock,
            logbook: Logbook::default(),
        });
        let (wake, mut woken) = tokio::sync::watch::channel(());
        engine.on_change(Box::new(move || {
            wake.send_replace(());
        }));
        let mut said = false;
        let mut coming = more_people;
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
            if let (Some(more), McuState::Running(running)) = (coming, &snapshot.mcu)
                // The demo's own two are there, too.
                && running.meetings.iter().any(|meeting| meeting.simulated > more.count)
            {
                line(&format!("{} more simulated people come, seed {}", more.count, more.seed));
                coming = None;
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

//! The command line: one engine behind it and the window, a file a command.
//!
//! In: arguments. Out: lines on standard output, an exit status. The contract is in README; it may grow, but what stands does not
//! change. With `--json` every line is one object with `event`.

mod clock;
mod demo;
mod init;
mod jnj;
mod join;
mod keys;
mod mcu;
mod output;
mod play;
mod recordings;
mod status;
mod steps;
mod trace;
mod userinfo;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::installation::engine::MorePeople;

/// A whole HomeMeeting installation on one desk: MCU, third party, test clients and recordings.
#[derive(Debug, Parser)]
#[command(name = "hitdeck", version, about)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Say more in the log, on standard error
    #[arg(long, short, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the window, joining that .jnj or playing that .jnr
    Open(Open),
    /// Run a whole installation with a meeting and simulated people
    Demo(demo::Demo),
    /// Make an installation folder: fresh keys, commented configuration, sample users
    Init(init::Init),
    /// Run an installation's MCU
    Mcu(mcu::Mcu),
    /// Run an installation's third party (not yet)
    ThirdParty(NotYet),
    /// Make keys
    Keys(keys::Keys),
    /// Seal and open userinfo
    Userinfo(userinfo::Userinfo),
    /// Issue and read jnj files
    Jnj(jnj::JnjCommand),
    /// Join a meeting
    Join(Box<join::Join>),
    /// Play a recording
    Play(play::Play),
    /// List, show and verify recordings
    Recordings(recordings::Recordings),
    /// What an MCU's status files say, with the meaning of each entry
    Status(status::Status),
}

#[derive(Debug, clap::Args)]
struct Open {
    /// A .jnj or .jnr file
    file: PathBuf,
}

#[derive(Debug, clap::Args)]
struct NotYet {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<String>,
}

/// What the window is to open with.
#[derive(Debug, Default)]
pub struct WindowRequest {
    /// A file to join or play.
    pub open: Option<PathBuf>,
    /// A demo in this folder, or in a temporary one, instead of the user's own installation.
    pub demo: Option<Option<PathBuf>>,
    /// Simulated people besides the two of a demo.
    pub more_people: Option<MorePeople>,
    /// What time it is for the installation.
    pub clock: Clock,
}

/// What a parsed command line asks for.
pub enum Dispatch {
    /// The window.
    Window(WindowRequest),
    /// A command, already run.
    Done(ExitCode),
}

/// How a command ends (DESIGN, the command line).
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// 1: an expectation did not hold.
    #[error("{0}")]
    Expectation(String),
    /// 2: usage.
    #[error("{0}")]
    Usage(String),
    /// 3: no connection.
    #[error("could not connect: {0}")]
    Connect(String),
    /// 4: refused by the MCU.
    #[error("refused by the MCU: {0}")]
    Refused(String),
    /// 5: unreadable or hostile input.
    #[error("{0}")]
    Input(String),
    /// 70: a bug.
    #[error("this is a bug in HIT Deck: {0}")]
    Bug(String),
}

impl Failure {
    fn status(&self) -> u8 {
        match self {
            Failure::Expectation(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Connect(_) => 3,
            Failure::Refused(_) => 4,
            Failure::Input(_) => 5,
            Failure::Bug(_) => 70,
        }
    }

    /// Unreadable input, from any error.
    fn input(error: impl std::fmt::Display) -> Failure {
        Failure::Input(error.to_string())
    }
}

impl From<crate::installation::InstallationError> for Failure {
    fn from(error: crate::installation::InstallationError) -> Failure {
        use crate::installation::InstallationError::{Exists, Held, Missing};
        match error {
            Exists(_) | Missing(_) | Held { .. } => Failure::Usage(error.to_string()),
            other => Failure::input(other),
        }
    }
}

impl Arguments {
    /// True if the log is to say more.
    pub fn verbose(&self) -> bool {
        self.verbose
    }

    /// Runs the command, or says what the window is to open with.
    pub fn dispatch(self) -> Dispatch {
        let outcome = match self.command {
            None => return Dispatch::Window(WindowRequest::default()),
            Some(Command::Open(open)) => {
                return Dispatch::Window(WindowRequest { open: Some(open.file), ..WindowRequest::default() });
            }
            Some(Command::Demo(demo)) if !demo.headless() => return Dispatch::Window(demo.window()),
            Some(Command::Demo(demo)) => with_runtime(|stop| demo.run(stop)),
            Some(Command::Init(init)) => init.run(),
            Some(Command::Mcu(mcu)) => with_runtime(|stop| mcu.run(stop)),
            Some(Command::ThirdParty(_)) => not_yet("third-party"),
            Some(Command::Keys(keys)) => keys.run(),
            Some(Command::Userinfo(userinfo)) => userinfo.run(),
            Some(Command::Jnj(jnj)) => jnj.run(),
            Some(Command::Join(join)) => with_runtime(|stop| join.run(stop)),
            Some(Command::Play(play)) => with_runtime(|stop| play.run(stop)),
            Some(Command::Recordings(recordings)) => recordings.run(),
            Some(Command::Status(status)) => status.run(),
        };
        Dispatch::Done(match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                eprintln!("hitdeck: {failure}");
                ExitCode::from(failure.status())
            }
        })
    }
}

/// Runs an async command; Ctrl-C and SIGTERM cancel `stop`, and the command then ends in good order.
fn with_runtime<F>(command: impl FnOnce(CancellationToken) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure::Bug(format!("the runtime cannot start: {e}")))?;
    runtime.block_on(async {
        let stop = CancellationToken::new();
        let watcher = tokio::spawn(stop_on_signal(stop.clone()));
        let outcome = command(stop).await;
        watcher.abort();
        // Aborted just now: the only thing it can say.
        drop(watcher.await);
        outcome
    })
}

async fn stop_on_signal(stop: CancellationToken) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            stop.cancel();
            return;
        }
    }
    drop(tokio::signal::ctrl_c().await);
    stop.cancel();
}

fn not_yet(command: &str) -> Result<(), Failure> {
    Err(Failure::Usage(format!("`{command}` is not there yet")))
}

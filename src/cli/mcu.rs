//! `hitdeck mcu DIR`.
//!
//! In: an installation. Out: its MCU until Ctrl-C or SIGTERM; one line `listening IP:PORT` once it accepts.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::Failure;
use super::clock::ClockArguments;
use super::output::line;
use super::trace::Trace;
use crate::installation::Installation;
use crate::mcu;
use crate::mcu::transcript::Transcripts;

#[derive(Debug, clap::Args)]
pub(super) struct Mcu {
    /// The installation
    dir: PathBuf,
    /// Where to listen, if not where configm.ini says (127.0.0.1:2333 at first); port 0 picks one
    #[arg(long)]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    clock: ClockArguments,
    /// Write down what clients send, in clear, into this folder: for making tests
    #[arg(long, hide = true)]
    transcripts: Option<PathBuf>,
    /// Write every message of every connection into this file, one JSON object a line
    #[arg(long)]
    trace: Option<PathBuf>,
}

impl Mcu {
    pub(super) async fn run(self, stop: CancellationToken) -> Result<(), Failure> {
        let installation = Installation::open(&self.dir)?;
        let hold = installation.hold()?;
        let (mut config, key) =
            installation.mcu(self.listen.unwrap_or_else(|| installation.listen()), self.clock.clock())?;
        if let Some(folder) = &self.transcripts {
            config.transcripts = Transcripts::into_folder(folder).map_err(Failure::input)?;
        }
        let trace = self.trace.as_deref().map(Trace::start).transpose()?;
        config.inspector = trace.as_ref().map(Trace::inspector).unwrap_or_default();
        let server = mcu::Mcu::start(config, key).await.map_err(Failure::input)?;
        hold.note(server.address())?;
        line(&format!("listening {}", server.address()));
        stop.cancelled().await;
        server.shutdown().await;
        if let Some(trace) = trace {
            trace.finish().await;
        }
        Ok(())
    }
}

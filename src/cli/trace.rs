//! `--trace FILE`: every message of our connections as JSON lines.
//!
//! In: the lines of an inspector. Out: a file, one object a line: `number`, `at`, `connection`, `direction`, `name`, `fields`, `hex`,
//! `size`. A disk that takes no more ends the trace, and nothing else.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Failure;
use crate::clock::Clock;
use crate::link::Inspector;
use crate::link::inspector::{Direction, Line};

/// A trace that is being written.
#[derive(Debug)]
pub(super) struct Trace {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Trace {
    /// Begins a trace; `None` if none is wanted. The inspector is to be given to whatever is to be traced.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(super) fn begin(path: Option<&Path>, clock: Clock) -> Result<(Inspector, Option<Trace>), Failure> {
        let Some(path) = path else { return Ok((Inspector::default(), None)) };
        let file = File::create(path).map_err(|e| Failure::Usage(format!("{} cannot be made: {e}", path.display())))?;
        let inspector = Inspector::new(clock);
        inspector.set(true);
        let Some(lines) = inspector.follow() else { return Ok((inspector, None)) };
        let stop = CancellationToken::new();
        let task = tokio::spawn(write(BufWriter::new(file), lines, stop.clone()));
        Ok((inspector, Some(Trace { task, stop })))
    }

    /// Writes what is left, and waits until it is in the file.
    pub(super) async fn end(self) {
        self.stop.cancel();
        if let Err(failure) = self.task.await {
            warn!("the trace failed: {failure}");
        }
    }
}

async fn write(mut file: BufWriter<File>, mut lines: Receiver<Arc<Line>>, stop: CancellationToken) {
    let written = loop {
        let written = tokio::select! {
            line = lines.recv() => match line {
                Ok(line) => put(&mut file, &line),
                Err(RecvError::Lagged(missed)) => writeln!(file, "{}", json!({ "missed": missed })),
                Err(RecvError::Closed) => break file.flush(),
            },
            () = stop.cancelled() => break rest(&mut file, &mut lines),
        };
        if written.is_err() {
            break written;
        }
    };
    if let Err(failure) = written {
        warn!("the trace ends here: {failure}");
    }
}

fn rest(file: &mut BufWriter<File>, lines: &mut Receiver<Arc<Line>>) -> std::io::Result<()> {
    loop {
        match lines.try_recv() {
            Ok(line) => put(file, &line)?,
            Err(TryRecvError::Lagged(missed)) => writeln!(file, "{}", json!({ "missed": missed }))?,
            Err(TryRecvError::Empty | TryRecvError::Closed) => return file.flush(),
        }
    }
}

fn put(file: &mut BufWriter<File>, line: &Line) -> std::io::Result<()> {
    let fields: serde_json::Map<String, serde_json::Value> =
        line.what.fields.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    let hex: String = line.what.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let direction = match line.direction {
        Direction::Received => "received",
        Direction::Sent => "sent",
    };
    let object = json!({
        "number": line.number, "at": line.at, "connection": line.connection, "direction": direction,
        "name": line.what.name, "fields": fields, "hex": hex, "size": line.what.size,
    });
    writeln!(file, "{object}")
}

//! `--trace FILE`: every message of every connection, a JSON object a line.
//!
//! In: what an inspector sees. Out: lines with `at` (Unix milliseconds), `connection`, `label`, `direction` as seen from here, `name`,
//! `fields`, `hex` and `size`; a line with `missed` where messages came too fast. Secrets are masked. A file that takes no more ends
//! the trace, and nothing else.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use serde_json::{Map, Value, json};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::Failure;
use crate::clock::Clock;
use crate::link::Inspector;
use crate::link::inspector::{Direction, Follower, InspectorLine, News};

/// A trace being written.
pub(super) struct Trace {
    inspector: Inspector,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Trace {
    /// Into a new file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn start(path: &Path) -> Result<Trace, Failure> {
        let file = File::create(path).map_err(|e| {
            Failure::Usage(format!("the trace file {} cannot be made: {e}. Choose another place", path.display()))
        })?;
        let inspector = Inspector::new(Clock::system());
        inspector.set_on(true);
        let stop = CancellationToken::new();
        let task = tokio::spawn(write_all(inspector.clone(), inspector.follow(), BufWriter::new(file), stop.clone()));
        Ok(Trace { inspector, stop, task })
    }

    /// For the connections that are to be in it.
    pub(super) fn inspector(&self) -> Inspector {
        self.inspector.clone()
    }

    /// Writes what is left, and waits for that.
    pub(super) async fn finish(self) {
        self.stop.cancel();
        if let Err(failure) = self.task.await {
            error!("the trace failed: {failure}");
        }
    }
}

async fn write_all(inspector: Inspector, mut follower: Follower, mut file: BufWriter<File>, stop: CancellationToken) {
    loop {
        let last = tokio::select! {
            () = follower.changed() => false,
            () = stop.cancelled() => true,
        };
        let seen = inspector.clone();
        // Making lines takes time, and a disk may be slow: neither is for a thread that serves sessions.
        let written = spawn_blocking(move || {
            let result = write(&mut file, &seen, &follower.news());
            (follower, file, result)
        });
        match written.await {
            Ok((_, _, Err(failure))) => {
                inspector.set_on(false);
                return warn!("the trace ends here, its file takes no more: {failure}");
            }
            Ok(_) if last => return,
            Ok((same_follower, same_file, Ok(()))) => (follower, file) = (same_follower, same_file),
            Err(failure) => return error!("the trace failed: {failure}"),
        }
    }
}

fn write(file: &mut BufWriter<File>, inspector: &Inspector, news: &News) -> io::Result<()> {
    if news.missed > 0 {
        writeln!(file, "{}", json!({ "missed": news.missed }))?;
    }
    for line in &news.lines {
        writeln!(file, "{}", object(inspector, line))?;
    }
    file.flush()
}

fn object(inspector: &Inspector, line: &InspectorLine) -> Value {
    let fields: Map<String, Value> =
        line.fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let direction = match line.direction {
        Direction::Received => "received",
        Direction::Sent => "sent",
    };
    let hex: String = line.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({ "at": line.at, "connection": line.connection, "label": inspector.label(line.connection),
        "direction": direction, "name": line.name, "fields": fields, "hex": hex, "size": line.size })
}

//! A look at the status files of the recording root, while somebody looks.
//!
//! In: a root, and what is wanted of it. Out: [`StatusLook`], read again every second; nothing is read while nobody looks. Writes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use tokio::sync::watch;
use tracing::warn;

use super::snapshot::{StatusFileRow, StatusLook};
use crate::clock::Clock;
use crate::hit::status::explain::explain;
use crate::library::status_files::{StatusFile, status_file, status_files};

/// What is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Somebody looks.
    pub(super) on: bool,
    /// The folders of meetings that are open.
    pub(super) meetings: Vec<PathBuf>,
    /// A recording whose status is wanted, too.
    pub(super) recording: Option<PathBuf>,
}

/// The reader of an engine.
#[derive(Debug)]
pub(super) struct Looking {
    root: PathBuf,
    wanted: watch::Sender<Wanted>,
    shown: watch::Sender<Arc<StatusLook>>,
}

impl Looking {
    pub(super) fn new(root: PathBuf) -> Looking {
        Looking { root, wanted: watch::Sender::default(), shown: watch::Sender::default() }
    }

    /// Changes what is wanted; whoever waits reads at once if that is something else.
    pub(super) fn want(&self, change: impl FnOnce(&mut Wanted)) {
        self.wanted.send_if_modified(|wanted| {
            let before = wanted.clone();
            change(wanted);
            *wanted != before
        });
    }

    /// What was read last.
    pub(super) fn shown(&self) -> watch::Receiver<Arc<StatusLook>> {
        self.shown.subscribe()
    }

    /// Keeps [`Looking::shown`] up to date, for ever.
    pub(super) fn keep_up(&self, clock: Clock) -> impl Future<Output = ()> + Send + 'static {
        let (root, mut wanted, shown) = (self.root.clone(), self.wanted.subscribe(), self.shown.clone());
        async move {
            loop {
                let now = wanted.borrow_and_update().clone();
                if now.on {
                    let (root, at) = (root.clone(), clock.now().office);
                    match tokio::task::spawn_blocking(move || look(&root, &now, at)).await {
                        Ok(look) => drop(shown.send_replace(Arc::new(look))),
                        Err(failure) => warn!("the status files cannot be looked at: {failure}"),
                    }
                    // Sooner, if something else is wanted; the other end lives as long as the engine, which stops this task.
                    drop(tokio::time::timeout(PACE, wanted.changed()).await);
                } else if wanted.changed().await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Reads what is wanted. `now`: Unix milliseconds, for the files' ages. Blocking.
fn look(root: &Path, wanted: &Wanted, now: i64) -> StatusLook {
    let (mut files, mut problem) = (Vec::new(), None);
    if let Some(path) = &wanted.recording {
        match status_file(path) {
            Ok(file) => files.push(file),
            Err(failure) => problem = Some(failure.to_string()),
        }
    }
    match status_files(root, &wanted.meetings) {
        Ok(found) => files.extend(found),
        Err(failure) => problem = Some(format!("The folder {} cannot be read: {failure}", root.display())),
    }
    StatusLook { files: files.into_iter().map(|file| row(root, file, now)).collect(), problem }
}

/// One file for people, whoever reads it: the window here, or the command line.
pub fn row(root: &Path, file: StatusFile, now: i64) -> StatusFileRow {
    let written = file.written.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let written_ms = written.and_then(|since| i64::try_from(since.as_millis()).ok());
    let age_s = written_ms.and_then(|at| u64::try_from((now - at) / 1000).ok());
    let name = file.path.strip_prefix(root).unwrap_or(&file.path).display().to_string();
    let explained = Arc::new(explain(file.kind, &file.bytes));
    let size = file.bytes.len() as u64;
    let text = String::from_utf8_lossy(&file.bytes).into();
    StatusFileRow { path: file.path, name, kind: file.kind, size, written_ms, age_s, explained, text }
}

/// Between two looks.
const PACE: Duration = Duration::from_secs(1);

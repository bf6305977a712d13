//! Writes down what a client sends, for tests that replay it (tests/transcripts).
//!
//! In: each item of a connection, decoded. Out: a text file a connection, one line an item: `parameter`, `join` with its flags, or
//! `message`, with the item's bytes in clear as hex. Only on demand: chat stands in it, userinfo and passwords do not.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::warn;

/// Where transcripts go, if anywhere.
#[derive(Clone, Debug, Default)]
pub struct Transcripts {
    folder: Option<Arc<(PathBuf, AtomicU32)>>,
}

/// One connection's transcript.
#[derive(Debug, Default)]
pub struct Transcript {
    file: Option<Mutex<File>>,
}

impl Transcripts {
    /// Into this folder, which is made if it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn into_folder(folder: &Path) -> std::io::Result<Transcripts> {
        std::fs::create_dir_all(folder)?;
        Ok(Transcripts { folder: Some(Arc::new((folder.to_owned(), AtomicU32::new(1)))) })
    }

    /// A transcript for the next connection.
    pub fn next(&self) -> Transcript {
        let Some(folder) = &self.folder else { return Transcript::default() };
        let path = folder.0.join(format!("{}.txt", folder.1.fetch_add(1, Ordering::Relaxed)));
        match File::create(&path) {
            Ok(file) => Transcript { file: Some(Mutex::new(file)) },
            Err(failure) => {
                warn!("no transcript in {}: {failure}", path.display());
                Transcript::default()
            }
        }
    }
}

impl Transcript {
    /// One item.
    pub fn line(&self, kind: &str, bytes: &[u8]) {
        let Some(file) = &self.file else { return };
        let mut line = kind.to_owned();
        line.push(' ');
        line.extend(bytes.iter().map(|byte| format!("{byte:02x}")));
        line.push('\n');
        let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(failure) = file.write_all(line.as_bytes()) {
            warn!("the transcript is not complete: {failure}");
        }
    }
}

//! `hitdeck status`.
//!
//! In: an installation, a recording root, or one file. Out: what the status files say, entry by entry, with its meaning. Nothing is ever
//! written.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Failure;
use super::output::{Output, line};
use super::recordings::root_of;
use crate::clock::Clock;
use crate::installation::looking;
use crate::installation::snapshot::StatusFileRow;
use crate::library::status_files::{status_file, status_files};

#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// An installation, a recording root, a status file, or a recording
    path: PathBuf,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self) -> Result<(), Failure> {
        let out = Output::new(self.json);
        let (root, files) = if self.path.is_dir() {
            let root = root_of(&self.path);
            let files = status_files(&root, &[]).map_err(|why| unreadable(&root, &why))?;
            (root, files)
        } else {
            let file = status_file(&self.path).map_err(|why| unreadable(&self.path, &why))?;
            (self.path.parent().unwrap_or(Path::new("")).to_owned(), vec![file])
        };
        if files.is_empty() {
            let what = format!("there is no status file in {}: an MCU writes them while it runs", root.display());
            return Err(Failure::Input(what));
        }
        let now = Clock::system().now().office;
        let torn =
            files.into_iter().map(|file| show(out, &looking::row(&root, file, now))).filter(|whole| !whole).count();
        match torn {
            0 => Ok(()),
            torn => Err(Failure::Input(format!("{torn} status files cannot be read whole"))),
        }
    }
}

/// False if it cannot be read whole.
fn show(out: Output, file: &StatusFileRow) -> bool {
    let kind = file.kind;
    let age = file.age_s.map_or_else(String::new, |s| format!(", written {s} s ago"));
    out.say(
        "file",
        &format!("{}  {} ({} bytes{age})\n  {}", file.name, kind.title(), file.size, kind.purpose()),
        json!({ "path": file.path, "kind": kind.title(), "size": file.size, "written_ms": file.written_ms }),
    );
    for section in &file.explained.sections {
        if !out.is_json() {
            line(&format!("  {}", section.title));
        }
        for entry in &section.entries {
            out.say(
                "entry",
                &format!("    {:<34} {:<24} {}", entry.name, entry.value, entry.meaning),
                json!({
                    "path": file.path, "section": section.title, "name": entry.name, "value": entry.value,
                    "meaning": entry.meaning,
                }),
            );
        }
    }
    if let Some(problem) = &file.explained.problem {
        out.say("problem", &format!("  {problem}"), json!({ "path": file.path, "problem": problem }));
    }
    file.explained.problem.is_none()
}

fn unreadable(path: &Path, why: &std::io::Error) -> Failure {
    Failure::Input(format!("{}: {why}", path.display()))
}

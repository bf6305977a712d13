//! `hitdeck init DIR`.
//!
//! In: a folder name. Out: an installation in it.

use std::path::PathBuf;

use super::Failure;
use super::output::line;
use crate::installation::Installation;

#[derive(Debug, clap::Args)]
pub(super) struct Init {
    /// The folder to make
    dir: PathBuf,
}

impl Init {
    pub(super) fn run(self) -> Result<(), Failure> {
        let installation = Installation::init(&self.dir)?;
        let people: Vec<String> = installation.accounts().into_iter().map(|a| format!("{}:{}", a.id, a.name)).collect();
        line(&format!(
            "made {} with fresh keys and {} sample users: {}",
            self.dir.display(),
            people.len(),
            people.join(", ")
        ));
        line(&format!("next: hitdeck mcu {}", self.dir.display()));
        Ok(())
    }
}

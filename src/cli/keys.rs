//! `hitdeck keys new NAME`.
//!
//! In: a name and a passphrase. Out: NAME, NAME.x509, and NAME.passphrase.txt where there is a passphrase.

use std::path::PathBuf;

use super::Failure;
use super::output::line;
use crate::hit::keys::Passphrase;
use crate::installation;

#[derive(Debug, clap::Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key pair: NAME and NAME.x509, and NAME.passphrase.txt
    New {
        /// The key's name: what stands before the first | of a userinfo
        name: String,
        /// Encrypts the private key; without it the key lies open
        #[arg(long, default_value = "")]
        passphrase: String,
        /// Where to put them
        #[arg(long, default_value = ".")]
        dir: PathBuf,
    },
}

impl Keys {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Action::New { name, passphrase, dir } = self.action;
        let passphrase_file = installation::new_key_files(&dir, &name, &Passphrase::new(&passphrase))?;
        line(&format!("made {} and {}.x509", dir.join(&name).display(), dir.join(&name).display()));
        if let Some(path) = passphrase_file {
            line(&format!("what stands in {} goes behind passphrase= in configm.ini", path.display()));
        }
        Ok(())
    }
}

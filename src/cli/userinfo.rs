//! `hitdeck userinfo seal` and `open`.
//!
//! In: keys, and XML or a userinfo on standard input. Out: the other one on standard output.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use super::Failure;
use super::output::line;
use crate::hit::keys::{KeyName, Passphrase, PrivateKey};
use crate::hit::sealed::{self, SealingKey};
use crate::installation;

#[derive(Debug, clap::Args)]
pub(super) struct Userinfo {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// XML on standard input, userinfo on standard output
    Seal {
        #[command(flatten)]
        keys: KeyFiles,
        /// Name of our key as the peer knows it
        #[arg(long)]
        site: String,
    },
    /// Userinfo on standard input, XML on standard output
    Open {
        #[command(flatten)]
        keys: KeyFiles,
    },
}

#[derive(Debug, clap::Args)]
struct KeyFiles {
    /// Our private key file
    #[arg(long)]
    own_key: PathBuf,
    /// Its passphrase
    #[arg(long, default_value = "")]
    passphrase: String,
    /// The peer's .x509 file
    #[arg(long)]
    peer: PathBuf,
}

impl KeyFiles {
    fn agree(self) -> Result<SealingKey, Failure> {
        let own = installation::read_text(&self.own_key)?;
        let own = PrivateKey::from_text(&own, &Passphrase::new(&self.passphrase)).map_err(Failure::input)?;
        let peer = installation::read_public_key(&self.peer)?;
        SealingKey::new(&own, &peer).map_err(Failure::input)
    }
}

impl Userinfo {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut input = Vec::new();
        std::io::stdin().lock().take(MAX_INPUT).read_to_end(&mut input).map_err(Failure::input)?;
        match self.action {
            Action::Seal { keys, site } => {
                let site = KeyName::new(&site).map_err(|e| Failure::Usage(e.to_string()))?;
                let mut random = [0; 32];
                getrandom::fill(&mut random).map_err(|e| Failure::Bug(e.to_string()))?;
                line(&sealed::seal(&site, &keys.agree()?, &input, random).map_err(Failure::input)?);
            }
            Action::Open { keys } => {
                let text = String::from_utf8(input).map_err(Failure::input)?;
                let xml = sealed::open(text.trim(), &keys.agree()?).map_err(Failure::input)?;
                std::io::stdout().lock().write_all(&xml).map_err(Failure::input)?;
            }
        }
        Ok(())
    }
}

const MAX_INPUT: u64 = 1024 * 1024;

//! The installation: its folder, the engines that run in it, and the one door through which window and command line use them.
//!
//! In: [`command::Command`]s. Out: [`snapshot::Snapshot`]s. [`folder`] is the files, [`order`] makes requests, [`engine`] starts and
//! holds the MCU, clients and players, [`demo`] fills a folder with something to look at, [`crowd`] is simulated people.

pub mod attributes;
mod bell;
mod cluster;
pub mod command;
pub mod crowd;
pub mod demo;
pub mod engine;
pub mod folder;
pub mod front;
pub mod logbook;
pub mod looking;
pub mod order;
pub mod playback;
mod recent;
mod rows;
pub mod services;
pub mod snapshot;
pub mod transcript;
mod watching;

pub use cluster::Chosen;
pub use folder::{
    Account, DEFAULT_LISTEN, Hold, Installation, InstallationError, WEB_KEY, new_key_files, read, read_public_key,
    read_text,
};

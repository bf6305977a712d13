//! User stories over real sockets, a module a story.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admission;
mod archive;
// These end programs by a signal.
#[cfg(unix)]
mod cluster;
mod codetypes;
mod command_line;
#[cfg(unix)]
mod continued;
mod crash;
mod crowd;
mod endings;
mod failover;
mod first_request;
mod floods;
mod hostile;
mod inspector;
mod mail;
mod meeting;
mod operator;
mod passwords;
mod peer;
mod playback;
#[cfg(unix)]
mod program;
mod promises;
mod recording_passwords;
mod refusals;
mod relay;
mod returning;
mod script;
mod stage;
mod status_files;
mod table_2;
mod transcripts;
mod visitors;
mod waiting;
mod window;

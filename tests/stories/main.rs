//! User stories over real sockets, a module a story.

#![allow(clippy::unwrap_used, clippy::expect_used)]

// These end programs by a signal.
#[cfg(unix)]
mod codetypes;
mod command_line;
#[cfg(unix)]
mod crash;
mod crowd;
mod failover;
mod floods;
mod hostile;
mod inspector;
mod meeting;
mod peer;
mod playback;
#[cfg(unix)]
mod program;
mod refusals;
mod relay;
mod returning;
mod script;
mod stage;
mod status_files;
mod transcripts;
mod visitors;
mod waiting;
mod window;

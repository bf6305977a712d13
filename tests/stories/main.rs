//! User stories over real sockets, a module a story.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(unix)]
mod command_line;
#[cfg(unix)]
mod crash;
mod floods;
mod meeting;
mod peer;
mod program;
mod refusals;
mod stage;

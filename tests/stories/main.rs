//! User stories over real sockets, a module a story.

#[cfg(unix)]
mod crash;
mod floods;
mod meeting;
mod peer;
mod program;
mod refusals;
mod stage;

//! User stories over real sockets, a module a story.

mod meeting;
mod stage;

//! One meeting, as rules without input or output.
//!
//! - [`room`]: the authority. Joins, leaves and messages of clients come in; what is sent to whom and what is recorded comes out.
//! - [`charter`]: what a meeting is made with, and who comes into it.
//! - [`view`]: the replica that client, playback and tests share. The room keeps one too and applies to it what it announces, so
//!   that what it knows and what it told cannot drift apart.
//! - [`may`]: what a participant may do, one table for room, client and window.
//! - [`moves`]: what a participant does, and the messages that say it.
//! - [`catch_up`]: from a view to the shortest messages that rebuild it: a late join, a checkpoint of a recording.
//!
//! Time comes in as [`crate::clock::Now`].

mod apply;
pub mod carry_over;
pub mod catch_up;
pub mod charter;
pub mod may;
pub mod moves;
pub mod room;
pub mod view;

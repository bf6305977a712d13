//! Simulated people: each behaves by a [`script`], and a simulated owner as [`host`] says.
//!
//! In: a seed and numbers. Out: what each does, as it sees the meeting. The files below are pure and know no clock or connection.

pub mod chance;
pub mod host;
pub mod lines;
pub mod script;

/// So many simulated people at most are in all meetings of a process together.
pub const MAX_PEOPLE: usize = 300;

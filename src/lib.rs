//! HIT Deck: a whole HomeMeeting installation on one desk.
//!
//! # The rooms
//! Arrows go down only; `tests/architecture.rs` reads the `use` lines and says so.
//!
//! - [`desk`] draws the window, [`cli`] is the command line. Both send commands to, and show snapshots of, [`installation`].
//! - [`installation`] is the folder: lock, configuration, keys, demo content; it starts and holds the engines.
//! - [`mcu`] is the meeting server, [`client`] the JoinNet-style client, [`thirdparty`] knows the servers of a cluster.
//! - [`link`] carries byte streams, [`library`] knows many recordings, [`office`] decides on admission.
//! - [`meeting`] is one meeting as rules, [`recording`] one JNR file.
//! - [`wire`] is the bytes between a JoinNet and an MCU, [`hit`] the documents of the guide.
//! - [`clock`] is what time it is, from anywhere.
//!
//! # The three flows
//! **Join.** `installation` seals a service request into a jnj. `client` dials, `mcu::session` exchanges keys, opens the userinfo
//! (`mcu::keyring`), asks `office` through the front desk, and takes a seat in an `mcu::meeting`, whose `meeting::room` says what
//! everybody is told. The client applies what it is told to its `meeting::view`.
//!
//! **Record.** What the room announces goes, in clear and with its spans marked, to `mcu::recorder` and from there to
//! `recording::writer`; the status file of the guide lies beside it.
//!
//! **Play.** `recording::reader` gives records, `recording::player` paces them, and they are applied to the same `meeting::view`.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod cli;
pub mod client;
pub mod clock;
#[cfg(feature = "desk")]
pub mod desk;
#[doc(hidden)]
pub mod fuzzing;
pub mod hit;
pub mod installation;
pub mod library;
pub mod link;
pub mod mcu;
pub mod meeting;
pub mod office;
pub mod recording;
pub mod thirdparty;
pub mod wire;

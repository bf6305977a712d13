//! The documents of the HIT guide: what a third party, an MCU and a JoinNet hand each other as files and sealed text.
//!
//! In: bytes of a file or an entry, and the present moment as a value. Out: typed documents, or an error that says
//! what was expected, what came and what to do. May not touch: sockets, files, threads, clocks, random generators.

pub mod configm;
pub mod freshness;
mod ini;
pub mod jnj;
pub mod keys;
pub mod licence;
pub mod local_time;
pub mod modp;
pub mod password;
pub mod paths;
pub mod request;
pub mod sealed;
pub mod status;
pub mod xml;

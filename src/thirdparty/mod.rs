//! What a third party does besides sealing requests: it knows its MCUs and sends each meeting to one of them (guide 3.8, 3.9).
//!
//! In: what the MCUs of one recording root write there. Out: an order of servers for a jnj. It asks no MCU for anything but whether
//! its port answers, and writes nothing into the recording root.
//!
//! - [`cluster`]: the choice, pure; [`servers`]: reads what it needs; [`memory`]: which choice was made before.

pub mod cluster;
pub mod memory;
pub mod servers;

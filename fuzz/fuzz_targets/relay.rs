//! A relay's handshake, both directions (wire/01 section 9).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::relay(data));

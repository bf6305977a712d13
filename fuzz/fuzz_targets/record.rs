//! The parts of a recording whose checksums were right (docs/jnr-format.md).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::record(data));

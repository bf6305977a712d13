//! Status files under a recording root (guide 3.4 to 3.6).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::status(data));

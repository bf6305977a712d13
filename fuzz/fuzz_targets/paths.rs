//! Ids that are to become paths, and paths that are to become recordings (guide 3.3 to 3.6).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::paths(data));

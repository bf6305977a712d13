//! Any XML, as bytes that nobody vouches for.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::xml(data));

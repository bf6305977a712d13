//! The first bytes of a connection, up to the join request (wire/01 sections 2 and 5).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::join(data));

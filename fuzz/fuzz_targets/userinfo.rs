//! A sealed userinfo as it comes in a join request, before anything is verified (guide 2).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::userinfo(data));

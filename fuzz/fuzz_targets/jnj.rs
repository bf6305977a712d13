//! A jnj file from anywhere (guide 1, wire/01 section 11).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::jnj(data));

//! Both parameter blocks (wire/01 sections 3 and 4).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::parameters(data));

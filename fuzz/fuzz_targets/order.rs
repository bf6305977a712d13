//! What a person or a script types: an order for a jnj, a proxy.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::order(data));

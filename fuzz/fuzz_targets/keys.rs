//! Key files, key names, passphrases and password hashes (guide 2, 3.2, 4.1).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::keys(data));

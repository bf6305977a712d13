//! What a server sends to our client in a playback (wire/05 sections 5 and 7).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::playback(data));

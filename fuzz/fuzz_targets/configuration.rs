//! configm.ini and license.ini (guide 4).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::configuration(data));

//! The XML in a sealed userinfo, as a trusted but faulty third party may write it (guide 3.1).
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| hitdeck::fuzzing::service_request(data));

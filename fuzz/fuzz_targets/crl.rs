#![no_main]
//! The CRL reader on any bytes.

#[path = "../../ca/tests/mutations/bodies.rs"]
#[allow(dead_code, reason = "each target runs one of them")]
mod bodies;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = bodies::crl(bytes);
});

#![no_main]
//! The reader of OCSP requests on any bytes.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = ca::ocsp::parse_request(bytes);
});

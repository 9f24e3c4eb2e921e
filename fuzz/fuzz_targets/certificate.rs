#![no_main]
//! The certificate reader on any bytes.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = ca::parse(bytes);
});

#![no_main]
//! Certification paths built of any bytes.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pades::path::exercise(bytes));

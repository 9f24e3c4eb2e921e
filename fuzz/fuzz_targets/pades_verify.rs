#![no_main]
//! The whole verdict on any bytes.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pades::verify::exercise(bytes));

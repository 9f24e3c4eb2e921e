#![no_main]
//! The strict PDF reader on any bytes.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pdf::read::exercise(bytes));

#![no_main]
//! Every kind of revision appended to any bytes.

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    pades::augment::exercise(bytes);
});

//! Bytes that are no file of ours give an error, never a panic, and nothing is ever changed of them.

use crate::common::drawn::certificate;
use pades::augment::exercise;

#[test]
fn damaged_files_do_no_harm_to_any_revision() {
    let drawn = certificate();
    assert!(exercise(&drawn), "nothing is wrong with it");
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state
    };
    for _ in 0..500 {
        let mut damaged = drawn.clone();
        for _ in 0..4 {
            let at = next() as usize % damaged.len();
            damaged[at] = (next() >> 24) as u8;
        }
        exercise(&damaged);
    }
    for length in (0..drawn.len()).step_by(997) {
        exercise(&drawn[..length]);
    }
}

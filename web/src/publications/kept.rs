//! A bounded memory of what was asked for lately.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Two halves: when the young one is full the old one goes; what was asked for again in the
/// meantime is in the young one.
#[derive(Debug)]
pub(super) struct Recent<T> {
    halves: Mutex<Halves<T>>,
    half: usize,
}

#[derive(Debug)]
struct Halves<T> {
    young: HashMap<Box<[u8]>, T>,
    old: HashMap<Box<[u8]>, T>,
}

impl<T: Clone> Recent<T> {
    /// A memory of at most so many.
    pub(super) fn new(most: usize) -> Self {
        Self { halves: Mutex::new(Halves { young: HashMap::new(), old: HashMap::new() }), half: most / 2 }
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<T> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = halves.young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = halves.old.remove_entry(key)?;
        halves.put(self.half, key, value.clone());
        Some(value)
    }

    pub(super) fn put(&self, key: &[u8], value: T) {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner).put(self.half, key.into(), value);
    }
}

impl<T> Halves<T> {
    fn put(&mut self, half: usize, key: Box<[u8]>, value: T) {
        if self.young.len() >= half {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_again_stays_and_the_whole_stays_small() {
        let memory = Recent::new(8);
        for number in 0..100_u8 {
            memory.put(&[number], number);
            assert_eq!(memory.get(&[0]), Some(0), "after {number}");
            let halves = memory.halves.lock().unwrap();
            assert!(halves.young.len() + halves.old.len() <= 8);
        }
        assert_eq!(memory.get(&[50]), None);
    }
}

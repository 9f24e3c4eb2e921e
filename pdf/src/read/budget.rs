//! How much work one file may cause.

use std::cell::Cell;

use super::ReadError;

/// The fixed limits of the reader.
#[derive(Debug, Clone, Copy)]
pub struct Limits;

impl Limits {
    /// Largest file, in bytes.
    pub const FILE: usize = 32 * 1024 * 1024;
    /// Most objects in one file.
    pub const OBJECTS: usize = 200_000;
    /// Highest object number of an update: the highest that all readers take.
    pub const NUMBER: u32 = 8_388_607;
    /// Deepest nesting of arrays and dictionaries, and of page-tree nodes.
    pub const DEPTH: usize = 64;
    /// Most cross-reference sections.
    pub const SECTIONS: usize = 256;
    /// Most pages.
    pub const PAGES: usize = 10_000;
    /// Most signature fields.
    pub const SIGNATURES: usize = 128;
    /// Steps of work: one per 16 bytes read, twenty per value made (this also bounds the memory), one per value
    /// of an object each time that it is used again.
    pub const STEPS: u64 = 40_000_000;
    /// Bytes that may come out of decompression, in all.
    pub const INFLATED: usize = 64 * 1024 * 1024;
}

/// What is left of the limits while one file is read.
#[derive(Debug)]
pub struct Budget {
    steps: Cell<u64>,
    inflated: Cell<usize>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { steps: Cell::new(Limits::STEPS), inflated: Cell::new(Limits::INFLATED) }
    }
}

impl Budget {
    /// Takes `steps` of work.
    ///
    /// # Errors
    /// [`ReadError::Budget`] when none is left.
    pub fn spend(&self, steps: usize) -> Result<(), ReadError> {
        let left = self.steps.get().checked_sub(steps as u64).ok_or(ReadError::Budget("steps"))?;
        self.steps.set(left);
        Ok(())
    }

    /// Bytes that decompression may still give.
    #[must_use]
    pub const fn inflatable(&self) -> usize {
        self.inflated.get()
    }

    /// Takes `bytes` of decompressed data.
    ///
    /// # Errors
    /// [`ReadError::Budget`] when none is left.
    pub fn inflate(&self, bytes: usize) -> Result<(), ReadError> {
        let left = self.inflated.get().checked_sub(bytes).ok_or(ReadError::Budget("decompressed bytes"))?;
        self.inflated.set(left);
        self.spend(bytes / 16)
    }
}

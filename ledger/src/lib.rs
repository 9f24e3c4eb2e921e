//! Evidence: a Merkle log of everything that changed, its proofs and its signed checkpoints.
//!
//! Pure: no I/O, no clock. The tree is that of RFC 9162 §2.1.

pub mod checkpoint;
pub mod entry;
pub mod tree;
pub mod verify;

pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use entry::{Entry, EntryError};
pub use tree::{Hash, Tree, inclusion_proof, root, verify_inclusion};
pub use verify::{Fault, Report, SequencedEntry, verify};

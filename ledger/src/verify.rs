//! Checks a whole log against its checkpoints.

use crate::checkpoint::SignedCheckpoint;
use crate::entry::Entry;
use crate::tree::{Hash, Tree};

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SequencedEntry {
    /// Place in the log, from 0.
    pub sequence: u64,
    /// Id of the entry.
    pub id: String,
    /// The stored leaf.
    pub leaf: Hash,
    /// What the entry says and its salt; none if it was erased.
    pub content: Option<(Entry, Vec<u8>)>,
}

/// What a log that stands up to the check holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Number of entries.
    pub entries: u64,
    /// How many of them were erased (only the leaf is left).
    pub erased: u64,
    /// Number of checkpoints.
    pub checkpoints: u64,
    /// How many entries the newest checkpoint covers.
    pub covered: u64,
    /// The root over all entries.
    pub root: Hash,
}

/// Something wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The sequence has a gap or a double.
    #[error("entry {expected} is missing: {found} comes in its place")]
    Gap {
        /// The place that should come.
        expected: u64,
        /// The place that came.
        found: u64,
    },
    /// An entry does not hash to its leaf.
    #[error("entry {sequence} ({id}) was altered")]
    Altered {
        /// Its place.
        sequence: u64,
        /// Its id.
        id: String,
    },
    /// The log is shorter than a checkpoint says.
    #[error("the checkpoint speaks of {size} entries, there are {entries}")]
    Truncated {
        /// The checkpoint's size.
        size: u64,
        /// Entries found.
        entries: u64,
    },
    /// The root over the entries is not the checkpoint's.
    #[error("the root over {size} entries is not the one that was signed")]
    RootMismatch {
        /// The checkpoint's size.
        size: u64,
    },
    /// A checkpoint's signature does not verify.
    #[error("the signature of the checkpoint over {size} entries does not verify")]
    BadSignature {
        /// The checkpoint's size.
        size: u64,
    },
    /// A checkpoint belongs to another log.
    #[error("the checkpoint over {size} entries is of another log")]
    OtherLog {
        /// The checkpoint's size.
        size: u64,
    },
}

/// Checks entries (in order of sequence) and checkpoints of the log `origin`.
///
/// `signature_verifies(key_id, message, signature)` judges one checkpoint's signature. Entries
/// after the newest checkpoint are checked for gaps and alteration only.
///
/// # Errors
/// Every [`Fault`] found.
pub fn verify(
    origin: &str,
    entries: &[SequencedEntry],
    checkpoints: &[SignedCheckpoint],
    signature_verifies: impl Fn(&str, &[u8], &[u8]) -> bool,
) -> Result<Report, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut checkpoints: Vec<_> = checkpoints.iter().collect();
    checkpoints.sort_by_key(|signed| signed.checkpoint.size);
    for signed in &checkpoints {
        let size = signed.checkpoint.size;
        if signed.checkpoint.origin != origin {
            faults.push(Fault::OtherLog { size });
        }
        if !signature_verifies(&signed.key_id, &signed.checkpoint.to_sign(), &signed.signature) {
            faults.push(Fault::BadSignature { size });
        }
    }

    let mut tree = Tree::default();
    let mut erased = 0;
    let mut due = checkpoints.iter().peekable();
    let mut compare = |tree: &Tree, faults: &mut Vec<Fault>| {
        while let Some(signed) = due.next_if(|signed| signed.checkpoint.size == tree.size()) {
            if signed.checkpoint.root != tree.root() {
                faults.push(Fault::RootMismatch { size: tree.size() });
            }
        }
    };
    compare(&tree, &mut faults);
    let mut expected = 0;
    for entry in entries {
        if entry.sequence != expected {
            faults.push(Fault::Gap { expected, found: entry.sequence });
        }
        expected = entry.sequence.saturating_add(1);
        match &entry.content {
            None => erased += 1,
            Some((content, salt)) => {
                let fits = content.leaf(salt).is_ok_and(|leaf| leaf == entry.leaf);
                if !fits || content.id != entry.id {
                    faults.push(Fault::Altered { sequence: entry.sequence, id: entry.id.clone() });
                }
            }
        }
        tree.push(entry.leaf);
        compare(&tree, &mut faults);
    }
    for signed in due {
        let size = signed.checkpoint.size;
        faults.push(Fault::Truncated { size, entries: tree.size() });
    }
    if faults.is_empty() {
        Ok(Report {
            entries: tree.size(),
            erased,
            checkpoints: u64::try_from(checkpoints.len()).unwrap_or(u64::MAX),
            covered: checkpoints.last().map_or(0, |signed| signed.checkpoint.size),
            root: tree.root(),
        })
    } else {
        Err(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use p256::ecdsa::signature::{Signer, Verifier};
    use p256::ecdsa::{Signature, SigningKey, VerifyingKey};

    const ORIGIN: &str = "rabrong.test/journal";

    fn key() -> SigningKey {
        SigningKey::from_slice(&[0x11; 32]).unwrap()
    }

    fn judge(key_id: &str, message: &[u8], signature: &[u8]) -> bool {
        let key = VerifyingKey::from(&key());
        key_id == "k" && Signature::from_der(signature).is_ok_and(|s| key.verify(message, &s).is_ok())
    }

    fn log(n: u64) -> Vec<SequencedEntry> {
        (0..n)
            .map(|sequence| {
                let id = format!("e{sequence}");
                let entry =
                    Entry { id: id.clone(), at: 1, kind: "k".into(), subject: "s".into(), payload: "{}".into() };
                let salt = vec![u8::try_from(sequence).unwrap(); 16];
                let leaf = entry.leaf(&salt).unwrap();
                SequencedEntry { sequence, id, leaf, content: Some((entry, salt)) }
            })
            .collect()
    }

    fn checkpoint(entries: &[SequencedEntry]) -> SignedCheckpoint {
        let leaves: Vec<Hash> = entries.iter().map(|e| e.leaf).collect();
        let checkpoint =
            Checkpoint { origin: ORIGIN.into(), size: entries.len() as u64, root: crate::tree::root(&leaves) };
        let signature: Signature = key().sign(&checkpoint.to_sign());
        checkpoint.signed("k", signature.to_der().as_bytes().to_vec())
    }

    #[test]
    fn an_honest_log_stands() {
        let mut log = log(9);
        let checkpoints = [checkpoint(&log[..0]), checkpoint(&log[..4]), checkpoint(&log[..7])];
        log[2].content = None;
        let report = verify(ORIGIN, &log, &checkpoints, judge).unwrap();
        assert_eq!((report.entries, report.erased, report.covered), (9, 1, 7));
    }

    #[test]
    fn tampering_shows() {
        let honest = log(9);
        let checkpoints = [checkpoint(&honest[..7])];
        let faults = |log: &[SequencedEntry]| verify(ORIGIN, log, &checkpoints, judge).unwrap_err();

        let mut altered = honest.clone();
        altered[3].content.as_mut().unwrap().0.subject = "other".into();
        assert_eq!(faults(&altered), [Fault::Altered { sequence: 3, id: "e3".into() }]);

        // Altered with a leaf to match: the signed root tells.
        let (entry, salt) = altered[3].content.clone().unwrap();
        altered[3].leaf = entry.leaf(&salt).unwrap();
        assert_eq!(faults(&altered), [Fault::RootMismatch { size: 7 }]);

        let mut gap = honest.clone();
        gap.remove(5);
        assert!(faults(&gap).contains(&Fault::Gap { expected: 5, found: 6 }));
        assert!(faults(&gap).contains(&Fault::RootMismatch { size: 7 }));

        assert_eq!(faults(&honest[..5]), [Fault::Truncated { size: 7, entries: 5 }]);
    }

    #[test]
    fn a_checkpoint_must_be_signed_and_of_this_log() {
        let log = log(3);
        let mut forged = checkpoint(&log);
        forged.signature = checkpoint(&log[..2]).signature;
        let faults = verify(ORIGIN, &log, &[forged], judge).unwrap_err();
        assert_eq!(faults, [Fault::BadSignature { size: 3 }]);
        let faults = verify("other", &log, &[checkpoint(&log)], judge).unwrap_err();
        assert_eq!(faults, [Fault::OtherLog { size: 3 }]);
    }
}

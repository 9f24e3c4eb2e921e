//! One entry and its leaf.

use serde::Serialize;

use crate::tree::{Hash, leaf_hash};

/// Bytes of salt: the leaf must not betray a payload that can be guessed.
pub const SALT_LENGTH: usize = 16;

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// UUIDv7 of the entry.
    pub id: String,
    /// When, in Unix microseconds.
    pub at: i64,
    /// What happened, e.g. `certificate.issued`.
    pub kind: String,
    /// Id of what it happened to; never a name or a national ID.
    pub subject: String,
    /// Details as JSON text; digests rather than personal data.
    pub payload: String,
}

/// An entry cannot be put into canonical form.
#[derive(Debug, thiserror::Error)]
#[error("the entry has no canonical form: {0}")]
pub struct EntryError(#[from] serde_json::Error);

impl Entry {
    /// The leaf: SHA-256(0x00 ‖ salt ‖ RFC 8785 form of the entry).
    ///
    /// That is the leaf hash of RFC 9162 §2.1.1 over `salt ‖ entry`. Once the salt is erased
    /// nobody can tell from the leaf what the entry said.
    ///
    /// # Errors
    /// [`EntryError`] if the entry cannot be serialised.
    pub fn leaf(&self, salt: &[u8]) -> Result<Hash, EntryError> {
        let canonical = serde_json_canonicalizer::to_vec(self)?;
        let mut data = Vec::with_capacity(salt.len() + canonical.len());
        data.extend_from_slice(salt);
        data.extend_from_slice(&canonical);
        Ok(leaf_hash(&data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Entry {
        Entry { id: "0190".into(), at: 5, kind: "certificate.issued".into(), subject: "s".into(), payload: "{}".into() }
    }

    #[test]
    fn the_leaf_depends_on_salt_and_on_every_field() {
        let leaf = sample().leaf(&[1; SALT_LENGTH]).unwrap();
        assert_ne!(leaf, sample().leaf(&[2; SALT_LENGTH]).unwrap());
        for altered in [
            Entry { id: "0191".into(), ..sample() },
            Entry { at: 6, ..sample() },
            Entry { kind: "certificate.revoked".into(), ..sample() },
            Entry { subject: "t".into(), ..sample() },
            Entry { payload: "[]".into(), ..sample() },
        ] {
            assert_ne!(leaf, altered.leaf(&[1; SALT_LENGTH]).unwrap());
        }
    }

    #[test]
    fn the_canonical_form_is_fixed() {
        let text = serde_json_canonicalizer::to_string(&sample()).unwrap();
        assert_eq!(text, r#"{"at":5,"id":"0190","kind":"certificate.issued","payload":"{}","subject":"s"}"#);
    }
}

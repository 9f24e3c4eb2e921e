//! A signed statement of the log's size and root.
//!
//! The text has the shape of a signed note: what is signed are the first three lines.
//!
//! ```text
//! rabrong.example/journal          origin: which log
//! 42                               number of entries
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — rabrong.example/journal 8a2d… MEUCIQ…      key id, ECDSA signature (DER)
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::tree::Hash;

/// The longest text that is read, in bytes.
pub const MAX_TEXT: usize = 2048;

/// Size and root of a log, to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: a name without white space, of at most 200 bytes.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Merkle root over them.
    pub root: Hash,
}

/// A checkpoint with its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// Which key: hexadecimal.
    pub key_id: String,
    /// ECDSA signature (DER) over [`Checkpoint::to_sign`].
    pub signature: Vec<u8>,
}

/// The text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text is too long.
    #[error("the checkpoint is too long")]
    TooLong,
    /// A line is missing, out of place or not in its one form.
    #[error("the checkpoint's {0} is malformed")]
    Malformed(&'static str),
}

impl Checkpoint {
    /// The bytes to sign: three lines, each ended.
    pub fn to_sign(&self) -> Vec<u8> {
        let root = STANDARD.encode(self.root);
        format!("{}\n{}\n{root}\n", self.origin, self.size).into_bytes()
    }

    /// Puts the signature to it.
    pub fn signed(self, key_id: &str, signature: Vec<u8>) -> SignedCheckpoint {
        SignedCheckpoint { checkpoint: self, key_id: key_id.to_owned(), signature }
    }

    /// Whether the origin can be written in a note.
    fn origin_fits(&self) -> bool {
        let origin = &self.origin;
        !origin.is_empty() && origin.len() <= 200 && !origin.contains(char::is_whitespace)
    }
}

impl SignedCheckpoint {
    /// Reads the text form.
    ///
    /// # Errors
    /// [`CheckpointError`] for anything but the exact form that [`std::fmt::Display`] writes.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        use CheckpointError::Malformed;
        if text.len() > MAX_TEXT {
            return Err(CheckpointError::TooLong);
        }
        let mut lines = text.split('\n');
        let mut line = |what| lines.next().ok_or(Malformed(what));
        let origin = line("origin")?.to_owned();
        let size = line("size")?.parse().map_err(|_| Malformed("size"))?;
        let root = STANDARD.decode(line("root")?).map_err(|_| Malformed("root"))?;
        let root = Hash::try_from(root).map_err(|_| Malformed("root"))?;
        let checkpoint = Checkpoint { origin, size, root };
        if !line("blank line")?.is_empty() {
            return Err(Malformed("blank line"));
        }
        let signature = line("signature")?;
        let mut words = signature.split(' ');
        let (dash, name) = (words.next(), words.next());
        if dash != Some("—") || name != Some(checkpoint.origin.as_str()) {
            return Err(Malformed("signature"));
        }
        let key_id = words.next().ok_or(Malformed("key id"))?;
        let signature = words.next().and_then(|word| STANDARD.decode(word).ok());
        let signed = checkpoint.signed(key_id, signature.ok_or(Malformed("signature"))?);
        // One text per checkpoint: what does not come out again is refused.
        if !signed.checkpoint.origin_fits() || signed.to_string() != text {
            return Err(Malformed("form"));
        }
        Ok(signed)
    }
}

impl std::fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Checkpoint { origin, size, root } = &self.checkpoint;
        let (root, signature) = (STANDARD.encode(root), STANDARD.encode(&self.signature));
        writeln!(f, "{origin}\n{size}\n{root}\n\n— {origin} {} {signature}", self.key_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> SignedCheckpoint {
        let checkpoint = Checkpoint { origin: "rabrong.test/journal".into(), size: 42, root: [7; 32] };
        checkpoint.signed("0123456789abcdef", vec![0x30, 0x01, 0x02])
    }

    #[test]
    fn the_text_round_trips_and_shows_what_is_signed() {
        let text = sample().to_string();
        assert_eq!(SignedCheckpoint::parse(&text), Ok(sample()));
        assert!(text.as_bytes().starts_with(&sample().checkpoint.to_sign()));
    }

    #[test]
    fn other_texts_are_refused() {
        let text = sample().to_string();
        for (altered, what) in [
            (text.replace("42", "042"), "leading zero"),
            (text.replace("42", "-1"), "negative"),
            (text.replace("— rabrong.test/journal", "— other"), "another name"),
            (text.replace("— ", "- "), "hyphen"),
            (text.replace("\n\n", "\n"), "no blank line"),
            (format!("{text}\n"), "a line more"),
            (text.trim_end().to_owned(), "no end of line"),
            (text.replacen("rabrong.test/journal", "a b", 2), "space in the origin"),
            (String::new(), "nothing"),
            ("x".repeat(MAX_TEXT + 1), "too long"),
        ] {
            assert!(SignedCheckpoint::parse(&altered).is_err(), "{what}");
        }
    }
}

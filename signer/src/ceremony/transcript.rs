//! What was done with the root's key, in words that people can hold against what they saw.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The first line: no certificate and no CRL begins so, and a signature over one is never one over another.
const HEAD: &str = "Rabrong transcript, version 1";

/// A transcript: a title and lines of *name, value*. The only text the root's key signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcript(String);

impl Transcript {
    /// Begins one.
    pub(crate) fn begin(title: &str) -> Self {
        Self(format!("{HEAD}\n{}\n", one_line(title)))
    }

    /// A heading.
    pub(crate) fn section(&mut self, name: &str) {
        // Writing to a String cannot fail.
        let _ = write!(self.0, "\n{}\n", one_line(name));
    }

    /// A line.
    pub(crate) fn line(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "  {:<24} {}", one_line(name), one_line(value));
    }

    /// Takes up what the journal recorded before it was signed; none if it is not a transcript.
    pub(crate) fn from_journal(text: String) -> Option<Self> {
        text.starts_with(&format!("{HEAD}\n")).then_some(Self(text))
    }

    /// The value of the first line of a name.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let named = |line: &str| line.strip_prefix("  ").is_some_and(|line| line.starts_with(&format!("{name:<24} ")));
        self.0.lines().find(|line| named(line)).and_then(|line| line.get(27..))
    }

    /// The text, UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the text, hexadecimal: what the ledger holds.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

/// A transcript and the root's signature over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTranscript {
    /// The text.
    pub transcript: Transcript,
    /// DER `ECDSA-Sig-Value` over its SHA-384: `openssl dgst -sha384 -verify root.pub -signature FILE transcript.txt`.
    pub signature: Vec<u8>,
}

/// A name with a line break in it must not make a line of its own.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_add_a_line() {
        let mut transcript = Transcript::begin("test");
        transcript.line("operator", "A\n  root   00");
        assert_eq!(transcript.text().lines().count(), 3);
        assert_eq!(transcript.value("operator"), Some("A   root   00"));
        assert_eq!(transcript.value("root"), None);
        assert!(Transcript::from_journal(transcript.text().to_owned()).is_some());
        assert!(Transcript::from_journal("0\u{82}…".to_owned()).is_none());
    }
}

//! Digests that others made: a signature over content that this service does not see.

use serde::{Deserialize, Serialize};

/// Digests that a doctor's key is to sign for a program, as a client of the Cloud Signature
/// Consortium's API asks for them. Nobody here sees what they are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestSigning {
    /// Code of the unit that the program and the doctor work for.
    pub unit_code: String,
    /// Name of the program.
    pub client: String,
    /// Serial number of the doctor's certificate, lower-case hexadecimal.
    pub certificate_serial: String,
    /// The digests with what the program calls them, in the order shown: 1 to 500.
    pub digests: Vec<LabelledDigest>,
}

/// A digest, and what the program calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledDigest {
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// The program's word for it; nobody has checked it. May be empty.
    pub label: String,
}

impl LabelledDigest {
    /// Characters of a label at most.
    const LONGEST_LABEL: usize = 200;

    /// Whether its label is a line that shows as it reads, as the signer wants it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        is_line(&self.label, Self::LONGEST_LABEL)
    }
}

/// One line of text that shows as it reads: no controls, and nothing that turns the direction of
/// what stands after it (Unicode UAX 9 §2).
pub(crate) fn is_line(text: &str, most: usize) -> bool {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
    };
    text.chars().count() <= most && !text.chars().any(hidden)
}

/// Whether a unit's doctors may sign digests. It is off until an officer switches it on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestSwitch {
    /// The unit's code.
    pub unit_code: String,
    /// On or off.
    pub allow: bool,
}

/// A digest's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedDigest {
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// The signature as CMS carries it, hexadecimal: for ECDSA a DER `ECDSA-Sig-Value` (RFC 5753 §7.2).
    pub signature: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_as_it_reads() {
        for good in ["", "HIS", "ใบส่งตัว 12/2569.pdf", "سند"] {
            assert!(is_line(good, 80), "{good}");
        }
        for bad in ["a\nb", "a\u{0}", "a\u{202e}fdp", "\u{feff}", &"ก".repeat(81)] {
            assert!(!is_line(bad, 80), "{bad:?}");
        }
    }
}

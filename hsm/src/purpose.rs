//! What a key is for. One token key per purpose, none serves two.

use std::fmt;

/// What a token key is for; its label in the token follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The offline root CA's pair (P-384).
    Root,
    /// The pair of one generation of the issuing CA, from 1 on (P-256).
    Issuing(u32),
    /// The time-stamping sub-CA's pair (P-256).
    TsaCa,
    /// The pair of one time-stamping unit, from 1 on: its certificate lives long, its key signs for a year (P-256).
    Tsa(u32),
    /// The OCSP responder's pair (P-256).
    Ocsp,
    /// Signs bindings of persons, credentials and appointments (P-256).
    Binding,
    /// Signs the QR tokens on documents (P-256).
    Seal,
    /// Signs ledger checkpoints (P-256).
    Checkpoint,
    /// Wraps the doctors' keys of one epoch (AES-256, wrap and unwrap only).
    DoctorWrap(u32),
    /// Seals the documents' data keys (AES-256, AES-GCM only).
    DocumentData,
}

/// The kind of key a [`Purpose`] asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An EC pair for ECDSA.
    Pair(Curve),
    /// An AES-256 key that only wraps and unwraps.
    Wrapping,
    /// An AES-256 key that only encrypts and decrypts.
    Data,
}

/// A NIST curve (FIPS 186-5, SP 800-186).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// secp256r1; digests of 32 bytes.
    P256,
    /// secp384r1; digests of 48 bytes.
    P384,
}

impl Purpose {
    /// `CKA_LABEL` of the key.
    pub fn label(self) -> String {
        match self {
            Self::Root => "rabrong root".into(),
            // The first generation's label is older than the number.
            Self::Issuing(1) => "rabrong issuing".into(),
            Self::Issuing(generation) => format!("rabrong issuing {generation}"),
            Self::TsaCa => "rabrong tsa-ca".into(),
            Self::Tsa(unit) => format!("rabrong tsa {unit}"),
            Self::Ocsp => "rabrong ocsp".into(),
            Self::Binding => "rabrong binding".into(),
            Self::Seal => "rabrong seal".into(),
            Self::Checkpoint => "rabrong checkpoint".into(),
            Self::DoctorWrap(epoch) => format!("rabrong doctor-wrap {epoch}"),
            Self::DocumentData => "rabrong document-data".into(),
        }
    }

    /// The purpose whose key has this label.
    pub fn from_label(label: &str) -> Option<Self> {
        let name = label.strip_prefix("rabrong ")?;
        let (name, number) = match name.split_once(' ') {
            Some((name, number)) => (name, Some(number.parse().ok()?)),
            None => (name, None),
        };
        let purpose = match (name, number) {
            ("root", None) => Self::Root,
            ("issuing", None) => Self::Issuing(1),
            ("issuing", Some(generation)) => Self::Issuing(generation),
            ("tsa-ca", None) => Self::TsaCa,
            ("tsa", Some(unit)) => Self::Tsa(unit),
            ("ocsp", None) => Self::Ocsp,
            ("binding", None) => Self::Binding,
            ("seal", None) => Self::Seal,
            ("checkpoint", None) => Self::Checkpoint,
            ("doctor-wrap", Some(epoch)) => Self::DoctorWrap(epoch),
            ("document-data", None) => Self::DocumentData,
            _ => return None,
        };
        // One label for one key: no second way of writing a number.
        (purpose.label() == label).then_some(purpose)
    }

    /// The kind of key this purpose asks for.
    pub fn kind(self) -> Kind {
        match self {
            Self::Root => Kind::Pair(Curve::P384),
            Self::Issuing(_)
            | Self::TsaCa
            | Self::Tsa(_)
            | Self::Ocsp
            | Self::Binding
            | Self::Seal
            | Self::Checkpoint => Kind::Pair(Curve::P256),
            Self::DoctorWrap(_) => Kind::Wrapping,
            Self::DocumentData => Kind::Data,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label())
    }
}

impl Curve {
    /// Bytes of a coordinate, of `r` and of `s`; also the length of the digest signed.
    pub fn bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_leads_back_to_its_purpose() {
        use Purpose::*;
        let purposes = [Root, Issuing(1), Issuing(2), TsaCa, Tsa(1), Tsa(2), Ocsp, Binding, Seal, Checkpoint];
        for purpose in purposes.into_iter().chain([DoctorWrap(0), DoctorWrap(u32::MAX), DocumentData]) {
            assert_eq!(Purpose::from_label(&purpose.label()), Some(purpose));
        }
        for label in
            ["", "rabrong", "rabrong ", "rabrong issuing 1", "rabrong tsa", "rabrong tsa 01", "rabrong tsa +1", "root"]
        {
            assert_eq!(Purpose::from_label(label), None, "{label}");
        }
    }
}

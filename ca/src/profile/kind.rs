//! The kinds of certificates, and the document that describes each.

use std::fmt::Write as _;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// The kinds of certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The root, self-signed.
    Root,
    /// A CA that issues to doctors.
    Issuing,
    /// The CA above the time-stamping units.
    TsaCa,
    /// The OCSP responder of an issuing CA or of the TSA CA.
    OcspResponder,
    /// A time-stamping unit.
    Tsa,
    /// A doctor, or a member of another profession.
    Doctor,
    /// A program that calls the API for a unit.
    ApiClient,
}

impl Kind {
    /// Its name in the journal: `tsa_ca`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Issuing => "issuing",
            Self::TsaCa => "tsa_ca",
            Self::OcspResponder => "ocsp",
            Self::Tsa => "tsa",
            Self::Doctor => "doctor",
            Self::ApiClient => "api_client",
        }
    }
}

/// A profile in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileDocument {
    /// The kind it describes, in kebab case.
    pub name: &'static str,
    /// Goes up with every change of the text.
    pub version: u32,
    /// The text, Markdown.
    pub text: &'static str,
    /// SHA-256 of the text.
    pub sha256: [u8; 32],
}

impl ProfileDocument {
    fn new(name: &'static str, version: u32, text: &'static str) -> Self {
        Self { name, version, text, sha256: Sha256::digest(text).into() }
    }

    /// What a certificate's record says it was built by, `doctor/2:<SHA-256>`: so it stays known what was promised.
    #[must_use]
    pub fn identifier(&self) -> String {
        let mut text = format!("{}/{}:", self.name, self.version);
        for octet in self.sha256 {
            let _ = write!(text, "{octet:02x}");
        }
        text
    }
}

macro_rules! documents {
    ($($kind:ident: $name:literal $version:literal;)*) => {
        impl Kind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The document of its profile.
            #[must_use]
            pub fn document(self) -> ProfileDocument {
                match self {
                    $(Self::$kind => {
                        static DOCUMENT: LazyLock<ProfileDocument> = LazyLock::new(|| {
                            let text = include_str!(concat!("../../profiles/", $name, "-", $version, ".md"));
                            ProfileDocument::new($name, $version, text)
                        });
                        *DOCUMENT
                    })*
                }
            }
        }
    };
}

documents! {
    Root: "root" 2;
    Issuing: "issuing" 2;
    TsaCa: "tsa-ca" 1;
    OcspResponder: "ocsp-responder" 2;
    Tsa: "tsa" 1;
    Doctor: "doctor" 3;
    ApiClient: "api-client" 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A changed document needs a new version and a new file; the digests of earlier versions are on record.
    #[test]
    fn the_document_of_a_version_stays_as_it_is() {
        let identifiers: Vec<String> = Kind::ALL.iter().map(|kind| kind.document().identifier()).collect();
        assert_eq!(identifiers, PINNED);
    }

    #[test]
    fn a_document_begins_with_its_name() {
        for kind in Kind::ALL {
            let document = kind.document();
            let title = format!("# Certificate profile {}, version {}\n", document.name, document.version);
            assert!(document.text.starts_with(&title), "{title}");
        }
    }

    const PINNED: [&str; 7] = [
        "root/2:ff12db867bf8687300b2010d94b6044107846deea8ed746d29323716f15e9d95",
        "issuing/2:89e9de70df7ed58406a509daa385fe0bf1180b3473e8ab3e900658df13b9aba2",
        "tsa-ca/1:65cecb27ac71c7d99fe2343e62516f9e6eb5e7116e68ad46bccc61335267b317",
        "ocsp-responder/2:c6a8fd185c1a5106d630a26b82ee9bc58644fa2cc119db04dcd84e9754830bf7",
        "tsa/1:4440c669a77c73412f486d86d9e65c16427e5720743156cfdd05354a3c375f23",
        "doctor/3:a5cdfe93182926499ec5c5e0ac9b6de2f40a16e4ba85f3c6eee7a3ba2fa4b76e",
        "api-client/1:ba92fa371f0c9324bb6c7d1ca7c3cdf1a38815411fb6b9519e79779ae44acff1",
    ];
}

//! Ends and suspensions of certificates, as they are proposed.

use serde::{Deserialize, Serialize};

/// The end of a certificate, or more about an end already recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// CRL reason by name: `key_compromise`, `affiliation_changed`, `superseded`,
    /// `cessation_of_operation`, `privilege_withdrawn`.
    pub reason: String,
    /// Since when the key or the right is believed lost (RFC 3339), if known.
    pub invalid_since: Option<String>,
}

/// The end of a suspension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restoration {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// Which suspension: [`RevokedRecord::sequence`](super::RevokedRecord::sequence). A later one
    /// needs another touch.
    pub hold: i64,
}

/// The end of many certificates at once, as found by a dry run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchRevocation {
    /// Which certificates.
    pub selection: RevocationSelection,
    /// CRL reason by name, as in [`Revocation::reason`].
    pub reason: String,
    /// Since when the keys or rights are believed lost (RFC 3339), if known.
    pub invalid_since: Option<String>,
    /// How many certificates the dry run found.
    pub count: u64,
    /// SHA-256 over their serial numbers in ascending order, each ended by a line feed; hexadecimal.
    pub serials_sha256: String,
}

/// Which certificates end together: doctors' and API clients' that are not revoked for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum RevocationSelection {
    /// All of one key, which is never certified again.
    Key {
        /// SHA-256 of the `SubjectPublicKeyInfo`, hexadecimal.
        spki_sha256: String,
    },
    /// All of a unit and of the units below it: a hospital that closes.
    Unit {
        /// The unit's code.
        code: String,
    },
    /// All issued in a window of time.
    Window {
        /// First instant (RFC 3339).
        from: String,
        /// First instant after it (RFC 3339).
        to: String,
        /// Only in this unit and the units below it.
        unit: Option<String>,
    },
    /// All of a person.
    Person {
        /// The portal's id of the person.
        person_id: String,
    },
}

/// What a dry run found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationPreview {
    /// How many certificates.
    pub count: u64,
    /// As [`BatchRevocation::serials_sha256`].
    pub serials_sha256: String,
    /// The first of them, by serial number.
    pub first: Vec<super::CertificateRecord>,
}

/// Who may have a certificate suspended without a passkey: they may deny, never restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuspensionSource {
    /// A call to the hotline.
    Hotline,
    /// The council's register says that the licence is not active.
    LicenceFeed,
}

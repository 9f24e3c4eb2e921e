//! What people act with, and as: adding, ending and replacing signing passkeys, ending
//! appointments, and the record of who was seen.

use serde::{Deserialize, Serialize};

use super::{CredentialReference, EvidenceReference};

/// A person adds a signing passkey with one they have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialBinding {
    /// The portal's id of the person, who is also who touches.
    pub person_id: String,
    /// The version of their bindings that this changes ([`CredentialsRecord::version`]).
    pub after_version: i64,
    /// The new passkey, enrolled at the signer's origin.
    pub credential: CredentialReference,
    /// Credential id of one that it takes the place of, if any.
    pub removes: Option<String>,
}

/// A signing passkey is taken from a person, by themselves with another one or by an officer above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialEnding {
    /// The portal's id of the person.
    pub person_id: String,
    /// The version of their bindings that this changes.
    pub after_version: i64,
    /// Credential id of the passkey.
    pub credential_id: String,
}

/// A person who lost their passkeys gets a new one: two officers approve the same words. It is
/// about one version of the person's bindings; whatever changes these ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialReplacement {
    /// UUID of the request.
    pub request_id: String,
    /// The portal's id of the person.
    pub person_id: String,
    /// Keyed digest of the national ID (hexadecimal).
    pub identity_digest: String,
    /// The version of their bindings that this changes.
    pub after_version: i64,
    /// The new passkey, enrolled at the signer's origin. All others are removed.
    pub credential: CredentialReference,
    /// How it is known that it is them.
    pub evidence: EvidenceReference,
}

/// A replacement is stopped by who holds one of the passkeys that would be removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplacementStop {
    /// UUID of the request.
    pub request_id: String,
    /// The portal's id of the person.
    pub person_id: String,
}

/// An officer's appointment ends: by resignation, or by an officer who could have made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppointmentEnding {
    /// UUID of the appointment.
    pub appointment_id: String,
}

/// What an evidence officer vouches for: they saw this person, with this passkey's key code and
/// this licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRecord {
    /// UUID of the record.
    pub record_id: String,
    /// The portal's id of the person.
    pub person_id: String,
    /// Keyed digest of the national ID (hexadecimal).
    pub identity_digest: String,
    /// Name in Thai, as the document seen says it.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// Code of the unit.
    pub unit_code: String,
    /// Code of the profession.
    pub profession: String,
    /// Licence number, digits only.
    pub licence: String,
    /// The passkey whose key code was compared with the person.
    pub credential: CredentialReference,
    /// What was seen, each by digest, and the licence look-up.
    pub evidence: Vec<EvidenceReference>,
}

/// By whose word a passkey is suspended: they may deny, never restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialSuspensionSource {
    /// The person's own login at the portal.
    Login,
    /// A call to the hotline.
    Hotline,
}

/// A person's signing passkeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialsRecord {
    /// The portal's id of the person.
    pub person_id: String,
    /// Version of their bindings; 0 before the first.
    pub version: i64,
    /// Newest first.
    pub credentials: Vec<CredentialRecord>,
    /// Requests to replace them, newest first.
    pub replacements: Vec<ReplacementRecord>,
}

/// A signing passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRecord {
    /// The passkey.
    pub credential: CredentialReference,
    /// `pending`, `bound`, `suspended` or `ended`.
    pub state: String,
    /// Whether it is kept by a provider who copies it between devices.
    pub backed_up: bool,
    /// When it was enrolled (RFC 3339).
    pub enrolled_at: String,
}

/// A request to replace a person's passkeys, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacementRecord {
    /// The request.
    pub replacement: CredentialReplacement,
    /// `open` (one approval), `waiting` (approved, in its delay), `done`, `stopped`, or `over`.
    pub state: String,
    /// The approvals that count.
    pub approvals: Vec<ApprovalRecord>,
    /// When it takes effect (RFC 3339), once it has its approvals.
    pub due_at: Option<String>,
}

/// An officer's approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRecord {
    /// The portal's id of the officer; `operators` for the two operators with the root's token.
    pub officer_id: String,
    /// When (RFC 3339).
    pub at: String,
}

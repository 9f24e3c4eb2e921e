//! What a person is asked to activate: the meaning whose digest the passkey covers.

use pdf::form::DocumentContent;
use serde::{Deserialize, Serialize};

use super::{
    ApiClientRequest, AppointmentEnding, BatchRevocation, CertificateRenewal, CredentialBinding, CredentialEnding,
    CredentialReplacement, DigestSigning, DigestSwitch, EvidenceRecord, EvidenceReference, ReplacementStop,
    Restoration, Revocation,
};

/// What a person is asked to activate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// A doctor signs documents (at most 500, all of one signer).
    SignDocuments {
        /// The documents, in the order shown.
        documents: Vec<DocumentContent>,
    },
    /// A doctor signs digests that a program made; nobody here sees the contents.
    SignDigests {
        /// The digests, and who asks.
        signing: DigestSigning,
    },
    /// An RA officer allows a unit's doctors to sign digests, or no longer.
    SwitchDigests {
        /// What changes.
        switch: DigestSwitch,
    },
    /// An RA officer approves a certificate request; the certificate is issued.
    IssueCertificate {
        /// Everything the certificate will say and rest on.
        request: Box<CertificateRequest>,
    },
    /// A doctor has a certificate that ends soon followed by the next.
    RenewCertificate {
        /// The renewal.
        renewal: CertificateRenewal,
    },
    /// An RA officer has a certificate issued to a program.
    IssueApiClient {
        /// The request.
        request: ApiClientRequest,
    },
    /// An officer appoints an officer of a unit below.
    AppointOfficer {
        /// The appointment.
        appointment: Appointment,
    },
    /// An officer's appointment ends.
    EndAppointment {
        /// The end.
        ending: AppointmentEnding,
    },
    /// A person adds a signing passkey with one they have.
    BindCredential {
        /// The new passkey.
        binding: CredentialBinding,
    },
    /// A signing passkey is taken from a person.
    EndCredential {
        /// Which.
        ending: CredentialEnding,
    },
    /// An RA officer approves that a new passkey takes the place of lost ones.
    ReplaceCredential {
        /// What two officers approve.
        replacement: CredentialReplacement,
    },
    /// A person stops the replacement of their passkeys.
    StopReplacement {
        /// Which.
        stop: ReplacementStop,
    },
    /// An evidence officer vouches for whom they saw.
    RecordEvidence {
        /// The record.
        record: Box<EvidenceRecord>,
    },
    /// An RA officer or the doctor revokes a certificate.
    RevokeCertificate {
        /// The revocation.
        revocation: Revocation,
    },
    /// An RA officer ends a suspension.
    RestoreCertificate {
        /// The restoration.
        restoration: Restoration,
    },
    /// An RA officer revokes many certificates at once.
    RevokeCertificates {
        /// The batch.
        batch: BatchRevocation,
    },
}

impl Operation {
    /// Whether a certificate comes of it.
    #[must_use]
    pub const fn issues(&self) -> bool {
        matches!(self, Self::IssueCertificate { .. } | Self::RenewCertificate { .. } | Self::IssueApiClient { .. })
    }

    /// Whether it only ends or suspends: that is never refused for want of a right clock.
    #[must_use]
    pub const fn takes_away(&self) -> bool {
        matches!(
            self,
            Self::RevokeCertificate { .. }
                | Self::RevokeCertificates { .. }
                | Self::SwitchDigests { switch: DigestSwitch { allow: false, .. } }
                | Self::EndAppointment { .. }
                | Self::EndCredential { .. }
                | Self::StopReplacement { .. }
        )
    }
}

/// Everything a doctor's certificate will say, and the evidence it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateRequest {
    /// UUID of the request: at most one certificate is ever issued for it.
    pub request_id: String,
    /// The portal's id of the doctor.
    pub person_id: String,
    /// Keyed digest of the national ID (hexadecimal): tells natural persons apart.
    pub identity_digest: String,
    /// นายแพทย์ or แพทย์หญิง.
    pub title_th: String,
    /// Given name in Thai.
    pub given_name_th: String,
    /// Surname in Thai.
    pub surname_th: String,
    /// Given name in English.
    pub given_name_en: String,
    /// Surname in English.
    pub surname_en: String,
    /// Code of a profession that may be certified: `physician`, `dentist`, …
    pub profession: String,
    /// Licence number, digits only.
    pub licence: String,
    /// When the licence was found active at the council (RFC 3339).
    pub licence_checked_at: String,
    /// Last day of the licence (ISO date), if it ends.
    pub licence_valid_until: Option<String>,
    /// Code of the unit the doctor works at.
    pub unit_code: String,
    /// Identity assurance level reached, e.g. `2.1`.
    pub ial: String,
    /// The evidence, each by digest.
    pub evidence: Vec<EvidenceReference>,
    /// The consent given.
    pub consent: ConsentReference,
    /// The signing passkey to be bound, enrolled at the signer's origin.
    pub credential: CredentialReference,
}

/// The consent a doctor gave to the processing of their data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentReference {
    /// Version of the privacy notice.
    pub notice_version: String,
    /// SHA-256 of the notice's text, hexadecimal.
    pub notice_sha256: String,
    /// Purposes consented to.
    pub purposes: Vec<String>,
    /// When (RFC 3339).
    pub given_at: String,
}

/// A signing passkey waiting to be bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialReference {
    /// Credential id, base64url without padding.
    pub credential_id: String,
    /// SHA-256 of the COSE public key, hexadecimal.
    pub public_key_sha256: String,
    /// Eight characters a person can compare by eye: `ABCD-EFGH`.
    pub key_code: String,
}

/// An officer's appointment to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appointment {
    /// UUID of the appointment.
    pub appointment_id: String,
    /// The portal's id of the officer.
    pub person_id: String,
    /// Keyed digest of the national ID (hexadecimal).
    pub identity_digest: String,
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// `ra_officer` (approves, revokes) or `evidence_officer` (records evidence).
    pub role: String,
    /// Code of the unit.
    pub unit_code: String,
    /// The signing passkey to be bound.
    pub credential: CredentialReference,
}

//! What came of it, as the journal has it.

use serde::{Deserialize, Serialize};

use super::{CredentialReference, CredentialsRecord, DigestSwitch, Refusal, ReplacementRecord, SignedDigest};

/// What came of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    /// Nobody has activated it yet.
    Waiting,
    /// Activated; the work goes on (ask again).
    Working,
    /// The person declined, or the ticket ended unused.
    Ended,
    /// A passkey was enrolled.
    CredentialEnrolled {
        /// The passkey.
        credential: CredentialReference,
    },
    /// A batch of documents is being signed.
    Signing {
        /// How many are past their signature.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// Documents were signed: each record says how far, and what it waits for or why not.
    DocumentsSigned {
        /// One record per document, in order.
        documents: Vec<DocumentRecord>,
    },
    /// Digests were signed.
    DigestsSigned {
        /// One per digest, in order.
        digests: Vec<SignedDigest>,
    },
    /// A unit's doctors may sign digests from now on, or no longer.
    DigestsSwitched {
        /// How it stands.
        switch: DigestSwitch,
    },
    /// A certificate was issued.
    CertificateIssued {
        /// The certificate.
        certificate: CertificateRecord,
        /// Person id of the approver.
        approved_by: String,
    },
    /// An officer was appointed.
    OfficerAppointed {
        /// The appointment.
        appointment: AppointmentRecord,
    },
    /// An appointment was ended.
    AppointmentEnded {
        /// The appointment as it was.
        appointment: AppointmentRecord,
        /// Person id of who ended it.
        ended_by: String,
    },
    /// A person's signing passkeys changed.
    CredentialsChanged {
        /// As they stand now.
        credentials: CredentialsRecord,
    },
    /// The replacement of a person's passkeys was approved.
    ReplacementApproved {
        /// How far it has come.
        replacement: Box<ReplacementRecord>,
    },
    /// An evidence officer vouched for whom they saw.
    EvidenceRecorded {
        /// UUID of the record.
        record_id: String,
        /// Person id of the officer.
        recorded_by: String,
    },
    /// A certificate was revoked.
    CertificateRevoked {
        /// The certificate as it stands now.
        certificate: CertificateRecord,
        /// Person id of who revoked it.
        revoked_by: String,
    },
    /// A suspension was ended.
    CertificateRestored {
        /// The certificate as it stands now.
        certificate: CertificateRecord,
        /// Person id of who restored it.
        restored_by: String,
    },
    /// A batch is being revoked.
    Revoking {
        /// How many are revoked.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// A batch was revoked.
    CertificatesRevoked {
        /// How many certificates this activation revoked.
        count: u64,
        /// Person id of who revoked them.
        revoked_by: String,
    },
    /// Refused after activation.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// A certificate as the journal has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateRecord {
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// SHA-256 of the DER, hexadecimal.
    pub sha256: String,
    /// DER, hexadecimal.
    pub der: String,
    /// The portal's id of the subject.
    pub person_id: String,
    /// The request it was issued for.
    pub request_id: String,
    /// นายแพทย์ or แพทย์หญิง.
    pub title_th: String,
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// Licence number, digits.
    pub licence: String,
    /// Unit code.
    pub unit_code: String,
    /// Assurance level it was issued at.
    pub ial: String,
    /// Start of validity (RFC 3339).
    pub not_before: String,
    /// End of validity (RFC 3339).
    pub not_after: String,
    /// Revocation, if any.
    pub revoked: Option<RevokedRecord>,
}

/// A revocation as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedRecord {
    /// Its place among all events of revocation.
    pub sequence: i64,
    /// When (RFC 3339).
    pub at: String,
    /// CRL reason by name.
    pub reason: String,
    /// Since when the key or right is believed lost (RFC 3339).
    pub invalid_since: Option<String>,
}

/// An appointment in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentRecord {
    /// UUID of the appointment.
    pub appointment_id: String,
    /// The portal's id of the officer.
    pub person_id: String,
    /// `ra_officer` or `evidence_officer`.
    pub role: String,
    /// Unit code.
    pub unit_code: String,
}

/// What a document waits for before it can be handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// A time-stamp: how far the clock is from UTC is not known.
    TimeStamp,
    /// Word that the certificate was good after the signature.
    RevocationStatus,
    /// The end of the suspension of the doctor's certificate.
    Suspension,
    /// The token.
    Token,
}

impl WaitingFor {
    /// As it is written in the journal.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TimeStamp => "time_stamp",
            Self::RevocationStatus => "revocation_status",
            Self::Suspension => "suspension",
            Self::Token => "token",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::TimeStamp, Self::RevocationStatus, Self::Suspension, Self::Token]
            .into_iter()
            .find(|waiting| waiting.as_str() == name)
    }
}

/// A document as the journal has it: no more than a stranger with the QR may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// UUID of the document.
    pub document_id: String,
    /// `recorded` (being signed), `signed` (waits to be lifted to its level), `finished`,
    /// `refused` or `erased`. Only of a finished one is there a file.
    pub state: String,
    /// The level of what there is, `b-b`, `b-t`, `b-lt` or `b-lta`; before it is signed, the level
    /// it is to reach.
    pub level: String,
    /// What an unfinished one waits for, if it had to.
    pub waiting: Option<WaitingFor>,
    /// Why it will never be finished.
    pub refused: Option<Refusal>,
    /// Verification code.
    pub code: String,
    /// Form kind.
    pub form: String,
    /// เล่มที่.
    pub book: String,
    /// เลขที่.
    pub number: String,
    /// The applicant's name, masked (สม*** ใจ***).
    pub masked_patient: String,
    /// Unit code.
    pub unit_code: String,
    /// Unit name in Thai.
    pub unit_name_th: String,
    /// Unit name in English.
    pub unit_name_en: String,
    /// Date of examination (ISO).
    pub exam_date: String,
    /// Last day of use (ISO), if any.
    pub valid_until: Option<String>,
    /// Content digest, hexadecimal.
    pub content_sha256: String,
    /// When it was recorded for signing (RFC 3339): the ledger proves it.
    pub recorded_at: String,
    /// When it was signed (RFC 3339), if it was.
    pub signed_at: Option<String>,
    /// SHA-256 of the newest file, hexadecimal, if it is finished.
    pub file_sha256: Option<String>,
    /// SHA-256 of the files handed out before it was renewed, oldest first.
    pub earlier_files: Vec<String>,
    /// The signer's certificate and its status now.
    pub certificate: CertificateRecord,
    /// When it was erased (RFC 3339). Of an erased document only ids, code and digests are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<String>,
}

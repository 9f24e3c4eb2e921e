//! What `serve` may ask of the signer, over a Unix socket: one JSON object per line, one
//! answer per request, version 1. There is no other way in.
//!
//! A person's will never travels here. `serve` can only *propose* an operation; the answer
//! is a page at the signer's own origin where the person sees the content, drawn by the
//! signer, and puts a passkey to it. What came of it is asked for afterwards by ticket.

use pdf::form::DocumentContent;
use serde::{Deserialize, Serialize};

/// The protocol's version; a request of another version is refused.
pub const VERSION: u32 = 1;

/// The largest message in either direction, in bytes.
pub const MAX_MESSAGE: usize = 32 * 1024 * 1024;

/// One line from the client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Protocol version, [`VERSION`].
    pub version: u32,
    /// What is asked.
    pub request: Request,
}

/// What a client may ask.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Is the service up, with its token and journal? → [`Response::Health`]
    Health,
    /// The unit tree the ceremony fixed. → [`Response::Units`]
    Units,
    /// Opens a page where a person enrols a signing passkey. → [`Response::Ticket`]
    EnrolCredential {
        /// The portal's id of the person (UUID).
        person_id: String,
        /// Name shown to the person and put into the passkey.
        display_name: String,
        /// Where the browser goes afterwards (path on the portal's origin, begins with `/`).
        return_path: String,
    },
    /// Proposes an operation for a person to activate. → [`Response::Ticket`]
    Propose {
        /// Person id of who is to activate it; the signer believes only that person's passkey.
        actor: String,
        /// What is proposed.
        operation: Operation,
        /// Where the browser goes afterwards (path on the portal's origin, begins with `/`).
        return_path: String,
    },
    /// What came of a ticket. → [`Response::Outcome`]
    Outcome {
        /// The ticket.
        ticket: String,
    },
    /// The signed file of a document, while the signer still keeps it. → [`Response::File`]
    SignedFile {
        /// UUID of the document.
        document_id: String,
    },
    /// The portal has stored the signed file; the signer may forget its copy. → [`Response::Done`]
    ForgetFile {
        /// UUID of the document.
        document_id: String,
    },
    /// What the journal knows of a verification code. → [`Response::Document`]
    DocumentByCode {
        /// 26 characters of Crockford base32.
        code: String,
    },
    /// Was a file with this digest ever handed out? → [`Response::Document`]
    DocumentByFile {
        /// SHA-256 of the file, lower-case hexadecimal.
        sha256: String,
    },
    /// A person's certificates, newest first. → [`Response::Certificates`]
    Certificates {
        /// The portal's id of the person.
        person_id: String,
    },
    /// A person's appointments as the journal has them. → [`Response::Appointments`]
    Appointments {
        /// The portal's id of the person.
        person_id: String,
    },
    /// Answers an OCSP request (RFC 6960), DER in hexadecimal. → [`Response::Der`]
    Ocsp {
        /// DER of the `OCSPRequest`, hexadecimal.
        request: String,
    },
    /// The current CRL of the issuing CA's shard, or the root's (`root`). → [`Response::Der`]
    Crl {
        /// Shard number as text, or `root`.
        shard: String,
    },
    /// A CA certificate: `root` or `issuing`. → [`Response::Der`]
    CaCertificate {
        /// `root` or `issuing`.
        name: String,
    },
    /// Public keys of the seal (QR tokens) and checkpoint keys. → [`Response::Keys`]
    PublishedKeys,
    /// A new data key for a document, in the clear and wrapped. → [`Response::DataKey`]
    NewDataKey {
        /// UUID of the document: the associated data.
        document_id: String,
    },
    /// Opens a wrapped data key. → [`Response::DataKey`]
    OpenDataKey {
        /// UUID of the document: the associated data.
        document_id: String,
        /// The wrapped key, hexadecimal.
        wrapped: String,
    },
    /// Signs a checkpoint over the portal's ledger. A log may only grow. → [`Response::Checkpoint`]
    Checkpoint {
        /// Number of entries.
        size: u64,
        /// Merkle root, hexadecimal.
        root: String,
    },
}

/// What a person is asked to activate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// A doctor signs documents (at most 500, all of one signer).
    SignDocuments {
        /// The documents, in the order shown.
        documents: Vec<DocumentContent>,
    },
    /// An RA officer approves a certificate request; the certificate is issued.
    IssueCertificate {
        /// Everything the certificate will say and rest on.
        request: Box<CertificateRequest>,
    },
    /// An officer appoints an officer of a unit below.
    AppointOfficer {
        /// The appointment.
        appointment: Appointment,
    },
    /// An RA officer or the doctor revokes a certificate.
    RevokeCertificate {
        /// The revocation.
        revocation: Revocation,
    },
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
    /// `physician`; others come later.
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

/// One item of identity evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceReference {
    /// What was seen or asked, e.g. `document_seen`, `licence_check`.
    pub kind: String,
    /// SHA-256 of the evidence record, hexadecimal.
    pub sha256: String,
    /// Person id of the officer who recorded it; none for a system's own check.
    pub recorded_by: Option<String>,
    /// When it was recorded (RFC 3339).
    pub recorded_at: String,
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

/// The end of a certificate.
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

/// One answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Response {
    /// Up.
    Health {
        /// `true` only for a demo installation.
        demo: bool,
    },
    /// The unit tree, parents before children.
    Units {
        /// The units.
        units: Vec<UnitNode>,
    },
    /// A page waits for a person.
    Ticket {
        /// The ticket: 26 characters, random, good for five minutes.
        ticket: String,
        /// The page at the signer's origin, absolute.
        url: String,
    },
    /// What came of a ticket.
    Outcome {
        /// The outcome.
        outcome: Outcome,
    },
    /// A file.
    File {
        /// The bytes, hexadecimal.
        bytes: String,
        /// Their SHA-256, hexadecimal.
        sha256: String,
    },
    /// The journal's word on a document; none if the journal does not know it.
    Document {
        /// The record.
        document: Option<Box<DocumentRecord>>,
    },
    /// Certificates.
    Certificates {
        /// Newest first.
        certificates: Vec<CertificateRecord>,
    },
    /// Appointments in force.
    Appointments {
        /// The appointments.
        appointments: Vec<AppointmentRecord>,
    },
    /// DER.
    Der {
        /// The bytes, hexadecimal.
        bytes: String,
    },
    /// Published keys.
    Keys {
        /// The keys.
        keys: Vec<PublishedKey>,
    },
    /// A data key.
    DataKey {
        /// 32 bytes, hexadecimal.
        key: String,
        /// The wrapped form, hexadecimal.
        wrapped: String,
    },
    /// A signed checkpoint.
    Checkpoint {
        /// The signed note (text).
        note: String,
    },
    /// Done.
    Done,
    /// Refused, with the reason.
    Refused {
        /// The reason.
        refusal: Refusal,
    },
}

/// A unit of the RA tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitNode {
    /// Code (`moph`, a province code, or a five-digit hcode).
    pub code: String,
    /// Code of the unit above; none at the top.
    pub parent: Option<String>,
    /// `ministry`, `province` or `hospital`.
    pub kind: String,
    /// Name in Thai.
    pub name_th: String,
    /// Name in English.
    pub name_en: String,
    /// Postal address in Thai.
    pub address_th: String,
}

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
    /// Documents were signed.
    DocumentsSigned {
        /// One record per document, in order.
        documents: Vec<DocumentRecord>,
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
    /// A certificate was revoked.
    CertificateRevoked {
        /// The certificate as it stands now.
        certificate: CertificateRecord,
        /// Person id of who revoked it.
        revoked_by: String,
    },
    /// Refused after activation.
    Refused {
        /// Why.
        refusal: Refusal,
    },
}

/// A certificate as the journal has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A document as the journal has it: no more than a stranger with the QR may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentRecord {
    /// UUID of the document.
    pub document_id: String,
    /// `recorded` (being signed) or `signed`.
    pub state: String,
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
    /// SHA-256 of the signed file, hexadecimal, if it was signed.
    pub file_sha256: Option<String>,
    /// The signer's certificate and its status now.
    pub certificate: CertificateRecord,
}

/// A published key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedKey {
    /// `seal` or `checkpoint`.
    pub purpose: String,
    /// Key id: first 8 bytes of SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub key_id: String,
    /// SubjectPublicKeyInfo DER, hexadecimal.
    pub spki: String,
}

/// Why the signer refused. The words for people are the pages' business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// The activation's challenge, origin or signature does not fit.
    #[error("the activation is not valid for this content: {detail}")]
    ActivationInvalid {
        /// Which check failed; no personal data.
        detail: String,
    },
    /// The ticket is over: five minutes have passed, or it was used.
    #[error("the ticket has expired or was used already")]
    TicketOver,
    /// The passkey is not bound to anybody, or not to the person who must act.
    #[error("this passkey may not activate this")]
    NotYourPasskey,
    /// The officer's appointment does not reach this unit or this act.
    #[error("the officer has no authority over this unit")]
    NoAuthority,
    /// Nobody approves themselves, nor on evidence they alone recorded.
    #[error("nobody approves their own request or evidence")]
    SelfApproval,
    /// The content breaks a rule of its form.
    #[error("the content is not acceptable: {detail}")]
    ContentInvalid {
        /// Field id and rule; never a value.
        detail: String,
    },
    /// The certificate that should be built breaks a rule.
    #[error("the certificate fails its lint: {detail}")]
    LintFailed {
        /// The rules broken.
        detail: String,
    },
    /// The certificate is revoked.
    #[error("the certificate is revoked")]
    CertificateRevoked,
    /// The certificate is not yet or no longer valid.
    #[error("the certificate is outside its validity")]
    CertificateExpired,
    /// The person has no certificate.
    #[error("there is no such certificate")]
    NoCertificate,
    /// The credential was never enrolled at the signer's origin, or is bound already.
    #[error("the credential is unknown or already bound")]
    CredentialUnknown,
    /// Another request with this id or number says something else.
    #[error("this id was used before with other content")]
    Conflict,
    /// Already in the state asked for.
    #[error("already done")]
    AlreadyDone,
    /// Nothing of that name.
    #[error("not found")]
    NotFound,
    /// The token cannot be reached now.
    #[error("the token cannot be reached")]
    TokenUnavailable,
    /// The journal cannot be reached now.
    #[error("the journal cannot be reached")]
    JournalUnavailable,
    /// The message is not of this protocol.
    #[error("malformed request: {detail}")]
    Malformed {
        /// What is wrong.
        detail: String,
    },
    /// A fault of ours; the log has more.
    #[error("internal error")]
    Internal,
}

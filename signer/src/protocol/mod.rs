//! What `serve` may ask of the signer, over a Unix socket: one JSON object per line, one
//! answer per request, version 1. OCSP and time-stamp requests travel beside them as octets
//! ([`Client::ocsp`](crate::client::Client::ocsp)). There is no other way in.
//!
//! A person's will never travels here. `serve` can only *propose* an operation; the answer
//! is a page at the signer's own origin where the person sees the content, drawn by the
//! signer, and puts a passkey to it. What came of it is asked for afterwards by ticket.

mod digests;
mod evidence;
mod issuance;
mod operation;
mod outcome;
mod refusal;
mod renewal;
mod revocation;
mod revocation_state;
mod standing;

#[cfg(feature = "service")]
pub(crate) use digests::is_line;
pub use digests::{DigestSigning, DigestSwitch, LabelledDigest, SignedDigest};
pub use evidence::{EvidenceOutcome, EvidenceReference};
pub use issuance::{ApiClientRequest, CertificateRenewal, Expiring};
pub use operation::{Appointment, CertificateRequest, ConsentReference, CredentialReference, Operation};
pub use outcome::{AppointmentRecord, CertificateRecord, DocumentRecord, Outcome, RevokedRecord, WaitingFor};
pub use refusal::{ActivationFault, Refusal};
pub use renewal::{RenewalDue, RenewalsDue};
pub use revocation::{
    BatchRevocation, Restoration, Revocation, RevocationPreview, RevocationSelection, SuspensionSource,
};
pub use revocation_state::{CrlState, RevocationState, RevocationStep};
pub use standing::{
    AppointmentEnding, ApprovalRecord, CredentialBinding, CredentialEnding, CredentialRecord, CredentialReplacement,
    CredentialSuspensionSource, CredentialsRecord, EvidenceRecord, ReplacementRecord, ReplacementStop,
};

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
    /// The finished file of a document, while the signer still keeps it. → [`Response::File`]
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
    /// Appends fresh proof and a document time-stamp to a file of ours, whose newest time-stamp
    /// will not prove it much longer. → [`Response::File`]
    RenewFile {
        /// UUID of the document.
        document_id: String,
        /// The file as it was handed out, hexadecimal.
        file: String,
    },
    /// Documents whose newest time-stamp proves them for some days only. → [`Response::RenewalsDue`]
    RenewalsDue {
        /// How many days ahead, at most 3660.
        within_days: u16,
        /// Where the page before ended.
        after: Option<String>,
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
    /// Doctors' and programs' certificates that end within some days. → [`Response::Expiring`]
    Expiring {
        /// How many days ahead, at most 366.
        within_days: u16,
        /// Where the page before ended.
        after: Option<String>,
    },
    /// May a unit's doctors sign digests that others made? → [`Response::DigestsAllowed`]
    DigestsAllowed {
        /// The unit's code.
        unit_code: String,
    },
    /// Did a person confirm something that is not done yet? → [`Response::Underway`]
    Underway {
        /// The portal's id of the person.
        person_id: String,
    },
    /// A person's appointments as the journal has them. → [`Response::Appointments`]
    Appointments {
        /// The portal's id of the person.
        person_id: String,
    },
    /// A person's signing passkeys, and what is asked for in their place. → [`Response::Credentials`]
    Credentials {
        /// The portal's id of the person.
        person_id: String,
    },
    /// Suspends a person's signing passkeys at once, without anybody's touch. → [`Response::Done`]
    SuspendCredential {
        /// The portal's id of the person.
        person_id: String,
        /// Which; all of them if none is named.
        credential_id: Option<String>,
        /// By whose word.
        source: CredentialSuspensionSource,
        /// SHA-256 of the portal's record of it, hexadecimal.
        evidence_sha256: String,
    },
    /// Ends a request to replace a person's passkeys, without anybody's touch: it changed, or was
    /// withdrawn. → [`Response::Done`]
    WithdrawReplacement {
        /// UUID of the request.
        request_id: String,
    },
    /// Requests to replace passkeys that an officer could approve or has to know of. → [`Response::Replacements`]
    Replacements {
        /// The portal's id of the officer.
        officer_id: String,
    },
    /// A dry run: which certificates a batch would revoke. → [`Response::RevocationPreview`]
    PreviewRevocation {
        /// Person id of the officer who asks; only what they may revoke is told.
        actor: String,
        /// Which certificates.
        selection: RevocationSelection,
    },
    /// Suspends a certificate at once, without anybody's passkey. → [`Response::Done`]
    Suspend {
        /// Serial number, lower-case hexadecimal.
        serial: String,
        /// By whose word.
        source: SuspensionSource,
        /// SHA-256 of the portal's record of the call or the look-up, hexadecimal.
        evidence_sha256: String,
    },
    /// The place of the newest revocation, for who keeps OCSP answers. → [`Response::RevocationSequence`]
    RevocationSequence,
    /// What became of a certificate, and where that can be seen. → [`Response::RevocationState`]
    RevocationState {
        /// Serial number, lower-case hexadecimal.
        serial: String,
    },
    /// The CRL published last: of a shard, of the time-stamping CA (`tsa`) or of the root (`root`). → [`Response::Crl`]
    Crl {
        /// Shard number as text, `tsa` or `root`.
        shard: String,
    },
    /// A CA certificate. → [`Response::Der`]
    CaCertificate {
        /// `root`, `issuing` (the newest), `issuing-<generation>`, `tsa-ca` or `tsa` (the time-stamping unit in use).
        name: String,
    },
    /// Public keys of the seal (QR tokens), checkpoint and binding keys. → [`Response::Keys`]
    PublishedKeys,
    /// A new data key for a document, in the clear and wrapped; so many a second, and none for an
    /// erased one. → [`Response::DataKey`]
    NewDataKey {
        /// UUID of the document: the associated data.
        document_id: String,
    },
    /// Opens a wrapped data key; so many a second, each on record. → [`Response::DataKey`]
    OpenDataKey {
        /// UUID of the document: the associated data.
        document_id: String,
        /// The wrapped key, hexadecimal.
        wrapped: String,
    },
    /// Erases a document for good: its data key is never opened again, nothing of the patient is
    /// kept. → [`Response::Done`]
    EraseDocument {
        /// UUID of the document.
        document_id: String,
        /// SHA-256 of the portal's record of who asked and why, hexadecimal.
        reason_sha256: String,
    },
    /// Signs a checkpoint over the portal's ledger. A log may only grow. → [`Response::Checkpoint`]
    Checkpoint {
        /// Number of entries.
        size: u64,
        /// Merkle root, hexadecimal.
        root: String,
    },
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
    /// Certificates that end soon.
    Expiring {
        /// The page.
        expiring: Expiring,
    },
    /// Documents to be renewed.
    RenewalsDue {
        /// The page.
        due: RenewalsDue,
    },
    /// What a batch would revoke.
    RevocationPreview {
        /// What was found.
        preview: RevocationPreview,
    },
    /// Whether a unit's doctors may sign digests.
    DigestsAllowed {
        /// `true` if an officer switched it on.
        allowed: bool,
    },
    /// Whether a person confirmed something that is not done yet.
    Underway {
        /// `true` if recovery will go on with it.
        underway: bool,
    },
    /// A person's signing passkeys.
    Credentials {
        /// The record.
        credentials: CredentialsRecord,
    },
    /// Requests to replace passkeys.
    Replacements {
        /// Oldest first.
        replacements: Vec<ReplacementRecord>,
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
    /// A CRL.
    Crl {
        /// Its DER, hexadecimal.
        bytes: String,
        /// `CRLNumber`.
        number: i64,
        /// thisUpdate (RFC 3339).
        this_update: String,
        /// nextUpdate (RFC 3339).
        next_update: String,
    },
    /// The newest revocation.
    RevocationSequence {
        /// Its place; an OCSP answer that rests on another one is over.
        sequence: i64,
        /// How old this word is, in milliseconds.
        age_ms: u64,
        /// Changes whenever a CRL is published.
        publication: i64,
    },
    /// What became of a certificate.
    RevocationState {
        /// The state.
        state: RevocationState,
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

/// A published key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedKey {
    /// `seal`, `checkpoint` or `binding`.
    pub purpose: String,
    /// Key id: first 8 bytes of SHA-256 of the SubjectPublicKeyInfo, hexadecimal.
    pub key_id: String,
    /// SubjectPublicKeyInfo DER, hexadecimal.
    pub spki: String,
}

//! The portal's questions to the signer, one method each, with the answer's own type.

use std::time::Duration;

use signer::client::{Client, ClientError, OcspAnswer};
use signer::protocol::{
    AppointmentRecord, CertificateRecord, DocumentRecord, Expiring, Operation, Outcome, PublishedKey, RenewalsDue,
    Request, Response, RevocationPreview, RevocationSelection, RevocationState, SuspensionSource, UnitNode,
};

use crate::error::Error;
use crate::field_cipher::KEY_LENGTH;
use crate::publications::{PublishedCrl, Word};

/// A page at the signer's origin that waits for a person.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// The ticket.
    pub ticket: String,
    /// The page, absolute.
    pub url: String,
}

/// A document's data key. Secret: not printed.
pub struct DataKey {
    /// The key in the clear.
    pub secret_key: [u8; KEY_LENGTH],
    /// The wrapped form, hexadecimal.
    pub wrapped: String,
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey([key elided])")
    }
}

/// The way to the trust core.
#[derive(Debug, Clone)]
pub struct SignerDesk {
    client: Client,
}

/// Asks and takes the one variant that answers the question.
macro_rules! ask {
    ($desk:expr, $request:expr, $answer:pat => $value:expr) => {
        match $desk.client.ask($request).await.map_err(Error::Signer)? {
            $answer => Ok($value),
            _ => Err(Error::Signer(ClientError::Garbled)),
        }
    };
}

impl SignerDesk {
    /// A desk that asks through `client`.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Is the signer up? Tells whether it is a demonstration's.
    ///
    /// # Errors
    /// [`Error::Signer`], as for every method here.
    pub async fn health(&self) -> Result<bool, Error> {
        ask!(self, Request::Health, Response::Health { demo } => demo)
    }

    /// The unit tree, parents before children.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn units(&self) -> Result<Vec<UnitNode>, Error> {
        ask!(self, Request::Units, Response::Units { units } => units)
    }

    /// Opens a page where a person enrols a signing passkey.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn enrol_credential(
        &self,
        person_id: &str,
        display_name: &str,
        return_path: &str,
    ) -> Result<Ticket, Error> {
        let request = Request::EnrolCredential {
            person_id: person_id.to_owned(),
            display_name: display_name.to_owned(),
            return_path: return_path.to_owned(),
        };
        ask!(self, request, Response::Ticket { ticket, url } => Ticket { ticket, url })
    }

    /// Proposes an operation that `actor` is to activate.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn propose(&self, actor: &str, operation: Operation, return_path: &str) -> Result<Ticket, Error> {
        let request = Request::Propose { actor: actor.to_owned(), operation, return_path: return_path.to_owned() };
        ask!(self, request, Response::Ticket { ticket, url } => Ticket { ticket, url })
    }

    /// What came of a ticket.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn outcome(&self, ticket: &str) -> Result<Outcome, Error> {
        ask!(self, Request::Outcome { ticket: ticket.to_owned() }, Response::Outcome { outcome } => outcome)
    }

    /// A signed file and its SHA-256 as the signer gives it.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn signed_file(&self, document_id: &str) -> Result<(Vec<u8>, String), Error> {
        let request = Request::SignedFile { document_id: document_id.to_owned() };
        let (bytes, sha256) = ask!(self, request, Response::File { bytes, sha256 } => (bytes, sha256))?;
        Ok((unhex(&bytes)?, sha256))
    }

    /// Lets the signer forget its copy of a file.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn forget_file(&self, document_id: &str) -> Result<(), Error> {
        ask!(self, Request::ForgetFile { document_id: document_id.to_owned() }, Response::Done => ())
    }

    /// A page of the documents whose proof ends within some days, after the page that ended at `after`.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn renewals_due(&self, within_days: u16, after: Option<String>) -> Result<RenewalsDue, Error> {
        ask!(self, Request::RenewalsDue { within_days, after }, Response::RenewalsDue { due } => due)
    }

    /// Has fresh proof appended to a file that was handed out before; the renewed file and its SHA-256.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn renew_file(&self, document_id: &str, file: &[u8]) -> Result<(Vec<u8>, String), Error> {
        let request = Request::RenewFile { document_id: document_id.to_owned(), file: hex::encode(file) };
        let (bytes, sha256) = ask!(self, request, Response::File { bytes, sha256 } => (bytes, sha256))?;
        Ok((unhex(&bytes)?, sha256))
    }

    /// What the journal knows of a verification code.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn document_by_code(&self, code: &str) -> Result<Option<DocumentRecord>, Error> {
        let request = Request::DocumentByCode { code: code.to_owned() };
        ask!(self, request, Response::Document { document } => document.map(|document| *document))
    }

    /// What the journal knows of a file's digest.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn document_by_file(&self, sha256: &str) -> Result<Option<DocumentRecord>, Error> {
        let request = Request::DocumentByFile { sha256: sha256.to_owned() };
        ask!(self, request, Response::Document { document } => document.map(|document| *document))
    }

    /// A person's certificates, newest first.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn certificates(&self, person_id: &str) -> Result<Vec<CertificateRecord>, Error> {
        let request = Request::Certificates { person_id: person_id.to_owned() };
        ask!(self, request, Response::Certificates { certificates } => certificates)
    }

    /// Suspends a certificate at once.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn suspend(&self, serial: &str, source: SuspensionSource, evidence_sha256: &str) -> Result<(), Error> {
        let request =
            Request::Suspend { serial: serial.to_owned(), source, evidence_sha256: evidence_sha256.to_owned() };
        ask!(self, request, Response::Done => ())
    }

    /// A dry run of a batch that `actor` may revoke.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn preview_revocation(
        &self,
        actor: &str,
        selection: RevocationSelection,
    ) -> Result<RevocationPreview, Error> {
        let request = Request::PreviewRevocation { actor: actor.to_owned(), selection };
        ask!(self, request, Response::RevocationPreview { preview } => preview)
    }

    /// A page of certificates that end within some days, after the page that ended at `after`.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn expiring(&self, within_days: u16, after: Option<String>) -> Result<Expiring, Error> {
        ask!(self, Request::Expiring { within_days, after }, Response::Expiring { expiring } => expiring)
    }

    /// A person's appointments in force.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn appointments(&self, person_id: &str) -> Result<Vec<AppointmentRecord>, Error> {
        let request = Request::Appointments { person_id: person_id.to_owned() };
        ask!(self, request, Response::Appointments { appointments } => appointments)
    }

    /// Whether a unit's doctors may sign digests that others made.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn digests_allowed(&self, unit_code: &str) -> Result<bool, Error> {
        let request = Request::DigestsAllowed { unit_code: unit_code.to_owned() };
        ask!(self, request, Response::DigestsAllowed { allowed } => allowed)
    }

    /// Whether a person confirmed something that is not done yet.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn is_underway(&self, person_id: &str) -> Result<bool, Error> {
        let request = Request::Underway { person_id: person_id.to_owned() };
        ask!(self, request, Response::Underway { underway } => underway)
    }

    /// Answers an OCSP request (RFC 6960).
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn ocsp(&self, request: &[u8]) -> Result<OcspAnswer, Error> {
        self.client.ocsp(request).await.map_err(Error::Signer)
    }

    /// Answers a time-stamp request (RFC 3161); DER of the `TimeStampResp`.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn time_stamp(&self, request: &[u8]) -> Result<Vec<u8>, Error> {
        self.client.time_stamp(request).await.map_err(Error::Signer)
    }

    /// The place of the newest revocation.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub(crate) async fn revocation_sequence(&self) -> Result<Word, Error> {
        ask!(self, Request::RevocationSequence, Response::RevocationSequence { sequence, age_ms, publication } =>
            Word { sequence, publication, age: Duration::from_millis(age_ms) })
    }

    /// What became of a certificate, and where that can be seen.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn revocation_state(&self, serial: &str) -> Result<RevocationState, Error> {
        let request = Request::RevocationState { serial: serial.to_owned() };
        ask!(self, request, Response::RevocationState { state } => state)
    }

    /// The CRL published last: of a shard, of the time-stamping CA (`tsa`) or of the root.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn crl(&self, list: &str) -> Result<PublishedCrl, Error> {
        let answer = self.client.ask(Request::Crl { shard: list.to_owned() }).await.map_err(Error::Signer)?;
        PublishedCrl::from_answer(answer).ok_or(Error::Signer(ClientError::Garbled))
    }

    /// A CA certificate.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn ca_certificate(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.der(Request::CaCertificate { name: name.to_owned() }).await
    }

    /// The published keys.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn published_keys(&self) -> Result<Vec<PublishedKey>, Error> {
        ask!(self, Request::PublishedKeys, Response::Keys { keys } => keys)
    }

    /// A new data key for a document.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn new_data_key(&self, document_id: &str) -> Result<DataKey, Error> {
        self.data_key(Request::NewDataKey { document_id: document_id.to_owned() }).await
    }

    /// Opens a document's data key.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn open_data_key(&self, document_id: &str, wrapped: &str) -> Result<DataKey, Error> {
        let request = Request::OpenDataKey { document_id: document_id.to_owned(), wrapped: wrapped.to_owned() };
        self.data_key(request).await
    }

    /// Has a document erased for good.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn erase_document(&self, document_id: &str, reason_sha256: &str) -> Result<(), Error> {
        let request =
            Request::EraseDocument { document_id: document_id.to_owned(), reason_sha256: reason_sha256.to_owned() };
        ask!(self, request, Response::Done => ())
    }

    /// Has a checkpoint over the portal's ledger signed.
    ///
    /// # Errors
    /// [`Error::Signer`].
    pub async fn checkpoint(&self, size: u64, root: &[u8]) -> Result<String, Error> {
        let request = Request::Checkpoint { size, root: hex::encode(root) };
        ask!(self, request, Response::Checkpoint { note } => note)
    }

    async fn der(&self, request: Request) -> Result<Vec<u8>, Error> {
        let bytes = ask!(self, request, Response::Der { bytes } => bytes)?;
        unhex(&bytes)
    }

    async fn data_key(&self, request: Request) -> Result<DataKey, Error> {
        let (key, wrapped) = ask!(self, request, Response::DataKey { key, wrapped } => (key, wrapped))?;
        let mut secret_key = [0u8; KEY_LENGTH];
        hex::decode_to_slice(&key, &mut secret_key).map_err(|_| Error::Signer(ClientError::Garbled))?;
        Ok(DataKey { secret_key, wrapped })
    }
}

fn unhex(text: &str) -> Result<Vec<u8>, Error> {
    hex::decode(text).map_err(|_| Error::Signer(ClientError::Garbled))
}

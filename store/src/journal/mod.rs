//! The signer's database: the truth of the PKI. One file per aggregate, its methods on [`Tx`].
//!
//! Records are plain: text, Unix microseconds, bytes; the signer maps them to its types. What
//! is recorded once is answered by [`Recorded`]: a repeat with the same content returns the
//! stored row, one with other content is [`Error::Conflict`].

mod activation;
mod appointment;
mod binding;
mod blocked_key;
mod certificate;
mod credential;
mod crl;
mod digest;
mod doctor_key;
mod document;
mod document_version;
mod erased_document;
mod evidence_record;
mod issued;
mod licence;
mod passkey_lock;
mod recorded;
mod replacement;
mod revocation;
mod selection;
mod setting;
mod signing_key;
mod ticket;
mod unit;

pub use activation::Activation;
pub use appointment::{Appointment, AppointmentEnd};
pub use binding::Binding;
pub use certificate::{Certificate, NewCertificate};
pub use credential::Credential;
pub use crl::Crl;
#[cfg(feature = "testing")]
pub use crl::PastCrl;
pub use digest::{DigestPermission, DigestSignature, NewDigestSignature};
pub use doctor_key::DoctorKey;
pub use document::{Document, FinishedFile, NewDocument};
pub use document_version::DocumentVersion;
pub use erased_document::ErasedDocument;
pub use evidence_record::EvidenceRecord;
pub use issued::IssuedCertificate;
pub use passkey_lock::{FailedAssertion, PasskeyLock};
pub use recorded::Recorded;
pub use replacement::{CredentialReplacement, OperatorsApproval, ReplacementApproval};
pub use revocation::{NewRevocationEvent, RevocationEvent, RevocationKind, RevocationSource, UnknownName};
pub use selection::Selection;
pub use signing_key::SigningKey;
pub use ticket::{NewTicket, Ticket};
pub use unit::Unit;

use std::ops::{Deref, DerefMut};

use crate::database::{Database, Role};
use crate::error::Error;
use crate::transaction::Transaction;

/// The signer's database: the truth of the PKI.
#[derive(Debug, Clone)]
pub struct Journal(Database);

#[cfg(feature = "testing")]
impl From<Database> for Journal {
    fn from(database: Database) -> Self {
        Self(database)
    }
}

impl Journal {
    /// Connects and brings the schema up to date; see [`Database::connect`].
    ///
    /// # Errors
    /// As [`Database::connect`].
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Ok(Self(Database::connect(url, Role::Journal).await?))
    }

    /// Opens a transaction that only reads.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(Tx(self.0.begin().await?))
    }

    /// Asks without a transaction: for a question, or for several that need not agree.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ask(&self) -> Result<Questions, Error> {
        Ok(Questions(Tx(self.0.ask().await?)))
    }

    /// Opens a transaction that will write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin_write(&self) -> Result<Tx, Error> {
        Ok(Tx(self.0.begin_write().await?))
    }

    /// Opens one that will write and may share its commit: see [`Database::begin_sharing`].
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin_sharing(&self) -> Result<Tx, Error> {
        Ok(Tx(self.0.begin_sharing().await?))
    }

    /// The database, for health checks and tests.
    pub fn database(&self) -> &Database {
        &self.0
    }
}

/// A transaction on the signer's database. The ledger's methods are those of [`Transaction`].
#[derive(Debug)]
pub struct Tx(Transaction);

impl Tx {
    /// Makes the changes durable and visible.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn commit(self) -> Result<(), Error> {
        self.0.commit().await
    }

    /// Drops the changes now: what a dry run does, and one that shares its commit and finds nothing to write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollback(self) -> Result<(), Error> {
        self.0.rollback().await
    }
}

/// Questions to the signer's database, each of which sees what is committed when it is asked. To read only.
#[derive(Debug)]
pub struct Questions(Tx);

impl Deref for Questions {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.0
    }
}

impl DerefMut for Questions {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.0
    }
}

impl Deref for Tx {
    type Target = Transaction;

    fn deref(&self) -> &Transaction {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Transaction {
        &mut self.0
    }
}

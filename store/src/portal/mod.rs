//! The public service's database.

pub mod api_client;
pub mod api_notice;
pub mod api_submission;
pub mod api_token;
pub mod authorization;
pub mod doctor_request;
pub mod document;
pub mod erasure;
pub mod evidence;
pub mod expiry_notice;
pub mod invitation;
pub mod licence_check;
pub mod passkey;
pub mod person;
pub mod proposal;
pub mod session;
pub mod signing_batch;
pub mod suspension;

use std::ops::{Deref, DerefMut};

use crate::database::{Database, Role};
use crate::error::Error;
use crate::transaction::Transaction;

/// The public service's database.
#[derive(Debug, Clone)]
pub struct Portal(Database);

#[cfg(feature = "testing")]
impl From<Database> for Portal {
    fn from(database: Database) -> Self {
        Self(database)
    }
}

impl Portal {
    /// Connects and brings the schema up to date; see [`Database::connect`].
    ///
    /// # Errors
    /// As [`Database::connect`].
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Ok(Self(Database::connect(url, Role::Portal).await?))
    }

    /// Opens a transaction that only reads.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(Tx(self.0.begin().await?))
    }

    /// Opens a transaction that will write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin_write(&self) -> Result<Tx, Error> {
        Ok(Tx(self.0.begin_write().await?))
    }

    /// The database, for health checks and tests.
    pub fn database(&self) -> &Database {
        &self.0
    }
}

/// A transaction on the portal's database. The ledger's methods are those of [`Transaction`].
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

/// Exactly one row was written, or there is a conflict.
fn one(affected: u64, table: &'static str) -> Result<(), Error> {
    if affected == 1 { Ok(()) } else { Err(Error::Conflict { table }) }
}

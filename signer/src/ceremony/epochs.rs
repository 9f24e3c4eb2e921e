//! Wrapping epochs: doctors' keys made from now on go under the newest; an epoch's key is
//! destroyed once the last certificate under it has ended.

use hsm::{Purpose, Token};
use store::Journal;
use store::ids::{instant, micros};
use store::journal::Tx;
use time::OffsetDateTime;

use super::{Backups, CeremonyError};
use crate::core::rfc3339;
use crate::edge::{Clock, Randomness};
use crate::evidence;

/// The epoch of the ceremony.
pub(crate) const FIRST: u32 = 1;

/// An epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Its number, from 1 on.
    pub number: u32,
    /// Since when.
    pub since: String,
    /// When the last certificate under it ends; none if no doctor has a key of it.
    pub last_end: Option<OffsetDateTime>,
    /// When its key was destroyed.
    pub ended: Option<String>,
    /// Whether new doctors' keys go under it.
    pub current: bool,
}

/// Where epochs begin and end.
#[derive(Debug, Clone)]
pub struct Epochs {
    /// The journal.
    pub journal: Journal,
    /// The online token.
    pub token: Token,
    /// The clock.
    pub clock: Clock,
    /// The randomness.
    pub randomness: Randomness,
}

fn begun(number: u32) -> String {
    format!("epoch/{number}")
}

fn ended(number: u32) -> String {
    format!("epoch/{number}/ended")
}

/// The epoch that new doctors' keys go under.
pub(crate) async fn current(tx: &mut Tx) -> Result<u32, store::Error> {
    let mut newest = FIRST;
    while let Some(next) = newest.checked_add(1)
        && tx.setting(&begun(next)).await?.is_some()
    {
        newest = next;
    }
    Ok(newest)
}

/// Notes the first epoch, at the ceremony.
pub(super) async fn note_first(tx: &mut Tx, now: OffsetDateTime) -> Result<(), store::Error> {
    match tx.setting(&begun(FIRST)).await? {
        Some(_) => Ok(()),
        None => tx.set_once(&begun(FIRST), &rfc3339(now)).await,
    }
}

impl Epochs {
    /// Every epoch, oldest first.
    ///
    /// # Errors
    /// [`CeremonyError::Journal`]
    pub async fn list(&self) -> Result<Vec<Epoch>, CeremonyError> {
        let mut tx = self.journal.begin().await?;
        let current = current(&mut tx).await?;
        let mut epochs = Vec::new();
        for number in FIRST..=current {
            // The first epoch of an installation older than the record of epochs has none.
            let since = tx.setting(&begun(number)).await?.unwrap_or_default();
            let last_end = tx.last_end_of_epoch(i64::from(number)).await?.map(instant);
            let ended = tx.setting(&ended(number)).await?;
            epochs.push(Epoch { number, since, last_end, ended, current: number == current });
        }
        Ok(epochs)
    }

    /// Begins epoch `number`, the one after the newest; one that has begun is left as it is. A
    /// signer that runs uses it from the next certificate on.
    ///
    /// # Errors
    /// [`CeremonyError::EpochNumber`] for any other number; the token, the journal.
    pub async fn begin(&self, number: u32, backups: Option<&Backups>) -> Result<(), CeremonyError> {
        let mut tx = self.journal.begin().await?;
        let current = current(&mut tx).await?;
        drop(tx);
        if number == current {
            return Ok(());
        }
        if Some(number) != current.checked_add(1) {
            return Err(CeremonyError::EpochNumber(current));
        }
        let purpose = Purpose::DoctorWrap(number);
        match backups {
            Some(backups) => backups.generate(&self.token, purpose)?,
            None if self.token.exists(purpose)? => {}
            None => self.token.generate(purpose)?,
        }
        let mut tx = self.journal.begin_write().await?;
        tx.set_once(&begun(number), &rfc3339(self.clock.now())).await?;
        let backed_up = serde_json::json!({ "backup": backups.is_some() });
        self.log(&mut tx, "epoch.begun", number, &backed_up).await?;
        Ok(tx.commit().await?)
    }

    /// Ends an epoch: recorded first, then its key is destroyed. Its backup, and every copy of the
    /// token that still has the key, must be destroyed too.
    ///
    /// # Errors
    /// [`CeremonyError::EpochInUse`] while new keys go under it or a certificate under it has not
    /// ended; the token, the journal.
    pub async fn end(&self, number: u32) -> Result<(), CeremonyError> {
        let now = self.clock.now();
        let epochs = self.list().await?;
        let epoch = epochs.into_iter().find(|epoch| epoch.number == number);
        let epoch = epoch.ok_or(CeremonyError::EpochNumber(number))?;
        if epoch.current || epoch.last_end.is_some_and(|end| end >= now) {
            return Err(CeremonyError::EpochInUse(number));
        }
        if epoch.ended.is_none() {
            let mut tx = self.journal.begin_write().await?;
            // Looked at again in the transaction that decides.
            if tx.last_end_of_epoch(i64::from(number)).await?.is_some_and(|end| end >= micros(now)) {
                return Err(CeremonyError::EpochInUse(number));
            }
            tx.set_once(&ended(number), &rfc3339(now)).await?;
            self.log(&mut tx, "epoch.ended", number, &serde_json::json!({})).await?;
            tx.commit().await?;
        }
        match self.token.destroy_wrapping_key(number) {
            Ok(()) | Err(hsm::Error::KeyAbsent(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let mut tx = self.journal.begin_write().await?;
        self.log(&mut tx, "epoch.key_destroyed", number, &serde_json::json!({})).await?;
        Ok(tx.commit().await?)
    }

    async fn log(&self, tx: &mut Tx, kind: &str, number: u32, details: &serde_json::Value) -> Result<(), store::Error> {
        evidence::append(tx, &self.clock, &self.randomness, kind, &begun(number), details).await
    }
}

//! Which certificates were issued: the journal's word, kept for those asked about lately.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ca::{IssuerName, Serial};
use store::Journal;
use store::journal::Tx;
use tokio::sync::Semaphore;

use crate::core::journal_refusal;
use crate::protocol::Refusal;

/// How many are kept at most; about 16 MB.
const KEPT: usize = 200_000;

/// Requests that ask the journal at once.
const MISSES: usize = 8;

/// How long one waits for that.
const PATIENCE: Duration = Duration::from_millis(500);

/// A certificate that was issued. Nothing of this ever changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Issued {
    /// Whose it is.
    pub(crate) issuer: IssuerName,
    /// SHA-256 of its DER.
    pub(crate) sha256: [u8; 32],
}

/// Those asked about lately, in two halves: when the young half is full the old one goes, and
/// what was asked for again in the meantime is in the young one.
#[derive(Debug)]
pub(crate) struct IssuedCertificates {
    halves: Mutex<Halves>,
    half: usize,
    /// Room at the journal for those that are not remembered: serial numbers cost nothing to make up.
    misses: Semaphore,
}

#[derive(Debug, Default)]
struct Halves {
    young: HashMap<Serial, Issued>,
    old: HashMap<Serial, Issued>,
}

impl IssuedCertificates {
    /// An empty memory.
    pub(crate) fn new() -> Self {
        Self { halves: Mutex::default(), half: KEPT / 2, misses: Semaphore::new(MISSES) }
    }

    /// The certificates of these serial numbers; none for one that was never issued, or is recorded
    /// only. What is not remembered is asked of the journal in one transaction.
    ///
    /// # Errors
    /// [`Refusal::JournalUnavailable`], also when too many others ask it.
    pub(crate) async fn find(
        &self,
        journal: &Journal,
        serials: Vec<Option<Serial>>,
    ) -> Result<Vec<Option<(Serial, Issued)>>, Refusal> {
        let mut found: Vec<_> =
            serials.iter().map(|serial| serial.and_then(|one| Some((one, self.recall(one)?)))).collect();
        if serials.iter().zip(&found).all(|(serial, found)| serial.is_none() || found.is_some()) {
            return Ok(found);
        }
        let room = tokio::time::timeout(PATIENCE, self.misses.acquire()).await;
        let _room = room.ok().and_then(Result::ok).ok_or(Refusal::JournalUnavailable)?;
        let mut tx = journal.begin().await.map_err(|error| journal_refusal(&error))?;
        for (serial, found) in serials.into_iter().zip(&mut found) {
            if let (Some(serial), None) = (serial, &found) {
                *found = self.look_up(&mut tx, serial).await?.map(|issued| (serial, issued));
            }
        }
        Ok(found)
    }

    async fn look_up(&self, tx: &mut Tx, serial: Serial) -> Result<Option<Issued>, Refusal> {
        let row = tx.issued_certificate(&serial.to_string()).await.map_err(|error| journal_refusal(&error))?;
        let Some(row) = row else { return Ok(None) };
        let mut sha256 = [0; 32];
        let read = hex::decode_to_slice(&row.sha256, &mut sha256).is_ok();
        let issuer = row.issuer.parse().ok().filter(|_| read).ok_or_else(|| {
            tracing::error!(certificate.serial = %serial, "a certificate in the journal cannot be read");
            Refusal::Internal
        })?;
        let issued = Issued { issuer, sha256 };
        self.remember(serial, issued);
        Ok(Some(issued))
    }

    fn recall(&self, serial: Serial) -> Option<Issued> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(issued) = halves.young.get(&serial) {
            return Some(*issued);
        }
        let issued = *halves.old.get(&serial)?;
        self.put(&mut halves, serial, issued);
        Some(issued)
    }

    fn remember(&self, serial: Serial, issued: Issued) {
        self.put(&mut self.halves.lock().unwrap_or_else(PoisonError::into_inner), serial, issued);
    }

    fn put(&self, halves: &mut Halves, serial: Serial, issued: Issued) {
        if halves.young.len() >= self.half {
            halves.old = std::mem::take(&mut halves.young);
        }
        halves.young.insert(serial, issued);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_again_stays_and_the_whole_stays_small() {
        let memory = IssuedCertificates { halves: Mutex::default(), half: 4, misses: Semaphore::new(1) };
        let serial = |number: u8| -> Serial { hex::encode([number; ca::SERIAL_LENGTH]).parse().unwrap() };
        let issued = Issued { issuer: IssuerName::TsaCa, sha256: [7; 32] };
        for number in 1..=100 {
            memory.remember(serial(number), issued);
            assert_eq!(memory.recall(serial(1)), Some(issued), "after {number}");
            let halves = memory.halves.lock().unwrap();
            assert!(halves.young.len() + halves.old.len() <= 8);
        }
        assert_eq!(memory.recall(serial(50)), None);
    }
}

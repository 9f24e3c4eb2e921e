//! How doctors sign, and with which certificates: neither changes while a certificate lives.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use pades::cms::SigningChain;

use super::draw::chain_of;
use crate::core::{Core, journal_refusal};
use crate::protocol::Refusal;
use crate::signature_profile::{DoctorSignature, key_named};

/// Doctors remembered at most; then all are forgotten.
const MOST: usize = 4096;

/// Doctors who signed lately, by the serial number of their certificate.
#[derive(Debug, Default)]
pub(crate) struct Signers(Mutex<HashMap<String, (DoctorSignature, SigningChain)>>);

impl Core {
    /// How the holder of that certificate signs. Whether they may is asked elsewhere, each time.
    ///
    /// # Errors
    /// [`Refusal::NoCertificate`]; the journal.
    pub(super) async fn signer(&self, serial: &str) -> Result<(DoctorSignature, SigningChain), Refusal> {
        if let Some(known) = self.signers.0.lock().unwrap_or_else(PoisonError::into_inner).get(serial) {
            return Ok(known.clone());
        }
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let key = tx.doctor_key_of_certificate(serial).await.map_err(|error| journal_refusal(&error))?;
        let key = key_named(&key.ok_or(Refusal::NoCertificate)?.algorithm).map_err(|_| Refusal::Internal)?;
        let signature = self.configuration.doctor_signature.or_what_fits(key);
        let found = (signature, chain_of(self, &mut tx, serial, signature).await?);
        let mut known = self.signers.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(serial.to_owned(), found.clone());
        Ok(found)
    }
}

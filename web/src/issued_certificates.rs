//! Whether a certificate was issued at all. A CRL names what was revoked, so it is silent about a certificate that
//! somebody had the CA's key sign behind the journal: only the journal tells.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use pades::verify::{CertificateStatus, KnownStatus};
use signer::client::{Client, ClientError};
use signer::protocol::{Refusal, Request, Response};
use tokio::runtime::Handle;

/// The signer's record of the certificates below the root, for one judgement.
#[derive(Debug)]
pub struct IssuedCertificates {
    signer: Client,
    root: Vec<u8>,
    runtime: Handle,
    /// What was answered, by SHA-256 of the certificate: a file may carry the same one a hundred times.
    answered: Mutex<HashMap<String, KnownStatus>>,
}

impl IssuedCertificates {
    /// The record of the signer behind `signer`, whose root is `root` (DER). To be made within a Tokio runtime of
    /// several threads, which then carries the questions.
    ///
    /// # Panics
    /// Outside a runtime.
    #[must_use]
    pub fn new(signer: Client, root: Vec<u8>) -> Self {
        Self { signer, root, runtime: Handle::current(), answered: Mutex::default() }
    }

    fn ask(&self, serial: &[u8], sha256: &str) -> KnownStatus {
        let significant = serial.strip_prefix(&[0]).unwrap_or(serial);
        let asked = Request::RevocationState { serial: hex::encode(significant) };
        match tokio::task::block_in_place(|| self.runtime.block_on(self.signer.ask(asked))) {
            // What became of it since the lists say.
            Ok(Response::RevocationState { state }) if state.sha256 == sha256 => KnownStatus::Unknown,
            // Another was issued under this serial number.
            Ok(Response::RevocationState { .. }) | Err(ClientError::Refused(Refusal::NotFound)) => {
                KnownStatus::NotIssued
            }
            Ok(_) | Err(_) => KnownStatus::NoAnswer,
        }
    }
}

impl CertificateStatus for IssuedCertificates {
    fn status(&self, issuer: &[u8], serial: &[u8], certificate: &[u8]) -> KnownStatus {
        // The CAs themselves come from the ceremony.
        if issuer == self.root {
            return KnownStatus::Unknown;
        }
        let sha256 = hex::encode(digest(&SHA256, certificate));
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        // A signer that is silent is waited for once.
        if answered.values().any(|status| *status == KnownStatus::NoAnswer) {
            return KnownStatus::NoAnswer;
        }
        if let Some(status) = answered.get(&sha256) {
            return *status;
        }
        let status = self.ask(serial, &sha256);
        answered.insert(sha256, status);
        status
    }
}

//! Whether a certificate was issued at all. A CRL names what was revoked, so it is silent about a certificate that
//! somebody had the CA's key sign behind the journal: only the journal tells.

use pades::verify::{CertificateStatus, KnownStatus};
use signer::client::{Client, ClientError};
use signer::protocol::{Refusal, Request};
use tokio::runtime::Handle;

/// The signer's record of the certificates below the root.
#[derive(Debug)]
pub struct IssuedCertificates {
    signer: Client,
    root: Vec<u8>,
    runtime: Handle,
}

impl IssuedCertificates {
    /// The record of the signer behind `signer`, whose root is `root` (DER). To be made within a Tokio runtime of
    /// several threads, which then carries the questions.
    ///
    /// # Panics
    /// Outside a runtime.
    #[must_use]
    pub fn new(signer: Client, root: Vec<u8>) -> Self {
        Self { signer, root, runtime: Handle::current() }
    }
}

impl CertificateStatus for IssuedCertificates {
    fn status(&self, issuer: &[u8], serial: &[u8]) -> KnownStatus {
        // The CAs themselves come from the ceremony.
        if issuer == self.root {
            return KnownStatus::Unknown;
        }
        let significant = serial.strip_prefix(&[0]).unwrap_or(serial);
        let asked = Request::RevocationState { serial: hex::encode(significant) };
        match tokio::task::block_in_place(|| self.runtime.block_on(self.signer.ask(asked))) {
            // The lists say the rest.
            Ok(_) => KnownStatus::Unknown,
            Err(ClientError::Refused(Refusal::NotFound)) => KnownStatus::NotIssued,
            Err(_) => KnownStatus::NoAnswer,
        }
    }
}

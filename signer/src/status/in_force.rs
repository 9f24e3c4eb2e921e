//! Whether a CA may be used: what the root revoked signs nothing more.

use ca::Serial;
use ca::ocsp::Status;
use store::journal::Tx;

use crate::authorities::Authority;
use crate::core::{Core, journal_refusal};
use crate::protocol::Refusal;

impl Core {
    /// That a CA's own certificate is not revoked, by the journal's word or by a CRL that the root signed.
    ///
    /// # Errors
    /// [`Refusal::Terminated`] if it is.
    pub(crate) async fn in_force(&self, tx: &mut Tx, authority: &Authority) -> Result<(), Refusal> {
        let event = tx.revocation(authority.serial()).await.map_err(|error| journal_refusal(&error))?;
        self.stands(event.is_none(), authority)
    }

    /// The same with what the journal says of it.
    pub(crate) fn stands(&self, stands_on_record: bool, authority: &Authority) -> Result<(), Refusal> {
        if stands_on_record && !self.is_revoked(authority.serial().parse().ok()) {
            return Ok(());
        }
        tracing::error!(issuer = authority.name(), "the root revoked this CA, which signs no certificate any more");
        Err(Refusal::Terminated)
    }

    /// Whether the index knows this certificate as suspended; it may be a second old.
    pub(crate) fn is_on_hold(&self, serial: Option<Serial>) -> bool {
        let hold = |status| matches!(status, Status::Revoked { reason: ca::RevocationReason::CertificateHold, .. });
        serial.is_some_and(|serial| hold(self.status.index.state().status(serial)))
    }

    /// Whether the index knows this certificate as revoked; it may be a second old.
    pub(crate) fn is_revoked(&self, serial: Option<Serial>) -> bool {
        serial.is_some_and(|serial| self.status.index.state().status(serial) != Status::Good)
    }
}

/// The serial number of a certificate of ours.
pub(crate) fn serial_of(der: &[u8]) -> Option<Serial> {
    ca::parse(der).ok()?.serial.parse().ok()
}

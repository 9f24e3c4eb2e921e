//! The certificates the signer makes for its own services, an OCSP responder's and a
//! time-stamping unit's: recorded and committed, then signed, then stored.
//!
//! What a crash leaves recorded and not signed stays so: it was never issued, and OCSP says so.

use ca::profile::Kind;
use ca::{Prepared, PublicKey, Validity};
use sha2::{Digest, Sha256};
use store::ids::micros;
use store::journal::NewCertificate;
use time::OffsetDateTime;

use crate::authorities::Authority;
use crate::core::{Core, journal_refusal};
use crate::protocol::Refusal;

/// For how long one signer keeps the others from making the same certificate.
const LEASE: time::Duration = time::Duration::seconds(30);

/// Why a certificate of ours was not made; in the log, for the caller has no use for more.
pub(crate) fn refused(error: &ca::Error) -> Refusal {
    tracing::error!(error = %error, "a certificate of the signer's own services was refused");
    Refusal::Internal
}

impl Core {
    /// Whether this signer is the one that may make it now: two that did would harm nothing, and
    /// each would have made one too many.
    pub(crate) async fn may_make(&self, what: &str) -> Result<bool, Refusal> {
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        let taken = tx.take_lease(what, &self.status.holder, self.now(), LEASE).await;
        let taken = taken.map_err(|error| journal_refusal(&error))?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        Ok(taken)
    }

    /// Now, for what is about to be signed: never before what is on record already.
    ///
    /// # Errors
    /// [`Refusal::ClockBehind`].
    pub(crate) async fn now_for_record(&self) -> Result<OffsetDateTime, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        self.now_on_record(&mut tx).await
    }

    /// Records and signs a certificate for a key of the signer's own; its DER.
    ///
    /// # Errors
    /// [`Refusal::Terminated`] if the root revoked the CA; [`Refusal::TokenUnavailable`] if its key is
    /// gone; the journal or the token.
    pub(crate) async fn certify_service(
        &self,
        authority: &Authority,
        kind: Kind,
        key: &PublicKey,
        validity: Validity,
        prepared: Prepared,
    ) -> Result<Vec<u8>, Refusal> {
        let spki = key.to_spki_der().map_err(|error| refused(&error))?;
        let new = NewCertificate {
            serial: prepared.serial().to_string(),
            kind: kind.code().to_owned(),
            issuer: authority.name().to_owned(),
            shard: None,
            request_id: None,
            request_sha256: None,
            person_id: None,
            unit_code: None,
            key_id: None,
            spki_sha256: hex::encode(Sha256::digest(&spki)),
            subject_sha256: None,
            tbs: prepared.tbs_der().to_vec(),
            profile_version: kind.document().identifier(),
            details: "{}".to_owned(),
            not_before: micros(validity.not_before),
            not_after: micros(validity.not_after),
            recorded_at: micros(self.now()),
        };
        let signing = authority.key()?;
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        self.in_force(&mut tx, authority).await?;
        tx.record_certificate(&new).await.map_err(|error| journal_refusal(&error))?;
        let details = serde_json::json!({
            "kind": new.kind, "issuer": new.issuer, "profile": new.profile_version,
            "tbs": hex::encode(Sha256::digest(&new.tbs)),
        });
        self.log(&mut tx, "certificate.recorded", &new.serial, &details).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;

        #[expect(clippy::disallowed_methods, reason = "the record above is committed")]
        let recorded = prepared.assert_recorded();
        let certificate = signing.certify(recorded).await?;
        let sha256 = hex::encode(certificate.sha256);
        let mut tx = self.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
        tx.complete_certificate(&new.serial, &certificate.der, &sha256, micros(self.now()))
            .await
            .map_err(|error| journal_refusal(&error))?;
        self.log(&mut tx, "certificate.issued", &new.serial, &serde_json::json!({ "sha256": sha256 })).await?;
        tx.commit().await.map_err(|error| journal_refusal(&error))?;
        Ok(certificate.der)
    }
}

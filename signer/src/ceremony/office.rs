//! Certificates of the root and of CAs, and transcripts: recorded and committed, then signed. What
//! was recorded and never signed is taken up again, if it is what would be recorded now.

use ca::profile::Kind;
use ca::{
    Certificate, Installation, Issuer, IssuerName, Prepared, PublicKey, Recorded, Serial, ThrowAwayKey, Validity,
};
use hsm::Token;
use sha2::{Digest, Sha256};
use store::Journal;
use store::ids::{instant, micros};
use store::journal::{NewCertificate, Tx};
use time::{Duration, OffsetDateTime};

use super::drafts::Desk;
use super::{CeremonyError, SignedTranscript, Transcript};
use crate::authorities::installation;
use crate::core::{self, Configuration};
use crate::edge::{Clock, Randomness};
use crate::evidence;
use crate::keys::{AuthorityKey, RootKey};
use crate::protocol::Refusal;

/// The shard that the root's CRL stands under in the journal.
pub(super) const ROOT: &str = "root";

/// Where CA certificates are made: the journal, the edge, and what the installation says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    pub(crate) randomness: Randomness,
    pub(crate) installation: Installation,
    pub(crate) organisation: String,
    pub(crate) organisation_identifier: Option<String>,
}

/// Whose key signs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signatory<'a> {
    Root(&'a RootKey),
    TimeStamping(&'a AuthorityKey),
}

impl Signatory<'_> {
    fn name(self) -> IssuerName {
        match self {
            Self::Root(_) => IssuerName::Root,
            Self::TimeStamping(_) => IssuerName::TsaCa,
        }
    }

    fn public_key(&self) -> &PublicKey {
        match self {
            Self::Root(key) => key.public_key(),
            Self::TimeStamping(key) => key.public_key(),
        }
    }

    async fn certify(self, recorded: Recorded) -> Result<Certificate, Refusal> {
        match self {
            Self::Root(key) => key.certify(recorded).await,
            Self::TimeStamping(key) => key.certify(recorded).await,
        }
    }
}

impl Office {
    /// The office of an installation whose ceremony began.
    pub(crate) async fn open(
        journal: &Journal,
        configuration: &Configuration,
        clock: &Clock,
        randomness: &Randomness,
    ) -> Result<Self, CeremonyError> {
        let mut tx = journal.begin().await?;
        Ok(Self {
            journal: journal.clone(),
            clock: clock.clone(),
            randomness: randomness.clone(),
            installation: installation(configuration)?,
            organisation: tx.setting("organisation").await?.ok_or(CeremonyError::NotHeld)?,
            organisation_identifier: tx.setting("organisation_identifier").await?,
        })
    }

    pub(super) fn desk<'a>(&'a self, throw_away: &'a ThrowAwayKey) -> Desk<'a> {
        Desk {
            organisation: &self.organisation,
            organisation_identifier: self.organisation_identifier.as_deref(),
            installation: &self.installation,
            throw_away,
        }
    }

    /// The certificate of `key`, if there is one; else it is made by `draft`, which says the same
    /// of the same serial number and validity.
    pub(super) async fn certificate(
        &self,
        kind: Kind,
        key: &PublicKey,
        signatory: Signatory<'_>,
        validity: Validity,
        draft: impl Fn(Serial, Validity) -> Result<Prepared, ca::Error>,
    ) -> Result<Vec<u8>, CeremonyError> {
        let spki_sha256 = hex::encode(Sha256::digest(key.to_spki_der()?));
        let mut tx = self.journal.begin().await?;
        let rows = tx.certificates_of_kind(kind.code()).await?;
        drop(tx);
        let row = rows.into_iter().find(|row| row.spki_sha256 == spki_sha256);
        if let Some(der) = row.as_ref().and_then(|row| row.der.clone()) {
            return Ok(der);
        }
        let (serial, recorded) = match row {
            Some(row) => {
                let serial: Serial = row.serial.parse()?;
                let validity = Validity { not_before: instant(row.not_before), not_after: instant(row.not_after) };
                // Whoever owns the journal's database can write a row, and the root would sign it.
                if draft(serial, validity)?.tbs_der() != row.tbs {
                    return Err(CeremonyError::ForeignRecord(row.serial));
                }
                (serial, Recorded::from_journal(&row.tbs, signatory.public_key())?)
            }
            None => {
                let serial = Serial::generate(signatory.name().serial_octet(), &mut self.randomness.clone());
                let prepared = draft(serial, validity)?;
                (serial, self.record(kind, signatory, prepared, validity, spki_sha256).await?)
            }
        };
        let certificate = signatory.certify(recorded).await?;
        let (serial, sha256) = (serial.to_string(), hex::encode(certificate.sha256));
        let mut tx = self.journal.begin_write().await?;
        let now = micros(self.clock.now());
        let stored = tx.complete_certificate(&serial, &certificate.der, &sha256, now).await?;
        if stored.is_new() {
            self.log(&mut tx, "certificate.issued", &serial, &serde_json::json!({ "sha256": sha256 })).await?;
        }
        let der = stored.into_inner().der.unwrap_or(certificate.der);
        tx.commit().await?;
        Ok(der)
    }

    async fn record(
        &self,
        kind: Kind,
        signatory: Signatory<'_>,
        prepared: Prepared,
        validity: Validity,
        spki_sha256: String,
    ) -> Result<Recorded, CeremonyError> {
        let mut tx = self.journal.begin_write().await?;
        let now = self.now_on_record(&mut tx).await?;
        let new = NewCertificate {
            serial: prepared.serial().to_string(),
            kind: kind.code().to_owned(),
            issuer: signatory.name().to_string(),
            shard: None,
            request_id: None,
            request_sha256: None,
            person_id: None,
            unit_code: None,
            key_id: None,
            spki_sha256,
            subject_sha256: None,
            tbs: prepared.tbs_der().to_vec(),
            profile_version: kind.document().identifier(),
            details: "{}".to_owned(),
            not_before: micros(validity.not_before),
            not_after: micros(validity.not_after),
            recorded_at: micros(now),
        };
        tx.record_certificate(&new).await?;
        let note = serde_json::json!({
            "kind": new.kind, "issuer": new.issuer, "profile": new.profile_version,
            "tbs": hex::encode(Sha256::digest(&new.tbs)),
        });
        self.log(&mut tx, "certificate.recorded", &new.serial, &note).await?;
        tx.commit().await?;
        #[expect(clippy::disallowed_methods, reason = "the record above is committed")]
        Ok(prepared.assert_recorded())
    }

    /// Now, for what is about to be recorded and signed: never before what is on record already.
    pub(super) async fn now_on_record(&self, tx: &mut Tx) -> Result<OffsetDateTime, CeremonyError> {
        Ok(core::not_before_record(self.clock.now(), tx).await?)
    }

    /// Puts a transcript on record, then signs it.
    pub(super) async fn sign_transcript(
        &self,
        key: &RootKey,
        transcript: Transcript,
    ) -> Result<SignedTranscript, CeremonyError> {
        let mut tx = self.journal.begin_write().await?;
        let digest = transcript.sha256();
        self.log(&mut tx, "transcript.recorded", ROOT, &serde_json::json!({ "sha256": digest })).await?;
        tx.commit().await?;
        let signature = key.sign_transcript(&transcript).await?;
        Ok(SignedTranscript { transcript, signature })
    }

    pub(super) async fn log(
        &self,
        tx: &mut Tx,
        kind: &str,
        subject: &str,
        details: &serde_json::Value,
    ) -> Result<(), CeremonyError> {
        Ok(evidence::append(tx, &self.clock, &self.randomness, kind, subject, details).await?)
    }

    /// The root as an issuer, its certificate in the journal held against the key in its token.
    pub(super) async fn root(&self, key: &RootKey) -> Result<Issuer, CeremonyError> {
        let mut tx = self.journal.begin().await?;
        let rows = tx.certificates_of_kind(Kind::Root.code()).await?;
        let der = rows.into_iter().find_map(|row| row.der).ok_or(CeremonyError::NotHeld)?;
        let root = Issuer::from_certificate(&der, IssuerName::Root)?;
        if root.public_key() == key.public_key() { Ok(root) } else { Err(CeremonyError::OtherRoot) }
    }
}

/// A whole number of days from now on, but never beyond the end of the root.
pub(super) fn days_within(now: OffsetDateTime, days: u16, root: &Issuer) -> OffsetDateTime {
    (now + Duration::days(i64::from(days))).min(root.validity().not_after)
}

/// Asks the root's token for its key.
pub(super) async fn root_key(token: &Token) -> Result<RootKey, CeremonyError> {
    RootKey::open(token).await.map_err(CeremonyError::RootToken)
}

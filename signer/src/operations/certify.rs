//! What every end entity's certificate goes through: its place under a CA, the rules that the
//! journal keeps, the record, the signature.

use ca::{Prepared, Recorded, Serial, Validity};
use sha2::{Digest, Sha256};
use store::ids::{instant, micros};
use store::journal::{Activation, Certificate, NewCertificate, Tx};
use time::OffsetDateTime;

use crate::authorities::Authority;
use crate::ceremony::termination;
use crate::core::{Core, journal_refusal};
use crate::protocol::Refusal;
use crate::records::CertificateDetails;
use crate::step::Step;

/// Which CA issues it, under which serial number, from when until when.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) authority: &'a Authority,
    pub(super) serial: Serial,
    pub(super) validity: Validity,
    /// When it is recorded.
    pub(super) at: OffsetDateTime,
}

impl<'a> Place<'a> {
    /// A new one under the generation that issues now: one year, or less if the CA ends before.
    pub(super) async fn new(core: &'a Core, tx: &mut Tx) -> Result<Self, Refusal> {
        if tx.setting(termination::BEGUN).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::Terminated);
        }
        let at = core.now_on_record(tx).await?;
        let authority = core.authorities.issuing();
        core.in_force(tx, authority).await?;
        let validity = Validity::years(at, 1).map_err(|_| Refusal::Internal)?;
        Ok(Self {
            authority,
            serial: Serial::generate(authority.number(), &mut core.randomness.clone()),
            validity: validity.until_at_most(authority.issuer().validity().not_after),
            at,
        })
    }

    /// The one a row of the journal has: of the generation that issued then.
    pub(super) fn of(core: &'a Core, row: &Certificate) -> Result<Self, Refusal> {
        let serial: Serial = row.serial.parse().map_err(|_| Refusal::Conflict)?;
        let authority = core.authorities.named(&row.issuer).ok_or(Refusal::Conflict)?;
        let [number, ..] = *serial.as_bytes();
        let validity = Validity { not_before: instant(row.not_before), not_after: instant(row.not_after) };
        let place = Self { authority, serial, validity, at: instant(row.recorded_at) };
        let fits = number == authority.number().get() && row.shard == Some(i64::from(place.shard(core)));
        fits.then_some(place).ok_or(Refusal::Conflict)
    }

    /// The same, ending no later than `end`.
    pub(super) fn until(self, end: Option<OffsetDateTime>) -> Self {
        Self { validity: end.map_or(self.validity, |end| self.validity.until_at_most(end)), ..self }
    }

    /// The CRL shard that will list it.
    pub(super) fn shard(&self, core: &Core) -> u16 {
        self.authority.shard(self.serial, core.authorities.shards())
    }
}

/// For what request, for whom.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) request_id: &'a str,
    pub(super) request_sha256: &'a str,
    pub(super) person_id: Option<&'a str>,
    pub(super) key_id: Option<&'a str>,
    pub(super) spki: &'a [u8],
    pub(super) details: &'a CertificateDetails,
}

impl Entry<'_> {
    /// The row to record.
    pub(super) fn row(&self, core: &Core, place: &Place<'_>, prepared: &Prepared) -> Result<NewCertificate, Refusal> {
        let kind = prepared.kind();
        Ok(NewCertificate {
            serial: place.serial.to_string(),
            kind: kind.code().to_owned(),
            issuer: place.authority.name().to_owned(),
            shard: Some(i64::from(place.shard(core))),
            request_id: Some(self.request_id.to_owned()),
            request_sha256: Some(self.request_sha256.to_owned()),
            person_id: self.person_id.map(str::to_owned),
            unit_code: Some(self.details.unit_code.clone()),
            key_id: self.key_id.map(str::to_owned),
            spki_sha256: hex::encode(Sha256::digest(self.spki)),
            subject_sha256: Some(hex::encode(prepared.subject_sha256())),
            tbs: prepared.tbs_der().to_vec(),
            profile_version: kind.document().identifier(),
            details: serde_json::to_string(self.details).map_err(|_| Refusal::Internal)?,
            not_before: micros(place.validity.not_before),
            not_after: micros(place.validity.not_after),
            recorded_at: micros(place.at),
        })
    }
}

/// Records a certificate in the caller's transaction, with its ledger entry; whether this was the
/// first time, and the row that counts.
pub(super) async fn record(
    core: &Core,
    tx: &mut Tx,
    new: &NewCertificate,
    activation: &Activation,
) -> Result<(bool, Certificate), Refusal> {
    not_certified_before(tx, &new.spki_sha256, new.request_id.as_deref()).await?;
    let recorded = tx.record_certificate(new).await.map_err(|error| match error {
        store::Error::Conflict { table: "blocked_key" } => blocked(),
        error => journal_refusal(&error),
    })?;
    let first = recorded.is_new();
    let row = recorded.into_inner();
    if first {
        let note = serde_json::json!({
            "request": new.request_id,
            "request_sha256": new.request_sha256,
            "tbs": hex::encode(Sha256::digest(&new.tbs)),
            "profile": new.profile_version,
            "activation": activation.activation_id,
        });
        core.log(tx, "certificate.recorded", &new.serial, &note).await?;
    }
    Ok((first, row))
}

/// Whether a key may be certified: neither blocked nor certified for another request.
pub(crate) async fn key_is_free(tx: &mut Tx, spki_sha256: &str, request_id: Option<&str>) -> Result<(), Refusal> {
    if tx.is_blocked(spki_sha256).await.map_err(|error| journal_refusal(&error))? {
        return Err(blocked());
    }
    not_certified_before(tx, spki_sha256, request_id).await
}

async fn not_certified_before(tx: &mut Tx, spki_sha256: &str, request_id: Option<&str>) -> Result<(), Refusal> {
    let certified = tx.certificates_by_key(spki_sha256).await.map_err(|error| journal_refusal(&error))?;
    if certified.iter().any(|row| request_id.is_none() || row.request_id.as_deref() != request_id) {
        return Err(Refusal::KeyRefused { detail: "certified before".to_owned() });
    }
    Ok(())
}

fn blocked() -> Refusal {
    Refusal::KeyRefused { detail: "blocked".to_owned() }
}

/// Whether what held when it was recorded holds still. The end of the CA counts, and revokes, what
/// is recorded only, so that one signed at that very moment is revoked too.
async fn may_still_be_signed(tx: &mut Tx, row: &Certificate) -> Result<(), Refusal> {
    if tx.setting(termination::BEGUN).await.map_err(|error| journal_refusal(&error))?.is_some() {
        return Err(Refusal::Terminated);
    }
    if tx.is_blocked(&row.spki_sha256).await.map_err(|error| journal_refusal(&error))? {
        return Err(blocked());
    }
    Ok(())
}

/// When a certificate was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recording {
    /// By this very act: what had to hold was found to hold as it was recorded.
    Now,
    /// By an earlier one, which a crash may have stopped long ago.
    Earlier,
}

impl Recording {
    /// Whether it was on record when the act began.
    pub(super) const fn of(known: Option<&Certificate>) -> Self {
        if known.is_some() { Self::Earlier } else { Self::Now }
    }
}

/// Signs a recorded certificate; one that is issued is left as it is.
pub(super) async fn finish(core: &Core, row: &Certificate, recording: Recording) -> Result<(), Refusal> {
    if row.state == "issued" {
        return Ok(());
    }
    let place = Place::of(core, row)?;
    let recorded = Recorded::from_journal(&row.tbs, place.authority.issuer().public_key()).map_err(|error| {
        tracing::error!(certificate.serial = %row.serial, error = %error, "a recorded certificate cannot be read");
        Refusal::Conflict
    })?;
    if recording == Recording::Earlier {
        let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        may_still_be_signed(&mut tx, row).await?;
        core.in_force(&mut tx, place.authority).await?;
    }
    let certificate = place.authority.key()?.certify(recorded).await?;
    core.steps.reach(Step::Signed);
    let sha256 = hex::encode(certificate.sha256);
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    let completed = tx
        .complete_certificate(&row.serial, &certificate.der, &sha256, micros(core.now()))
        .await
        .map_err(|error| journal_refusal(&error))?;
    if completed.is_new() {
        core.log(&mut tx, "certificate.issued", &row.serial, &serde_json::json!({ "sha256": sha256 })).await?;
    }
    tx.commit().await.map_err(|error| journal_refusal(&error))?;
    core.steps.reach(Step::Stored);
    Ok(())
}

/// Notes that a certificate broke a rule before anything was signed, and raises the alarm.
pub(super) async fn refuse(core: &Core, request_id: &str, activation: &Activation, error: &ca::Error) -> Refusal {
    let detail = error.to_string();
    tracing::error!(alarm = "lint", request.id = %request_id, detail = %detail, "a certificate was refused before it was signed");
    match note_refusal(core, request_id, activation, &detail).await {
        Ok(()) => Refusal::LintFailed { detail },
        // The ticket stays, and the refusal is written down with the next attempt.
        Err(refusal) => refusal,
    }
}

async fn note_refusal(core: &Core, request_id: &str, activation: &Activation, detail: &str) -> Result<(), Refusal> {
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    let note = serde_json::json!({ "rules": detail, "activation": activation.activation_id });
    core.log(&mut tx, "certificate.refused", request_id, &note).await?;
    tx.commit().await.map_err(|error| journal_refusal(&error))
}

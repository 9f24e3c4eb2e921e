//! A doctor's own renewal: the council is asked afresh, then the signer's page. What it says is
//! what the ending certificate says; nobody approves it again.

use people::{EvidenceKind, Outcome, Purpose};
use serde_json::json;
use signer::protocol::{CertificateRecord, CertificateRenewal, EvidenceOutcome, EvidenceReference, Operation};
use store::portal::doctor_request::{DoctorRequest, RequestState};

use crate::app::App;
use crate::audit::{Event, record};
use crate::council::ClaimedNames;
use crate::error::Error;
use crate::expiry_notices::reached;
use crate::instants::{parse, rfc3339};
use crate::pages::CertificateState;
use crate::problem::Problem;

use super::certificate_care::state_of;
use super::propose::{kind, propose};
use super::state_identity::{Claims, NotTaken, Observation, new_evidence, seal_claims};
use super::{check_licence, give_consent};

/// The certificate of this person that they may renew now, if there is one: their newest, in
/// force, near its end.
pub(crate) fn renewable(app: &App, own: &[CertificateRecord]) -> Option<CertificateRecord> {
    let newest = own.first()?;
    let end = parse(&newest.not_after)?;
    let is_due = state_of(newest, app.now()) == CertificateState::Good && reached(end, app.now()).is_some();
    is_due.then(|| newest.clone())
}

/// Asks the council, writes the answer down, and proposes the renewal; returns the signer's page.
pub(crate) async fn propose_renewal(app: &App, person_id: &str, serial: &str) -> Result<String, NotTaken> {
    let own = app.signer().certificates(person_id).await?;
    let due = renewable(app, &own).filter(|certificate| certificate.serial == serial);
    due.ok_or_else(Problem::out_of_step)?;
    follow_journal(app, &own).await?;
    let mut tx = app.portal().begin().await?;
    let request = tx.request_of_certificate(serial).await?.ok_or_else(Problem::out_of_step)?;
    let consent = tx.consent_of(person_id).await?;
    drop(tx);
    let permitted = match &consent {
        Some(consent) => give_consent::read(consent)?.covers(Purpose::LicenceInquiry, app.now()),
        None => false,
    };
    if !permitted {
        return Err(Problem::out_of_step().into());
    }
    let claims = Claims::open(app, &request)?;
    let claimed = ClaimedNames {
        given_name_th: &claims.given_name_th,
        surname_th: &claims.surname_th,
        given_name_en: &claims.given_name_en,
        surname_en: &claims.surname_en,
    };
    let licence = check_licence::check(app, &claims.licence, claimed).await.map_err(NotTaken::Licence)?;
    let observation = Observation {
        kind: EvidenceKind::LicenceCheck,
        outcome: Outcome::Confirmed,
        source: "tmc_register",
        recorded_by: None,
        details: serde_json::to_value(&licence).map_err(|_| Error::Stored("licence"))?,
    };
    let evidence = new_evidence(app, person_id, &request.id, observation)?;
    let mut tx = app.portal().begin_write().await?;
    tx.add_evidence(&evidence).await?;
    let facts = json!({ "evidence": evidence.record_sha256 });
    record(app, &mut tx, Event::new("renewal.checked", serial, person_id).with(facts)).await?;
    tx.commit().await?;
    let renewal = CertificateRenewal {
        serial: serial.to_owned(),
        licence_checked_at: licence.checked_at,
        licence_valid_until: licence.valid_until,
        evidence: EvidenceReference {
            kind: evidence.kind,
            outcome: Some(EvidenceOutcome::Confirmed),
            sha256: evidence.record_sha256,
            recorded_by: None,
            recorded_at: rfc3339(evidence.recorded_at),
        },
    };
    Ok(propose(app, person_id, kind::RENEW, serial, Operation::RenewCertificate { renewal }).await?)
}

/// Writes down renewals that the signer's journal knows and the portal does not: from then on
/// the licence behind them is asked for again like any other's.
pub(crate) async fn follow_journal(app: &App, own: &[CertificateRecord]) -> Result<(), Problem> {
    // The oldest first: each is written down beside the one it followed.
    for certificate in own.iter().rev() {
        let Some(before) = certificate.request_id.strip_prefix("renewal/") else { continue };
        let mut tx = app.portal().begin().await?;
        let known = tx.request_of_certificate(&certificate.serial).await?;
        let earlier = tx.request_of_certificate(before).await?;
        drop(tx);
        let (None, Some(earlier)) = (known, earlier) else { continue };
        write_down(app, certificate, &earlier).await?;
    }
    Ok(())
}

async fn write_down(app: &App, certificate: &CertificateRecord, earlier: &DoctorRequest) -> Result<(), Problem> {
    let now = app.now();
    let id = app.randomness().uuid(now);
    let request = DoctorRequest {
        id: id.clone(),
        state: RequestState::Draft,
        claims_sealed: seal_claims(app, &id, &Claims::open(app, earlier)?)?,
        created_at: now,
        ..earlier.clone()
    };
    let mut tx = app.portal().begin_write().await?;
    // Two visits at once: the second finds it done.
    if tx.request_of_certificate(&certificate.serial).await?.is_none() {
        tx.add_request(&request).await?;
        tx.request_issued(&id, &certificate.serial, &earlier.decided_by, now).await?;
        let facts = json!({ "serial": certificate.serial, "sha256": certificate.sha256, "of": earlier.id });
        record(app, &mut tx, Event::new("certificate.renewed", &id, &certificate.person_id).with(facts)).await?;
        tx.commit().await?;
    }
    Ok(())
}

//! Issuing a doctor's certificate: make the key in the token, build and lint the TBS, record
//! both, bind the passkey, sign, check, store.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use ca::profile::doctor;
use ca::{AssuranceLevel, Prepared, Profession, PublicKey, Recorded, Serial, Validity};
use sha2::{Digest, Sha256};
use store::ids::{instant, micros};
use store::journal::{Activation, Certificate, DoctorKey, NewCertificate};
use time::{Date, OffsetDateTime, Time};

use crate::ceremony::{epochs, termination};
use crate::core::{Core, journal_refusal, token_refusal};
use crate::meaning;
use crate::protocol::{CertificateRequest, Outcome, Refusal};
use crate::records::CertificateDetails;
use crate::step::Step;

/// Issues the certificate an officer approved, or goes on where a crash stopped.
pub(crate) async fn carry_out(
    core: &Core,
    request: &CertificateRequest,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let known = tx.certificate_of_request(&request.request_id).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let row = match known {
        Some(row) if row.request_sha256.as_deref() == Some(&request_digest(request)?) => {
            recorded_here(core, request, &row).await?;
            row
        }
        Some(_) => return Err(Refusal::Conflict),
        None => record(core, request, activation).await?,
    };
    core.steps.reach(Step::Sealed);
    let at = instant(activation.at);
    core.bind(&request.person_id, &request.credential, &activation.activation_id, at).await?;
    finish(core, &row).await?;
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let certificate = core.certificate_with_status(&mut tx, &row.serial).await?;
    Ok(Outcome::CertificateIssued { certificate, approved_by: activation.person_id.clone() })
}

async fn record(core: &Core, request: &CertificateRequest, activation: &Activation) -> Result<Certificate, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    if tx.setting(termination::BEGUN).await.map_err(|error| journal_refusal(&error))?.is_some() {
        return Err(Refusal::Terminated);
    }
    let epoch = epochs::current(&mut tx).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let key = core.with_token(move |token| token.new_doctor_key(epoch)).await?;
    let now = core.now();
    let validity = Validity::years(now, 1).map_err(|error| lint(&error))?;
    let validity = licence_end(request)?.map_or(validity, |end| validity.until_at_most(end));
    let serial = Serial::generate(core.authorities.issuing().number(), &mut core.randomness.clone());
    let prepared = prepare(core, request, &key.spki, serial, validity).await?;
    let details = CertificateDetails {
        title_th: request.title_th.clone(),
        name_th: format!("{} {}", request.given_name_th, request.surname_th),
        name_en: format!("{} {}", request.given_name_en, request.surname_en),
        licence: request.licence.clone(),
        unit_code: request.unit_code.clone(),
        ial: request.ial.clone(),
        identity_digest: request.identity_digest.clone(),
        approved_by: activation.person_id.clone(),
    };
    let key_row = DoctorKey {
        key_id: store::ids::uuid(now, &mut core.randomness.clone()),
        person_id: request.person_id.clone(),
        epoch: i64::from(epoch),
        wrapped: Some(key.blob.clone()),
        spki: key.spki.clone(),
        created_at: micros(now),
        certificate_serial: None,
    };
    let new = NewCertificate {
        serial: serial.to_string(),
        kind: "doctor".to_owned(),
        issuer: core.authorities.issuing().name().to_owned(),
        shard: Some(i64::from(core.authorities.issuing().shard(serial, core.authorities.shards()))),
        request_id: Some(request.request_id.clone()),
        request_sha256: Some(request_digest(request)?),
        person_id: Some(request.person_id.clone()),
        unit_code: Some(request.unit_code.clone()),
        key_id: Some(key_row.key_id.clone()),
        spki_sha256: hex::encode(Sha256::digest(&key.spki)),
        subject_sha256: None,
        tbs: prepared.tbs_der().to_vec(),
        profile_version: profile_version(),
        details: serde_json::to_string(&details).map_err(|_| Refusal::Internal)?,
        not_before: micros(validity.not_before),
        not_after: micros(validity.not_after),
        recorded_at: micros(now),
    };
    let mut tx = core.journal.begin_write().await.map_err(|error| journal_refusal(&error))?;
    tx.insert_doctor_key(&key_row).await.map_err(|error| journal_refusal(&error))?;
    let recorded = tx.record_certificate(&new).await.map_err(|error| journal_refusal(&error))?;
    let first = recorded.is_new();
    let row = recorded.into_inner();
    if !first {
        // Another activation of this request was first: the key made here is rolled back.
        return Ok(row);
    }
    tx.assign_doctor_key(&key_row.key_id, &new.serial).await.map_err(|error| journal_refusal(&error))?;
    let note = serde_json::json!({
        "request": request.request_id,
        "request_sha256": new.request_sha256,
        "tbs": hex::encode(Sha256::digest(&new.tbs)),
        "profile": new.profile_version,
        "activation": activation.activation_id,
    });
    core.log(&mut tx, "certificate.recorded", &new.serial, &note).await?;
    tx.commit().await.map_err(|error| journal_refusal(&error))?;
    Ok(row)
}

/// Builds and lints what the certificate will say: the same of the same request, key, serial
/// and validity.
async fn prepare(
    core: &Core,
    request: &CertificateRequest,
    spki: &[u8],
    serial: Serial,
    validity: Validity,
) -> Result<Prepared, Refusal> {
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let unit = tx.unit(&request.unit_code).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let unit = unit.ok_or_else(|| Refusal::ContentInvalid { detail: "unit".to_owned() })?;
    let subject = doctor::Subject {
        organization: unit.name_th,
        organization_identifier: None,
        surname: request.surname_th.clone(),
        given_name: request.given_name_th.clone(),
        title: request.title_th.clone(),
        common_name: format!("{}{} {}", request.title_th, request.given_name_th, request.surname_th),
        profession: Profession::PHYSICIAN,
        licence: request.licence.clone(),
    };
    let level: AssuranceLevel =
        request.ial.parse().map_err(|_| Refusal::ContentInvalid { detail: "ial".to_owned() })?;
    doctor::prepare(
        &doctor::Request {
            subject: &subject,
            public_key: &PublicKey::from_spki_der(spki).map_err(|_| Refusal::Internal)?,
            serial,
            validity,
            licence_end: licence_end(request)?,
            level,
            shard: core.authorities.issuing().shard(serial, core.authorities.shards()),
        },
        core.authorities.issuing().issuer(),
        core.authorities.installation(),
        &ca::ThrowAwayKey::generate(&mut core.randomness.clone()),
    )
    .map_err(|error| lint(&error))
}

/// Whether a TBS found in the journal is the one this request gives, for a key that lives under
/// the token: whoever owns the journal's database can write a row, and the issuing key would
/// sign it.
async fn recorded_here(core: &Core, request: &CertificateRequest, row: &Certificate) -> Result<(), Refusal> {
    if row.state == "issued" {
        return Ok(());
    }
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    let key = tx.doctor_key_of_certificate(&row.serial).await.map_err(|error| journal_refusal(&error))?;
    drop(tx);
    let key = key.ok_or(Refusal::Conflict)?;
    let serial: Serial = row.serial.parse().map_err(|_| Refusal::Conflict)?;
    let validity = Validity { not_before: instant(row.not_before), not_after: instant(row.not_after) };
    let same = prepare(core, request, &key.spki, serial, validity).await?.tbs_der() == row.tbs;
    let epoch = u32::try_from(key.epoch).map_err(|_| Refusal::Conflict)?;
    let (wrapped, probe) = (key.wrapped.ok_or(Refusal::Conflict)?, core.randomness.bytes::<32>());
    let digest: [u8; 32] = Sha256::digest(probe).into();
    let signed = core.with_token(move |token| Ok(token.sign_with_wrapped(epoch, &wrapped, vec![digest]))).await?;
    let ours = match signed {
        Ok(signatures) => signatures.first().is_some_and(|signature| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &key.spki).verify(&probe, signature).is_ok()
        }),
        Err(hsm::Error::UnwrapRefused) => false,
        Err(error) => return Err(token_refusal(&error)),
    };
    if same && ours {
        return Ok(());
    }
    tracing::error!(certificate.serial = %row.serial, "the journal holds a certificate that was not recorded here");
    Err(Refusal::Conflict)
}

/// Signs a recorded certificate; one that is issued is left as it is.
async fn finish(core: &Core, row: &Certificate) -> Result<(), Refusal> {
    if row.state == "issued" {
        return Ok(());
    }
    let serial: Serial = row.serial.parse().map_err(|_| Refusal::Conflict)?;
    let issuing = core.authorities.issuer_of(serial).ok_or(Refusal::Conflict)?;
    let recorded =
        Recorded::from_journal(&row.tbs, issuing.issuer().public_key()).map_err(|error| lint(&error))?;
    let certificate = issuing.key()?.certify(recorded).await?;
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

/// Version and digest of the profile document a certificate was built by.
pub(crate) fn profile_version() -> String {
    ca::profile::Kind::Doctor.document().identifier()
}

fn request_digest(request: &CertificateRequest) -> Result<String, Refusal> {
    meaning::content_digest(request).map(hex::encode).map_err(|_| Refusal::Internal)
}

fn licence_end(request: &CertificateRequest) -> Result<Option<OffsetDateTime>, Refusal> {
    let Some(text) = &request.licence_valid_until else { return Ok(None) };
    let end = end_of_day(text).ok_or_else(|| Refusal::ContentInvalid { detail: "licence_valid_until".to_owned() })?;
    Ok(Some(end))
}

/// The last second of an ISO day in Thailand (UTC+7, no daylight saving).
fn end_of_day(text: &str) -> Option<OffsetDateTime> {
    let day: Date = pdf::date::parse_iso(text).ok()?;
    let offset = time::UtcOffset::from_hms(7, 0, 0).ok()?;
    Some(day.with_time(Time::from_hms(23, 59, 59).ok()?).assume_offset(offset).to_offset(time::UtcOffset::UTC))
}

fn lint(error: &ca::Error) -> Refusal {
    tracing::error!(error = %error, "a certificate was refused before it was signed");
    Refusal::LintFailed { detail: error.to_string() }
}

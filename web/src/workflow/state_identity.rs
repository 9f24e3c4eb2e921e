//! A person says who they are: names and national ID; a doctor also the licence, which is
//! checked at once at the Medical Council.

use people::{EvidenceKind, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::portal::doctor_request::{DoctorRequest, RequestState};
use store::portal::evidence::Evidence;
use store::portal::person::Person;

use crate::app::App;
use crate::audit::{Event, record};
use crate::council::{ClaimedNames, Licence, LicenceFault};
use crate::error::Error;
use crate::field_cipher::FieldCipher;
use crate::names::Names;
use crate::problem::Problem;

/// The keyed digest of a national ID (13 digits): tells natural persons apart.
#[must_use]
pub fn identity_digest(cipher: &FieldCipher, national_id: &str) -> String {
    cipher.digest("national_id", national_id)
}

/// Who a person says they are; the form was checked.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    pub(crate) names: Names,
    pub(crate) national_id: String,
}

/// What a doctor's certificate should say, sealed in the request's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claims {
    pub(crate) title_th: String,
    pub(crate) given_name_th: String,
    pub(crate) surname_th: String,
    pub(crate) given_name_en: String,
    pub(crate) surname_en: String,
    pub(crate) profession: String,
    pub(crate) licence: String,
    pub(crate) licence_checked_at: String,
    pub(crate) licence_valid_until: Option<String>,
}

impl Claims {
    pub(crate) fn open(app: &App, request: &DoctorRequest) -> Result<Self, Error> {
        let json = app.cipher().open(&claims_place(&request.id), &request.claims_sealed)?;
        serde_json::from_slice(&json).map_err(|_| Error::Stored("doctor_request.claims"))
    }

    pub(crate) fn full_name_th(&self) -> String {
        format!("{}{} {}", self.title_th, self.given_name_th, self.surname_th)
    }
}

/// Seals claims for a request's row.
pub(super) fn seal_claims(app: &App, request_id: &str, claims: &Claims) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec(claims).map_err(|_| Error::Stored("claims"))?;
    app.cipher().seal(&claims_place(request_id), &json, app.randomness())
}

fn claims_place(request_id: &str) -> String {
    format!("doctor_request.claims:{request_id}")
}

/// The place a record of evidence is bound to.
pub(crate) fn evidence_place(evidence_id: &str) -> String {
    format!("evidence.record:{evidence_id}")
}

/// Why a doctor's statement was not taken.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// The licence will not do.
    Licence(LicenceFault),
    /// Something else.
    Problem(Problem),
}

impl<E: Into<Problem>> From<E> for NotTaken {
    fn from(error: E) -> Self {
        Self::Problem(error.into())
    }
}

/// Takes an officer's statement.
pub(crate) async fn of_officer(app: &App, person: &Person, statement: &Statement) -> Result<(), Problem> {
    if !may_restate(app, person, statement) {
        return Err(Problem::out_of_step());
    }
    let mut tx = app.portal().begin_write().await?;
    set_identity(app, &mut tx, person, statement).await?;
    record(app, &mut tx, Event::new("person.identified", &person.id, &person.id)).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a doctor's statement: asks the council, then opens or corrects the request.
pub(crate) async fn of_doctor(
    app: &App,
    person: &Person,
    statement: &Statement,
    number: &str,
    unit_code: &str,
) -> Result<(), NotTaken> {
    let mut tx = app.portal().begin().await?;
    let current = tx.latest_request(&person.id).await?;
    drop(tx);
    let held = match &current {
        Some(request) if matches!(request.state, RequestState::Draft | RequestState::Returned) => Some(request.clone()),
        Some(request) if request.state == RequestState::Submitted => return Err(Problem::out_of_step().into()),
        // After a rejection or an issued certificate a new request may follow.
        _ => None,
    };
    if !may_restate(app, person, statement) {
        return Err(Problem::out_of_step().into());
    }
    if !consents_to_inquiry(app, &person.id).await? {
        return Err(Problem::out_of_step().into());
    }
    let names = &statement.names;
    let claimed = ClaimedNames {
        given_name_th: &names.given_name_th,
        surname_th: &names.surname_th,
        given_name_en: &names.given_name_en,
        surname_en: &names.surname_en,
    };
    let licence = super::check_licence::check(app, number, claimed).await.map_err(NotTaken::Licence)?;

    let now = app.now();
    let request_id = held.as_ref().map_or_else(|| app.randomness().uuid(now), |request| request.id.clone());
    let claims = claims_of(&licence, names);
    let sealed = seal_claims(app, &request_id, &claims)?;
    let digest = identity_digest(app.cipher(), &statement.national_id);
    let evidence = licence_evidence(app, &person.id, &request_id, &licence)?;

    let mut tx = app.portal().begin_write().await?;
    set_identity(app, &mut tx, person, statement).await?;
    match held {
        Some(request) if request.unit_code == unit_code => tx.update_claims(&request_id, &sealed, &digest, now).await?,
        Some(_) => return Err(Problem::out_of_step().into()),
        None => {
            let request = DoctorRequest {
                id: request_id.clone(),
                person_id: person.id.clone(),
                unit_code: unit_code.to_owned(),
                state: RequestState::Draft,
                claims_sealed: sealed,
                identity_digest: digest,
                created_at: now,
                submitted_at: None,
                decided_at: None,
                decided_by: String::new(),
                reason_sealed: None,
                certificate_serial: String::new(),
            };
            tx.add_request(&request).await?;
        }
    }
    tx.add_evidence(&evidence).await?;
    let facts = json!({ "evidence": evidence.record_sha256, "unit": unit_code });
    record(app, &mut tx, Event::new("request.stated", &request_id, &person.id).with(facts)).await?;
    tx.commit().await?;
    Ok(super::submit_request::if_complete(app, &request_id, &person.id).await?)
}

/// The council may only be asked about a doctor who agreed to it.
async fn consents_to_inquiry(app: &App, person_id: &str) -> Result<bool, Problem> {
    let mut tx = app.portal().begin().await?;
    match tx.consent_of(person_id).await? {
        Some(consent) => Ok(super::give_consent::read(&consent)?.covers(people::Purpose::LicenceInquiry, app.now())),
        None => Ok(false),
    }
}

/// A person does not become another: the national ID once given stays.
fn may_restate(app: &App, person: &Person, statement: &Statement) -> bool {
    person.identity_digest.is_empty() || person.identity_digest == identity_digest(app.cipher(), &statement.national_id)
}

async fn set_identity(
    app: &App,
    tx: &mut store::portal::Tx,
    person: &Person,
    statement: &Statement,
) -> Result<(), Error> {
    let names = statement.names.seal(app.cipher(), &person.id, app.randomness())?;
    let digest = identity_digest(app.cipher(), &statement.national_id);
    let place = format!("person.national_id:{}", person.id);
    let national_id = app.cipher().seal(&place, statement.national_id.as_bytes(), app.randomness())?;
    tx.set_identity(&person.id, &names, &digest, &national_id, app.now()).await.map_err(Error::Portal)
}

fn claims_of(licence: &Licence, names: &Names) -> Claims {
    // The register's spelling, which was found to be the same name.
    Claims {
        title_th: if licence.title_th.is_empty() { names.title_th.clone() } else { licence.title_th.clone() },
        given_name_th: licence.given_name_th.clone(),
        surname_th: licence.surname_th.clone(),
        given_name_en: licence.given_name_en.clone(),
        surname_en: licence.surname_en.clone(),
        profession: licence.profession.clone(),
        licence: licence.licence.clone(),
        licence_checked_at: licence.checked_at.clone(),
        licence_valid_until: licence.valid_until.clone(),
    }
}

fn licence_evidence(app: &App, person_id: &str, request_id: &str, licence: &Licence) -> Result<Evidence, Error> {
    let details = serde_json::to_value(licence).map_err(|_| Error::Stored("licence"))?;
    let observation = Observation {
        kind: EvidenceKind::LicenceCheck,
        outcome: Outcome::Confirmed,
        source: "tmc_register",
        recorded_by: None,
        details,
    };
    new_evidence(app, person_id, request_id, observation)
}

/// Something seen or asked.
pub(super) struct Observation<'a> {
    pub(super) kind: EvidenceKind,
    pub(super) outcome: Outcome,
    pub(super) source: &'a str,
    pub(super) recorded_by: Option<&'a str>,
    pub(super) details: serde_json::Value,
}

/// An item of evidence: the record sealed, its digest beside it.
pub(super) fn new_evidence(
    app: &App,
    person_id: &str,
    request_id: &str,
    observation: Observation<'_>,
) -> Result<Evidence, Error> {
    let now = app.now();
    // Whole microseconds, as rows have them: the digest is over the written form, which must read back the same.
    let now = now.replace_microsecond(now.microsecond()).unwrap_or(now);
    let id = app.randomness().uuid(now);
    let record = people::Evidence {
        id: id.clone(),
        person_id: person_id.to_owned(),
        kind: observation.kind,
        outcome: observation.outcome,
        source: observation.source.to_owned(),
        recorded_by: observation.recorded_by.map(str::to_owned),
        recorded_at: now,
        details: observation.details,
    };
    let json = serde_json::to_vec(&record).map_err(|_| Error::Stored("evidence.record"))?;
    Ok(Evidence {
        person_id: person_id.to_owned(),
        request_id: request_id.to_owned(),
        kind: record.kind.as_str().to_owned(),
        record_sealed: app.cipher().seal(&evidence_place(&id), &json, app.randomness())?,
        record_sha256: record.sha256().map_err(|_| Error::Stored("evidence.record"))?,
        recorded_by: record.recorded_by.unwrap_or_default(),
        recorded_at: now,
        id,
    })
}

//! An evidence officer records what they saw of a doctor, face to face.

use people::{Action, Decision, EvidenceKind, Outcome, decide};
use serde_json::json;
use signer::protocol::{EvidenceRecord, Operation};
use store::portal::doctor_request::RequestState;
use store::portal::person::Person;

use crate::app::App;
use crate::audit::{Event, record};
use crate::problem::Problem;
use crate::units::{Office, Units};

use super::propose::{kind, propose};
use super::read_request::Dossier;
use super::state_identity::{Observation, new_evidence};

/// What the officer saw; the form was checked.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// `thai_id_card` or `passport`.
    pub(crate) document: String,
    /// Whether the face matches the picture.
    pub(crate) face_matches: bool,
    /// What the council's public page said, if the officer looked: `active`, `not_active`, `not_found`.
    pub(crate) licence_look_up: Option<String>,
    pub(crate) note: String,
}

/// Does the code the doctor showed belong to the passkey that will be bound? Hyphens, spaces
/// and letter case do not matter.
pub(crate) fn same_key_code(shown: &str, of_credential: &str) -> bool {
    let plain = |code: &str| -> String {
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    let shown = plain(shown);
    !shown.is_empty() && shown == plain(of_credential)
}

/// May this officer record evidence about this doctor?
pub(crate) fn may_record(app: &App, officer: &Person, office: &Office, units: &Units, dossier: &Dossier) -> bool {
    let decision = decide(
        &office.actor(officer),
        Action::RecordEvidence,
        &dossier.subject(),
        units.tree(),
        app.config().acceptance,
    );
    decision == Decision::Allowed
}

/// Writes the evidence down and has the officer vouch for it; returns the signer's page. The caller
/// checked [`may_record`] and the key's code.
pub(crate) async fn record_seen(
    app: &App,
    officer: &Person,
    dossier: &Dossier,
    seen: &Seen,
) -> Result<String, Problem> {
    if !matches!(dossier.request.state, RequestState::Draft | RequestState::Returned) {
        return Err(Problem::out_of_step());
    }
    let Some(credential) = &dossier.credential else { return Err(Problem::out_of_step()) };
    let request = &dossier.request;
    let observe = |kind, outcome, source: &str, details| {
        let observation = Observation { kind, outcome, source, recorded_by: Some(&officer.id), details };
        new_evidence(app, &dossier.person.id, &request.id, observation)
    };
    let key = json!({
        "key_code": credential.key_code,
        "public_key_sha256": credential.public_key_sha256,
        "note": seen.note,
    });
    let face = if seen.face_matches { Outcome::Confirmed } else { Outcome::Contradicted };
    let mut items = vec![
        observe(EvidenceKind::DocumentSeen, Outcome::Confirmed, &seen.document, key)?,
        observe(EvidenceKind::OfficerComparison, face, &seen.document, json!({}))?,
    ];
    if let Some(said) = &seen.licence_look_up {
        let outcome = if said == "active" { Outcome::Confirmed } else { Outcome::Contradicted };
        items.push(observe(EvidenceKind::LicenceLookUp, outcome, "tmc_public_page", json!({ "said": said }))?);
    }
    let mut tx = app.portal().begin_write().await?;
    for evidence in &items {
        tx.add_evidence(evidence).await?;
        let facts = json!({ "kind": evidence.kind, "sha256": evidence.record_sha256 });
        record(app, &mut tx, Event::new("evidence.recorded", &request.id, &officer.id).with(facts)).await?;
    }
    tx.commit().await?;
    vouch(app, officer, &request.id).await
}

/// Proposes that the officer vouches for all that stands under their name, and for the licence
/// look-up: the signer believes nobody's evidence on the portal's word.
async fn vouch(app: &App, officer: &Person, request_id: &str) -> Result<String, Problem> {
    let dossier = Dossier::load(app, request_id).await?.ok_or_else(Problem::not_found)?;
    let Some(credential) = &dossier.credential else { return Err(Problem::out_of_step()) };
    let claims = &dossier.claims;
    let record = EvidenceRecord {
        record_id: app.randomness().uuid(app.now()),
        person_id: dossier.person.id.clone(),
        identity_digest: dossier.request.identity_digest.clone(),
        name_th: claims.full_name_th(),
        name_en: format!("{} {}", claims.given_name_en, claims.surname_en),
        unit_code: dossier.request.unit_code.clone(),
        profession: claims.profession.clone(),
        licence: claims.licence.clone(),
        credential: credential.clone(),
        evidence: dossier
            .evidence_references()
            .into_iter()
            .filter(|item| item.recorded_by.as_ref().is_none_or(|by| *by == officer.id))
            .collect(),
    };
    let operation = Operation::RecordEvidence { record: Box::new(record) };
    Ok(propose(app, &officer.id, kind::EVIDENCE, request_id, operation).await?)
}

#[cfg(test)]
mod tests {
    use super::same_key_code;

    #[test]
    fn a_key_code_is_compared_as_people_read_it() {
        assert!(same_key_code("k7qx 2mrd", "K7QX-2MRD"));
        assert!(!same_key_code("K7QX-2MRE", "K7QX-2MRD"));
        assert!(!same_key_code("", ""));
        assert!(!same_key_code("K7QX", "K7QX-2MRD"));
    }
}

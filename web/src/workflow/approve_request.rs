//! Everything a certificate will say and rest on, as it is proposed to the signer.

use signer::protocol::{CertificateRequest, ConsentReference, Operation};

use crate::app::App;
use crate::error::Error;
use crate::instants::rfc3339;
use crate::problem::Problem;

use super::propose::{kind, propose};
use super::read_request::Dossier;

/// Proposes to issue; returns the signer's page for the officer.
pub(super) async fn propose_issue(app: &App, officer_id: &str, dossier: &Dossier) -> Result<String, Problem> {
    let (Some(consent), Some(credential)) = (&dossier.consent, &dossier.credential) else {
        return Err(Problem::out_of_step());
    };
    let claims = dossier.claims.clone();
    let request = CertificateRequest {
        request_id: dossier.request.id.clone(),
        person_id: dossier.person.id.clone(),
        identity_digest: dossier.request.identity_digest.clone(),
        title_th: claims.title_th,
        given_name_th: claims.given_name_th,
        surname_th: claims.surname_th,
        given_name_en: claims.given_name_en,
        surname_en: claims.surname_en,
        profession: claims.profession,
        licence: claims.licence,
        licence_checked_at: claims.licence_checked_at,
        licence_valid_until: claims.licence_valid_until,
        unit_code: dossier.request.unit_code.clone(),
        ial: dossier.ial().as_str().to_owned(),
        evidence: dossier.evidence_references(),
        consent: ConsentReference {
            notice_version: consent.notice_version.clone(),
            notice_sha256: consent.notice_sha256.clone(),
            purposes: serde_json::from_str(&consent.purposes).map_err(|_| Error::Stored("consent.purposes"))?,
            given_at: rfc3339(consent.given_at),
        },
        credential: credential.clone(),
    };
    let operation = Operation::IssueCertificate { request: Box::new(request) };
    Ok(propose(app, officer_id, kind::ISSUE, &dossier.request.id, operation).await?)
}

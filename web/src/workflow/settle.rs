//! A person comes back from the signer's page: what came of it is asked for and written down.

use std::time::Duration;

use serde_json::json;
use signer::protocol::{CertificateRecord, DocumentRecord, Outcome, Refusal};
use store::portal::doctor_request::RequestState;
use store::portal::proposal::Proposal;

use crate::app::App;
use crate::audit::{Event, record};
use crate::problem::Problem;
use crate::session::digest;

use super::propose::kind;
use super::read_request::Dossier;
use super::{enrol_signing_passkey, renew_certificate, sign_batch, store_document, submit_request};

/// How often and how many times to ask while the signer works.
const PAUSE: Duration = Duration::from_millis(250);
const ASKS: u32 = 40;

/// Where a person goes on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// A page of the portal.
    Page(String),
    /// The signer's page, which tells what keeps it (absolute).
    Signer(String),
    /// Certificates are being revoked: so many of so many.
    Revoking(u64, u64),
    /// So many certificates were revoked.
    Revoked(u64),
    /// The signer refused after the activation.
    Refused(Refusal),
}

/// Asks for a ticket's outcome and writes it down. Only the person who was to activate it may.
pub(crate) async fn settle(app: &App, person_id: &str, ticket: &str) -> Result<Next, Problem> {
    if ticket.is_empty() || ticket.len() > 64 {
        return Err(Problem::not_found());
    }
    let mut tx = app.portal().begin().await?;
    let proposal = tx.proposal(&digest(ticket)).await?;
    drop(tx);
    let proposal = proposal.filter(|made| made.proposed_by == person_id).ok_or_else(Problem::not_found)?;

    let outcome = match proposal.kind.as_str() {
        // The batch's own page shows how far it has come.
        kind::SIGN_BATCH => app.signer().outcome(ticket).await?,
        _ => wait(app, ticket).await?,
    };
    let state = match &outcome {
        Outcome::Working | Outcome::Signing { .. } if proposal.kind == kind::SIGN_BATCH => {
            return Ok(Next::Page(format!("{}?ticket={ticket}", page_of(&proposal))));
        }
        Outcome::Revoking { done, total } => return Ok(Next::Revoking(*done, *total)),
        // Activated and taken up in a moment: the page asks again.
        Outcome::Working if proposal.kind == kind::REVOKE_MANY => return Ok(Next::Revoking(0, 0)),
        // Its own page here would look as if nobody had put a passkey to it.
        Outcome::Working | Outcome::Signing { .. } => {
            return Ok(Next::Signer(format!("{}/a/{ticket}/done", app.config().signer_url)));
        }
        Outcome::Waiting => return Ok(Next::Page(page_of(&proposal))),
        Outcome::Ended => "ended",
        Outcome::Refused { .. } => "refused",
        _ => "done",
    };
    match &outcome {
        Outcome::CredentialEnrolled { credential } => {
            enrol_signing_passkey::keep(app, person_id, credential, ticket).await?;
            let mut tx = app.portal().begin().await?;
            let request = tx.latest_request(person_id).await?;
            drop(tx);
            if let Some(request) = request {
                submit_request::if_complete(app, &request.id, person_id).await?;
            }
        }
        // Its page takes the files over, a part at each look.
        Outcome::DocumentsSigned { .. } if proposal.kind == kind::SIGN_BATCH => {}
        Outcome::DocumentsSigned { documents } => documents_signed(app, documents).await?,
        Outcome::Refused { refusal } if proposal.kind == kind::SIGN_BATCH => {
            sign_batch::refused(app, &proposal.subject_id, refusal).await?;
        }
        Outcome::CertificateIssued { .. } if proposal.kind == kind::RENEW => {
            let own = app.signer().certificates(person_id).await?;
            renew_certificate::follow_journal(app, &own).await?;
        }
        Outcome::CertificateIssued { certificate, approved_by } => {
            certificate_issued(app, certificate, approved_by).await?;
        }
        // The journal is the truth of appointments and revocations; the portal keeps no rows.
        Outcome::OfficerAppointed { .. }
        | Outcome::EvidenceRecorded { .. }
        | Outcome::AppointmentEnded { .. }
        | Outcome::CredentialsChanged { .. }
        | Outcome::ReplacementApproved { .. }
        | Outcome::CertificateRevoked { .. }
        | Outcome::DigestsSigned { .. }
        | Outcome::DigestsSwitched { .. }
        | Outcome::CertificateRestored { .. }
        | Outcome::CertificatesRevoked { .. }
        | Outcome::Revoking { .. }
        | Outcome::Signing { .. }
        | Outcome::Ended
        | Outcome::Refused { .. }
        | Outcome::Waiting
        | Outcome::Working => {}
    }
    let mut tx = app.portal().begin_write().await?;
    if tx.settle_proposal(&proposal.ticket_digest, state, app.now()).await? {
        let facts = json!({ "kind": proposal.kind, "state": state });
        record(app, &mut tx, Event::new("proposal.settled", &proposal.subject_id, person_id).with(facts)).await?;
    }
    tx.commit().await?;
    if let Outcome::EvidenceRecorded { .. } = &outcome {
        // Seen and vouched for: on to the RA officer, if nothing else is missing.
        submit_request::if_complete(app, &proposal.subject_id, person_id).await?;
    }
    Ok(match outcome {
        Outcome::Refused { refusal } if proposal.kind != kind::SIGN_BATCH => Next::Refused(refusal),
        Outcome::CertificatesRevoked { count, .. } => Next::Revoked(count),
        _ => Next::Page(page_of(&proposal)),
    })
}

pub(super) async fn wait(app: &App, ticket: &str) -> Result<Outcome, Problem> {
    let mut outcome = app.signer().outcome(ticket).await?;
    for _ in 0..ASKS {
        if !matches!(outcome, Outcome::Working | Outcome::Signing { .. }) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        outcome = app.signer().outcome(ticket).await?;
    }
    Ok(outcome)
}

async fn documents_signed(app: &App, documents: &[DocumentRecord]) -> Result<(), Problem> {
    for known in documents {
        let mut tx = app.portal().begin().await?;
        let document = tx.document(&known.document_id).await?;
        drop(tx);
        if let Some(document) = document {
            store_document::follow_journal(app, document).await?;
        }
    }
    Ok(())
}

async fn certificate_issued(app: &App, certificate: &CertificateRecord, approved_by: &str) -> Result<(), Problem> {
    let mut tx = app.portal().begin_write().await?;
    if tx.request_issued(&certificate.request_id, &certificate.serial, approved_by, app.now()).await? {
        let facts = json!({ "serial": certificate.serial, "sha256": certificate.sha256 });
        record(app, &mut tx, Event::new("certificate.issued", &certificate.request_id, approved_by).with(facts))
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Brings a submitted request's row up to what the signer's journal says: the officer may have
/// closed the browser before coming back.
pub(crate) async fn follow_journal(app: &App, dossier: Dossier) -> Result<Dossier, Problem> {
    if dossier.request.state == RequestState::Issued {
        return Ok(dossier);
    }
    let certificates = app.signer().certificates(&dossier.person.id).await?;
    match certificates.iter().find(|certificate| certificate.request_id == dossier.request.id) {
        Some(certificate) => {
            certificate_issued(app, certificate, "").await?;
            Dossier::load(app, &dossier.request.id).await?.ok_or_else(Problem::not_found)
        }
        None => Ok(dossier),
    }
}

fn page_of(proposal: &Proposal) -> String {
    match proposal.kind.as_str() {
        kind::SIGN_BATCH => format!("/documents/batches/{}", proposal.subject_id),
        kind::SIGN => format!("/documents/{}/done", proposal.subject_id),
        kind::ISSUE => format!("/console/requests/{}", proposal.subject_id),
        kind::RENEW => "/certificates".to_owned(),
        kind::APPOINT => "/console/appointments".to_owned(),
        kind::EVIDENCE => "/console/evidence".to_owned(),
        kind::REVOKE | kind::RESTORE => format!("/certificates/{}", proposal.subject_id),
        kind::REVOKE_MANY => "/console/revocations".to_owned(),
        kind::SWITCH_DIGESTS => format!("/console/digests/{}", proposal.subject_id),
        _ => "/tasks".to_owned(),
    }
}

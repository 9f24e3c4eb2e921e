//! Proposing an operation to the signer: the person then activates it on the signer's page.

use serde_json::json;
use signer::protocol::Operation;
use store::portal::proposal::Proposal;

use crate::app::App;
use crate::audit::{Event, record};
use crate::error::Error;
use crate::session::digest;
use crate::signer_desk::Ticket;

/// Where the signer's page leads back to; it adds `?ticket=`.
pub(super) const RETURN_PATH: &str = "/return";

/// Kinds of proposals, as stored.
pub(super) mod kind {
    pub(in crate::workflow) const SIGN: &str = "sign_documents";
    pub(in crate::workflow) const SIGN_BATCH: &str = "sign_batch";
    pub(in crate::workflow) const ISSUE: &str = "issue_certificate";
    pub(in crate::workflow) const APPOINT: &str = "appoint_officer";
    pub(in crate::workflow) const REVOKE: &str = "revoke_certificate";
    pub(in crate::workflow) const RESTORE: &str = "restore_certificate";
    pub(in crate::workflow) const REVOKE_MANY: &str = "revoke_certificates";
    pub(in crate::workflow) const RENEW: &str = "renew_certificate";
    pub(in crate::workflow) const SWITCH_DIGESTS: &str = "switch_digests";
    pub(in crate::workflow) const EVIDENCE: &str = "record_evidence";
    pub(in crate::workflow) const ENROL: &str = "enrol_credential";
}

/// Proposes and writes the proposal down; returns the signer's page.
pub(super) async fn propose(
    app: &App,
    actor: &str,
    kind: &str,
    subject_id: &str,
    operation: Operation,
) -> Result<String, Error> {
    let ticket = app.signer().propose(actor, operation, RETURN_PATH).await?;
    write_down(app, actor, kind, subject_id, &ticket).await?;
    Ok(ticket.url)
}

/// Writes down whose ticket it is and what it is about.
pub(super) async fn write_down(
    app: &App,
    actor: &str,
    kind: &str,
    subject_id: &str,
    ticket: &Ticket,
) -> Result<(), Error> {
    let proposal = Proposal {
        ticket_digest: digest(&ticket.ticket),
        kind: kind.to_owned(),
        subject_id: subject_id.to_owned(),
        proposed_by: actor.to_owned(),
        state: "waiting".to_owned(),
    };
    let mut tx = app.portal().begin_write().await.map_err(Error::Portal)?;
    tx.add_proposal(&proposal, app.now()).await.map_err(Error::Portal)?;
    let event = Event::new("proposal.made", subject_id, actor).with(json!({ "kind": kind }));
    record(app, &mut tx, event).await?;
    tx.commit().await.map_err(Error::Portal)
}

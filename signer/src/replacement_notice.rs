//! Who puts a passkey to anything reads there that officers are about to replace it, and can stop that: a
//! notice that the portal cannot keep back.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::core::{Core, journal_refusal};
use crate::operations::replace;
use crate::protocol::{Operation, Refusal, ReplacementRecord, ReplacementStop, Response as Answer};
use crate::tickets::Plan;
use crate::web::{Asked, layout, problem};

impl Core {
    /// The replacement of a person's passkeys that officers approved and nobody stopped.
    pub(crate) async fn pending_replacement(&self, person_id: &str) -> Result<Option<ReplacementRecord>, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        for row in tx.replacements_of(person_id).await.map_err(|error| journal_refusal(&error))? {
            let record = match replace::record(self, &mut tx, &row).await {
                Ok(record) => record,
                // An altered row takes no effect either, and keeps nobody from signing.
                Err(Refusal::JournalAltered) => {
                    tracing::error!(alarm = "journal", request.id = %row.request_id, "a replacement was altered");
                    continue;
                }
                Err(refusal) => return Err(refusal),
            };
            if ["open", "waiting"].contains(&record.state.as_str()) && !record.approvals.is_empty() {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

/// `POST /a/{ticket}/stop`: the page on which that person stops it with a passkey of theirs. Whoever posts here
/// gets a page and no more.
pub(crate) async fn stop(State(core): State<Arc<Core>>, Path(text): Path<String>, asked: Query<Asked>) -> Response {
    let page = async {
        let ticket = core.ticket(&text).await?;
        let Some(Plan::Activate { actor, .. }) = &ticket.plan else { return Err(Refusal::TicketOver) };
        let pending = core.pending_replacement(actor).await?.ok_or(Refusal::AlreadyDone)?;
        let stop = ReplacementStop { request_id: pending.replacement.request_id, person_id: actor.clone() };
        let operation = Operation::StopReplacement { stop };
        // The portal proposed none of it, and has no page for it to go back to.
        match core.propose(actor.clone(), operation, "/".to_owned()).await? {
            Answer::Ticket { url, .. } => Ok(url),
            _ => Err(Refusal::Internal),
        }
    };
    match page.await {
        Ok(url) => Redirect::to(&url).into_response(),
        Err(refusal) => problem(&core, &layout(&core, &asked, format!("/a/{text}")), &text, &refusal).await,
    }
}

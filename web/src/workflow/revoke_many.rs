//! Ending many certificates at once: a dry run, then the same set on the signer's page.

use signer::protocol::{BatchRevocation, Operation, RevocationPreview, RevocationSelection};

use crate::app::App;
use crate::problem::Problem;

use super::propose::{kind, propose};

/// A dry run; the signer tells an officer only what they may revoke.
pub(crate) async fn preview(
    app: &App,
    actor: &str,
    selection: &RevocationSelection,
) -> Result<RevocationPreview, Problem> {
    Ok(app.signer().preview_revocation(actor, selection.clone()).await?)
}

/// Proposes what was looked at; returns the signer's page. A set that changed since is another
/// set: it must be looked at again.
pub(crate) async fn propose_revocations(
    app: &App,
    actor: &str,
    batch: BatchRevocation,
) -> Result<Result<String, RevocationPreview>, Problem> {
    let now = preview(app, actor, &batch.selection).await?;
    if (now.count, &now.serials_sha256) != (batch.count, &batch.serials_sha256) {
        return Ok(Err(now));
    }
    let set = batch.serials_sha256.clone();
    Ok(Ok(propose(app, actor, kind::REVOKE_MANY, &set, Operation::RevokeCertificates { batch }).await?))
}

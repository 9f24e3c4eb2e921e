//! By whose touch a passkey became somebody's, and by whose that one's: up to the ceremony.

use std::collections::{BTreeSet, VecDeque};

use sha2::{Digest as _, Sha256};
use store::ids::instant;
use store::journal::{Activation, OperatorsApproval, Tx};

use super::evidence::{self, Bound, Step};
use super::report::{Link, Report};
use super::{AuditError, AuditKeys};
use crate::core::rfc3339;
use crate::statements::{OPERATORS, Statement, StatementText};
use crate::webauthn::RelyingParty;

/// What the ceremony itself stated.
const CEREMONY: &str = "ceremony";

/// More touches than stand between any doctor and the ceremony.
const MOST: usize = 64;

/// Follows the chain; one broken link breaks it.
pub(super) async fn check(
    tx: &mut Tx,
    keys: &AuditKeys,
    relying_party: &RelyingParty,
    row: &Activation,
    report: &mut Report,
) -> Result<(), AuditError> {
    let mut seen = BTreeSet::from([row.activation_id.clone()]);
    let mut waiting = VecDeque::from([row.clone()]);
    let mut found = Ok("every touch above stands up, to the ceremony".to_owned());
    while let Some(row) = waiting.pop_front() {
        let below = row.activation_id == report.activation_id;
        let checked = if below { Ok(()) } else { stands(tx, relying_party, &row).await? };
        if let Err(wrong) = checked {
            found = Err(format!("activation {} above it: {wrong}", row.activation_id));
            break;
        }
        let above = match above(tx, keys, &row).await? {
            Ok(above) => above,
            Err(wrong) => {
                found = Err(format!("activation {}: {wrong}", row.activation_id));
                break;
            }
        };
        for (statement, by, at) in above {
            report.chain.push(Link { statement, person_id: row.person_id.clone(), by: by.clone(), at });
            if [CEREMONY, OPERATORS].contains(&by.as_str()) || !seen.insert(by.clone()) {
                continue;
            }
            match tx.activation(&by).await? {
                Some(next) if seen.len() <= MOST && next.at <= row.at => waiting.push_back(next),
                Some(next) if next.at > row.at => {
                    found = Err(format!("activation {by} came after what rests on it ({})", rfc3339(instant(next.at))));
                }
                Some(_) => found = Err("the chain is longer than any can be".to_owned()),
                None => found = Err(format!("activation {by} is not in the journal")),
            }
        }
        if found.is_err() {
            break;
        }
    }
    report.note("chain", found);
    Ok(())
}

type Above = Vec<(&'static str, String, String)>;

/// What a touch rests on: statement, by which activation, when.
async fn above(tx: &mut Tx, keys: &AuditKeys, row: &Activation) -> Result<Result<Above, String>, AuditError> {
    let mut above = Vec::new();
    let steps = match evidence::history(tx, keys, row).await? {
        Ok(steps) => steps,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let first = steps.len().saturating_sub(1);
    for (place, Step { act, bound: Bound { by, at }, .. }) in steps.into_iter().enumerate() {
        if act == "replaced" {
            // Two officers approved it; each approval names the touch it was made with.
            let approvals = tx.approvals_of(&by).await?;
            let operators = operators_approved(tx, keys, &by).await?;
            if approvals.len() + usize::from(operators) < 2 {
                return Ok(Err(format!("the replacement {by} has not the approvals of two officers")));
            }
            above.extend(operators.then(|| ("approval", OPERATORS.to_owned(), at.clone())));
            above.extend(approvals.into_iter().map(|approval| ("approval", approval.activation_id, at.clone())));
        } else if place == first || by == CEREMONY || tx.activation(&by).await?.is_some() {
            above.push(("binding", by, at));
        }
        // What else changed between was a hold, which needs nobody's touch and gives nothing.
    }
    // A doctor acts as the holder of a certificate, whose approval stands among the statements.
    let by_certificate = tx.certificate(&row.authority).await?.is_some();
    if !by_certificate && row.authority != row.person_id {
        match evidence::appointment(tx, keys, row).await? {
            Ok(Bound { by, at }) => above.push(("appointment", by, at)),
            Err(wrong) => return Ok(Err(wrong)),
        }
    }
    Ok(Ok(above))
}

/// Whether the two operators approved a replacement in the place of a second officer, by the binding key.
async fn operators_approved(tx: &mut Tx, keys: &AuditKeys, request_id: &str) -> Result<bool, AuditError> {
    let Some(request) = tx.replacement(request_id).await? else { return Ok(false) };
    let stands = |row: OperatorsApproval| {
        let text = StatementText::of(row.statement);
        let Some(Statement::Approval(approval)) = text.read() else { return false };
        keys.binding.verify(&text.to_sign(), &row.signature).is_ok()
            && approval.officer_id == OPERATORS
            && (&approval.request_id, &approval.content_sha256) == (&request.request_id, &request.content_sha256)
            && approval.activation_id == hex::encode(Sha256::digest(row.transcript.as_bytes()))
    };
    Ok(tx.operators_approvals(request_id).await?.into_iter().any(stands))
}

/// Whether an activation above stands up by itself.
async fn stands(tx: &mut Tx, relying_party: &RelyingParty, row: &Activation) -> Result<Result<(), String>, AuditError> {
    let contents = hex::decode(&row.operation_digest).unwrap_or_default();
    let (contents, _) = contents.as_chunks::<32>();
    if let Err(wrong) = evidence::challenge(row, Some(contents)) {
        return Ok(Err(format!("the challenge {wrong}")));
    }
    Ok(evidence::assertion(tx, relying_party, row).await?.map(drop))
}

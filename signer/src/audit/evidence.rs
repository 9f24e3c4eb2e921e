//! One activation: the challenge from its parts, the assertion over it, and the statement that
//! made the passkey this person's.

use sha2::{Digest, Sha256};
use store::ids::instant;
use store::journal::{Activation, Binding, Tx};
use time::OffsetDateTime;

use super::report::Report;
use super::{AuditError, AuditKeys};
use crate::core::rfc3339;
use crate::meaning;
use crate::records::CertificateDetails;
use crate::statements::{BoundCredential, Statement, StatementText};
use crate::tickets::LIFETIME;
use crate::webauthn::assertion::{self, AssertionParts};
use crate::webauthn::{Credential, RelyingParty};

/// SHA-256 over the RFC 8785 form of every column of the row: what the ledger keeps of it.
pub(crate) fn evidence_digest(row: &Activation) -> String {
    let whole = serde_json::json!({
        "activation_id": row.activation_id,
        "ticket_hash": row.ticket_hash,
        "person_id": row.person_id,
        "credential_id": row.credential_id,
        "contents": row.operation_digest,
        "challenge": hex::encode(&row.challenge),
        "client_data": hex::encode(&row.client_data),
        "authenticator_data": hex::encode(&row.authenticator_data),
        "signature": hex::encode(&row.signature),
        // Beyond 2^53 a JSON number is not exact (RFC 8785 §3.2.2.3).
        "at": row.at.to_string(),
        "operation": row.operation,
        "authority": row.authority,
        "nonce": hex::encode(&row.nonce),
        "expires_at": row.expires_at.to_string(),
        "binding_id": row.binding_id,
        "backup_eligible": row.backup_eligible,
        "backup_state": row.backup_state,
        "assurance": row.assurance,
    });
    meaning::content_digest(&whole).map(hex::encode).unwrap_or_default()
}

/// By what something was stated, and when.
pub(super) struct Bound {
    pub(super) by: String,
    pub(super) at: String,
}

/// A statement of what a person acts with.
struct Stated {
    credentials: Vec<BoundCredential>,
    previous: Option<String>,
    act: String,
    bound: Bound,
    version: i64,
}

/// Checks the row by itself.
pub(super) async fn check(
    tx: &mut Tx,
    keys: &AuditKeys,
    relying_party: &RelyingParty,
    row: &Activation,
    report: &mut Report,
) -> Result<(), AuditError> {
    let contents = contents(row);
    report.contents = contents.iter().flatten().map(hex::encode).collect();
    report.note("challenge", challenge(row, contents.as_deref()));
    report.note("time", in_time(row));
    report.note("assertion", assertion(tx, relying_party, row).await?);
    report.note(
        "binding",
        binding(tx, keys, row).await?.map(|bound| {
            format!("the binding key signed that this passkey is this person's ({}), by {}", bound.at, bound.by)
        }),
    );
    let (authority, name) = authority(tx, keys, row).await?;
    report.name = name;
    report.note("authority", authority);
    Ok(())
}

fn contents(row: &Activation) -> Option<Vec<[u8; 32]>> {
    let bytes = hex::decode(&row.operation_digest).ok()?;
    let (digests, rest) = bytes.as_chunks::<32>();
    (rest.is_empty() && !digests.is_empty()).then(|| digests.to_vec())
}

/// The challenge again, from everything it covers.
pub(super) fn challenge(row: &Activation, contents: Option<&[[u8; 32]]>) -> Result<String, String> {
    let contents = contents.ok_or("the content digests are malformed")?;
    let nonce: [u8; 32] = row.nonce.as_slice().try_into().map_err(|_| "the nonce is malformed")?;
    let again = meaning::challenge(&row.operation, &row.authority, contents, &nonce, instant(row.expires_at));
    if row.challenge == again {
        Ok(format!("covers {}, as {}, {} content(s), nonce and end", row.operation, row.authority, contents.len()))
    } else {
        Err("is not that of these contents, operation, authority, nonce and end".to_owned())
    }
}

fn in_time(row: &Activation) -> Result<String, String> {
    let left = instant(row.expires_at) - instant(row.at);
    if left > time::Duration::ZERO && left <= LIFETIME {
        Ok(format!("touched {} s before the page ended", left.whole_seconds()))
    } else {
        Err("it was touched outside the five minutes of its page".to_owned())
    }
}

/// The assertion, as WebAuthn Level 3 §7.2 has it, and the flags that were noted of it.
pub(super) async fn assertion(
    tx: &mut Tx,
    relying_party: &RelyingParty,
    row: &Activation,
) -> Result<Result<String, String>, AuditError> {
    let Some(credential) = tx.credential(&row.credential_id).await? else {
        return Ok(Err("the passkey is not in the journal".to_owned()));
    };
    let Ok(challenge) = <[u8; 32]>::try_from(row.challenge.as_slice()) else {
        return Ok(Err("the challenge is malformed".to_owned()));
    };
    let known = Credential {
        id: Vec::new(),
        cose_key: credential.cose_key,
        // What the counter was before is no part of the record; that it grew was checked then.
        sign_count: 0,
        backup_eligible: row.backup_eligible == 1,
        backup_state: false,
        attestation_format: String::new(),
    };
    let parts = AssertionParts {
        client_data_json: &row.client_data,
        authenticator_data: &row.authenticator_data,
        signature: &row.signature,
    };
    Ok(match assertion::verify(relying_party, &challenge, &known, parts) {
        Err(error) => Err(error.to_string()),
        Ok(verified) if i64::from(verified.backup_state) != row.backup_state => {
            Err("its backup state is noted otherwise than the authenticator said".to_owned())
        }
        Ok(_) if credential.backup_eligible != row.backup_eligible => {
            Err("the passkey's backup eligibility is not that of its enrolment".to_owned())
        }
        Ok(_) if row.backup_eligible == 1 && row.assurance != "2.2" => {
            Err("a passkey that can be copied does not reach that assurance level".to_owned())
        }
        Ok(verified) => Ok(format!(
            "signed by the passkey at {}, user verified, counter {}",
            relying_party.origin, verified.sign_count
        )),
    })
}

/// What the person acted with at the touch: the passkey and its key stand in a signed statement.
pub(super) async fn binding(
    tx: &mut Tx,
    keys: &AuditKeys,
    row: &Activation,
) -> Result<Result<Bound, String>, AuditError> {
    Ok(stated_at(tx, keys, row).await?.map(|stated| stated.bound))
}

async fn stated_at(tx: &mut Tx, keys: &AuditKeys, row: &Activation) -> Result<Result<Stated, String>, AuditError> {
    let Some(id) = &row.binding_id else { return Ok(Err("no binding is noted".to_owned())) };
    let (Some(binding), Some(credential)) = (tx.binding_of_id(id).await?, tx.credential(&row.credential_id).await?)
    else {
        return Ok(Err("the binding or the passkey is not in the journal".to_owned()));
    };
    let stated = match read(keys, &binding, &row.person_id) {
        Ok(stated) => stated,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let key = hex::encode(Sha256::digest(&credential.cose_key));
    let held = stated.credentials.iter().find(|held| held.credential_id == row.credential_id);
    Ok(match held {
        None => Err("it does not name this passkey".to_owned()),
        Some(held) if held.public_key_sha256 != key => Err("the passkey's key is another".to_owned()),
        Some(held) if held.suspended && row.operation != STOP => Err("the passkey was suspended".to_owned()),
        Some(_) if whole(binding.at) > whole(row.at) => Err("it was made after the touch".to_owned()),
        Some(_) => Ok(stated),
    })
}

/// What a suspended passkey may still do.
const STOP: &str = "stop-replacement";

fn read(keys: &AuditKeys, binding: &Binding, person: &str) -> Result<Stated, String> {
    let text = StatementText::of(binding.statement.clone());
    if keys.binding.verify(&text.to_sign(), &binding.signature).is_err() {
        return Err("the statement is not signed by the binding key".to_owned());
    }
    let Some(Statement::Binding { person_id, version, previous, credentials, act, by, at, .. }) = text.read() else {
        return Err("the statement is not a binding".to_owned());
    };
    let fits = [
        (person_id == person && person_id == binding.person_id, "it is another person's"),
        (version == binding.version, "its version was altered"),
        (at == rfc3339(instant(binding.at)), "its time was altered"),
    ];
    match fits.iter().find(|(fits, _)| !fits) {
        Some((_, wrong)) => Err((*wrong).to_owned()),
        None => Ok(Stated { credentials, previous, act, bound: Bound { by, at }, version }),
    }
}

/// Every statement of the person up to the one at the touch, back to the first: each by what it
/// was made, the newest first. Each names the digest of the one before.
pub(super) async fn history(
    tx: &mut Tx,
    keys: &AuditKeys,
    row: &Activation,
) -> Result<Result<Vec<Step>, String>, AuditError> {
    let mut stated = match stated_at(tx, keys, row).await? {
        Ok(stated) => stated,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let mut steps = Vec::new();
    loop {
        let named = stated.credentials.iter().any(|held| held.credential_id == row.credential_id);
        steps.push(Step { named, act: stated.act, bound: stated.bound });
        let Some(previous) = stated.previous else { break };
        let Some(before) = tx.binding(&row.person_id, stated.version - 1).await? else {
            return Ok(Err(format!("version {} of the person's bindings is missing", stated.version - 1)));
        };
        if hex::encode(Sha256::digest(&before.statement)) != previous {
            return Ok(Err(format!("version {} of the person's bindings is another", stated.version - 1)));
        }
        stated = match read(keys, &before, &row.person_id) {
            Ok(stated) => stated,
            Err(wrong) => return Ok(Err(wrong)),
        };
    }
    // What came before the passkey did, and after it came, does not bear it.
    let first = steps.iter().rposition(|step| step.named).unwrap_or(0);
    steps.truncate(first + 1);
    Ok(Ok(steps))
}

/// One version of what a person acts with.
pub(super) struct Step {
    named: bool,
    pub(super) act: String,
    pub(super) bound: Bound,
}

fn whole(micros: i64) -> OffsetDateTime {
    let at = instant(micros);
    at.replace_nanosecond(0).unwrap_or(at)
}

/// What the person acted as, and their name.
async fn authority(
    tx: &mut Tx,
    keys: &AuditKeys,
    row: &Activation,
) -> Result<(Result<String, String>, Option<String>), AuditError> {
    if let Some(certificate) = tx.certificate(&row.authority).await? {
        let name =
            CertificateDetails::of(&certificate).ok().map(|details| format!("{}{}", details.title_th, details.name_th));
        let own = certificate.person_id.as_ref() == Some(&row.person_id);
        let found = if !own {
            Err("the certificate is another person's".to_owned())
        } else if row.at < certificate.not_before || row.at > certificate.not_after {
            Err("the certificate was not in force".to_owned())
        } else {
            Ok(format!("as holder of the certificate {}", certificate.serial))
        };
        return Ok((found, name));
    }
    if row.authority == row.person_id {
        return Ok((Ok("as themselves, about their own passkeys".to_owned()), None));
    }
    let found = appointment(tx, keys, row).await?;
    let name = tx.appointment(&row.authority).await?.map(|appointment| appointment.name_th);
    Ok((found.map(|bound| format!("as an officer appointed {}, by {}", bound.at, bound.by)), name))
}

/// The statement that made the person an officer.
pub(super) async fn appointment(
    tx: &mut Tx,
    keys: &AuditKeys,
    row: &Activation,
) -> Result<Result<Bound, String>, AuditError> {
    let Some(appointment) = tx.appointment(&row.authority).await? else {
        return Ok(Err("neither a certificate nor an appointment has that id".to_owned()));
    };
    let text = StatementText::of(appointment.statement.clone());
    if keys.binding.verify(&text.to_sign(), &appointment.signature).is_err() {
        return Ok(Err("the appointment is not signed by the binding key".to_owned()));
    }
    Ok(match text.read() {
        Some(Statement::Appointment { appointment_id, person_id, by, at, .. })
            if appointment_id == row.authority && person_id == row.person_id =>
        {
            if tx.appointment_end(&row.authority).await?.is_some_and(|end| end.at < row.at) {
                Err("the appointment had ended".to_owned())
            } else {
                Ok(Bound { by, at })
            }
        }
        _ => Err("the appointment is another person's".to_owned()),
    })
}

//! Adding and ending signing passkeys, suspending them on anybody's word, and saying what a person
//! has.

use store::ids::instant;
use store::journal::{Activation, Credential as CredentialRow, Tx};

use super::replace;
use crate::core::{Core, journal_refusal, rfc3339};
use crate::enrolment::reference;
use crate::protocol::{
    CredentialBinding, CredentialEnding, CredentialRecord, CredentialSuspensionSource, CredentialsRecord, Outcome,
    Refusal, Response,
};
use crate::statements::{About, Standing};

/// Binds a new passkey beside or in the place of one the person has.
pub(crate) async fn bind(
    core: &Core,
    binding: &CredentialBinding,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    let about = About {
        act: "bound",
        by: &activation.activation_id,
        credential_id: &binding.credential.credential_id,
        at: instant(activation.at),
    };
    change(core, &binding.person_id, binding.after_version, about, |next| {
        if let Some(id) = &binding.removes {
            next.credentials.retain(|held| held.credential_id != *id);
        }
        next.add(&binding.credential);
    })
    .await
}

/// Takes a passkey from a person.
pub(crate) async fn end(core: &Core, ending: &CredentialEnding, activation: &Activation) -> Result<Outcome, Refusal> {
    let about = About {
        act: "ended",
        by: &activation.activation_id,
        credential_id: &ending.credential_id,
        at: instant(activation.at),
    };
    change(core, &ending.person_id, ending.after_version, about, |next| {
        next.credentials.retain(|held| held.credential_id != ending.credential_id);
    })
    .await
}

/// Makes the change to that version, unless it was made already by this very activation.
async fn change(
    core: &Core,
    person_id: &str,
    after_version: i64,
    about: About<'_>,
    make: impl FnOnce(&mut Standing),
) -> Result<Outcome, Refusal> {
    let standing = core.present(person_id).await?;
    if standing.version == after_version {
        let mut next = standing.clone();
        make(&mut next);
        core.restate(person_id, &standing, &next, about).await?;
    } else {
        let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let made = core.standing_at(&mut tx, person_id, after_version + 1).await?;
        if made.is_none_or(|made| made.by != about.by) {
            return Err(Refusal::Conflict);
        }
    }
    let mut tx = core.journal.begin().await.map_err(|error| journal_refusal(&error))?;
    Ok(Outcome::CredentialsChanged { credentials: core.credentials_record(&mut tx, person_id).await? })
}

impl Core {
    /// Suspends passkeys at once, on the portal's word: who owns the portal may deny.
    pub(crate) async fn suspend_credential(
        &self,
        person_id: &str,
        credential_id: Option<&str>,
        source: CredentialSuspensionSource,
        evidence_sha256: &str,
    ) -> Result<Response, Refusal> {
        if hex::decode(evidence_sha256).map_or(0, |bytes| bytes.len()) != 32 {
            return Err(Refusal::Malformed { detail: "evidence_sha256: 32 bytes in hexadecimal".to_owned() });
        }
        let source = match source {
            CredentialSuspensionSource::Login => "login",
            CredentialSuspensionSource::Hotline => "hotline",
        };
        let standing = self.present(person_id).await?;
        let mut next = standing.clone();
        let meant = |id: &str| credential_id.is_none_or(|named| named == id);
        let mut found = None;
        let mut known = false;
        for held in next.credentials.iter_mut().filter(|held| meant(&held.credential_id)) {
            known = true;
            if !held.suspended {
                held.suspended = true;
                found = Some(held.credential_id.clone());
            }
        }
        let Some(credential_id) = found else {
            return Err(if known { Refusal::AlreadyDone } else { Refusal::CredentialUnknown });
        };
        let by = format!("{source} {evidence_sha256}");
        let about = About { act: "suspended", by: &by, credential_id: &credential_id, at: self.now() };
        self.restate(person_id, &standing, &next, about).await?;
        tracing::warn!(person.id = %person_id, source, "a signing passkey is suspended");
        Ok(Response::Done)
    }

    pub(crate) async fn credentials(&self, person_id: &str) -> Result<Response, Refusal> {
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        Ok(Response::Credentials { credentials: self.credentials_record(&mut tx, person_id).await? })
    }

    pub(crate) async fn credentials_record(&self, tx: &mut Tx, person_id: &str) -> Result<CredentialsRecord, Refusal> {
        let standing = self.standing(tx, person_id).await?.ok_or(Refusal::JournalAltered)?;
        let rows = tx.credentials_of(person_id).await.map_err(|error| journal_refusal(&error))?;
        let mut replacements = Vec::new();
        for row in tx.replacements_of(person_id).await.map_err(|error| journal_refusal(&error))? {
            replacements.push(replace::record(self, tx, &row).await?);
        }
        Ok(CredentialsRecord {
            person_id: person_id.to_owned(),
            version: standing.version,
            credentials: rows.iter().map(|row| credential_record(row, &standing)).collect(),
            replacements,
        })
    }
}

fn credential_record(row: &CredentialRow, standing: &Standing) -> CredentialRecord {
    let credential = reference(row);
    let state = match standing.find(&row.credential_id) {
        Some(held) if held.public_key_sha256 != credential.public_key_sha256 => "ended",
        Some(held) if held.suspended => "suspended",
        Some(_) => "bound",
        None if row.state == "pending" => "pending",
        None => "ended",
    };
    CredentialRecord {
        credential,
        state: state.to_owned(),
        backed_up: row.backup_state == 1,
        enrolled_at: rfc3339(instant(row.enrolled_at)),
    }
}

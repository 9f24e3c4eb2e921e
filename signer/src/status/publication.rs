//! Where a revocation is visible already: whoever revoked wants to know, not to guess.

use ca::Serial;
use store::ids::instant;
use store::journal::{RevocationEvent, RevocationKind};
use time::Duration;

use super::index::List;
use super::lists::Coverage;
use crate::core::{Core, journal_refusal, rfc3339};
use crate::protocol::{CrlState, Refusal, Response, RevocationState, RevocationStep, RevokedRecord};

/// Within how much of an event every OCSP answer says it.
const OCSP_WITHIN: Duration = Duration::seconds(1);

/// Within how much of an event the list says it.
const CRL_WITHIN: Duration = Duration::seconds(60);

impl Core {
    /// What became of a certificate, and where it can be seen.
    pub(crate) async fn revocation_state(&self, serial: &str) -> Result<Response, Refusal> {
        let number = serial.parse().map_err(|_| Refusal::NotFound)?;
        let mut tx = self.journal.begin().await.map_err(|error| journal_refusal(&error))?;
        let issued = tx.issued_certificate(serial).await.map_err(|error| journal_refusal(&error))?;
        let history = tx.revocation_history(serial).await.map_err(|error| journal_refusal(&error))?;
        drop(tx);
        let issued = issued.ok_or(Refusal::NotFound)?;
        self.status.index.freshen(&self.journal, &self.clock).await?;
        let last = history.last();
        let now = last.filter(|event| event.kind != RevocationKind::Lift);
        let known = last.filter(|event| self.status.index.state().sequence >= event.sequence);
        let list = List::of(&issued.issuer, issued.shard);
        let state = RevocationState {
            serial: serial.to_owned(),
            sha256: issued.sha256.clone(),
            revoked: now.map(|event| RevokedRecord {
                sequence: event.sequence,
                at: rfc3339(instant(event.revoked_at)),
                reason: event.reason.clone(),
                invalid_since: event.invalid_since.map(|at| rfc3339(instant(at))),
            }),
            ocsp_since: known.map(|event| rfc3339(instant(event.at) + OCSP_WITHIN)),
            crl: match (list, last) {
                (Some(list), Some(last)) => Some(self.crl_state(list, number, last)),
                _ => None,
            },
            history: history.iter().map(step).collect(),
        };
        Ok(Response::RevocationState { state })
    }

    fn crl_state(&self, list: List, serial: Serial, last: &RevocationEvent) -> CrlState {
        let published = self.status.lists.newest(list);
        let seen = published.filter(|published| match &published.coverage {
            Coverage::UpTo(sequence) => *sequence >= last.sequence,
            Coverage::Entries(listed) => {
                let state = self.status.index.state();
                listed.get(&serial) == state.list(list).and_then(|on| on.entries.get(&serial))
            }
        });
        CrlState {
            list: list.to_string(),
            number: seen.as_ref().map(|published| published.number),
            this_update: seen.as_ref().map(|published| rfc3339(published.this_update)),
            due_by: seen.is_none().then(|| rfc3339(instant(last.at) + CRL_WITHIN)),
        }
    }
}

fn step(event: &RevocationEvent) -> RevocationStep {
    RevocationStep {
        kind: event.kind.as_str().to_owned(),
        at: rfc3339(instant(event.at)),
        reason: event.reason.clone(),
        invalid_since: event.invalid_since.map(|at| rfc3339(instant(at))),
        source: event.source.as_str().to_owned(),
    }
}

//! An evidence officer over the unit may vouch for somebody else whom they saw.

use store::journal::Tx;

use super::{Reach, invalid};
use crate::core::{Core, is_id, journal_refusal};
use crate::protocol::{EvidenceRecord, Refusal};

/// Items of one record.
const MAX_ITEMS: usize = 50;

impl Core {
    pub(super) async fn may_record_evidence(
        &self,
        tx: &mut Tx,
        actor: &str,
        record: &EvidenceRecord,
    ) -> Result<String, Refusal> {
        let by = self.officer_over(tx, actor, &record.unit_code, "evidence_officer", Reach::UnitAndBelow).await?;
        if record.person_id == actor || record.identity_digest == by.identity_digest {
            return Err(Refusal::SelfApproval);
        }
        if !is_id(&record.record_id) {
            return Err(invalid("record_id"));
        }
        if record.profession.parse::<ca::Profession>().is_err() {
            return Err(invalid("profession"));
        }
        let own = record.evidence.iter().filter(|item| item.recorded_by.as_deref() == Some(actor)).count();
        if own == 0 || record.evidence.len() > MAX_ITEMS {
            return Err(invalid("evidence: nothing of this officer's, or too much"));
        }
        // Who vouches for what another officer recorded vouches for what they did not see.
        if record.evidence.iter().any(|item| item.recorded_by.as_ref().is_some_and(|by| by != actor)) {
            return Err(invalid("evidence: another officer's"));
        }
        if !record.evidence.iter().any(|item| item.kind == "licence_check") {
            return Err(invalid("licence: not checked"));
        }
        self.credential_is_pending(tx, &record.person_id, &record.credential).await?;
        if tx.evidence_record(&record.record_id).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        Ok(by.appointment_id)
    }
}

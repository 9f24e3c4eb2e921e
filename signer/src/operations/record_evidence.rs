//! An evidence officer's word on whom they saw, under their own touch.

use store::journal::Activation;

use crate::authority::findings;
use crate::core::Core;
use crate::meaning;
use crate::protocol::{EvidenceRecord, Outcome, Refusal};
use crate::statements::{Vouched, name_digest};

/// States it.
pub(crate) async fn carry_out(
    core: &Core,
    record: &EvidenceRecord,
    activation: &Activation,
) -> Result<Outcome, Refusal> {
    core.state_evidence(Vouched {
        record_id: record.record_id.clone(),
        content_sha256: meaning::content_digest(record).map(hex::encode).map_err(|_| Refusal::Internal)?,
        officer_id: activation.person_id.clone(),
        activation_id: activation.activation_id.clone(),
        person_id: record.person_id.clone(),
        identity_digest: record.identity_digest.clone(),
        unit_code: record.unit_code.clone(),
        profession: record.profession.clone(),
        licence: record.licence.clone(),
        credential_id: record.credential.credential_id.clone(),
        public_key_sha256: record.credential.public_key_sha256.clone(),
        name_sha256: name_digest(&record.name_th, &record.name_en),
        items: record.evidence.iter().map(|item| item.sha256.clone()).collect(),
        kinds: record.evidence.iter().map(|item| item.kind.clone()).collect(),
        outcomes: record.evidence.iter().map(|item| item.outcome).collect(),
        findings: findings(&record.evidence, &activation.person_id),
        at: activation.at,
    })
    .await?;
    Ok(Outcome::EvidenceRecorded { record_id: record.record_id.clone(), recorded_by: activation.person_id.clone() })
}

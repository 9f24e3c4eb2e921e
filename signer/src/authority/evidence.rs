//! An evidence officer over the unit may vouch for somebody else whom they saw.

use std::collections::BTreeMap;

use store::journal::Tx;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Reach, invalid};
use crate::core::{Core, is_id, journal_refusal};
use crate::protocol::{EvidenceOutcome, EvidenceRecord, EvidenceReference, Refusal};

/// Items of one record, and of one request.
const MAX_ITEMS: usize = 50;

/// What speaks of the person.
pub(crate) const OF_PERSON: [&str; 6] =
    ["document_seen", "chip_read", "officer_comparison", "face_comparison", "dopa_data", "dopa_status"];

/// What speaks of the licence.
const OF_LICENCE: [&str; 2] = ["licence_check", "licence_look_up"];

/// What only an officer can find.
const OF_OFFICERS: [&str; 3] = ["document_seen", "officer_comparison", "licence_look_up"];

/// Whether each item says what it is, what came of it, of which record and when.
///
/// # Errors
/// [`Refusal::ContentInvalid`].
pub(super) fn evidence_is_whole(items: &[EvidenceReference]) -> Result<(), Refusal> {
    if items.len() > MAX_ITEMS {
        return Err(invalid("evidence: too much"));
    }
    for item in items {
        if !OF_PERSON.iter().chain(&OF_LICENCE).any(|kind| *kind == item.kind) {
            return Err(invalid("evidence: of no known kind"));
        }
        // What people find somebody found; what is asked of a register nobody did.
        let by_officer = OF_OFFICERS.contains(&item.kind.as_str());
        if (by_officer && item.recorded_by.is_none()) || (item.kind == "licence_check" && item.recorded_by.is_some()) {
            return Err(invalid("evidence: recorded by nobody who could"));
        }
        if item.outcome.is_none() {
            return Err(invalid("evidence: no result"));
        }
        if hex::decode(&item.sha256).map_or(0, |bytes| bytes.len()) != 32 {
            return Err(invalid("evidence: 32 bytes in hexadecimal"));
        }
        if at(item).is_none() {
            return Err(invalid("evidence: recorded_at"));
        }
    }
    Ok(())
}

/// Whether items speak for a person: an officer's own finding confirms, nothing contradicts, and the newest
/// answer about the licence confirms it.
pub(crate) fn speaks_for(items: &[EvidenceReference]) -> bool {
    let seen = items.iter().any(|item| {
        item.recorded_by.is_some() && is_of_person(item) && item.outcome == Some(EvidenceOutcome::Confirmed)
    });
    seen && !speaks_against(items) && newest(items, &OF_LICENCE) == Some(EvidenceOutcome::Confirmed)
}

/// Whether items speak against a person: the newest of a kind about them, or the newest look-up of the
/// licence by an officer, contradicts. A system's check of the licence is the portal's word, and may be
/// followed by a better one.
pub(crate) fn speaks_against(items: &[EvidenceReference]) -> bool {
    let of_officers = OF_PERSON.iter().chain(&["licence_look_up"]);
    of_officers.into_iter().any(|kind| newest(items, &[*kind]) == Some(EvidenceOutcome::Contradicted))
}

/// Whether an item speaks of the person, not of the licence.
pub(super) fn is_of_person(item: &EvidenceReference) -> bool {
    OF_PERSON.contains(&item.kind.as_str())
}

/// What an officer found themselves, by kind: the newest answer of each.
pub(crate) fn findings(items: &[EvidenceReference], officer: &str) -> BTreeMap<String, EvidenceOutcome> {
    let own: Vec<EvidenceReference> =
        items.iter().filter(|item| item.recorded_by.as_deref() == Some(officer)).cloned().collect();
    let kinds = OF_PERSON.iter().chain(&OF_LICENCE);
    kinds.filter_map(|kind| Some(((*kind).to_owned(), newest(&own, &[*kind])?))).collect()
}

/// The newest answer of these kinds; of two at one instant the one that contradicts.
fn newest(items: &[EvidenceReference], kinds: &[&str]) -> Option<EvidenceOutcome> {
    let of_kinds = items.iter().filter(|item| kinds.contains(&item.kind.as_str()));
    let answers = of_kinds.filter_map(|item| Some((at(item), item.outcome?)));
    answers
        .filter(|(_, outcome)| *outcome != EvidenceOutcome::Unavailable)
        .max_by_key(|(at, outcome)| (*at, *outcome == EvidenceOutcome::Contradicted))
        .map(|(_, outcome)| outcome)
}

fn at(item: &EvidenceReference) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(&item.recorded_at, &Rfc3339).ok()
}

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
        if own == 0 {
            return Err(invalid("evidence: nothing of this officer's"));
        }
        evidence_is_whole(&record.evidence)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn item(kind: &str, outcome: EvidenceOutcome, minute: u8) -> EvidenceReference {
        EvidenceReference {
            kind: kind.to_owned(),
            outcome: Some(outcome),
            sha256: "9f2c41d0".repeat(8),
            recorded_by: (kind != "licence_check").then(|| "officer".to_owned()),
            recorded_at: format!("2026-08-14T03:{minute:02}:00Z"),
        }
    }

    #[test]
    fn the_newest_of_each_kind_decides() {
        use EvidenceOutcome::{Confirmed, Contradicted, Unavailable};
        let good = [item("document_seen", Confirmed, 0), item("licence_check", Confirmed, 0)];
        assert!(speaks_for(&good));
        let with = |more: &[EvidenceReference]| speaks_for(&[&good, more].concat());
        for (more, expected) in [
            (vec![item("officer_comparison", Contradicted, 1)], false),
            (vec![item("officer_comparison", Contradicted, 1), item("officer_comparison", Confirmed, 2)], true),
            (vec![item("officer_comparison", Confirmed, 1), item("officer_comparison", Contradicted, 1)], false),
            (vec![item("dopa_status", Unavailable, 1)], true),
            (vec![item("licence_look_up", Contradicted, 1)], false),
            (vec![item("licence_look_up", Contradicted, 1), item("licence_check", Unavailable, 2)], false),
            (vec![item("licence_check", Contradicted, 1)], false),
            (vec![item("licence_check", Contradicted, 1), item("licence_check", Confirmed, 2)], true),
            (vec![item("licence_look_up", Contradicted, 1), item("licence_check", Confirmed, 2)], false),
        ] {
            assert_eq!(with(&more), expected, "{more:?}");
        }
        assert!(!speaks_for(&good[..1]), "no word on the licence");
        assert!(!speaks_for(&good[1..]), "nobody saw the person");
        assert!(speaks_for(&[item("document_seen", Confirmed, 0), item("licence_look_up", Confirmed, 0)]));
        assert!(!speaks_for(&[]));
        let unsaid = EvidenceReference { outcome: None, ..good[0].clone() };
        assert!(!speaks_for(&[unsaid.clone(), good[1].clone()]));
        assert!(evidence_is_whole(&good).is_ok() && evidence_is_whole(&[unsaid]).is_err());
        assert!(evidence_is_whole(&[item("a_word_of_the_portal", Confirmed, 0)]).is_err());
        let nobodys = EvidenceReference { recorded_by: None, ..item("officer_comparison", Confirmed, 0) };
        assert!(evidence_is_whole(&[nobodys]).is_err());
        let found = findings(&[item("licence_check", Confirmed, 0), item("document_seen", Confirmed, 0)], "officer");
        assert_eq!(found, [("document_seen".to_owned(), Confirmed)].into());
        // No answer about the licence yet is no finding against anybody.
        assert!(!speaks_against(&good[..1]) && !speaks_against(&[item("licence_check", Contradicted, 1)]));
    }
}

//! An evidence officer over the unit may vouch for somebody else whom they saw.

use std::collections::{BTreeMap, BTreeSet};

use store::ids::micros;
use store::journal::Tx;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{Reach, invalid};
use crate::core::{Core, is_id, journal_refusal};
use crate::protocol::{EvidenceOutcome, EvidenceRecord, EvidenceReference, Refusal};
use crate::statements::Finding;

/// Items of one record, and of one request.
const MAX_ITEMS: usize = 50;

/// How far the portal's clock may be ahead of the signer's.
const SKEW: Duration = Duration::minutes(15);

/// What speaks of the person.
const OF_PERSON: [&str; 6] =
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
    let mut told = BTreeSet::new();
    for item in items {
        if item.recorded_by.is_some() && !told.insert((&item.kind, &item.recorded_by)) {
            return Err(invalid("evidence: one thing twice by one officer"));
        }
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

/// Whether items speak for a person: officers saw a document and compared the face with it, nothing
/// contradicts, and the newest answer about the licence confirms it.
pub(crate) fn speaks_for(items: &[EvidenceReference]) -> bool {
    let by_officers: Vec<EvidenceReference> = items.iter().filter(|item| item.recorded_by.is_some()).cloned().collect();
    let confirmed = |kind: &str| newest(&by_officers, &[kind]) == Some(EvidenceOutcome::Confirmed);
    saw_the_person(confirmed)
        && !speaks_against(items)
        && newest(items, &OF_LICENCE) == Some(EvidenceOutcome::Confirmed)
}

/// Whether somebody by whom these kinds are confirmed saw the person: a card or its chip, and the face
/// compared with it. Less is not identity level 2.1.
pub(crate) fn saw_the_person(confirmed: impl Fn(&str) -> bool) -> bool {
    (confirmed("document_seen") || confirmed("chip_read"))
        && (confirmed("officer_comparison") || confirmed("face_comparison"))
}

/// Whether items carry an identity level, once officers saw the person (`people::evidence::derive_level`).
pub(super) fn carries_level(items: &[EvidenceReference], level: &str) -> bool {
    let confirmed = |kind: &str| newest(items, &[kind]) == Some(EvidenceOutcome::Confirmed);
    match level {
        "2.1" => true,
        "2.2" => confirmed("dopa_status") && (confirmed("face_comparison") || confirmed("chip_read")),
        "2.3" => confirmed("dopa_status") && confirmed("chip_read"),
        _ => false,
    }
}

/// Whether items speak against a person: the newest of a kind about them, or the newest look-up of the
/// licence by an officer, contradicts. A system's check of the licence is the portal's word, and may be
/// followed by a better one.
pub(crate) fn speaks_against(items: &[EvidenceReference]) -> bool {
    let of_officers = OF_PERSON.iter().chain(&["licence_look_up"]);
    of_officers.into_iter().any(|kind| newest(items, &[*kind]) == Some(EvidenceOutcome::Contradicted))
}

/// What an officer found themselves, by kind, and when they recorded it.
pub(crate) fn findings(items: &[EvidenceReference], officer: &str) -> BTreeMap<String, Finding> {
    let own = items.iter().filter(|item| item.recorded_by.as_deref() == Some(officer));
    own.filter_map(|item| Some((item.kind.clone(), Finding { outcome: item.outcome?, at: micros(at(item)?) })))
        .collect()
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
        let latest = self.now() + SKEW;
        if record.evidence.iter().any(|item| at(item).is_none_or(|at| at > latest)) {
            return Err(invalid("evidence: recorded_at"));
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
        let good = [
            item("document_seen", Confirmed, 0),
            item("licence_check", Confirmed, 0),
            item("face_comparison", Confirmed, 0),
        ];
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
        let without = |kind: &str| {
            let rest: Vec<EvidenceReference> = good.iter().filter(|item| item.kind != kind).cloned().collect();
            rest
        };
        for kind in ["document_seen", "licence_check", "face_comparison"] {
            assert!(!speaks_for(&without(kind)), "{kind}");
        }
        let looked_up = [without("licence_check"), vec![item("licence_look_up", Confirmed, 0)]].concat();
        assert!(speaks_for(&looked_up));
        assert!(!speaks_for(&[]));
        let unsaid = EvidenceReference { outcome: None, ..good[0].clone() };
        assert!(!speaks_for(&[unsaid.clone(), good[1].clone(), good[2].clone()]));
        let twice = [good[0].clone(), item("document_seen", Confirmed, 5)];
        assert!(evidence_is_whole(&twice).is_err());
        assert!(carries_level(&good, "2.1") && !carries_level(&good, "2.2") && !carries_level(&good, "1.3"));
        let more = [&good[..], &[item("chip_read", Confirmed, 0), item("dopa_status", Confirmed, 0)]].concat();
        assert!(carries_level(&more, "2.3"));
        assert!(evidence_is_whole(&good).is_ok() && evidence_is_whole(&[unsaid]).is_err());
        assert!(evidence_is_whole(&[item("a_word_of_the_portal", Confirmed, 0)]).is_err());
        let nobodys = EvidenceReference { recorded_by: None, ..item("officer_comparison", Confirmed, 0) };
        assert!(evidence_is_whole(&[nobodys]).is_err());
        let found = findings(&[item("licence_check", Confirmed, 0), item("document_seen", Confirmed, 0)], "officer");
        assert_eq!(found.len(), 1);
        assert_eq!(found["document_seen"].outcome, Confirmed);
        // No answer about the licence yet is no finding against anybody.
        assert!(!speaks_against(&good) && !speaks_against(&[item("licence_check", Contradicted, 1)]));
    }
}

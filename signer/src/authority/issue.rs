//! An RA officer over the unit may have a certificate issued, to somebody else, on evidence that
//! somebody else recorded.

use std::collections::BTreeMap;

use store::journal::{Appointment, Tx};

use super::evidence::{carries_level, evidence_is_whole, speaks_for};
use super::{Reach, invalid};
use crate::core::{Core, is_id, journal_refusal};
use crate::passkeys::Role;
use crate::protocol::{CertificateRequest, EvidenceOutcome, EvidenceReference, Refusal};
use crate::records::CertificateDetails;
use crate::statements::{Finding, Vouched, name_digest};

/// What officers found against a person: of which kinds, and when they said so last.
#[derive(Debug, Default)]
struct Against(BTreeMap<String, i64>);

impl Against {
    /// Whether an officer looked again after all of it, at each kind of it, and found otherwise. Neither what
    /// came before answers, nor leaving it out, nor several who each saw a part.
    fn is_answered_by(&self, vouched: &Vouched) -> bool {
        self.0.iter().all(|(kind, said)| {
            let found = vouched.findings.get(kind);
            vouched.at > *said
                && found.is_some_and(|found| found.outcome == EvidenceOutcome::Confirmed && found.at > *said)
        })
    }
}

impl Core {
    /// Whether an evidence officer who is neither the approver nor the doctor put their own touch to
    /// this person with this name, this passkey and this licence, whom they saw, and to all that is said to
    /// be theirs. What the portal says beyond that, of other officers too, is shown as its word.
    async fn evidence_is_vouched_for(
        &self,
        tx: &mut Tx,
        approver: &Appointment,
        request: &CertificateRequest,
    ) -> Result<bool, Refusal> {
        let name_th = format!("{}{} {}", request.title_th, request.given_name_th, request.surname_th);
        let name = name_digest(&name_th, &format!("{} {}", request.given_name_en, request.surname_en));
        let mut about_this = self.evidence_stated(tx, &request.person_id).await?;
        let against = self.found_against(tx, &about_this).await?;
        about_this.retain(|vouched| against.is_answered_by(vouched));
        about_this.retain(|vouched| {
            vouched.identity_digest == request.identity_digest
                && vouched.name_sha256 == name
                && vouched.unit_code == request.unit_code
                && (&vouched.profession, &vouched.licence) == (&request.profession, &request.licence)
                && vouched.credential_id == request.credential.credential_id
                && vouched.public_key_sha256 == request.credential.public_key_sha256
        });
        // The request rests on what the officer saw, and on nothing under their name that they did not touch for.
        let names = |vouched: &Vouched| {
            let theirs = request.evidence.iter().filter(|item| item.recorded_by.as_ref() == Some(&vouched.officer_id));
            theirs.into_iter().any(|item| vouched.holds(item))
        };
        // An officer may have put their passkey to this person more than once.
        let all_of = |officer: &str| {
            let theirs = |item: &&EvidenceReference| item.recorded_by.as_deref() == Some(officer);
            let vouched_for = |item: &EvidenceReference| {
                about_this.iter().any(|vouched| vouched.officer_id == officer && vouched.holds(item))
            };
            request.evidence.iter().filter(theirs).all(vouched_for)
        };
        for vouched in &about_this {
            let sufficient = vouched.saw_the_person() && names(vouched) && all_of(&vouched.officer_id);
            if !sufficient || [&approver.person_id, &request.person_id].contains(&&vouched.officer_id) {
                continue;
            }
            // Who vouched must still be an evidence officer here, and another natural person.
            let officer = self
                .officer_over(tx, &vouched.officer_id, &request.unit_code, "evidence_officer", Reach::UnitAndBelow)
                .await;
            match officer {
                Ok(officer) if officer.identity_digest != approver.identity_digest => return Ok(true),
                Ok(_) | Err(Refusal::NoAuthority) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(false)
    }

    /// What evidence officers, who still are some where they said it, found against the person, ever.
    async fn found_against(&self, tx: &mut Tx, stated: &[Vouched]) -> Result<Against, Refusal> {
        let mut against = Against::default();
        for vouched in stated {
            let negative = |(_, found): &(&String, &Finding)| found.outcome == EvidenceOutcome::Contradicted;
            let kinds: Vec<&String> = vouched.findings.iter().filter(negative).map(|(kind, _)| kind).collect();
            if kinds.is_empty() {
                continue;
            }
            let (officer, unit) = (&vouched.officer_id, &vouched.unit_code);
            match self.officer_over(tx, officer, unit, "evidence_officer", Reach::UnitAndBelow).await {
                Ok(_) => {}
                Err(Refusal::NoAuthority) => continue,
                Err(refusal) => return Err(refusal),
            }
            for kind in kinds {
                let said = against.0.entry(kind.clone()).or_insert(i64::MIN);
                *said = vouched.at.max(*said);
            }
        }
        Ok(against)
    }

    pub(super) async fn may_issue(
        &self,
        tx: &mut Tx,
        actor: &str,
        request: &CertificateRequest,
    ) -> Result<String, Refusal> {
        let appointment = self.officer_over(tx, actor, &request.unit_code, "ra_officer", Reach::UnitAndBelow).await?;
        if request.person_id == actor || request.identity_digest == appointment.identity_digest {
            return Err(Refusal::SelfApproval);
        }
        if !is_id(&request.request_id) {
            return Err(invalid("request_id"));
        }
        evidence_is_whole(&request.evidence)?;
        // Nobody approves on evidence they alone recorded, nor on what the doctor recorded.
        let recorders: Vec<&str> =
            request.evidence.iter().filter_map(|evidence| evidence.recorded_by.as_deref()).collect();
        if recorders.is_empty() {
            return Err(insufficient("no officer saw the person"));
        }
        if recorders.iter().all(|recorder| *recorder == actor || *recorder == request.person_id) {
            return Err(Refusal::SelfApproval);
        }
        // By natural person, not by account: the approver's or the doctor's other account is them.
        let mut seen_by_another = false;
        for recorder in recorders.iter().filter(|recorder| **recorder != actor) {
            let officer = self.officer_over(tx, recorder, &request.unit_code, "evidence_officer", Reach::UnitAndBelow);
            // Who is none any more is not asked: an officer looks again.
            let officer = officer.await.map_err(|refusal| match refusal {
                Refusal::NoAuthority => insufficient("recorded by somebody who is no evidence officer here"),
                refusal => refusal,
            })?;
            seen_by_another |= officer.person_id != request.person_id
                && ![&appointment.identity_digest, &request.identity_digest].contains(&&officer.identity_digest);
        }
        if !seen_by_another {
            return Err(Refusal::SelfApproval);
        }
        // The policy arcs begin at 2.1, accepted provisionally for a doctor.
        if request.ial.parse::<ca::AssuranceLevel>().is_err() {
            return Err(invalid("ial: below 2.1"));
        }
        if request.profession.parse::<ca::Profession>().is_err() {
            return Err(invalid("profession"));
        }
        if !request.evidence.iter().any(|item| item.kind == "licence_check") {
            return Err(invalid("licence: not checked"));
        }
        self.credential_is_pending(tx, &request.person_id, &request.credential).await?;
        self.passkey_suits(tx, &request.credential.credential_id, Role::Doctor).await?;
        // One person, one identity, one licence: a renewal says what the last certificate said.
        for earlier in tx.certificates_of(&request.person_id).await.map_err(|error| journal_refusal(&error))? {
            let details = CertificateDetails::of(&earlier)?;
            let same_licence = details.licence == request.licence && details.profession == request.profession;
            if details.identity_digest != request.identity_digest || !same_licence {
                return Err(Refusal::Conflict);
            }
        }
        let holder = tx.licence_holder(&request.profession, &request.licence).await;
        let holder = holder.map_err(|error| journal_refusal(&error))?;
        if holder.is_some_and(|holder| holder != request.identity_digest) {
            return Err(Refusal::LicenceTaken);
        }
        if !carries_level(&request.evidence, &request.ial) {
            return Err(insufficient("it does not carry the identity level"));
        }
        if !speaks_for(&request.evidence) {
            return Err(insufficient("it does not speak for this person"));
        }
        if !self.evidence_is_vouched_for(tx, &appointment, request).await? {
            return Err(insufficient("not vouched for by another officer's touch"));
        }
        if tx.certificate_of_request(&request.request_id).await.map_err(|error| journal_refusal(&error))?.is_some() {
            return Err(Refusal::AlreadyDone);
        }
        Ok(appointment.appointment_id)
    }
}

fn insufficient(detail: &str) -> Refusal {
    Refusal::EvidenceInsufficient { detail: detail.to_owned() }
}

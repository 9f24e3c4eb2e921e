//! The one decision on who may do what. Screens take their options from it, the API its
//! refusals; the signer makes its own from its own journal.

use crate::appointment::{Appointment, Role};
use crate::evidence::EvidenceKind;
use crate::level::{Aal, Ial};
use crate::rules::{Acceptance, Action, required};
use crate::unit::UnitTree;

/// Who wants to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Id of the person.
    pub person_id: String,
    /// Keyed digest of the national ID, if it is known.
    pub identity_digest: Option<String>,
    /// Identity level reached.
    pub ial: Ial,
    /// Authenticator level of the session.
    pub aal: Aal,
    /// Appointments in force.
    pub appointments: Vec<Appointment>,
}

/// What it is done to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// Id of the person it is about.
    pub person_id: Option<String>,
    /// Keyed digest of that person's national ID, if it is known.
    pub identity_digest: Option<String>,
    /// Code of the unit it belongs to.
    pub unit_code: Option<String>,
    /// The evidence it rests on: kind and the person who recorded it (none: a system).
    pub evidence: Vec<(EvidenceKind, Option<String>)>,
    /// The identity level that evidence reaches, for a request.
    pub ial: Option<Ial>,
    /// Whether the licence was found active.
    pub licence_active: bool,
}

/// The decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// They may.
    Allowed,
    /// They may not: every reason found.
    Denied(Vec<Reason>),
}

/// Why somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The actor's identity is not known surely enough.
    #[error("identity level {has} is below {needs}")]
    IdentityLevel {
        /// Reached.
        has: Ial,
        /// Needed.
        needs: Ial,
    },
    /// The login is not strong enough.
    #[error("authenticator level {has} is below {needs}")]
    AuthenticatorLevel {
        /// Reached.
        has: Aal,
        /// Needed.
        needs: Aal,
    },
    /// The actor holds no such appointment.
    #[error("no appointment as {}", .0.as_str())]
    NoAppointment(Role),
    /// The unit is unknown or not in the part of the tree the actor is appointed to.
    #[error("the unit is outside the officer's part of the tree")]
    OutsideSubtree,
    /// Nobody approves, appoints or records evidence about themselves.
    #[error("nobody does this for themselves")]
    Oneself,
    /// Only the person themselves may do it.
    #[error("only the person themselves may do this")]
    NotOneself,
    /// The actor alone recorded all the evidence.
    #[error("the officer alone recorded the evidence")]
    OwnEvidence,
    /// The subject's identity is not known surely enough.
    #[error("the evidence reaches identity level {has}, below {needs}")]
    SubjectLevel {
        /// Reached.
        has: Ial,
        /// Needed.
        needs: Ial,
    },
    /// The licence was not found active.
    #[error("the licence was not found active")]
    LicenceNotActive,
}

/// Decides. The fresh activation that some actions need is the signer's to check.
pub fn decide(actor: &Actor, action: Action, subject: &Subject, tree: &UnitTree, acceptance: Acceptance) -> Decision {
    let needs = required(action, acceptance);
    let mut reasons = Vec::new();
    if let Some(needs) = needs.ial.filter(|needs| actor.ial < *needs) {
        reasons.push(Reason::IdentityLevel { has: actor.ial, needs });
    }
    if let Some(needs) = needs.aal.filter(|needs| actor.aal < *needs) {
        reasons.push(Reason::AuthenticatorLevel { has: actor.aal, needs });
    }
    if needs.licence && !subject.licence_active {
        reasons.push(Reason::LicenceNotActive);
    }
    if let Some(role) = needs.role {
        reasons.extend(no_authority(actor, role, action, subject, tree));
    }
    match action {
        Action::VerifyCertificate
        | Action::HoldCeremony
        | Action::RevokeCertificate
        | Action::SuspendCertificate
        | Action::RevokeCertificates => {}
        Action::OpenOwnDocument
        | Action::RequestCertificate
        | Action::SignDocuments
        | Action::RevokeOwnCertificate
        | Action::SuspendOwnCertificate => {
            if !is_same_person(actor, subject) {
                reasons.push(Reason::NotOneself);
            }
        }
        // Who signed a document does not have it erased: it may be what others hold against them.
        Action::RecordEvidence
        | Action::AppointOfficer
        | Action::ApproveRequest
        | Action::RestoreCertificate
        | Action::EraseDocument => {
            if is_same_person(actor, subject) {
                reasons.push(Reason::Oneself);
            }
        }
    }
    if action == Action::ApproveRequest {
        if alone_recorded(actor, subject) {
            reasons.push(Reason::OwnEvidence);
        }
        if !subject.licence_active {
            reasons.push(Reason::LicenceNotActive);
        }
        // Who is approved will sign: the level that signing needs.
        let has = subject.ial.unwrap_or(Ial::L11);
        let needs = required(Action::SignDocuments, acceptance).ial;
        if let Some(needs) = needs.filter(|needs| has < *needs) {
            reasons.push(Reason::SubjectLevel { has, needs });
        }
    }
    if reasons.is_empty() { Decision::Allowed } else { Decision::Denied(reasons) }
}

/// By person and by natural person: a second account does not make a second pair of eyes.
fn is_same_person(actor: &Actor, subject: &Subject) -> bool {
    let same_identity = actor.identity_digest.is_some() && actor.identity_digest == subject.identity_digest;
    same_identity || subject.person_id.as_deref() == Some(actor.person_id.as_str())
}

fn no_authority(actor: &Actor, role: Role, action: Action, subject: &Subject, tree: &UnitTree) -> Option<Reason> {
    let mut appointments = actor.appointments.iter().filter(|held| held.role == role).peekable();
    if appointments.peek().is_none() {
        return Some(Reason::NoAppointment(role));
    }
    let unit = subject.unit_code.as_deref().unwrap_or_default();
    let reaches = appointments.any(|held| match action {
        // An officer is appointed by the level above.
        Action::AppointOfficer => tree.is_below(unit, &held.unit_code),
        _ => tree.is_within(unit, &held.unit_code),
    });
    (!reaches).then_some(Reason::OutsideSubtree)
}

fn alone_recorded(actor: &Actor, subject: &Subject) -> bool {
    let mut recorders = subject.evidence.iter().filter_map(|(_, by)| by.as_deref()).peekable();
    recorders.peek().is_some() && recorders.all(|by| by == actor.person_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unit::tests::tree;

    fn officer(role: Role, unit: &str) -> Actor {
        Actor {
            person_id: "rita".into(),
            identity_digest: Some("aa".into()),
            ial: Ial::L23,
            aal: Aal::L22,
            appointments: vec![Appointment {
                appointment_id: "a".into(),
                person_id: "rita".into(),
                identity_digest: "aa".into(),
                role,
                unit_code: unit.into(),
            }],
        }
    }

    fn request() -> Subject {
        Subject {
            person_id: Some("dora".into()),
            identity_digest: Some("dd".into()),
            unit_code: Some("10660".into()),
            evidence: vec![(EvidenceKind::DocumentSeen, Some("eva".into())), (EvidenceKind::LicenceCheck, None)],
            ial: Some(Ial::L23),
            licence_active: true,
        }
    }

    #[track_caller]
    fn check(actor: &Actor, action: Action, subject: &Subject, expected: &[Reason]) {
        let expected = match expected {
            [] => Decision::Allowed,
            reasons => Decision::Denied(reasons.to_vec()),
        };
        assert_eq!(decide(actor, action, subject, &tree(), Acceptance::default()), expected);
    }

    #[test]
    fn an_officer_approves_inside_their_subtree() {
        for unit in ["10660", "14", "moph"] {
            check(&officer(Role::RaOfficer, unit), Action::ApproveRequest, &request(), &[]);
        }
        let elsewhere = officer(Role::RaOfficer, "65");
        check(&elsewhere, Action::ApproveRequest, &request(), &[Reason::OutsideSubtree]);
        let evidence = officer(Role::EvidenceOfficer, "14");
        let missing = Reason::NoAppointment(Role::RaOfficer);
        check(&evidence, Action::ApproveRequest, &request(), &[missing]);
        let nowhere = Subject { unit_code: None, ..request() };
        let rita = officer(Role::RaOfficer, "moph");
        check(&rita, Action::ApproveRequest, &nowhere, &[Reason::OutsideSubtree]);
    }

    #[test]
    fn nobody_approves_themselves_under_any_account() {
        let rita = officer(Role::RaOfficer, "14");
        let own = Subject { person_id: Some("rita".into()), ..request() };
        check(&rita, Action::ApproveRequest, &own, &[Reason::Oneself]);
        let second_account = Subject { identity_digest: Some("aa".into()), ..request() };
        check(&rita, Action::ApproveRequest, &second_account, &[Reason::Oneself]);
        check(&rita, Action::AppointOfficer, &second_account, &[Reason::Oneself]);
        let unknown = Actor { identity_digest: None, ..rita };
        let nameless = Subject { identity_digest: None, ..request() };
        check(&unknown, Action::ApproveRequest, &nameless, &[]);
    }

    #[test]
    fn nobody_approves_on_their_own_evidence_alone() {
        let rita = officer(Role::RaOfficer, "14");
        let mut subject = request();
        subject.evidence = vec![(EvidenceKind::DocumentSeen, Some("rita".into())), (EvidenceKind::LicenceCheck, None)];
        check(&rita, Action::ApproveRequest, &subject, &[Reason::OwnEvidence]);
        subject.evidence.push((EvidenceKind::OfficerComparison, Some("eva".into())));
        check(&rita, Action::ApproveRequest, &subject, &[]);
    }

    #[test]
    fn an_officer_ends_what_is_in_their_care_and_restores_nothing_of_their_own() {
        let subject = Subject { evidence: vec![], licence_active: false, ..request() };
        let acts = [
            Action::RevokeCertificate,
            Action::SuspendCertificate,
            Action::RestoreCertificate,
            Action::RevokeCertificates,
        ];
        for action in acts {
            check(&officer(Role::RaOfficer, "14"), action, &subject, &[]);
            check(&officer(Role::RaOfficer, "65"), action, &subject, &[Reason::OutsideSubtree]);
            let missing = Reason::NoAppointment(Role::RaOfficer);
            check(&officer(Role::EvidenceOfficer, "14"), action, &subject, &[missing]);
        }
        let own = Subject { identity_digest: Some("aa".into()), ..subject };
        check(&officer(Role::RaOfficer, "14"), Action::RestoreCertificate, &own, &[Reason::Oneself]);
    }

    #[test]
    fn a_doctor_ends_and_suspends_only_their_own() {
        let doctor = Actor { appointments: vec![], ial: Ial::L11, ..officer(Role::RaOfficer, "14") };
        let own = Subject { person_id: Some("rita".into()), licence_active: false, ..request() };
        for action in [Action::RevokeOwnCertificate, Action::SuspendOwnCertificate] {
            check(&doctor, action, &own, &[]);
            check(&doctor, action, &request(), &[Reason::NotOneself]);
        }
    }

    #[test]
    fn officers_are_appointed_from_above() {
        let hospital = Subject { unit_code: Some("10660".into()), ..request() };
        check(&officer(Role::RaOfficer, "14"), Action::AppointOfficer, &hospital, &[]);
        let same = officer(Role::RaOfficer, "10660");
        check(&same, Action::AppointOfficer, &hospital, &[Reason::OutsideSubtree]);
    }

    #[test]
    fn weak_identity_or_login_is_named() {
        let weak = Actor { ial: Ial::L21, aal: Aal::L1, ..officer(Role::RaOfficer, "14") };
        let subject = Subject { ial: Some(Ial::L21), licence_active: false, ..request() };
        check(
            &weak,
            Action::ApproveRequest,
            &subject,
            &[
                Reason::IdentityLevel { has: Ial::L21, needs: Ial::L23 },
                Reason::AuthenticatorLevel { has: Aal::L1, needs: Aal::L22 },
                Reason::LicenceNotActive,
                Reason::SubjectLevel { has: Ial::L21, needs: Ial::L23 },
            ],
        );
        let pilot = Acceptance { provisional_ial_2_1: true };
        let strong = Actor { aal: Aal::L22, ..weak };
        let subject = Subject { licence_active: true, ..subject };
        let decision = decide(&strong, Action::ApproveRequest, &subject, &tree(), pilot);
        assert_eq!(decision, Decision::Allowed);
    }

    #[test]
    fn a_doctor_signs_only_their_own() {
        let doctor = Actor { appointments: vec![], ..officer(Role::RaOfficer, "14") };
        let own = Subject { person_id: Some("rita".into()), ..request() };
        check(&doctor, Action::SignDocuments, &own, &[]);
        check(&doctor, Action::SignDocuments, &request(), &[Reason::NotOneself]);
        let lapsed = Subject { licence_active: false, ..own };
        check(&doctor, Action::SignDocuments, &lapsed, &[Reason::LicenceNotActive]);
    }
}

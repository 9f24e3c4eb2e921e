//! A certificate in somebody's care, and what they may do to it: one decision, by the policy, for
//! pages and programs alike.

use people::{Acceptance, Action, Actor, Decision, Role, Subject, UnitTree, decide};
use serde::Serialize;
use signer::protocol::CertificateRecord;
use store::portal::doctor_request::RequestState;
use store::portal::person::Person;
use time::OffsetDateTime;

use crate::app::App;
use crate::instants::parse;
use crate::pages::CertificateState;
use crate::problem::Problem;
use crate::units::{Office, Units};

/// The CRL reason of a suspension (RFC 5280 §5.3.1).
pub(crate) const HOLD: &str = "certificate_hold";

/// What somebody may do to a certificate as it stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Acts {
    /// End it for good.
    pub(crate) revoke: bool,
    /// Say more about an end recorded before: only ever stricter.
    pub(crate) amend: bool,
    /// Suspend it at once.
    pub(crate) suspend: bool,
    /// End the suspension.
    pub(crate) restore: bool,
    /// End it with others of the same unit, person or key.
    pub(crate) revoke_many: bool,
}

impl Acts {
    /// The decision.
    pub(crate) fn of(
        actor: &Actor,
        subject: &Subject,
        state: CertificateState,
        tree: &UnitTree,
        acceptance: Acceptance,
    ) -> Self {
        let may = |action| decide(actor, action, subject, tree, acceptance) == Decision::Allowed;
        let end = may(Action::RevokeCertificate) || may(Action::RevokeOwnCertificate);
        let revoked = state == CertificateState::Revoked;
        let suspended = state == CertificateState::Suspended;
        Self {
            revoke: end && !revoked,
            amend: end && revoked,
            suspend: state == CertificateState::Good
                && (may(Action::SuspendCertificate) || may(Action::SuspendOwnCertificate)),
            restore: suspended && may(Action::RestoreCertificate),
            revoke_many: may(Action::RevokeCertificates),
        }
    }
}

/// How a certificate stands.
pub(crate) fn state_of(certificate: &CertificateRecord, now: OffsetDateTime) -> CertificateState {
    match &certificate.revoked {
        Some(revoked) if revoked.reason != HOLD => CertificateState::Revoked,
        // Over is over, suspended or not.
        _ if parse(&certificate.not_after).is_none_or(|end| end < now) => CertificateState::Expired,
        Some(_) => CertificateState::Suspended,
        None => CertificateState::Good,
    }
}

/// A certificate that somebody may see.
#[derive(Debug, Clone)]
pub(crate) struct Care {
    pub(crate) certificate: CertificateRecord,
    pub(crate) state: CertificateState,
    pub(crate) acts: Acts,
    /// Seen by an officer over its unit, not by its own doctor.
    pub(crate) as_officer: bool,
}

impl Care {
    /// Title and name, in Thai.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.certificate.title_th, self.certificate.name_th)
    }
}

/// A person with what they hold, before certificates.
pub(crate) struct Carer<'a> {
    app: &'a App,
    person: &'a Person,
    office: Office,
    units: Units,
}

impl<'a> Carer<'a> {
    /// Asks the signer what this person holds.
    pub(crate) async fn load(app: &'a App, person: &'a Person) -> Result<Self, Problem> {
        Ok(Self { app, person, office: Office::load(app, &person.id).await?, units: Units::load(app).await? })
    }

    /// The unit tree.
    pub(crate) fn units(&self) -> &Units {
        &self.units
    }

    /// Units whose certificates this person may revoke many of, parents first.
    pub(crate) fn units_in_care(&self) -> Vec<String> {
        let mut codes = self.office.within(&self.units, Role::RaOfficer);
        codes.retain(|code| self.may_revoke_many(code));
        codes
    }

    /// May this person revoke many certificates of a unit at once?
    pub(crate) fn may_revoke_many(&self, unit_code: &str) -> bool {
        let subject = Subject { unit_code: Some(unit_code.to_owned()), ..Subject::default() };
        let actor = self.office.actor(self.person);
        let acceptance = self.app.config().acceptance;
        decide(&actor, Action::RevokeCertificates, &subject, self.units.tree(), acceptance) == Decision::Allowed
    }

    fn care(&self, certificate: CertificateRecord, identity_digest: &str) -> Care {
        let state = state_of(&certificate, self.app.now());
        let subject = Subject {
            person_id: Some(certificate.person_id.clone()),
            identity_digest: (!identity_digest.is_empty()).then(|| identity_digest.to_owned()),
            unit_code: Some(certificate.unit_code.clone()),
            ..Subject::default()
        };
        let actor = self.office.actor(self.person);
        let acts = Acts::of(&actor, &subject, state, self.units.tree(), self.app.config().acceptance);
        let as_officer = certificate.person_id != self.person.id;
        Care { certificate, state, acts, as_officer }
    }

    /// Whether this person may see certificates of a unit.
    fn sees(&self, unit_code: &str) -> bool {
        self.office.within(&self.units, Role::RaOfficer).iter().any(|code| code == unit_code)
    }

    /// One certificate, if this person may see it.
    pub(crate) async fn open(&self, serial: &str) -> Result<Care, Problem> {
        if serial.is_empty() || serial.len() > 40 || !serial.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Problem::not_found());
        }
        let mut tx = self.app.portal().begin().await?;
        let request = tx.request_of_certificate(serial).await?;
        drop(tx);
        // Before the officer came back from the signer's page no row tells whose it is.
        let (holder, digest) = match &request {
            Some(request) => (request.person_id.as_str(), request.identity_digest.as_str()),
            None => (self.person.id.as_str(), self.person.identity_digest.as_str()),
        };
        let certificates = self.app.signer().certificates(holder).await?;
        let found = certificates.into_iter().find(|certificate| certificate.serial == serial);
        let certificate = found.ok_or_else(Problem::not_found)?;
        if holder != self.person.id && !self.sees(&certificate.unit_code) {
            return Err(Problem::not_found());
        }
        Ok(self.care(certificate, digest))
    }

    /// Every certificate this person may see: their own first.
    pub(crate) async fn all(&self) -> Result<Vec<Care>, Problem> {
        let own = self.app.signer().certificates(&self.person.id).await?;
        let digest = &self.person.identity_digest;
        let mut found: Vec<Care> = own.into_iter().map(|certificate| self.care(certificate, digest)).collect();
        let mut doctors = Vec::new();
        for code in self.office.within(&self.units, Role::RaOfficer) {
            let mut tx = self.app.portal().begin().await?;
            let issued = tx.requests_of_unit(&code, RequestState::Issued).await?;
            doctors.extend(issued.into_iter().map(|request| (request.person_id, request.identity_digest)));
        }
        doctors.sort();
        doctors.dedup();
        for (doctor, digest) in doctors.iter().filter(|(doctor, _)| *doctor != self.person.id) {
            let certificates = self.app.signer().certificates(doctor).await?;
            found.extend(certificates.into_iter().map(|certificate| self.care(certificate, digest)));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::verify_code::tests::signed;
    use people::{Aal, Appointment, Ial, Unit};
    use signer::protocol::RevokedRecord;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-11-21 05:00 UTC);

    fn tree() -> UnitTree {
        let unit = |code: &str, parent: Option<&str>, kind: &str| Unit {
            code: code.into(),
            parent: parent.map(str::to_owned),
            kind: kind.into(),
            name_th: code.into(),
            name_en: code.into(),
            address_th: String::new(),
        };
        let units = [
            unit("moph", None, "ministry"),
            unit("40", Some("moph"), "province"),
            unit("10670", Some("40"), "hospital"),
        ];
        UnitTree::new(units).unwrap()
    }

    fn actor(person: &str, unit: Option<&str>) -> Actor {
        let appointment = |unit: &str| Appointment {
            appointment_id: "a".into(),
            person_id: person.into(),
            identity_digest: person.into(),
            role: Role::RaOfficer,
            unit_code: unit.into(),
        };
        Actor {
            person_id: person.into(),
            identity_digest: Some(person.into()),
            ial: Ial::L23,
            aal: Aal::L22,
            appointments: unit.map(appointment).into_iter().collect(),
        }
    }

    fn acts(actor: &Actor, state: CertificateState) -> Acts {
        let subject = Subject {
            person_id: Some("dora".into()),
            identity_digest: Some("dora".into()),
            unit_code: Some("10670".into()),
            ..Subject::default()
        };
        Acts::of(actor, &subject, state, &tree(), Acceptance::default())
    }

    #[test]
    fn an_officer_may_do_what_the_state_allows() {
        let rita = actor("rita", Some("40"));
        let good = Acts { revoke: true, suspend: true, revoke_many: true, ..Acts::default() };
        assert_eq!(acts(&rita, CertificateState::Good), good);
        let suspended = Acts { revoke: true, restore: true, revoke_many: true, ..Acts::default() };
        assert_eq!(acts(&rita, CertificateState::Suspended), suspended);
        let revoked = Acts { amend: true, revoke_many: true, ..Acts::default() };
        assert_eq!(acts(&rita, CertificateState::Revoked), revoked);
        assert_eq!(acts(&actor("rita", Some("10671")), CertificateState::Good), Acts::default());
    }

    #[test]
    fn a_doctor_may_end_and_suspend_but_never_restore() {
        let dora = actor("dora", None);
        let good = Acts { revoke: true, suspend: true, ..Acts::default() };
        assert_eq!(acts(&dora, CertificateState::Good), good);
        assert_eq!(acts(&dora, CertificateState::Suspended), Acts { revoke: true, ..Acts::default() });
        // Not even as an officer over the own unit.
        assert!(!acts(&actor("dora", Some("40")), CertificateState::Suspended).restore);
        assert_eq!(acts(&actor("dan", None), CertificateState::Good), Acts::default());
    }

    #[test]
    fn a_hold_is_a_suspension_until_the_certificate_is_over() {
        let mut certificate = signed().certificate;
        assert_eq!(state_of(&certificate, NOW), CertificateState::Good);
        let end = |reason: &str| {
            Some(RevokedRecord {
                sequence: 1,
                at: "2026-11-20T00:00:00Z".into(),
                reason: reason.into(),
                invalid_since: None,
            })
        };
        certificate.revoked = end(HOLD);
        assert_eq!(state_of(&certificate, NOW), CertificateState::Suspended);
        certificate.not_after = "2026-11-21T00:00:00Z".into();
        assert_eq!(state_of(&certificate, NOW), CertificateState::Expired);
        certificate.revoked = end("superseded");
        assert_eq!(state_of(&certificate, NOW), CertificateState::Revoked);
    }
}

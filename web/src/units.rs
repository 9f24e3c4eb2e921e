//! The unit tree and who reaches what in it: what pages offer. The signer decides by itself.

use people::{Aal, Actor, Appointment, Ial, Role, Unit, UnitTree};
use signer::client::ClientError;
use signer::protocol::{AppointmentRecord, UnitNode};
use store::portal::person::Person;

use crate::app::App;
use crate::error::Error;
use crate::pages::Text;
use crate::problem::Problem;

/// The unit tree.
#[derive(Debug, Clone)]
pub(crate) struct Units {
    list: Vec<UnitNode>,
    tree: UnitTree,
}

impl Units {
    /// Asks the signer for the tree the ceremony fixed.
    pub(crate) async fn load(app: &App) -> Result<Self, Error> {
        Self::new(app.signer().units().await?)
    }

    fn new(list: Vec<UnitNode>) -> Result<Self, Error> {
        let units = list.iter().map(|unit| Unit {
            code: unit.code.clone(),
            parent: unit.parent.clone(),
            kind: unit.kind.clone(),
            name_th: unit.name_th.clone(),
            name_en: unit.name_en.clone(),
            address_th: unit.address_th.clone(),
        });
        let tree = UnitTree::new(units).map_err(|_| Error::Signer(ClientError::Garbled))?;
        Ok(Self { list, tree })
    }

    /// The tree, for the policy's decision.
    pub(crate) fn tree(&self) -> &UnitTree {
        &self.tree
    }

    /// The unit of this code.
    pub(crate) fn find(&self, code: &str) -> Option<&UnitNode> {
        self.list.iter().find(|unit| unit.code == code)
    }

    /// Its name; the code if it is unknown.
    pub(crate) fn name(&self, code: &str) -> Text {
        self.find(code).map_or_else(|| Text::same(code), |unit| Text::new(&unit.name_th, &unit.name_en))
    }

    /// Where a doctor can work.
    pub(crate) fn hospitals(&self) -> Vec<&UnitNode> {
        self.list.iter().filter(|unit| unit.kind == "hospital").collect()
    }

    fn codes(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.list.iter().filter(|unit| wanted(&unit.code)).map(|unit| unit.code.clone()).collect()
    }
}

/// What a person is appointed to, as the signer's journal has it.
#[derive(Debug, Clone)]
pub(crate) struct Office {
    appointments: Vec<AppointmentRecord>,
}

impl Office {
    /// Asks the signer.
    pub(crate) async fn load(app: &App, person_id: &str) -> Result<Self, Error> {
        Ok(Self { appointments: app.signer().appointments(person_id).await? })
    }

    fn tops(&self, role: Role) -> impl Iterator<Item = &str> {
        self.appointments.iter().filter(move |held| held.role == role.as_str()).map(|held| held.unit_code.as_str())
    }

    /// Does this person hold `role` anywhere?
    pub(crate) fn holds(&self, role: Role) -> bool {
        self.tops(role).next().is_some()
    }

    /// Codes of all units this person reaches with `role`: those appointed to, and all below.
    pub(crate) fn within(&self, units: &Units, role: Role) -> Vec<String> {
        units.codes(|code| self.tops(role).any(|top| units.tree.is_within(code, top)))
    }

    /// The units of a registration officer: all of them, and the codes of those within reach.
    ///
    /// # Errors
    /// Forbidden to who is none.
    pub(crate) async fn of_registrar(app: &App, person_id: &str) -> Result<(Units, Vec<String>), Problem> {
        let office = Self::load(app, person_id).await?;
        if !office.holds(Role::RaOfficer) {
            return Err(Problem::forbidden());
        }
        let units = Units::load(app).await?;
        let codes = office.within(&units, Role::RaOfficer);
        Ok((units, codes))
    }

    /// Codes of all units below those this person holds `role` at.
    pub(crate) fn below(&self, units: &Units, role: Role) -> Vec<String> {
        units.codes(|code| self.tops(role).any(|top| units.tree.is_below(code, top)))
    }

    /// What this person holds.
    pub(crate) fn held(&self) -> &[AppointmentRecord] {
        &self.appointments
    }

    /// This person before the policy.
    pub(crate) fn actor(&self, person: &Person) -> Actor {
        let digest = &person.identity_digest;
        let appointments: Vec<Appointment> = self
            .appointments
            .iter()
            .filter_map(|held| {
                Some(Appointment {
                    appointment_id: held.appointment_id.clone(),
                    person_id: held.person_id.clone(),
                    identity_digest: digest.clone(),
                    role: Role::parse(&held.role).ok()?,
                    unit_code: held.unit_code.clone(),
                })
            })
            .collect();
        Actor {
            person_id: person.id.clone(),
            identity_digest: (!digest.is_empty()).then(|| digest.clone()),
            // Whoever appointed them compared the person with the card and the passkey's code.
            ial: if appointments.is_empty() { Ial::L11 } else { Ial::L21 },
            // Every login here is a passkey with user verification; that it may be a synced
            // one is assumed.
            aal: Aal::of_passkey(true),
            appointments,
        }
    }
}

/// The words for a role.
pub(crate) fn role_words(role: &str) -> Text {
    match role {
        "doctor" => Text::new("แพทย์ผู้ลงนาม", "Signing doctor"),
        "ra_officer" => Text::new("นายทะเบียน", "Registration officer"),
        "evidence_officer" => Text::new("เจ้าหน้าที่บันทึกหลักฐาน", "Evidence officer"),
        "central" => Text::new("นายทะเบียนส่วนกลาง", "Central registration officer"),
        other => Text::same(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(code: &str, parent: Option<&str>) -> UnitNode {
        UnitNode {
            code: code.into(),
            parent: parent.map(str::to_owned),
            kind: if code.len() == 5 { "hospital" } else { "province" }.into(),
            name_th: code.into(),
            name_en: code.into(),
            address_th: String::new(),
        }
    }

    #[test]
    fn an_officer_reaches_down_and_never_up_or_sideways() {
        let units = Units::new(vec![
            unit("moph", None),
            unit("50", Some("moph")),
            unit("10713", Some("50")),
            unit("57", Some("moph")),
            unit("10674", Some("57")),
        ])
        .unwrap();
        let office = Office {
            appointments: vec![AppointmentRecord {
                appointment_id: "a".into(),
                person_id: "p".into(),
                role: "ra_officer".into(),
                unit_code: "50".into(),
            }],
        };
        assert_eq!(office.within(&units, Role::RaOfficer), ["50", "10713"]);
        assert_eq!(office.below(&units, Role::RaOfficer), ["10713"]);
        assert!(office.within(&units, Role::EvidenceOfficer).is_empty());
        assert!(!office.holds(Role::EvidenceOfficer));
    }

    #[test]
    fn a_tree_that_bites_its_tail_is_refused() {
        assert!(Units::new(vec![unit("a", Some("b")), unit("b", Some("a"))]).is_err());
    }
}

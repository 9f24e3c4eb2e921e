//! Appointments of officers.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// What an officer is appointed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Approves requests, revokes, appoints officers below.
    RaOfficer,
    /// Records identity evidence.
    EvidenceOfficer,
}

impl Role {
    /// As written: `ra_officer`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RaOfficer => "ra_officer",
            Self::EvidenceOfficer => "evidence_officer",
        }
    }

    /// Reads the written form.
    ///
    /// # Errors
    /// [`Error::Role`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        [Self::RaOfficer, Self::EvidenceOfficer].into_iter().find(|role| role.as_str() == text).ok_or(Error::Role)
    }
}

/// An appointment in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Appointment {
    /// UUID of the appointment.
    pub appointment_id: String,
    /// Id of the officer.
    pub person_id: String,
    /// Keyed digest of the national ID (hexadecimal): tells natural persons apart.
    pub identity_digest: String,
    /// To what.
    pub role: Role,
    /// Code of the unit.
    pub unit_code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_round_trip() {
        for role in [Role::RaOfficer, Role::EvidenceOfficer] {
            assert_eq!(Role::parse(role.as_str()), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!(Role::parse("root"), Err(Error::Role));
    }
}

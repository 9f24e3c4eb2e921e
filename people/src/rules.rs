//! The one table of what each action needs. A choice of this project, not a citation.

use serde::{Deserialize, Serialize};

use crate::appointment::Role;
use crate::level::{Aal, Ial};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Check a certificate by its QR code.
    VerifyCertificate,
    /// Open one's own medical certificate.
    OpenOwnDocument,
    /// Ask for a signing certificate for oneself.
    RequestCertificate,
    /// Sign medical certificates.
    SignDocuments,
    /// Revoke one's own signing certificate.
    RevokeOwnCertificate,
    /// Suspend one's own signing certificate.
    SuspendOwnCertificate,
    /// Record identity evidence about somebody.
    RecordEvidence,
    /// Approve a certificate request.
    ApproveRequest,
    /// Revoke somebody's certificate.
    RevokeCertificate,
    /// Suspend somebody's certificate, on a call to the hotline or on one's own knowledge.
    SuspendCertificate,
    /// End the suspension of somebody's certificate.
    RestoreCertificate,
    /// Revoke many certificates of a unit and the units below it.
    RevokeCertificates,
    /// Appoint an officer of a unit below.
    AppointOfficer,
    /// Erase somebody's signed document at the patient's request.
    EraseDocument,
    /// Hold a key ceremony.
    HoldCeremony,
}

/// What an installation accepts for the time being.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    /// Accept identity level 2.1 where 2.3 is wanted, as long as there are no card readers.
    /// What rests on it is marked provisional.
    pub provisional_ial_2_1: bool,
}

/// What an action needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requirement {
    /// Identity level, if any.
    pub ial: Option<Ial>,
    /// The level wanted in the end; `ial` is below it only by [`Acceptance`].
    pub wanted_ial: Option<Ial>,
    /// Authenticator level, if any.
    pub aal: Option<Aal>,
    /// A licence found active at the council.
    pub licence: bool,
    /// A passkey put to this very act, whatever the session.
    pub fresh_activation: bool,
    /// The appointment the actor must hold.
    pub role: Option<Role>,
}

impl Requirement {
    /// Whether that level suffices only by provisional acceptance.
    pub fn is_provisional(&self, ial: Ial) -> bool {
        self.wanted_ial.is_some_and(|wanted| ial < wanted)
    }
}

/// What an action needs.
pub fn required(action: Action, acceptance: Acceptance) -> Requirement {
    let (wanted, aal, licence, fresh_activation, role) = match action {
        Action::VerifyCertificate => (None, None, false, false, None),
        Action::OpenOwnDocument => (Some(Ial::L23), Some(Aal::L21), false, false, None),
        Action::RequestCertificate => (None, Some(Aal::L21), false, false, None),
        Action::SignDocuments => (Some(Ial::L23), Some(Aal::L22), true, true, None),
        Action::RevokeOwnCertificate => (None, Some(Aal::L22), false, true, None),
        Action::RecordEvidence => (Some(Ial::L23), Some(Aal::L22), false, false, Some(Role::EvidenceOfficer)),
        // To deny is urgent and can be undone: no passkey is put to it.
        Action::SuspendOwnCertificate => (None, Some(Aal::L22), false, false, None),
        Action::SuspendCertificate => (Some(Ial::L23), Some(Aal::L22), false, false, Some(Role::RaOfficer)),
        // It is final, but it only takes away: two pages, and no passkey.
        Action::EraseDocument => (Some(Ial::L23), Some(Aal::L22), false, false, Some(Role::RaOfficer)),
        Action::ApproveRequest
        | Action::RevokeCertificate
        | Action::RestoreCertificate
        | Action::RevokeCertificates
        | Action::AppointOfficer => (Some(Ial::L23), Some(Aal::L22), false, true, Some(Role::RaOfficer)),
        Action::HoldCeremony => (Some(Ial::L23), Some(Aal::L22), false, true, None),
    };
    let ial = match wanted {
        Some(wanted) if acceptance.provisional_ial_2_1 => Some(wanted.min(Ial::L21)),
        other => other,
    };
    Requirement { ial, wanted_ial: wanted, aal, licence, fresh_activation, role }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_2_1_is_enough_only_where_it_is_accepted() {
        let strict = required(Action::SignDocuments, Acceptance::default());
        assert_eq!((strict.ial, strict.aal, strict.licence), (Some(Ial::L23), Some(Aal::L22), true));
        let pilot = Acceptance { provisional_ial_2_1: true };
        let lenient = required(Action::SignDocuments, pilot);
        assert_eq!(lenient.ial, Some(Ial::L21));
        assert!(lenient.is_provisional(Ial::L21) && !lenient.is_provisional(Ial::L23));
    }

    #[test]
    fn to_deny_is_quick_and_to_restore_needs_a_passkey() {
        let needs = |action| required(action, Acceptance::default());
        assert!(!needs(Action::SuspendOwnCertificate).fresh_activation);
        assert!(!needs(Action::SuspendCertificate).fresh_activation);
        for action in [Action::RevokeCertificate, Action::RestoreCertificate, Action::RevokeCertificates] {
            let needs = needs(action);
            assert!(needs.fresh_activation && needs.role == Some(Role::RaOfficer), "{action:?}");
        }
    }

    #[test]
    fn checking_needs_nothing() {
        let nothing = required(Action::VerifyCertificate, Acceptance::default());
        assert_eq!((nothing.ial, nothing.aal, nothing.role), (None, None, None));
    }
}

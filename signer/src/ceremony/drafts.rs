//! What the certificates of CAs and time-stamping units say: the same of the same names, keys,
//! serial numbers and times, for the ceremony, its rehearsal, and one that is taken up again.

use ca::profile::{AuthoritySubject, issuing, root, tsa, tsa_ca};
use ca::{Error, Installation, Issuer, Prepared, PublicKey, Serial, ThrowAwayKey, Validity};

/// What every draft rests on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) organisation: &'a str,
    pub(super) organisation_identifier: Option<&'a str>,
    pub(super) installation: &'a Installation,
    pub(super) throw_away: &'a ThrowAwayKey,
}

/// What differs between two certificates of a kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draft<'a> {
    pub(super) name: &'a str,
    pub(super) key: &'a PublicKey,
    pub(super) serial: Serial,
    pub(super) validity: Validity,
}

impl Desk<'_> {
    pub(super) fn root(&self, draft: Draft<'_>) -> Result<Prepared, Error> {
        let subject = self.subject(draft.name);
        root::prepare(&subject, draft.key, draft.serial, draft.validity, self.installation, self.throw_away)
    }

    pub(super) fn issuing(&self, draft: Draft<'_>, root: &Issuer) -> Result<Prepared, Error> {
        let subject = self.subject(draft.name);
        issuing::prepare(&subject, draft.key, draft.serial, draft.validity, root, self.installation, self.throw_away)
    }

    pub(super) fn tsa_ca(&self, draft: Draft<'_>, root: &Issuer) -> Result<Prepared, Error> {
        let subject = self.subject(draft.name);
        tsa_ca::prepare(&subject, draft.key, draft.serial, draft.validity, root, self.installation, self.throw_away)
    }

    pub(super) fn tsa(&self, draft: Draft<'_>, tsa_ca: &Issuer) -> Result<Prepared, Error> {
        let subject = tsa::Subject {
            organization: self.organisation.to_owned(),
            organization_identifier: self.organisation_identifier.map(str::to_owned),
            common_name: self.marked(draft.name),
        };
        let Draft { key: public_key, serial, validity, .. } = draft;
        let key_use_end = Validity::years(validity.not_before, tsa::MAX_KEY_YEARS)?.not_after;
        let request = tsa::Request { subject: &subject, public_key, serial, validity, key_use_end };
        tsa::prepare(&request, tsa_ca, self.installation, self.throw_away)
    }

    fn subject(&self, name: &str) -> AuthoritySubject {
        AuthoritySubject { organization: self.organisation.to_owned(), common_name: self.marked(name) }
    }

    /// A demonstration's CA says in its name what it is.
    fn marked(&self, name: &str) -> String {
        if self.installation.policies.is_production() || name.contains("(TEST)") {
            name.to_owned()
        } else {
            format!("{name} (TEST)")
        }
    }
}

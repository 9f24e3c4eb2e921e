//! Why the signer refused.

use serde::{Deserialize, Serialize};

/// Which check of an activation failed (WebAuthn Level 3 §7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivationFault {
    /// What the browser sent cannot be read.
    #[default]
    Malformed,
    /// The challenge is another page's, or the content is no longer what was shown.
    OtherContent,
    /// It was made at another web address, or for another one.
    OtherOrigin,
    /// The page stood inside another one.
    Embedded,
    /// It was made to enrol, not to confirm.
    OtherCeremony,
    /// The device did not ask for its PIN, finger or face.
    NotVerified,
    /// The passkey became one that can be copied, or ceased to be.
    BackupChanged,
    /// The signature is not this passkey's.
    Signature,
    /// The counter did not grow: there may be a copy of the passkey.
    Counter,
}

impl ActivationFault {
    /// Its name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::OtherContent => "other_content",
            Self::OtherOrigin => "other_origin",
            Self::Embedded => "embedded",
            Self::OtherCeremony => "other_ceremony",
            Self::NotVerified => "not_verified",
            Self::BackupChanged => "backup_changed",
            Self::Signature => "signature",
            Self::Counter => "counter",
        }
    }
}

/// Why the signer refused. The words for people are the pages' business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// The activation's challenge, origin or signature does not fit.
    #[error("the activation is not valid for this content: {detail}")]
    ActivationInvalid {
        /// Which check failed.
        #[serde(default)]
        fault: ActivationFault,
        /// The same in words; no personal data.
        detail: String,
    },
    /// Too many assertions of this passkey were refused.
    #[error("this passkey is locked until {until}")]
    PasskeyLocked {
        /// When the lock ends by itself (RFC 3339).
        until: String,
    },
    /// The passkey can be copied to other devices, which the policy does not allow for this act.
    #[error("a passkey that can be copied may not do this")]
    PasskeyNotAllowed,
    /// The ticket is over: five minutes have passed, or it was used.
    #[error("the ticket has expired or was used already")]
    TicketOver,
    /// The passkey is not bound to anybody, or not to the person who must act.
    #[error("this passkey may not activate this")]
    NotYourPasskey,
    /// The officer's appointment does not reach this unit or this act.
    #[error("the officer has no authority over this unit")]
    NoAuthority,
    /// The unit's doctors may not sign digests that others made.
    #[error("no officer allowed this unit's doctors to sign digests")]
    DigestsNotAllowed,
    /// Digests are signed with keys on P-256 only, and the certificate's key is another.
    #[error("digests are signed with P-256 keys only")]
    KeySignsNoDigests,
    /// Nobody approves themselves, nor on evidence they alone recorded.
    #[error("nobody approves their own request or evidence")]
    SelfApproval,
    /// The content breaks a rule of its form.
    #[error("the content is not acceptable: {detail}")]
    ContentInvalid {
        /// Field id and rule; never a value.
        detail: String,
    },
    /// What officers found does not carry a certificate, or none of them put their passkey to it.
    #[error("the evidence does not suffice: {detail}")]
    EvidenceInsufficient {
        /// What is missing; no personal data.
        detail: String,
    },
    /// The certificate that should be built breaks a rule.
    #[error("the certificate fails its lint: {detail}")]
    LintFailed {
        /// The rules broken.
        detail: String,
    },
    /// The public key may not be certified.
    #[error("the key cannot be certified: {detail}")]
    KeyRefused {
        /// Weak, not held by who asks, blocked or certified before.
        detail: String,
    },
    /// The licence was certified for another person.
    #[error("the licence is another person's")]
    LicenceTaken,
    /// The certificate cannot be renewed by its holder.
    #[error("the certificate cannot be renewed: {detail}")]
    NotRenewable {
        /// Why.
        detail: String,
    },
    /// The form is not one that the signer's profession signs.
    #[error("the profession may not sign this form")]
    NotForThisProfession,
    /// The certificate is revoked.
    #[error("the certificate is revoked")]
    CertificateRevoked,
    /// The certificate is suspended: what was activated waits for the end of the suspension.
    #[error("the certificate is suspended")]
    CertificateSuspended,
    /// How far the clock is from UTC is not known: there are no time-stamps now.
    #[error("there is no time-stamp now")]
    TimeStampUnavailable,
    /// The certificate is not yet or no longer valid.
    #[error("the certificate is outside its validity")]
    CertificateExpired,
    /// The CA has ended: nothing is issued any more.
    #[error("this CA has ended and issues nothing")]
    Terminated,
    /// The person has no certificate.
    #[error("there is no such certificate")]
    NoCertificate,
    /// The credential was never enrolled at the signer's origin, or is bound already.
    #[error("the credential is unknown or already bound")]
    CredentialUnknown,
    /// Nobody would be left who can act for the whole tree.
    #[error("the last central officer stays")]
    LastOfficer,
    /// The journal says less than was signed: rows are missing or were put back.
    #[error("the journal contradicts what was signed")]
    JournalAltered,
    /// Another request with this id or number says something else.
    #[error("this id was used before with other content")]
    Conflict,
    /// Already in the state asked for.
    #[error("already done")]
    AlreadyDone,
    /// Nothing of that name.
    #[error("not found")]
    NotFound,
    /// The document was erased.
    #[error("the document was erased")]
    Erased,
    /// More was asked for than is given in this time.
    #[error("asked too often")]
    TooOften,
    /// The token cannot be reached now.
    #[error("the token cannot be reached")]
    TokenUnavailable,
    /// The journal cannot be reached now.
    #[error("the journal cannot be reached")]
    JournalUnavailable,
    /// The signer's clock is behind what is on record.
    #[error("the clock is behind the journal's newest entry")]
    ClockBehind,
    /// The message is not of this protocol.
    #[error("malformed request: {detail}")]
    Malformed {
        /// What is wrong.
        detail: String,
    },
    /// A fault of ours; the log has more.
    #[error("internal error")]
    Internal,
}

impl Refusal {
    /// One of each kind, with empty particulars: who has words for refusals has them for all.
    #[must_use]
    pub fn one_of_each() -> Vec<Self> {
        let detail = String::new;
        vec![
            Self::ActivationInvalid { fault: ActivationFault::default(), detail: detail() },
            Self::PasskeyLocked { until: "2026-08-14T03:00:00Z".to_owned() },
            Self::PasskeyNotAllowed,
            Self::TicketOver,
            Self::NotYourPasskey,
            Self::NoAuthority,
            Self::DigestsNotAllowed,
            Self::KeySignsNoDigests,
            Self::SelfApproval,
            Self::ContentInvalid { detail: detail() },
            Self::EvidenceInsufficient { detail: detail() },
            Self::LintFailed { detail: detail() },
            Self::KeyRefused { detail: detail() },
            Self::LicenceTaken,
            Self::NotRenewable { detail: detail() },
            Self::NotForThisProfession,
            Self::CertificateRevoked,
            Self::CertificateSuspended,
            Self::TimeStampUnavailable,
            Self::CertificateExpired,
            Self::Terminated,
            Self::NoCertificate,
            Self::CredentialUnknown,
            Self::LastOfficer,
            Self::JournalAltered,
            Self::Conflict,
            Self::AlreadyDone,
            Self::NotFound,
            Self::Erased,
            Self::TooOften,
            Self::TokenUnavailable,
            Self::JournalUnavailable,
            Self::ClockBehind,
            Self::Malformed { detail: detail() },
            Self::Internal,
        ]
    }

    /// Whether it passes by itself: what was activated stays so, and is tried again.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(
            self,
            Self::TokenUnavailable
                | Self::JournalUnavailable
                | Self::CertificateSuspended
                | Self::TimeStampUnavailable
                | Self::ClockBehind
                | Self::Internal
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_leaves_none_out() {
        let names: std::collections::BTreeSet<String> = Refusal::one_of_each()
            .iter()
            .map(|refusal| serde_json::to_value(refusal).unwrap()["code"].as_str().unwrap().to_owned())
            .collect();
        let kinds = include_str!("refusal.rs").split("\nimpl Refusal").next().unwrap().matches("#[error(").count();
        assert_eq!(names.len(), kinds);
    }
}

//! One variant per check that can fail.

use crate::protocol::{ActivationFault, Refusal};

/// Why a registration or an assertion is not accepted. The clauses are WebAuthn Level 3's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// A part is larger than anything a browser sends.
    #[error("{0} is too large")]
    TooLarge(&'static str),
    /// The client data is no JSON of the right members (§5.8.1).
    #[error("the client data is malformed")]
    ClientData,
    /// `type` is of another ceremony (§7.1 step 7, §7.2 step 10).
    #[error("the client data is of another ceremony")]
    Ceremony,
    /// `challenge` is another (§7.1 step 8, §7.2 step 11).
    #[error("the challenge is another")]
    Challenge,
    /// `origin` is another (§7.1 step 9, §7.2 step 12).
    #[error("the origin is another")]
    Origin,
    /// `crossOrigin` is true: the page was framed by another origin (§7.1 step 10, §7.2 step 13).
    #[error("the page was embedded by another origin")]
    CrossOrigin,
    /// `topOrigin` is present (§7.1 step 11, §7.2 step 14).
    #[error("the page was embedded under another top origin")]
    TopOrigin,
    /// The attestation object is no CBOR of the right members (§6.5).
    #[error("the attestation object is malformed")]
    AttestationObject,
    /// Format `none` with a statement that is not empty (§8.7).
    #[error("the attestation statement is not empty although its format is none")]
    AttestationStatement,
    /// The authenticator data is too short or its parts do not fit (§6.1).
    #[error("the authenticator data is malformed")]
    AuthenticatorData,
    /// Bytes after the end of a structure.
    #[error("{0} has trailing bytes")]
    TrailingBytes(&'static str),
    /// `rpIdHash` is another relying party's (§7.1 step 14, §7.2 step 15).
    #[error("the credential was used for another relying party")]
    RelyingParty,
    /// Flag UP is not set (§7.1 step 15, §7.2 step 16).
    #[error("no user was present")]
    UserPresence,
    /// Flag UV is not set (§7.1 step 16, §7.2 step 17).
    #[error("the user was not verified")]
    UserVerification,
    /// BS is set although BE is not (§7.1 step 17, §7.2 step 18).
    #[error("the credential says it is backed up and cannot be")]
    BackupFlags,
    /// BE differs from what was registered (§7.2 step 19).
    #[error("the credential's backup eligibility changed")]
    BackupEligibilityChanged,
    /// A registration without attested credential data (§6.5.1).
    #[error("no credential data")]
    NoCredential,
    /// An assertion with attested credential data, which only a registration has (§6.1).
    #[error("credential data in an assertion")]
    UnexpectedCredential,
    /// The credential id is empty or longer than 1023 bytes (§7.1 step 25).
    #[error("the credential id is empty or too long")]
    CredentialId,
    /// The public key is no well-formed `COSE_Key` of a point on P-256 (§6.5.1.1, RFC 9053 §7.1).
    #[error("the credential's public key is malformed")]
    PublicKey,
    /// The key is for another algorithm than ES256 (-7), the only one asked for (§7.1 step 20).
    #[error("the credential's algorithm {} is not ES256", .0.map_or("(none)".to_owned(), |alg| alg.to_string()))]
    Algorithm(Option<i64>),
    /// The signature does not verify (§7.2 step 21).
    #[error("the signature does not verify")]
    Signature,
    /// The counter did not grow: a copy of the authenticator, or a replay (§7.2 step 22, §6.1.1).
    #[error("the signature counter is {found} after {stored}")]
    Counter {
        /// The counter kept.
        stored: u32,
        /// The counter received.
        found: u32,
    },
}

impl Error {
    /// What people are told of it.
    #[must_use]
    pub const fn fault(&self) -> ActivationFault {
        match self {
            Self::Challenge => ActivationFault::OtherContent,
            Self::Origin | Self::RelyingParty => ActivationFault::OtherOrigin,
            Self::CrossOrigin | Self::TopOrigin => ActivationFault::Embedded,
            Self::Ceremony | Self::NoCredential | Self::UnexpectedCredential => ActivationFault::OtherCeremony,
            Self::UserPresence | Self::UserVerification => ActivationFault::NotVerified,
            Self::BackupFlags | Self::BackupEligibilityChanged => ActivationFault::BackupChanged,
            Self::Signature => ActivationFault::Signature,
            Self::Counter { .. } => ActivationFault::Counter,
            Self::TooLarge(_)
            | Self::ClientData
            | Self::AttestationObject
            | Self::AttestationStatement
            | Self::AuthenticatorData
            | Self::TrailingBytes(_)
            | Self::CredentialId
            | Self::PublicKey
            | Self::Algorithm(_) => ActivationFault::Malformed,
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::ActivationInvalid { fault: error.fault(), detail: error.to_string() }
    }
}

//! What can keep the portal from working. What a visitor is told is [`crate::problem`]'s business.

/// Why something in the portal failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration cannot be used.
    #[error("the configuration cannot be used: {0}")]
    Configuration(String),
    /// The field key file is not 64 hexadecimal digits.
    #[error("the field key is not 64 hexadecimal digits")]
    FieldKey,
    /// The listener failed.
    #[error("the listener failed")]
    Listener(#[source] std::io::Error),
    /// The object store failed.
    #[error("the object store failed")]
    Objects(#[source] object_store::Error),
    /// A stored file is gone, or is not what was stored.
    #[error("a stored file is damaged")]
    Damaged,
    /// The portal's database failed.
    #[error("the portal's database failed")]
    Portal(#[source] store::Error),
    /// A sealed value does not open.
    #[error("a sealed value does not open")]
    Sealed,
    /// A stored value cannot be understood.
    #[error("a stored value cannot be understood: {0}")]
    Stored(&'static str),
    /// The signer gave no answer or refused.
    #[error("the signer gave no answer")]
    Signer(#[source] signer::client::ClientError),
    /// Passkeys cannot be set up with this public address.
    #[error("passkeys cannot be set up")]
    Passkeys(#[source] webauthn_rs::prelude::WebauthnError),
}

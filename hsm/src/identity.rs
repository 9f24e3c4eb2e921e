//! What a token says of itself: for a transcript, so that people can tell tokens apart.

use crate::Error;
use crate::module::Module;
use std::path::Path;

/// A token as `CK_TOKEN_INFO` describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenIdentity {
    /// Its label.
    pub label: String,
    /// Who made it.
    pub manufacturer: String,
    /// Its model.
    pub model: String,
    /// Its serial number.
    pub serial: String,
}

/// What the token of this label says of itself.
///
/// # Errors
/// [`Error::TokenAbsent`], [`Error::ModuleUnusable`], [`Error::Unreachable`].
pub fn token_identity(module: &Path, label: &str) -> Result<TokenIdentity, Error> {
    let module = Module::at(module)?;
    let loaded = module.read();
    let slot = loaded.slot(label)?.ok_or_else(|| Error::TokenAbsent(label.to_owned()))?;
    let info = loaded.pkcs11.get_token_info(slot)?;
    Ok(TokenIdentity {
        label: info.label().trim().to_owned(),
        manufacturer: info.manufacturer_id().trim().to_owned(),
        model: info.model().trim().to_owned(),
        serial: info.serial_number().trim().to_owned(),
    })
}

//! Making a token, and looking whether it is there.

use crate::Error;
use crate::module::{Loaded, Module, RACE_PAUSE, RACE_TRIES};
use cryptoki::session::UserType;
use cryptoki::slot::Slot;
use secrecy::SecretString;
use std::path::Path;
use std::thread;

/// Whether the module has an initialised token of this label.
///
/// # Errors
/// [`Error::ModuleUnusable`], [`Error::Unreachable`].
pub fn token_exists(module: &Path, label: &str) -> Result<bool, Error> {
    let module = Module::at(module)?;
    let mut tried = 1;
    loop {
        let (result, generation) = {
            let loaded = module.read();
            (loaded.slot(label), loaded.generation)
        };
        match result {
            Err(error) if error.is_transient() && tried < RACE_TRIES => tried += 1,
            other => return Ok(other?.is_some()),
        }
        if let Err(error) = module.reinitialise(generation) {
            tracing::debug!(%error, "C_Initialize");
            thread::sleep(RACE_PAUSE);
        }
    }
}

/// Initialises a free slot as a token with this label, the security officer's PIN and the user's.
///
/// # Errors
/// [`Error::TokenExists`]: a token is never initialised over; [`Error::NoFreeSlot`],
/// [`Error::LabelLength`], [`Error::PinRefused`].
pub fn initialise(module: &Path, label: &str, so_pin: &SecretString, pin: &SecretString) -> Result<(), Error> {
    if label.is_empty() || label.len() > 32 {
        return Err(Error::LabelLength);
    }
    if token_exists(module, label)? {
        return Err(Error::TokenExists(label.to_owned()));
    }
    let module = Module::at(module)?;
    let generation = {
        let loaded = module.read();
        let slot = free_slot(&loaded)?;
        loaded.pkcs11.init_token(slot, so_pin, label)?;
        // SoftHSM keeps the slot number until the next C_Initialize, others may not: look again.
        let slot = loaded.slot(label)?.unwrap_or(slot);
        let session = loaded.pkcs11.open_rw_session(slot)?;
        session.login(UserType::So, Some(so_pin))?;
        session.init_pin(pin)?;
        session.logout()?;
        loaded.generation
    };
    // SoftHSM numbers the new slot only now; open sessions of other tokens come back by themselves.
    module.reinitialise(generation)
}

fn free_slot(loaded: &Loaded) -> Result<Slot, Error> {
    for slot in loaded.pkcs11.get_slots_with_token()? {
        if !loaded.pkcs11.get_token_info(slot)?.token_initialized() {
            return Ok(slot);
        }
    }
    Err(Error::NoFreeSlot)
}

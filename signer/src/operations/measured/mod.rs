//! The trust core's work as fast as it goes, for `rabrong bench`. No program in the field contains
//! this: it acts though nobody activated anything.

mod issuing;
mod signing;

use store::ids::micros;
use store::journal::Activation;

use crate::core::Core;

/// An activation that nobody gave.
fn activation(core: &Core, person_id: &str) -> Activation {
    let now = core.now();
    Activation {
        activation_id: store::ids::uuid(now, &mut core.randomness.clone()),
        ticket_hash: hex::encode(core.randomness.bytes::<32>()),
        person_id: person_id.to_owned(),
        credential_id: String::new(),
        operation_digest: String::new(),
        challenge: Vec::new(),
        client_data: Vec::new(),
        authenticator_data: Vec::new(),
        signature: Vec::new(),
        at: micros(now),
        operation: String::new(),
        authority: String::new(),
        nonce: Vec::new(),
        expires_at: micros(now),
        binding_id: None,
        backup_eligible: 0,
        backup_state: 0,
        assurance: String::new(),
    }
}

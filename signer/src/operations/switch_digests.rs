//! Allowing a unit's doctors to sign digests, or no longer.

use store::ids::instant;
use store::journal::Activation;

use crate::core::Core;
use crate::protocol::{DigestSwitch, Outcome, Refusal};

/// States what the officer decided.
pub(crate) async fn carry_out(core: &Core, switch: &DigestSwitch, activation: &Activation) -> Result<Outcome, Refusal> {
    core.permit_digests(switch, &activation.activation_id, instant(activation.at)).await?;
    Ok(Outcome::DigestsSwitched { switch: switch.clone() })
}

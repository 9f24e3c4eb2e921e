//! Allowing a unit's doctors to sign digests, or no longer, on the signer's page.

use signer::protocol::{DigestSwitch, Operation};

use super::propose::{kind, propose};
use crate::app::App;
use crate::problem::Problem;

/// Proposes the switch; returns the signer's page.
pub(crate) async fn propose_switch(app: &App, actor: &str, unit_code: &str, allow: bool) -> Result<String, Problem> {
    let switch = DigestSwitch { unit_code: unit_code.to_owned(), allow };
    Ok(propose(app, actor, kind::SWITCH_DIGESTS, unit_code, Operation::SwitchDigests { switch }).await?)
}

//! The few things the trust core does. Each is carried out after its activation was recorded
//! and committed, and can be carried out again: what is there already is left as it is.

pub(crate) mod api_client;
pub(crate) mod appoint;
mod certify;
pub(crate) mod credentials;
mod doctor_certificate;
pub(crate) mod end_appointment;
mod erase;
pub(crate) mod issue;
#[cfg(feature = "measuring")]
mod measured;
pub(crate) mod record_evidence;
pub(crate) mod renew;
pub(crate) mod replace;
pub(crate) mod restore;
pub(crate) mod revoke;
pub(crate) mod revoke_many;
pub(crate) mod sign;
pub(crate) mod sign_digests;
mod suspend;
pub(crate) mod switch_digests;

pub(crate) use certify::key_is_free;
pub(crate) use doctor_certificate::licence_end;

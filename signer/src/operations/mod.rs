//! The few things the trust core does. Each is carried out after its activation was recorded
//! and committed, and can be carried out again: what is there already is left as it is.

pub(crate) mod appoint;
pub(crate) mod issue;
pub(crate) mod restore;
pub(crate) mod revoke;
pub(crate) mod revoke_many;
pub(crate) mod sign;
mod suspend;

//! The trust core: activation, bindings, journal, the few operations, its own pages.
//!
//! Built without the feature `service` this crate is only [`protocol`] and [`client`]:
//! that is all the portal can see of it.

pub mod client;
pub mod protocol;

//! The trust core: activation, bindings, journal, the few operations, its own pages.
//!
//! Built without the feature `service` this crate is only [`protocol`] and [`client`]:
//! that is all the portal can see of it.

pub mod client;
pub mod protocol;
mod wire;

#[cfg(feature = "service")]
mod activate;
#[cfg(feature = "service")]
mod asking;
#[cfg(feature = "service")]
pub mod audit;
#[cfg(feature = "service")]
mod authorities;
#[cfg(feature = "service")]
mod authority;
#[cfg(feature = "service")]
pub mod ceremony;
#[cfg(feature = "service")]
mod computing;
#[cfg(feature = "service")]
pub mod core;
#[cfg(feature = "service")]
mod document_keys;
#[cfg(feature = "service")]
pub mod edge;
#[cfg(feature = "service")]
mod enrolment;
#[cfg(feature = "service")]
mod evidence;
#[cfg(feature = "service")]
mod journal_key;
#[cfg(feature = "service")]
mod keys;
#[cfg(feature = "service")]
pub mod lifting;
#[cfg(feature = "service")]
pub mod listening;
#[cfg(feature = "service")]
pub mod meaning;
#[cfg(feature = "service")]
mod notices;
#[cfg(feature = "service")]
mod operations;
#[cfg(feature = "service")]
mod pages;
#[cfg(feature = "service")]
mod papers;
#[cfg(feature = "service")]
pub mod passkeys;
#[cfg(feature = "service")]
mod phone;
#[cfg(feature = "service")]
mod rate;
#[cfg(feature = "service")]
mod records;
#[cfg(feature = "service")]
mod replacement_notice;
#[cfg(feature = "service")]
mod seal;
#[cfg(feature = "service")]
pub mod signature_profile;
#[cfg(feature = "service")]
pub mod socket;
#[cfg(feature = "service")]
mod statements;
#[cfg(feature = "service")]
pub mod status;
#[cfg(feature = "service")]
pub mod step;
#[cfg(feature = "service")]
mod tickets;
#[cfg(feature = "service")]
mod time_stamping;
#[cfg(feature = "service")]
pub mod web;
#[cfg(feature = "service")]
pub mod webauthn;

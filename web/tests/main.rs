//! The portal on both engines, without a signer: what must hold while it is away.

mod coming_in;
mod rows;
mod without_signer;
mod world;

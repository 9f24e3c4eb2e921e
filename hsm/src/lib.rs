//! Keys: everything Rabrong does with a PKCS#11 token, and the only crate that calls cryptoki.
//!
//! ```text
//! purpose    what a key is for, its label and its kind; one token key per purpose
//! token      Token: what a caller has of it, a deadline on each request
//! pool       the session threads; what hangs in the module is given up
//! queue      what waits for them, and which of them is woken
//! keys       generate, public key, sign
//! doctor     doctors' keys: made in the token, kept outside of it wrapped, unwrapped for one batch
//! sealing    AES-GCM under the document-data key
//! dual_control  what two operators do together: an offline token's PIN, the key of backups
//! backup     a key written out when it is made, and restored to another token
//! epochs     the wrapping keys of the doctors' keys, and their end
//! setup      initialise a token, look whether one exists
//! identity   what a token says of itself
//! measure    the raw cost of the token's own operations, for benchmarks
//! module     one loaded PKCS#11 module per path in this process
//! session    one logged-in session and its way back after a failure
//! mechanism  the one conversion that needs `unsafe`, and the unwrap template
//! encoding   the few DER structures a token does not speak
//! ```
//!
//! Calls block, and an asynchronous caller uses a blocking thread; but for signatures there is `…_then`, which
//! returns at once and has the session's thread call back.

mod backup;
mod doctor;
pub mod dual_control;
mod encoding;
mod epochs;
mod error;
mod identity;
mod keys;
mod measure;
mod mechanism;
mod module;
mod pool;
mod purpose;
mod queue;
mod sealing;
mod session;
mod setup;
mod token;

pub use backup::BackupBlob;
pub use doctor::{DoctorKeyAlgorithm, MAX_DIGESTS, SignatureScheme, WrappedKey};
pub use error::Error;
pub use identity::{TokenIdentity, token_identity};
pub use mechanism::KeyWrapNumber;
pub use purpose::{Curve, Kind, Purpose};
pub use setup::{initialise, token_exists};
pub use token::{Config, Token};

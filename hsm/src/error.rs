//! The crate's one error, and how PKCS#11 return values become it.

use crate::Purpose;
use cryptoki::context::Function;
use cryptoki::error::{Error as Pkcs11Error, RvError};
use std::path::PathBuf;
use std::time::Duration;

/// Why the token did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The PKCS#11 library cannot be loaded.
    #[error("PKCS#11 module {} cannot be loaded: {reason}", module.display())]
    ModuleUnusable {
        /// Path of the library.
        module: PathBuf,
        /// What the loader said.
        reason: String,
    },
    /// No initialised token has this label.
    #[error("no token labelled {0:?}")]
    TokenAbsent(String),
    /// A token with this label exists already; it is never initialised again.
    #[error("a token labelled {0:?} exists already")]
    TokenExists(String),
    /// Token labels have 1 to 32 bytes (PKCS#11 `CK_TOKEN_INFO`).
    #[error("a token label has 1 to 32 bytes")]
    LabelLength,
    /// The module has no slot whose token is not initialised.
    #[error("the module has no free slot")]
    NoFreeSlot,
    /// The PIN is wrong. Never tried again by itself: each try counts towards locking the token.
    #[error("the token's PIN is incorrect")]
    PinIncorrect,
    /// Too many wrong PINs: the security officer has to set a new one.
    #[error("the token's PIN is locked")]
    PinLocked,
    /// The token does not accept this as a new PIN (its length, as a rule).
    #[error("the token does not accept this PIN")]
    PinRefused,
    /// No answer within the deadline. Whether the operation was done is not known.
    #[error("the token gave no answer within {0:?}")]
    Timeout(Duration),
    /// Too many requests wait for the token already; this one was not begun.
    #[error("too many requests wait for the token")]
    Busy,
    /// The token failed.
    #[error("the token is unreachable: {0}")]
    Unreachable(String),
    /// The session ended under the request, and a new one did not help.
    #[error("the token's session was lost: {0}")]
    SessionLost(String),
    /// The session threads cannot be started.
    #[error("no thread for a session: {0}")]
    Thread(std::io::Error),
    /// The token has no key of this purpose.
    #[error("the token has no key {0}")]
    KeyAbsent(Purpose),
    /// The token has a key of this purpose already.
    #[error("the token has a key {0} already")]
    KeyExists(Purpose),
    /// The token has several keys of this purpose: someone must look.
    #[error("the token has more than one key {0}")]
    KeyAmbiguous(Purpose),
    /// The key vanished from the token while it was used.
    #[error("a key vanished from the token: {0}")]
    KeyVanished(String),
    /// A key of this purpose cannot do what was asked.
    #[error("the key {0} does not do that")]
    WrongPurpose(Purpose),
    /// The token refuses to unwrap this key. Final for that key.
    #[error("the token refuses to unwrap this key")]
    UnwrapRefused,
    /// A sealed text does not open: altered, of another key, or other associated data.
    #[error("the sealed text does not open")]
    SealBroken,
    /// A digest of another length than the curve's.
    #[error("a digest of {found} bytes where {expected} are signed")]
    DigestLength {
        /// Bytes given.
        found: usize,
        /// Bytes the curve signs.
        expected: usize,
    },
    /// More digests in one call than [`MAX_DIGESTS`](crate::MAX_DIGESTS), or more bytes than a call may carry.
    #[error("too much for one request")]
    TooMuch,
    /// An operator's secret has fewer than [`MIN_SECRET`](crate::dual_control::MIN_SECRET) characters, or far too many.
    #[error("an operator's secret has at least 12 characters")]
    SecretLength,
    /// Both operators gave the same secret.
    #[error("the two operators' secrets are the same")]
    SecretsEqual,
    /// This is no component of the backup key, or it was copied with a mistake.
    #[error("this is no component of a backup key, or not all of it is right")]
    ComponentMalformed,
    /// The components are swapped, of one operator, or the same.
    #[error("one component of the first and one of the second operator are needed, in this order")]
    ComponentsMixedUp,
    /// This is not the text of a key's backup.
    #[error("this is no backup of a key")]
    BackupMalformed,
    /// The backup does not open: other components than those it was made with, or it was altered.
    #[error("the backup of the key {0} does not open with these components, or it was altered")]
    BackupRefused(Purpose),
    /// The token does not offer a mechanism we need.
    #[error("the token lacks a mechanism: {0}")]
    MechanismAbsent(String),
    /// The token answered with something that is not what the standard says.
    #[error("the token's answer is malformed: {0}")]
    Malformed(&'static str),
    /// The token refused for another reason; the PKCS#11 function and code.
    #[error("the token refused: {0}")]
    Refused(String),
}

impl From<Pkcs11Error> for Error {
    fn from(error: Pkcs11Error) -> Self {
        let text = error.to_string();
        let Pkcs11Error::Pkcs11(code, function) = error else {
            return match error {
                Pkcs11Error::NotSupported | Pkcs11Error::NullFunctionPointer => Self::MechanismAbsent(text),
                _ => Self::Refused(text),
            };
        };
        match code {
            RvError::PinIncorrect => Self::PinIncorrect,
            // SoftHSM answers a login with a PIN of impossible length so.
            RvError::PinLenRange | RvError::PinInvalid if matches!(function, Function::Login) => Self::PinIncorrect,
            RvError::PinLenRange | RvError::PinInvalid | RvError::PinTooWeak => Self::PinRefused,
            RvError::PinLocked => Self::PinLocked,
            RvError::MechanismInvalid | RvError::CurveNotSupported => Self::MechanismAbsent(text),
            _ if is_handle_invalid(code) => Self::KeyVanished(text),
            _ if session_is_lost(code) => Self::SessionLost(text),
            RvError::GeneralError
            | RvError::FunctionFailed
            | RvError::HostMemory
            | RvError::DeviceMemory
            | RvError::TokenNotRecognized
            | RvError::UserPinNotInitialized => Self::Unreachable(text),
            _ => Self::Refused(text),
        }
    }
}

impl Error {
    /// Whether the same request may succeed later without anybody changing anything: the token is
    /// away, slow or overloaded. Everything else is final until someone looks.
    pub fn is_temporary(&self) -> bool {
        self.is_transient()
            || matches!(self, Self::TokenAbsent(_) | Self::Timeout(_) | Self::Busy | Self::KeyVanished(_))
    }

    /// Worth another try after a pause and a fresh `C_Initialize`: SoftHSM answers so when two
    /// processes open one token directory at once (0x5, 0xE1, 0x102), hardware when it comes back.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::SessionLost(_))
    }
}

/// Codes that say the object is not there any more, whatever it was to be used for.
pub(crate) fn is_handle_invalid(code: RvError) -> bool {
    matches!(
        code,
        RvError::KeyHandleInvalid
            | RvError::ObjectHandleInvalid
            | RvError::WrappingKeyHandleInvalid
            | RvError::UnwrappingKeyHandleInvalid
    )
}

/// Codes that say the session, and nothing about the object in hand, is at fault. The
/// operation was not done.
pub(crate) fn session_is_lost(code: RvError) -> bool {
    matches!(
        code,
        RvError::CryptokiNotInitialized
            | RvError::SessionHandleInvalid
            | RvError::SessionClosed
            | RvError::UserNotLoggedIn
            | RvError::DeviceRemoved
            | RvError::DeviceError
            | RvError::TokenNotPresent
            | RvError::SlotIdInvalid
    )
}

//! One logged-in session: how it is opened, and how it comes back after a failure.

use crate::error::session_is_lost;
use crate::keys::random;
use crate::mechanism::KeyWrapNumber;
use crate::module::{Loaded, RACE_PAUSE, RACE_TRIES};
use crate::token::Access;
use crate::{Error, Kind, Purpose};
use cryptoki::error::{Error as Pkcs11Error, RvError};
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState, UserType};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::thread;

/// How often a token that is not there is looked for, each time after a fresh `C_Initialize`.
const ABSENT_TRIES: u32 = 10;
/// How often a request tries to open its session again before it is refused.
const RECOVERY_TRIES: u32 = 5;

/// A session thread's own session, if it has one just now.
#[derive(Debug)]
pub(crate) struct Seat {
    access: Arc<Access>,
    open: Option<Open>,
    /// Keys that the token has shown.
    known: HashSet<(Purpose, Half)>,
}

/// A logged-in read-write session and the handles found through it.
#[derive(Debug)]
pub(crate) struct Open {
    /// Opened without close-on-drop: a handle that outlived `C_Finalize` may by then be
    /// the number of a new session, and dropping it would close that one.
    pub(crate) session: Session,
    /// How this token wraps; absent if it cannot, which only matters to who wants to wrap.
    wrap: Option<KeyWrapNumber>,
    generation: u64,
    keys: HashMap<(Purpose, Half), ObjectHandle>,
}

/// Which object of a purpose's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Half {
    /// The private key of a pair.
    Private,
    /// The public key of a pair.
    Public,
    /// A symmetric key.
    Secret,
}

impl Seat {
    pub(crate) fn new(access: Arc<Access>) -> Self {
        Self { access, open: None, known: HashSet::new() }
    }

    /// Opens the session if there is none, clearing start-up races with up to `tries` attempts.
    pub(crate) fn open(&mut self, tries: u32) -> Result<(), Error> {
        let mut tried = 0;
        loop {
            let generation = {
                let loaded = self.access.module.read();
                if self.open.as_ref().is_some_and(|open| open.generation == loaded.generation) {
                    return Ok(());
                }
                self.open = None;
                tried += 1;
                match Open::new(&loaded, &self.access) {
                    Ok(open) => {
                        self.open = Some(open);
                        return Ok(());
                    }
                    // A token made by another process shows only after C_Initialize, and SoftHSM shows none
                    // while another process rewrites its file at log-in: look again.
                    Err(Error::TokenAbsent(_)) if tried < tries.min(ABSENT_TRIES) => {}
                    Err(error) if error.is_transient() && tried < tries => {
                        tracing::debug!(%error, tried, "the token is opened again");
                    }
                    Err(error) => return Err(error),
                }
                loaded.generation
            };
            if let Err(error) = self.access.module.reinitialise(generation) {
                if !error.is_transient() || tried >= tries {
                    return Err(error);
                }
                thread::sleep(RACE_PAUSE);
            }
        }
    }

    /// Opens the session for the first time.
    pub(crate) fn open_at_start(&mut self) -> Result<(), Error> {
        self.open(RACE_TRIES)
    }

    /// Does `work` in the session. A handle gone stale, a session the token dropped, or a token
    /// that shows none of its keys, is looked for again and the work begun once more: nothing had
    /// been done.
    pub(crate) fn run<T>(&mut self, work: &mut dyn FnMut(&mut Open) -> Result<T, Error>) -> Result<T, Error> {
        let module = self.access.module.clone();
        let mut second = false;
        loop {
            self.open(RECOVERY_TRIES)?;
            let loaded = module.read();
            let Some(open) = self.open.as_mut().filter(|open| open.generation == loaded.generation) else {
                continue;
            };
            let done = work(open);
            self.known.extend(open.keys.keys());
            match done {
                Err(Error::KeyVanished(_)) if !second => open.keys.clear(),
                // SoftHSM goes on with a session whose folder is away, and never sees it come back.
                Err(Error::KeyAbsent(_)) if !second && open.shows_none_of(&self.known) => {
                    tracing::warn!("the token shows none of its keys");
                    let generation = loaded.generation;
                    drop(loaded);
                    self.open = None;
                    module.reinitialise(generation)?;
                }
                Err(error @ (Error::SessionLost(_) | Error::Unreachable(_))) => {
                    tracing::warn!(%error, "the token failed");
                    self.close();
                    if second || matches!(error, Error::Unreachable(_)) {
                        return Err(error);
                    }
                }
                other => return other,
            }
            second = true;
        }
    }

    /// Ends the session. The caller holds the module, or nobody uses it any more.
    fn close(&mut self) {
        if let Some(open) = self.open.take()
            && let Err(error) = open.session.close()
        {
            tracing::debug!(%error, "C_CloseSession");
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let module = self.access.module.clone();
        let loaded = module.read();
        if self.open.as_ref().is_some_and(|open| open.generation == loaded.generation) {
            self.close();
        }
    }
}

impl Open {
    fn new(loaded: &Loaded, access: &Access) -> Result<Self, Error> {
        access.check_pin_not_refused()?;
        let slot = loaded.slot(&access.label)?.ok_or_else(|| Error::TokenAbsent(access.label.clone()))?;
        let session = loaded.pkcs11.open_rw_session_no_drop(slot)?;
        match session.login(UserType::User, Some(&access.pin)) {
            Ok(()) | Err(Pkcs11Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => {
                let error = Error::from(error);
                access.note_refusal(&error);
                if let Err(error) = session.close() {
                    tracing::debug!(%error, "C_CloseSession");
                }
                return Err(error);
            }
        }
        let wrap = access.key_wrap.or_else(|| KeyWrapNumber::probe(&loaded.pkcs11, slot).ok());
        Ok(Self { session, wrap, generation: loaded.generation, keys: HashMap::new() })
    }

    /// How this token wraps keys.
    pub(crate) fn key_wrap(&self) -> Result<KeyWrapNumber, Error> {
        self.wrap.ok_or_else(|| Error::MechanismAbsent("AES key wrap with padding (RFC 5649)".into()))
    }

    /// The handle of a purpose's key; found once per session.
    pub(crate) fn key(&mut self, purpose: Purpose, half: Half) -> Result<ObjectHandle, Error> {
        if let Some(handle) = self.keys.get(&(purpose, half)) {
            return Ok(*handle);
        }
        let handle = self.find(purpose, half)?.ok_or(Error::KeyAbsent(purpose))?;
        self.keys.insert((purpose, half), handle);
        Ok(handle)
    }

    /// Looks for a purpose's key in the token.
    pub(crate) fn find(&self, purpose: Purpose, half: Half) -> Result<Option<ObjectHandle>, Error> {
        let class = match half {
            Half::Private => ObjectClass::PRIVATE_KEY,
            Half::Public => ObjectClass::PUBLIC_KEY,
            Half::Secret => ObjectClass::SECRET_KEY,
        };
        let template =
            [Attribute::Class(class), Attribute::Token(true), Attribute::Label(purpose.label().into_bytes())];
        match self.session.find_objects(&template)?.as_slice() {
            [] => Ok(None),
            [handle] => Ok(Some(*handle)),
            _ => Err(Error::KeyAmbiguous(purpose)),
        }
    }

    /// Whether nothing is there of what was.
    fn shows_none_of(&self, known: &HashSet<(Purpose, Half)>) -> bool {
        !known.is_empty() && known.iter().all(|(purpose, half)| matches!(self.find(*purpose, *half), Ok(None)))
    }

    /// Whether `code`, given for an operation on someone's bytes, is the session's fault and not
    /// the bytes'. Tokens name bytes they cannot open as they like (kryoptic: `CKR_DEVICE_ERROR`),
    /// so the session is asked.
    pub(crate) fn is_to_blame(&self, code: RvError) -> bool {
        session_is_lost(code)
            && !(self.session.get_session_info().is_ok_and(|info| info.session_state() == SessionState::RwUser)
                && random(&self.session, 1).is_ok())
    }

    /// Forgets the handles found so far.
    pub(crate) fn forget_keys(&mut self) {
        self.keys.clear();
    }
}

/// The object that decides whether a purpose's key exists.
pub(crate) fn principal_half(purpose: Purpose) -> Half {
    match purpose.kind() {
        Kind::Pair(_) => Half::Private,
        Kind::Wrapping | Kind::Data => Half::Secret,
    }
}

/// A session object that is destroyed when this is dropped, whatever happened in between.
#[derive(Debug)]
pub(crate) struct Temporary<'a> {
    session: &'a Session,
    /// The object.
    pub(crate) handle: ObjectHandle,
}

impl<'a> Temporary<'a> {
    pub(crate) fn new(session: &'a Session, handle: ObjectHandle) -> Self {
        Self { session, handle }
    }

    /// Keeps the object after all: what was put together is whole.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.session.destroy_object(self.handle) {
            tracing::warn!(%error, "a session object could not be destroyed; it ends with the session");
        }
    }
}

//! One loaded PKCS#11 module per path in this process: `C_Initialize` and `C_Finalize` are
//! the process's, not a token's.

use crate::Error;
use crate::token::Access;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Pkcs11Error, RvError};
use cryptoki::slot::Slot;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock, RwLockReadGuard, TryLockError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// Pause after a `C_Finalize` that clears a start-up race. Measured on SoftHSM 2.6.1.
pub(crate) const RACE_PAUSE: Duration = Duration::from_millis(20);

/// How often a race at start-up is tried again.
pub(crate) const RACE_TRIES: u32 = 25;

/// How long `C_Finalize` waits for the requests that run.
const FINALISE_PATIENCE: Duration = Duration::from_secs(5);

static MODULES: LazyLock<Mutex<HashMap<PathBuf, Arc<Module>>>> = LazyLock::new(Mutex::default);

/// A loaded module. Never unloaded: modules keep threads and exit handlers.
#[derive(Debug)]
pub(crate) struct Module {
    /// Requests hold it for reading, `C_Finalize` for writing: nothing runs while the module is down.
    loaded: RwLock<Loaded>,
    /// Who is logged in to which token. A token that is logged in accepts any PIN
    /// (`CKR_USER_ALREADY_LOGGED_IN`), so a second opener's PIN is compared here.
    logins: Mutex<HashMap<String, Weak<Access>>>,
}

/// What the lock guards.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The module's functions.
    pub(crate) pkcs11: Pkcs11,
    /// Counts `C_Initialize`; handles of an earlier generation mean nothing, or another's object.
    pub(crate) generation: u64,
}

impl Module {
    /// The module at `path`, loaded and initialised once per process.
    pub(crate) fn at(path: &Path) -> Result<Arc<Self>, Error> {
        let unusable = |reason: String| Error::ModuleUnusable { module: path.to_owned(), reason };
        let key = path.canonicalize().map_err(|e| unusable(e.to_string()))?;
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(&key) {
            return Ok(module.clone());
        }
        let pkcs11 = Pkcs11::new(&key).map_err(|e| unusable(e.to_string()))?;
        let mut tries = 1;
        while let Err(error) = initialise(&pkcs11) {
            if tries == RACE_TRIES || !error.is_transient() {
                return Err(error);
            }
            tries += 1;
            thread::sleep(RACE_PAUSE);
        }
        let module = Arc::new(Self { loaded: RwLock::new(Loaded { pkcs11, generation: 0 }), logins: Mutex::default() });
        modules.insert(key, module.clone());
        Ok(module)
    }

    /// The module for one request; it stays initialised until the guard is dropped.
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, Loaded> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// `C_Finalize`, a pause, `C_Initialize`; nothing if someone did so since `seen`.
    ///
    /// Waits for running requests, but not for one that hangs in the module.
    pub(crate) fn reinitialise(&self, seen: u64) -> Result<(), Error> {
        let begun = Instant::now();
        // `write()` would queue and stop new readers behind a request that never ends.
        let mut loaded = loop {
            match self.loaded.try_write() {
                Ok(loaded) => break loaded,
                Err(TryLockError::Poisoned(poisoned)) => break poisoned.into_inner(),
                Err(TryLockError::WouldBlock) if begun.elapsed() > FINALISE_PATIENCE => {
                    return Err(Error::Unreachable("a request hangs in the module".into()));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(2)),
            }
        };
        if loaded.generation != seen {
            return Ok(());
        }
        loaded.generation += 1;
        if let Err(error) = loaded.pkcs11.clone().finalize() {
            tracing::debug!(%error, "C_Finalize");
        }
        thread::sleep(RACE_PAUSE);
        initialise(&loaded.pkcs11)
    }

    /// Notes who logs in to a token. A second opener must know the same PIN.
    pub(crate) fn admit(&self, access: &Arc<Access>) -> Result<(), Error> {
        let mut logins = self.logins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = logins.get(&access.label).and_then(Weak::upgrade) {
            return if other.same_pin(access) { Ok(()) } else { Err(Error::PinIncorrect) };
        }
        logins.insert(access.label.clone(), Arc::downgrade(access));
        Ok(())
    }
}

impl Loaded {
    /// The slot whose initialised token has this label. Slot numbers change; labels do not.
    pub(crate) fn slot(&self, label: &str) -> Result<Option<Slot>, Error> {
        for slot in self.pkcs11.get_slots_with_token()? {
            let token = self.pkcs11.get_token_info(slot)?;
            if token.token_initialized() && token.label() == label {
                return Ok(Some(slot));
            }
        }
        Ok(None)
    }
}

fn initialise(pkcs11: &Pkcs11) -> Result<(), Error> {
    match pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Pkcs11Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

//! A token in use: a pool of session threads, a deadline on each request.
//!
//! A PKCS#11 session may be handed to a thread but not shared, and a call into a module
//! cannot be called off: so the caller waits on a channel, and gives up at the deadline.

use crate::module::Module;
use crate::pool::{Job, Pool};
use crate::session::{Open, Seat};
use crate::{Error, KeyWrapNumber};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// Which token, and how it is used.
#[derive(Debug, Clone)]
pub struct Config {
    /// Path of the PKCS#11 library.
    pub module: PathBuf,
    /// Label of the token.
    pub token_label: String,
    /// The user's PIN.
    pub pin: SecretString,
    /// Sessions, one thread each; at least one. SoftHSM does not gain from several.
    pub sessions: usize,
    /// How long a caller waits for an answer.
    pub deadline: Duration,
    /// How the token wraps keys; `None` asks it when a session opens.
    pub key_wrap: Option<KeyWrapNumber>,
}

/// A token in use. Clones share its sessions; the last one dropped closes them.
#[derive(Debug, Clone)]
pub struct Token {
    pool: Arc<Pool>,
    deadline: Duration,
}

impl Token {
    /// Opens a session and logs in, clearing start-up races; the other sessions follow on demand.
    ///
    /// # Errors
    /// [`Error::TokenAbsent`], [`Error::PinIncorrect`] (tried once), [`Error::PinLocked`],
    /// [`Error::ModuleUnusable`], [`Error::Unreachable`].
    pub fn open(config: &Config) -> Result<Self, Error> {
        let module = Module::at(&config.module)?;
        let access = Arc::new(Access {
            module: module.clone(),
            label: config.token_label.clone(),
            pin: config.pin.clone(),
            key_wrap: config.key_wrap,
            refused: AtomicU8::new(Refusal::None as u8),
        });
        module.admit(&access)?;
        let mut first = Seat::new(access.clone());
        first.open_at_start()?;

        let pool = Pool::new(first, access, config.sessions.max(1))?;
        Ok(Self { pool: Arc::new(pool), deadline: config.deadline })
    }

    /// Has `work` done in a session, and waits until the deadline for its result.
    pub(crate) fn ask<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnMut(&mut Open) -> Result<T, Error> + Send + 'static,
    {
        self.ask_within(self.deadline, work)
    }

    /// [`Self::ask`] with another deadline.
    pub(crate) fn ask_within<T, W>(&self, deadline: Duration, mut work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnMut(&mut Open) -> Result<T, Error> + Send + 'static,
    {
        let (answer, wait) = sync_channel(1);
        let begun = Instant::now();
        let job = Job::new(deadline, move |seat: &mut Seat| {
            // Nobody waits any more: do not load a slow token with it.
            if begun.elapsed() < deadline {
                // The caller may give up in this very moment; its result is then lost with the channel.
                drop(answer.send(seat.run(&mut work)));
            }
        });
        self.pool.queue(job)?;
        match wait.recv_timeout(deadline.saturating_sub(begun.elapsed())) {
            Ok(result) => result,
            Err(_) => Err(Error::Timeout(deadline)),
        }
    }
}

impl Token {
    /// How long a caller waits for an answer.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Has `work` done in a session; its thread calls `answer` with the result, unless the
    /// deadline has passed before it was begun.
    pub(crate) fn ask_then<T, W>(
        &self,
        deadline: Duration,
        mut work: W,
        answer: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) -> Result<(), Error>
    where
        T: Send + 'static,
        W: FnMut(&mut Open) -> Result<T, Error> + Send + 'static,
    {
        let begun = Instant::now();
        self.pool.queue(Job::new(deadline, move |seat: &mut Seat| {
            // Nobody waits any more: do not load a slow token with it.
            if begun.elapsed() < deadline {
                answer(seat.run(&mut work));
            }
        }))
    }
}

/// What a session needs to be opened.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) module: Arc<Module>,
    pub(crate) label: String,
    pub(crate) pin: SecretString,
    pub(crate) key_wrap: Option<KeyWrapNumber>,
    refused: AtomicU8,
}

/// What the token last said of the PIN.
#[repr(u8)]
enum Refusal {
    None = 0,
    Incorrect = 1,
    Locked = 2,
}

impl Access {
    /// A refused PIN is not offered again: each try counts towards locking the token.
    pub(crate) fn check_pin_not_refused(&self) -> Result<(), Error> {
        match self.refused.load(Ordering::Acquire) {
            refused if refused == Refusal::Incorrect as u8 => Err(Error::PinIncorrect),
            refused if refused == Refusal::Locked as u8 => Err(Error::PinLocked),
            _ => Ok(()),
        }
    }

    pub(crate) fn note_refusal(&self, error: &Error) {
        let refusal = match error {
            Error::PinIncorrect => Refusal::Incorrect,
            Error::PinLocked => Refusal::Locked,
            _ => return,
        };
        self.refused.store(refusal as u8, Ordering::Release);
    }

    /// Whether both know the same PIN; takes as long wherever they differ.
    pub(crate) fn same_pin(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.pin.expose_secret().as_bytes(), other.pin.expose_secret().as_bytes());
        mine.len() == theirs.len() && mine.iter().zip(theirs).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
    }
}

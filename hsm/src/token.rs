//! A token in use: threads with one session each behind a queue, a deadline on each request.
//!
//! A PKCS#11 session may be handed to a thread but not shared, and a call into a module
//! cannot be called off: so the caller waits on a channel, and gives up at the deadline.

use crate::module::Module;
use crate::session::{Open, Seat};
use crate::{Error, KeyWrapNumber};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Requests that may wait per session before a new one is refused.
const QUEUE_PER_SESSION: usize = 64;

/// How long dropping the last [`Token`] waits for its sessions to end.
const CLOSING_PATIENCE: Duration = Duration::from_millis(500);

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

        let sessions = config.sessions.max(1);
        let (sender, receiver) = sync_channel::<Job>(sessions.saturating_mul(QUEUE_PER_SESSION));
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::with_capacity(sessions);
        let mut seats = Some(first).into_iter();
        for number in 0..sessions {
            let seat = seats.next().unwrap_or_else(|| Seat::new(access.clone()));
            let receiver = receiver.clone();
            let name = format!("hsm-{number}");
            let thread = thread::Builder::new().name(name).spawn(move || serve(seat, &receiver));
            threads.push(thread.map_err(Error::Thread)?);
        }
        let pool = Pool { sender: Some(sender), threads, deadline: config.deadline };
        Ok(Self { pool: Arc::new(pool) })
    }

    /// Has `work` done in a session, and waits until the deadline for its result.
    pub(crate) fn ask<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnMut(&mut Open) -> Result<T, Error> + Send + 'static,
    {
        self.ask_within(self.pool.deadline, work)
    }

    /// [`Self::ask`] with another deadline.
    pub(crate) fn ask_within<T, W>(&self, deadline: Duration, mut work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnMut(&mut Open) -> Result<T, Error> + Send + 'static,
    {
        let (answer, wait) = sync_channel(1);
        let begun = Instant::now();
        let job: Job = Box::new(move |seat: &mut Seat| {
            // Nobody waits any more: do not load a slow token with it.
            if begun.elapsed() < deadline {
                // The caller may give up in this very moment; its result is then lost with the channel.
                drop(answer.send(seat.run(&mut work)));
            }
        });
        self.queue(job)?;
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
        self.pool.deadline
    }

    /// Has `work` done in a session; its thread calls `answer` with the result, unless the
    /// deadline has passed before it was begun.
    pub(crate) fn ask_then<T, W>(
        &self,
        mut work: W,
        answer: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) -> Result<(), Error>
    where
        T: Send + 'static,
        W: FnMut(&mut Open) -> Result<T, Error> + Send + 'static,
    {
        let (begun, deadline) = (Instant::now(), self.pool.deadline);
        self.queue(Box::new(move |seat: &mut Seat| {
            // Nobody waits any more: do not load a slow token with it.
            if begun.elapsed() < deadline {
                answer(seat.run(&mut work));
            }
        }))
    }

    fn queue(&self, job: Job) -> Result<(), Error> {
        let sender = self.pool.sender.as_ref().ok_or(Error::Busy)?;
        sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::Busy,
            TrySendError::Disconnected(_) => Error::Unreachable("no session thread is left".into()),
        })
    }
}

/// A request as a session thread sees it.
type Job = Box<dyn FnOnce(&mut Seat) + Send>;

/// A session thread: one request after the other until the token is closed.
fn serve(mut seat: Seat, receiver: &Mutex<Receiver<Job>>) {
    loop {
        let job = receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        if catch_unwind(AssertUnwindSafe(|| job(&mut seat))).is_err() {
            tracing::error!("a request to the token panicked");
        }
    }
}

/// The queue and its threads.
struct Pool {
    /// Taken when the pool is dropped, which ends the threads.
    sender: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
    deadline: Duration,
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.sender = None;
        let begun = Instant::now();
        // Not `join`: a call may hang in the module for ever.
        while self.threads.iter().any(|thread| !thread.is_finished()) && begun.elapsed() < CLOSING_PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("sessions", &self.threads.len()).field("deadline", &self.deadline).finish()
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

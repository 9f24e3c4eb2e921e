//! The threads of a token: one session each, behind one queue.
//!
//! A call into a module cannot be called off. A thread whose call lasts longer than anybody waits for it is
//! given up, and another with a session of its own takes its place; if the call comes back after all, that
//! thread ends.

use crate::Error;
use crate::queue::Queue;
use crate::session::Seat;
use crate::token::Access;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Requests that may wait per session before a new one is refused.
const QUEUE_PER_SESSION: usize = 64;

/// How long dropping the pool waits for its sessions to end; not for one that hangs.
const CLOSING_PATIENCE: Duration = Duration::from_secs(5);

/// Threads that may hang in the module at once; with more there is no hope but a restart.
const MOST_HANGING: usize = 64;

/// For each thread that hangs, so much longer until another takes the place of the next.
const HESITATION: Duration = Duration::from_secs(5);

/// A request as a session thread sees it.
pub(crate) struct Job {
    work: Box<dyn FnOnce(&mut Seat) + Send>,
    patience: Duration,
}

impl Job {
    /// Work that is waited for no longer than this once it is begun.
    pub(crate) fn new(patience: Duration, work: impl FnOnce(&mut Seat) + Send + 'static) -> Self {
        Self { work: Box::new(work), patience }
    }
}

/// The queue and its threads.
pub(crate) struct Pool {
    queue: Arc<Queue<Job>>,
    access: Arc<Access>,
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct Threads {
    /// Those that take requests.
    serving: Vec<SessionThread>,
    /// Those given up.
    hanging: Vec<SessionThread>,
    given_up_last: Option<Instant>,
    /// How many there were, for their names.
    made: usize,
}

struct SessionThread {
    thread: JoinHandle<()>,
    watch: Arc<Mutex<Watch>>,
}

/// What a thread is about.
enum Watch {
    Idle,
    Busy { until: Instant },
    GivenUp,
}

impl Pool {
    /// A pool of so many sessions, the first of them open already.
    pub(crate) fn new(first: Seat, access: Arc<Access>, sessions: usize) -> Result<Self, Error> {
        let queue = Arc::new(Queue::new(sessions.saturating_mul(QUEUE_PER_SESSION)));
        let pool = Self { queue, access, threads: Mutex::default() };
        let mut threads = pool.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seats = Some(first).into_iter();
        for _ in 0..sessions {
            let seat = seats.next().unwrap_or_else(|| Seat::new(pool.access.clone()));
            threads.begin(seat, &pool.queue)?;
        }
        drop(threads);
        Ok(pool)
    }

    /// Has a request done by the next thread that is free.
    pub(crate) fn queue(&self, job: Job) -> Result<(), Error> {
        self.give_up_what_hangs();
        self.queue.put(job)
    }

    fn give_up_what_hangs(&self) {
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = threads.serving.iter().position(SessionThread::hangs) else { return };
        threads.hanging.retain(|thread| !thread.thread.is_finished());
        let hanging = threads.hanging.len();
        let hesitation = HESITATION.saturating_mul(u32::try_from(hanging).unwrap_or(u32::MAX));
        if hanging >= MOST_HANGING || threads.given_up_last.is_some_and(|last| last.elapsed() < hesitation) {
            return;
        }
        if !threads.serving.get(place).is_some_and(SessionThread::give_up) {
            return;
        }
        tracing::error!(
            alarm = "token",
            hanging = hanging + 1,
            "a call hangs in the token's module: another session is opened"
        );
        let given_up = threads.serving.swap_remove(place);
        threads.hanging.push(given_up);
        threads.given_up_last = Some(Instant::now());
        if let Err(error) = threads.begin(Seat::new(self.access.clone()), &self.queue) {
            tracing::error!(%error, "no thread for another session");
        }
    }
}

impl Threads {
    fn begin(&mut self, seat: Seat, queue: &Arc<Queue<Job>>) -> Result<(), Error> {
        let (queue, watch) = (queue.clone(), Arc::new(Mutex::new(Watch::Idle)));
        let watched = watch.clone();
        let name = format!("hsm-{}", self.made);
        let thread = thread::Builder::new().name(name).spawn(move || serve(seat, &queue, &watched));
        self.serving.push(SessionThread { thread: thread.map_err(Error::Thread)?, watch });
        self.made += 1;
        Ok(())
    }
}

impl SessionThread {
    fn hangs(&self) -> bool {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*watch, Watch::Busy { until } if until < Instant::now())
    }

    /// `false` if its call came back in this very moment.
    fn give_up(&self) -> bool {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        let hangs = matches!(*watch, Watch::Busy { until } if until < Instant::now());
        if hangs {
            *watch = Watch::GivenUp;
        }
        hangs
    }
}

/// A session thread: one request after the other until the token is closed, or the thread given up.
fn serve(mut seat: Seat, queue: &Queue<Job>, watch: &Mutex<Watch>) {
    let now = |state| std::mem::replace(&mut *watch.lock().unwrap_or_else(PoisonError::into_inner), state);
    while let Some(Job { work, patience }) = queue.take() {
        now(Watch::Busy { until: Instant::now() + patience });
        if catch_unwind(AssertUnwindSafe(|| work(&mut seat))).is_err() {
            tracing::error!("a request to the token panicked");
        }
        if matches!(now(Watch::Idle), Watch::GivenUp) {
            tracing::warn!("a call that hung in the token's module came back");
            return;
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
        let begun = Instant::now();
        let threads = self.threads.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Not `join` at once: a call may hang in the module for ever, and the last holder may be a session's thread.
        let me = thread::current().id();
        let is_awaited =
            |one: &SessionThread| one.thread.thread().id() != me && !one.thread.is_finished() && !one.hangs();
        while threads.serving.iter().any(is_awaited) && begun.elapsed() < CLOSING_PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
        // A thread that is finished still gives back what the module keeps for it (OpenSSL does so when a thread
        // ends). If the process ended meanwhile, that would be freed twice.
        for finished in threads.serving.drain(..).chain(threads.hanging.drain(..)) {
            if finished.thread.is_finished() {
                let _ = finished.thread.join();
            }
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

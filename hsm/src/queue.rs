//! What waits for a session thread.
//!
//! Of the threads that are free the one that was busy last is woken: what the module needs is still at
//! hand in its processor's cache. Taking turns costs a request that comes alone up to a tenth more.

use crate::Error;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

/// Requests, first come first served.
pub(crate) struct Queue<Request> {
    state: Mutex<State<Request>>,
    most: usize,
}

struct State<Request> {
    waiting: VecDeque<Request>,
    /// Those that sleep, the last to fall asleep at the end.
    free: Vec<Thread>,
    closed: bool,
}

impl<Request> Queue<Request> {
    /// A queue in which no more than so many wait.
    pub(crate) fn new(most: usize) -> Self {
        let state = State { waiting: VecDeque::new(), free: Vec::new(), closed: false };
        Self { state: Mutex::new(state), most }
    }

    /// Puts a request at the end.
    ///
    /// # Errors
    /// [`Error::Busy`] if it is full.
    pub(crate) fn put(&self, request: Request) -> Result<(), Error> {
        let mut state = self.state();
        if state.waiting.len() >= self.most {
            return Err(Error::Busy);
        }
        state.waiting.push_back(request);
        let free = state.free.pop();
        drop(state);
        if let Some(thread) = free {
            thread.unpark();
        }
        Ok(())
    }

    /// The next request, when there is one; none once the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<Request> {
        let me = thread::current();
        loop {
            let mut state = self.state();
            // Woken, or by chance.
            state.free.retain(|free| free.id() != me.id());
            if let Some(request) = state.waiting.pop_front() {
                return Some(request);
            }
            if state.closed {
                return None;
            }
            state.free.push(me.clone());
            drop(state);
            thread::park();
        }
    }

    /// Lets those that take go when nothing waits any more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.free.drain(..).for_each(|thread| thread.unpark());
    }

    fn state(&self) -> MutexGuard<'_, State<Request>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    const SOON: Duration = Duration::from_secs(20);

    /// A test that fails lets its threads go.
    struct Closing<'a, Request>(&'a Queue<Request>);

    impl<Request> Drop for Closing<'_, Request> {
        fn drop(&mut self) {
            self.0.close();
        }
    }

    fn until(done: impl Fn() -> bool) {
        let begun = Instant::now();
        while !done() {
            assert!(begun.elapsed() < SOON);
            thread::yield_now();
        }
    }

    #[test]
    fn each_request_is_taken_once_and_in_order() {
        let queue = Queue::new(3);
        assert!((0..3).all(|number| queue.put(number).is_ok()));
        assert!(matches!(queue.put(3), Err(Error::Busy)));
        queue.close();
        assert_eq!(std::iter::from_fn(|| queue.take()).collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn many_threads_lose_nothing() {
        let queue = Queue::new(usize::MAX);
        let taken = Mutex::new(Vec::new());
        thread::scope(|scope| {
            let _closing = Closing(&queue);
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(number) = queue.take() {
                        taken.lock().unwrap().push(number);
                    }
                });
            }
            for from in 0..4 {
                let queue = &queue;
                scope.spawn(move || (0..1000).for_each(|number| queue.put(from * 1000 + number).unwrap()));
            }
            until(|| taken.lock().unwrap().len() >= 4000);
        });
        let mut taken = taken.into_inner().unwrap();
        taken.sort_unstable();
        assert_eq!(taken, (0..4000).collect::<Vec<_>>());
    }

    #[test]
    fn who_was_busy_last_is_woken() {
        let queue = Queue::new(9);
        let (done, by) = channel();
        thread::scope(|scope| {
            let _closing = Closing(&queue);
            for _ in 0..3 {
                let done = done.clone();
                let queue = &queue;
                scope.spawn(move || {
                    while queue.take().is_some() {
                        done.send(thread::current().id()).unwrap()
                    }
                });
            }
            let who = || {
                until(|| queue.state().free.len() == 3);
                queue.put(()).unwrap();
                by.recv_timeout(SOON).unwrap()
            };
            let first = who();
            assert!((0..10).all(|_| who() == first));
        });
    }
}

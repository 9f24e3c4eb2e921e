//! Work that keeps a processor busy for milliseconds. It is done beside the runtime's own threads, and not
//! all of it at once: a batch of hundreds would take the processors from everybody.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::core::Core;
use crate::protocol::Refusal;

/// So many at once for each of the runtime's workers. One would do to keep the processors busy; but what
/// is drawn side by side comes to the journal together, and shares a commit.
const SIDE_BY_SIDE: usize = 4;

/// Room for [`SIDE_BY_SIDE`] for each worker, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Computing(Arc<Semaphore>);

impl Computing {
    /// In the runtime that is entered.
    pub(crate) fn here() -> Self {
        Self(Arc::new(Semaphore::new(SIDE_BY_SIDE * Handle::current().metrics().num_workers())))
    }

    async fn done<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let room = Arc::clone(&self.0).acquire_owned().await.map_err(|_| Refusal::Internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _room = room;
            work()
        });
        done.await.map_err(|_| Refusal::Internal)
    }
}

impl Core {
    /// What comes of `work`. Once begun it is done to its end, even if nobody waits for it any more.
    ///
    /// # Errors
    /// [`Refusal::Internal`] if it panics, or the program ends.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        self.computing.done(work).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Sender};
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn so_many_at_once_and_no_more() {
        let computing = Arc::new(Computing::here());
        let (begun, begins) = mpsc::channel();
        for _ in 0..=2 * SIDE_BY_SIDE {
            let (computing, begun) = (Arc::clone(&computing), begun.clone());
            tokio::spawn(async move {
                let work = move || {
                    let (end, ends) = mpsc::channel::<()>();
                    begun.send(end).unwrap();
                    // Until the other side is dropped.
                    ends.recv().unwrap_err();
                };
                computing.done(work).await
            });
        }
        tokio::task::spawn_blocking(move || {
            let mut at_work: Vec<Sender<()>> =
                (0..2 * SIDE_BY_SIDE).map(|_| begins.recv_timeout(PATIENCE).unwrap()).collect();
            assert!(begins.recv_timeout(Duration::from_millis(100)).is_err(), "one too many");
            drop(at_work.pop());
            begins.recv_timeout(PATIENCE).unwrap();
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn work_that_panics_leaves_its_room() {
        let computing = Computing::here();
        for _ in 0..=SIDE_BY_SIDE {
            assert_eq!(computing.done(|| panic!("as it was asked to")).await, Err::<(), _>(Refusal::Internal));
        }
        assert_eq!(computing.done(|| 7).await, Ok(7));
    }
}

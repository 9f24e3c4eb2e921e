//! Work that keeps a processor busy for milliseconds. It is done beside the runtime's own threads, and no
//! more of it at once than the runtime has of those: the rest would only take processors from one another.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::core::Core;
use crate::protocol::Refusal;

/// Room for as many at once as the runtime has workers, in the order in which they came.
#[derive(Debug)]
pub(crate) struct Computing(Arc<Semaphore>);

impl Computing {
    /// In the runtime that is entered.
    pub(crate) fn here() -> Self {
        Self(Arc::new(Semaphore::new(Handle::current().metrics().num_workers())))
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
        let room = Arc::clone(&self.computing.0).acquire_owned().await.map_err(|_| Refusal::Internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let _room = room;
            work()
        });
        done.await.map_err(|_| Refusal::Internal)
    }
}

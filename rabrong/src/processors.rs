//! On which processors threads run.
//!
//! What one signature needs goes from thread to thread: the request's, the journal's, the token's. On one
//! processor the next of them finds everything in the caches and need not be woken elsewhere
//! (`docs/decisions/0013-the-signer-keeps-to-one-processor.md`).

use std::io;
use std::num::NonZeroUsize;

use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// One processor.
pub const ONE: NonZeroUsize = NonZeroUsize::MIN;

/// Processors that a thread might run on.
#[derive(Debug, Clone, Copy)]
pub struct Processors(CpuSet);

/// Keeps the calling thread, and all that it starts from now on, to `count` of the processors that it may
/// run on: the one it is on and those that follow; with no more than that, nothing changes. The ones it
/// might run on before.
///
/// # Errors
/// What the system says.
pub fn keep_to(count: NonZeroUsize) -> io::Result<Processors> {
    let allowed = sched_getaffinity(None)?;
    if usize::try_from(allowed.count()).is_ok_and(|allowed| allowed <= count.get()) {
        return Ok(Processors(allowed));
    }
    let mut kept = CpuSet::new();
    let current = sched_getcpu();
    let in_turn = (current..CpuSet::MAX_CPU).chain(0..current);
    for processor in in_turn.filter(|processor| allowed.is_set(*processor)).take(count.get()) {
        kept.set(processor);
    }
    sched_setaffinity(None, &kept)?;
    Ok(Processors(allowed))
}

impl Processors {
    /// Lets the calling thread, and all that it starts from now on, run on them.
    ///
    /// # Errors
    /// What the system says.
    pub fn allow(&self) -> io::Result<()> {
        Ok(sched_setaffinity(None, &self.0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn how_many() -> usize {
        std::thread::available_parallelism().unwrap().get()
    }

    /// In a thread of its own, which is gone afterwards.
    fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| scope.spawn(work).join().unwrap())
    }

    #[test]
    fn threads_keep_to_the_processor_of_the_one_that_started_them() {
        let before = how_many();
        apart(|| {
            let others = keep_to(ONE).unwrap();
            assert_eq!(how_many(), 1);
            let here = sched_getcpu();
            assert_eq!(apart(|| (how_many(), sched_getcpu())), (1, here));
            others.allow().unwrap();
            assert_eq!(how_many(), before);
        });
        assert_eq!(how_many(), before);
    }

    #[test]
    fn more_than_there_are_is_all_of_them() {
        let before = how_many();
        apart(|| {
            keep_to(NonZeroUsize::MAX).unwrap();
            assert_eq!(how_many(), before);
            keep_to(ONE).unwrap();
            // What it was kept to is what it may run on.
            keep_to(NonZeroUsize::MAX).unwrap();
            assert_eq!(how_many(), 1);
        });
    }
}

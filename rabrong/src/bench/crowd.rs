//! Many at work at once: so many at any time, or as they arrive.

use std::pin::Pin;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::meter::{Amount, processor_seconds};

/// One piece of work.
pub(super) type Work = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

/// Keeps `count` at work for `slice`, and at least each of them once.
///
/// # Errors
/// What one of them failed with.
pub(super) fn keep_busy(
    runtime: &Handle,
    count: usize,
    slice: Duration,
    next: impl Fn() -> anyhow::Result<Work>,
) -> anyhow::Result<Amount> {
    let (started, cpu) = (Instant::now(), processor_seconds()?);
    let done = runtime.block_on(async {
        let mut working = JoinSet::new();
        for _ in 0..count {
            working.spawn(next()?);
        }
        let mut done = 0.0;
        while let Some(one) = working.join_next().await {
            one??;
            done += 1.0;
            if started.elapsed() < slice {
                working.spawn(next()?);
            }
        }
        anyhow::Ok(done)
    })?;
    Ok(Amount { count: done, wall: started.elapsed().as_secs_f64(), cpu: processor_seconds()? - cpu })
}

/// The time that ninety-nine of a hundred take at most, while one arrives every `pause`, whoever else is
/// at work.
///
/// # Errors
/// What one of them failed with.
pub(super) fn slowest_as_they_arrive(
    runtime: &Handle,
    pause: Duration,
    seconds: f64,
    next: impl Fn() -> anyhow::Result<Work>,
) -> anyhow::Result<Duration> {
    let mut times = runtime.block_on(async {
        let started = Instant::now();
        let mut due = started;
        let mut working = JoinSet::new();
        while started.elapsed().as_secs_f64() < seconds {
            tokio::time::sleep_until(due.into()).await;
            let work = next()?;
            // From when it was due: what waits to begin waits too.
            working.spawn(async move { work.await.map(|()| due.elapsed()) });
            due += pause;
        }
        working.join_all().await.into_iter().collect::<anyhow::Result<Vec<Duration>>>()
    })?;
    times.sort_unstable();
    times.get(times.len() * 99 / 100).copied().context("nothing was timed")
}

//! Counts, the wall's clock and the processor's, in interleaved rounds.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::task::Task;

/// Kernel ticks per second in `/proc` (`USER_HZ`): 100 on every Linux.
const TICKS: f64 = 100.0;

/// What was done, and what it took.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Amount {
    /// Operations.
    pub(super) count: f64,
    /// Seconds on the wall.
    pub(super) wall: f64,
    /// Seconds of processor time, of all processes that took part.
    pub(super) cpu: f64,
}

impl Amount {
    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.wall += other.wall;
        self.cpu += other.cpu;
    }

    /// Operations per second of processor time; none if no time was seen to pass.
    pub(super) fn per_cpu_second(&self) -> Option<f64> {
        (self.cpu > 0.0).then(|| self.count / self.cpu)
    }

    /// Operations per second on the wall.
    pub(super) fn per_second(&self) -> Option<f64> {
        (self.wall > 0.0).then(|| self.count / self.wall)
    }
}

/// A name and its sum over all rounds.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) name: &'static str,
    /// Name of the raw operation of the token to compare with.
    pub(super) raw: Option<&'static str>,
    pub(super) amount: Amount,
}

/// Measures each task for `seconds` in all.
///
/// # Errors
/// What a task failed with.
pub(super) fn measure<'a>(tasks: Vec<Task<'a>>, seconds: f64, rounds: u32) -> anyhow::Result<Vec<Measured>> {
    let slice = Duration::from_secs_f64(seconds / f64::from(rounds.max(1)));
    let mut tasks: Vec<(Task<'a>, Amount)> = tasks.into_iter().map(|task| (task, Amount::default())).collect();
    for (task, _) in &mut tasks {
        // What is made once (a font read, a key found) is no part of the rate.
        task.once().context(task.name)?;
    }
    for _ in 0..rounds {
        for (task, sum) in &mut tasks {
            sum.add(task.during(slice).context(task.name)?);
        }
    }
    Ok(tasks.into_iter().map(|(task, amount)| Measured { name: task.name, raw: task.raw, amount }).collect())
}

/// Repeats `work`, which answers how many operations it was, for at least `slice`.
///
/// # Errors
/// What `work` failed with, or no `/proc`.
pub(super) fn repeat(slice: Duration, work: &mut dyn FnMut() -> anyhow::Result<u32>) -> anyhow::Result<Amount> {
    let (started, cpu) = (Instant::now(), processor_seconds()?);
    let mut count = 0.0;
    while started.elapsed() < slice {
        count += f64::from(work()?);
    }
    Ok(Amount { count, wall: started.elapsed().as_secs_f64(), cpu: processor_seconds()? - cpu })
}

/// Processor time of this process so far, all threads, user and system.
pub(super) fn processor_seconds() -> anyhow::Result<f64> {
    seconds("self", OWN)
}

/// Processor time of other processes so far.
#[cfg(feature = "measuring")]
pub(super) fn processor_seconds_of(processes: &[u32]) -> anyhow::Result<f64> {
    processes.iter().map(|id| seconds(&id.to_string(), OWN)).sum()
}

/// Processor time of this process's children that ended and were waited for.
#[cfg(feature = "measuring")]
pub(super) fn processor_seconds_of_ended() -> anyhow::Result<f64> {
    seconds("self", ENDED)
}

/// `utime`, the 14th field of proc(5), after the second, the program's name; `stime` follows.
const OWN: usize = 11;
/// `cutime`, the 16th; `cstime` follows.
#[cfg(any(test, feature = "measuring"))]
const ENDED: usize = 13;

fn seconds(process: &str, field: usize) -> anyhow::Result<f64> {
    let file = format!("/proc/{process}/stat");
    let text = std::fs::read_to_string(&file).context("processor time is read from /proc, on Linux only")?;
    ticks(&text, field).map(|ticks| ticks / TICKS).context(file)
}

/// The sum of two fields; the program's name may hold anything.
fn ticks(stat: &str, field: usize) -> Option<f64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(field);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_whatever_the_program_is_called() {
        let stat = "1 (a) b (c) R 2 3 4 5 -1 6 7 8 9 10 120 34 3 4 20 0 1 0";
        assert_eq!(ticks(stat, OWN), Some(154.0));
        assert_eq!(ticks(stat, ENDED), Some(7.0));
        assert_eq!(ticks("1 (a", OWN), None);
    }

    #[test]
    fn work_is_counted_and_takes_processor_time() {
        let before = processor_seconds().unwrap();
        let mut digest = [0_u8; 32];
        let amount = repeat(Duration::from_millis(200), &mut || {
            use sha2::Digest as _;
            digest = sha2::Sha256::digest(digest).into();
            Ok(2)
        })
        .unwrap();
        assert!(amount.count >= 2.0 && amount.wall >= 0.2);
        assert!(processor_seconds().unwrap() > before);
        let rate = Amount { count: 10.0, wall: 4.0, cpu: 2.0 };
        assert_eq!((rate.per_cpu_second(), rate.per_second()), (Some(5.0), Some(2.5)));
        assert_eq!(Amount::default().per_second(), None);
    }
}

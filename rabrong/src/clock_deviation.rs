//! How far this computer's clock is from UTC: what `chronyd`, which keeps it in step with several
//! servers, says of it. Time-stamps are made only while that is known.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use signer::edge::{Clock, ClockDeviation};

use crate::configuration::{ClockKnowledge, Configuration};

/// How often chrony is asked.
const PERIOD: Duration = Duration::from_secs(5);

/// How long its word counts.
const LIFE: Duration = Duration::from_secs(15);

/// The clock with whoever the configuration says knows its deviation.
///
/// # Errors
/// If the thread that asks cannot be started.
pub fn known(clock: Clock, configuration: &Configuration) -> std::io::Result<Clock> {
    Ok(match configuration.signer.time_stamping.clock {
        ClockKnowledge::Assumed => clock.known_by(Arc::new(Assumed)),
        ClockKnowledge::Chrony => clock.known_by(Chrony::follow()?),
    })
}

/// Nobody asks: the clock is taken to be right.
struct Assumed;

impl ClockDeviation for Assumed {
    fn at_most(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

/// What chrony said last, and when.
#[derive(Debug, Default)]
struct Chrony(Mutex<Option<(Instant, Duration)>>);

impl Chrony {
    fn follow() -> std::io::Result<Arc<Self>> {
        let chrony = Arc::new(Self::default());
        let weak = Arc::downgrade(&chrony);
        std::thread::Builder::new().name("clock".to_owned()).spawn(move || {
            let mut known = true;
            while let Some(chrony) = weak.upgrade() {
                let asked = Instant::now();
                let said = ask_chrony();
                if let (Err(why), true) = (&said, known) {
                    tracing::warn!(why, "nobody knows how right the clock is: no time-stamps");
                }
                known = said.is_ok();
                *chrony.0.lock().unwrap_or_else(PoisonError::into_inner) = said.ok().map(|off| (asked, off));
                drop(chrony);
                std::thread::sleep(PERIOD);
            }
        })?;
        Ok(chrony)
    }
}

impl ClockDeviation for Chrony {
    fn at_most(&self) -> Option<Duration> {
        let (asked, off) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        (asked.elapsed() < LIFE).then_some(off)
    }
}

/// Asks once how far the clock is from UTC at most.
///
/// # Errors
/// Why chrony does not know, in words.
pub fn ask_chrony() -> Result<Duration, String> {
    let asked = Command::new("chronyc").args(["-c", "-n", "tracking"]).output();
    let answer = asked.map_err(|error| format!("chronyc cannot be run ({error})"))?;
    if !answer.status.success() {
        return Err("chronyd does not answer".to_owned());
    }
    bound(&String::from_utf8_lossy(&answer.stdout)).ok_or_else(|| "chronyd is not in step with any server".to_owned())
}

/// `|system time| + root dispersion + root delay / 2`: the bound that chronyc(1) states under
/// "tracking". None if it is not synchronised, or if this is not its answer.
fn bound(tracking: &str) -> Option<Duration> {
    let fields: Vec<&str> = tracking.trim().split(',').collect();
    let seconds = |place: usize| fields.get(place)?.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
    let leap = *fields.get(13)?;
    if fields.len() != 14 || !matches!(leap, "Normal" | "Insert second" | "Delete second") {
        return None;
    }
    let off = seconds(4)?.abs() + seconds(11)?.abs() + seconds(10)?.abs() / 2.0;
    Duration::try_from_secs_f64(off).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_chrony() {
        let said =
            "C0A80101,192.168.1.1,3,1700000000.5,-0.000100,0.0,0.0,-20.1,0.0,0.1,0.020000,0.001000,64.2,Normal\n";
        assert_eq!(bound(said), Some(Duration::from_micros(11_100)));
        for wrong in [
            "",
            "506 Cannot talk to daemon",
            &said.replace("Normal", "Not synchronised"),
            &said.replace("-0.000100", "nan"),
            &said.replace("0.001000", ""),
        ] {
            assert_eq!(bound(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_old_word_does_not_count() {
        let chrony = Chrony(Mutex::new(Some((Instant::now(), Duration::from_millis(3)))));
        assert_eq!(chrony.at_most(), Some(Duration::from_millis(3)));
        let before = Instant::now().checked_sub(LIFE).unwrap();
        *chrony.0.lock().unwrap() = Some((before, Duration::from_millis(3)));
        assert_eq!(chrony.at_most(), None);
    }
}

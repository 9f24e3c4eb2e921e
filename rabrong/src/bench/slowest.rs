//! How long the slowest took, as a JSON line or in words.

use std::time::Duration;

use serde::Serialize;

use crate::output;

#[derive(Debug, Serialize)]
struct Slowest {
    name: &'static str,
    /// Of a hundred documents, at half the rate of that name, ninety-nine take at most so long.
    p99_at_half_load_ms: f64,
}

/// Prints how long the slowest but one of a hundred took at half of a name's rate.
pub(super) fn print(name: &'static str, slowest: Duration, json: bool) -> anyhow::Result<()> {
    if json {
        let p99_at_half_load_ms = (slowest.as_secs_f64() * 10_000.0).round() / 10.0;
        output::line(&serde_json::to_string(&Slowest { name, p99_at_half_load_ms })?);
    } else {
        output::complaint(&format!("{name} at half that rate: 99 of 100 within {slowest:.1?}"));
    }
    Ok(())
}

//! What was measured, as JSON lines or as a table.

use serde::Serialize;

use super::meter::Measured;
use crate::output;

#[derive(Debug, Serialize)]
struct Line {
    name: &'static str,
    per_cpu_second: Option<f64>,
    per_second: Option<f64>,
    raw_hsm_per_cpu_second: Option<f64>,
}

/// Prints one line for each name.
pub(super) fn print(measured: &[Measured], json: bool) -> anyhow::Result<()> {
    if !json {
        output::line(&format!("{:<26}{:>14}{:>14}{:>12}", "", "per CPU second", "per second", "of raw HSM"));
    }
    for line in lines(measured) {
        output::line(&if json { serde_json::to_string(&line)? } else { row(&line) });
    }
    Ok(())
}

fn lines(measured: &[Measured]) -> Vec<Line> {
    let rate = |name: &str| measured.iter().find(|other| other.name == name)?.amount.per_cpu_second();
    let line = |one: &Measured| Line {
        name: one.name,
        per_cpu_second: one.amount.per_cpu_second().map(rounded),
        per_second: one.amount.per_second().map(rounded),
        raw_hsm_per_cpu_second: one.raw.and_then(rate).map(rounded),
    };
    measured.iter().map(line).collect()
}

fn row(line: &Line) -> String {
    let number = |rate: Option<f64>| rate.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}"));
    let share = match (line.per_cpu_second, line.raw_hsm_per_cpu_second) {
        (Some(ours), Some(raw)) if raw > 0.0 => format!("{:.0} %", 100.0 * ours / raw),
        _ => "-".to_owned(),
    };
    format!("{:<26}{:>14}{:>14}{share:>12}", line.name, number(line.per_cpu_second), number(line.per_second))
}

fn rounded(rate: f64) -> f64 {
    (rate * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::super::meter::Amount;
    use super::*;

    #[test]
    fn a_name_is_set_beside_its_raw_operation() {
        let measured = [
            Measured { name: "raw", raw: Some("raw"), amount: Amount { count: 100.0, wall: 1.0, cpu: 0.5 } },
            Measured { name: "ours", raw: Some("raw"), amount: Amount { count: 50.0, wall: 1.0, cpu: 1.0 } },
            Measured { name: "alone", raw: None, amount: Amount::default() },
        ];
        let lines = lines(&measured);
        let json = |index: usize| serde_json::to_string(&lines[index]).unwrap();
        assert_eq!(
            json(1),
            r#"{"name":"ours","per_cpu_second":50.0,"per_second":50.0,"raw_hsm_per_cpu_second":200.0}"#
        );
        assert_eq!(
            json(2),
            r#"{"name":"alone","per_cpu_second":null,"per_second":null,"raw_hsm_per_cpu_second":null}"#
        );
        assert!(row(&lines[1]).ends_with("25 %"));
    }
}

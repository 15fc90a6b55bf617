//! What a load came to.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::check::{Broken, Fault, History};
use super::log::Seen;
use crate::cli::print;

/// Broken promises that are told one by one.
const TOLD_MAX: usize = 20;

/// Prints it.
pub(super) fn tell(
    kiosks: u32,
    history: &History,
    faults: &[Fault],
    struck: &BTreeMap<&'static str, u32>,
    took: Duration,
    as_json: bool,
) {
    for fault in faults.iter().take(TOLD_MAX) {
        print::note(&fault.to_string());
    }
    if faults.len() > TOLD_MAX {
        print::note(&format!("... and {} more", faults.len() - TOLD_MAX));
    }
    let count = |broken| faults.iter().filter(|fault| fault.broken == broken).count();
    let (issued, whole) = waits(history);
    let tickets = history
        .rows
        .iter()
        .filter(|row| row.state != "void")
        .count();
    let apart = history
        .rows
        .iter()
        .filter(|row| row.series.contains(':'))
        .count();
    let void = history.rows.len() - tickets;
    let report = json!({
        "kiosks": kiosks,
        "tickets": tickets,
        "duplicates": count(Broken::Duplicate),
        "lost": count(Broken::Lost),
        "ghosts": count(Broken::Ghost),
        "gaps": count(Broken::Gap),
        "encounters": count(Broken::Sending),
        "doubles": count(Broken::Double),
        "order": count(Broken::Order),
        "left_behind": count(Broken::LeftBehind),
        "unserved": count(Broken::Unserved),
        "two_numbers_found": history.two_numbers.len(),
        "given_apart": apart,
        "void": void,
        "p50_millis": of_hundred(&issued, 50),
        "p95_millis": of_hundred(&issued, 95),
        "p99_millis": of_hundred(&issued, 99),
        "check_in_p50_millis": of_hundred(&whole, 50),
        "check_in_p99_millis": of_hundred(&whole, 99),
        "per_second": (tickets as f64 / took.as_secs_f64() * 10.0).round() / 10.0,
        "seconds": took.as_secs(),
        "faults": struck,
    });
    if as_json {
        print::result(&report.to_string());
        return;
    }
    let fields = report.as_object().into_iter().flatten();
    for (name, value) in fields {
        print::result(&format!("{name:24} {value}"));
    }
    let kept = if faults.is_empty() {
        "every promise was kept"
    } else {
        "PROMISES WERE BROKEN"
    };
    print::result(kept);
}

/// Milliseconds, sorted: from the wish for a number to its answer, and from somebody's coming to the
/// number on the screen.
fn waits(history: &History) -> (Vec<f64>, Vec<f64>) {
    let (mut issued, mut whole) = (Vec::new(), Vec::new());
    for lines in history.logs.values() {
        let mut asked = BTreeMap::new();
        let mut came = None;
        for line in lines {
            match &line.seen {
                Seen::Asked { ask, .. } => {
                    asked.insert((line.run, *ask), line.at);
                }
                Seen::Told { ask, .. } => {
                    issued.extend(asked.get(&(line.run, *ask)).map(|since| line.at - since));
                }
                Seen::Came { .. } => came = Some(line.at),
                Seen::Saw { .. } => whole.extend(came.take().map(|since| line.at - since)),
                Seen::Started { .. }
                | Seen::Refused { .. }
                | Seen::Printing { .. }
                | Seen::Printed { .. }
                | Seen::Gone { .. } => {}
            }
        }
    }
    let millis = |micros: Vec<i64>| {
        let mut millis: Vec<f64> = micros
            .into_iter()
            .map(|time| time as f64 / 1000.0)
            .collect();
        millis.sort_by(f64::total_cmp);
        millis
    };
    (millis(issued), millis(whole))
}

/// The value that so many of a hundred do not exceed.
fn of_hundred(sorted: &[f64], percent: usize) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let value = sorted[(last * percent).div_ceil(100)];
    Some((value * 10.0).round() / 10.0)
}

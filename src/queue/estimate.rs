use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::Timetable;

/// How long the rooms have to work before somebody is called, in seconds: 8 of 10 such waits end
/// between the two, 1 sooner and 1 later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkTime {
    /// One of ten is called sooner.
    pub from: u32,
    /// One of ten is called later.
    pub to: u32,
}

/// How long somebody waits, in whole steps of five minutes, as a patient reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitRange {
    /// Minutes; one of ten waits less.
    pub from: u32,
    /// Minutes; one of ten waits longer. Absent: nobody can say, only that it is more than `from`.
    pub to: Option<u32>,
}

/// How many measurements the interval that the configuration expects is worth.
const EXPECTED_WEIGHS: f64 = 3.0;
/// How much intervals vary (standard deviation by mean) where too few were measured to tell:
/// between one doctor's service times, about 0.6, and calls of many rooms, which come at random, 1.
const USUAL_VARIATION: f64 = 0.9;
/// How many measurements that knowledge is worth.
const VARIATION_WEIGHS: f64 = 3.0;
/// The standard normal distribution's 90th percentile.
const NINETIETH: f64 = 1.281_55;

/// When somebody is called after `ahead` others ([`super::Interleave::ahead`]), from `intervals`,
/// the latest seconds between two calls of this queue while somebody waited (fifty are plenty), and
/// `expected`, the interval that the configuration expects, which fades as measurements come.
/// Without either there is no answer. Whoever comes later and is seen first is not known and not
/// reckoned with.
///
/// The wait is a sum of intervals like the measured ones, the first of which has begun. Its spread
/// is theirs, and that of their mean, which few measurements tell but roughly: hence the range is
/// the wider the fewer they are. A lunch break among the intervals is none of them.
/// Of simulated waits, 73 to 93 of 100 end within (most where one doctor calls and little was
/// measured, fewest where many rooms call and little was measured), and 77 to 80 after fifty
/// measurements.
pub fn estimate(ahead: u32, intervals: &[u32], expected: Option<u32>) -> Option<WorkTime> {
    let worked = without_breaks(intervals);
    let basis = Basis::of(&worked, expected.map(f64::from))?;
    let whole = f64::from(ahead);
    // The interval that has begun: what is left of it at a random moment.
    let spread = basis.variation.powi(2);
    let rest = basis.mean * (1.0 + spread) / 2.0;
    let rest_variance =
        basis.mean.powi(2) * ((1.0 + spread).powi(3) / 3.0 - (1.0 + spread).powi(2) / 4.0);
    let mean = rest + whole * basis.mean;
    let one = basis.mean.powi(2) * spread;
    let variance = rest_variance + whole * one + (whole + 0.5).powi(2) * one / basis.count;
    Some(log_normal(mean, variance, basis.quantile()))
}

/// What is known of the intervals of a queue.
struct Basis {
    mean: f64,
    /// Standard deviation by mean.
    variation: f64,
    /// Measurements, and what the expectation counts as.
    count: f64,
}

impl Basis {
    fn of(worked: &[u32], expected: Option<f64>) -> Option<Self> {
        let measured = f64::from(u32::try_from(worked.len()).ok()?);
        let weight = if expected.is_some() {
            EXPECTED_WEIGHS
        } else {
            0.0
        };
        let count = measured + weight;
        if count == 0.0 {
            return None;
        }
        let values = || worked.iter().copied().map(f64::from);
        let mean = (values().sum::<f64>() + weight * expected.unwrap_or(0.0)) / count;
        let squares: f64 = values().map(|value| (value - mean).powi(2)).sum();
        let usual = (USUAL_VARIATION * mean).powi(2);
        let freedom = (measured - 1.0).max(0.0) + VARIATION_WEIGHS;
        let variance = (squares + VARIATION_WEIGHS * usual) / freedom;
        Some(Self {
            mean,
            variation: if mean > 0.0 {
                variance.sqrt() / mean
            } else {
                0.0
            },
            count,
        })
    }

    /// The 90th percentile in standard deviations: Student's, which is wider than the normal one
    /// where few were measured (the first terms of its expansion by degrees of freedom).
    fn quantile(&self) -> f64 {
        let (z, freedom) = (NINETIETH, self.count);
        z + (z.powi(3) + z) / (4.0 * freedom)
            + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom.powi(2))
    }
}

/// From the tenth to the ninetieth percentile of what is never negative and leans to the right.
fn log_normal(mean: f64, variance: f64, quantile: f64) -> WorkTime {
    if mean <= 0.0 {
        return WorkTime { from: 0, to: 0 };
    }
    let log_variance = (variance / mean.powi(2)).ln_1p();
    let middle = mean.ln() - log_variance / 2.0;
    let away = quantile * log_variance.sqrt();
    WorkTime {
        from: seconds((middle - away).exp().floor()),
        to: seconds((middle + away).exp().ceil()),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and no interval is negative"
)]
fn seconds(value: f64) -> u32 {
    value as u32
}

/// The intervals during which the rooms worked. A break is many times longer than most intervals,
/// and an hour or more; a shorter one can be told from the rest where enough were measured.
fn without_breaks(intervals: &[u32]) -> Vec<u32> {
    const HOUR: u32 = 60 * 60;
    const ENOUGH: usize = 8;
    let mut worked = intervals.to_vec();
    worked.sort_unstable();
    let median = worked.get(worked.len().saturating_sub(1) / 2).copied();
    // Where most calls came at the same moment, the few others are all there is to go by.
    let Some(median) = median.filter(|median| *median > 0) else {
        return worked;
    };
    let break_from = if worked.len() >= ENOUGH {
        median.saturating_mul(15).min(HOUR)
    } else {
        HOUR
    };
    let longest = break_from.max(median.saturating_mul(4));
    worked.retain(|interval| *interval <= longest);
    worked
}

impl WorkTime {
    /// The wait on the clock: from `now`, through pauses and until rooms open. None: the rooms
    /// close for the day before. Work of over two hours has no upper bound worth its name.
    pub fn wait(self, timetable: &Timetable, now: DateTime) -> Option<WaitRange> {
        const LONG: u32 = 2 * 60 * 60;
        let from = timetable.until_worked(now, self.from.min(LONG))?;
        let to = if self.from >= LONG || self.to > 2 * LONG {
            None
        } else {
            timetable.until_worked(now, self.to)
        };
        Some(WaitRange {
            from: from / STEP * STEP_MINUTES,
            to: to.map(|to| to.div_ceil(STEP).max(1) * STEP_MINUTES),
        })
    }
}

const STEP_MINUTES: u32 = 5;
const STEP: u32 = STEP_MINUTES * 60;

#[cfg(test)]
mod tests;

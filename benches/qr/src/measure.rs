//! Time and its median.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The processor's time that this process has used, in all its threads.
pub fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).expect("the clock begins at 0"),
        u32::try_from(time.tv_nsec).expect("less than a second"),
    )
}

/// The value that `share` of all are not above; 0 of none.
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let at = (share * values.len() as f64).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Median, 95th percentile and maximum, in a table's words.
pub fn spread(values: &[f64]) -> [String; 3] {
    [0.5, 0.95, 1.0].map(|share| format!("{:.1}", quantile(values, share)))
}

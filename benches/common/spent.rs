//! What a process has used of the processors.

use std::time::{Duration, Instant};

/// What the threads of a process have used so far. The kernel's count in nanoseconds: its ticks of
/// 10 ms would show most idle programs as using nothing.
pub struct Spent {
    pub at: Instant,
    pub cpu: Duration,
    /// How often they began to wait for something.
    pub wakes: f64,
}

impl Spent {
    pub fn of(pid: u32) -> Self {
        let mut spent = Self {
            at: Instant::now(),
            cpu: Duration::ZERO,
            wakes: 0.0,
        };
        let threads = std::fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
        for thread in threads {
            let thread = thread.expect("listed").path();
            let text = |name| read(&thread.join(name).display().to_string());
            let nanos = text("schedstat");
            let nanos = nanos.split(' ').next().unwrap_or_default();
            spent.cpu += Duration::from_nanos(nanos.parse().expect("a number"));
            spent.wakes += number_after(&text("status"), "voluntary_ctxt_switches:");
        }
        spent
    }

    /// Percent of one processor since `before`.
    pub fn percent_since(&self, before: &Self) -> f64 {
        100.0 * (self.cpu.saturating_sub(before.cpu)).as_secs_f64() / self.seconds_since(before)
    }

    /// Beginnings of waits a second since `before`.
    pub fn wakes_since(&self, before: &Self) -> f64 {
        (self.wakes - before.wakes) / self.seconds_since(before)
    }

    fn seconds_since(&self, before: &Self) -> f64 {
        (self.at - before.at).as_secs_f64()
    }
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(path).expect("/proc tells of a process that runs")
}

/// The number in the line that begins with `name`.
pub fn number_after(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|n| n.parse().ok()).expect("/proc names it")
}

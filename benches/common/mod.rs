//! What the benches share: timings by rank, and one table that says what was measured and how it
//! stands to its bar.
#![allow(dead_code, reason = "each bench uses its part")]

pub mod pcscd;
pub mod spent;
pub mod visits;

use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Whether `cargo bench` runs us: `cargo test --all-targets` starts benches too, and wants no figures.
pub fn wanted() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Times of one thing, in order of length.
pub struct Times(Vec<Duration>);

impl Times {
    /// Runs `work` so often, and times each run.
    pub fn of(runs: usize, mut work: impl FnMut()) -> Self {
        (0..runs).map(|_| time(&mut work)).collect()
    }

    /// Half were not longer.
    pub fn median(&self) -> Duration {
        self.rank(50)
    }

    /// 99 % were not longer.
    pub fn p99(&self) -> Duration {
        self.rank(99)
    }

    fn rank(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().expect("something was timed")
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }
}

/// What this thread has had of a processor: others on the machine do not count.
pub fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("a thread's time is positive")
}

/// The most memory that this process has held so far, in kB, as the system counts it.
pub fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let figure = line.and_then(|line| line.split_whitespace().next());
    figure.and_then(|kb| kb.parse().ok()).unwrap_or_default()
}

/// How long `work` takes.
pub fn time(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// A time in milliseconds, as the tables show it.
pub fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// One table: what, median, p99, and the bar beside them.
pub struct Table {
    title: String,
    rows: Vec<[String; 4]>,
}

impl Table {
    /// A table with its heading.
    pub fn new(title: &str) -> Self {
        let heading = ["", "median", "p99", "bar"].map(str::to_owned);
        Self {
            title: title.to_owned(),
            rows: vec![heading],
        }
    }

    /// Times, and the bar that their median has to keep.
    pub fn times(&mut self, what: &str, times: &Times, bar: Option<Duration>) {
        let bar = bar.map(|bar| verdict(&millis(bar), times.median() <= bar));
        let (median, p99) = (millis(times.median()), millis(times.p99()));
        self.row([what, &median, &p99, &bar.unwrap_or_default()]);
    }

    /// One figure, and the bar that it has to keep: how that reads, and whether it is kept.
    pub fn figure(&mut self, what: &str, figure: &str, bar: Option<(&str, bool)>) {
        let bar = bar.map(|(bar, kept)| verdict(bar, kept));
        self.row([what, figure, "", &bar.unwrap_or_default()]);
    }

    fn row(&mut self, cells: [&str; 4]) {
        self.rows.push(cells.map(str::to_owned));
    }

    /// Prints it, with how busy the machine is: others may be at work on it.
    pub fn print(&self) {
        let mut widths = [0; 4];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let [what, median, p99, _] = widths;
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or_default();
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        say(&format!("\n{} ({cpus} CPUs, load {load})", self.title));
        for [name, a, b, bar] in &self.rows {
            let line = format!("  {name:what$}  {a:>median$}  {b:>p99$}  {bar}");
            say(line.trim_end());
        }
    }
}

fn verdict(bar: &str, kept: bool) -> String {
    format!("<= {bar}{}", if kept { "" } else { "  MISSED" })
}

/// SIGTERM: a program that is killed leaves behind what it started.
pub fn ask_to_end(child: &Child) {
    if let Some(id) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(id, Signal::TERM);
    }
}

/// What this machine cannot measure, by name.
pub fn skipped(bench: &str, reason: &str) {
    say(&format!("skipped: {bench} ({reason})"));
}

#[expect(clippy::print_stdout, reason = "a bench is there to print its figures")]
fn say(line: &str) {
    println!("{line}");
}

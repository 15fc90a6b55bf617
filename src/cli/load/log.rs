//! What one kiosk saw, a line each: written before it goes on, so that it outlives a kill.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One thing that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum Seen {
    /// The kiosk has started, without the shared store or with it.
    Started { cut: bool },
    /// Somebody stands before it.
    Came { person: u32 },
    /// The store is asked for a number; without an answer to this question nobody knows whether it
    /// gave one.
    Asked {
        ask: u64,
        visit: Uuid,
        service: String,
    },
    /// It gave one: a new one, or that of an earlier check-in.
    Told {
        ask: u64,
        visit: Uuid,
        number: String,
        new: bool,
    },
    /// It gave none.
    Refused { ask: u64 },
    /// A ticket is printed.
    Printing { visit: Uuid, number: String },
    /// It came out, or not.
    Printed { visit: Uuid, came_out: bool },
    /// The screen shows a number.
    Saw { number: String },
    /// The patient has gone: with a number, or as they wished without; or they were left without one.
    Gone { person: u32, served: bool },
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    /// Microseconds since 1970.
    pub(super) at: i64,
    /// The process: questions are counted in each anew.
    pub(super) run: u32,
    #[serde(flatten)]
    pub(super) seen: Seen,
}

/// A log that is written.
pub(super) struct Log {
    file: Mutex<File>,
    run: u32,
}

impl Log {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self {
            file: Mutex::new(file),
            run: std::process::id(),
        })
    }

    /// Writes a line in one call: a kill leaves it whole or not at all.
    pub(super) fn note(&self, seen: Seen) {
        let line = Line {
            at: true_micros(),
            run: self.run,
            seen,
        };
        let text = serde_json::to_string(&line).expect("a line is JSON") + "\n";
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(text.as_bytes()) {
            tracing::error!(%error, "the log of the load cannot be written");
        }
    }
}

/// The system's own clock, in microseconds since 1970, whatever stands before it.
fn true_micros() -> i64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

/// All lines of a log.
///
/// # Errors
/// The file cannot be read; a line that was cut in two.
pub(super) fn read(path: &Path) -> io::Result<Vec<Line>> {
    let text = std::fs::read_to_string(path)?;
    let lines = text.lines().map(|line| Ok(serde_json::from_str(line)?));
    lines.collect()
}

//! The clock of one kiosk, that can be set wrong: libfaketime stands between the program and the
//! system's clock, and reads from a file how wrong it is. The steady clock stays as it is.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sim::random::Random;

/// Where Debian's package `faketime` puts the library, below a folder of the machine's kind.
const LIBRARIES: &str = "/usr/lib";
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";
/// Half of the jumps are small, as when the time is set by the network; the others are up to this.
const SMALL_SECONDS: u32 = 90;
const LARGE_SECONDS: u32 = 2 * 3600;

/// The clock.
pub(super) struct Clock {
    library: PathBuf,
    file: PathBuf,
}

impl Clock {
    /// A right clock for the kiosk with this configuration; none where libfaketime is not installed.
    pub(super) fn of(kiosk: &Path) -> io::Result<Option<Self>> {
        let Some(library) = library() else {
            return Ok(None);
        };
        let clock = Self {
            library,
            file: kiosk.with_extension("clock"),
        };
        clock.set(0)?;
        Ok(Some(clock))
    }

    /// Wrong by another time from now on.
    pub(super) fn jump(&self, random: &mut Random) -> io::Result<()> {
        let most = *random.choice(&[SMALL_SECONDS, LARGE_SECONDS]);
        let seconds = i64::from(random.whole(0..2 * most)) - i64::from(most);
        self.set(seconds)
    }

    fn set(&self, seconds: i64) -> io::Result<()> {
        // Never half written.
        let new = self.file.with_extension("clock-new");
        std::fs::write(&new, format!("{seconds:+}\n"))?;
        std::fs::rename(new, &self.file)
    }

    /// This program will look at it.
    pub(super) fn hang_before(&self, program: &mut Command) {
        program
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.file)
            .env("FAKETIME_CACHE_DURATION", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }

    /// Removes what the library leaves in shared memory of a program that was killed.
    pub(super) fn clear_after(&self, program: u32) {
        for name in ["faketime_shm_", "sem.faketime_sem_"] {
            // It is gone where the program ended in peace.
            let _ = std::fs::remove_file(format!("/dev/shm/{name}{program}"));
        }
    }
}

fn library() -> Option<PathBuf> {
    let kinds = std::fs::read_dir(LIBRARIES).ok()?;
    let libraries = kinds.filter_map(|kind| Some(kind.ok()?.path().join(LIBRARY)));
    libraries.into_iter().find(|library| library.is_file())
}

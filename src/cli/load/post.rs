//! A kiosk's place in the hall: its process, started again whenever it was killed, its cable and its
//! clock.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clock::Clock;
use super::kiosk::{GONE, Patient};
use crate::sim::cable::Line;

/// The place.
pub(super) struct Post {
    pub(super) id: String,
    file: PathBuf,
    pub(super) cable: Option<Line>,
    /// One that can be set wrong, where there are faults.
    pub(super) clock: Option<Clock>,
    faults: bool,
    child: Mutex<Option<Child>>,
}

/// Both ends of the process there.
pub(super) struct Talk {
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Post {
    /// A place whose kiosk has this configuration.
    ///
    /// # Errors
    /// Its clock's file cannot be written.
    pub(super) fn new(
        id: String,
        file: PathBuf,
        cable: Option<Line>,
        faults: bool,
    ) -> std::io::Result<Self> {
        let clock = match faults {
            true => Clock::of(&file)?,
            false => None,
        };
        Ok(Self {
            id,
            file,
            cable,
            clock,
            faults,
            child: Mutex::default(),
        })
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the kiosk; again, after it was killed.
    ///
    /// # Errors
    /// The system starts no program; it ended by itself before.
    pub(super) fn start(&self) -> std::io::Result<Talk> {
        let mut place = self.child();
        if let Some(mut ended) = place.take()
            && let Some(code) = self.wait(&mut ended)?.code()
        {
            // Nobody killed it.
            return Err(std::io::Error::other(format!("it ended with {code}")));
        }
        let mut kiosk = Command::new(std::env::current_exe()?);
        kiosk
            .args(["sim", "load", "--kiosk"])
            .arg(&self.file)
            .args(self.faults.then_some("--faults"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(clock) = &self.clock {
            clock.hang_before(&mut kiosk);
        }
        let mut child = kiosk.spawn()?;
        let ends = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = ends.ok_or(std::io::ErrorKind::BrokenPipe)?;
        *place = Some(child);
        Ok(Talk {
            stdin,
            lines: BufReader::new(stdout).lines(),
        })
    }

    fn wait(&self, child: &mut Child) -> std::io::Result<ExitStatus> {
        let status = child.wait()?;
        if let Some(clock) = &self.clock {
            clock.clear_after(child.id());
        }
        Ok(status)
    }

    /// `SIGKILL`. False: there is nobody to kill.
    pub(super) fn kill(&self) -> bool {
        self.child().as_mut().is_some_and(|child| {
            let alive = matches!(child.try_wait(), Ok(None));
            alive && child.kill().is_ok()
        })
    }

    /// Ends the kiosk in peace; one that was killed meanwhile comes once more, to set things right.
    ///
    /// # Errors
    /// It does not end well.
    pub(super) fn end(&self, talk: Talk) -> Result<(), String> {
        drop(talk);
        let ended = |place: &mut Option<Child>| match place.take() {
            Some(mut child) => self.wait(&mut child).map(|status| status.code()),
            None => Ok(Some(0)),
        };
        let told = |error: std::io::Error| format!("{}: {error}", self.id);
        let mut status = ended(&mut self.child()).map_err(told)?;
        if status.is_none() {
            drop(self.start().map_err(told)?);
            status = ended(&mut self.child()).map_err(told)?;
        }
        match status {
            Some(0) => Ok(()),
            other => Err(format!("{} ended with {other:?}", self.id)),
        }
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if let Some(mut child) = self.child().take() {
            let _ = child.kill();
            let _ = self.wait(&mut child);
        }
    }
}

impl Talk {
    /// Sends somebody to the kiosk and waits until they have gone. False: it died.
    pub(super) fn visit(&mut self, patient: Patient) -> bool {
        if writeln!(self.stdin, "{}", patient.line()).is_err() {
            return false;
        }
        self.lines
            .next()
            .is_some_and(|line| line.is_ok_and(|line| line == GONE))
    }
}

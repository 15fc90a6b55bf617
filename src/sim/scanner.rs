//! A 2D scanner on a serial line: the other end of a pseudo-terminal.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serialport::{SerialPort, TTYPort};

/// A scanner that is plugged in, at a path of its own as a udev rule gives one. Dropping it
/// pulls the plug.
pub struct Scanner {
    /// The scanner's end.
    line: TTYPort,
    /// The host's end, held so that what is sent while nobody listens waits in the terminal, as in
    /// a driver's buffer.
    _host: TTYPort,
    link: PathBuf,
}

impl Scanner {
    /// Plugs a scanner in; it appears as `link`, which must not exist.
    ///
    /// # Errors
    /// There is no pseudo-terminal left, or the link cannot be made.
    pub fn plug_in(link: &Path) -> io::Result<Self> {
        let (line, host) = TTYPort::pair()?;
        let path = host
            .name()
            .ok_or_else(|| io::Error::other("the pseudo-terminal has no name"))?;
        symlink(path, link)?;
        Ok(Self {
            line,
            _host: host,
            link: link.to_owned(),
        })
    }

    /// Where the host finds it.
    pub fn path(&self) -> &Path {
        &self.link
    }

    /// Reads a code: its bytes and a carriage return, the factory setting of most models.
    ///
    /// # Errors
    /// The line is broken.
    pub fn scan(&mut self, text: &str) -> io::Result<()> {
        self.send(text.as_bytes())?;
        self.send(b"\r")
    }

    /// Sends bytes as they are: another setting, another character set, half a code.
    ///
    /// # Errors
    /// The line is broken.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.line.write_all(bytes)
    }

    /// Pulls the plug.
    pub fn unplug(self) {}
}

impl Drop for Scanner {
    fn drop(&mut self) {
        // Already gone is gone.
        let _ = fs::remove_file(&self.link);
    }
}

//! A real PC/SC service with nothing but the virtual reader, for a trial or a test: it needs no
//! entry in the system's own configuration, and its reader goes when it ends.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

/// Debian's driver of the virtual reader.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/// Debian's service.
const SERVICE: &str = "/usr/sbin/pcscd";
/// Where the one service of a machine answers.
const SOCKET: &str = "/run/pcscd/pcscd.comm";
/// Messages of vpcd to card and back pass here; it is written as the driver wants it.
const PORT: &str = "0x8C7B";
/// The service is up within this, or will not be.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// A running PC/SC service of ours. Dropping it ends it.
pub struct Pcscd(Child);

impl Pcscd {
    /// Whether a service answers on this machine, whoever started it.
    pub fn answers() -> bool {
        UnixStream::connect(SOCKET).is_ok()
    }

    /// Starts the service with nothing but the virtual reader; its configuration is written into
    /// `folder`. It needs root, and that no other one runs.
    ///
    /// # Errors
    /// Words for a human: what is missing.
    pub fn start(folder: &Path) -> Result<Self, String> {
        for needed in [SERVICE, DRIVER] {
            if !Path::new(needed).exists() {
                return Err(format!(
                    "{needed} is missing: apt-get install pcscd vsmartcard-vpcd"
                ));
            }
        }
        if Self::answers() {
            return Err("another PC/SC service runs here, without the virtual reader".to_owned());
        }
        let readers = write_readers(folder).map_err(|error| error.to_string())?;
        let child = Command::new("setpriv")
            // It must not outlive us, however we end: its reader listens on every network address.
            .args(["--pdeathsig", "TERM", SERVICE])
            .arg("--foreground")
            .arg("--auto-exit")
            .arg("--config")
            .arg(readers)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{SERVICE}: {error}"))?;
        let mut service = Self(child);
        let end = Instant::now() + READY_WITHIN;
        while Instant::now() < end {
            if let Ok(Some(status)) = service.0.try_wait() {
                return Err(format!("{SERVICE} ended at once ({status}); it needs root"));
            }
            if Self::answers() {
                return Ok(service);
            }
            park_timeout(Duration::from_millis(10));
        }
        Err(format!("{SERVICE} does not answer"))
    }
}

fn write_readers(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("reader.conf.d");
    std::fs::create_dir_all(&path)?;
    let entry = format!(
        "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{PORT}\nLIBPATH {DRIVER}\nCHANNELID {PORT}\n"
    );
    std::fs::write(path.join("vpcd"), entry)?;
    Ok(path)
}

impl Drop for Pcscd {
    fn drop(&mut self) {
        // Asked politely it removes its socket; a killed one would leave that behind.
        if let Some(id) = i32::try_from(self.0.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

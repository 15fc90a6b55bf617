//! A PC/SC service for the trial, where none runs: with the virtual reader, and only until the
//! trial ends.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::card;

/// Debian's driver of the virtual reader.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/// Debian's service.
const SERVICE: &str = "/usr/sbin/pcscd";
/// The service is up within this, or will not be.
const READY_WITHIN: Duration = Duration::from_secs(5);

/// A running PC/SC service of ours. Dropping it ends it.
pub(super) struct Pcscd(Child);

/// Whether a virtual reader is there already.
pub(super) fn virtual_reader() -> bool {
    card::readers().is_ok_and(|readers| readers.iter().any(|reader| reader.is_virtual))
}

/// Starts the service with nothing but the virtual reader.
///
/// # Errors
/// Words for a human: what is missing.
pub(super) fn start(folder: &Path) -> Result<Pcscd, String> {
    for needed in [SERVICE, DRIVER] {
        if !Path::new(needed).exists() {
            return Err(format!(
                "{needed} is missing: apt-get install pcscd vsmartcard-vpcd"
            ));
        }
    }
    let readers = write_readers(folder).map_err(|error| error.to_string())?;
    let child = Command::new(SERVICE)
        .arg("--foreground")
        .arg("--config")
        .arg(readers)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{SERVICE}: {error}"))?;
    let mut service = Pcscd(child);
    let (_keep, never) = channel::<()>();
    let end = Instant::now() + READY_WITHIN;
    while Instant::now() < end {
        if virtual_reader() {
            return Ok(service);
        }
        if let Ok(Some(status)) = service.0.try_wait() {
            return Err(format!(
                "{SERVICE} ended at once ({status}); it needs root, and no other one running"
            ));
        }
        let _ = never.recv_timeout(Duration::from_millis(50));
    }
    Err(format!("{SERVICE} shows no virtual reader"))
}

fn write_readers(folder: &Path) -> io::Result<PathBuf> {
    let path = folder.join("reader.conf.d");
    std::fs::create_dir_all(&path)?;
    let entry = format!(
        "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH {DRIVER}\nCHANNELID 0x8C7B\n"
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

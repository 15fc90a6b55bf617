//! The real PC/SC service with its virtual reader, for as long as a bench needs it.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tiepdon::card;

use super::ask_to_end;

const SERVICE: &str = "/usr/sbin/pcscd";
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/// There is one virtual reader on a machine, and its users, the tests among them, take turns.
const LOCK: &str = "/tmp/tiepdon-pcscd.lock";
/// The service is up within this, or will not be.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// The service, ours alone; one that ran before is left as it was.
pub struct Service {
    own: Option<Child>,
    /// The virtual reader and nothing else, whatever the system's own configuration says.
    readers: TempDir,
    _turn: File,
}

impl Service {
    /// Waits for our turn, and starts the service where none runs.
    ///
    /// # Errors
    /// Why there is no virtual reader here.
    pub fn get() -> Result<Self, String> {
        let turn = File::create(LOCK).map_err(|error| format!("{LOCK}: {error}"))?;
        turn.lock().map_err(|error| format!("{LOCK}: {error}"))?;
        let mut service = Self {
            own: None,
            readers: tempfile::tempdir().map_err(|error| error.to_string())?,
            _turn: turn,
        };
        if has_virtual_reader() {
            return Ok(service);
        }
        for needed in [SERVICE, DRIVER] {
            if !Path::new(needed).exists() {
                return Err(format!("no {needed}"));
            }
        }
        let entry = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:0x8C7B\nLIBPATH {DRIVER}\nCHANNELID 0x8C7B\n"
        );
        std::fs::write(service.readers.path().join("vpcd"), entry)
            .map_err(|error| error.to_string())?;
        let child = Command::new(SERVICE)
            // Should we be killed, it ends by itself a minute later.
            .args(["--foreground", "--auto-exit", "--config"])
            .arg(service.readers.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        service.own = Some(child.map_err(|error| format!("{SERVICE}: {error}"))?);
        let (_keep, never) = channel::<()>();
        let end = Instant::now() + READY_WITHIN;
        while Instant::now() < end {
            if has_virtual_reader() {
                return Ok(service);
            }
            let _ = never.recv_timeout(Duration::from_millis(20));
        }
        Err("no virtual reader behind pcscd".to_owned())
    }
}

fn has_virtual_reader() -> bool {
    card::readers().is_ok_and(|readers| readers.iter().any(|reader| reader.is_virtual))
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(mut child) = self.own.take() {
            // Asked politely it removes its socket.
            ask_to_end(&child);
            let _ = child.wait();
        }
    }
}

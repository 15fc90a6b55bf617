//! A 2D scanner that plays a keyboard ("wedge"): its input device is taken for ourselves, so that
//! what it types goes to nobody else, least of all to the window.

mod keys;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use evdev::{EventType, InputEvent, KeyCode, SynchronizationCode};
// The raw one: what the kernel's buffer lost must be seen, not be made up for.
use evdev::raw_stream::RawDevice;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::source::{Outlet, Wanted};
use keys::{Keys, SILENCE, Stroke};

/// An idle reader looks so often whether it is still wanted.
const IDLE: Duration = Duration::from_secs(1);
/// Where Linux has its input devices.
const DEVICES: &str = "/dev/input";

/// Opens the scanner and tells what it reads, until it is no longer wanted or goes away.
pub(super) fn serve(device: &Path, outlet: &mut Outlet) -> Result<(), String> {
    let mut keyboard = open(device).map_err(|fault| fault.to_string())?;
    keyboard.grab().map_err(|e| {
        format!(
            "scanner {} is taken by another program ({e}); stop it",
            device.display()
        )
    })?;
    outlet.health(Ok(()));
    read_codes(&mut keyboard, outlet).map_err(|e| {
        format!(
            "scanner {} went away ({e}); check its cable",
            device.display()
        )
    })
}

/// Why a scanner that plays a keyboard cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum WedgeError {
    /// It is not there.
    #[error("scanner {0} is not there; check its cable, or correct [scanner] device")]
    Missing(PathBuf),
    /// It is there, and this user may not read it.
    #[error(
        "scanner {0} cannot be opened ({1}); install udev/70-tiepdon.rules, or add this user to the group input"
    )]
    Rights(PathBuf, #[source] io::Error),
    /// What is there types nothing.
    #[error("{0} is no keyboard; correct [scanner] device")]
    NoKeyboard(PathBuf),
}

/// What answers at `device`: its own name.
///
/// # Errors
/// It is not there, may not be read, or is no keyboard.
pub fn probe_wedge(device: &Path) -> Result<String, WedgeError> {
    let keyboard = open(device)?;
    Ok(keyboard
        .name()
        .unwrap_or("a keyboard without a name")
        .to_owned())
}

/// Opens the device file, or, for a name without a slash, the device that calls itself so: after a
/// cable was pulled it comes back under another number.
fn open(device: &Path) -> Result<RawDevice, WedgeError> {
    let keyboard = if device.components().count() > 1 {
        open_file(device)?
    } else {
        let name = device.to_string_lossy();
        let named = |path: &PathBuf| own_name(path).is_some_and(|own| own.contains(&*name));
        let file = event_files().into_iter().find(named);
        open_file(&file.ok_or_else(|| WedgeError::Missing(device.to_owned()))?)?
    };
    let types = keyboard
        .supported_keys()
        .is_some_and(|keys| keys.contains(KeyCode::KEY_ENTER) && keys.contains(KeyCode::KEY_1));
    if types {
        Ok(keyboard)
    } else {
        Err(WedgeError::NoKeyboard(device.to_owned()))
    }
}

fn open_file(path: &Path) -> Result<RawDevice, WedgeError> {
    RawDevice::open(path).map_err(|error| {
        let path = path.to_owned();
        match Errno::from_io_error(&error) {
            Some(Errno::ACCESS | Errno::PERM) => WedgeError::Rights(path, error),
            // It has no input device's answers.
            Some(Errno::NOTTY) => WedgeError::NoKeyboard(path),
            Some(_) | None => WedgeError::Missing(path),
        }
    })
}

/// Event devices, in the order of their names.
fn event_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(DEVICES).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("event"))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

/// What a device calls itself. The kernel tells everybody, also of a device that may not be read.
fn own_name(device: &Path) -> Option<String> {
    let event = device.file_name()?.to_str()?;
    let name = fs::read_to_string(format!("/sys/class/input/{event}/device/name"));
    name.ok().map(|name| name.trim().to_owned())
}

/// Reads until it is no longer wanted, or the device fails.
fn read_codes(keyboard: &mut RawDevice, outlet: &mut Outlet) -> io::Result<()> {
    let mut keys = Keys::new();
    while outlet.wanted() != Wanted::Never {
        if !readable(keyboard, if keys.pending() { SILENCE } else { IDLE })? {
            keys.end(|code| outlet.typed(code));
            continue;
        }
        for event in keyboard.fetch_events()? {
            let at = event.timestamp().duration_since(SystemTime::UNIX_EPOCH);
            let Some(stroke) = stroke(event) else {
                continue;
            };
            keys.stroke(stroke, at.unwrap_or_default(), |code| outlet.typed(code));
        }
    }
    Ok(())
}

fn stroke(event: InputEvent) -> Option<Stroke> {
    const DROPPED: u16 = SynchronizationCode::SYN_DROPPED.0;
    let (kind, code) = (event.event_type(), event.code());
    // 2 is a key that is held and repeats; a scanner holds none.
    if kind == EventType::KEY && matches!(event.value(), 0 | 1) {
        let down = event.value() == 1;
        Some(Stroke::Key { code, down })
    } else {
        (kind == EventType::SYNCHRONIZATION && code == DROPPED).then_some(Stroke::Lost)
    }
}

/// Waits for strokes; false after `time` without any.
fn readable(keyboard: &RawDevice, time: Duration) -> io::Result<bool> {
    let time = Timespec::try_from(time).map_err(io::Error::other)?;
    let mut polled = [PollFd::new(keyboard, PollFlags::IN)];
    match poll(&mut polled, Some(&time)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

//! The camera: opened when codes are wanted, closed when not, and opened again by itself after a
//! stall or a pulled plug.

mod device;
mod format;
mod frame;

use std::io;
use std::time::{Duration, Instant};

use v4l::buffer::Type;
use v4l::io::traits::CaptureStream;
use v4l::prelude::MmapStream;

use self::device::Found;
use super::look::Looking;
use super::source::{Mode, Outlet, ScanEvent, SourceHandle, Wanted, start};
use crate::config;

/// A camera without a frame for so long is stuck; nothing else tells. The slowest one taken gives
/// a frame each second or so while it adapts to the dark.
const STALLED_AFTER: Duration = Duration::from_secs(2);
/// Frames in flight: one with us, one being filled, one to spare. More would only be older.
const BUFFERS: u32 = 3;
/// Starts the camera's thread. The device is open and streaming only while codes are wanted.
pub fn start_camera(
    settings: config::Camera,
    sink: impl Fn(ScanEvent) + Send + 'static,
) -> SourceHandle {
    let mut known = None;
    start("camera", sink, move |outlet| {
        serve(&settings.device, &mut known, outlet)
    })
}

/// The cameras that are plugged in: path and name.
pub fn cameras() -> Vec<String> {
    let listed = device::all().into_iter();
    listed
        .map(|camera| format!("{} ({})", camera.path.display(), camera.name))
        .collect()
}

fn serve(wanted: &str, known: &mut Option<String>, outlet: &mut Outlet) -> Result<(), String> {
    // Looked for at once, so that staff hear of a missing camera before a patient does; but not
    // kept open: while it is, it comes back under another number when it is plugged in anew.
    let present = look(wanted, known.as_deref())?.name;
    if known.replace(present).is_none() {
        outlet.health(Ok(()));
    }
    if outlet.wait_until_wanted() == Wanted::Never {
        return Ok(());
    }
    let camera = look(wanted, known.as_deref())?;
    watch(&camera, outlet).map_err(|e| {
        let name = &camera.name;
        if e.kind() == io::ErrorKind::TimedOut {
            format!("camera {name} gives no pictures; it is opened anew")
        } else {
            format!("camera {name} failed ({e}); check its cable, and that no other program has it")
        }
    })
}

fn look(wanted: &str, known: Option<&str>) -> Result<Found, String> {
    device::find(wanted, known).ok_or_else(|| {
        let which = if wanted.is_empty() { "any" } else { wanted };
        format!("camera not found ({which}); check its cable and its name in the configuration")
    })
}

/// Looks for codes until they are no longer wanted or the camera fails.
fn watch(camera: &Found, outlet: &mut Outlet) -> io::Result<()> {
    let layout = camera.set_up()?;
    let mut stream = MmapStream::with_buffers(camera.device(), Type::VideoCapture, BUFFERS)?;
    stream.set_timeout(STALLED_AFTER);
    let mut looking = Looking::new(outlet);
    while outlet.mode() != Mode::Closed {
        let (buffer, frame) = stream.next()?;
        outlet.health(Ok(()));
        let now = Instant::now();
        if !looking.is_due(now, outlet) {
            continue;
        }
        let used = buffer.len().min(frame.bytesused as usize);
        let grey = frame::grey(&buffer[..used], layout);
        if let Some(picture) = grey.as_ref().and_then(|grey| grey.view()) {
            looking.look(picture, now, outlet);
        }
    }
    Ok(())
}

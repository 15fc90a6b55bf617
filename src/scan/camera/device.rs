//! Finding a camera and opening it. A camera that was unplugged may come back under another
//! number, so it is known by what it can do and by its name, never by its path alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use v4l::buffer::{Flags as BufferFlags, Type};
use v4l::capability::Flags;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::io::traits::{CaptureStream, Stream};
use v4l::prelude::MmapStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC, Fraction};

use super::desk::{About, Frame, Frames, Port};
use super::fault::CameraFault;
use super::format::{Mode, WANTED_SIZE, best};
use super::frame::Layout;
use super::settings::apply;
use crate::config::Camera;
use crate::scan::fence::fenced;

/// Frames that the driver has a place for while we look at one: as many as come between two looks.
const IN_FLIGHT: u32 = 3;
/// `POLLIN`.
const READABLE: i16 = 1;

/// A device that gives pictures.
struct Found {
    path: PathBuf,
    name: String,
    device: Device,
}

/// The system's cameras.
pub(super) struct System {
    settings: Camera,
    /// Name and device file of the camera that was found last.
    known: Option<(String, PathBuf)>,
}

impl System {
    pub(super) fn new(settings: Camera) -> Self {
        Self {
            settings,
            known: None,
        }
    }

    fn look(&mut self) -> Result<Found, CameraFault> {
        let known = self.known.as_ref().map(|(name, _)| name.as_str());
        let found = find(&self.settings.device, known)?;
        self.known = Some((found.name.clone(), found.path.clone()));
        Ok(found)
    }
}

impl Port for System {
    fn find(&mut self) -> Result<(), CameraFault> {
        self.look().map(drop)
    }

    fn is_present(&mut self) -> bool {
        self.known.as_ref().is_some_and(|(_, path)| path.exists())
    }

    fn open(&mut self) -> Result<Box<dyn Frames>, CameraFault> {
        let camera = self.look()?;
        let (layout, format) = camera.set_up(self.settings.format)?;
        let about = About {
            name: camera.name,
            path: camera.path.display().to_string(),
            format,
            layout,
            notes: apply(&self.settings, &camera.device),
        };
        let stream = MmapStream::with_buffers(&camera.device, Type::VideoCapture, IN_FLIGHT + 1)?;
        Ok(Box::new(Streaming {
            about,
            stream: Some(stream),
        }))
    }
}

/// Names of the cameras that are plugged in, with their device files.
pub(super) fn names() -> Vec<String> {
    let listed = all().filter_map(Result::ok);
    listed
        .map(|camera| format!("{} ({})", camera.path.display(), camera.name))
        .collect()
}

/// All cameras, by number, and the device files that cannot be opened.
fn all() -> impl Iterator<Item = Result<Found, CameraFault>> {
    let number = |path: &Path| -> Option<u32> {
        let name = path.file_name()?.to_str()?;
        name.strip_prefix("video")?.parse().ok()
    };
    let mut nodes: Vec<(u32, PathBuf)> = fs::read_dir("/dev")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((number(&path)?, path))
        })
        .collect();
    nodes.sort();
    let look = |(_, path): (u32, PathBuf)| camera_at(&path).transpose();
    nodes.into_iter().filter_map(look)
}

/// The camera at `path`; none where there is no device or one of another sort, such as the
/// metadata node that each USB camera brings along.
fn camera_at(path: &Path) -> Result<Option<Found>, CameraFault> {
    // The wrapper panics on names that are not UTF-8.
    let look = || -> io::Result<Option<Found>> {
        let device = Device::with_path(path)?;
        let can = device.query_caps()?;
        let needed = Flags::VIDEO_CAPTURE | Flags::STREAMING;
        Ok(can.capabilities.contains(needed).then(|| Found {
            path: path.to_owned(),
            name: can.card,
            device,
        }))
    };
    match fenced(look).unwrap_or(Ok(None)).map_err(CameraFault::from) {
        // Gone, or no camera at all.
        Err(CameraFault::Unplugged | CameraFault::Failed(_)) => Ok(None),
        other => other,
    }
}

/// The camera that `wanted` means: a device file, a part of a name, or empty for the first one. A
/// device file that is gone, or that another camera has taken meanwhile, means the camera called
/// `known`, wherever it is now; without that one, whatever is at the device file.
fn find(wanted: &str, known: Option<&str>) -> Result<Found, CameraFault> {
    let is_known = |camera: &Found| known == Some(camera.name.as_str());
    let at_path = if wanted.starts_with('/') {
        let there = camera_at(Path::new(wanted))?;
        if known.is_none() || there.as_ref().is_some_and(is_known) {
            there
        } else {
            let elsewhere = all().filter_map(Result::ok).find(is_known);
            elsewhere.or(there)
        }
    } else {
        None
    };
    let named = |camera: &Result<Found, CameraFault>| {
        camera
            .as_ref()
            .map_or(wanted.is_empty(), |camera| camera.name.contains(wanted))
    };
    match at_path {
        Some(camera) => Ok(camera),
        None if wanted.starts_with('/') => Err(missing(wanted)),
        None => all().find(named).unwrap_or_else(|| Err(missing(wanted))),
    }
}

fn missing(wanted: &str) -> CameraFault {
    let there = names().join(", ");
    let or = |text: String, otherwise: &str| {
        if text.is_empty() {
            otherwise.to_owned()
        } else {
            text
        }
    };
    CameraFault::Missing {
        wanted: or(wanted.to_owned(), "any"),
        there: or(there, "none is there"),
    }
}

/// A camera whose frames are mapped.
struct Streaming {
    about: About,
    /// Always there, but for the moment in which it is dropped.
    stream: Option<MmapStream<'static>>,
}

impl Frames for Streaming {
    fn about(&self) -> &About {
        &self.about
    }

    fn next(&mut self, wait: Duration, take: &mut dyn FnMut(Frame<'_>)) -> Result<(), CameraFault> {
        let stream = self.stream.as_mut().ok_or(CameraFault::Unplugged)?;
        let handle = stream.handle();
        stream.set_timeout(wait);
        for round in 1.. {
            let waited_for_us = handle.poll(READABLE, 0)? > 0;
            let (buffer, frame) = stream.next()?;
            // Of the frames that wait the newest is taken; but when all places were full, nothing
            // new had one, and even the newest is old.
            let old = waited_for_us && round == IN_FLIGHT;
            if round <= IN_FLIGHT && (old || handle.poll(READABLE, 0)? > 0) {
                continue;
            }
            let used = buffer.len().min(frame.bytesused as usize);
            take(Frame {
                bytes: &buffer[..used],
                sequence: frame.sequence,
                whole: !frame.flags.contains(BufferFlags::ERROR),
            });
            break;
        }
        Ok(())
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        // The wrapper's own drop panics where the driver refuses to stop, and again while it
        // unwinds, which would end the process. Such a stream is left as it is.
        match stream.stop() {
            Ok(()) => {}
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NODEV) => {}
            Err(error) => {
                tracing::error!(%error, "the camera cannot be stopped");
                std::mem::forget(stream);
            }
        }
    }
}

impl Found {
    /// Sets the best format that the camera has, and says how its frames will lie in memory, and
    /// what the format is called.
    fn set_up(&self, only: Option<[u8; 4]>) -> Result<(Layout, String), CameraFault> {
        let modes = self.modes()?;
        let offered = || {
            let mut names: Vec<String> = modes.iter().map(|mode| named(mode.fourcc)).collect();
            names.dedup();
            CameraFault::Format(format!("it has {}", names.join(", ")))
        };
        let mode = best(&modes, only).ok_or_else(offered)?;
        let format = Format::new(mode.width, mode.height, FourCC::new(&mode.fourcc));
        let settled = self.device.set_format(&format)?;
        if let Some(rate) = mode.rate {
            // Some drivers have one rate only and refuse to be told.
            let _ = self
                .device
                .set_params(&Parameters::with_fps(rate.round() as u32));
        }
        let settled_mode = Mode {
            fourcc: settled.fourcc.repr,
            ..mode
        };
        let layout = Layout {
            encoding: settled_mode.encoding().ok_or_else(offered)?,
            width: settled.width,
            height: settled.height,
            stride: settled.stride,
        };
        Ok((layout, named(settled.fourcc.repr)))
    }

    fn modes(&self) -> io::Result<Vec<Mode>> {
        let mut modes = Vec::new();
        for format in self.device.enum_formats()? {
            // Drivers of one size only do not list it: they are asked for the wanted one.
            let sizes = match self.device.enum_framesizes(format.fourcc) {
                Ok(listed) => listed.iter().map(|size| nearest(&size.size)).collect(),
                Err(_) => vec![WANTED_SIZE],
            };
            modes.extend(sizes.into_iter().map(|(width, height)| Mode {
                fourcc: format.fourcc.repr,
                width,
                height,
                rate: self.rate(format.fourcc, width, height),
            }));
        }
        Ok(modes)
    }

    /// Frames a second at best.
    fn rate(&self, fourcc: FourCC, width: u32, height: u32) -> Option<f32> {
        let intervals = self
            .device
            .enum_frameintervals(fourcc, width, height)
            .ok()?;
        let rates = intervals.iter().filter_map(|interval| {
            per_second(match &interval.interval {
                FrameIntervalEnum::Discrete(interval) => *interval,
                FrameIntervalEnum::Stepwise(intervals) => intervals.min,
            })
        });
        rates.reduce(f32::max)
    }
}

/// As text; the highest bit of the last character marks big-endian pixels.
fn named(fourcc: [u8; 4]) -> String {
    let letters = fourcc.map(|byte| char::from(byte & 0x7f));
    String::from_iter(letters).trim().to_owned()
}

fn per_second(interval: Fraction) -> Option<f32> {
    (interval.numerator > 0).then(|| interval.denominator as f32 / interval.numerator as f32)
}

/// The size itself, or of a range the one nearest to the wanted size.
fn nearest(size: &FrameSizeEnum) -> (u32, u32) {
    match size {
        FrameSizeEnum::Discrete(size) => (size.width, size.height),
        FrameSizeEnum::Stepwise(range) => (
            within(
                WANTED_SIZE.0,
                range.min_width,
                range.max_width,
                range.step_width,
            ),
            within(
                WANTED_SIZE.1,
                range.min_height,
                range.max_height,
                range.step_height,
            ),
        ),
    }
}

/// The smallest value of a stepped range that is at least `wanted`, or else its largest.
fn within(wanted: u32, min: u32, max: u32, step: u32) -> u32 {
    let steps = wanted.saturating_sub(min).div_ceil(step.max(1));
    min.saturating_add(steps.saturating_mul(step)).min(max)
}

#[cfg(test)]
mod tests {
    use v4l::Fraction;
    use v4l::framesize::{Discrete, FrameSizeEnum, Stepwise};

    use super::{nearest, per_second};

    #[test]
    fn a_range_of_sizes_gives_the_wanted_one_or_the_nearest() {
        let range = |min: (u32, u32), max: (u32, u32), step: u32| {
            nearest(&FrameSizeEnum::Stepwise(Stepwise {
                min_width: min.0,
                max_width: max.0,
                step_width: step,
                min_height: min.1,
                max_height: max.1,
                step_height: step,
            }))
        };
        assert_eq!(range((16, 16), (4096, 4096), 1), (1280, 720));
        assert_eq!(range((16, 16), (640, 480), 16), (640, 480));
        assert_eq!(range((1920, 1080), (1920, 1080), 0), (1920, 1080));
        assert_eq!(range((0, 0), (4000, 4000), 100), (1300, 800));
        let discrete = Discrete {
            width: 5,
            height: 7,
        };
        assert_eq!(nearest(&FrameSizeEnum::Discrete(discrete)), (5, 7));
    }

    #[test]
    fn an_interval_is_a_rate() {
        assert_eq!(per_second(Fraction::new(1, 30)), Some(30.0));
        assert_eq!(per_second(Fraction::new(0, 30)), None);
    }
}

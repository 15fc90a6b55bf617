//! Finding a camera and opening it. A camera that was unplugged may come back under another
//! number, so it is known by what it can do and by its name, never by its path alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use v4l::capability::Flags;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC, Fraction};

use super::format::{Mode, WANTED_SIZE, best};
use super::frame::Layout;
use crate::scan::fence::fenced;

/// A device that gives pictures.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) name: String,
    device: Device,
}

/// All cameras, by number.
pub(super) fn all() -> Vec<Found> {
    let Ok(entries) = fs::read_dir("/dev") else {
        return Vec::new();
    };
    let number = |path: &Path| -> Option<u32> {
        path.file_name()?
            .to_str()?
            .strip_prefix("video")?
            .parse()
            .ok()
    };
    let mut nodes: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((number(&path)?, path))
        })
        .collect();
    nodes.sort();
    nodes
        .into_iter()
        .filter_map(|(_, path)| camera_at(&path))
        .collect()
}

/// The camera at `path`; none where there is no device or one of another sort, such as the
/// metadata node that each USB camera brings along.
fn camera_at(path: &Path) -> Option<Found> {
    // The wrapper panics on names that are not UTF-8.
    fenced(|| {
        let device = Device::with_path(path).ok()?;
        let can = device.query_caps().ok()?;
        let needed = Flags::VIDEO_CAPTURE | Flags::STREAMING;
        can.capabilities.contains(needed).then(|| Found {
            path: path.to_owned(),
            name: can.card,
            device,
        })
    })
    .flatten()
}

/// The camera that `wanted` means: a device file, a part of a name, or empty for the first one. A
/// device file that is gone means the camera called `known`, wherever it is now.
pub(super) fn find(wanted: &str, known: Option<&str>) -> Option<Found> {
    if wanted.starts_with('/') {
        return camera_at(Path::new(wanted)).or_else(|| {
            all()
                .into_iter()
                .find(|camera| Some(camera.name.as_str()) == known)
        });
    }
    all()
        .into_iter()
        .find(|camera| camera.name.contains(wanted))
}

impl Found {
    /// Sets the best format that the camera has, and says how its frames will lie in memory.
    ///
    /// # Errors
    /// It has none that can be read, or another program is using it.
    pub(super) fn set_up(&self) -> io::Result<Layout> {
        let unreadable = || io::Error::other("it has no format that can be read");
        let mode = best(&self.modes()?).ok_or_else(unreadable)?;
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
        Ok(Layout {
            encoding: settled_mode.encoding().ok_or_else(unreadable)?,
            width: settled.width,
            height: settled.height,
            stride: settled.stride,
        })
    }

    pub(super) fn device(&self) -> &Device {
        &self.device
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

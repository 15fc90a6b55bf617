//! `tiepdon scan --camera`: what an installer wants to know of a camera, each second.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::mpsc::channel;
use std::time::Duration;

use serde::Serialize;

use super::{Args, shortened};
use crate::cli::{print, stop};
use crate::config::Camera;
use crate::identity::Payload;
use crate::scan::{Inspection, Place, inspect};

/// One line of `--json`. Its fields are documented and stable; what is not known yet is null.
#[derive(Debug, Serialize)]
struct Line<'a> {
    /// Since the command began.
    seconds: f32,
    /// The camera's name and device file.
    camera: Option<&'a str>,
    device: Option<&'a str>,
    /// Four characters (`YUYV`), columns, rows.
    format: Option<&'a str>,
    width: Option<u32>,
    height: Option<u32>,
    /// Frames a second.
    rate: Option<f32>,
    /// Pictures looked at since the camera was opened.
    pictures: u32,
    /// Beside them, those that arrived broken.
    broken: u32,
    /// Mean grey, 0 to 255.
    brightness: Option<f32>,
    /// The part that is blown out, 0 to 1.
    glare: Option<f32>,
    /// 0 to 1; null where there are no edges to judge by.
    sharpness: Option<f32>,
    /// The code that is seen, read or not.
    code: Option<Seen>,
    /// What it says: its text and kind.
    text: Option<&'a str>,
    kind: Option<&'static str>,
    /// From the camera's opening to the first code that was read.
    first_read_millis: Option<u128>,
    /// Why there is no good picture.
    fault: Option<Said>,
    /// What to change, the most important first.
    advice: Vec<Said>,
}

/// A stable name, and a sentence.
#[derive(Debug, Serialize)]
struct Said {
    id: &'static str,
    text: String,
}

/// A code's place in the picture, in pixels.
#[derive(Debug, Serialize)]
struct Seen {
    /// One module.
    module: f32,
    /// The longest of its sides.
    size: f32,
    /// Grey values between dark and light.
    contrast: f32,
    /// Its corners: upper left, upper right, lower right, lower left.
    corners: [(f32, f32); 4],
}

/// Figures with so many digits are told: more would only flicker.
fn rounded(value: f32, digits: i32) -> f32 {
    let scale = 10_f32.powi(digits);
    (value * scale).round() / scale
}

impl Seen {
    fn at(place: &Place) -> Self {
        let corners = place.corners.map(|(x, y)| (rounded(x, 0), rounded(y, 0)));
        let side = |at: usize| {
            let ((x, y), (to_x, to_y)) = (place.corners[at], place.corners[(at + 1) % 4]);
            (to_x - x).hypot(to_y - y)
        };
        Self {
            module: rounded(place.module, 1),
            size: rounded((0..4).map(side).fold(0.0, f32::max), 0),
            contrast: rounded(place.contrast, 0),
            corners,
        }
    }
}

impl<'a> Line<'a> {
    fn of(known: &'a Inspection) -> Self {
        let (camera, measure) = (known.camera.as_ref(), known.measure.as_ref());
        let text = known.code.as_ref().map(|code| code.text.expose().as_str());
        let advice = known.advice().into_iter().map(|advice| Said {
            id: advice.id(),
            text: advice.text().to_owned(),
        });
        let fault = known.fault.as_ref().map(|fault| Said {
            id: fault.id(),
            text: fault.told(),
        });
        Self {
            seconds: rounded(known.elapsed.as_secs_f32(), 1),
            camera: camera.map(|camera| camera.name.as_str()),
            device: camera.map(|camera| camera.path.as_str()),
            format: camera.map(|camera| camera.format.as_str()),
            width: camera.map(|camera| camera.size().0),
            height: camera.map(|camera| camera.size().1),
            rate: known.rate.map(|rate| rounded(rate, 1)),
            pictures: known.pictures,
            broken: known.broken,
            brightness: measure.map(|measure| rounded(measure.brightness, 0)),
            glare: measure.map(|measure| rounded(measure.glare, 2)),
            sharpness: measure.and_then(|measure| Some(rounded(measure.sharpness()?, 2))),
            code: known.place.as_ref().map(Seen::at),
            text,
            kind: text.map(|text| Payload::parse(text).kind()),
            first_read_millis: known.first_read.map(|time| time.as_millis()),
            fault,
            advice: advice.collect(),
        }
    }

    /// The same for people, with personal data shortened.
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(fault) = &self.fault {
            return writeln!(out, "{:6.1} s  {}", self.seconds, fault.text);
        }
        let or_none = |value: Option<f32>| value.map_or("-".to_owned(), |value| value.to_string());
        write!(
            out,
            "{:6.1} s  {} {}x{}, {} pictures a second, brightness {}, sharpness {}",
            self.seconds,
            self.format.unwrap_or("-"),
            self.width.unwrap_or(0),
            self.height.unwrap_or(0),
            or_none(self.rate),
            or_none(self.brightness),
            or_none(self.sharpness),
        )?;
        if let Some(code) = &self.code {
            write!(
                out,
                ", code of {} pixels, {} a module",
                code.size, code.module
            )?;
        }
        if let Some(text) = self.text {
            write!(out, ", read: {}", shortened(&Payload::parse(text)))?;
        }
        if let Some(millis) = self.first_read_millis {
            write!(out, " (first after {millis} ms)")?;
        }
        writeln!(out)?;
        self.advice
            .iter()
            .try_for_each(|advice| writeln!(out, "          → {}", advice.text))
    }
}

/// Tells until interrupted, or until the time is over. Whether there was a good picture.
pub(super) fn run(args: &Args) -> io::Result<bool> {
    let settings = Camera {
        exposure: args.exposure,
        focus: args.focus,
        format: args.format,
        ..Camera::named(args.camera.as_deref().unwrap_or_default())
    };
    let (asked, stop) = channel();
    // The process ends with the signals' thread still waiting.
    let _signals = stop::when_asked(move || {
        // Nobody listens any longer: this command is ending.
        let _ = asked.send(());
    })?;
    let until = args
        .seconds
        .map(|seconds| Duration::from_secs(seconds.into()));
    let mut written = Ok(());
    let mut worked = false;
    let mut noted = Vec::new();
    inspect(settings, &stop, |known| {
        worked |= known.measure.is_some() && known.fault.is_none();
        let line = Line::of(known);
        if let Some(camera) = &known.camera
            && noted != camera.notes
        {
            noted.clone_from(&camera.notes);
            noted.iter().for_each(|note| print::note(note));
        }
        written = tell(&line, args.json, &mut io::stdout().lock());
        let over = until.is_some_and(|until| known.elapsed >= until);
        if over || written.is_err() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    written.map(|()| worked)
}

fn tell(line: &Line<'_>, json: bool, out: &mut impl Write) -> io::Result<()> {
    if json {
        writeln!(out, "{}", serde_json::to_string(line)?)?;
    } else {
        line.write(out)?;
    }
    out.flush()
}

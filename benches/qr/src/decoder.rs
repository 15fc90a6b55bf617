//! The decoders, each behind the same door.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use rxing::{BarcodeFormat, DecodeHints};
use tiepdon::scan::{Code, Eye, Luma, decode};

use crate::measure::cpu;
use crate::sets::Grey;
use crate::worker::Worker;

/// What came of one look.
pub struct Outcome {
    pub read: Read,
    /// The processor's time.
    pub cost: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    Text(String),
    Nothing,
    /// A panic, or no end within any useful time.
    Panic,
}

/// A decoder.
pub enum Decoder {
    /// Ours: on single pictures as thorough as can be, on the frames of a camera with a memory.
    Ours(Box<Eye>),
    /// rxing with its own inverted pass.
    Rxing,
    /// The C++ library with all its tries.
    ZxingCpp,
    /// The same library's Python package.
    Pypi(Worker),
    /// rqrr in a process of its own.
    Rqrr(Worker),
}

impl Decoder {
    /// All that there are on this machine, ours first.
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Ours(Box::default()), Self::Rxing, Self::ZxingCpp];
        if python().is_some() {
            all.push(Self::Pypi(Worker::new(pypi)));
        }
        all.push(Self::Rqrr(Worker::new(rqrr)));
        all
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Ours(_) => "ours",
            Self::Rxing => "rxing",
            Self::ZxingCpp => "zxing-cpp",
            Self::Pypi(_) => "zxing-cpp-pypi",
            Self::Rqrr(_) => "rqrr",
        }
    }

    /// Forgets the frames seen before.
    pub fn begin(&mut self) {
        if let Self::Ours(eye) = self {
            **eye = Eye::default();
        }
    }

    /// Reads the only picture that there is.
    pub fn still(&mut self, picture: &Grey) -> Outcome {
        match self {
            Self::Ours(_) => timed(|| text(decode(luma(picture)))),
            _ => self.frame(picture),
        }
    }

    /// Reads the next frame of a camera.
    pub fn frame(&mut self, picture: &Grey) -> Outcome {
        match self {
            Self::Ours(eye) => timed(|| text(eye.look(luma(picture)).code)),
            Self::Rxing => timed(|| rxing(picture)),
            Self::ZxingCpp => timed(|| zxing_cpp(picture)),
            Self::Pypi(worker) | Self::Rqrr(worker) => worker.look(picture),
        }
    }
}

/// Panics of decoders are counted, not told.
pub fn silence_panics() {
    if std::env::var_os("RUST_BACKTRACE").is_none() {
        set_hook(Box::new(|_| ()));
    }
}

fn timed(read: impl FnOnce() -> Option<String>) -> Outcome {
    let before = cpu();
    let read = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Some(text)) => Read::Text(text),
        Ok(None) => Read::Nothing,
        Err(_) => Read::Panic,
    };
    Outcome {
        read,
        cost: cpu() - before,
    }
}

fn luma(picture: &Grey) -> Luma<'_> {
    Luma::new(picture.width, picture.height, &picture.pixels).expect("a picture of usual size")
}

fn text(code: Option<Code>) -> Option<String> {
    code.map(|code| code.text.expose().clone())
}

fn rxing(picture: &Grey) -> Option<String> {
    let mut hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        TryHarder: Some(true),
        AlsoInverted: Some(true),
        ..DecodeHints::default()
    };
    let (width, height) = (picture.width, picture.height);
    rxing::helpers::detect_in_luma_slice_with_hints(
        &picture.pixels,
        width,
        height,
        None,
        &mut hints,
    )
    .ok()
    .map(|found| found.getText().to_owned())
}

fn zxing_cpp(picture: &Grey) -> Option<String> {
    let reader = zxingcpp::BarcodeReader::new()
        .formats(zxingcpp::BarcodeFormat::QRCode)
        .try_harder(true)
        .try_rotate(true)
        .try_invert(true)
        .try_downscale(true)
        .text_mode(zxingcpp::TextMode::Plain);
    let (width, height) = (picture.width, picture.height);
    let view =
        zxingcpp::ImageView::from_slice(&picture.pixels, width, height, zxingcpp::ImageFormat::Lum)
            .ok()?;
    let found = reader.from(&view).ok()?;
    found
        .iter()
        .find(|code| code.is_valid())
        .map(|code| code.text())
}

/// The Python that has the package `zxing-cpp`, if there is one.
fn python() -> Option<PathBuf> {
    let cache = std::env::var_os("HOME")
        .map(PathBuf::from)?
        .join(".cache/tiepdon");
    let python = cache.join("tools/qr/bin/python");
    let mut has = Command::new(&python);
    let has = has.args(["-c", "import zxingcpp, numpy"]).output().ok()?;
    has.status.success().then_some(python)
}

fn pypi() -> Command {
    let mut command = Command::new(python().expect("looked for before"));
    command.args(["-c", include_str!("../peer.py")]);
    command
}

fn rqrr() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.arg("rqrr");
    command
}

//! `tiepdon scan`: what the codes in pictures, or before the camera, say.

#[cfg(feature = "camera")]
mod camera;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde::Serialize;

use crate::config::{Camera, Setting};
use crate::identity::{Payload, Person, shown_name};
use crate::scan::read_picture;

/// Reads QR codes from pictures or from the camera.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// One JSON object a line, with the whole text; without it, personal data are shortened.
    #[arg(long)]
    json: bool,
    /// Try the first camera until interrupted, or one named by path or part of its name: each second
    /// its figures, and what to change.
    #[arg(long, value_name = "DEVICE", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "", conflicts_with = "files")]
    camera: Option<String>,
    /// End after so many seconds.
    #[arg(long, value_name = "N", conflicts_with = "files")]
    seconds: Option<u32>,
    /// Exposure time: auto, or a number of 0.1 ms.
    #[arg(long, value_name = "TIME", default_value = "auto", value_parser = setting)]
    #[arg(conflicts_with = "files")]
    exposure: Setting,
    /// Focus: auto, or a number in the camera's own units.
    #[arg(long, value_name = "DISTANCE", default_value = "auto", value_parser = setting)]
    #[arg(conflicts_with = "files")]
    focus: Setting,
    /// The only picture format to take, such as YUYV or MJPG.
    #[arg(long, value_name = "FORMAT", value_parser = format, conflicts_with = "files")]
    format: Option<[u8; 4]>,
    /// PNG, JPEG, WebP, BMP or PNM pictures.
    #[arg(value_name = "FILE", required_unless_present = "camera")]
    files: Vec<PathBuf>,
}

fn setting(text: &str) -> Result<Setting, String> {
    Setting::named(text).ok_or_else(|| format!("write auto or a number up to {}", Setting::MAX))
}

fn format(text: &str) -> Result<[u8; 4], &'static str> {
    Camera::format_named(text).ok_or("write four letters or digits, such as YUYV or MJPG")
}

/// One line of `--json`. Its fields are documented and stable.
#[derive(Serialize)]
struct Line<'a> {
    /// The picture.
    file: &'a str,
    /// The text of the code; null without one.
    text: Option<&'a str>,
    /// What it is; null without one.
    kind: Option<&'static str>,
    /// Opening, decoding and searching together.
    millis: u128,
    /// Why there is nothing, where the picture could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Runs it. Exit 1 if a file could not be read as a picture, or the camera cannot be had; a
/// picture without a code is no error.
pub fn run(args: &Args) -> ExitCode {
    let done = if args.camera.is_some() {
        camera::run(args)
    } else {
        let mut out = io::stdout().lock();
        read_files(&args.files, args.json, &mut out, &mut io::stderr())
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        // A reader of ours that went away, such as `head`, wants no message either.
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

/// Whether all files were pictures.
fn read_files(
    files: &[PathBuf],
    json: bool,
    out: &mut impl Write,
    errors: &mut impl Write,
) -> io::Result<bool> {
    let mut all_read = true;
    for file in files {
        all_read &= read_file(file, json, out, errors)?;
    }
    Ok(all_read)
}

fn read_file(
    file: &Path,
    json: bool,
    out: &mut impl Write,
    errors: &mut impl Write,
) -> io::Result<bool> {
    let start = Instant::now();
    let read = read_picture(file);
    let millis = start.elapsed().as_millis();
    let name = file.to_string_lossy();
    if let Err(error) = &read {
        writeln!(errors, "{name}: {error}")?;
    }
    let error = read.as_ref().err().map(ToString::to_string);
    let code = read.ok().flatten();
    let text = code.as_ref().map(|code| code.text.expose().as_str());
    let payload = text.map(Payload::parse);
    let all_read = error.is_none();
    if json {
        let line = Line {
            file: &name,
            text,
            kind: payload.as_ref().map(Payload::kind),
            millis,
            error,
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    } else if all_read {
        let said = payload.map_or_else(|| "no code".to_owned(), |payload| shortened(&payload));
        writeln!(out, "{name}: {said} ({millis} ms)")?;
    }
    Ok(all_read)
}

/// The kind, and as much of the person as the next in line may see.
fn shortened(payload: &Payload) -> String {
    let kind = payload.kind();
    let person = match payload {
        Payload::Cccd(card) => shortened_person(&card.person),
        Payload::Bhyt(card) => shortened_person(&card.person),
        Payload::PersonalNumber(number) => format!("••••{}", number.last_four()),
        Payload::HospitalNumber(number) => format!("••••{}", number.last_four()),
        Payload::InsuranceNumber(_) | Payload::Visit(_) | Payload::Opaque | Payload::Other => {
            String::new()
        }
    };
    format!("{kind} {person}").trim_end().to_owned()
}

fn shortened_person(person: &Person) -> String {
    let name = person.name.as_ref();
    let name = name.map(|name| shown_name(name.expose(), true));
    let number = person
        .personal_number
        .as_ref()
        .map(|n| format!("••••{}", n.last_four()));
    [name, number]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(not(feature = "camera"))]
mod camera {
    pub(super) fn run(_args: &super::Args) -> std::io::Result<bool> {
        crate::cli::print::note(
            "this build has no camera; give files, or build with feature `camera`",
        );
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use clap::Parser;
    use image::{GrayImage, Luma};
    use qrcodegen::{QrCode, QrCodeEcc};

    use super::{Args, Setting, read_files};

    const CARD: &str = "099090012345|012345678|NGUYỄN VĂN A|28021990|Nam|Xã A, Tỉnh B|19042021";

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    fn picture_of(text: &str) -> GrayImage {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).expect("fits");
        let side = (code.size() as u32 + 8) * 4;
        GrayImage::from_fn(side, side, |x, y| {
            let dark = code.get_module(x as i32 / 4 - 4, y as i32 / 4 - 4);
            Luma([if dark { 0 } else { 255 }])
        })
    }

    /// A folder with pictures of all kinds and some things that are none.
    fn folder() -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().expect("folder");
        let at = |name: &str| folder.path().join(name);
        picture_of(CARD).save(at("card.png")).expect("saved");
        picture_of("DN4010123456789")
            .save(at("number.jpg"))
            .expect("saved");
        GrayImage::new(64, 64).save(at("black.bmp")).expect("saved");
        fs::write(at("text.png"), "not a picture").expect("written");
        let png = fs::read(at("card.png")).expect("read");
        fs::write(at("half.png"), &png[..png.len() / 2]).expect("written");
        let huge = b"P5 99999 99999 255 ";
        fs::write(at("huge.pgm"), huge).expect("written");
        let names = [
            "card.png",
            "number.jpg",
            "black.bmp",
            "text.png",
            "half.png",
            "huge.pgm",
            "none.png",
            ".",
        ];
        let files = names.iter().map(|name| at(name)).collect();
        (folder, files)
    }

    fn read(files: &[PathBuf], json: bool) -> (bool, String, String) {
        let (mut out, mut errors) = (Vec::new(), Vec::new());
        let all_read = read_files(files, json, &mut out, &mut errors).expect("written");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (all_read, text(out), text(errors))
    }

    #[test]
    fn json_has_one_object_a_file_and_tells_what_went_wrong() {
        let (_folder, files) = folder();
        let (all_read, out, errors) = read(&files, true);
        assert!(!all_read);
        let lines: Vec<serde_json::Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(lines.len(), files.len());
        assert_eq!(
            (&lines[0]["text"], &lines[0]["kind"]),
            (&CARD.into(), &"cccd".into())
        );
        assert_eq!(lines[1]["kind"], "insurance_number");
        assert!(lines[2]["text"].is_null() && lines[2].get("error").is_none());
        for (line, file) in lines.iter().zip(&files) {
            assert_eq!(line["file"], file.to_string_lossy().as_ref());
            assert!(line["millis"].is_u64());
        }
        for broken in &lines[3..] {
            assert!(
                broken["error"].is_string() && broken["text"].is_null(),
                "{broken}"
            );
        }
        assert_eq!(errors.lines().count(), files.len() - 3);
    }

    #[test]
    fn human_lines_keep_personal_data_back() {
        let (_folder, files) = folder();
        let (all_read, out, errors) = read(&files[..3], false);
        assert!(all_read && errors.is_empty());
        assert!(out.contains("cccd N. V. A, ••••2345"), "{out}");
        assert!(
            out.contains("insurance_number") && out.contains("no code"),
            "{out}"
        );
        for secret in ["099090", "NGUYỄN", "28021990", "0123456789"] {
            assert!(!out.contains(secret), "{out}");
        }
    }

    #[test]
    fn files_or_the_camera_are_needed_and_not_both() {
        let parsed = |args: &[&str]| Command::try_parse_from([&["scan"], args].concat());
        assert!(parsed(&[]).is_err());
        assert!(parsed(&["--camera", "a.png"]).is_err());
        let first = parsed(&["--camera"]).expect("camera").args;
        assert_eq!(first.camera.as_deref(), Some(""));
        let named = parsed(&["--camera=/dev/video2", "--json"])
            .expect("camera")
            .args;
        assert_eq!(named.camera.as_deref(), Some("/dev/video2"));
        let set = parsed(&[
            "--camera",
            "--exposure",
            "200",
            "--format",
            "MJPG",
            "--seconds",
            "3",
        ]);
        let set = set.expect("settings").args;
        assert_eq!(
            (set.exposure, set.focus),
            (Setting::Fixed(200), Setting::Auto)
        );
        assert_eq!((set.format, set.seconds), (Some(*b"MJPG"), Some(3)));
        for wrong in [
            &["--exposure", "fast"][..],
            &["--focus", "-1"],
            &["--format", "MJPEG"],
        ] {
            assert!(
                parsed(&[&["--camera"], wrong].concat()).is_err(),
                "{wrong:?}"
            );
        }
        assert!(parsed(&["a.png", "--seconds", "3"]).is_err());
        let files = parsed(&["--json", "a.png", "b.png"]).expect("files").args;
        assert!(files.json && files.files.len() == 2);
    }
}

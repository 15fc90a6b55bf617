//! Real V4L2 devices: the kernel's own `uvcvideo` and `vivid` in a virtual machine, and our binary
//! before them. `tests/camera/steps.sh` runs there and pulls plugs; here is judged what the binary
//! said. The machine is the lab's (`$TIEPDON_SHARED/lab/device-vm`); without it, or without QEMU,
//! there is nothing to run and the test says so.
#![cfg(feature = "camera")]
#![allow(
    clippy::print_stdout,
    reason = "a test reports what it skipped, and the virtual machine's words"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Kernel and devices come up in ten seconds; the steps take two minutes on a quiet machine.
const SECONDS_MAX: &str = "900";
/// How `run.sh` says that something is missing that it may not install.
const CANNOT: i32 = 2;

struct Lab {
    run: PathBuf,
    pictures: PathBuf,
}

/// The lab, or why there is none.
fn lab() -> Result<Lab, String> {
    let shared = std::env::var("TIEPDON_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let shared = fs::canonicalize(&shared).map_err(|error| format!("{shared}: {error}"))?;
    let run = shared.join("lab/device-vm/run.sh");
    let pictures = shared.join("data/qr/cccd-ladder");
    for needed in [&run, &pictures] {
        if !needed.exists() {
            return Err(format!("no {}", needed.display()));
        }
    }
    let qemu = Command::new("qemu-system-x86_64").arg("--version").output();
    qemu.map_err(|error| format!("qemu-system-x86_64: {error}"))?;
    Ok(Lab { run, pictures })
}

impl Lab {
    fn truth(&self, picture: &str) -> String {
        let truth = fs::read_to_string(self.pictures.join("truth.tsv")).expect("truth");
        let of_picture = |line: &str| {
            let mut fields = line.splitn(3, '\t');
            (fields.next() == Some(picture)).then(|| fields.nth(1).map(str::to_owned))?
        };
        truth.lines().find_map(of_picture).expect("listed")
    }

    /// Runs the steps in `folder`. False: this user cannot have the machine.
    fn run(&self, folder: &Path, numbers: [&str; 2]) -> bool {
        let binary = folder.join("tiepdon");
        fs::copy(env!("CARGO_BIN_EXE_tiepdon"), &binary).expect("copied");
        // Only to make it small; it runs as well if there is no such tool.
        let _ = Command::new("strip").arg(&binary).status();
        let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/camera/steps.sh");
        let files = ["first", "second", "broken", "cut", "bare"]
            .map(|name| format!("{}:/{name}.jpg", folder.join(name).display()));
        let ran = Command::new(&self.run)
            .arg(format!("{} {} {}", steps.display(), numbers[0], numbers[1]))
            .env("DEVICES", "webcam vivid")
            .env("BIN", &binary)
            .env("FILES", files.join(" "))
            .env("PICTURE", folder.join("first"))
            .env("OUT", folder)
            .env("T", SECONDS_MAX)
            .output()
            .expect("run.sh");
        let words = String::from_utf8_lossy(&ran.stdout);
        println!("{words}{}", String::from_utf8_lossy(&ran.stderr));
        if ran.status.code() == Some(CANNOT) {
            return false;
        }
        assert!(ran.status.success(), "the steps did not come to their end");
        for (scene, exit) in [
            ("yuyv", 0),
            ("mjpg", 0),
            ("busy", 1),
            ("replaced", 0),
            ("RGB3", 1),
        ] {
            assert!(words.contains(&format!("{scene}: exit {exit}")), "{scene}");
        }
        true
    }
}

/// The lines of a scene.
fn said(folder: &Path, scene: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("said").join(scene)).expect(scene);
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines.collect()
}

/// What a scene's lines tell, one after another: a fault's name or a code's text, each once. An
/// emulated computer may itself be so slow that a driver seems to hang; that is passed over.
fn told(lines: &[Value]) -> Vec<&str> {
    let mut told: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["fault"]["id"].as_str().or(line["text"].as_str()))
        .filter(|said| *said != "hanging")
        .collect();
    told.dedup();
    told
}

#[test]
fn real_cameras_are_read_and_their_faults_are_told_and_heal() {
    const TEST: &str = "real_cameras_are_read_and_their_faults_are_told_and_heal";
    let lab = match lab() {
        Ok(lab) => lab,
        Err(why) => return println!("skipped: {TEST} ({why})"),
    };
    let folder = tempfile::tempdir().expect("folder");
    let folder = folder.path();
    let picture = |name: &str| fs::read(lab.pictures.join(name)).expect("picture");
    let (first, second) = (picture("L1_003.jpg"), picture("L0_004.jpg"));
    let bare = tiepdon::sim::eye::without_tables(&second);
    assert!(bare.len() < second.len());
    for (name, bytes) in [
        ("first", &first[..]),
        ("second", &second),
        ("broken", &first[..300]),
        ("cut", &first[..first.len() / 2]),
        ("bare", &bare),
    ] {
        fs::write(folder.join(name), bytes).expect("written");
    }
    let texts = [lab.truth("L1_003.jpg"), lab.truth("L0_004.jpg")];
    let [first, second] = [&*texts[0], &*texts[1]];
    if !lab.run(folder, [&first[..12], &second[..12]]) {
        return println!("skipped: {TEST} (run.sh may not install what it needs)");
    }

    let yuyv = said(folder, "yuyv");
    let expected = [
        "missing",
        first,
        second,
        "stalled",
        second,
        "blank",
        first,
        "unplugged",
        "missing",
        first,
    ];
    assert_eq!(told(&yuyv), expected);
    let (begun, ended) = (&yuyv[1], yuyv.last().expect("lines"));
    assert_ne!(
        begun["device"], ended["device"],
        "the number did not change"
    );
    assert_eq!(ended["camera"], "Lab webcam");

    let mjpg = said(folder, "mjpg");
    assert_eq!(told(&mjpg), [first, "broken", second, "broken", first]);
    for (lines, format) in [(&yuyv, "YUYV"), (&mjpg, "MJPG")] {
        let read = lines.iter().filter(|line| line["text"].is_string());
        for line in read {
            assert_eq!(line["format"], format);
            assert_eq!(
                (&line["width"], &line["height"]),
                (&1280.into(), &720.into())
            );
            assert!(line["brightness"].is_number() && line["sharpness"].is_number());
            assert_eq!(line["kind"], "cccd");
        }
    }
    assert!(mjpg.iter().any(|line| line["rate"].as_f64() > Some(5.0)));
    assert!(mjpg.iter().any(|line| line["broken"].as_u64() > Some(0)));

    assert_eq!(told(&said(folder, "busy")), ["busy"]);
    let replaced = said(folder, "replaced");
    assert_eq!(told(&replaced).first(), Some(&first));
    assert_eq!(told(&replaced).last(), Some(&second));
    assert_vivid(folder);
    assert_doctor(folder);
}

/// What doctor found of the camera, and its cure.
fn assert_doctor(folder: &Path) {
    for (scene, state, found, cure) in [
        ("doctor", "warning", "YUYV 1280x720", "focus = \"auto\""),
        ("doctor_blank", "fault", "sees nothing", "uncover its lens"),
        (
            "doctor_missing",
            "fault",
            "not found (Lab); there: /dev/video",
            "plug it in",
        ),
    ] {
        let report = &said(folder, scene)[0];
        let all = report["findings"].as_array().expect("findings").iter();
        let camera: Vec<&Value> = all.filter(|line| line["check"] == "camera").collect();
        let [camera] = camera[..] else {
            panic!("{report}");
        };
        assert_eq!(camera["state"], state, "{camera}");
        let has = |key: &str, part| camera[key].as_str().is_some_and(|text| text.contains(part));
        assert!(has("found", found) && has("cure", cure), "{camera}");
    }
}

#[test]
fn a_camera_that_is_not_there_is_told_at_once() {
    let ran = Command::new(env!("CARGO_BIN_EXE_tiepdon"))
        .args([
            "scan",
            "--camera=no such camera",
            "--json",
            "--seconds",
            "0",
        ])
        .output()
        .expect("ran");
    assert_eq!(ran.status.code(), Some(1));
    let lines = String::from_utf8(ran.stdout).expect("UTF-8");
    let line: Value = serde_json::from_str(&lines).expect("one line");
    assert_eq!(line["fault"]["id"], "missing");
    assert!(line["camera"].is_null() && line["advice"] == serde_json::json!([]));
}

/// Formats that no common camera has.
fn assert_vivid(folder: &Path) {
    for format in [
        "GREY", "NV12", "YU12", "422P", "YUYV", "YVYU", "UYVY", "VYUY",
    ] {
        let lines = said(folder, &format!("vivid_{format}"));
        assert!(!lines.is_empty(), "{format}");
        for line in lines {
            assert_eq!(line["format"], format);
            assert!(
                line["fault"].is_null() && line["pictures"].as_u64() > Some(0),
                "{line}"
            );
            assert!(line["width"].as_u64() >= Some(1280), "{line}");
            // The test picture has all greys in it, wherever they lie.
            let bright = line["brightness"].as_f64().expect("measured");
            assert!((60.0..200.0).contains(&bright), "{line}");
        }
    }
    let own = said(folder, "vivid");
    assert!(own.iter().all(|line| line["fault"].is_null()), "{own:?}");
    assert_eq!(told(&said(folder, "vivid_RGB3")), ["format"]);
}

//! A real `/dev/usb/lp0`: the kernel's own `usblp` in a virtual machine, and our binary before it.
//! `tests/printer_usb/steps.sh` runs there and does to the printer what the world does; here is judged
//! what the binary said, and when. The machine is the lab's (`$TIEPDON_SHARED/lab/device-vm`); without
//! it, or without QEMU, there is nothing to run and the test says so.
#![cfg(feature = "sim")]
#![allow(
    clippy::print_stdout,
    reason = "a test reports what it skipped, and the virtual machine's words"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Kernel and devices come up in ten seconds; the steps take three minutes on a quiet machine.
const SECONDS_MAX: &str = "1200";
/// How `run.sh` says that something is missing that it may not install.
const CANNOT: i32 = 2;
/// Staff must know of a fault within this.
const KNOWN_WITHIN_SECONDS: f64 = 10.0;
/// The kiosk asks an idle printer this much more seldom than the command that is tried here.
const ASKED_LATER_SECONDS: f64 = 4.0;
/// Faults that come while tickets are printed are known by the ticket; those that end are not
/// hurried after.
const ENDS: [&str; 9] = [
    "port_well",
    "paper",
    "closed",
    "free",
    "recovered",
    "talks",
    "reads",
    "plugged",
    "full",
];

/// The lab's script, or why there is none.
fn lab() -> Result<PathBuf, String> {
    let shared = std::env::var("TIEPDON_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let shared = fs::canonicalize(&shared).map_err(|error| format!("{shared}: {error}"))?;
    let run = shared.join("lab/device-vm/run.sh");
    if !run.exists() {
        return Err(format!("no {}", run.display()));
    }
    let qemu = Command::new("qemu-system-x86_64").arg("--version").output();
    qemu.map_err(|error| format!("qemu-system-x86_64: {error}"))?;
    Ok(run)
}

/// Runs the steps; what they wrote is in `folder`. False: this user cannot have the machine.
fn run(lab: &Path, folder: &Path) -> bool {
    let binary = folder.join("tiepdon");
    fs::copy(env!("CARGO_BIN_EXE_tiepdon"), &binary).expect("copied");
    // Only to make it small; it runs as well if there is no such tool.
    let _ = Command::new("strip").arg(&binary).status();
    let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/printer_usb/steps.sh");
    let ran = Command::new(lab)
        .arg(&steps)
        .env("DEVICES", "printer")
        .env("BIN", &binary)
        .env("OUT", folder)
        .env("T", SECONDS_MAX)
        .output()
        .expect("run.sh");
    println!("{}", String::from_utf8_lossy(&ran.stdout));
    println!("{}", String::from_utf8_lossy(&ran.stderr));
    if ran.status.code() == Some(CANNOT) {
        return false;
    }
    assert!(ran.status.success(), "the steps did not come to their end");
    true
}

/// The lines of a scene.
fn said(folder: &Path, scene: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("said").join(scene)).expect(scene);
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines.collect()
}

/// What is known of the papers of a scene.
fn papers(folder: &Path, scene: &str) -> Vec<String> {
    let lines = said(folder, scene);
    let paper = |line: &Value| line["paper"].as_str().unwrap_or_default().to_owned();
    lines.iter().map(paper).collect()
}

#[test]
fn a_real_usb_printer_and_every_fault_of_it_is_known_in_time() {
    const TEST: &str = "a_real_usb_printer_and_every_fault_of_it_is_known_in_time";
    let lab = match lab() {
        Ok(lab) => lab,
        Err(why) => return println!("skipped: {TEST} ({why})"),
    };
    let folder = tempfile::tempdir().expect("folder");
    let folder = folder.path();
    if !run(&lab, folder) {
        return println!("skipped: {TEST} (run.sh may not install what it needs)");
    }
    assert_times(folder);

    // Every fault was named, none was taken for another in between.
    for line in said(folder, "idle") {
        assert!(
            line["about"]
                .as_str()
                .is_some_and(|a| a.contains("Tiep Don Lab")),
            "{line}"
        );
    }
    let stray = papers(folder, "stray");
    assert_eq!(
        stray, ["ok-after"; 5],
        "bytes that nobody asked for were believed"
    );
    // Whether a whole ticket goes into the pipe depends on the pipe; nothing of it is believed.
    let pipe = &papers(folder, "pipe")[0];
    assert!(["unverified", "failed"].contains(&pipe.as_str()), "{pipe}");
    assert_paper(folder);

    assert_eq!(papers(folder, "echo"), ["confirmed"; 2]);
    for n in ["ticket-1.png", "ticket-2.png"] {
        assert!(folder.join("paper").join(n).exists(), "{n}");
    }
    let doctor = &said(folder, "doctor")[0];
    let all = doctor["findings"].as_array().expect("findings").iter();
    let printer: Vec<&Value> = all.filter(|line| line["check"] == "printer").collect();
    assert!(
        printer[0]["cure"].is_string(),
        "nobody is behind the gadget any more: {}",
        printer[0]
    );
}

/// Prints how long each fault took, which is a figure of an emulated computer, and checks that it is
/// far within what staff are promised.
fn assert_times(folder: &Path) {
    let times = fs::read_to_string(folder.join("times")).expect("times");
    println!("{:<10} {:<18} seconds until it was said", "scene", "fault");
    for line in times.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let [scene, name, begun, ended] = fields[..] else {
            panic!("{line}");
        };
        let number = |text: &str| text.parse::<f64>().expect("seconds");
        let took = number(ended) - number(begun);
        println!("{scene:<10} {name:<18} {took:.2}");
        let idle = if scene == "idle" {
            ASKED_LATER_SECONDS
        } else {
            0.0
        };
        let known = took + idle < KNOWN_WITHIN_SECONDS;
        assert!(known || ENDS.contains(&name), "{line}");
    }
}

/// No byte of a picture that went over the cable is a command to be obeyed at once.
fn assert_paper(folder: &Path) {
    let paper = fs::read(folder.join("paper.bin")).expect("paper");
    let mut rest = &paper[..];
    let (mut pictures, mut tickets) = (0, 0);
    while let Some(at) = rest.windows(4).position(|w| w == [0x1D, 0x76, 0x30, 0x00]) {
        let header = &rest[at + 4..at + 8];
        let size = |low: u8, high: u8| usize::from(u16::from_le_bytes([low, high]));
        let bytes = size(header[0], header[1]) * size(header[2], header[3]);
        let picture = &rest[at + 8..rest.len().min(at + 8 + bytes)];
        for pair in picture.windows(2) {
            let hidden = pair[0] == 0x10 && [0x04, 0x05, 0x14].contains(&pair[1]);
            // Where the cable was pulled or the ticket given up, other bytes come within the picture.
            assert!(!hidden || tickets > 0, "{pair:x?}");
        }
        pictures += 1;
        rest = &rest[at + 8 + picture.len()..];
        tickets += usize::from(rest.starts_with(&[0x1D, 0x56, 0x42, 0x00]));
    }
    assert!(
        pictures > 20 && tickets > 3,
        "{pictures} pictures, {tickets} tickets"
    );
}

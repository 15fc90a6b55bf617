//! `tiepdon config ticket`, as somebody in a hospital uses it.

use std::path::Path;
use std::process::{Command, Output};

fn tiepdon(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tiepdon"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("it runs")
}

#[test]
fn a_hospital_starts_from_the_builtin_drawing_changes_it_and_sees_what_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("ours.svg");
    for paper in ["80mm", "58mm", "A6"] {
        let drawing = tiepdon(folder.path(), &["config", "ticket", "--paper", paper]);
        assert!(drawing.status.success());
        let drawing = String::from_utf8(drawing.stdout).expect("UTF-8");
        std::fs::write(&own, drawing.replace("PHIẾU SỐ THỨ TỰ", "SỐ CỦA BẠN")).expect("written");
        let tried = tiepdon(folder.path(), &["config", "ticket", "ours.svg"]);
        let said = String::from_utf8_lossy(&tried.stdout).into_owned();
        assert!(
            tried.status.success(),
            "{}",
            String::from_utf8_lossy(&tried.stderr)
        );
        assert!(said.contains("ours.png"), "{said}");
        let picture = std::fs::read(folder.path().join("ours.png")).expect("a picture");
        assert_eq!(&picture[1..4], b"PNG");
    }
}

#[test]
fn a_faulty_drawing_is_named_by_every_command_that_looks() {
    let folder = tempfile::tempdir().expect("a folder");
    let drawing = tiepdon(folder.path(), &["config", "ticket"]).stdout;
    let drawing = String::from_utf8(drawing).expect("UTF-8");
    let faulty = drawing
        .replace("{{place}}", "{{room}}")
        .replace("{{time}}", "nay");
    std::fs::write(folder.path().join("ours.svg"), faulty).expect("written");
    let example = tiepdon(folder.path(), &["config", "example"]).stdout;
    let config = String::from_utf8(example)
        .expect("UTF-8")
        .replace("# [ticket]", "[ticket]")
        .replace("# template = ", "template = ")
        .replace("\"ticket.svg\"", "\"ours.svg\"");
    std::fs::write(folder.path().join("tiepdon.toml"), config).expect("written");
    for arguments in [
        vec!["config", "ticket", "ours.svg"],
        vec!["config", "check", "--config", "tiepdon.toml"],
        vec!["doctor", "--config", "tiepdon.toml"],
    ] {
        let told = tiepdon(folder.path(), &arguments);
        let all = [told.stdout, told.stderr].concat();
        let all = String::from_utf8_lossy(&all);
        assert!(!told.status.success(), "{arguments:?}: {all}");
        for fault in [
            "\"room\", which no ticket has",
            "\"place\", which every",
            "\"time\", which every",
        ] {
            assert!(all.contains(fault), "{arguments:?}: {fault} not in {all}");
        }
    }
    assert!(!folder.path().join("ours.png").exists());
}

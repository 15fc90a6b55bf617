//! The decoder over pictures with ground truth. The counts are what it reads today: a change that
//! reads fewer, or anything wrong, fails.

#![allow(
    clippy::print_stdout,
    reason = "a test reports what it counted or skipped"
)]

use std::fs;
use std::path::{Path, PathBuf};

use tiepdon::identity::Payload;
use tiepdon::scan::read_picture;

/// Sets of pictures, and how many of each are read at least.
const PHOTOGRAPHS: [(&str, usize); 3] = [
    ("zxing-qrcode-1", 20),
    ("zxing-qrcode-2", 31),
    ("zxing-qrcode-3", 42),
];
const CARDS: [(&str, usize); 7] = [
    ("axis_dark", 5),
    ("ladder0", 20),
    ("ladder1", 20),
    ("ladder2", 20),
    ("ladder3", 20),
    ("ladder4", 20),
    ("ladder5", 6),
];
/// Its code says "photography", as that of its neighbour does; its truth has lost the last letter.
const SPOILT_TRUTH: &str = "zxing-qrcode-2/13.png";

#[test]
fn card_codes_before_a_camera_are_read() {
    let Some(folder) = pictures("card_codes_before_a_camera_are_read") else {
        return;
    };
    let folder = folder.join("cccd-ladder");
    let truth = fs::read_to_string(folder.join("truth.tsv")).expect("truth");
    let lines: Vec<_> = truth.lines().skip(1).map(cells).collect();
    for [file, _, text] in &lines {
        assert_eq!(Payload::parse(text).kind(), "cccd", "{file}");
    }
    for (set, least) in CARDS {
        let of_set = lines.iter().filter(|[_, level, _]| *level == set);
        check(
            set,
            least,
            of_set.map(|[file, _, text]| (folder.join(file), (*text).to_owned())),
        );
    }
}

#[test]
fn photographs_of_ordinary_codes_are_read() {
    let Some(folder) = pictures("photographs_of_ordinary_codes_are_read") else {
        return;
    };
    for (set, least) in PHOTOGRAPHS {
        let entries = fs::read_dir(folder.join(set)).expect("folder");
        let paths = entries.map(|entry| entry.expect("entry").path());
        let is_picture = |path: &PathBuf| {
            let kind = path.extension();
            kind.is_some_and(|kind| kind == "png" || kind == "jpg")
        };
        let with_truth = |path: PathBuf| {
            let truth = fs::read_to_string(path.with_extension("txt")).expect("truth");
            (path, truth)
        };
        let is_picture = |path: &PathBuf| is_picture(path) && !path.ends_with(SPOILT_TRUTH);
        check(set, least, paths.filter(is_picture).map(with_truth));
    }
}

/// Reads a set: at least so many, and none wrong.
fn check(set: &str, least: usize, pictures: impl Iterator<Item = (PathBuf, String)>) {
    let (mut read, mut all) = (0, 0);
    for (path, truth) in pictures {
        all += 1;
        if let Some(code) = read_picture(&path).expect("a picture") {
            assert_eq!(code.text.expose(), &truth, "{}", path.display());
            read += 1;
        }
    }
    println!("read of {set}: {read} of {all}");
    assert!(read >= least, "{set}: {read} of {all}, and {least} before");
}

fn cells(line: &str) -> [&str; 3] {
    let cells: Vec<_> = line.splitn(3, '\t').collect();
    cells.try_into().expect("file, set, text")
}

fn pictures(test: &str) -> Option<PathBuf> {
    let shared = std::env::var("TIEPDON_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let folder = Path::new(&shared).join("data/qr");
    if folder.join("cccd-ladder/truth.tsv").is_file() {
        return Some(folder);
    }
    println!("skipped: {test} (no {})", folder.display());
    None
}

//! The decoder over pictures with ground truth. The counts are what it reads today: a change that
//! reads fewer, or anything wrong, fails.

#![allow(
    clippy::print_stdout,
    reason = "a test reports what it counted or skipped"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tiepdon::identity::Payload;
use tiepdon::scan::read_picture;

fn pictures(test: &str) -> Option<PathBuf> {
    let shared = std::env::var("TIEPDON_SHARED").unwrap_or_else(|_| "../shared".to_owned());
    let folder = Path::new(&shared).join("data/qr");
    if folder.join("cccd-ladder/truth.tsv").is_file() {
        return Some(folder);
    }
    println!("skipped: {test} (no {})", folder.display());
    None
}

/// Reads `path`: whether its text was found. A wrong text fails the test.
fn read(path: &Path, truth: &str) -> bool {
    match read_picture(path).expect("a picture") {
        Some(code) => {
            assert_eq!(code.text.expose(), truth, "{}", path.display());
            true
        }
        None => false,
    }
}

#[test]
fn card_codes_before_a_camera_are_read() {
    let Some(folder) = pictures("card_codes_before_a_camera_are_read") else {
        return;
    };
    let folder = folder.join("cccd-ladder");
    let truth = fs::read_to_string(folder.join("truth.tsv")).expect("truth");
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for line in truth.lines().skip(1) {
        let [file, level, text] = line.splitn(3, '\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let (found, all) = counts.entry(level).or_default();
        *all += 1;
        *found += u32::from(read(&folder.join(file), text));
        assert_eq!(Payload::parse(text).kind(), "cccd", "{file}");
    }
    println!("read of each level: {counts:?}");
    for (level, least) in [
        ("axis_dark", 5),
        ("ladder0", 20),
        ("ladder1", 20),
        ("ladder2", 20),
        ("ladder3", 20),
        ("ladder4", 12),
        ("ladder5", 2),
    ] {
        assert!(counts[level].0 >= least, "{level}: {:?}", counts[level]);
    }
}

#[test]
fn photographs_of_ordinary_codes_are_read() {
    let Some(folder) = pictures("photographs_of_ordinary_codes_are_read") else {
        return;
    };
    // In the second set a dozen codes hold Shift-JIS without saying so; guessing is not reading.
    for (set, least) in [
        ("zxing-qrcode-1", 20),
        ("zxing-qrcode-2", 21),
        ("zxing-qrcode-3", 42),
    ] {
        let mut found = 0;
        let mut all = 0;
        for entry in fs::read_dir(folder.join(set)).expect("folder") {
            let path = entry.expect("entry").path();
            if path
                .extension()
                .is_none_or(|kind| kind != "png" && kind != "jpg")
            {
                continue;
            }
            let truth = fs::read_to_string(path.with_extension("txt")).expect("truth");
            all += 1;
            found += u32::from(read(&path, &truth));
        }
        println!("read of {set}: {found} of {all}");
        assert!(found >= least, "{set}: {found} of {all}");
    }
}

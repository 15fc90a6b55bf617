//! Pictures and the texts in them: those shared with everybody, those of the generator in Python,
//! our own.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use image::DynamicImage;
use tiepdon::sim::eye;

/// A grey picture: rows from the top.
#[derive(Clone)]
pub struct Grey {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

/// A picture, and the text in it if there is one.
pub struct Still {
    pub name: String,
    pub source: Source,
    pub truth: String,
}

/// Where a picture comes from. None is kept in memory longer than it is looked at.
pub enum Source {
    /// A file, turned by so many quarters.
    File(PathBuf, u8),
    Drawn {
        level: u8,
        seed: u64,
    },
}

pub struct Set {
    pub name: String,
    pub stills: Vec<Still>,
}

impl Still {
    pub fn picture(&self) -> Grey {
        match &self.source {
            Source::Drawn { level, seed } => frame(eye::still(*level, *seed).1.grey()),
            Source::File(path, turns) => {
                let picture = image::open(path).expect("a picture");
                let picture = match turns {
                    0 => picture,
                    1 => picture.rotate90(),
                    2 => picture.rotate180(),
                    _ => picture.rotate270(),
                };
                grey(picture)
            }
        }
    }
}

/// A frame of the simulated camera.
pub fn frame(pixels: Vec<u8>) -> Grey {
    Grey {
        width: eye::WIDTH as u32,
        height: eye::HEIGHT as u32,
        pixels,
    }
}

/// Grey, with what is transparent lying on white paper.
fn grey(picture: DynamicImage) -> Grey {
    let (width, height) = (picture.width(), picture.height());
    if !picture.color().has_alpha() {
        return Grey {
            width,
            height,
            pixels: picture.into_luma8().into_raw(),
        };
    }
    let over = |pixel: &image::LumaA<u8>| {
        let [grey, opacity] = pixel.0.map(u16::from);
        ((grey * opacity + 255 * (255 - opacity)) / 255) as u8
    };
    let pixels = picture.into_luma_alpha8().pixels().map(over).collect();
    Grey {
        width,
        height,
        pixels,
    }
}

/// The photographs and frames of `$TIEPDON_SHARED/data/qr`, the photographs in all four turns.
pub fn shared() -> Vec<Set> {
    let shared = env::var_os("TIEPDON_SHARED").map_or(PathBuf::from("../shared"), PathBuf::from);
    let folder = shared.join("data/qr");
    let mut sets = Vec::new();
    for (name, turns) in [("upright", 0..1), ("turned thrice", 1..4)] {
        for number in 1..=3 {
            let stills = photographs(&folder.join(format!("zxing-qrcode-{number}")));
            let turned = |turn: u8| {
                stills.iter().map(move |(path, truth)| Still {
                    name: format!("{}-{turn}", stem(path)),
                    source: Source::File(path.clone(), turn),
                    truth: truth.clone(),
                })
            };
            let stills: Vec<_> = turns.clone().flat_map(turned).collect();
            sets.push(Set {
                name: format!("zxing {number} {name}"),
                stills,
            });
        }
    }
    let truth = fs::read_to_string(folder.join("cccd-ladder/truth.tsv")).unwrap_or_default();
    let lines = truth.lines().skip(1).filter_map(|line| {
        let mut cells = line.splitn(3, '\t');
        let (file, set, text) = (cells.next()?, cells.next()?, cells.next()?);
        let path = folder.join("cccd-ladder").join(file);
        Some((format!("shared {set}"), path, text.to_owned()))
    });
    sets.extend(grouped(lines));
    sets.retain(|set| !set.stills.is_empty());
    sets
}

fn photographs(folder: &Path) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|kind| kind == "png" || kind == "jpg")
        })
        .filter_map(|path| {
            let truth = fs::read_to_string(path.with_extension("txt")).ok()?;
            Some((path, truth))
        })
        .collect();
    found.sort();
    found
}

/// The pictures of a folder with an `index.csv`: the name first, then the set, the text last, as
/// hexadecimal UTF-8.
pub fn indexed(folder: &Path) -> Vec<Set> {
    let index = fs::read_to_string(folder.join("index.csv")).expect("the folder has an index.csv");
    let of = stem(folder);
    let lines = index.lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        let (name, set, truth) = (cells.next()?, cells.next()?, cells.next_back()?);
        let text = String::from_utf8(hex::decode(truth.trim()).ok()?).ok()?;
        Some((
            format!("{of} {set}"),
            folder.join(format!("{name}.jpg")),
            text,
        ))
    });
    grouped(lines)
}

fn grouped(lines: impl Iterator<Item = (String, PathBuf, String)>) -> Vec<Set> {
    let mut sets: BTreeMap<String, Vec<Still>> = BTreeMap::new();
    for (set, path, truth) in lines {
        let name = stem(&path);
        sets.entry(set).or_default().push(Still {
            name,
            source: Source::File(path, 0),
            truth,
        });
    }
    sets.into_iter()
        .map(|(name, stills)| Set { name, stills })
        .collect()
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Stills of the simulated camera, a set for each level.
pub fn drawn(count: u64, seed: u64) -> Vec<Set> {
    let set = |level: u8| {
        let still = |seed| Still {
            name: format!("drawn-{level}-{seed}"),
            source: Source::Drawn { level, seed },
            truth: eye::still(level, seed).0,
        };
        Set {
            name: format!("drawn {level}"),
            stills: (seed..seed + count).map(still).collect(),
        }
    };
    (0..=eye::LEVEL_MAX).map(set).collect()
}

/// Writes some of each kind into a folder.
pub fn show(folder: &Path, seed: u64) {
    let write = |name: String, shot: &eye::Shot| {
        fs::write(folder.join(name), shot.jpeg()).expect("the folder takes files");
    };
    fs::create_dir_all(folder).expect("a folder");
    for number in seed..seed + 4 {
        write(format!("empty-{number}.jpg"), &eye::empty(number));
        for level in 0..=eye::LEVEL_MAX {
            write(
                format!("still-{level}-{number}.jpg"),
                &eye::still(level, number).1,
            );
        }
    }
    for level in 0..=eye::LEVEL_MAX {
        let shots = eye::sequence(level, seed).shots;
        for (frame, shot) in shots.iter().enumerate().step_by(3) {
            write(format!("sequence-{level}-{seed}-{frame:02}.jpg"), shot);
        }
    }
}

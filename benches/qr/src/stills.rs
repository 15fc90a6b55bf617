//! Single pictures.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use image::{ExtendedColorType, save_buffer};
use tiepdon::sim::eye;

use crate::decoder::{Decoder, Outcome, Read};
use crate::measure::spread;
use crate::sets::{Grey, Set, Still, frame};
use crate::table::Table;

/// What a decoder made of a set.
#[derive(Default)]
struct Tally {
    exact: usize,
    /// Of these, those that the first decoder does not read.
    added: usize,
    wrong: Vec<String>,
    panics: usize,
    millis: Vec<f64>,
}

impl Tally {
    fn count(&mut self, still: &Still, outcome: &Outcome) -> bool {
        self.millis.push(outcome.cost.as_secs_f64() * 1000.0);
        match &outcome.read {
            Read::Text(text) if *text == still.truth => {
                self.exact += 1;
                return true;
            }
            Read::Text(_) => self.wrong.push(still.name.clone()),
            Read::Panic => self.panics += 1,
            Read::Nothing => {}
        }
        false
    }
}

const COLUMNS: [&str; 10] = [
    "set",
    "pictures",
    "decoder",
    "exact",
    "not by the first",
    "wrong",
    "panics",
    "median ms",
    "p95 ms",
    "most ms",
];

/// Exact reads of each set.
pub fn read(decoders: &mut [Decoder], sets: &[Set], missed: Option<&Path>) -> Vec<Table> {
    let mut table = Table::new("Single pictures", &COLUMNS);
    let mut wrong = Table::new("Wrong texts", &["set", "decoder", "pictures"]);
    for set in sets {
        eprintln!("{}: {} pictures", set.name, set.stills.len());
        let mut tallies: Vec<Tally> = decoders.iter().map(|_| Tally::default()).collect();
        for still in &set.stills {
            let picture = still.picture();
            let mut first = None;
            for (decoder, tally) in decoders.iter_mut().zip(&mut tallies) {
                let exact = tally.count(still, &decoder.still(&picture));
                tally.added += usize::from(exact && first == Some(false));
                first.get_or_insert(exact);
            }
            if let (Some(false), Some(folder)) = (first, missed) {
                keep(folder, &format!("{}-{}", set.name, still.name), &picture);
            }
        }
        for (decoder, tally) in decoders.iter().zip(&tallies) {
            let mut row = vec![
                set.name.clone(),
                set.stills.len().to_string(),
                decoder.name().to_owned(),
                tally.exact.to_string(),
                tally.added.to_string(),
                tally.wrong.len().to_string(),
                tally.panics.to_string(),
            ];
            row.extend(spread(&tally.millis));
            table.row(row);
            if !tally.wrong.is_empty() {
                wrong.row(vec![
                    set.name.clone(),
                    decoder.name().to_owned(),
                    tally.wrong.join(" "),
                ]);
            }
        }
    }
    vec![table, wrong]
}

fn keep(folder: &Path, name: &str, picture: &Grey) {
    fs::create_dir_all(folder).expect("a folder");
    let path = folder.join(format!("{}.png", name.replace(' ', "-")));
    save_buffer(
        path,
        &picture.pixels,
        picture.width,
        picture.height,
        ExtendedColorType::L8,
    )
    .expect("the folder takes pictures");
}

/// Frames without a code, one after another.
pub fn empty(decoders: &mut [Decoder], count: u64, seed: u64) -> Vec<Table> {
    let title = "Frames without a code, one after another";
    let mut table = Table::new(
        title,
        &[
            "frames",
            "decoder",
            "texts",
            "median ms",
            "p95 ms",
            "most ms",
        ],
    );
    let mut tallies: Vec<(usize, Vec<f64>)> = vec![(0, Vec::new()); decoders.len()];
    decoders.iter_mut().for_each(Decoder::begin);
    for seed in seed..seed + count {
        let picture = frame(eye::empty(seed).grey());
        for (decoder, (texts, millis)) in decoders.iter_mut().zip(&mut tallies) {
            let outcome = decoder.frame(&picture);
            *texts += usize::from(outcome.read != Read::Nothing);
            millis.push(outcome.cost.as_secs_f64() * 1000.0);
        }
    }
    for (decoder, (texts, millis)) in decoders.iter().zip(&tallies) {
        let mut row = vec![
            count.to_string(),
            decoder.name().to_owned(),
            texts.to_string(),
        ];
        row.extend(spread(millis));
        table.row(row);
    }
    vec![table]
}

/// Time on the pictures that the C++ library reads, each as the first frame of a camera.
pub fn time(decoders: &mut [Decoder], sets: &[Set]) -> Vec<Table> {
    let title = "Frames that zxing-cpp reads, each as a camera's first";
    let columns = [
        "frames",
        "decoder",
        "exact",
        "median ms",
        "p95 ms",
        "most ms",
    ];
    let mut table = Table::new(title, &columns);
    let stills: Vec<&Still> = sets.iter().flat_map(|set| &set.stills).collect();
    let mut peer = Decoder::ZxingCpp;
    let mut tallies: Vec<Tally> = decoders.iter().map(|_| Tally::default()).collect();
    let mut readable = HashSet::new();
    for still in stills {
        let picture = still.picture();
        if peer.frame(&picture).read != Read::Text(still.truth.clone()) {
            continue;
        }
        readable.insert(&still.name);
        for (decoder, tally) in decoders.iter_mut().zip(&mut tallies) {
            decoder.begin();
            tally.count(still, &decoder.frame(&picture));
        }
    }
    for (decoder, tally) in decoders.iter().zip(&tallies) {
        let mut row = vec![readable.len().to_string(), decoder.name().to_owned()];
        row.push(tally.exact.to_string());
        row.extend(spread(&tally.millis));
        table.row(row);
    }
    vec![table]
}

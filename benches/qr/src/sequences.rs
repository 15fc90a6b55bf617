//! Hand-held sequences: how soon the first exact text comes.
//!
//! Frames count from the first that shows the whole code. In `time`, frames come at the camera's
//! pace, and a decoder that is busy misses those that come meanwhile; its processor's time is the
//! time that it is busy.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use tiepdon::sim::eye::{self, FRAMES, RATE};

use crate::decoder::{Decoder, Read};
use crate::measure::quantile;
use crate::sets::frame;
use crate::table::Table;

/// How soon a decoder read a sequence.
#[derive(Clone, Copy)]
struct First {
    /// Frames looked at, from the first with the whole code to the first exact text; that long and
    /// no more where there was none.
    frames: f64,
    /// Seconds from the first frame with the whole code; the whole sequence where none was read.
    seconds: f64,
    read: bool,
}

/// What one decoder made of the sequences.
#[derive(Default)]
struct Tally {
    firsts: Vec<First>,
    wrong: usize,
}

struct Recording {
    text: String,
    /// The first frame with the whole code.
    shown: usize,
    frames: Vec<Vec<u8>>,
}

/// Frames and time to the first exact text at each level, over all, and over the harder half.
pub fn read(decoders: &mut [Decoder], levels: &[u8], count: u64, seed: u64) -> Vec<Table> {
    let cache = cache();
    let mut tallies: Vec<Tally> = decoders.iter().map(|_| Tally::default()).collect();
    let mut of_level = Vec::new();
    for &level in levels {
        eprintln!("level {level}: {count} sequences");
        for seed in seed..seed + count {
            let recording = recording(&cache, level, seed);
            of_level.push(level);
            for (decoder, tally) in decoders.iter_mut().zip(&mut tallies) {
                watch(decoder, &recording, tally);
            }
        }
    }
    let mut table = Table::new("Hand-held sequences: to the first exact text", &COLUMNS);
    for level in levels {
        let of = |at: &usize| of_level[*at] == *level;
        let chosen: Vec<usize> = (0..of_level.len()).filter(of).collect();
        rows(
            &mut table,
            &format!("level {level}"),
            decoders,
            &tallies,
            &chosen,
        );
    }
    let all: Vec<usize> = (0..of_level.len()).collect();
    rows(&mut table, "all", decoders, &tallies, &all);
    let peer = best_peer(decoders, &tallies);
    let mut harder = all;
    harder.sort_by(|a, b| {
        let frames = |at: usize| tallies[peer].firsts[at].frames;
        frames(*a).total_cmp(&frames(*b))
    });
    let harder = harder.split_off(harder.len() / 2);
    let name = format!("harder half for {}", decoders[peer].name());
    rows(&mut table, &name, decoders, &tallies, &harder);
    vec![table]
}

const COLUMNS: [&str; 10] = [
    "sequences",
    "number",
    "decoder",
    "read",
    "wrong",
    "frames mean",
    "median",
    "p95",
    "time median ms",
    "p95 ms",
];

fn rows(table: &mut Table, name: &str, decoders: &[Decoder], tallies: &[Tally], chosen: &[usize]) {
    for (decoder, tally) in decoders.iter().zip(tallies) {
        let firsts: Vec<First> = chosen.iter().map(|&at| tally.firsts[at]).collect();
        let frames: Vec<f64> = firsts.iter().map(|first| first.frames).collect();
        let millis: Vec<f64> = firsts.iter().map(|first| first.seconds * 1000.0).collect();
        let mean = frames.iter().sum::<f64>() / frames.len().max(1) as f64;
        table.row(vec![
            name.to_owned(),
            chosen.len().to_string(),
            decoder.name().to_owned(),
            firsts.iter().filter(|first| first.read).count().to_string(),
            tally.wrong.to_string(),
            format!("{mean:.1}"),
            format!("{:.0}", quantile(&frames, 0.5)),
            format!("{:.0}", quantile(&frames, 0.95)),
            format!("{:.0}", quantile(&millis, 0.5)),
            format!("{:.0}", quantile(&millis, 0.95)),
        ]);
    }
}

/// The peer that reads soonest; ours where there is no peer.
fn best_peer(decoders: &[Decoder], tallies: &[Tally]) -> usize {
    let sum = |at: &usize| {
        tallies[*at]
            .firsts
            .iter()
            .map(|first| first.frames)
            .sum::<f64>()
    };
    let peers = (0..decoders.len()).filter(|at| decoders[*at].name() != "ours");
    peers.min_by(|a, b| sum(a).total_cmp(&sum(b))).unwrap_or(0)
}

/// Gives a decoder the frames twice: each one, and those that come while it is free.
fn watch(decoder: &mut Decoder, recording: &Recording, tally: &mut Tally) {
    let length = (FRAMES - recording.shown) as f64;
    let rate = f64::from(RATE);
    let mut first = First {
        frames: length,
        seconds: length / rate,
        read: false,
    };
    decoder.begin();
    for at in 0..FRAMES {
        let (read, _) = look(decoder, recording, at, tally);
        if read {
            first.read = true;
            first.frames = at.saturating_sub(recording.shown) as f64 + 1.0;
            break;
        }
    }
    decoder.begin();
    let (mut at, mut now) = (0, 0.0);
    while at < FRAMES {
        let (read, cost) = look(decoder, recording, at, tally);
        now += cost;
        if read {
            let shown = recording.shown as f64 / rate;
            first.seconds = (now - shown).clamp(0.0, first.seconds);
            break;
        }
        // The newest frame that is there, or the next one to come.
        at = ((now * rate) as usize).max(at + 1);
        now = now.max(at as f64 / rate);
    }
    tally.firsts.push(first);
}

fn look(decoder: &mut Decoder, recording: &Recording, at: usize, tally: &mut Tally) -> (bool, f64) {
    let picture = image::load_from_memory(&recording.frames[at]).expect("a JPEG");
    let outcome = decoder.frame(&frame(picture.into_luma8().into_raw()));
    let exact = outcome.read == Read::Text(recording.text.clone());
    if matches!(outcome.read, Read::Text(_)) && !exact {
        tally.wrong += 1;
    }
    (exact, outcome.cost.as_secs_f64())
}

/// A folder that is another one whenever the simulated camera takes other pictures.
fn cache() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    let sample = eye::sequence(3, 0);
    sample.text.hash(&mut hasher);
    sample.shots[FRAMES - 1].jpeg().hash(&mut hasher);
    let home = env::var_os("HOME").map_or(env::temp_dir(), PathBuf::from);
    home.join(".cache/tiepdon/qr")
        .join(format!("sequences-{:016x}", hasher.finish()))
}

/// The sequence of a level and a seed, as it was recorded before or anew.
fn recording(cache: &Path, level: u8, seed: u64) -> Recording {
    let folder = cache.join(format!("{level}-{seed}"));
    let sequence = eye::sequence(level, seed);
    let shown = sequence.shots.iter().position(eye::Shot::shows_whole_code);
    let path = |at: usize| folder.join(format!("{at:02}.jpg"));
    let frames = sequence.shots.iter().enumerate().map(|(at, shot)| {
        fs::read(path(at)).unwrap_or_else(|_| {
            let file = shot.jpeg();
            fs::create_dir_all(&folder).expect("a folder in the cache");
            fs::write(path(at), &file).expect("the cache takes files");
            file
        })
    });
    Recording {
        frames: frames.collect(),
        text: sequence.text,
        shown: shown.unwrap_or(FRAMES - 1),
    }
}

//! Lines of bars of any kind before the reader of linear codes. libFuzzer's target and the replay
//! share this file.

use tiepdon::scan::{Luma, Symbology, decode_linear};

/// Lines that are alike: enough for those that must confirm a text.
const LINES: usize = 40;
/// Pixels of a line at most.
const LENGTH_MAX: usize = 2_000;

/// A picture of bars. One byte says how they lie (1: upright lines) and how many pixels a step has
/// (the two bits above), one by how many pixels each line lies behind the one before, in quarters;
/// then each run has a length in steps and a grey value.
///
/// # Panics
/// Where a text is none that a paper of a hospital could carry: it is what the fuzzer looks for.
pub fn fuzz_linear(bytes: &[u8]) {
    let Some(([how, lean], runs)) = bytes.split_first_chunk() else {
        return;
    };
    let line = line(runs, usize::from(how >> 1 & 3) + 1);
    let at = |n: usize, place: usize| {
        let behind = n * usize::from(lean % 16) / 4;
        line[(place + behind) % line.len()]
    };
    let (across, length) = (how & 1 == 0, line.len());
    let (width, height) = if across {
        (length, LINES)
    } else {
        (LINES, length)
    };
    let pixels: Vec<u8> = (0..width * height)
        .map(|pixel| {
            let (x, y) = (pixel % width, pixel / width);
            if across { at(y, x) } else { at(x, y) }
        })
        .collect();
    let picture = Luma::new(width as u32, height as u32, &pixels).expect("it is small");
    if let Some(code) = decode_linear(picture) {
        assert_eq!(code.symbology, Symbology::Linear);
        let text = code.text.expose();
        let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        assert!(is_plain && (4..=32).contains(&text.len()), "{text:?}");
    }
}

fn line(runs: &[u8], step: usize) -> Vec<u8> {
    let mut line = Vec::new();
    for run in runs.chunks_exact(2) {
        let end = (line.len() + usize::from(run[0]) * step).min(LENGTH_MAX);
        line.resize(end, run[1]);
    }
    if line.is_empty() {
        line.push(255);
    }
    line
}

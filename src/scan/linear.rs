//! Codes of bars on hospital papers: Code 128 and Code 39. A few lines across and down the picture
//! are looked at, not all of it; the bars are long enough to be met by several.

use rxing::common::BitArray;
use rxing::oned::{Code39Reader, Code128Reader, OneDReader};
use rxing::{BarcodeFormat, DecodeHints};

use super::Luma;
use super::decode::{Code, Deadline, Symbology};
use super::fence::fenced;
use crate::identity::Private;

/// Lines looked at in each direction.
const LINES: usize = 24;
/// A line is drawn so much larger before dark and light are told apart: bars of one and a half
/// pixels keep their widths.
const LARGER: usize = 3;
/// Dark and light are told apart within blocks of so many pixels and their neighbours.
const BLOCK: usize = 16;
/// Differences of grey below this are paper and noise.
const CONTRAST_MIN: u8 = 40;
/// Edges that the shortest code taken has: four characters between start and stop.
const EDGES_MIN: usize = 30;
/// A code begins after a light space of at least so many pixels.
const SPACE_MIN: usize = 6;
/// Places in a line from which a code is tried to be read.
const STARTS_MAX: usize = 8;
/// Beside the line that gave a text, these are read to confirm it, at distances in pixels.
const BESIDE: [isize; 8] = [-3, 3, -6, 6, -9, 9, -12, 12];
/// Code 128 has a checksum: with the first, so many lines must say the same.
const AGREE_128: usize = 2;
/// Code 39 has none, and a bar misread makes another character.
const AGREE_39: usize = 4;
/// Shortest and longest text taken: patient numbers and visit codes.
const CHARS: std::ops::RangeInclusive<usize> = 4..=32;

/// Reads a code of bars that lies about level or upright. Wrong text is worse than none: several
/// lines must say the same, and none another.
pub(super) fn read_until(picture: Luma<'_>, deadline: Deadline) -> Option<Code> {
    let directions = [Lines::across(picture), Lines::down(picture)];
    let text = directions
        .iter()
        .find_map(|lines| search(lines, deadline))?;
    Some(Code {
        text: Private::new(text),
        symbology: Symbology::Linear,
    })
}

fn search(lines: &Lines<'_>, deadline: Deadline) -> Option<String> {
    // From the middle outward: that is where a paper is held.
    let middle = LINES / 2;
    let order = (0..LINES).map(|n| {
        if n % 2 == 0 {
            middle + n / 2
        } else {
            middle - n / 2 - 1
        }
    });
    for n in order.take_while(|_| !deadline.has_passed()) {
        let at = (2 * n + 1) * lines.count / (2 * LINES);
        if let Some(read) = lines.read(at)
            && confirmed(lines, at, &read)
        {
            return Some(read.text);
        }
    }
    None
}

fn confirmed(lines: &Lines<'_>, at: usize, read: &Read) -> bool {
    let checked = read.format == BarcodeFormat::CODE_128;
    let needed = if checked { AGREE_128 } else { AGREE_39 };
    let beside = BESIDE.iter().filter_map(|distance| {
        let at = at
            .checked_add_signed(*distance)
            .filter(|at| *at < lines.count)?;
        lines.read(at)
    });
    let mut agreeing = 1;
    for other in beside {
        if other != *read {
            return false;
        }
        agreeing += 1;
    }
    agreeing >= needed
}

/// What one line says.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    text: String,
    format: BarcodeFormat,
}

/// The lines of a picture in one direction.
struct Lines<'a> {
    pixels: &'a [u8],
    count: usize,
    length: usize,
    /// From one line to the next, and from one pixel of a line to its next.
    strides: (usize, usize),
}

impl<'a> Lines<'a> {
    fn across(picture: Luma<'a>) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Self {
            pixels: picture.pixels(),
            count: height,
            length: width,
            strides: (width, 1),
        }
    }

    fn down(picture: Luma<'a>) -> Self {
        let across = Self::across(picture);
        Self {
            count: across.length,
            length: across.count,
            strides: (1, across.strides.0),
            ..across
        }
    }

    fn read(&self, at: usize) -> Option<Read> {
        let start = at * self.strides.0;
        let line: Vec<u8> = (0..self.length)
            .map(|n| self.pixels[start + n * self.strides.1])
            .collect();
        let bars = bars(&line)?;
        fenced(|| decode(&bars)).flatten()
    }
}

/// The line, [`LARGER`], as dark and light; none if it has too few edges to be worth reading.
fn bars(line: &[u8]) -> Option<Vec<bool>> {
    let blocks: Vec<(u8, u8)> = line
        .chunks(BLOCK)
        .map(|block| {
            let (low, high) = (block.iter().min(), block.iter().max());
            (*low.unwrap_or(&0), *high.unwrap_or(&0))
        })
        .collect();
    // Of each block and its neighbours: the middle between its darkest and its lightest.
    let threshold = |n: usize| {
        let near = &blocks[n.saturating_sub(1)..(n + 2).min(blocks.len())];
        let low = near.iter().map(|(low, _)| *low).min()?;
        let high = near.iter().map(|(_, high)| *high).max()?;
        (high - low >= CONTRAST_MIN).then(|| low + (high - low) / 2)
    };
    let thresholds: Vec<Option<u8>> = (0..blocks.len()).map(threshold).collect();
    let mut bars = Vec::with_capacity(line.len() * LARGER);
    for (at, pair) in line.windows(2).enumerate() {
        let Some(threshold) = thresholds[at / BLOCK] else {
            bars.extend([false; LARGER]);
            continue;
        };
        let (here, next) = (usize::from(pair[0]), usize::from(pair[1]));
        for step in 0..LARGER {
            let value = here * (LARGER - step) + next * step;
            bars.push(value < usize::from(threshold) * LARGER);
        }
    }
    let edges = bars.windows(2).filter(|pair| pair[0] != pair[1]).count();
    (edges >= EDGES_MIN).then_some(bars)
}

/// Reads what stands after one of the light spaces, in either direction.
fn decode(bars: &[bool]) -> Option<Read> {
    let backward: Vec<bool> = bars.iter().rev().copied().collect();
    [bars, &backward].into_iter().find_map(|bars| {
        starts(bars).into_iter().find_map(|start| {
            let mut row = BitArray::with_size(bars.len() - start);
            for (at, _) in bars[start..].iter().enumerate().filter(|(_, dark)| **dark) {
                row.set(at);
            }
            read_row(&row)
        })
    })
}

/// Where a code may begin: light spaces with enough edges after them, the widest first.
fn starts(bars: &[bool]) -> Vec<usize> {
    let mut spaces: Vec<(usize, usize)> = Vec::new();
    let mut begin = 0;
    for (at, dark) in bars.iter().enumerate() {
        if *dark {
            if at - begin >= SPACE_MIN * LARGER {
                spaces.push((at - begin, begin));
            }
            begin = at + 1;
        }
    }
    spaces.sort_unstable_by(|a, b| b.cmp(a));
    let mut starts: Vec<usize> = spaces.into_iter().map(|(_, begin)| begin).collect();
    starts.truncate(STARTS_MAX);
    starts
}

fn read_row(row: &BitArray) -> Option<Read> {
    let hints = DecodeHints::default();
    let found = Code128Reader
        .decode_row(0, row, &hints)
        .or_else(|_| Code39Reader::new().decode_row(0, row, &hints))
        .ok()?;
    let text = found.getText();
    let plain = CHARS.contains(&text.len()) && text.bytes().all(|b| matches!(b, b' '..=b'~'));
    plain.then(|| Read {
        text: text.to_owned(),
        format: *found.getBarcodeFormat(),
    })
}

#[cfg(test)]
mod tests;

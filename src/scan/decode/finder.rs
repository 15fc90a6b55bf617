//! Where finder patterns are: squares of seven modules whose every cut through the middle is dark,
//! light, dark for three, light, dark (ISO/IEC 18004 §6.3.3), or the other way round.

use super::binary::Binary;
use crate::scan::Luma;

/// Finder patterns looked at in one picture.
const FINDERS_MAX: usize = 24;
/// Patterns met last among which one is looked for that a row cuts again: the rows before met it.
const RECENT: usize = 400;
/// Threes of them that are tried.
const CORNERS_MAX: usize = 8;
/// Less contrast than this, in grey values, is noise.
const CONTRAST_MIN: f32 = 8.0;
/// How much cuts weigh against an odd shape.
const CUTS_COUNT: f32 = 0.5;
/// The least width of a module in pixels.
const MODULE_MIN: f32 = 1.0;

/// A finder pattern, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Finder {
    pub x: f32,
    pub y: f32,
    /// Widths of a module along the row and along the column.
    pub module: (f32, f32),
    /// Dark on light.
    pub is_dark: bool,
    /// Cuts that found it.
    cuts: u32,
}

impl Finder {
    /// The same in a picture of twice the size.
    pub fn doubled(self) -> Self {
        Self {
            x: self.x * 2.0 + 0.5,
            y: self.y * 2.0 + 0.5,
            module: (self.module.0 * 2.0, self.module.1 * 2.0),
            ..self
        }
    }
}

/// Three finder patterns as a symbol has them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corner {
    pub upper_left: Finder,
    pub upper_right: Finder,
    pub lower_left: Finder,
    /// Modules on a side, as far as can be told from their distance.
    pub size: f32,
}

/// All finder patterns, those first that most rows cut.
///
/// `reach` pixels to each side are what a pixel is compared with, and one row in so many is looked at.
pub(super) fn find(picture: Luma<'_>, reach: usize, rows: usize) -> Vec<Finder> {
    let binary = &Binary::of(picture, reach);
    let mut found: Vec<Finder> = Vec::new();
    let mut room = vec![0; binary.width + 1];
    for y in (0..binary.height).step_by(rows) {
        for five in edges(binary.row(y), &mut room).windows(6) {
            let finder = confirmed(binary, five, y);
            if let Some(finder) = finder.filter(|finder| contrast(picture, finder) > CONTRAST_MIN) {
                add(&mut found, finder);
            }
        }
    }
    found.sort_by_key(|finder| std::cmp::Reverse(finder.cuts));
    found.truncate(FINDERS_MAX);
    found
}

/// Where a row begins, changes its colour and ends; there is room for an edge before each pixel and
/// after the last.
fn edges<'a>(row: &[bool], room: &'a mut [usize]) -> &'a [usize] {
    // Written at every pixel and kept at some: noise would mislead a branch.
    let mut count = 1;
    for (at, pair) in row.windows(2).enumerate() {
        room[count] = at + 1;
        count += usize::from(pair[0] != pair[1]);
    }
    room[count] = row.len();
    &room[..=count]
}

/// The width of a module, if five lengths are those of a finder pattern.
fn module(lengths: [f32; 5]) -> Option<f32> {
    let whole: f32 = lengths.iter().sum();
    let module = whole / 7.0;
    if module < MODULE_MIN {
        return None;
    }
    // Blur and a threshold that is a little off widen the dark and narrow the light.
    let slack = module * 0.75 + 0.5;
    let [a, b, middle, c, d] = lengths;
    let is_near = |length: f32, modules: f32, slack: f32| (length - modules * module).abs() < slack;
    let rings = [a, b, c, d].iter().all(|ring| is_near(*ring, 1.0, slack));
    (rings && is_near(middle, 3.0, slack * 1.5) && middle > a.max(d) && middle > b.max(c))
        .then_some(module)
}

/// The pattern around the middle of five lengths, if a column and a row through it agree.
fn confirmed(binary: &Binary, edges: &[usize], y: usize) -> Option<Finder> {
    let lengths: [usize; 5] = std::array::from_fn(|n| edges[n + 1] - edges[n]);
    let [a, b, middle, c, d] = lengths;
    if middle <= a.max(d) || middle <= b.max(c) {
        return None;
    }
    let across = module(lengths.map(|length| length as f32))?;
    let x = edges[2] + middle / 2;
    let is_dark = binary.row(y)[x];
    let column = |at: i64| binary.at(x as i64, at);
    let (y, down) = cut(column, y as i64, is_dark, across * 3.0)?;
    let row = |at: i64| binary.at(at, y.round() as i64);
    let (x, across) = cut(row, x as i64, is_dark, down * 3.0)?;
    let is_square = across < down * 2.5 && down < across * 2.5;
    is_square.then_some(Finder {
        x,
        y,
        module: (across, down),
        is_dark,
        cuts: 1,
    })
}

/// Cuts through a pattern from a place in its middle: the middle, and the width of a module. `far`
/// is the widest module.
fn cut(
    colour: impl Fn(i64) -> Option<bool>,
    from: i64,
    is_dark: bool,
    far: f32,
) -> Option<(f32, f32)> {
    if colour(from)? != is_dark {
        return None;
    }
    let far = (far * 4.0) as i64 + 4;
    // Out from the middle on each side: the rest of it, the light ring, the dark ring.
    let lengths = |step: i64| -> Option<[i64; 3]> {
        let mut lengths = [0; 3];
        let mut at = from;
        for (n, length) in lengths.iter_mut().enumerate() {
            let wanted = is_dark == (n % 2 == 0);
            while colour(at) == Some(wanted) {
                *length += 1;
                at += step;
                if *length > far {
                    return None;
                }
            }
            if *length == 0 {
                return None;
            }
        }
        Some(lengths)
    };
    let (before, after) = (lengths(-1)?, lengths(1)?);
    let middle = before[0] + after[0] - 1;
    let all = [before[2], before[1], middle, after[1], after[2]];
    let module = module(all.map(|length| length as f32))?;
    // The edges of the middle and of the whole, each with its say.
    let inner = (after[0] - before[0]) as f32 / 2.0;
    let sum = |side: [i64; 3]| side.iter().sum::<i64>();
    let outer = (sum(after) - sum(before)) as f32 / 2.0;
    Some((from as f32 + (inner + outer) / 2.0, module))
}

/// Grey values between the light ring and what is dark: noise has patterns of its own.
fn contrast(picture: Luma<'_>, finder: &Finder) -> f32 {
    let grey = |modules: (f32, f32)| {
        let place = |middle: f32, by: f32, end: u32| {
            (middle + by).round().clamp(0.0, (end - 1) as f32) as usize
        };
        let x = place(finder.x, modules.0 * finder.module.0, picture.width());
        let y = place(finder.y, modules.1 * finder.module.1, picture.height());
        f32::from(picture.row(y)[x])
    };
    let ring = |far: f32| {
        let places = [(far, 0.0), (-far, 0.0), (0.0, far), (0.0, -far)];
        places.map(grey).iter().sum::<f32>() / 4.0
    };
    let darks = (ring(0.0) + ring(0.7) + ring(3.0)) / 3.0;
    let difference = ring(2.0) - darks;
    if finder.is_dark {
        difference
    } else {
        -difference
    }
}

/// Adds a pattern, or one more cut to the one that is known there.
fn add(found: &mut Vec<Finder>, finder: Finder) {
    let is_same = |known: &&mut Finder| {
        let near = known.module.0.max(known.module.1) * 2.0;
        known.is_dark == finder.is_dark
            && (known.x - finder.x).abs() < near
            && (known.y - finder.y).abs() < near
    };
    let Some(known) = found.iter_mut().rev().take(RECENT).find(is_same) else {
        found.push(finder);
        return;
    };
    let weight = known.cuts as f32;
    let mean = |a: f32, b: f32| (a * weight + b) / (weight + 1.0);
    known.x = mean(known.x, finder.x);
    known.y = mean(known.y, finder.y);
    known.module = (
        mean(known.module.0, finder.module.0),
        mean(known.module.1, finder.module.1),
    );
    known.cuts += 1;
}

/// Threes of patterns that could be a symbol's, the likeliest first.
pub(super) fn corners(finders: &[Finder]) -> Vec<Corner> {
    let mut found: Vec<(f32, Corner)> = Vec::new();
    for (i, a) in finders.iter().enumerate() {
        for (j, b) in finders.iter().enumerate().skip(i + 1) {
            if a.is_dark != b.is_dark {
                continue;
            }
            for c in finders
                .iter()
                .skip(j + 1)
                .filter(|c| c.is_dark == a.is_dark)
            {
                found.extend(corner([*a, *b, *c]));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    found.truncate(CORNERS_MAX);
    found.into_iter().map(|(_, corner)| corner).collect()
}

/// The three in their places, and how unlikely they are.
fn corner(three: [Finder; 3]) -> Option<(f32, Corner)> {
    let squared = |a: &Finder, b: &Finder| (a.x - b.x).powi(2) + (a.y - b.y).powi(2);
    let [a, b, c] = three;
    let (bc, ac, ab) = (squared(&b, &c), squared(&a, &c), squared(&a, &b));
    // The longest side lies opposite the corner.
    let (upper_left, one, two) = if bc >= ac && bc >= ab {
        (a, b, c)
    } else if ac >= ab {
        (b, a, c)
    } else {
        (c, a, b)
    };
    let to = |f: &Finder| (f.x - upper_left.x, f.y - upper_left.y);
    let cross = to(&one).0 * to(&two).1 - to(&one).1 * to(&two).0;
    let (upper_right, lower_left) = if cross > 0.0 { (one, two) } else { (two, one) };
    let (right, down) = (to(&upper_right), to(&lower_left));
    let (width, height) = (right.0.hypot(right.1), down.0.hypot(down.1));
    let cosine = (right.0 * down.0 + right.1 * down.1) / (width * height);
    let modules = [
        along(&upper_left, right),
        along(&upper_right, right),
        along(&upper_left, down),
        along(&lower_left, down),
    ];
    let (least, most) = modules
        .iter()
        .fold((f32::MAX, 0.0f32), |(l, m), x| (l.min(*x), m.max(*x)));
    let across = 2.0 * width / (modules[0] + modules[1]);
    let down = 2.0 * height / (modules[2] + modules[3]);
    let size = (across + down) / 2.0 + 7.0;
    let legs = (width / height).ln().abs();
    let is_likely = most < least * 2.2 && legs < 0.8 && cosine.abs() < 0.7;
    let fits = (17.0..=190.0).contains(&size);
    let odd = legs + cosine.abs() + (most / least).ln() + (across / down).ln().abs();
    // A pattern that many rows cut is hardly by chance.
    let cuts: f32 = three.iter().map(|finder| (finder.cuts as f32).ln()).sum();
    let unlikely = odd - CUTS_COUNT * cuts;
    let corner = Corner {
        upper_left,
        upper_right,
        lower_left,
        size,
    };
    (is_likely && fits).then_some((unlikely, corner))
}

/// The width of a module in a direction: a row cuts a turned square longer than its side.
fn along(finder: &Finder, (x, y): (f32, f32)) -> f32 {
    let length = x.hypot(y).max(f32::MIN_POSITIVE);
    let turned = (x.abs().max(y.abs())) / length;
    (finder.module.0 + finder.module.1) / 2.0 * turned
}

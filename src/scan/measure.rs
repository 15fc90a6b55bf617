//! What a grey picture is like, whatever it shows: its light, its sharpness, and whether there is
//! anything in it at all. Pure, and cheap enough for every frame: a grid of samples, and a few
//! rows and columns.

#[cfg(test)]
mod tests;

use super::Luma;

/// What a picture is like.
///
/// `measure(picture)` for a whole frame; `measure_area(picture, Area::around(&place.corners))` for
/// the code in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measure {
    /// The mean grey value, 0 (black) to 255.
    pub brightness: f32,
    /// The part of the samples that is blown out to white, 0 to 1: glare, or too much light.
    pub glare: f32,
    /// How many pixels an edge takes from dark to light, on the sharper edges: 1.0 is as sharp as
    /// can be, above [`Measure::BLURRED`] small codes are lost (measured on made pictures of cards:
    /// 1.6 in focus, 2.7 at the bound of what every decoder reads, 3.2 beyond it). Absent where
    /// there are no edges to judge by, as in much noise.
    pub edge_width: Option<f32>,
    /// The largest step in brightness from one part of the picture to the next, in grey values:
    /// parts are large, so noise is averaged away.
    pub structure: f32,
    /// The mean difference of neighbouring pixels in the calmest quarter of the picture, in grey
    /// values: the sensor's noise.
    pub noise: f32,
}

impl Measure {
    /// Mean grey below which a printed code is hard to read; a phone's screen may still do.
    pub const DARK: f32 = 40.0;
    /// Edges wider than this many pixels are out of focus or moved.
    pub const BLURRED: f32 = 3.0;
    /// A scene, however dim, has steps larger than this: a door, a lamp, a person.
    const STRUCTURE_MIN: f32 = 5.0;
    /// Video black is 16 where luma is limited to 16-235; light that leaks past a finger or a
    /// sticker in a lit room gives more than this.
    const BLACK: f32 = 32.0;
    /// A sensor that gets any amplification at all shows more noise than this.
    const NOISE_MIN: f32 = 0.4;

    /// Whether nothing at all can be made out although the camera works: a covered lens, a closed
    /// shutter, or a sensor that gives one value only.
    ///
    /// A dark room at night is none of these. A dim scene has structure. A room without any light
    /// gives black with the noise of an amplified sensor; through a covered lens in a lit room
    /// comes some light, and through a shutter neither light nor noise. (A sensor so noisy that it
    /// shows noise behind its shutter looks like a dark room: it is taken for one.)
    pub fn is_blank(&self) -> bool {
        let black = self.brightness < Self::BLACK;
        self.structure < Self::STRUCTURE_MIN && (!black || self.noise < Self::NOISE_MIN)
    }

    /// Whether it is too dark for a printed code.
    pub fn is_dark(&self) -> bool {
        self.brightness < Self::DARK
    }

    /// Whether it is out of focus or moved; not where there is nothing to judge by.
    pub fn is_blurred(&self) -> bool {
        self.edge_width.is_some_and(|width| width > Self::BLURRED)
    }

    /// 0 to 1, larger is sharper; absent where there is nothing to judge by.
    pub fn sharpness(&self) -> Option<f32> {
        self.edge_width.map(|width| 1.0 / width)
    }
}

/// A part of a picture, in pixels; right and bottom are not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The first column.
    pub left: usize,
    /// The first row.
    pub top: usize,
    /// The column after the last.
    pub right: usize,
    /// The row after the last.
    pub bottom: usize,
}

impl Area {
    /// The upright rectangle around `corners`.
    pub fn around(corners: &[(f32, f32)]) -> Self {
        // Negative or not a number becomes 0: the picture's own edge.
        let least = |values: &mut dyn Iterator<Item = f32>| values.fold(f32::MAX, f32::min);
        let most = |values: &mut dyn Iterator<Item = f32>| values.fold(0.0, f32::max);
        Self {
            left: least(&mut corners.iter().map(|corner| corner.0)).floor() as usize,
            top: least(&mut corners.iter().map(|corner| corner.1)).floor() as usize,
            right: most(&mut corners.iter().map(|corner| corner.0)).ceil() as usize,
            bottom: most(&mut corners.iter().map(|corner| corner.1)).ceil() as usize,
        }
    }

    fn within(self, picture: Luma<'_>) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let (right, bottom) = (self.right.min(width), self.bottom.min(height));
        Self {
            left: self.left.min(right),
            top: self.top.min(bottom),
            right,
            bottom,
        }
    }
}

/// What the whole picture is like.
pub fn measure(picture: Luma<'_>) -> Measure {
    let all = Area {
        left: 0,
        top: 0,
        right: picture.width() as usize,
        bottom: picture.height() as usize,
    };
    measure_area(picture, all)
}

/// What a part of the picture is like; the part outside of the picture does not count.
pub fn measure_area(picture: Luma<'_>, area: Area) -> Measure {
    let area = area.within(picture);
    let parts = Parts::of(picture, area);
    let noise = parts.noise();
    Measure {
        brightness: parts.total.mean(),
        glare: parts.total.white as f32 / parts.total.count.max(1) as f32,
        edge_width: edge_width(picture, area, noise),
        structure: parts.structure(),
        noise,
    }
}

/// Parts across and down. Sixteen by nine: square ones in a camera's picture.
const PARTS: (usize, usize) = (16, 9);
/// Samples across and down are about so many.
const SAMPLES: usize = 256;
/// This bright is blown out: no sensor tells anything above.
const WHITE: u8 = 250;

/// Sums over samples.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    count: u32,
    grey: u32,
    /// Differences to the neighbour on the right.
    steps: u32,
    white: u32,
}

impl Sum {
    fn add(&mut self, grey: u8, right: u8) {
        self.count += 1;
        self.grey += u32::from(grey);
        self.steps += u32::from(grey.abs_diff(right));
        self.white += u32::from(grey >= WHITE);
    }

    fn mean(&self) -> f32 {
        self.grey as f32 / self.count.max(1) as f32
    }
}

struct Parts {
    total: Sum,
    /// Row by row.
    each: Vec<Sum>,
}

impl Parts {
    fn of(picture: Luma<'_>, area: Area) -> Self {
        let (width, height) = (area.right - area.left, area.bottom - area.top);
        let mut parts = Self {
            total: Sum::default(),
            each: vec![Sum::default(); PARTS.0 * PARTS.1],
        };
        let (step_x, step_y) = ((width / SAMPLES).max(1), (height / SAMPLES).max(1));
        for y in (0..height).step_by(step_y) {
            let row = &picture.row(area.top + y)[area.left..area.right];
            let line = &mut parts.each[y * PARTS.1 / height * PARTS.0..][..PARTS.0];
            for x in (0..width).step_by(step_x) {
                let right = row.get(x + 1).unwrap_or(&row[x]);
                line[x * PARTS.0 / width].add(row[x], *right);
                parts.total.add(row[x], *right);
            }
        }
        parts
    }

    fn structure(&self) -> f32 {
        let mut largest = 0.0_f32;
        for y in 0..PARTS.1 {
            for x in 0..PARTS.0 {
                let here = self.each[y * PARTS.0 + x];
                let right = (x + 1 < PARTS.0).then(|| self.each[y * PARTS.0 + x + 1]);
                let below = self.each.get((y + 1) * PARTS.0 + x).copied();
                for other in [right, below].into_iter().flatten() {
                    // Pictures of a few pixels leave parts empty.
                    if here.count > 0 && other.count > 0 {
                        largest = largest.max((here.mean() - other.mean()).abs());
                    }
                }
            }
        }
        largest
    }

    fn noise(&self) -> f32 {
        let filled = self.each.iter().filter(|part| part.count > 0);
        let mut steps: Vec<f32> = filled
            .map(|part| part.steps as f32 / part.count as f32)
            .collect();
        steps.sort_by(f32::total_cmp);
        let calm = &steps[..steps.len().div_ceil(4)];
        calm.iter().sum::<f32>() / calm.len().max(1) as f32
    }
}

/// Every so many rows and columns are followed for edges.
const LINE_EVERY: usize = 16;
/// A change of less than this many grey values is no edge, and
const EDGE_MIN: f32 = 40.0;
/// of less than this many times the noise more.
const EDGE_NOISE: f32 = 6.0;
/// Steps against the slope up to this size are noise.
const AGAINST_MAX: i32 = 2;
/// With fewer edges in a direction it is not judged.
const EDGES_MIN: usize = 16;

/// The width of the sharper edges, in the direction where it is worse: movement blurs one only.
fn edge_width(picture: Luma<'_>, area: Area, noise: f32) -> Option<f32> {
    let least = (EDGE_MIN + EDGE_NOISE * noise) as i32;
    // Two lines side by side, as one with less noise.
    let pair = |a: u8, b: u8| (i32::from(a) + i32::from(b)) / 2;
    let rows = (area.top + 1..area.bottom).step_by(LINE_EVERY);
    let along = rows.map(|y| {
        let part = |y: usize| picture.row(y)[area.left..area.right].iter();
        part(y - 1).zip(part(y)).map(move |(a, b)| pair(*a, *b))
    });
    let columns = (area.left + 1..area.right).step_by(LINE_EVERY);
    let down = columns.map(|x| {
        (area.top..area.bottom).map(move |y| {
            let row = picture.row(y);
            pair(row[x - 1], row[x])
        })
    });
    let (along, down) = (sharper(along, least), sharper(down, least));
    along.into_iter().chain(down).reduce(f32::max)
}

/// The lower quartile of the edges' widths in `lines`.
fn sharper(lines: impl Iterator<Item = impl Iterator<Item = i32>>, least: i32) -> Option<f32> {
    let mut widths = Vec::new();
    for line in lines {
        follow(line, least, &mut widths);
    }
    if widths.len() < EDGES_MIN {
        return None;
    }
    let at = widths.len() / 4;
    let (_, quartile, _) = widths.select_nth_unstable_by(at, f32::total_cmp);
    Some(*quartile)
}

/// Notes the width of each edge of `line`: its height by its steepest step.
fn follow(mut line: impl Iterator<Item = i32>, least: i32, widths: &mut Vec<f32>) {
    let Some(mut before) = line.next() else {
        return;
    };
    let (mut height, mut steepest) = (0_i32, 0_i32);
    let mut ended = |height: i32, steepest: i32| {
        if height.abs() >= least {
            widths.push(height as f32 / steepest as f32);
        }
    };
    for grey in line {
        let step = grey - before;
        before = grey;
        if height != 0 && step * height.signum() >= -AGAINST_MAX {
            height += step;
            if step.abs() > steepest.abs() {
                steepest = step;
            }
        } else {
            ended(height, steepest);
            (height, steepest) = (step, step);
        }
    }
    ended(height, steepest);
}

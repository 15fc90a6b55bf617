//! The part of a picture around a symbol, as how dark each place is against what is around it.

use super::grid::Point;
use super::scales::Scales;
use crate::scan::Luma;

/// A mean is made up of so many blocks or more to each side, and is the same for all of a block.
const BLOCKS: usize = 4;

/// Sums of the pixels above and to the left of each, in a picture of half the size: for a mean over
/// many, half of them on a side are enough.
pub(super) struct Sums {
    width: usize,
    height: usize,
    sums: Vec<u32>,
}

impl Sums {
    pub fn of(half: Luma<'_>) -> Self {
        let (width, height) = (half.width() as usize, half.height() as usize);
        let stride = width + 1;
        let mut sums = vec![0; stride * (height + 1)];
        for y in 0..height {
            let (above, here) = sums[y * stride..].split_at_mut(stride);
            let mut sum = 0;
            for ((to, above), pixel) in here[1..].iter_mut().zip(&above[1..]).zip(half.row(y)) {
                sum += u32::from(*pixel);
                *to = above + sum;
            }
        }
        Self {
            width,
            height,
            sums,
        }
    }

    /// The mean around a pixel of the whole picture, so far to each side.
    fn mean(&self, x: usize, y: usize, reach: usize) -> f32 {
        let around = |at: usize, end: usize| {
            let (at, reach) = ((at / 2).min(end - 1), reach / 2);
            (at.saturating_sub(reach), (at + reach + 1).min(end))
        };
        let ((x0, x1), (y0, y1)) = (around(x, self.width), around(y, self.height));
        let at = |x: usize, y: usize| self.sums[y * (self.width + 1) + x];
        let sum = at(x1, y1) - at(x0, y1) - (at(x1, y0) - at(x0, y0));
        sum as f32 / ((x1 - x0) * (y1 - y0)) as f32
    }
}

/// A cut-out. Light on dark is turned over, so that dark modules are above zero.
pub(super) struct Patch<'a> {
    picture: Luma<'a>,
    /// The cut-out's first column and row, and its extent.
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    /// Pixels to a side of a block are two to this power.
    block: u32,
    /// What the places of each block are compared with, row by row.
    means: Vec<f32>,
    sign: f32,
}

impl<'a> Patch<'a> {
    /// The part of a picture with these points and a margin; `reach` pixels to each side make up
    /// the mean that a place is compared with. None if hardly anything of it lies in the picture.
    pub fn of(
        scales: &'a Scales<'_>,
        points: &[Point],
        margin: f32,
        reach: usize,
        is_dark: bool,
    ) -> Option<Self> {
        let picture = scales.whole();
        let (left, width) = extent(points.iter().map(|p| p.0), margin, picture.width())?;
        let (top, height) = extent(points.iter().map(|p| p.1), margin, picture.height())?;
        let (sums, block) = (scales.sums()?, (reach / BLOCKS).max(1).ilog2());
        let middle = |from: usize, at: usize| from + (at << block) + (1 << block) / 2;
        let (columns, rows) = (blocks(width, block), blocks(height, block));
        let mut means = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            let y = middle(top, row);
            means.extend((0..columns).map(|column| sums.mean(middle(left, column), y, reach)));
        }
        Some(Self {
            picture,
            left,
            top,
            width,
            height,
            block,
            means,
            sign: if is_dark { 1.0 } else { -1.0 },
        })
    }

    pub fn is_dark(&self) -> bool {
        self.sign > 0.0
    }

    /// How dark it is at a place, between the pixels too.
    pub fn at(&self, (x, y): Point) -> f32 {
        let x = (x - self.left as f32).clamp(0.0, (self.width - 2) as f32);
        let y = (y - self.top as f32).clamp(0.0, (self.height - 2) as f32);
        let (column, row) = (x as usize, y as usize);
        let (right, down) = (x - column as f32, y - row as f32);
        let pixels = |row: usize| {
            let row = &self.picture.row(self.top + row)[self.left + column..][..2];
            f32::from(row[0]) * (1.0 - right) + f32::from(row[1]) * right
        };
        let pixel = pixels(row) * (1.0 - down) + pixels(row + 1) * down;
        let columns = blocks(self.width, self.block);
        let block = (row >> self.block) * columns + (column >> self.block);
        self.sign * (self.means[block] - pixel)
    }
}

/// Blocks along so many pixels.
fn blocks(pixels: usize, block: u32) -> usize {
    ((pixels - 1) >> block) + 1
}

/// From where, and how far.
fn extent(places: impl Iterator<Item = f32>, margin: f32, end: u32) -> Option<(usize, usize)> {
    let (least, most) = places.fold((f32::MAX, f32::MIN), |(l, m), p| (l.min(p), m.max(p)));
    let within = |place: f32| place.clamp(0.0, end as f32) as usize;
    let (from, to) = (
        within((least - margin).floor()),
        within((most + margin).ceil()),
    );
    (to >= from + 8).then_some((from, to - from))
}

//! The part of a picture around a symbol, as how dark each place is against what is around it.

use super::grid::Point;
use crate::scan::Luma;

/// A cut-out. Light on dark is turned over, so that dark modules are above zero.
pub(super) struct Patch<'a> {
    picture: Luma<'a>,
    /// The cut-out's first column and row, and its extent.
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    /// Sums of all pixels above and to the left.
    sums: Vec<u32>,
    /// Pixels to each side that a place is compared with.
    reach: usize,
    sign: f32,
}

impl<'a> Patch<'a> {
    /// The part of `picture` with these points and a margin; `reach` pixels to each side make up
    /// the mean that a place is compared with. None if hardly anything of it lies in the picture.
    pub fn of(
        picture: Luma<'a>,
        points: &[Point],
        margin: f32,
        reach: usize,
        is_dark: bool,
    ) -> Option<Self> {
        let (left, width) = extent(points.iter().map(|p| p.0), margin, picture.width())?;
        let (top, height) = extent(points.iter().map(|p| p.1), margin, picture.height())?;
        let stride = width + 1;
        let mut sums = vec![0u32; stride * (height + 1)];
        for y in 0..height {
            let (above, here) = sums[y * stride..].split_at_mut(stride);
            let row = &picture.row(top + y)[left..left + width];
            let mut sum = 0;
            for ((to, above), pixel) in here[1..].iter_mut().zip(&above[1..]).zip(row) {
                sum += u32::from(*pixel);
                *to = above + sum;
            }
        }
        Some(Self {
            picture,
            left,
            top,
            width,
            height,
            sums,
            reach,
            sign: if is_dark { 1.0 } else { -1.0 },
        })
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
        self.sign * (self.mean(column, row) - pixel)
    }

    fn mean(&self, x: usize, y: usize) -> f32 {
        let (x0, x1) = (
            x.saturating_sub(self.reach),
            (x + self.reach + 1).min(self.width),
        );
        let (y0, y1) = (
            y.saturating_sub(self.reach),
            (y + self.reach + 1).min(self.height),
        );
        let at = |x: usize, y: usize| self.sums[y * (self.width + 1) + x];
        // Sums of the largest pictures turn over; what they differ by is right.
        let sum = at(x1, y1)
            .wrapping_add(at(x0, y0))
            .wrapping_sub(at(x0, y1))
            .wrapping_sub(at(x1, y0));
        sum as f32 / ((x1 - x0) * (y1 - y0)) as f32
    }
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

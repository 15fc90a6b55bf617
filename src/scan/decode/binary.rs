//! Dark and light: each pixel against the mean around it.

use crate::scan::Luma;

/// So much darker than the mean must a pixel be, in grey values: paper and noise are light.
const DARKER: f32 = 3.0;

/// A picture in two colours; true is dark.
pub(super) struct Binary {
    pub width: usize,
    pub height: usize,
    dark: Vec<bool>,
}

impl Binary {
    /// `reach` pixels to each side make up the mean: it must be wider than a finder pattern's middle.
    pub fn of(picture: Luma<'_>, reach: usize) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut dark = vec![false; width * height];
        // Sums of columns over the rows around, moved down row by row.
        let mut columns = vec![0i32; width];
        let row = |y: usize| &picture.pixels()[y * width..(y + 1) * width];
        let add = |columns: &mut [i32], y: usize, sign: i32| {
            for (sum, pixel) in columns.iter_mut().zip(row(y)) {
                *sum += sign * i32::from(*pixel);
            }
        };
        for y in 0..reach.min(height) {
            add(&mut columns, y, 1);
        }
        let mut sums = vec![0i32; width + 1];
        for y in 0..height {
            if y + reach < height {
                add(&mut columns, y + reach, 1);
            }
            if y > reach {
                add(&mut columns, y - reach - 1, -1);
            }
            let rows = (y + reach).min(height - 1) - y.saturating_sub(reach) + 1;
            let mut sum = 0;
            for (to, column) in sums[1..].iter_mut().zip(&columns) {
                sum += column;
                *to = sum;
            }
            let line = &mut dark[y * width..(y + 1) * width];
            compare(line, row(y), &sums, rows, reach);
        }
        Self {
            width,
            height,
            dark,
        }
    }

    pub fn row(&self, y: usize) -> &[bool] {
        &self.dark[y * self.width..(y + 1) * self.width]
    }

    /// None outside.
    pub fn at(&self, x: i64, y: i64) -> Option<bool> {
        let (x, y) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?);
        (x < self.width && y < self.height).then(|| self.dark[y * self.width + x])
    }
}

/// Compares each pixel of a row with the mean of `rows` rows around it, of which the sums from the left
/// are given. Numbers are whole and below 2^24, so nothing is rounded.
fn compare(dark: &mut [bool], row: &[u8], sums: &[i32], rows: usize, reach: usize) {
    let width = row.len();
    let is_dark =
        |pixel: u8, count: f32, sum: i32| (f32::from(pixel) + DARKER) * count < sum as f32;
    // All but the margins have as many columns around them.
    let columns = 2 * reach + 1;
    let from = reach.min(width);
    let to = width.saturating_sub(reach).max(from);
    let count = (rows * columns) as f32;
    let around = sums[columns.min(sums.len())..].iter().zip(sums);
    let inner = dark[from..to].iter_mut().zip(&row[from..to]).zip(around);
    for ((dark, pixel), (right, left)) in inner {
        *dark = is_dark(*pixel, count, right - left);
    }
    for x in (0..from).chain(to..width) {
        let (left, right) = (x.saturating_sub(reach), (x + reach + 1).min(width));
        let count = (rows * (right - left)) as f32;
        dark[x] = is_dark(row[x], count, sums[right] - sums[left]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Binary;
    use crate::scan::Luma;

    proptest! {
        #[test]
        fn a_pixel_is_dark_if_it_is_darker_than_the_mean_around_it(
            width in 1usize..40,
            height in 1usize..12,
            reach in 1usize..9,
            seed in prop::collection::vec(any::<u8>(), 480),
        ) {
            let pixels = &seed[..width * height];
            let picture = Luma::new(width as u32, height as u32, pixels).expect("a picture");
            let binary = Binary::of(picture, reach);
            for (at, pixel) in pixels.iter().enumerate() {
                let (x, y) = (at % width, at / width);
                let near = pixels.iter().enumerate().filter(|(other, _)| {
                    (other % width).abs_diff(x) <= reach && (other / width).abs_diff(y) <= reach
                });
                let near: Vec<i64> = near.map(|(_, pixel)| i64::from(*pixel)).collect();
                let is_dark = (i64::from(*pixel) + 3) * (near.len() as i64) < near.iter().sum();
                prop_assert_eq!(binary.at(x as i64, y as i64), Some(is_dark), "at {}, {}", x, y);
            }
        }
    }
}

//! Dark and light: each pixel against the mean around it.

use crate::scan::Luma;

/// So much darker than the mean must a pixel be, in grey values: paper and noise are light.
const DARKER: i32 = 3;
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
            for (x, (dark, pixel)) in line.iter_mut().zip(row(y)).enumerate() {
                let (from, to) = (x.saturating_sub(reach), (x + reach + 1).min(width));
                let count = (rows * (to - from)) as i32;
                *dark = (i32::from(*pixel) + DARKER) * count < sums[to] - sums[from];
            }
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

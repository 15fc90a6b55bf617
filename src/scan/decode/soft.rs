//! From a patch and a grid to one number for each module: how dark it is, and how surely.
//!
//! A lens out of focus, a moving hand and small modules smear each module over its neighbours. So a
//! module's value is a weighed sum of what is seen at and around it, and the weights are learned
//! from the symbol itself: first from the modules that are the same in every symbol, then from those
//! of which one can be sure.

use super::grid::Grid;
use super::layout::{Layout, Module};
use super::patch::Patch;

/// Samples to each side of a module's middle that its value is made of, half a module apart.
const REACH: usize = 2;
const SPAN: usize = 2 * REACH + 1;
/// As many weights, and one for what is left over.
const WEIGHTS: usize = SPAN * SPAN + 1;
/// Modules to each side over which light and shade are evened out.
const SHADE: usize = 4;
/// How much the weights are held back, as a share of the samples' power.
const HELD: f64 = 0.02;
/// A module that is surer than this is not listened to more.
const SURE: f32 = 1.0;

/// What is seen of a symbol, evened out: samples half a module apart, from one module outside.
pub(super) struct Samples {
    size: usize,
    width: usize,
    values: Vec<f32>,
}

impl Samples {
    pub fn take(patch: &Patch<'_>, grid: &Grid) -> Self {
        let size = grid.size;
        // From half a module's middle before the first to as far behind the last.
        let width = 2 * size - 1 + 2 * REACH;
        let place = |n: usize| (n as f32 - REACH as f32) / 2.0 + 0.5;
        let mut values = Vec::with_capacity(width * width);
        for y in 0..width {
            for x in 0..width {
                values.push(patch.at(grid.at(place(x), place(y))));
            }
        }
        let mut samples = Self {
            size,
            width,
            values,
        };
        samples.even_out();
        samples
    }

    fn middle(&self, x: usize, y: usize) -> usize {
        (2 * y + REACH) * self.width + 2 * x + REACH
    }

    /// Divides by how strong the contrast is around each module.
    fn even_out(&mut self) {
        let size = self.size;
        let strengths: Vec<f32> = (0..size * size)
            .map(|at| self.values[self.middle(at % size, at / size)].abs())
            .collect();
        let mean = strengths.iter().sum::<f32>() / strengths.len() as f32;
        let around = box_mean(&strengths, size, SHADE);
        // Nothing is made of a place without any contrast.
        let least = (mean * 0.1).max(0.5);
        let module = |n: usize| (n.saturating_sub(REACH) / 2).min(size - 1);
        for y in 0..self.width {
            for x in 0..self.width {
                let strength = around[module(y) * size + module(x)].max(least);
                self.values[y * self.width + x] /= strength;
            }
        }
    }

    /// What is seen at and around a module.
    fn around(&self, at: usize) -> [f64; WEIGHTS] {
        let middle = self.middle(at % self.size, at / self.size);
        let mut seen = [1.0; WEIGHTS];
        for row in 0..SPAN {
            let from = middle + row * self.width - REACH * self.width - REACH;
            for (n, value) in self.values[from..from + SPAN].iter().enumerate() {
                seen[row * SPAN + n] = f64::from(*value);
            }
        }
        seen
    }

    /// The values in the middles of the modules.
    pub fn plain(&self) -> Vec<f32> {
        let modules = 0..self.size * self.size;
        modules
            .map(|at| self.values[self.middle(at % self.size, at / self.size)])
            .collect()
    }

    /// The modules' values with weights learned from `lessons`: index, wanted value, how much it
    /// counts. Scaled so that the mean error is one.
    pub fn equalised(&self, lessons: &[(usize, f32, f32)]) -> Option<Vec<f32>> {
        let weights = self.learn(lessons)?;
        let value = |at: usize| {
            let seen = self.around(at);
            seen.iter().zip(&weights).map(|(a, b)| a * b).sum::<f64>() as f32
        };
        let values: Vec<f32> = (0..self.size * self.size).map(value).collect();
        let (mut error, mut count) = (0.0, f32::MIN_POSITIVE);
        for (at, wanted, counts) in lessons {
            error += counts * (values[*at] - wanted).powi(2);
            count += counts;
        }
        let noise = (error / count).max(0.01);
        Some(values.into_iter().map(|value| value / noise).collect())
    }

    /// Least squares, held back.
    fn learn(&self, lessons: &[(usize, f32, f32)]) -> Option<[f64; WEIGHTS]> {
        let mut matrix = [[0.0; WEIGHTS]; WEIGHTS];
        let mut right = [0.0; WEIGHTS];
        for (at, wanted, counts) in lessons {
            let seen = self.around(*at);
            let counts = f64::from(*counts);
            for (i, a) in seen.iter().enumerate() {
                let weighed = a * counts;
                right[i] += weighed * f64::from(*wanted);
                for (cell, b) in matrix[i][..=i].iter_mut().zip(&seen) {
                    *cell += weighed * b;
                }
            }
        }
        let power: f64 = (0..WEIGHTS).map(|n| matrix[n][n]).sum::<f64>() / WEIGHTS as f64;
        for (n, row) in matrix.iter_mut().enumerate() {
            row[n] += HELD * power;
        }
        solve(&mut matrix, right)
    }
}

/// Cholesky's way of solving a symmetric system, of which the lower half is given.
fn solve(
    matrix: &mut [[f64; WEIGHTS]; WEIGHTS],
    mut right: [f64; WEIGHTS],
) -> Option<[f64; WEIGHTS]> {
    for i in 0..WEIGHTS {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| matrix[i][k] * matrix[j][k]).sum();
            let rest = matrix[i][j] - dot;
            if i == j {
                if rest <= 0.0 {
                    return None;
                }
                matrix[i][i] = rest.sqrt();
            } else {
                matrix[i][j] = rest / matrix[j][j];
            }
        }
    }
    for i in 0..WEIGHTS {
        let dot: f64 = (0..i).map(|k| matrix[i][k] * right[k]).sum();
        right[i] = (right[i] - dot) / matrix[i][i];
    }
    for i in (0..WEIGHTS).rev() {
        let dot: f64 = (i + 1..WEIGHTS).map(|k| matrix[k][i] * right[k]).sum();
        right[i] = (right[i] - dot) / matrix[i][i];
    }
    Some(right)
}

/// The modules that are the same in every symbol, as lessons.
pub(super) fn fixed(layout: &Layout) -> Vec<(usize, f32, f32)> {
    let modules = layout.modules.iter().enumerate();
    modules
        .filter_map(|(at, module)| match module {
            Module::Fixed(dark) => Some((at, if *dark { 1.0 } else { -1.0 }, 1.0)),
            Module::Information | Module::Data => None,
        })
        .collect()
}

/// The lessons, and every other module as what it seems to be, by how sure it is.
pub(super) fn with_decisions(
    lessons: &[(usize, f32, f32)],
    soft: &[f32],
) -> Vec<(usize, f32, f32)> {
    let mut is_known = vec![false; soft.len()];
    for (at, ..) in lessons {
        is_known[*at] = true;
    }
    let mean = soft.iter().map(|value| value.abs()).sum::<f32>() / soft.len() as f32;
    let decided = soft.iter().enumerate().filter(|(at, _)| !is_known[*at]);
    let decided = decided.map(|(at, value)| {
        let counts = (value.abs() / mean).min(SURE);
        (at, value.signum(), counts * counts)
    });
    lessons.iter().copied().chain(decided).collect()
}

/// The mean over a square around each cell.
fn box_mean(values: &[f32], size: usize, reach: usize) -> Vec<f32> {
    let mut sums = vec![0.0; (size + 1) * (size + 1)];
    for y in 0..size {
        let mut sum = 0.0;
        for x in 0..size {
            sum += values[y * size + x];
            sums[(y + 1) * (size + 1) + x + 1] = sums[y * (size + 1) + x + 1] + sum;
        }
    }
    let at = |x: usize, y: usize| sums[y * (size + 1) + x];
    (0..size * size)
        .map(|cell| {
            let (x, y) = (cell % size, cell / size);
            let (x0, x1) = (x.saturating_sub(reach), (x + reach + 1).min(size));
            let (y0, y1) = (y.saturating_sub(reach), (y + reach + 1).min(size));
            let sum: f32 = at(x1, y1) + at(x0, y0) - at(x0, y1) - at(x1, y0);
            sum / ((x1 - x0) * (y1 - y0)) as f32
        })
        .collect()
}

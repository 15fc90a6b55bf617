//! Lays the grid of a symbol over a picture, by the modules that are the same in every symbol.

use std::sync::OnceLock;

use super::finder::{Corner, Finder};
use super::grid::{Grid, Point};
use super::layout::{Layout, Module, SIZE_MAX, SIZE_MIN};
use super::patch::Patch;

/// How the fourth corner is looked for: so many steps to each side, and a step in modules.
const WIDE: (i32, f32) = (2, 1.5);
const NARROW: [(i32, f32); 2] = [(1, 0.75), (1, 0.4)];
/// Where the wide steps meet the fixed modules less well than this, the narrow ones find nothing.
const HOPELESS: f32 = 0.2;
/// How far a symbol may have moved from one frame to the next, in modules.
const FOLLOWED: i32 = 12;
/// Steps by which the corners are moved to where they fit best, in modules.
const STEPS: [f32; 4] = [0.5, 0.25, 0.12, 0.06];
/// Sizes of symbols.
const SIZES: usize = (SIZE_MAX - SIZE_MIN) / 4 + 1;
/// Modules that are not fixed by which a grid is judged, at the most or so.
const DATA_MAX: usize = 1500;
/// Moves at each step, at the most.
const MOVES_MAX: usize = 12;

/// The modules by which a grid is judged.
pub(super) struct Marks {
    /// Modules of the finder patterns: place, and whether it is dark.
    finders: Vec<(f32, f32, bool)>,
    /// The other fixed ones: timing and alignment patterns.
    others: Vec<(f32, f32, bool)>,
    /// Places of modules that may be either.
    data: Vec<(f32, f32)>,
}

impl Marks {
    pub fn of(layout: &Layout) -> Self {
        let mut marks = Self {
            finders: Vec::new(),
            others: Vec::new(),
            data: Vec::new(),
        };
        let one_in = layout.modules.len().div_ceil(DATA_MAX).max(2);
        for (at, module) in layout.modules.iter().enumerate() {
            let (x, y) = (at % layout.size, at / layout.size);
            let (u, v) = (x as f32 + 0.5, y as f32 + 0.5);
            match module {
                Module::Fixed(dark) => {
                    let far = layout.size - 8;
                    let in_finder = (x < 8 && (y < 8 || y >= far)) || (x >= far && y < 8);
                    let list = if in_finder {
                        &mut marks.finders
                    } else {
                        &mut marks.others
                    };
                    list.push((u, v, *dark));
                }
                // Some of them, spread evenly, tell as much as all.
                Module::Information | Module::Data if (x + 17 * y).is_multiple_of(one_in) => {
                    marks.data.push((u, v));
                }
                Module::Information | Module::Data => {}
            }
        }
        marks
    }

    /// How well the finder patterns are met, from -1 to 1.
    pub fn finders_score(&self, patch: &Patch<'_>, grid: &Grid) -> f32 {
        share(patch, grid, self.finders.iter())
    }

    /// How well the other fixed modules are met.
    pub fn others_score(&self, patch: &Patch<'_>, grid: &Grid) -> f32 {
        share(patch, grid, self.others.iter())
    }

    /// Grey values by which a module differs from what is around it, on the mean.
    pub fn strength(&self, patch: &Patch<'_>, grid: &Grid) -> f32 {
        self.data_score(patch, grid) / self.data.len() as f32
    }

    fn data_score(&self, patch: &Patch<'_>, grid: &Grid) -> f32 {
        let data = self.data.iter();
        data.map(|(u, v)| patch.at(grid.at(*u, *v)).abs()).sum()
    }

    /// How well the fixed modules are met, in grey values, and how clearly the others are either
    /// dark or light.
    fn score(&self, patch: &Patch<'_>, grid: &Grid) -> f32 {
        let fixed = self.finders.iter().chain(&self.others);
        let fixed = fixed.map(|(u, v, dark)| {
            let value = patch.at(grid.at(*u, *v));
            if *dark { value } else { -value }
        });
        fixed.sum::<f32>() + self.data_score(patch, grid)
    }
}

fn share<'a>(
    patch: &Patch<'_>,
    grid: &Grid,
    modules: impl Iterator<Item = &'a (f32, f32, bool)>,
) -> f32 {
    let (mut met, mut all) = (0.0, f32::MIN_POSITIVE);
    for (u, v, dark) in modules {
        let value = patch.at(grid.at(*u, *v));
        met += if *dark { value } else { -value };
        all += value.abs();
    }
    met / all
}

/// The sizes that a symbol may have by the distance of its finder patterns, the likeliest first.
pub(super) fn sizes(estimate: f32) -> impl Iterator<Item = usize> {
    let steps = (estimate - 17.0) / 4.0;
    let nearest = steps.round();
    let other = if steps > nearest { 1.0 } else { -1.0 };
    [0.0, other, -other, 2.0 * other, -2.0 * other]
        .into_iter()
        .map(move |by| (nearest + by) * 4.0 + 17.0)
        .filter(|size| (SIZE_MIN as f32..=SIZE_MAX as f32).contains(size))
        .map(|size| size as usize)
}

/// The grid with these middles of finder patterns and of where a fourth would be.
fn from_middles(size: usize, middles: [Point; 4]) -> Option<Grid> {
    let inner = Grid::new(size - 7, middles)?;
    let (near, far) = (-3.5, size as f32 - 3.5);
    let corners = [(near, near), (far, near), (far, far), (near, far)];
    Grid::new(size, corners.map(|(u, v)| inner.at(u, v)))
}

/// A size that a symbol may have.
pub(super) struct Trial {
    pub layout: Layout,
    pub marks: Marks,
}

impl Trial {
    /// None if there is no symbol of that size. Each is made once: every frame asks for several.
    pub fn of(size: usize) -> Option<&'static Self> {
        static TRIALS: [OnceLock<Trial>; SIZES] = [const { OnceLock::new() }; SIZES];
        let from_first = size.checked_sub(SIZE_MIN)?;
        if !from_first.is_multiple_of(4) {
            return None;
        }
        let make = || {
            let layout = Layout::of(size).expect("the sizes are those of the layouts");
            let marks = Marks::of(&layout);
            Self { layout, marks }
        };
        Some(TRIALS.get(from_first / 4)?.get_or_init(make))
    }

    /// How well the finder patterns are met, from -1 to 1.
    pub fn finders(&self, corner: &Corner, patch: &Patch<'_>) -> f32 {
        let grid = lay(corner, self.layout.size, (0.0, 0.0));
        grid.map_or(-1.0, |grid| self.marks.finders_score(patch, &grid))
    }

    /// Looks for the fourth corner where the fixed modules are met best; gives how well. None where
    /// they are met nowhere.
    pub fn search(&self, corner: &Corner, patch: &Patch<'_>) -> Option<(f32, Grid)> {
        let moved = |by: (f32, f32)| {
            let grid = lay(corner, self.layout.size, by)?;
            Some((self.marks.others_score(patch, &grid), grid, by))
        };
        let wide = best(moved, (0.0, 0.0), WIDE).filter(|(score, ..)| *score > HOPELESS)?;
        let (score, grid, _) = NARROW
            .into_iter()
            .try_fold(wide, |(_, _, near), steps| best(moved, near, steps))?;
        Some((score, grid))
    }
}

/// Looks for a grid again where a hand has moved it since the last frame; gives how well the finder
/// patterns are met.
pub(super) fn follow(grid: &Grid, marks: &Marks, patch: &Patch<'_>) -> Option<(f32, Grid)> {
    let module = grid.module();
    let moved = |by: (f32, f32)| {
        let corners = grid.corners.map(|(x, y)| (x + by.0, y + by.1));
        let grid = Grid::new(grid.size, corners)?;
        Some((marks.finders_score(patch, &grid), grid, by))
    };
    let (_, _, near) = best(moved, (0.0, 0.0), (FOLLOWED, module))?;
    best(moved, near, (2, module * 0.3)).map(|(score, grid, _)| (score, grid))
}

/// A grid, how well it is met, and by how much it was moved.
type Moved = (f32, Grid, (f32, f32));

/// The best of the moves around `from`, up to so many steps to each side.
fn best(
    moved: impl Fn((f32, f32)) -> Option<Moved>,
    from: (f32, f32),
    (far, step): (i32, f32),
) -> Option<Moved> {
    let offsets = (-far..=far).flat_map(|i| (-far..=far).map(move |j| (i as f32, j as f32)));
    offsets
        .filter_map(|(i, j)| moved((from.0 + i * step, from.1 + j * step)))
        .max_by(|(a, ..), (b, ..)| a.total_cmp(b))
}

/// The grid over three finder patterns whose fourth corner lies so many modules from where a
/// parallelogram has it.
fn lay(corner: &Corner, size: usize, (right, down): (f32, f32)) -> Option<Grid> {
    let middle = |finder: &Finder| (finder.x, finder.y);
    let a = middle(&corner.upper_left);
    let (b, d) = (middle(&corner.upper_right), middle(&corner.lower_left));
    let modules = size as f32 - 7.0;
    let along = |from: f32, to: f32| (to - from) / modules;
    let c = (
        b.0 + d.0 - a.0 + right * along(a.0, b.0) + down * along(a.0, d.0),
        b.1 + d.1 - a.1 + right * along(a.1, b.1) + down * along(a.1, d.1),
    );
    from_middles(size, [a, b, c, d])
}

/// Moves the corners to where the modules are met best.
pub(super) fn refine(grid: Grid, marks: &Marks, patch: &Patch<'_>) -> Grid {
    let module = grid.module();
    let mut best = (marks.score(patch, &grid), grid);
    for step in STEPS {
        let by = step * module;
        for _ in 0..MOVES_MAX {
            let before = best.0;
            for moved in moves(best.1, by) {
                let score = marks.score(patch, &moved);
                if score > best.0 {
                    best = (score, moved);
                }
            }
            if best.0 <= before {
                break;
            }
        }
    }
    best.1
}

/// The grid with each corner moved each way, and all of them.
fn moves(grid: Grid, by: f32) -> impl Iterator<Item = Grid> {
    let ways = [(by, 0.0), (-by, 0.0), (0.0, by), (0.0, -by)];
    let (size, corners) = (grid.size, grid.corners);
    (0..5).flat_map(move |which| {
        ways.into_iter().filter_map(move |(x, y)| {
            let mut moved = corners;
            for (n, corner) in moved.iter_mut().enumerate() {
                if which == 4 || which == n {
                    *corner = (corner.0 + x, corner.1 + y);
                }
            }
            Grid::new(size, moved)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::Trial;

    #[test]
    fn there_is_a_trial_for_each_size_of_a_symbol_and_for_no_other() {
        for size in 0..200 {
            let is_size = (21..=177).contains(&size) && size % 4 == 1;
            let trial = Trial::of(size).map(|trial| trial.layout.size);
            assert_eq!(trial, is_size.then_some(size));
        }
    }
}

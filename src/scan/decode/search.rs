//! Looks for the grid of a symbol in a picture.

use super::Place;
use super::finder::{self, Corner, Finder};
use super::fit::{self, Trial};
use super::grid::{Grid, Point};
use super::layout::Layout;
use super::patch::Patch;
use super::scales::Scales;

/// Pixels to each side that a pixel is compared with, in a picture of half the size and in a whole
/// one: in the first large modules are found, in the second small ones.
const REACH_HALF: usize = 24;
const REACH_WHOLE: usize = 9;
/// Finder patterns that are met less well lie over something else, from -1 to 1.
const FINDERS_MIN: f32 = 0.5;
/// The same for the other fixed modules.
const OTHERS_MIN: f32 = 0.35;
/// A grid that meets so many needs no other size to be tried.
const OTHERS_GOOD: f32 = 0.6;
/// Sizes that are tried on three finder patterns.
const SIZES_TRIED: usize = 3;
/// Finder patterns of a symbol that is followed, and modules around it that are looked at.
const FOLLOWED_MIN: f32 = 0.3;
const FOLLOWED_MARGIN: f32 = 14.0;
/// Modules around a symbol that are looked at with it, and those that a module is compared with.
const MARGIN: f32 = 9.0;
const SHADE: f32 = 6.0;

/// A symbol's grid over a picture.
pub(super) struct Found<'a> {
    pub patch: Patch<'a>,
    pub trial: &'static Trial,
    pub grid: Grid,
}

impl Found<'_> {
    pub fn layout(&self) -> &Layout {
        &self.trial.layout
    }

    pub fn place(&self) -> Place {
        let end = self.grid.size as f32 - 0.5;
        let middles = [(0.5, 0.5), (end, 0.5), (end, end), (0.5, end)];
        Place {
            corners: middles.map(|(u, v)| self.grid.at(u, v)),
            module: self.grid.module(),
            contrast: 2.0 * self.trial.marks.strength(&self.patch, &self.grid),
        }
    }

    /// Lays the grid as well as can be; false where nothing can be made of it.
    pub fn refine(&mut self) -> bool {
        self.grid = fit::refine(self.grid, &self.trial.marks, &self.patch);
        self.grid.is_plausible()
    }
}

/// Shows the grids that may lie over symbols, the likeliest first, until one is `enough`; the
/// finder patterns are searched in half of the size first. Whether one was.
pub(super) fn search<'a>(
    scales: &'a Scales<'_>,
    mut is_enough: impl FnMut(Found<'a>) -> bool,
) -> bool {
    let half = scales.half();
    let large = half.map_or_else(Vec::new, |half| finder::find(half, REACH_HALF, 1));
    let large: Vec<Finder> = large.into_iter().map(Finder::doubled).collect();
    if among(scales, &large, &mut is_enough) {
        return true;
    }
    let small = scales
        .smooth()
        .map_or_else(Vec::new, |smooth| finder::find(smooth, REACH_WHOLE, 2));
    among(scales, &small, &mut is_enough)
}

/// Where a symbol was last seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Track {
    grid: Grid,
    is_dark: bool,
}

impl Track {
    pub fn of(found: &Found<'_>) -> Self {
        Self {
            grid: found.grid,
            is_dark: found.patch.is_dark(),
        }
    }

    /// The symbol nearby in the next frame, though its finder patterns are too smeared to be found.
    pub fn follow<'a>(&self, scales: &'a Scales<'_>) -> Option<Found<'a>> {
        let module = self.grid.module();
        let reach = (module * SHADE) as usize + 2;
        let margin = module * FOLLOWED_MARGIN;
        let patch = Patch::of(scales, &self.grid.corners, margin, reach, self.is_dark)?;
        let trial = Trial::of(self.grid.size)?;
        let (score, grid) = fit::follow(&self.grid, &trial.marks, &patch)?;
        let mut found = Found { patch, trial, grid };
        (score > FOLLOWED_MIN && found.refine()).then_some(found)
    }
}

fn among<'a>(
    scales: &'a Scales<'_>,
    finders: &[Finder],
    is_enough: &mut impl FnMut(Found<'a>) -> bool,
) -> bool {
    let corners = finder::corners(finders).into_iter();
    corners
        .filter_map(|corner| at(scales, &corner))
        .any(is_enough)
}

fn at<'a>(scales: &'a Scales<'_>, corner: &Corner) -> Option<Found<'a>> {
    let (a, b, d) = (corner.upper_left, corner.upper_right, corner.lower_left);
    let points: [Point; 4] = [
        (a.x, a.y),
        (b.x, b.y),
        (d.x, d.y),
        (b.x + d.x - a.x, b.y + d.y - a.y),
    ];
    let right = (b.x - a.x).hypot(b.y - a.y);
    let down = (d.x - a.x).hypot(d.y - a.y);
    let module = right.max(down) / (corner.size - 7.0);
    let reach = (module * SHADE) as usize + 2;
    let patch = Patch::of(scales, &points, module * MARGIN, reach, a.is_dark)?;
    let mut trials: Vec<(f32, &'static Trial)> = fit::sizes(corner.size)
        .filter_map(Trial::of)
        .map(|trial| (trial.finders(corner, &patch), trial))
        .filter(|(finders, _)| *finders > FINDERS_MIN)
        .collect();
    trials.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    trials.truncate(SIZES_TRIED);
    let mut best: Option<(f32, Grid, &'static Trial)> = None;
    for (_, trial) in trials {
        let Some((score, grid)) = trial.search(corner, &patch) else {
            continue;
        };
        if best.as_ref().is_none_or(|(most, ..)| *most < score) {
            best = Some((score, grid, trial));
        }
        if score > OTHERS_GOOD {
            break;
        }
    }
    let (score, grid, trial) = best?;
    (score > OTHERS_MIN && grid.is_plausible()).then_some(Found { patch, trial, grid })
}

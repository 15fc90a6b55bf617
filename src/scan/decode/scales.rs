//! One picture in the sizes in which it is looked at, each made once.

use std::cell::OnceCell;

use super::Place;
use super::patch::Sums;
use crate::scan::Luma;
use crate::scan::luma::Owned;

pub(super) struct Scales<'a> {
    given: Luma<'a>,
    /// What stands for the given one where that is too large.
    reduced: Option<Owned>,
    /// Pixels of the given one to one of the whole, along a side.
    step: f32,
    half: Option<Owned>,
    smooth: OnceCell<Option<Owned>>,
    sums: OnceCell<Option<Sums>>,
}

impl<'a> Scales<'a> {
    /// A picture of more than so many pixels is halved until it has no more: then it has enough of
    /// them for each module, and the time for all that comes after is bounded.
    pub fn of(given: Luma<'a>, pixels_max: usize) -> Self {
        let (mut reduced, mut step): (Option<Owned>, f32) = (None, 1.0);
        let half = loop {
            let whole = reduced.as_ref().map_or(given, Owned::view);
            let half = whole.halved();
            if whole.pixels().len() <= pixels_max || half.is_none() {
                break half;
            }
            reduced = half;
            step *= 2.0;
        };
        Self {
            given,
            reduced,
            step,
            half,
            smooth: OnceCell::new(),
            sums: OnceCell::new(),
        }
    }

    /// The picture, if need be reduced.
    pub fn whole(&self) -> Luma<'_> {
        self.reduced.as_ref().map_or(self.given, Owned::view)
    }

    /// Half the size of the whole; none where there is no such picture.
    pub fn half(&self) -> Option<Luma<'_>> {
        self.half.as_ref().map(Owned::view)
    }

    /// The size of the whole, smoothed.
    pub fn smooth(&self) -> Option<Luma<'_>> {
        let smooth = self.smooth.get_or_init(|| self.whole().smoothed());
        smooth.as_ref().map(Owned::view)
    }

    /// What means are made of; none where there is no half.
    pub fn sums(&self) -> Option<&Sums> {
        let sums = self.sums.get_or_init(|| self.half().map(Sums::of));
        sums.as_ref()
    }

    /// A place in the whole as one in the picture that was given.
    pub fn in_given(&self, place: Place) -> Place {
        let given = |at: f32| (at + 0.5) * self.step - 0.5;
        Place {
            corners: place.corners.map(|(x, y)| (given(x), given(y))),
            module: place.module * self.step,
            ..place
        }
    }
}

//! One picture in the sizes in which it is looked at, each made once.

use std::cell::OnceCell;

use crate::scan::Luma;
use crate::scan::luma::Owned;

pub(super) struct Scales<'a> {
    pub whole: Luma<'a>,
    half: Option<Owned>,
    smooth: OnceCell<Option<Owned>>,
}

impl<'a> Scales<'a> {
    pub fn of(whole: Luma<'a>) -> Self {
        Self {
            whole,
            half: whole.halved(),
            smooth: OnceCell::new(),
        }
    }

    /// Half the size; none where there is no such picture.
    pub fn half(&self) -> Option<Luma<'_>> {
        self.half.as_ref().map(Owned::view)
    }

    /// The same size, smoothed.
    pub fn smooth(&self) -> Option<Luma<'_>> {
        let smooth = self.smooth.get_or_init(|| self.whole.smoothed());
        smooth.as_ref().map(Owned::view)
    }
}

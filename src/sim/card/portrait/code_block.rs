//! A code block of JPEG 2000, bit plane by bit plane (ISO/IEC 15444-1 Annex D).

use std::ops::Range;

use super::arithmetic::Encoder;

/// Rows that are scanned together.
const STRIPE: usize = 4;
/// Contexts: of zero coding from 0, then sign, refinement, run length and uniform.
const SIGN: usize = 9;
const REFINEMENT: usize = 14;
const RUN: usize = 17;
const UNIFORM: usize = 18;

/// What is known of a sample.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    significant: bool,
    negative: bool,
    /// Coded in this plane already.
    visited: bool,
    refined: bool,
}

struct Block<'a> {
    samples: &'a [i16],
    width: usize,
    height: usize,
    known: Vec<Known>,
    coder: &'a mut Encoder,
}

/// Codes these planes of a block, the most significant first. The uppermost must have a one.
pub(super) fn encode(samples: &[i16], width: usize, planes: Range<u32>, coder: &mut Encoder) {
    let mut block = Block {
        samples,
        width,
        height: samples.len() / width,
        known: vec![Known::default(); samples.len()],
        coder,
    };
    for plane in planes.clone().rev() {
        if plane + 1 < planes.end {
            block.each(|block, x, y| block.propagate(x, y, plane));
            block.each(|block, x, y| block.refine(x, y, plane));
        }
        block.clean_up(plane);
        for known in &mut block.known {
            known.visited = false;
        }
    }
}

impl Block<'_> {
    /// All samples in the order of the scan: stripes, in these columns, in these rows.
    fn each(&mut self, act: impl Fn(&mut Self, usize, usize)) {
        for top in (0..self.height).step_by(STRIPE) {
            for x in 0..self.width {
                for y in top..self.height.min(top + STRIPE) {
                    act(self, x, y);
                }
            }
        }
    }

    fn bit(&self, x: usize, y: usize, plane: u32) -> bool {
        self.samples[y * self.width + x].unsigned_abs() >> plane & 1 == 1
    }

    /// A neighbour; outside there is nothing.
    fn at(&self, x: usize, y: usize, right: isize, down: isize) -> Known {
        let place = |n: usize, by, end| n.checked_add_signed(by).filter(|n| *n < end);
        match (place(x, right, self.width), place(y, down, self.height)) {
            (Some(x), Some(y)) => self.known[y * self.width + x],
            _ => Known::default(),
        }
    }

    fn count(&self, x: usize, y: usize, places: &[(isize, isize)]) -> usize {
        let significant = |place: &&(isize, isize)| self.at(x, y, place.0, place.1).significant;
        places.iter().filter(significant).count()
    }

    /// Significant neighbours beside, above and below, and across.
    fn neighbours(&self, x: usize, y: usize) -> [usize; 3] {
        [
            self.count(x, y, &[(-1, 0), (1, 0)]),
            self.count(x, y, &[(0, -1), (0, 1)]),
            self.count(x, y, &[(-1, -1), (1, -1), (-1, 1), (1, 1)]),
        ]
    }

    /// Context of zero coding in a band that is low in both directions (Table D.1).
    fn zero_context(&self, x: usize, y: usize) -> usize {
        match self.neighbours(x, y) {
            [2, ..] => 8,
            [1, 0, 0] => 5,
            [1, 0, _] => 6,
            [1, ..] => 7,
            [_, 2, _] => 4,
            [_, 1, _] => 3,
            [_, _, across] => across.min(2),
        }
    }

    /// Codes whether a sample becomes significant, and if so its sign.
    fn code_zero(&mut self, x: usize, y: usize, plane: u32) {
        let bit = self.bit(x, y, plane);
        let context = self.zero_context(x, y);
        self.coder.encode(context, bit);
        if bit {
            self.code_sign(x, y);
        }
    }

    /// Table D.3.
    fn code_sign(&mut self, x: usize, y: usize) {
        let pull = |right, down| {
            let known = self.at(x, y, right, down);
            let sign = if known.negative { -1 } else { 1 };
            i8::from(known.significant) * sign
        };
        let beside = (pull(-1, 0) + pull(1, 0)).clamp(-1, 1);
        let above = (pull(0, -1) + pull(0, 1)).clamp(-1, 1);
        let flipped = beside < 0 || (beside == 0 && above < 0);
        let context = match (beside != 0, beside * above) {
            (true, 1) => 4,
            (true, 0) => 3,
            (true, _) => 2,
            (false, _) if above != 0 => 1,
            (false, _) => 0,
        };
        let place = y * self.width + x;
        let negative = self.samples[place] < 0;
        self.coder.encode(SIGN + context, negative != flipped);
        self.known[place].significant = true;
        self.known[place].negative = negative;
    }

    /// Significance propagation.
    fn propagate(&mut self, x: usize, y: usize, plane: u32) {
        let place = y * self.width + x;
        if !self.known[place].significant && self.zero_context(x, y) != 0 {
            self.code_zero(x, y, plane);
            self.known[place].visited = true;
        }
    }

    /// Magnitude refinement (Table D.4).
    fn refine(&mut self, x: usize, y: usize, plane: u32) {
        let known = self.known[y * self.width + x];
        if !known.significant || known.visited {
            return;
        }
        let context = match (known.refined, self.neighbours(x, y)) {
            (true, _) => 2,
            (false, [0, 0, 0]) => 0,
            (false, _) => 1,
        };
        self.coder
            .encode(REFINEMENT + context, self.bit(x, y, plane));
        self.known[y * self.width + x].refined = true;
    }

    fn clean_up(&mut self, plane: u32) {
        for top in (0..self.height).step_by(STRIPE) {
            for x in 0..self.width {
                let end = self.height.min(top + STRIPE);
                let first = self.run(x, top..end, plane);
                for y in first..end {
                    let known = self.known[y * self.width + x];
                    if !known.significant && !known.visited {
                        self.code_zero(x, y, plane);
                    }
                }
            }
        }
    }

    /// Codes a column of four that nothing speaks for in one go; the row that is next.
    fn run(&mut self, x: usize, rows: Range<usize>, plane: u32) -> usize {
        let silent = |y: usize| {
            let known = self.known[y * self.width + x];
            !known.significant && !known.visited && self.zero_context(x, y) == 0
        };
        if rows.len() < STRIPE || !rows.clone().all(silent) {
            return rows.start;
        }
        let found = rows.clone().find(|y| self.bit(x, *y, plane));
        self.coder.encode(RUN, found.is_some());
        let Some(y) = found else {
            return rows.end;
        };
        let place = y - rows.start;
        self.coder.encode(UNIFORM, place & 2 != 0);
        self.coder.encode(UNIFORM, place & 1 != 0);
        self.code_sign(x, y);
        y + 1
    }
}

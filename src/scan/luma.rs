/// A grey picture: rows from the top, one byte a pixel, no gaps.
#[derive(Clone, Copy)]
pub struct Luma<'a> {
    width: usize,
    height: usize,
    pixels: &'a [u8],
}

impl<'a> Luma<'a> {
    /// Longest side taken, in pixels: no camera makes more, and work and memory stay bounded.
    pub const SIDE_MAX: u32 = 8000;

    /// A picture over `pixels`; none if it is empty, larger than [`Luma::SIDE_MAX`] on a side, or
    /// `pixels` are not exactly as many as width and height say.
    pub fn new(width: u32, height: u32, pixels: &'a [u8]) -> Option<Self> {
        let fits = |side: u32| (1..=Self::SIDE_MAX).contains(&side);
        let (columns, rows) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
        (fits(width) && fits(height) && pixels.len() == columns * rows).then_some(Self {
            width: columns,
            height: rows,
            pixels,
        })
    }

    pub(super) fn width(&self) -> u32 {
        self.width as u32
    }

    pub(super) fn height(&self) -> u32 {
        self.height as u32
    }

    pub(super) fn pixels(&self) -> &'a [u8] {
        self.pixels
    }

    pub(super) fn row(&self, y: usize) -> &'a [u8] {
        &self.pixels[y * self.width..(y + 1) * self.width]
    }

    /// Half the size: each pixel the mean of two by two. Takes noise out, and is the fastest to
    /// search. None where there is no such picture.
    pub(super) fn halved(&self) -> Option<Owned> {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let (upper, lower) = (self.row(2 * y), self.row(2 * y + 1));
            let pairs = upper.chunks_exact(2).zip(lower.chunks_exact(2));
            pixels.extend(pairs.map(|(a, b)| {
                let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
                (sum / 4) as u8
            }));
        }
        Owned::new(width, height, pixels)
    }

    /// The same size, each pixel weighed 1-2-1 with its neighbours in both directions.
    pub(super) fn smoothed(&self) -> Option<Owned> {
        let mut pixels = Vec::with_capacity(self.pixels.len());
        let mut sums = vec![0u16; self.width + 2];
        for y in 0..self.height {
            let upper = self.row(y.saturating_sub(1));
            let lower = self.row((y + 1).min(self.height - 1));
            let columns = upper.iter().zip(self.row(y)).zip(lower);
            for (sum, ((above, here), below)) in sums[1..].iter_mut().zip(columns) {
                *sum = u16::from(*above) + 2 * u16::from(*here) + u16::from(*below);
            }
            // The first and the last stand for the neighbours that they lack.
            sums[0] = sums[1];
            sums[self.width + 1] = sums[self.width];
            let weighed = sums.windows(3).map(|s| (s[0] + 2 * s[1] + s[2] + 8) / 16);
            pixels.extend(weighed.map(|sum| sum as u8));
        }
        Owned::new(self.width, self.height, pixels)
    }

    /// Twice the size, bilinear: small modules become large enough to be sampled. None where the
    /// picture would be too large.
    pub(super) fn doubled(&self) -> Option<Owned> {
        let (width, height) = (self.width * 2, self.height * 2);
        if width > Self::SIDE_MAX as usize || height > Self::SIDE_MAX as usize {
            return None;
        }
        // New pixels lie a quarter of an old one beside its middle: 3 parts near, 1 part far.
        let neighbour = |at: usize, end: usize| match at % 2 {
            0 => (at / 2).saturating_sub(1),
            _ => (at / 2 + 1).min(end - 1),
        };
        let mut pixels = Vec::with_capacity(width * height);
        let mut row = vec![0u16; self.width];
        for y in 0..height {
            let (near, far) = (self.row(y / 2), self.row(neighbour(y, self.height)));
            for (sum, (near, far)) in row.iter_mut().zip(near.iter().zip(far)) {
                *sum = 3 * u16::from(*near) + u16::from(*far);
            }
            pixels.extend((0..width).map(|x| {
                let sum = 3 * row[x / 2] + row[neighbour(x, self.width)];
                ((sum + 8) / 16) as u8
            }));
        }
        Owned::new(width, height, pixels)
    }
}

/// A picture made here.
pub(super) struct Owned {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Owned {
    fn new(width: usize, height: usize, pixels: Vec<u8>) -> Option<Self> {
        (width > 0 && height > 0).then_some(Self {
            width,
            height,
            pixels,
        })
    }

    pub(super) fn view(&self) -> Luma<'_> {
        Luma {
            width: self.width,
            height: self.height,
            pixels: &self.pixels,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Luma;

    #[test]
    fn a_picture_is_as_large_as_it_says() {
        assert!(Luma::new(2, 2, &[0; 4]).is_some());
        for (width, height, pixels) in [(2, 2, 3), (0, 0, 0), (0, 4, 0), (8001, 1, 8001)] {
            assert!(Luma::new(width, height, &vec![0; pixels]).is_none());
        }
        assert!(Luma::new(u32::MAX, u32::MAX, &[]).is_none());
    }

    #[test]
    fn scaling_means_what_it_says() {
        let pixels = [0, 100, 200, 40, 80, 120];
        let picture = Luma::new(3, 2, &pixels).expect("3 by 2");
        let half = picture.halved().expect("1 by 1");
        assert_eq!(
            (half.view().width(), half.view().pixels()),
            (1, &[55u8][..])
        );
        let smooth = picture.smoothed().expect("same size");
        assert_eq!(smooth.view().pixels(), [31, 95, 159, 44, 85, 126]);
        let double = picture.doubled().expect("6 by 4");
        let first_row = &double.view().pixels()[..6];
        assert_eq!(first_row, [0, 25, 75, 125, 175, 200]);
        assert_eq!(double.view().pixels().len(), 24);
    }

    #[test]
    fn the_smallest_pictures_have_no_half_and_the_largest_no_double() {
        let one = Luma::new(1, 1, &[7]).expect("one pixel");
        assert!(one.halved().is_none());
        assert_eq!(one.smoothed().expect("one pixel").view().pixels(), [7]);
        assert_eq!(one.doubled().expect("four").view().pixels(), [7; 4]);
        let pixels = vec![0; 4001];
        let long = Luma::new(4001, 1, &pixels).expect("long");
        assert!(long.doubled().is_none());
    }
}

//! Chance from a seed: the same on every machine.

use std::ops::Range;

/// SplitMix64: small, and good enough for pictures.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Another stream for each list of numbers.
    pub fn new(seeds: &[u64]) -> Self {
        let mut random = Self(0x005E_ED0F_E7E5);
        for seed in seeds {
            random.0 ^= *seed;
            random.0 = random.next();
        }
        random
    }

    /// The next 64 bits.
    #[expect(clippy::should_implement_trait, reason = "it has no end to tell of")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number of `range`.
    pub fn real(&mut self, range: Range<f32>) -> f32 {
        let unit = (self.next() >> 40) as f32 / (1u64 << 24) as f32;
        range.start + (range.end - range.start) * unit
    }

    /// A whole number of `range`, which is not empty.
    pub fn whole(&mut self, range: Range<u32>) -> u32 {
        range.start + (self.next() % u64::from(range.end - range.start)) as u32
    }

    /// Whether something of this probability happens.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.real(0.0..1.0) < probability
    }

    /// One of `choices`, which are not none.
    pub fn choice<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.whole(0..choices.len() as u32) as usize]
    }
}

/// Sensor noise by the million: normal values from a table.
pub struct Noise {
    table: Vec<f32>,
    random: Random,
    bits: u64,
    left: u32,
}

impl Noise {
    const TABLE_BITS: u32 = 12;

    /// Noise of standard deviation 1.
    pub fn new(mut random: Random) -> Self {
        let uniform = |random: &mut Random| random.real(0.0..1.0);
        // The sum of twelve uniform numbers has variance 1 and is near enough to normal.
        let table = (0..1 << Self::TABLE_BITS)
            .map(|_| (0..12).map(|_| uniform(&mut random)).sum::<f32>() - 6.0)
            .collect();
        Self {
            table,
            random,
            bits: 0,
            left: 0,
        }
    }

    /// The next value.
    #[expect(clippy::should_implement_trait, reason = "it has no end to tell of")]
    pub fn next(&mut self) -> f32 {
        if self.left == 0 {
            self.bits = self.random.next();
            self.left = 64 / Self::TABLE_BITS;
        }
        self.left -= 1;
        let at = self.bits & ((1 << Self::TABLE_BITS) - 1);
        self.bits >>= Self::TABLE_BITS;
        self.table[at as usize]
    }
}

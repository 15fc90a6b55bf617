//! How a QR symbol is laid out (ISO/IEC 18004 §6, §7.3-7.10): which modules are always the same,
//! where the format stands, and in which order the others carry the code words.

/// Modules on a side of the smallest and the largest symbol (versions 1 and 40).
pub(super) const SIZE_MIN: usize = 21;
pub(super) const SIZE_MAX: usize = 177;
/// Bits of the format information, and what its bits are mixed with (§7.9).
const FORMAT_BITS: usize = 15;
const FORMAT_MASK: u32 = 0x5412;
const FORMAT_GENERATOR: u32 = 0x537;

/// What a module is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Module {
    /// The same in every symbol of this size; true is dark.
    Fixed(bool),
    /// Part of the format or version information.
    Information,
    /// Part of a code word.
    Data,
}

/// The layout of all symbols of one size.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// Modules on a side.
    pub size: usize,
    /// Row by row.
    pub modules: Vec<Module>,
    /// The data modules, in the order of their bits.
    pub order: Vec<usize>,
}

impl Layout {
    /// None if there is no symbol of that size.
    pub fn of(size: usize) -> Option<Self> {
        if !(SIZE_MIN..=SIZE_MAX).contains(&size) || size % 4 != 1 {
            return None;
        }
        let mut layout = Self {
            size,
            modules: vec![Module::Data; size * size],
            order: Vec::new(),
        };
        layout.draw();
        layout.order = layout.in_order();
        Some(layout)
    }

    pub fn version(&self) -> usize {
        (self.size - 17) / 4
    }

    fn set(&mut self, x: usize, y: usize, module: Module) {
        self.modules[y * self.size + x] = module;
    }

    fn draw(&mut self) {
        let last = self.size - 1;
        for n in 0..self.size {
            self.set(n, 6, Module::Fixed(n % 2 == 0));
            self.set(6, n, Module::Fixed(n % 2 == 0));
        }
        for (x, y) in self.alignment() {
            self.rings(x, y, 2);
        }
        for (x, y) in [(3, 3), (last - 3, 3), (3, last - 3)] {
            self.rings(x, y, 4);
        }
        for bit in 0..FORMAT_BITS {
            let (one, two) = self.format_places(bit);
            self.modules[one] = Module::Information;
            self.modules[two] = Module::Information;
        }
        self.set(8, last - 7, Module::Fixed(true));
        if self.version() >= 7 {
            for n in 0..18 {
                let (a, b) = (last - 10 + n % 3, n / 3);
                self.set(a, b, Module::Information);
                self.set(b, a, Module::Information);
            }
        }
    }

    /// Rings around a dark middle: a finder pattern with its separator, or an alignment pattern.
    fn rings(&mut self, x: usize, y: usize, radius: usize) {
        for (dx, dy) in (0..=2 * radius).flat_map(|dx| (0..=2 * radius).map(move |dy| (dx, dy))) {
            let (Some(x), Some(y)) = ((x + dx).checked_sub(radius), (y + dy).checked_sub(radius))
            else {
                continue;
            };
            if x < self.size && y < self.size {
                let ring = dx.abs_diff(radius).max(dy.abs_diff(radius));
                // A finder's middle is three modules wide.
                let dark = match radius {
                    2 => ring != 1,
                    _ => ring != 2 && ring != 4,
                };
                self.set(x, y, Module::Fixed(dark));
            }
        }
    }

    /// The middles of the alignment patterns (§6.3.6, annex E).
    pub fn alignment(&self) -> Vec<(usize, usize)> {
        let version = self.version();
        if version == 1 {
            return Vec::new();
        }
        let count = version / 7 + 2;
        let step = match version {
            32 => 26,
            _ => (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2,
        };
        let last = self.size - 7;
        let line: Vec<usize> = (0..count)
            .map(|n| match n {
                0 => 6,
                _ => last - (count - 1 - n) * step,
            })
            .collect();
        let in_finder = |x, y| [(6, 6), (6, last), (last, 6)].contains(&(x, y));
        line.iter()
            .flat_map(|x| line.iter().map(|y| (*x, *y)))
            .filter(|(x, y)| !in_finder(*x, *y))
            .collect()
    }

    /// The two modules that carry a bit of the format information, the lowest bit first.
    pub fn format_places(&self, bit: usize) -> (usize, usize) {
        let last = self.size - 1;
        let (x, y) = match bit {
            0..=5 => (8, bit),
            6 => (8, 7),
            7 => (8, 8),
            8 => (7, 8),
            _ => (14 - bit, 8),
        };
        let (x2, y2) = match bit {
            0..=7 => (last - bit, 8),
            _ => (8, self.size - 15 + bit),
        };
        (y * self.size + x, y2 * self.size + x2)
    }

    /// From the lower right corner, in columns of two modules, up and down by turns (§7.7.3).
    fn in_order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let columns = (0..self.size).rev().filter(|x| *x != 6);
        let columns: Vec<usize> = columns.collect();
        for (pair, columns) in columns.chunks(2).enumerate() {
            for n in 0..self.size {
                let y = if pair % 2 == 0 { self.size - 1 - n } else { n };
                for x in columns {
                    let at = y * self.size + x;
                    if self.modules[at] == Module::Data {
                        order.push(at);
                    }
                }
            }
        }
        order
    }
}

/// Whether a mask turns a module over (§7.8.2).
pub(super) fn is_masked(mask: u8, x: usize, y: usize) -> bool {
    match mask {
        0 => (x + y).is_multiple_of(2),
        1 => y.is_multiple_of(2),
        2 => x.is_multiple_of(3),
        3 => (x + y).is_multiple_of(3),
        4 => (x / 3 + y / 2).is_multiple_of(2),
        5 => x * y % 2 + x * y % 3 == 0,
        6 => (x * y % 2 + x * y % 3).is_multiple_of(2),
        _ => ((x + y) % 2 + x * y % 3).is_multiple_of(2),
    }
}

/// How strongly a symbol is protected, and how its data are masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Format {
    pub level: Level,
    pub mask: u8,
}

/// Error correction levels (§7.5.1), in the order of their codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    M,
    L,
    H,
    Q,
}

impl Format {
    /// All there are, with the bits that stand for each.
    pub fn all() -> impl Iterator<Item = (Self, u32)> {
        (0..32u32).map(|data| {
            let rest = (0..10).fold(data, |rest, _| {
                (rest << 1) ^ ((rest >> 9) * FORMAT_GENERATOR)
            });
            let bits = (data << 10 | rest) ^ FORMAT_MASK;
            let level = [Level::M, Level::L, Level::H, Level::Q][(data >> 3) as usize];
            let mask = (data & 7) as u8;
            (Self { level, mask }, bits)
        })
    }
}

/// Check bytes in a block, and blocks, by version (table 9).
type Row = [u8; 40];
const CHECKS: [Row; 4] = [
    [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ],
    [
        7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30,
        30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30,
        30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30,
        30, 30, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
];
const BLOCKS: [Row; 4] = [
    [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23,
        25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
    ],
    [
        1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13,
        14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25,
    ],
    [
        1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35,
        37, 40, 42, 45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81,
    ],
    [
        1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29,
        34, 34, 35, 38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68,
    ],
];

/// Check bytes in each block, and how many blocks there are.
pub(super) fn blocks(version: usize, level: Level) -> (usize, usize) {
    let row = level as usize;
    let cell = |table: &[Row; 4]| usize::from(table[row][version - 1]);
    (cell(&CHECKS), cell(&BLOCKS))
}

//! Where the fields of each format stand, counted through all its lines.

use std::ops::Range;

/// The three sizes of travel documents (ICAO 9303-4, -5, -6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A card, three lines of 30.
    Td1,
    /// A larger card, two lines of 36.
    Td2,
    /// A passport, two lines of 44.
    Td3,
}

/// The places of one format. The digit of a field stands right behind it.
pub(super) struct Layout {
    pub len: usize,
    pub issuer: Range<usize>,
    pub number: Range<usize>,
    pub birth: Range<usize>,
    pub sex: usize,
    pub expiry: Range<usize>,
    pub nationality: Range<usize>,
    pub name: Range<usize>,
    /// Where the rest of a long document number goes, and the citizen's personal number.
    pub optional: Range<usize>,
    /// The optional data have a check digit of their own; it may be a filler where they are empty.
    pub optional_digit: bool,
    /// What the last check digit is over, in this order.
    pub composite: &'static [Range<usize>],
    pub composite_digit: usize,
}

/// ICAO 9303-5 §4.2.2.
const TD1: Layout = Layout {
    len: 90,
    issuer: 2..5,
    number: 5..14,
    optional: 15..30,
    optional_digit: false,
    birth: 30..36,
    sex: 37,
    expiry: 38..44,
    nationality: 45..48,
    composite: &[5..30, 30..37, 38..45, 48..59],
    composite_digit: 59,
    name: 60..90,
};

/// ICAO 9303-6 §4.2.2.
const TD2: Layout = Layout {
    len: 72,
    issuer: 2..5,
    name: 5..36,
    number: 36..45,
    nationality: 46..49,
    birth: 49..55,
    sex: 56,
    expiry: 57..63,
    optional: 64..71,
    optional_digit: false,
    composite: &[36..46, 49..56, 57..71],
    composite_digit: 71,
};

/// ICAO 9303-4 §4.2.2.
const TD3: Layout = Layout {
    len: 88,
    issuer: 2..5,
    name: 5..44,
    number: 44..53,
    nationality: 54..57,
    birth: 57..63,
    sex: 64,
    expiry: 65..71,
    optional: 72..86,
    optional_digit: true,
    composite: &[44..54, 57..64, 65..87],
    composite_digit: 87,
};

impl Format {
    /// All of them; their lengths differ.
    pub(super) const ALL: [Self; 3] = [Self::Td1, Self::Td2, Self::Td3];

    /// The format of a zone of this length.
    pub fn of_len(len: usize) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.layout().len == len)
    }

    pub(super) fn layout(self) -> &'static Layout {
        match self {
            Self::Td1 => &TD1,
            Self::Td2 => &TD2,
            Self::Td3 => &TD3,
        }
    }
}

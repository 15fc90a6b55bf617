//! The letters themselves, for paper and screen alike: nothing is ever taken from the machine's
//! own fonts, which differ from kiosk to kiosk.

/// The family name of both faces.
pub const FAMILY: &str = "Noto Sans";

/// Noto Sans Regular: Latin with all Vietnamese letters (also as loose marks), punctuation and
/// figures of equal width. No arrows, no symbols: the family has none.
pub const REGULAR: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Regular.ttf");

/// Noto Sans Bold, with the same letters.
pub const BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Bold.ttf");

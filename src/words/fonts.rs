//! The typefaces of screen and paper: Noto Sans (SIL OFL 1.1). Its line box holds the tallest
//! Vietnamese capitals, so nothing is clipped, and its figures are all of one width.

/// Noto Sans Regular, TrueType.
pub const REGULAR: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Regular.ttf");
/// Noto Sans Bold, TrueType.
pub const BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Bold.ttf");

use super::Raster;
use crate::config::PageSize;

/// Dots an inch of a ticket's picture: the 8 dots a millimetre of thermal printers.
pub const TICKET_DPI: u32 = 203;

/// A ticket on a page: 1 bit a dot, from edge to edge, so that a printer's own margins are not
/// added once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The picture; up to seven dots wider than the page, white.
    pub raster: Raster,
    /// The page.
    pub size: PageSize,
    /// Dots per inch, the same across and down.
    pub dpi: u32,
}

impl PageSize {
    /// All sizes.
    pub const ALL: [Self; 2] = [Self::A6, Self::A5];

    /// Width and height in millimetres.
    pub fn millimetres(self) -> [u32; 2] {
        match self {
            Self::A6 => [105, 148],
            Self::A5 => [148, 210],
        }
    }

    /// Width and height in dots.
    pub fn dots(self, dpi: u32) -> [u32; 2] {
        self.millimetres().map(|side| match dpi {
            TICKET_DPI => side * 8,
            // Tenths of a millimetre, rounded to the nearest dot.
            _ => (side * 10 * dpi + 127) / 254,
        })
    }

    /// The page's name as IPP has it (PWG 5101.1, "media" keywords).
    pub fn media(self) -> &'static str {
        match self {
            Self::A6 => "iso_a6_105x148mm",
            Self::A5 => "iso_a5_148x210mm",
        }
    }
}

impl std::fmt::Display for PageSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::A6 => "A6",
            Self::A5 => "A5",
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::PageSize;

    #[test]
    fn pages_have_the_dots_that_printers_expect() {
        assert_eq!(PageSize::A6.dots(203), [840, 1184]);
        assert_eq!(PageSize::A6.dots(300), [1240, 1748]);
        assert_eq!(PageSize::A5.dots(300), [1748, 2480]);
        assert_eq!(PageSize::A6.dots(600), [2480, 3496]);
    }
}

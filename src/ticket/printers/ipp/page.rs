//! A sheet as grey dots in the printer's own resolution: PWG raster (PWG 5102.4) and URF, which
//! AirPrint printers take. Both pack their rows the same way.

use super::document::{DOTS_A_MM, Sheet};
use crate::ticket::Raster;

/// Resolutions of printers that are not asked, or say nothing.
const DPI: u32 = 300;

/// Of the resolutions that are listed, the one to use: at least a ticket's own, and no more than
/// needed.
pub(super) fn nearest(listed: impl Iterator<Item = u32>) -> u32 {
    let usable: Vec<u32> = listed.filter(|dpi| (100..=1200).contains(dpi)).collect();
    let enough = usable.iter().copied().filter(|dpi| *dpi >= 203).min();
    enough
        .or_else(|| usable.iter().copied().max())
        .unwrap_or(DPI)
}

/// A sheet of dots, of which the ticket covers a part.
pub(super) struct Page<'a> {
    raster: &'a Raster,
    dpi: u32,
    width: u32,
    height: u32,
    /// The ticket's upper left corner.
    left: u32,
    top: u32,
    /// Dots of the ticket for one of the page.
    step: f32,
}

impl<'a> Page<'a> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sheet has some thousand dots, none of them negative"
    )]
    pub(super) fn of(raster: &'a Raster, sheet: &Sheet, dpi: u32) -> Self {
        let dots_a_mm = dpi as f32 / 25.4;
        let dots = |mm: f32| (mm * dots_a_mm).round() as u32;
        Self {
            raster,
            dpi,
            width: dots(sheet.width),
            height: dots(sheet.height),
            left: dots(sheet.x),
            top: dots(sheet.y),
            step: DOTS_A_MM / (dots_a_mm * sheet.scale),
        }
    }

    /// The ticket's dot under a dot of the page, in one direction; none beside the ticket.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a sheet has some thousand dots, none of them negative"
    )]
    fn under(&self, at: u32, from: u32, size: u32) -> Option<u32> {
        let dot = ((at.checked_sub(from)? as f32 + 0.5) * self.step) as u32;
        (dot < size).then_some(dot)
    }

    /// The rows, packed: how often a row comes (less one), then runs of the same dot (`n - 1`) and
    /// runs of different ones (`257 - n`).
    fn packed(&self) -> Vec<u8> {
        let under = |x| self.under(x, self.left, self.raster.width);
        let columns: Vec<Option<u32>> = (0..self.width).map(under).collect();
        let under = |y| self.under(y, self.top, self.raster.height);
        let mut bytes = Vec::new();
        let mut y = 0;
        while y < self.height {
            let of_ticket = under(y);
            let most = (self.height - y).min(256);
            let times = (1..most).take_while(|n| under(y + n) == of_ticket).count() + 1;
            bytes.push((times - 1) as u8);
            let black = |x: &Option<u32>| {
                x.zip(of_ticket)
                    .is_some_and(|(x, y)| self.raster.is_black(x, y))
            };
            let grey = columns.iter().map(|x| if black(x) { 0 } else { 255 });
            pack(&grey.collect::<Vec<u8>>(), &mut bytes);
            y += times as u32;
        }
        bytes
    }
}

fn pack(row: &[u8], bytes: &mut Vec<u8>) {
    let mut rest = row;
    while let Some(&dot) = rest.first() {
        // Two greys: whatever is not a run of one is so short that it is written as runs, too.
        let run = rest
            .iter()
            .take(128)
            .take_while(|next| **next == dot)
            .count();
        bytes.extend([(run - 1) as u8, dot]);
        rest = &rest[run..];
    }
}

pub(super) fn pwg(page: &Page<'_>, medium: Option<&str>) -> Vec<u8> {
    const HEADER: usize = 1796;
    const S_GREY: u32 = 18;
    let mut header = vec![0; HEADER];
    let points = |dots: u32| dots * 72 / page.dpi;
    let numbers = [
        (276, page.dpi),
        (280, page.dpi),
        (340, 1), // copies
        (352, points(page.width)),
        (356, points(page.height)),
        (372, page.width),
        (376, page.height),
        (384, 8), // bits a colour
        (388, 8), // bits a dot
        (392, page.width),
        (400, S_GREY),
        (420, 1), // colours
        (452, 1), // pages
        (456, 1), // not mirrored
        (460, 1),
        (472, page.width),
        (476, page.height),
    ];
    for (at, number) in numbers {
        header[at..at + 4].copy_from_slice(&u32::to_be_bytes(number));
    }
    let mut text = |at: usize, text: &str| {
        let text = &text.as_bytes()[..text.len().min(63)];
        header[at..at + text.len()].copy_from_slice(text);
    };
    text(0, "PwgRaster");
    text(1732, medium.unwrap_or_default());
    [b"RaS2", &header[..], &page.packed()].concat()
}

pub(super) fn urf(page: &Page<'_>) -> Vec<u8> {
    const GREY: u8 = 0;
    const ONE_SIDED: u8 = 1;
    const NORMAL_QUALITY: u8 = 4;
    let mut header = vec![8, GREY, ONE_SIDED, NORMAL_QUALITY, 0, 0, 0, 0, 0, 0, 0, 0];
    for number in [page.width, page.height, page.dpi, 0, 0] {
        header.extend(number.to_be_bytes());
    }
    [b"UNIRAST\0", &[0, 0, 0, 1][..], &header, &page.packed()].concat()
}

#[cfg(test)]
mod tests {
    use super::super::document::Sheet;
    use super::{Page, nearest, pwg, urf};
    use crate::ticket::Raster;

    /// Unpacks as the standard says.
    fn unpack(mut bytes: &[u8], width: usize, height: usize) -> Vec<Vec<u8>> {
        let mut rows = Vec::new();
        while rows.len() < height {
            let times = usize::from(bytes[0]) + 1;
            bytes = &bytes[1..];
            let mut row = Vec::new();
            while row.len() < width {
                let n = usize::from(bytes[0]);
                if n < 128 {
                    row.extend(std::iter::repeat_n(bytes[1], n + 1));
                    bytes = &bytes[2..];
                } else {
                    row.extend(&bytes[1..258 - n]);
                    bytes = &bytes[258 - n..];
                }
            }
            assert_eq!(row.len(), width);
            rows.extend(std::iter::repeat_n(row, times));
        }
        assert!(bytes.is_empty());
        rows
    }

    #[test]
    fn a_page_is_unpacked_to_the_ticket_where_it_lies() {
        let raster = Raster {
            width: 16,
            height: 8,
            bits: [0xF0, 0x01].repeat(8),
        };
        let sheet = Sheet {
            width: 6.0,
            height: 4.0,
            x: 2.0,
            y: 1.0,
            scale: 1.0,
        };
        // 203.2 dpi: a dot of the ticket is one of the page, but for the rounding of the sheet.
        let page = Page::of(&raster, &sheet, 203);
        let bytes = pwg(&page, Some("custom_tiny_6x4mm"));
        let at = |from: usize| u32::from_be_bytes(bytes[4 + from..8 + from].try_into().expect("4"));
        let (width, height) = (at(372) as usize, at(376) as usize);
        assert_eq!((width, height, at(392), at(388)), (48, 32, 48, 8));
        let rows = unpack(&bytes[4 + 1796..], width, height);
        assert!(rows[7].iter().all(|dot| *dot == 255));
        for row in &rows[8..16] {
            let black: Vec<usize> = (0..width).filter(|x| row[*x] == 0).collect();
            assert_eq!(black, [16, 17, 18, 19, 31]);
        }
        assert!(rows[16].iter().all(|dot| *dot == 255));
        let bytes = urf(&page);
        assert_eq!(unpack(&bytes[12 + 32..], width, height), rows);
    }

    #[test]
    fn a_page_has_no_more_dots_than_it_needs() {
        for (listed, dpi) in [
            (&[600, 300, 1200][..], 300),
            (&[180], 180),
            (&[], 300),
            (&[9600], 300),
        ] {
            assert_eq!(nearest(listed.iter().copied()), dpi);
        }
    }
}

//! The seven ESC/POS commands a raster ticket needs, and what a printer's status bytes mean.
//!
//! Sources: Epson ESC/POS command reference (`ESC @`, `GS v 0`, `GS V`, `GS ( H` function 48,
//! `DLE EOT`, `DLE ENQ`).

use super::Raster;
use crate::words::Cause;

/// `DLE ENQ 2`: forget what was received and not printed. Without it a ticket that stopped for
/// paper comes out when the next roll is in, long after its patient was helped otherwise.
pub(super) const CLEAR: [u8; 3] = [DLE, 0x05, 0x02];

/// Starts every real-time command. A printer obeys those even inside a picture.
const DLE: u8 = 0x10;

/// What follows [`DLE`] in a real-time command: status, recovery, pulse and power.
const REAL_TIME: [u8; 3] = [0x04, 0x05, 0x14];

/// The dot that makes a picture's [`DLE`] harmless (`0x18`): one black dot more.
const DEFUSED: u8 = DLE | 0x08;

/// Rows of a band: its height must fit one byte, so that the header holds no command itself.
const BAND_ROWS_MAX: u32 = 255;

/// The four questions of `DLE EOT n`, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Query {
    /// n = 1: is it on line?
    Printer,
    /// n = 2: why is it off line?
    Offline,
    /// n = 3: which error?
    Error,
    /// n = 4: how much paper?
    Paper,
}

/// What one status byte says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing is wrong.
    Well,
    /// It prints, but the roll ends soon.
    NearEnd,
    /// It cannot print.
    Fault(Cause),
}

impl Query {
    pub(super) const ALL: [Self; 4] = [Self::Printer, Self::Offline, Self::Error, Self::Paper];

    /// The bytes to send.
    pub(super) fn bytes(self) -> [u8; 3] {
        let n = match self {
            Self::Printer => 1,
            Self::Offline => 2,
            Self::Error => 3,
            Self::Paper => 4,
        };
        [DLE, 0x04, n]
    }

    /// Reads the answer; `None` for a byte that is no answer (`0xx1xx10` is their pattern).
    pub(super) fn read(self, byte: u8) -> Option<Finding> {
        if byte & 0x93 != 0x12 {
            return None;
        }
        let has = |bits: u8| byte & bits != 0;
        Some(match self {
            Self::Printer if has(0x08) => Finding::Fault(Cause::PrinterOffline),
            Self::Offline if has(0x04) => Finding::Fault(Cause::CoverOpen),
            Self::Offline if has(0x20) => Finding::Fault(Cause::PaperOut),
            // Cutter, unrecoverable, and the kind that goes away by itself (a hot head).
            Self::Error if has(0x08 | 0x20 | 0x40) => Finding::Fault(Cause::PrinterJam),
            Self::Paper if has(0x60) => Finding::Fault(Cause::PaperOut),
            Self::Paper if has(0x0C) => Finding::NearEnd,
            // Bit 0x40 of `Offline` only says that `Error` has more.
            Self::Printer | Self::Offline | Self::Error | Self::Paper => Finding::Well,
        })
    }
}

/// `id` as the process id of `GS ( H`, whose bytes must be 0x20 to 0x7E.
pub(super) fn process_id(id: [u8; 4]) -> [u8; 4] {
    id.map(|byte| {
        if (0x20..=0x7E).contains(&byte) {
            byte
        } else {
            0x20 + byte % 0x5F
        }
    })
}

/// What the printer sends when everything before the request with this process id is printed.
pub(super) fn echo(process_id: [u8; 4]) -> [u8; 7] {
    let [a, b, c, d] = process_id;
    [0x37, 0x22, a, b, c, d, 0x00]
}

/// A whole ticket: initialise, the picture in bands, feed and partial cut, and the request to say
/// when that is done, where `process_id` is given.
pub(super) fn ticket(raster: &Raster, band_rows: u32, process_id: Option<[u8; 4]>) -> Vec<u8> {
    let mut bytes = vec![0x1B, 0x40];
    let row_bytes = raster.row_bytes();
    let rows = band_rows.clamp(1, BAND_ROWS_MAX) as usize;
    for band in raster.bits.chunks(rows * row_bytes) {
        let [width_low, width_high] = (row_bytes as u16).to_le_bytes();
        let [height_low, height_high] = ((band.len() / row_bytes) as u16).to_le_bytes();
        bytes.extend([0x1D, 0x76, 0x30, 0x00]);
        bytes.extend([width_low, width_high, height_low, height_high]);
        let picture = bytes.len();
        bytes.extend(band);
        defuse(&mut bytes[picture..]);
    }
    bytes.extend([0x1D, 0x56, 0x42, 0x00]);
    if let Some(id) = process_id {
        bytes.extend([0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30]);
        bytes.extend(id);
    }
    bytes
}

/// Adds a dot wherever a picture would be obeyed as a real-time command: Epson, Citizen and others
/// answer, clear their buffer or switch off at such bytes. What follows a picture starts with GS,
/// so a DLE at its end is harmless.
fn defuse(picture: &mut [u8]) {
    for i in 1..picture.len() {
        if picture[i - 1] == DLE && REAL_TIME.contains(&picture[i]) {
            picture[i - 1] = DEFUSED;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Finding, Query, echo, process_id, ticket};
    use crate::ticket::Raster;
    use crate::words::Cause;

    /// Takes a ticket apart again: the bands with their heights, and what follows the last one.
    fn bands(mut bytes: &[u8]) -> (Vec<(usize, Vec<u8>)>, &[u8]) {
        let mut found = Vec::new();
        bytes = bytes.strip_prefix(&[0x1B, 0x40]).expect("initialise");
        while let Some(band) = bytes.strip_prefix(&[0x1D, 0x76, 0x30, 0x00]) {
            let width = usize::from(band[0]) + 256 * usize::from(band[1]);
            let height = usize::from(band[2]) + 256 * usize::from(band[3]);
            let (picture, rest) = band[4..].split_at(width * height);
            found.push((height, picture.to_vec()));
            bytes = rest;
        }
        (found, bytes)
    }

    /// Bytes in which the dangerous pairs are frequent.
    fn dangerous() -> impl Strategy<Value = u8> {
        prop_oneof![
            Just(0x10_u8),
            Just(0x04),
            Just(0x05),
            Just(0x14),
            any::<u8>()
        ]
    }

    proptest! {
        #[test]
        fn no_picture_carries_a_command_and_only_the_dots_in_the_way_are_added(
            row_bytes in 1_usize..80,
            bits in proptest::collection::vec(dangerous(), 1..4000),
            band_rows in 0_u32..1100,
            id in any::<[u8; 4]>(),
        ) {
            let rows = bits.len().div_ceil(row_bytes);
            let mut bits = bits;
            bits.resize(rows * row_bytes, 0);
            let raster = Raster { width: row_bytes as u32 * 8, height: rows as u32, bits };
            let bytes = ticket(&raster, band_rows, Some(process_id(id)));
            for pair in bytes.windows(2) {
                prop_assert!(pair[0] != 0x10 || ![0x04, 0x05, 0x14].contains(&pair[1]), "{:x?}", pair);
            }
            let (bands, tail) = bands(&bytes);
            let printed: Vec<u8> = bands.iter().flat_map(|(_, picture)| picture.clone()).collect();
            prop_assert_eq!(printed.len(), raster.bits.len());
            for (i, (&was, &is)) in raster.bits.iter().zip(&printed).enumerate() {
                let next = raster.bits.get(i + 1);
                let needed = was == 0x10 && next.is_some_and(|n| [0x04, 0x05, 0x14].contains(n));
                prop_assert!(is == was || (needed && is == 0x18), "byte {}: {:x} became {:x}", i, was, is);
            }
            let most = band_rows.clamp(1, 255) as usize;
            prop_assert!(bands.iter().all(|(height, _)| *height <= most));
            prop_assert_eq!(bands.iter().map(|(height, _)| height).sum::<usize>(), rows);
            prop_assert!(tail.starts_with(&[0x1D, 0x56, 0x42, 0x00, 0x1D, 0x28, 0x48, 6, 0, 0x30, 0x30]));
            prop_assert!(tail[11..].iter().all(|byte| (0x20..=0x7E).contains(byte)));
        }
    }

    #[test]
    fn without_a_process_id_nothing_follows_the_cut() {
        let raster = Raster {
            width: 8,
            height: 1,
            bits: vec![0xFF],
        };
        let expected = [
            0x1B, 0x40, 0x1D, 0x76, 0x30, 0, 1, 0, 1, 0, 0xFF, 0x1D, 0x56, 0x42, 0,
        ];
        assert_eq!(ticket(&raster, 255, None), expected);
    }

    #[test]
    fn the_echo_frames_the_process_id() {
        assert_eq!(echo(*b"A012"), [0x37, 0x22, b'A', b'0', b'1', b'2', 0]);
        assert_eq!(
            process_id([0x00, 0x41, 0x7F, 0xFF]),
            [0x20, 0x41, 0x40, 0x61]
        );
    }

    #[test]
    fn status_bytes_mean_what_the_manuals_say() {
        use Finding::{Fault, NearEnd, Well};
        let table = [
            (Query::Printer, 0x16, Some(Well)), // drawer kick-out pin
            (Query::Printer, 0x1A, Some(Fault(Cause::PrinterOffline))),
            (Query::Offline, 0x12, Some(Well)),
            (Query::Offline, 0x1A, Some(Well)), // paper is fed by the button
            (Query::Offline, 0x16, Some(Fault(Cause::CoverOpen))),
            (Query::Offline, 0x32, Some(Fault(Cause::PaperOut))),
            (Query::Error, 0x12, Some(Well)),
            (Query::Error, 0x1A, Some(Fault(Cause::PrinterJam))),
            (Query::Error, 0x32, Some(Fault(Cause::PrinterJam))),
            (Query::Error, 0x52, Some(Fault(Cause::PrinterJam))),
            (Query::Paper, 0x12, Some(Well)),
            (Query::Paper, 0x1E, Some(NearEnd)),
            (Query::Paper, 0x7E, Some(Fault(Cause::PaperOut))),
            (Query::Paper, 0x72, Some(Fault(Cause::PaperOut))),
            // Not an answer: flow control, an automatic status, an echo's frame, silence as zero.
            (Query::Paper, 0x11, None),
            (Query::Paper, 0x13, None),
            (Query::Printer, 0x10, None),
            (Query::Printer, 0x37, None),
            (Query::Printer, 0x00, None),
            (Query::Printer, 0xFF, None),
        ];
        for (query, byte, expected) in table {
            assert_eq!(query.read(byte), expected, "{query:?} {byte:#x}");
        }
    }
}

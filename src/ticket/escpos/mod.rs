//! The few ESC/POS commands a raster ticket needs, and what a printer says in return.
//!
//! Sources: Epson ESC/POS command reference (`ESC @`, `GS v 0`, `GS V`, `GS ( H` function 48,
//! `GS I`, `GS a`, `DLE EOT`, `DLE ENQ`, `DLE DC4` function 8).

mod replies;
mod status;

use super::Raster;

pub(super) use replies::{Replies, Reply};
pub(super) use status::{Finding, Query, automatic, port};

/// Forget what was received and not printed, said in both ways that there are: `DLE ENQ 2` (heeded
/// in an error), `DLE DC4` 8 (answered). Without it a ticket that stopped for paper comes out when
/// the next roll is in, long after its patient was helped otherwise.
pub(super) const CLEAR: [u8; 13] = [
    DLE, 0x05, 0x02, DLE, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08,
];

/// `GS I 67`: which model it is.
pub(super) const ABOUT_MODEL: [u8; 3] = [0x1D, 0x49, 67];

/// `GS a 255`: say at once, and from now on unasked, how it is.
pub(super) const AUTOMATIC_ON: [u8; 3] = [0x1D, 0x61, 0xFF];

/// `GS a 0`: say it no longer unasked.
pub(super) const AUTOMATIC_OFF: [u8; 3] = [0x1D, 0x61, 0x00];

/// Starts every real-time command. A printer obeys those even inside a picture.
const DLE: u8 = 0x10;

/// `ESC @`: forget the line that was begun, and every mode.
pub(super) const INITIALISE: [u8; 2] = [0x1B, 0x40];

/// `GS V 66 0`: feed to the cutter, and cut but for one point.
const CUT: [u8; 4] = [0x1D, 0x56, 0x42, 0x00];

/// What follows [`DLE`] in a real-time command: status, recovery, pulse and power.
const REAL_TIME: [u8; 3] = [0x04, 0x05, 0x14];

/// The dot that makes a picture's [`DLE`] harmless (`0x18`): one black dot more.
const DEFUSED: u8 = DLE | 0x08;

/// Rows of a band: its height must fit one byte, so that the header holds no command itself.
const BAND_ROWS_MAX: u32 = 255;

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

/// `GS ( H` 48: say so when everything before is printed.
pub(super) fn say_when_done(process_id: [u8; 4]) -> [u8; 11] {
    let [a, b, c, d] = process_id;
    [0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, a, b, c, d]
}

/// How a ticket is put.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Rows of a band.
    pub(super) band_rows: u32,
    /// Ask to say when it is done, by this name.
    pub(super) process_id: Option<[u8; 4]>,
    /// Ask to say unasked what goes wrong meanwhile.
    pub(super) automatic: bool,
}

/// A whole ticket: initialise, the picture in bands, feed and partial cut.
pub(super) fn ticket(raster: &Raster, manner: Manner) -> Vec<u8> {
    let mut bytes = INITIALISE.to_vec();
    if manner.automatic {
        bytes.extend(AUTOMATIC_ON);
    }
    picture(raster, manner.band_rows, &mut bytes);
    bytes.extend(CUT);
    if let Some(id) = manner.process_id {
        bytes.extend(say_when_done(id));
    }
    if manner.automatic {
        bytes.extend(AUTOMATIC_OFF);
    }
    bytes
}

/// Completes a band that may be missing in the printer: as white rows, or, where none is, as bytes
/// that mean nothing.
pub(super) fn filling(raster_width: u32, band_rows: u32) -> Vec<u8> {
    let row_bytes = (raster_width / 8) as usize;
    let rows = band_rows.clamp(1, BAND_ROWS_MAX) as usize;
    // The header of a band and the band.
    vec![0; 8 + row_bytes * rows]
}

/// What makes the rest of a ticket that was given up unusable, and the printer ready again: the
/// band that may be missing, a bar that crosses the paper out, and a cut. So a ticket that comes
/// out late is seen to be void, and no half ticket hangs on the next patient's.
pub(super) fn void(raster_width: u32, band_rows: u32) -> Vec<u8> {
    let mut bytes = filling(raster_width, band_rows);
    bytes.extend(INITIALISE);
    picture(&bar((raster_width / 8) as usize), band_rows, &mut bytes);
    bytes.extend(CUT);
    bytes
}

/// Thick slanted lines, as forms are crossed out.
fn bar(row_bytes: usize) -> Raster {
    const ROWS: usize = 64;
    let mut bits = Vec::with_capacity(ROWS * row_bytes);
    for row in 0..ROWS {
        bits.extend((0..row_bytes).map(|byte| if (byte + row / 8) % 4 < 2 { 0xFF } else { 0 }));
    }
    Raster {
        width: row_bytes as u32 * 8,
        height: ROWS as u32,
        bits,
    }
}

/// A picture in bands.
fn picture(raster: &Raster, band_rows: u32, bytes: &mut Vec<u8>) {
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

    use super::{Manner, process_id, ticket, void};
    use crate::ticket::Raster;

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
            let manner = Manner { band_rows, process_id: Some(process_id(id)), automatic: false };
            let bytes = ticket(&raster, manner);
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
    fn nothing_is_asked_that_the_printer_does_not_know() {
        let raster = Raster {
            width: 8,
            height: 1,
            bits: vec![0xFF],
        };
        let plain = Manner {
            band_rows: 255,
            process_id: None,
            automatic: false,
        };
        let expected = [
            0x1B, 0x40, 0x1D, 0x76, 0x30, 0, 1, 0, 1, 0, 0xFF, 0x1D, 0x56, 0x42, 0,
        ];
        assert_eq!(ticket(&raster, plain), expected);
    }

    #[test]
    fn a_process_id_is_of_printable_characters() {
        assert_eq!(
            process_id([0x00, 0x41, 0x7F, 0xFF]),
            [0x20, 0x41, 0x40, 0x61]
        );
    }

    #[test]
    fn a_void_mark_fills_the_band_that_may_be_missing_first() {
        let bytes = void(576, 128);
        let filling = 8 + 72 * 128;
        assert!(bytes[..filling].iter().all(|byte| *byte == 0));
        let (bands, tail) = bands(&bytes[filling..]);
        assert_eq!(bands.len(), 1);
        let black: u32 = bands[0].1.iter().map(|byte| byte.count_ones()).sum();
        assert_eq!(black as usize, 64 * 576 / 2);
        assert_eq!(tail, [0x1D, 0x56, 0x42, 0x00]);
    }
}

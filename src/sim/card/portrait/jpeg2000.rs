//! A small JPEG 2000 encoder (ISO/IEC 15444-1): grey, no wavelet, one code block a tile, the upper
//! bit planes. It makes portraits that only another's decoder can read.

use super::arithmetic::Encoder;
use super::code_block;

/// Width and height of a tile, and of a code block: at most 64.
const TILE: u16 = 64;
/// Bit planes of a code block at the most: eight bits of a sample, and two guard bits less one.
const PLANES_MAX: u32 = 9;
/// Of the planes that a code block has, so many are kept: the rest is grain.
const PLANES_KEPT: u32 = 5;
/// Half of the range of a sample, taken off before coding.
const LEVEL: i16 = 128;

/// A JP2 file of a grey picture, row by row.
pub(super) fn encode(width: u16, height: u16, grey: &[u8]) -> Vec<u8> {
    let [w, h] = [width, height].map(|n| u32::from(n).to_be_bytes());
    // Components, bits less one, compression 7, colour space known, no rights.
    let header = [&h[..], &w, &[0, 1, 7, 7, 0, 0]].concat();
    // Enumerated colour space 17: grey.
    let colour = [1, 0, 0, 0, 0, 0, 17];
    [
        jp2_box(b"jP  ", &[0x0D, 0x0A, 0x87, 0x0A]),
        jp2_box(b"ftyp", b"jp2 \0\0\0\0jp2 "),
        jp2_box(
            b"jp2h",
            &[jp2_box(b"ihdr", &header), jp2_box(b"colr", &colour)].concat(),
        ),
        jp2_box(b"jp2c", &codestream(width, height, grey)),
    ]
    .concat()
}

fn jp2_box(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32 + 8).to_be_bytes();
    [&length[..], name, content].concat()
}

fn marker(code: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&[0xFF, code], &length[..], content].concat()
}

fn codestream(width: u16, height: u16, grey: &[u8]) -> Vec<u8> {
    let four = |n: u16| u32::from(n).to_be_bytes();
    let size = [
        &[0, 0][..],
        &[four(width), four(height), four(0), four(0)].concat(),
        &[four(TILE), four(TILE), four(0), four(0)].concat(),
        // One component of eight bits, not subsampled.
        &[0, 1, 7, 1, 1],
    ]
    .concat();
    let mut out = vec![0xFF, 0x4F];
    out.extend(marker(0x51, &size));
    // One layer, no levels, code blocks of 64 by 64, reversible.
    out.extend(marker(0x52, &[0, 0, 0, 1, 0, 0, 4, 4, 0, 1]));
    // No quantisation, two guard bits, eight bits in the only band.
    out.extend(marker(0x5C, &[0x40, 0x40]));
    let mut index: u16 = 0;
    for top in (0..height).step_by(TILE.into()) {
        for left in (0..width).step_by(TILE.into()) {
            let tile = [TILE.min(width - left), TILE.min(height - top)];
            let rows = (top..top + tile[1]).flat_map(|y| {
                let row = usize::from(y) * usize::from(width) + usize::from(left);
                &grey[row..row + usize::from(tile[0])]
            });
            let samples: Vec<i16> = rows.map(|grey| i16::from(*grey) - LEVEL).collect();
            let packet = packet(&samples, tile[0].into());
            let length = (packet.len() as u32 + 14).to_be_bytes();
            let start = [&index.to_be_bytes()[..], &length, &[0, 1]].concat();
            out.extend(marker(0x90, &start));
            out.extend([0xFF, 0x93]);
            out.extend(packet);
            index += 1;
        }
    }
    out.extend([0xFF, 0xD9]);
    out
}

/// The only packet of a tile: its header and its code block (§B.9, §B.10).
fn packet(samples: &[i16], width: usize) -> Vec<u8> {
    let largest = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
    let planes = u16::BITS - largest.leading_zeros();
    if planes == 0 {
        return vec![0];
    }
    let kept = planes.min(PLANES_KEPT);
    let mut coder = Encoder::new();
    code_block::encode(samples, width, planes - kept..planes, &mut coder);
    let body = coder.finish();
    let passes = 3 * kept - 2;

    let mut header = Bits::default();
    // There is a packet, and its code block begins in this layer.
    header.push(0b11, 2);
    // Planes without anything, by a tag tree of a single leaf.
    header.push(1, PLANES_MAX - planes + 1);
    match passes {
        1 => header.push(0, 1),
        // Four passes are `11` and two bits, seven and more `1111` and five bits.
        3..=5 => header.push(0b1100 | (passes - 3), 4),
        _ => header.push(0b1111 << 5 | (passes - 6), 9),
    }
    let length = body.len() as u32;
    let bits = u32::BITS - length.leading_zeros();
    let usual = 3 + passes.ilog2();
    let longer = bits.saturating_sub(usual);
    header.push(((1 << longer) - 1) << 1, longer + 1);
    header.push(length, usual + longer);
    [header.finish(), body].concat()
}

/// Bits of a packet header: after a byte of ones the next begins with a zero.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    last: u8,
    used: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        for place in (0..count).rev() {
            self.last = self.last << 1 | (value >> place & 1) as u8;
            self.used += 1;
            self.store_full();
        }
    }

    fn store_full(&mut self) {
        if self.used == 8 {
            self.bytes.push(self.last);
            self.used = u32::from(self.last == 0xFF);
            self.last = 0;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        while self.used > 0 {
            self.last <<= 1;
            self.used += 1;
            self.store_full();
        }
        self.bytes
    }
}

//! The bytes of a symbol as text (ISO/IEC 18004 §7.4).

use encoding_rs::SHIFT_JIS;

/// Character set UTF-8, as the code declares it (AIM's register of assignments).
const ECI_UTF_8: u32 = 26;
const ALPHANUMERIC: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
/// What follows the content to the end of the symbol, by turns (§7.4.10).
const PADS: [u8; 2] = [0xEC, 0x11];

/// JIS X 0201's upper half, and the least row of it that is believed.
const KATAKANA: std::ops::RangeInclusive<u8> = 0xA1..=0xDF;
const KATAKANA_ROW: usize = 4;

/// What the bytes of a symbol say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    /// UTF-8.
    pub text: String,
    /// Bytes behind the content that are pads, as they should all be.
    pub pads: usize,
}

/// Reads the text; none where it is not UTF-8, where a character set is declared that is another,
/// or where the bytes do not mean anything.
pub(super) fn read(version: usize, bytes: &[u8]) -> Option<Content> {
    let mut bits = Bits { bytes, at: 0 };
    let mut text = Vec::new();
    let mut is_foreign = false;
    let mut is_japanese = false;
    loop {
        if bits.left() < 4 {
            break;
        }
        match bits.take(4)? {
            0 => break,
            1 => numeric(&mut bits, count_bits(version, [10, 12, 14]), &mut text)?,
            2 => alphanumeric(&mut bits, count_bits(version, [9, 11, 13]), &mut text)?,
            4 => {
                let count = bits.take(count_bits(version, [8, 16, 16]))?;
                for _ in 0..count {
                    let byte = bits.take(8)? as u8;
                    if is_foreign && !byte.is_ascii() {
                        return None;
                    }
                    text.push(byte);
                }
            }
            8 => {
                kanji(&mut bits, count_bits(version, [8, 10, 12]), &mut text)?;
                is_japanese = true;
            }
            7 => is_foreign = assignment(&mut bits)? != ECI_UTF_8,
            _ => return None,
        }
    }
    let rest = bytes.get(bits.at.div_ceil(8)..)?;
    let text = match is_japanese || is_katakana(&text) {
        true => SHIFT_JIS
            .decode_without_bom_handling_and_without_replacement(&text)?
            .into_owned(),
        false => String::from_utf8(text).ok()?,
    };
    let pads = padding(rest);
    (!text.is_empty()).then_some(Content { text, pads })
}

/// Pad bytes from the end on. Some encoders put another byte before the first.
fn padding(rest: &[u8]) -> usize {
    let by_turns = |last: usize| {
        let turns = (0..2).cycle().skip(last).map(|n| PADS[n]);
        let pairs = rest.iter().rev().zip(turns);
        pairs.take_while(|(byte, pad)| *byte == pad).count()
    };
    by_turns(0).max(by_turns(1))
}

fn count_bits(version: usize, bits: [usize; 3]) -> usize {
    match version {
        0..=9 => bits[0],
        10..=26 => bits[1],
        _ => bits[2],
    }
}

fn numeric(bits: &mut Bits<'_>, count_bits: usize, text: &mut Vec<u8>) -> Option<()> {
    let mut count = bits.take(count_bits)? as usize;
    while count > 0 {
        let digits = count.min(3);
        let value = bits.take([4, 7, 10][digits - 1])?;
        let written = format!("{value:0digits$}");
        if written.len() > digits {
            return None;
        }
        text.extend(written.as_bytes());
        count -= digits;
    }
    Some(())
}

fn alphanumeric(bits: &mut Bits<'_>, count_bits: usize, text: &mut Vec<u8>) -> Option<()> {
    let mut count = bits.take(count_bits)?;
    while count > 0 {
        let pair = if count > 1 {
            bits.take(11)?
        } else {
            bits.take(6)?
        };
        if count > 1 {
            text.push(*ALPHANUMERIC.get(pair as usize / 45)?);
        }
        text.push(
            *ALPHANUMERIC
                .get(pair as usize % 45)
                .filter(|_| count > 1 || pair < 45)?,
        );
        count = count.saturating_sub(2);
    }
    Some(())
}

/// Characters of Shift JIS in 13 bits each (§7.4.6).
fn kanji(bits: &mut Bits<'_>, count_bits: usize, text: &mut Vec<u8>) -> Option<()> {
    for _ in 0..bits.take(count_bits)? {
        let value = bits.take(13)?;
        let packed = ((value / 0xC0) << 8) | (value % 0xC0);
        let code = packed + if packed < 0x1F00 { 0x8140 } else { 0xC140 };
        text.extend([(code >> 8) as u8, code as u8]);
    }
    Some(())
}

/// Whether the bytes beyond ASCII are half-width katakana: what the standard's first edition means
/// by bytes without a declared set. Such long rows of them are no other language's letters.
fn is_katakana(bytes: &[u8]) -> bool {
    let mut rows = bytes
        .split(u8::is_ascii)
        .filter(|row| !row.is_empty())
        .peekable();
    rows.peek().is_some()
        && std::str::from_utf8(bytes).is_err()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii() || KATAKANA.contains(byte))
        && rows.all(|row| row.len() >= KATAKANA_ROW)
}

/// The number of a declared character set, in one to three bytes (§7.4.2.2).
fn assignment(bits: &mut Bits<'_>) -> Option<u32> {
    let first = bits.take(8)?;
    match first {
        0..0x80 => Some(first),
        0x80..0xC0 => Some((first & 0x3F) << 8 | bits.take(8)?),
        0xC0..0xE0 => Some((first & 0x1F) << 16 | bits.take(16)?),
        _ => None,
    }
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn left(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    fn take(&mut self, count: usize) -> Option<u32> {
        if count > self.left() {
            return None;
        }
        let value = (self.at..self.at + count).fold(0, |value, at| {
            let bit = self.bytes[at / 8] >> (7 - at % 8) & 1;
            value << 1 | u32::from(bit)
        });
        self.at += count;
        Some(value)
    }
}

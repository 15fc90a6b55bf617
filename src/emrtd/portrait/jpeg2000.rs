//! JPEG 2000 (ISO/IEC 15444-1) within limits. What a decoder allocates follows from the sizes of
//! tiles, precincts and code blocks, and a few bytes of header can ask for gigabytes; so the
//! headers are walked here first, and anything that no portrait needs is refused.

#[cfg(test)]
mod tests;

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};
use zeroize::Zeroizing;

use super::{Pixels, PortraitFault, check_size};
use PortraitFault::{Broken, Colours, TooLarge};

/// How a JP2 file begins: its signature box.
pub(super) const FILE: &[u8] = b"\x00\x00\x00\x0CjP  ";
/// How a code stream begins: SOC and SIZ.
pub(super) const CODE_STREAM: &[u8] = &[0xFF, 0x4F, 0xFF, 0x51];

const TILES_MAX: u64 = 256;
const COMPONENTS_MAX: usize = 4;
/// Log2 of the samples of a code block; encoders use 10 or 12.
const BLOCK_BITS_MIN: u8 = 8;
/// Log2 of the edge of a precinct; encoders use 7 or more.
const PRECINCT_BITS_MIN: u8 = 5;
const LAYERS_MAX: u16 = 32;

/// Markers (§A.2).
const SIZ: u8 = 0x51;
const COD: u8 = 0x52;
const COC: u8 = 0x53;
const TLM: u8 = 0x55;
const PLT: u8 = 0x58;
const QCD: u8 = 0x5C;
const QCC: u8 = 0x5D;
const COM: u8 = 0x64;
const SOT: u8 = 0x90;
const SOD: u8 = 0x93;
/// Bytes of SOT: marker, length and four fields.
const SOT_LEN: usize = 12;

pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, PortraitFault> {
    check(code_stream(bytes)?)?;
    let settings = DecodeSettings {
        strict: true,
        ..DecodeSettings::default()
    };
    let image = Image::new(bytes, &settings).map_err(|_| Broken)?;
    let (width, height) = (image.width(), image.height());
    check_size(width, height)?;
    let colours = match image.color_space() {
        ColorSpace::Gray => 1,
        ColorSpace::RGB => 3,
        // The profile is left aside: nobody judges a shade of skin here.
        ColorSpace::Icc { num_channels, .. } if [1, 3].contains(num_channels) => *num_channels,
        ColorSpace::CMYK | ColorSpace::Unknown { .. } | ColorSpace::Icc { .. } => {
            return Err(Colours);
        }
    };
    let channels = usize::from(colours) + usize::from(image.has_alpha());
    let mut context = DecoderContext::default();
    let samples = image.decode(&mut context).map_err(|_| Broken)?.data_u8();
    let samples = Zeroizing::new(samples);
    let area = usize::try_from(u64::from(width) * u64::from(height)).map_err(|_| TooLarge)?;
    if samples.len() != area * channels {
        return Err(Broken);
    }
    let mut rgb = Zeroizing::new(Vec::with_capacity(area * 3));
    for pixel in samples.chunks_exact(channels) {
        match colours {
            1 => rgb.extend([pixel[0]; 3]),
            _ => rgb.extend_from_slice(&pixel[..3]),
        }
    }
    Ok(Pixels { width, height, rgb })
}

/// The code stream, which is the whole or the one `jp2c` box of a file whose boxes add up.
fn code_stream(bytes: &[u8]) -> Result<&[u8], PortraitFault> {
    if !bytes.starts_with(FILE) {
        return Ok(bytes);
    }
    let mut found = None;
    let mut rest = bytes;
    while let Some((header, _)) = rest.split_first_chunk::<8>() {
        let len = usize::try_from(u32_at(header, 0)?).map_err(|_| Broken)?;
        let (whole, next) = match len {
            // The last box may leave its length out; none of a portrait needs a longer form.
            0 => (rest, &[][..]),
            _ => rest.split_at_checked(len).ok_or(Broken)?,
        };
        let content = whole.get(8..).ok_or(Broken)?;
        if &header[4..] == b"jp2c" && found.replace(content).is_some() {
            return Err(Broken);
        }
        rest = next;
    }
    found.filter(|_| rest.is_empty()).ok_or(Broken)
}

/// Walks all headers of the code stream. Each segment must be as long as its content says, so that
/// a decoder which trusts the one and not the other reads the same.
fn check(stream: &[u8]) -> Result<(), PortraitFault> {
    let after_start = stream.strip_prefix(&CODE_STREAM[..2]).ok_or(Broken)?;
    let mut rest = segments(after_start, SOT, |marker, content| match marker {
        SIZ => check_size_segment(content),
        COD => check_coding_style(content),
        COC => check_style(content.get(1..).ok_or(Broken)?, 1),
        QCD => check_quantization(content),
        QCC => check_quantization(content.get(1..).ok_or(Broken)?),
        TLM | COM => Ok(()),
        _ => Err(Broken),
    })?;
    // Tile parts, each with its own length; coding styles of their own are not for portraits.
    while rest.get(..2) == Some(&[0xFF, SOT]) {
        let len = match usize::try_from(u32_at(rest, 6)?).map_err(|_| Broken)? {
            0 => rest.len(),
            len => len,
        };
        let (part, next) = rest.split_at_checked(len).ok_or(Broken)?;
        segments(
            part.get(SOT_LEN..).ok_or(Broken)?,
            SOD,
            |marker, content| match marker {
                QCD => check_quantization(content),
                QCC => check_quantization(content.get(1..).ok_or(Broken)?),
                PLT | COM => Ok(()),
                _ => Err(Broken),
            },
        )?;
        rest = next;
    }
    Ok(())
}

/// Hands every marker segment to `check`, up to the marker `end`; what begins there is returned.
fn segments(
    mut rest: &[u8],
    end: u8,
    mut check: impl FnMut(u8, &[u8]) -> Result<(), PortraitFault>,
) -> Result<&[u8], PortraitFault> {
    loop {
        let [0xFF, marker, after @ ..] = rest else {
            return Err(Broken);
        };
        if *marker == end {
            return Ok(rest);
        }
        let len = usize::from(u16_at(after, 0)?);
        let (segment, next) = after.split_at_checked(len).ok_or(Broken)?;
        check(*marker, segment.get(2..).ok_or(Broken)?)?;
        rest = next;
    }
}

/// SIZ (§A.5.1): after the capabilities come image size and offset, tile size and offset, each
/// across and down, then the components.
fn check_size_segment(content: &[u8]) -> Result<(), PortraitFault> {
    const SIZE: usize = 2;
    const OFFSET: usize = 10;
    const TILE: usize = 18;
    const TILE_OFFSET: usize = 26;
    let field = |place, axis| u32_at(content, place + axis);
    let span = |offset, axis| {
        field(SIZE, axis)?
            .checked_sub(field(offset, axis)?)
            .ok_or(Broken)
    };
    let tiles = |axis| {
        let tile = field(TILE, axis)?;
        (tile > 0)
            .then(|| Ok(u64::from(span(TILE_OFFSET, axis)?.div_ceil(tile))))
            .ok_or(Broken)?
    };
    check_size(span(OFFSET, 0)?, span(OFFSET, 4)?)?;
    if tiles(0)?.saturating_mul(tiles(4)?) > TILES_MAX {
        return Err(TooLarge);
    }
    let components = usize::from(u16_at(content, 34)?);
    match components {
        _ if content.len() != 36 + 3 * components => Err(Broken),
        0 => Err(Broken),
        1..=COMPONENTS_MAX => Ok(()),
        _ => Err(Colours),
    }
}

/// COD (§A.6.1): flags, progression, layers, component transform; then as in COC.
fn check_coding_style(content: &[u8]) -> Result<(), PortraitFault> {
    if u16_at(content, 2)? > LAYERS_MAX {
        return Err(TooLarge);
    }
    check_style(content, 5)
}

/// What COD and COC share (§A.6.1, Table A.20): the flags first, and from `place` on the number of
/// decompositions, the size of code blocks, two bytes more, and the precincts if the flags say so.
fn check_style(content: &[u8], place: usize) -> Result<(), PortraitFault> {
    let flags = *content.first().ok_or(Broken)?;
    let [levels, across, down, _, _, precincts @ ..] = content.get(place..).ok_or(Broken)? else {
        return Err(Broken);
    };
    let precincts_len = if flags & 1 == 0 {
        0
    } else {
        usize::from(*levels) + 1
    };
    if precincts.len() != precincts_len {
        return Err(Broken);
    }
    // The two fields are less by two each than what they mean.
    let small_block = across.saturating_add(*down) < BLOCK_BITS_MIN - 4;
    let small_precinct = |edges: &u8| (edges & 0x0F).min(edges >> 4) < PRECINCT_BITS_MIN;
    if small_block || precincts.iter().any(small_precinct) {
        return Err(TooLarge);
    }
    Ok(())
}

/// QCD or QCC (§A.6.4): the style says how long the rest is.
fn check_quantization(content: &[u8]) -> Result<(), PortraitFault> {
    let (style, steps) = content.split_first().ok_or(Broken)?;
    let right = match style & 0x1F {
        0 => true,
        1 => steps.len() == 2,
        2 => steps.len() % 2 == 0,
        _ => false,
    };
    right.then_some(()).ok_or(Broken)
}

fn u16_at(bytes: &[u8], place: usize) -> Result<u16, PortraitFault> {
    let bytes = bytes
        .get(place..)
        .and_then(|b| b.first_chunk())
        .ok_or(Broken)?;
    Ok(u16::from_be_bytes(*bytes))
}

fn u32_at(bytes: &[u8], place: usize) -> Result<u32, PortraitFault> {
    let bytes = bytes
        .get(place..)
        .and_then(|b| b.first_chunk())
        .ok_or(Broken)?;
    Ok(u32::from_be_bytes(*bytes))
}

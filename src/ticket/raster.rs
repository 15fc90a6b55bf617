use super::TicketError;

/// A 1-bit picture, a row padded to whole bytes, most significant bit leftmost, 1 = black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// Width in dots; a multiple of 8.
    pub width: u32,
    /// Height in dots.
    pub height: u32,
    /// `width / 8 * height` bytes.
    pub bits: Vec<u8>,
}

/// A picture larger than any ticket is not read.
const PNG_SIDE_MAX: u32 = 16_384;

impl Raster {
    /// Bytes of one row.
    pub fn row_bytes(&self) -> usize {
        (self.width / 8) as usize
    }

    /// Whether the dot in column `x`, row `y` is black; outside the picture nothing is.
    pub fn is_black(&self, x: u32, y: u32) -> bool {
        x < self.width
            && y < self.height
            && self.bits[y as usize * self.row_bytes() + (x / 8) as usize] & (0x80 >> (x % 8)) != 0
    }

    /// Pictures side by side, with lines between them.
    pub fn beside(pictures: &[Self]) -> Self {
        /// Bytes: white, the line, white.
        const BETWEEN: [u8; 4] = [0, 0x01, 0x80, 0];
        let height = pictures
            .iter()
            .map(|picture| picture.height)
            .max()
            .unwrap_or(0);
        let mut bits = Vec::new();
        for row in 0..height as usize {
            for (at, picture) in pictures.iter().enumerate() {
                if at > 0 {
                    bits.extend(BETWEEN);
                }
                let bytes = picture.row_bytes();
                match picture.bits.get(row * bytes..(row + 1) * bytes) {
                    Some(dots) => bits.extend(dots),
                    None => bits.resize(bits.len() + bytes, 0),
                }
            }
        }
        Self {
            width: (bits.len() / (height as usize).max(1) * 8) as u32,
            height,
            bits,
        }
    }

    /// The picture as a 1-bit greyscale PNG.
    pub fn to_png(&self) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, self.width, self.height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        encoder.set_compression(png::Compression::High);
        let white_is_one: Vec<u8> = self.bits.iter().map(|byte| !byte).collect();
        encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&white_is_one))
            .expect("a raster has a size and as many bytes as its size says");
        file
    }

    /// Reads back what [`Raster::to_png`] wrote.
    ///
    /// # Errors
    /// [`TicketError::Picture`] for any other kind of PNG.
    pub fn from_png(file: &[u8]) -> Result<Self, TicketError> {
        let refuse = |why: &str| TicketError::Picture(why.to_owned());
        let decoder = png::Decoder::new(std::io::Cursor::new(file));
        let mut reader = decoder.read_info().map_err(|e| refuse(&e.to_string()))?;
        let info = reader.info();
        let (width, height) = (info.width, info.height);
        if (info.color_type, info.bit_depth) != (png::ColorType::Grayscale, png::BitDepth::One) {
            return Err(refuse("not a 1-bit greyscale picture"));
        }
        if !width.is_multiple_of(8) || width > PNG_SIDE_MAX || height > PNG_SIDE_MAX {
            return Err(refuse(
                "the width is not a multiple of 8, or it is too large",
            ));
        }
        let mut bits = vec![0; (width / 8 * height) as usize];
        reader
            .next_frame(&mut bits)
            .map_err(|e| refuse(&e.to_string()))?;
        for byte in &mut bits {
            *byte = !*byte;
        }
        Ok(Self {
            width,
            height,
            bits,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Raster;

    proptest! {
        #[test]
        fn a_picture_comes_back_from_its_png_dot_by_dot(
            bits in proptest::collection::vec(any::<u8>(), 72 * 5),
        ) {
            let raster = Raster { width: 576, height: 5, bits };
            prop_assert_eq!(Raster::from_png(&raster.to_png()).expect("png"), raster);
        }
    }

    #[test]
    fn what_is_not_our_kind_of_png_is_refused() {
        assert!(Raster::from_png(b"not a png").is_err());
    }
}

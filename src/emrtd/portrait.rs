use std::fmt;

use zeroize::Zeroizing;

/// A portrait as it lies in the chip. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Portrait {
    /// How it is coded, told from its first bytes.
    pub format: ImageFormat,
    /// The coded image.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[portrait, {:?}]", self.format)
    }
}

/// The codings that ISO/IEC 19794-5 allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// JPEG 2000, in a JP2 file or as a bare code stream.
    Jpeg2000,
}

use super::GROUP_TAGS;

/// A file of the chip that this reader knows (ICAO 9303-10 §4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emrtd) enum File {
    /// EF.CardAccess: how PACE is done. Unsigned.
    CardAccess,
    /// EF.CardSecurity: the key of PACE with chip authentication mapping. Signed.
    CardSecurity,
    /// EF.SOD: the document security object.
    Sod,
    /// The machine readable zone.
    Dg1,
    /// The portrait.
    Dg2,
    /// More about the holder.
    Dg11,
    /// More about the document.
    Dg12,
    /// What the issuer added: here, the holder in Vietnamese.
    Dg13,
    /// Chip authentication.
    Dg14,
    /// The key of active authentication.
    Dg15,
}

impl File {
    /// The number of a data group; `None` for other files.
    pub fn group(self) -> Option<u8> {
        match self {
            Self::Dg1 => Some(1),
            Self::Dg2 => Some(2),
            Self::Dg11 => Some(11),
            Self::Dg12 => Some(12),
            Self::Dg13 => Some(13),
            Self::Dg14 => Some(14),
            Self::Dg15 => Some(15),
            Self::CardAccess | Self::CardSecurity | Self::Sod => None,
        }
    }

    /// Its short identifier; a data group's is its number.
    pub fn short_id(self) -> u8 {
        match (self, self.group()) {
            (_, Some(group)) => group,
            (Self::CardAccess, None) => 0x1C,
            (_, None) => 0x1D,
        }
    }

    /// Its outermost tag.
    pub fn tag(self) -> u32 {
        match (self, self.group()) {
            (_, Some(group)) => GROUP_TAGS[usize::from(group) - 1].into(),
            (Self::CardAccess, None) => 0x31,
            (Self::Sod, None) => 0x77,
            (_, None) => 0x30,
        }
    }
}

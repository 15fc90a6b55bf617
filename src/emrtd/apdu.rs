//! Commands and replies (ISO/IEC 7816-4), in short form where that is enough, else in extended
//! form.

use std::fmt;

use zeroize::Zeroizing;

/// The most that a short reply can carry, and what an Le of `00` means.
pub(super) const LE_SHORT_MAX: u32 = 256;
/// The same for extended length and an Le of `0000`.
pub(super) const LE_EXTENDED_MAX: u32 = 65_536;
/// The most data that a short command can carry.
const LC_SHORT_MAX: usize = 255;

/// A command before it is put on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub cla: u8,
    pub ins: u8,
    pub p1: u8,
    pub p2: u8,
    pub data: Vec<u8>,
    /// How many bytes may come back, 1 to 65536; absent: none are asked for.
    pub le: Option<u32>,
}

impl Command {
    /// SELECT that asks for no file control information, so no Le either: some cards refuse one.
    pub fn select(p1: u8, data: &[u8]) -> Self {
        Self {
            cla: 0x00,
            ins: 0xA4,
            p1,
            p2: 0x0C,
            data: data.to_vec(),
            le: None,
        }
    }

    /// READ BINARY that also makes the elementary file `sfi` the current one.
    pub fn read_sfi(sfi: u8, le: u16) -> Self {
        Self::read(0x80 | sfi, 0, le)
    }

    /// READ BINARY in the current file, up to offset 32767.
    pub fn read_at(offset: u16, le: u16) -> Self {
        let [p1, p2] = offset.to_be_bytes();
        Self::read(p1, p2, le)
    }

    /// READ BINARY with odd INS, for offsets that do not fit P1-P2 (ISO/IEC 7816-4 §7.2.3).
    pub fn read_far(offset: u16, le: u16) -> Self {
        Self {
            ins: 0xB1,
            data: super::tlv::build(0x54, &offset.to_be_bytes()),
            ..Self::read(0, 0, le)
        }
    }

    fn read(p1: u8, p2: u8, le: u16) -> Self {
        Self {
            cla: 0x00,
            ins: 0xB0,
            p1,
            p2,
            data: Vec::new(),
            le: Some(le.into()),
        }
    }

    /// Whether it needs the extended form.
    pub fn is_extended(&self) -> bool {
        self.data.len() > LC_SHORT_MAX || self.le.is_some_and(|le| le > LE_SHORT_MAX)
    }

    /// The bytes for the card.
    pub fn encode(&self) -> Vec<u8> {
        let extended = self.is_extended();
        let mut out = vec![self.cla, self.ins, self.p1, self.p2];
        if extended {
            out.push(0);
        }
        if !self.data.is_empty() {
            let lc = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
            out.extend(length(lc, extended));
            out.extend_from_slice(&self.data);
        }
        out.extend(self.le.map(|le| length(le, extended)).unwrap_or_default());
        out
    }
}

/// Lc or Le in one byte or two: the highest value of Le is written as zeros.
pub(super) fn length(n: u32, extended: bool) -> Vec<u8> {
    debug_assert!((1..=LE_EXTENDED_MAX).contains(&n));
    let [_, _, high, low] = n.to_be_bytes();
    if extended { vec![high, low] } else { vec![low] }
}

/// A status word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Sw(pub u16);

impl Sw {
    pub const OK: Self = Self(0x9000);
    /// The file ended before Le bytes were read; the data are good.
    pub const END_OF_FILE: Self = Self(0x6282);
    pub const WRONG_LENGTH: Self = Self(0x6700);
    pub const WRONG_OFFSET: Self = Self(0x6B00);
    pub const SM_OBJECTS_WRONG: Self = Self(0x6988);

    /// `6Cxx`: the card names the Le that it would accept; `None` for other words.
    pub fn exact_le(self) -> Option<u16> {
        match self.0.to_be_bytes() {
            [0x6C, 0] => Some(256),
            [0x6C, le] => Some(le.into()),
            _ => None,
        }
    }

    /// Whether a read of another length might succeed.
    pub fn is_about_length(self) -> bool {
        self.exact_le().is_some()
            || matches!(
                self,
                Self::WRONG_LENGTH | Self::WRONG_OFFSET | Self::SM_OBJECTS_WRONG
            )
    }

    /// `6300` or `63Cx`: authentication failed, perhaps with a count of tries left.
    pub fn is_wrong_password(self) -> bool {
        self.0 == 0x6300 || self.0 & 0xFFF0 == 0x63C0
    }
}

impl fmt::Display for Sw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {:04X}", self.0)
    }
}

impl fmt::Debug for Sw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// What the card said, with secure messaging already taken off.
pub(super) struct Reply {
    pub data: Zeroizing<Vec<u8>>,
    pub sw: Sw,
}

impl Reply {
    /// Splits the bytes of a reply; `None` where there is not even a status word.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (data, sw) = bytes.split_last_chunk::<2>()?;
        Some(Self {
            data: Zeroizing::new(data.to_vec()),
            sw: Sw(u16::from_be_bytes(*sw)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Command;

    fn check(data: usize, le: Option<u32>, head: &str, tail: &str) {
        let command = Command {
            le,
            ..Command::select(0x04, &vec![0xAB; data])
        };
        let expected = format!("00A4040C{head}{}{tail}", "AB".repeat(data));
        assert_eq!(hex::encode_upper(command.encode()), expected);
    }

    #[test]
    fn the_short_form_is_kept_as_long_as_it_is_enough() {
        check(0, None, "", "");
        check(0, Some(1), "", "01");
        check(0, Some(256), "", "00");
        check(255, None, "FF", "");
        check(255, Some(256), "FF", "00");
    }

    #[test]
    fn longer_data_or_a_longer_le_need_the_extended_form_for_both() {
        check(0, Some(257), "00", "0101");
        check(0, Some(65_536), "00", "0000");
        check(1, Some(65_536), "000001", "0000");
        check(256, None, "000100", "");
        check(256, Some(256), "000100", "0100");
    }
}

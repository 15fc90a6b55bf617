//! Commands and replies (ISO/IEC 7816-4), short form.

use std::fmt;

use zeroize::Zeroizing;

/// The most that a short reply can carry, and what an Le of `00` means.
pub(super) const LE_MAX: u16 = 256;

/// A command before it is put on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub cla: u8,
    pub ins: u8,
    pub p1: u8,
    pub p2: u8,
    pub data: Vec<u8>,
    /// How many bytes may come back, 1 to 256; absent: none are asked for.
    pub le: Option<u16>,
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
            le: Some(le),
        }
    }

    /// The bytes for the card.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.cla, self.ins, self.p1, self.p2];
        if !self.data.is_empty() {
            out.push(u8::try_from(self.data.len()).expect("our commands carry at most 255 bytes"));
            out.extend_from_slice(&self.data);
        }
        out.extend(self.le.map(le_byte));
        out
    }
}

/// Le as a byte: 256 is `00`.
pub(super) fn le_byte(le: u16) -> u8 {
    debug_assert!((1..=LE_MAX).contains(&le));
    le.to_be_bytes()[1]
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
            [0x6C, 0] => Some(LE_MAX),
            [0x6C, le] => Some(le.into()),
            _ => None,
        }
    }

    /// `63xx`: authentication failed, perhaps with a count of tries left.
    pub fn is_wrong_password(self) -> bool {
        self.0 & 0xFF00 == 0x6300
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

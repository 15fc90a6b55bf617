//! What a simulated chip holds, can do, and how it behaves: the plan that `profile` draws up and
//! the protocols carry out.

use std::collections::BTreeMap;

use openssl::pkey::{PKey, Private};
use serde::Deserialize;

/// A block cipher of secure messaging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CipherKind {
    /// Two-key Triple DES with retail MAC.
    TripleDes,
    /// AES-128 with CMAC.
    Aes128,
    /// AES-192 with CMAC.
    Aes192,
    /// AES-256 with CMAC.
    Aes256,
}

/// How PACE maps its nonce to a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mapping {
    /// Generic mapping.
    Generic,
    /// Integrated mapping.
    Integrated,
    /// Generic mapping whose last reply also authenticates the chip.
    ChipAuthentication,
}

/// PACE as the chip does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceOffer {
    /// Its mapping.
    pub mapping: Mapping,
    /// The cipher of the session that it opens.
    pub cipher: CipherKind,
    /// Number of the standardised domain parameters (ICAO 9303-11 §9.5.1).
    pub parameter: u8,
}

/// A key of chip authentication.
#[derive(Debug, Clone)]
pub struct ChipKey {
    /// The number that tells it from others.
    pub id: Option<u8>,
    /// The cipher of the session that it opens.
    pub cipher: CipherKind,
    /// `None` in a cloned chip: it shows the public key and does not have the private one.
    pub private: Option<PKey<Private>>,
}

/// The key of active authentication.
#[derive(Clone)]
pub struct ActiveKey {
    /// RSA or EC. A clone has another one than DG15 says.
    pub private: PKey<Private>,
    /// OpenSSL's name of the hash.
    pub hash: openssl::hash::MessageDigest,
}

/// What a chip answers to a read that goes past the end of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PastEnd {
    /// What there is, and 6282.
    #[default]
    EndOfFile,
    /// What there is, and 9000.
    Short,
    /// 6Cxx with the length that would be right.
    ExactLe,
    /// 6B00.
    WrongOffset,
    /// 6700.
    WrongLength,
}

/// When EF.CardAccess can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CardAccessRead {
    /// Right after power-up, by its short identifier.
    #[default]
    AtOnce,
    /// Only after SELECT of the master file.
    AfterMasterFile,
    /// Never.
    Never,
}

/// How a chip behaves where the standard leaves room, or where real ones break it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Habits {
    /// The longest reply data, before protection, that it gives to one read.
    pub largest_read: usize,
    /// It speaks extended length.
    pub extended_length: bool,
    /// Its answer to a read past the end.
    pub past_end: PastEnd,
    /// It answers a read that is too long without protection and forgets the session.
    pub long_read_ends_session: bool,
    /// When EF.CardAccess can be read.
    pub card_access: CardAccessRead,
    /// It knows SELECT MF (citizen cards answer 6D00).
    pub master_file: bool,
    /// It refuses SELECT and MSE with an Le.
    pub refuses_le: bool,
    /// It gives of a reply that is too long for its frame what fits, with 9000.
    pub truncates_long_replies: bool,
    /// It answers odd READ BINARY (B1).
    pub odd_read: bool,
    /// It goes on with the old keys after chip authentication.
    pub keeps_old_keys: bool,
    /// What stands at the end of an RSA signature of active authentication in place of the trailer
    /// of its hash (`33CC` for SHA-1, or a wrong one).
    pub active_trailer: Option<Vec<u8>>,
    /// Listed files that it refuses with this status word.
    pub refused_files: Vec<(u16, u16)>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            largest_read: 231,
            extended_length: false,
            past_end: PastEnd::default(),
            long_read_ends_session: false,
            card_access: CardAccessRead::default(),
            master_file: false,
            refuses_le: true,
            truncates_long_replies: false,
            odd_read: true,
            keeps_old_keys: false,
            active_trailer: None,
            refused_files: Vec::new(),
        }
    }
}

/// A chip: the files of its two directories by identifier, the passwords that open it, and its
/// protocols.
#[derive(Clone, Default)]
pub struct Chip {
    /// Answer to reset.
    pub atr: Vec<u8>,
    /// Files of the master file: EF.CardAccess 011C, EF.CardSecurity 011D, EF.ATR/INFO 2F01.
    pub master_files: BTreeMap<u16, Vec<u8>>,
    /// Files of the application: data groups 01xx, EF.SOD 011D (as EF.CardSecurity), EF.COM 011E.
    pub files: BTreeMap<u16, Vec<u8>>,
    /// Six digits.
    pub can: Option<String>,
    /// Document number, birth and expiry date of the MRZ, with check digits.
    pub mrz_key: Option<String>,
    /// What EF.CardAccess announces.
    pub pace: Vec<PaceOffer>,
    /// Basic access control with the MRZ key.
    pub bac: bool,
    /// Keys of chip authentication, as DG14 lists them.
    pub chip_keys: Vec<ChipKey>,
    /// For PACE with chip authentication mapping: the key of EF.CardSecurity.
    pub mapping_key: Option<PKey<Private>>,
    /// The key of active authentication, as DG15 shows it.
    pub active_key: Option<ActiveKey>,
    /// How it behaves.
    pub habits: Habits,
}

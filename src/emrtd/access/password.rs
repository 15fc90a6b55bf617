use std::fmt;

use sha1::{Digest, Sha1};
use zeroize::Zeroizing;

use crate::emrtd::crypto::{self, Key, Use};
use crate::emrtd::lds::mrz;
use crate::identity::PersonalNumber;

/// The secret that opens a chip: what is printed on the card. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Access(Secret);

#[derive(Clone)]
enum Secret {
    /// The digits as text: leading zeros count.
    Can(Zeroizing<String>),
    /// Number, birth and expiry date of the MRZ, each with its check digit.
    Mrz(Zeroizing<String>),
}

impl Access {
    /// Digits of a card access number.
    pub const CAN_LEN: usize = 6;

    /// A card access number: six digits.
    pub fn can(digits: &str) -> Option<Self> {
        let right = digits.len() == Self::CAN_LEN && digits.bytes().all(|b| b.is_ascii_digit());
        right.then(|| Self(Secret::Can(Zeroizing::new(digits.to_owned()))))
    }

    /// The access number of the holder of this personal number: its last six digits.
    pub fn of(number: &PersonalNumber) -> Self {
        Self(Secret::Can(Zeroizing::new(number.can().to_owned())))
    }

    /// The MRZ: the lines of a card or passport, or the 24 characters of the key (more with a long
    /// document number). Refused where a check digit is wrong.
    pub fn mrz(text: &str) -> Option<Self> {
        mrz::key_of(text).map(|key| Self(Secret::Mrz(key)))
    }

    /// The number of this password in MSE:Set AT (ICAO 9303-11 §4.4.4.1).
    pub(super) fn reference(&self) -> u8 {
        match self.0 {
            Secret::Mrz(_) => 0x01,
            Secret::Can(_) => 0x02,
        }
    }

    /// Kπ, the key that decrypts the nonce (ICAO 9303-11 §9.7.2 and §9.7.3). Only the MRZ is
    /// hashed first.
    pub(super) fn key(&self) -> Key {
        match &self.0 {
            Secret::Can(digits) => crypto::derive(digits.as_bytes(), Use::Password),
            Secret::Mrz(key) => {
                let seed = Zeroizing::new(<[u8; 20]>::from(Sha1::digest(key.as_bytes())));
                crypto::derive(&*seed, Use::Password)
            }
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Secret::Can(_) => "[CAN]",
            Secret::Mrz(_) => "[MRZ key]",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Secret, Zeroizing};

    fn check(access: &Access, key: &str) {
        assert_eq!(hex::encode_upper(*access.key()), key);
    }

    #[test]
    fn the_published_passwords_give_the_published_keys() {
        let can = |digits| Access::can(digits).expect("six digits");
        check(&can("123456"), "591468CDA83D65219CCCB8560233600F");
        check(&can("012345"), "5E5CD537047973C8F8BFDEA168324EC0");
        check(&can("000123"), "6C4A3C65BDF2D808220CBBDB77DC6ACC");
        // This one's key of ICAO 9303-11 App. G.1 has 24 characters, too.
        let mrz = |key| Access::mrz(key).expect("a right key");
        check(
            &mrz("T22000129364081251010318"),
            "89DED1B26624EC1E634C1989302849DD",
        );
        check(
            &mrz("C11T002JM496081222310314"),
            "4E6F6FBF7BE748B932C7B74161BBA9DF",
        );
        check(
            &mrz("099012345999010183901016"),
            "4C74A3E3539C113306F1B1C46796839D",
        );
    }

    #[test]
    fn the_lines_of_a_card_give_the_same_key_as_its_24_characters() {
        let lines = "IDVNM0990123459001099012345<<0\n9901018M3901016VNM<<<<<<<<<<<0\nNGUYEN<<VAN<A<<<<<<<<<<<<<<<<<";
        let access = Access::mrz(lines).expect("right lines");
        check(&access, "4C74A3E3539C113306F1B1C46796839D");
    }

    #[test]
    fn passwords_that_cannot_be_right_are_refused() {
        for digits in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"] {
            assert!(Access::can(digits).is_none(), "{digits}");
        }
        for key in [
            "",
            "099012345999010183901017",
            "IDVNM0990123459001099012345<<0",
        ] {
            assert!(Access::mrz(key).is_none(), "{key}");
        }
    }

    #[test]
    fn a_password_never_prints() {
        let access = Access(Secret::Can(Zeroizing::new("123456".to_owned())));
        assert_eq!(format!("{access:?}"), "[CAN]");
    }
}

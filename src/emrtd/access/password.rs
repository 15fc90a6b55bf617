use std::fmt;

use zeroize::Zeroizing;

use crate::emrtd::algorithm::HashAlgorithm;
use crate::emrtd::lds::mrz;
use crate::emrtd::symmetric::{Cipher, Key, Use};
use crate::identity::PersonalNumber;

/// The secret that opens a chip: what is printed on the card. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct Access(Secret);

/// As much of the hash of the MRZ is the seed of basic access control.
const BASIC_SEED_LEN: usize = 16;

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

    /// Kπ, the key that decrypts the nonce of PACE (ICAO 9303-11 §9.7.3). Only the MRZ is hashed
    /// first.
    pub(super) fn key(&self, cipher: Cipher) -> Key {
        let seed = match &self.0 {
            Secret::Can(digits) => Zeroizing::new(digits.as_bytes().to_vec()),
            Secret::Mrz(key) => hashed(key),
        };
        Key::derive(cipher, &seed, Use::Password)
    }

    /// The keys of basic access control, for encryption and MAC (ICAO 9303-11 §4.3.2 and §9.7.2);
    /// `None` for an access number, which opens only PACE.
    pub(super) fn basic_keys(&self) -> Option<(Key, Key)> {
        let Secret::Mrz(key) = &self.0 else {
            return None;
        };
        let hash = hashed(key);
        let seed = &hash[..BASIC_SEED_LEN];
        let derive = |purpose| Key::derive(Cipher::TripleDes, seed, purpose);
        Some((derive(Use::Encryption), derive(Use::Mac)))
    }
}

fn hashed(key: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(HashAlgorithm::Sha1.digest(&[key.as_bytes()]))
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
    use crate::emrtd::symmetric::{Cipher, Key};

    fn check(access: &Access, key: &str) {
        assert_is(&access.key(Cipher::Aes128), key);
    }

    fn assert_is(key: &Key, expected: &str) {
        assert_eq!(key.to_hex(), expected);
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
    fn the_published_mrz_gives_the_published_keys_of_basic_access_control() {
        for (mrz, encryption, mac) in [
            (
                "L898902C<369080619406236",
                "AB94FDECF2674FDFB9B391F85D7F76F2",
                "7962D9ECE03D1ACD4C76089DCE131543",
            ),
            (
                "099012345999010183901016",
                "DAC1641F4F083BBA3273040E7F8AC7D0",
                "618F7619194A102CEA92A789A880237F",
            ),
        ] {
            let access = Access::mrz(mrz).expect("a right key");
            let keys = access.basic_keys().expect("an MRZ has them");
            assert_is(&keys.0, encryption);
            assert_is(&keys.1, mac);
        }
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

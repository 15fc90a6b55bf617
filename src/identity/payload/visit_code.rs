//! The code that a ticket carries as QR: which visit it is, signed, and nothing of whose.
//!
//! # The form, version 1
//! `TD1:` and 61 decimal digits: one number of 200 bits, big-endian, of which the first 128 are the
//! visit's UUID and the last 72 the head of HMAC-SHA-256 over `tiepdon visit code 1` and the 16
//! bytes of the UUID, under the site's [`VisitKey`]. Digits, for a scanner that plays a keyboard
//! types them through any layout and any input method for Vietnamese. A QR takes them in its numeric
//! mode: 29 modules with error correction Q.
//! The last eight digits stand beside the QR: with the number and the day they name the visit where
//! no scanner reads the paper, and a numeric keypad can type them.
//!
//! A change of the form takes another prefix.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Marks a visit code, and the version of its form.
pub(super) const PREFIX: &str = "TD1:";
const SIGNED_AS: &[u8] = b"tiepdon visit code 1";
const DERIVED_AS: &[u8] = b"tiepdon visit key 1";

/// Decimal digits that hold 200 bits.
const DIGITS: usize = 61;
const SHORT_DIGITS: usize = 8;
const UUID_BYTES: usize = 16;
/// 72 bits: a guess is right once in 4.7 · 10²¹.
const TAG_BYTES: usize = 9;
const BYTES: usize = UUID_BYTES + TAG_BYTES;

/// What visit codes are signed and verified with: one for all kiosks and desks of a site. Wiped on
/// drop.
#[derive(Clone)]
pub struct VisitKey(Zeroizing<[u8; 32]>);

impl VisitKey {
    /// Makes the key from a secret of the site, from which it does not lead back.
    pub fn derive(secret: &[u8]) -> Self {
        Self(Zeroizing::new(keyed(secret, &[DERIVED_AS])))
    }
}

impl fmt::Debug for VisitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VisitKey(..)")
    }
}

/// A visit code as it stands on a ticket; whether it is genuine says [`VisitCode::verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitCode {
    visit: Uuid,
    tag: [u8; TAG_BYTES],
}

impl VisitCode {
    /// Signs the code of a visit.
    pub fn sign(visit: Uuid, key: &VisitKey) -> Self {
        Self {
            visit,
            tag: tag(visit, key),
        }
    }

    /// The visit, where this site signed the code.
    pub fn verify(&self, key: &VisitKey) -> Option<Uuid> {
        bool::from(self.tag.ct_eq(&tag(self.visit, key))).then_some(self.visit)
    }

    /// The last eight digits in two groups, as a person would read them out.
    pub fn short(&self) -> String {
        let all = self.digits();
        let (first, second) = all[DIGITS - SHORT_DIGITS..].split_at(SHORT_DIGITS / 2);
        format!("{first} {second}")
    }

    /// Reads the text of a code; `None` where it has another form.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        if digits.len() != DIGITS {
            return None;
        }
        let mut bytes = [0_u8; BYTES];
        for digit in digits.chars() {
            let mut carry = digit.to_digit(10)?;
            for byte in bytes.iter_mut().rev() {
                carry += u32::from(*byte) * 10;
                *byte = (carry & 0xFF) as u8;
                carry >>= 8;
            }
            // More than 200 bits: no code of ours.
            if carry > 0 {
                return None;
            }
        }
        let (visit, tag) = bytes.split_first_chunk::<UUID_BYTES>()?;
        Some(Self {
            visit: Uuid::from_bytes(*visit),
            tag: tag.try_into().ok()?,
        })
    }

    fn digits(&self) -> String {
        let mut bytes = [0_u8; BYTES];
        bytes[..UUID_BYTES].copy_from_slice(self.visit.as_bytes());
        bytes[UUID_BYTES..].copy_from_slice(&self.tag);
        let mut digits = [b'0'; DIGITS];
        for digit in digits.iter_mut().rev() {
            let mut rest = 0_u32;
            for byte in &mut bytes {
                rest = rest << 8 | u32::from(*byte);
                *byte = (rest / 10) as u8;
                rest %= 10;
            }
            *digit += rest as u8;
        }
        digits.map(char::from).iter().collect()
    }
}

impl fmt::Display for VisitCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.digits())
    }
}

fn tag(visit: Uuid, key: &VisitKey) -> [u8; TAG_BYTES] {
    let whole = keyed(key.0.as_slice(), &[SIGNED_AS, visit.as_bytes()]);
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(&whole[..TAG_BYTES]);
    tag
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::{VisitCode, VisitKey};

    const VISIT: Uuid = Uuid::from_u128(0x0190_163D_8694_739B_AEA5_966C_26F8_AD91);
    /// Computed with Python's `hmac`, `hashlib` and integers: other programs read our tickets so.
    const CODE: &str = "TD1:0009810101662408676034007939604710891327787050187532017769287";

    fn key() -> VisitKey {
        VisitKey::derive(&[7; 32])
    }

    #[test]
    fn the_form_is_what_its_description_says() {
        let code = VisitCode::sign(VISIT, &key());
        assert_eq!(code.to_string(), CODE);
        assert_eq!(code.short(), "1776 9287");
        let beyond = format!("TD1:{}", "9".repeat(61));
        assert_eq!(VisitCode::parse(&beyond), None, "more than 200 bits");
    }

    proptest! {
        #[test]
        fn a_code_leads_back_to_its_visit_and_to_no_other_site(visit in any::<u128>()) {
            let visit = Uuid::from_u128(visit);
            let text = VisitCode::sign(visit, &key()).to_string();
            prop_assert_eq!(text.len(), CODE.len());
            let code = VisitCode::parse(&text).expect("our own form");
            prop_assert_eq!(code.verify(&key()), Some(visit));
            prop_assert_eq!(code.verify(&VisitKey::derive(&[8; 32])), None);
        }

        #[test]
        fn one_changed_digit_is_noticed(visit in any::<u128>(), at in 4_usize..65, by in 1_u8..10) {
            let text = VisitCode::sign(Uuid::from_u128(visit), &key()).to_string();
            let mut text = text.into_bytes();
            text[at] = (text[at] - b'0' + by) % 10 + b'0';
            let text = String::from_utf8(text).expect("ASCII");
            let genuine = VisitCode::parse(&text).and_then(|code| code.verify(&key()));
            prop_assert_eq!(genuine, None);
        }

        #[test]
        fn any_text_has_an_answer(text in "(TD1:)?.{0,70}", digits in "TD1:[0-9]{60,62}") {
            let _ = (VisitCode::parse(&text), VisitCode::parse(&digits));
        }
    }
}

//! Signatures with message recovery: ISO/IEC 9796-2, digital signature scheme 1, as ICAO 9303-11
//! §6.1.2 uses it. The block is `6A ‖ M1 ‖ H(M1 ‖ challenge) ‖ trailer`.

use crate::emrtd::algorithm::HashAlgorithm;
use crate::emrtd::signature::RsaKey;

/// The first byte: part of the message is recovered from the block, which it fills.
const HEADER: u8 = 0x6A;

/// The hash that signed, if the signature is of this challenge; else what is wrong.
pub(super) fn verify(
    key: &RsaKey,
    challenge: &[u8],
    signature: &[u8],
) -> Result<HashAlgorithm, &'static str> {
    let power = key
        .public_operation(signature)
        .ok_or("its signature is no number below its modulus")?;
    // The chip may give s or n - s, whichever is less; the right block ends in C.
    let block = match power.last() {
        Some(last) if last & 0x0F == 0x0C => power,
        _ => difference(&key.modulus(), &power),
    };
    let (hash, rest) = trailer(&block).ok_or("the trailer of its signature is unknown")?;
    let [HEADER, rest @ ..] = rest else {
        return Err("its signature does not begin as it must");
    };
    let (recovered, digest) = rest
        .len()
        .checked_sub(hash.len())
        .and_then(|len| rest.split_at_checked(len))
        .ok_or("its signature has no room for a hash")?;
    match hash.digest(&[recovered, challenge]) == digest {
        true => Ok(hash),
        false => Err("its signature is not of this challenge"),
    }
}

/// The hash that the trailer names, and what stands before the trailer.
fn trailer(block: &[u8]) -> Option<(HashAlgorithm, &[u8])> {
    match block {
        [rest @ .., 0xBC] => Some((HashAlgorithm::Sha1, rest)),
        [rest @ .., number, 0xCC] => {
            let hash = match number {
                0x33 => HashAlgorithm::Sha1,
                0x34 => HashAlgorithm::Sha256,
                0x35 => HashAlgorithm::Sha512,
                0x36 => HashAlgorithm::Sha384,
                0x38 => HashAlgorithm::Sha224,
                _ => return None,
            };
            Some((hash, rest))
        }
        _ => None,
    }
}

/// `a - b` for numbers of one length, of which `a` is the larger.
pub(super) fn difference(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut out = vec![0; a.len()];
    let mut borrow = 0;
    for ((out, a), b) in out.iter_mut().zip(a).zip(b).rev() {
        let digit = i16::from(*a) - i16::from(*b) - borrow;
        borrow = i16::from(digit < 0);
        *out = digit.rem_euclid(256) as u8;
    }
    out
}

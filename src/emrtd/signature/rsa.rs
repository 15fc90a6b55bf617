//! RSA verification (RFC 8017 §8): the modular power comes from the crate, the encodings are
//! compared here, whole block by whole block.

use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, hazmat};

use super::{KeyFault, SignatureFault};
use crate::emrtd::algorithm::HashAlgorithm;
use crate::emrtd::asn1::{self, Elements, INTEGER, SEQUENCE};

/// A public key with a modulus of 1024 to 8192 bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::emrtd) struct RsaKey(rsa::PublicKey);

impl RsaKey {
    /// Reads `RSAPublicKey` (RFC 8017 §A.1.1).
    pub(super) fn parse(der: &[u8]) -> Result<Self, KeyFault> {
        let mut elements = Elements::within(der, SEQUENCE)?;
        let n = asn1::unsigned(elements.take(INTEGER)?.value)?;
        let e = asn1::unsigned(elements.take(INTEGER)?.value)?;
        elements.end()?;
        if !(128..=1024).contains(&n.len()) || e.len() > 5 {
            return Err(KeyFault::Unsupported("an RSA key of an unusual size"));
        }
        let (n, e) = (number(n), number(e));
        rsa::PublicKey::new(n, e)
            .map(Self)
            .map_err(|_| KeyFault::Unsupported("an RSA key of an unusual size"))
    }

    /// Bits of the modulus.
    pub fn bits(&self) -> usize {
        usize::try_from(self.0.n().bit_width_vartime()).expect("a modulus has at most 8192 bits")
    }

    /// Bytes of the modulus, of a signature and of a block.
    pub fn len(&self) -> usize {
        self.bits().div_ceil(8)
    }

    /// The modulus, big-endian, without leading zeros.
    pub fn modulus(&self) -> Vec<u8> {
        self.left_padded(&self.0.n().to_be_bytes())
    }

    /// The bare public operation (RFC 8017 §5.2.2), for active authentication: the signature to
    /// the power of the exponent, as long as the modulus; `None` for what is no signature under
    /// this key by its size.
    pub fn public_operation(&self, signature: &[u8]) -> Option<Vec<u8>> {
        if signature.len() != self.len() {
            return None;
        }
        let signature = BoxedUint::from_be_slice(signature, self.0.n().bits_precision()).ok()?;
        if signature >= **self.0.n() {
            return None;
        }
        let block = hazmat::rsa_encrypt(&self.0, &signature).ok()?;
        Some(self.left_padded(&block.to_be_bytes()))
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): the block is built and compared whole, so nothing
    /// can hide in a padding.
    pub(super) fn verify_pkcs1(
        &self,
        hash: HashAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureFault> {
        let block = self
            .public_operation(signature)
            .ok_or(SignatureFault::Wrong)?;
        let info = [digest_info(hash), &hash.digest(&[message])].concat();
        let padding = self
            .len()
            .checked_sub(info.len() + 3)
            .filter(|padding| *padding >= 8)
            .ok_or(SignatureFault::Unsupported(
                "an RSA key too short for its hash",
            ))?;
        let expected = [&[0, 1], &vec![0xFF; padding][..], &[0], &info].concat();
        (block == expected)
            .then_some(())
            .ok_or(SignatureFault::Wrong)
    }

    /// RSASSA-PSS (RFC 8017 §8.1.2).
    pub(super) fn verify_pss(
        &self,
        pss: &Pss,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), SignatureFault> {
        let block = self
            .public_operation(signature)
            .ok_or(SignatureFault::Wrong)?;
        pss.verify(&block, self.bits() - 1, message)
            .ok_or(SignatureFault::Wrong)
    }

    fn left_padded(&self, number: &[u8]) -> Vec<u8> {
        let digits = asn1::without_leading_zeros(number);
        let mut out = vec![0; self.len() - digits.len()];
        out.extend_from_slice(digits);
        out
    }
}

/// The parameters of RSASSA-PSS (RFC 8017 §A.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emrtd) struct Pss {
    /// The hash of the message.
    pub hash: HashAlgorithm,
    /// The hash inside MGF1.
    pub mask_hash: HashAlgorithm,
    /// Bytes of the salt.
    pub salt_len: usize,
}

impl Pss {
    /// EMSA-PSS-VERIFY (RFC 8017 §9.1.2). The block is as long as the modulus, which can be one
    /// byte longer than the encoded message.
    fn verify(&self, block: &[u8], bits: usize, message: &[u8]) -> Option<()> {
        let len = bits.div_ceil(8);
        let (lead, encoded) = block.split_at_checked(block.len().checked_sub(len)?)?;
        if lead.iter().any(|byte| *byte != 0) {
            return None;
        }
        let (encoded, trailer) = encoded.split_at_checked(len.checked_sub(1)?)?;
        let (masked, h) = encoded.split_at_checked(encoded.len().checked_sub(self.hash.len())?)?;
        let unused = 0xFF_u8.checked_shr(u32::try_from(8 * len - bits).ok()?)?;
        if trailer != [0xBC] || masked.first()? & !unused != 0 {
            return None;
        }
        let mut db = masked.to_vec();
        mgf1(self.mask_hash, h, &mut db);
        *db.first_mut()? &= unused;
        let salt_at = db.len().checked_sub(self.salt_len)?;
        let (padding, salt) = db.split_at_checked(salt_at)?;
        let (one, zeros) = padding.split_last()?;
        if *one != 1 || zeros.iter().any(|byte| *byte != 0) {
            return None;
        }
        let hash = self.hash.digest(&[message]);
        (self.hash.digest(&[&[0; 8], &hash, salt]) == h).then_some(())
    }
}

/// Adds (xor) the mask that grows from the seed (RFC 8017 §B.2.1).
fn mgf1(hash: HashAlgorithm, seed: &[u8], data: &mut [u8]) {
    for (counter, chunk) in (0u32..).zip(data.chunks_mut(hash.len())) {
        let mask = hash.digest(&[seed, &counter.to_be_bytes()]);
        chunk.iter_mut().zip(mask).for_each(|(d, m)| *d ^= m);
    }
}

/// What stands before the hash in a PKCS#1 v1.5 block (RFC 8017 §9.2 note 1).
fn digest_info(hash: HashAlgorithm) -> &'static [u8] {
    macro_rules! nist {
        ($last:literal, $len:literal) => {
            &[
                0x30,
                0x11 + $len,
                0x30,
                0x0D,
                0x06,
                0x09,
                0x60,
                0x86,
                0x48,
                0x01,
                0x65,
                0x03,
                0x04,
                0x02,
                $last,
                0x05,
                0x00,
                0x04,
                $len,
            ]
        };
    }
    match hash {
        HashAlgorithm::Sha1 => &[
            0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04,
            0x14,
        ],
        HashAlgorithm::Sha224 => nist!(4, 28),
        HashAlgorithm::Sha256 => nist!(1, 32),
        HashAlgorithm::Sha384 => nist!(2, 48),
        HashAlgorithm::Sha512 => nist!(3, 64),
    }
}

fn number(bytes: &[u8]) -> BoxedUint {
    BoxedUint::from_be_slice_vartime(bytes)
}

//! How PACE makes a generator out of its nonce (ICAO 9303-11 §4.4.3.3).

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcPoint, EcPointRef};
use openssl::error::ErrorStack;

use crate::sim::card::apdu::Status;
use crate::sim::card::chip::CipherKind;
use crate::sim::card::crypto::{Coprocessor, Direction, Domain};

/// Bits by which the pseudo-random number is longer than the prime.
const EXCESS_BITS: i32 = 64;

/// The constants c0 and c1 of the pseudo-random function, for a nonce of 128 bits.
const CONSTANTS_128: [u128; 2] = [
    0xa668_892a_7c41_e3ca_739f_40b0_57d8_5904,
    0xa4e1_36ac_725f_738b_01c1_f602_17c1_88ad,
];
/// The same for a nonce of 256 bits, in halves.
const CONSTANTS_256: [[u128; 2]; 2] = [
    [
        0xd463_d652_3412_4ef7_8970_5498_6dca_0a17,
        0x4e28_df75_8cba_a03f_2406_1641_4d5a_1676,
    ],
    [
        0x54bd_7255_f0aa_f831_bec3_423f_cf39_d69b,
        0x6cbf_0666_77d0_faae_5aad_d99d_f8e5_3517,
    ],
];

/// Nonce times generator, plus the point that both agreed on.
pub(in crate::sim::card) fn generic(
    work: &mut Coprocessor,
    domain: &Domain,
    nonce: &[u8],
    peer: &EcPointRef,
    secret: &BigNumRef,
) -> Result<EcPoint, ErrorStack> {
    let agreed = work.multiply(domain, peer, secret)?;
    let nonce = BigNum::from_slice(nonce)?;
    let of_nonce = work.multiply(domain, domain.generator(), &nonce)?;
    let mut sum = EcPoint::new(domain.group())?;
    sum.add(
        domain.group(),
        &of_nonce,
        &agreed,
        &mut *BigNumContext::new()?,
    )?;
    Ok(sum)
}

/// The point that encodes a pseudo-random number made of both nonces.
pub(in crate::sim::card) fn integrated(
    work: &mut Coprocessor,
    cipher: CipherKind,
    domain: &Domain,
    nonce: &[u8],
    sent: &[u8],
) -> Result<EcPoint, Status> {
    if sent.len() != cipher.key_len() {
        return Err(Status::WRONG_DATA);
    }
    let (field, a, b) = Field::of(domain)?;
    // P-224 alone is not: the encoding does not work there.
    if field.0.mod_word(4)? != 3 {
        return Err(Status::WRONG_DATA);
    }
    let bits = (field.0.num_bits() + EXCESS_BITS).unsigned_abs() as usize;
    let number = BigNum::from_slice(&pseudo_random(work, cipher, nonce, sent, bits))?;
    let number = field.element(&number)?;
    let (x, y) = encode(&field, &a, &b, &number)?;
    let mut point = EcPoint::new(domain.group())?;
    let context = &mut *BigNumContext::new()?;
    point.set_affine_coordinates_gfp(domain.group(), &x, &y, context)?;
    // Its few exponentiations take about as long as one multiplication.
    work.idle(domain.multiplication());
    Ok(point)
}

/// The pseudo-random function R(s, t), of at least so many bits.
fn pseudo_random(
    work: &mut Coprocessor,
    cipher: CipherKind,
    nonce: &[u8],
    sent: &[u8],
    bits: usize,
) -> Vec<u8> {
    let [c0, c1] = if nonce.len() == 16 {
        CONSTANTS_128.map(|constant| constant.to_be_bytes().to_vec())
    } else {
        CONSTANTS_256.map(|halves| halves.map(u128::to_be_bytes).concat())
    };
    let zero = vec![0; cipher.block()];
    let mut cbc = |key: &[u8], blocks: &[u8]| {
        let key = &key[..cipher.key_len()];
        work.cbc(Direction::Encrypt, cipher, key, &zero, blocks)
    };
    let mut key = cbc(sent, nonce);
    let mut number = Vec::new();
    while number.len() * 8 < bits {
        number.extend(cbc(&key, &c1));
        key = cbc(&key, &c0);
    }
    number
}

/// The point of the curve y² = x³ + ax + b for a number t (simplified SWU, ICAO 9303-11 App. B).
/// Its prime must leave 3 when divided by 4.
fn encode(
    field: &Field,
    a: &BigNumRef,
    b: &BigNumRef,
    t: &BigNumRef,
) -> Result<(BigNum, BigNum), ErrorStack> {
    let square = field.multiply(t, t)?;
    let alpha = field.negate(&square)?;
    let alpha_square = field.multiply(&alpha, &alpha)?;
    let sum = field.add(&alpha, &alpha_square)?;
    // x2 = -b (1 + α + α²) / (a (α + α²))
    let sum_and_one = field.add(&sum, &*BigNum::from_u32(1)?)?;
    let above = field.negate(&*field.multiply(b, &sum_and_one)?)?;
    let below = field.invert(&*field.multiply(a, &sum)?)?;
    let x2 = field.multiply(&above, &below)?;
    let x2_square = field.multiply(&x2, &x2)?;
    let slope = field.add(&x2_square, a)?;
    let right = field.add(&*field.multiply(&slope, &x2)?, b)?;
    // Its square is the right side, or the right side negated.
    let root = field.root(&right)?;
    if field.multiply(&root, &root)? == right {
        return Ok((x2, root));
    }
    let x3 = field.multiply(&alpha, &x2)?;
    let y = field.multiply(&*field.multiply(&square, t)?, &root)?;
    Ok((x3, field.negate(&y)?))
}

/// Numbers modulo a prime.
struct Field(BigNum);

impl Field {
    /// The field of a curve, and the curve's coefficients.
    fn of(domain: &Domain) -> Result<(Self, BigNum, BigNum), ErrorStack> {
        let (mut prime, mut a, mut b) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
        let context = &mut *BigNumContext::new()?;
        domain
            .group()
            .components_gfp(&mut prime, &mut a, &mut b, context)?;
        Ok((Self(prime), a, b))
    }

    fn element(&self, a: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut out = BigNum::new()?;
        out.nnmod(a, &self.0, &mut *BigNumContext::new()?)?;
        Ok(out)
    }

    fn add(&self, a: &BigNumRef, b: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut out = BigNum::new()?;
        out.mod_add(a, b, &self.0, &mut *BigNumContext::new()?)?;
        Ok(out)
    }

    fn negate(&self, a: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut out = BigNum::new()?;
        let zero = BigNum::new()?;
        out.mod_sub(&zero, a, &self.0, &mut *BigNumContext::new()?)?;
        Ok(out)
    }

    fn multiply(&self, a: &BigNumRef, b: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut out = BigNum::new()?;
        out.mod_mul(a, b, &self.0, &mut *BigNumContext::new()?)?;
        Ok(out)
    }

    fn invert(&self, a: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut out = BigNum::new()?;
        out.mod_inverse(a, &self.0, &mut *BigNumContext::new()?)?;
        Ok(out)
    }

    /// To the power of (p + 1) / 4.
    fn root(&self, a: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut exponent = BigNum::new()?;
        exponent.rshift(&self.0, 2)?;
        exponent.add_word(1)?;
        let mut out = BigNum::new()?;
        out.mod_exp(a, &exponent, &self.0, &mut *BigNumContext::new()?)?;
        Ok(out)
    }
}

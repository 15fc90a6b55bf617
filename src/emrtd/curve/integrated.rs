//! Integrated mapping (ICAO 9303-11 §4.4.3.3.2): two nonces become a number, and the number a
//! point whose logarithm nobody knows.

use primeorder::{Field, PrimeCurveParams, PrimeField};
use subtle::{ConditionallySelectable, ConstantTimeEq};
use zeroize::Zeroizing;

use super::group::Point;
use crate::emrtd::algorithm::Curve;
use crate::emrtd::symmetric::{BLOCK_MAX, Cipher, Key};

/// The constants c0 and c1 for nonces of 128 bits.
const NARROW: [[u8; 16]; 2] = [
    0xA668_892A_7C41_E3CA_739F_40B0_57D8_5904_u128.to_be_bytes(),
    0xA4E1_36AC_725F_738B_01C1_F602_17C1_88AD_u128.to_be_bytes(),
];
/// The same for nonces of 256 bits, in halves.
const WIDE: [[[u8; 16]; 2]; 2] = [
    [
        0xD463_D652_3412_4EF7_8970_5498_6DCA_0A17_u128.to_be_bytes(),
        0x4E28_DF75_8CBA_A03F_2406_1641_4D5A_1676_u128.to_be_bytes(),
    ],
    [
        0x54BD_7255_F0AA_F831_BEC3_423F_CF39_D69B_u128.to_be_bytes(),
        0x6CBF_0666_77D0_FAAE_5AAD_D99D_F8E5_3517_u128.to_be_bytes(),
    ],
];
/// By how many bytes the number is longer than a coordinate at least, so that it is as good as
/// evenly spread after the division.
const SURPLUS: usize = 8;

/// Bytes of the chip's nonce: as many blocks as cover a key.
pub(in crate::emrtd) fn nonce_len(cipher: Cipher) -> usize {
    cipher.key_len().next_multiple_of(cipher.block_len())
}

/// The pseudo-random function before its division: `x1 ‖ … ‖ xn`. `None` for nonces of wrong
/// length.
pub(in crate::emrtd) fn pseudo_random(
    cipher: Cipher,
    curve: Curve,
    chip_nonce: &[u8],
    our_nonce: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let len = nonce_len(cipher);
    if chip_nonce.len() != len || our_nonce.len() != cipher.key_len() {
        return None;
    }
    let encrypt = |key: &Key, blocks: &[u8]| {
        let mut blocks = Zeroizing::new(blocks.to_vec());
        key.encrypt([0; BLOCK_MAX], &mut blocks);
        blocks
    };
    let [c0, c1] = [0, 1].map(|i| match len {
        16 => NARROW[i].as_slice(),
        _ => WIDE[i].as_flattened(),
    });
    let rounds = (field_bits(curve) + 8 * SURPLUS).div_ceil(8 * len);
    let mut number = Zeroizing::new(Vec::with_capacity(rounds * len));
    let mut key = Key::cut(cipher, &encrypt(&Key::cut(cipher, our_nonce)?, chip_nonce))?;
    for _ in 0..rounds {
        number.extend_from_slice(&encrypt(&key, c1));
        key = Key::cut(cipher, &encrypt(&key, c0))?;
    }
    Some(number)
}

/// Bits of the prime.
fn field_bits(curve: Curve) -> usize {
    match curve {
        Curve::P521 => 521,
        Curve::P256
        | Curve::P384
        | Curve::BrainpoolP256r1
        | Curve::BrainpoolP384r1
        | Curve::BrainpoolP512r1 => 8 * curve.field_len(),
    }
}

/// The point encoding for primes that are 3 modulo 4, as all of ours are (ICAO 9303-11 App. B.2).
/// `None` for 0 and ±1, which have no image.
pub(super) fn encode<C: PrimeCurveParams>(number: &[u8]) -> Option<Point<C>> {
    let (a, b) = (C::EQUATION_A, C::EQUATION_B);
    let t = remainder::<C>(number);
    let t_squared = t.square();
    let alpha = -t_squared;
    let inverse = Field::invert(&(alpha + alpha.square())).into_option()?;
    let over_a = Field::invert(&a).into_option()?;
    let x2 = -b * over_a * (C::FieldElement::ONE + inverse);
    let x3 = alpha * x2;
    let h2 = (x2.square() + a) * x2 + b;
    // Of h2 and of its counterpart at x3 exactly one is a square. This power of h2 is the inverse
    // of its square root, up to the sign, or that of -h2.
    let power = power_of_quarter::<C>(&h2);
    let is_square = power.square() * h2;
    let root = power * is_square;
    let at_x2 = is_square.ct_eq(&C::FieldElement::ONE);
    let y2 = root * h2;
    let y3 = root * t_squared * t * h2;
    let x = C::FieldElement::conditional_select(&x3, &x2, at_x2);
    let y = C::FieldElement::conditional_select(&y3, &y2, at_x2);
    Point::at(&x, &y)
}

/// The number modulo the curve's prime.
fn remainder<C: PrimeCurveParams>(number: &[u8]) -> C::FieldElement {
    let base = C::FieldElement::from(256);
    number.iter().fold(C::FieldElement::ZERO, |sum, byte| {
        sum * base + C::FieldElement::from(u64::from(*byte))
    })
}

/// `element` to the power of `(p - 3) / 4`. The exponent is public.
fn power_of_quarter<C: PrimeCurveParams>(element: &C::FieldElement) -> C::FieldElement {
    // p - 1 is 4 · (p - 3) / 4 + 2: the exponent without its last two bits.
    let exponent = (-C::FieldElement::ONE).to_repr();
    let bits = exponent
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let len = 8 * exponent.len() - 2;
    bits.take(len).fold(C::FieldElement::ONE, |power, bit| {
        let squared = power.square();
        if bit == 1 { squared * element } else { squared }
    })
}

//! ECDSA over brainpoolP512r1, verification only, on public data only: key, message and signature
//! are known to everybody, so nothing here tries to run in constant time. Written because no crate
//! has this curve, and some issuers (Vietnam's passports among them) sign with it.

use crypto_bigint::modular::ConstMontyForm;
use crypto_bigint::{NonZero, U512, const_monty_params};

use super::domain::BRAINPOOL_P512R1 as DOMAIN;

const_monty_params!(Prime, U512, DOMAIN.p, "The prime of the field.");
const_monty_params!(Order, U512, DOMAIN.n, "The order of the base point.");

/// A coordinate.
type Field = ConstMontyForm<Prime, { U512::LIMBS }>;
/// A multiplier of points.
type Scalar = ConstMontyForm<Order, { U512::LIMBS }>;

const P: U512 = U512::from_be_hex(DOMAIN.p);
const N: NonZero<U512> = NonZero::<U512>::new_unwrap(U512::from_be_hex(DOMAIN.n));
const A: Field = Field::new(&U512::from_be_hex(DOMAIN.a));
const B: Field = Field::new(&U512::from_be_hex(DOMAIN.b));

/// Bytes of a coordinate.
const FIELD_LEN: usize = 64;

/// A point in projective coordinates; the one at infinity has `z = 0`.
#[derive(Clone, Copy)]
pub(super) struct Point {
    x: Field,
    y: Field,
    z: Field,
}

impl Point {
    const INFINITY: Self = Self {
        x: Field::ZERO,
        y: Field::ONE,
        z: Field::ZERO,
    };

    /// The point with these coordinates, if it is on the curve.
    pub fn new(x: &[u8; FIELD_LEN], y: &[u8; FIELD_LEN]) -> Option<Self> {
        let (x, y) = (U512::from_be_slice(x), U512::from_be_slice(y));
        if x >= P || y >= P {
            return None;
        }
        let (x, y, z) = (Field::new(&x), Field::new(&y), Field::ONE);
        (y * y == (x * x + A) * x + B).then_some(Self { x, y, z })
    }

    fn generator() -> Self {
        Self {
            x: Field::new(&U512::from_be_hex(DOMAIN.x)),
            y: Field::new(&U512::from_be_hex(DOMAIN.y)),
            z: Field::ONE,
        }
    }

    /// The sum, complete for curves of odd order: equal points and infinity are no special cases
    /// (Renes, Costello, Batina: Complete addition formulas for prime order elliptic curves, 2015,
    /// algorithm 1, regrouped).
    fn add(&self, other: &Self) -> Self {
        let b3 = B + B + B;
        let (xx, yy, zz) = (self.x * other.x, self.y * other.y, self.z * other.z);
        let xy = self.x * other.y + other.x * self.y;
        let xz = self.x * other.z + other.x * self.z;
        let yz = self.y * other.z + other.y * self.z;
        let azz = A * zz;
        let shift = A * xz + b3 * zz;
        let (low, high) = (yy - shift, yy + shift);
        let slope = xx + xx + xx + azz;
        let cross = b3 * xz + A * (xx - azz);
        Self {
            x: xy * low - yz * cross,
            y: low * high + slope * cross,
            z: yz * high + xy * slope,
        }
    }

    /// `u · G + v · self`, both multipliers bit by bit together.
    fn combine(&self, u: &U512, v: &U512) -> Self {
        let generator = Self::generator();
        let both = generator.add(self);
        (0..U512::BITS).rev().fold(Self::INFINITY, |sum, bit| {
            let sum = sum.add(&sum);
            match (u.bit_vartime(bit), v.bit_vartime(bit)) {
                (false, false) => sum,
                (true, false) => sum.add(&generator),
                (false, true) => sum.add(self),
                (true, true) => sum.add(&both),
            }
        })
    }

    /// The affine x coordinate; `None` at infinity.
    fn affine_x(&self) -> Option<U512> {
        let inverse = self.z.invert_vartime().into_option()?;
        Some((self.x * inverse).retrieve())
    }
}

/// Whether `r` and `s` sign the hash (FIPS 186-5 §6.4.2). No hash is longer than this curve's
/// order, so none is cut.
pub(super) fn verify(
    point: &Point,
    hash: &[u8],
    r: &[u8; FIELD_LEN],
    s: &[u8; FIELD_LEN],
) -> Option<()> {
    let mut padded = [0; FIELD_LEN];
    padded
        .get_mut(FIELD_LEN.checked_sub(hash.len())?..)?
        .copy_from_slice(hash);
    let z = U512::from_be_slice(&padded).rem_vartime(&N);
    let (r, s) = (U512::from_be_slice(r), U512::from_be_slice(s));
    if r == U512::ZERO || r >= *N || s >= *N {
        return None;
    }
    let inverse = Scalar::new(&s).invert_vartime().into_option()?;
    let u = (Scalar::new(&z) * inverse).retrieve();
    let v = (Scalar::new(&r) * inverse).retrieve();
    let x = point.combine(&u, &v).affine_x()?;
    (x.rem_vartime(&N) == r).then_some(())
}

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

#[cfg(test)]
mod tests {
    use super::{Point, U512};

    /// RFC 7027 appendix A.3: a private key, its public key, and the other side's; the shared
    /// secret fixes multiplication of any point, which with addition is all of a verification.
    #[test]
    fn the_key_agreement_of_rfc_7027_is_reproduced() {
        let number = |hexadecimal: &str| U512::from_be_hex(hexadecimal);
        let point = |x: &str, y: &str| {
            let coordinate = |text: &str| -> [u8; 64] {
                hex::decode(text)
                    .expect("hex")
                    .try_into()
                    .expect("64 bytes")
            };
            Point::new(&coordinate(x), &coordinate(y)).expect("a point of the curve")
        };
        let x_a = "0A420517E406AAC0ACDCE90FCD71487718D3B953EFD7FBEC5F7F27E28C6149999397E91E029E06457DB2D3E640668B392C2A7E737A7F0BF04436D11640FD09FD";
        let x_b = "9D45F66DE5D67E2E6DB6E93A59CE0BB48106097FF78A081DE781CDB31FCE8CCBAAEA8DD4320C4119F1E9CD437A2EAB3731FA9668AB268D871DEDA55A5473199F";
        let a = point(
            x_a,
            "72E6882E8DB28AAD36237CD25D580DB23783961C8DC52DFA2EC138AD472A0FCEF3887CF62B623B2A87DE5C588301EA3E5FC269B373B60724F5E82A6AD147FDE7",
        );
        let b = point(
            x_b,
            "2FDC313095BCDD5FB3A91636F07A959C8E86B5636A1E930E8396049CB481961D365CC11453A06C719835475B12CB52FC3C383BCE35E27EF194512B71876285FA",
        );
        let secret_a = number(
            "16302FF0DBBB5A8D733DAB7141C1B45ACBC8715939677F6A56850A38BD87BD59B09E80279609FF333EB9D4C061231FB26F92EEB04982A5F1D1764CAD57665422",
        );
        let secret_b = number(
            "230E18E1BCC88A362FA54E4EA3902009292F7F8033624FD471B5D8ACE49D12CFABBC19963DAB8E2F1EBA00BFFB29E4D72D13F2224562F405CB80503666B25429",
        );
        let shared = number(
            "A7927098655F1F9976FA50A9D566865DC530331846381C87256BAF3226244B76D36403C024D7BBF0AA0803EAFF405D3D24F11A9B5C0BEF679FE1454B21C4CD1F",
        );
        let zero = U512::ZERO;
        for (point, u, v, x) in [
            (a, secret_a, zero, number(x_a)),
            (b, secret_b, zero, number(x_b)),
            (b, zero, secret_a, shared),
            (a, zero, secret_b, shared),
        ] {
            assert_eq!(point.combine(&u, &v).affine_x(), Some(x));
        }
    }

    #[test]
    fn the_order_times_any_point_is_infinity() {
        let generator = Point::generator();
        let order = U512::from_be_hex(super::DOMAIN.n);
        let zero = U512::ZERO;
        assert_eq!(generator.combine(&order, &zero).affine_x(), None);
        assert_eq!(generator.combine(&zero, &order).affine_x(), None);
        assert_eq!(generator.combine(&zero, &zero).affine_x(), None);
    }

    #[test]
    fn what_is_not_on_the_curve_is_no_point() {
        assert!(Point::new(&[0; 64], &[0; 64]).is_none());
        assert!(Point::new(&[0xFF; 64], &[0xFF; 64]).is_none());
    }
}

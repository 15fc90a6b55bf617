//! brainpoolP256r1 as PACE needs it: any base point, and peers that are not trusted.

use bp256::r1::{AffinePoint, BrainpoolP256r1, NonZeroScalar, ProjectivePoint};
use bp256::{FieldBytes, Scalar};
use elliptic_curve::Group;
use elliptic_curve::ops::Reduce;
use elliptic_curve::sec1::{FromSec1Point, Sec1Point, ToSec1Point};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of an uncompressed point.
const POINT_LEN: usize = 65;
/// Draws of a scalar before the random source is called broken: each succeeds with 66 %, so this
/// many failures in a row (10^-30) mean a source that is stuck.
const DRAWS_MAX: usize = 64;

/// A secret scalar; wiped when dropped.
pub(super) struct Secret(NonZeroScalar);

impl Secret {
    /// Draws a scalar; `None` where the source gives nothing usable.
    pub fn draw(random: &mut dyn FnMut(&mut [u8])) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        (0..DRAWS_MAX).find_map(|_| {
            random(&mut *bytes);
            NonZeroScalar::from_repr(FieldBytes::from(*bytes))
                .into_option()
                .map(Self)
        })
    }

    /// The public key over `base`.
    pub fn public(&self, base: &Point) -> Option<Point> {
        Point::new(base.point() * *self.0)
    }

    /// The shared secret's point; `None` if it is the point at infinity.
    pub fn agree(&self, peer: &Point) -> Option<Point> {
        self.public(peer)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A point of the curve that is not the point at infinity.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Point(AffinePoint);

impl Point {
    /// The curve's own generator.
    pub fn generator() -> Self {
        Self(ProjectivePoint::GENERATOR.to_affine())
    }

    /// Reads an uncompressed point; off-curve points, other forms and infinity are refused.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let encoded = Sec1Point::<BrainpoolP256r1>::from_bytes(bytes).ok()?;
        if bytes.len() != POINT_LEN || encoded.is_compressed() {
            return None;
        }
        Self::new(AffinePoint::from_sec1_point(&encoded).into_option()?.into())
    }

    /// The uncompressed form.
    pub fn encode(&self) -> Vec<u8> {
        self.0.to_sec1_point(false).as_bytes().to_vec()
    }

    /// The x coordinate, which is the shared secret.
    pub fn x(&self) -> Zeroizing<[u8; 32]> {
        let encoded = Zeroizing::new(self.encode());
        let mut x = Zeroizing::new([0; 32]);
        x.copy_from_slice(&encoded[1..33]);
        x
    }

    /// Generic mapping: `nonce · G + self` (ICAO 9303-11 §4.4.3.3.2).
    pub fn map(&self, nonce: &[u8; 16]) -> Option<Self> {
        let mut wide = Zeroizing::new([0; 32]);
        wide[16..].copy_from_slice(nonce);
        let nonce = Zeroizing::new(<Scalar as Reduce<FieldBytes>>::reduce(&FieldBytes::from(
            *wide,
        )));
        Self::new(ProjectivePoint::GENERATOR * *nonce + self.point())
    }

    fn new(point: ProjectivePoint) -> Option<Self> {
        (!bool::from(point.is_identity())).then(|| Self(point.to_affine()))
    }

    fn point(&self) -> ProjectivePoint {
        self.0.into()
    }
}

impl Drop for Point {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

use elliptic_curve::ops::Reduce;
use elliptic_curve::point::AffineCoordinates;
use elliptic_curve::sec1::{FromSec1Point, Sec1Point, ToSec1Point};
use elliptic_curve::{Group, NonZeroScalar, Scalar};
use primeorder::{AffinePoint, FieldBytes, PrimeCurveParams, PrimeField, ProjectivePoint};
use zeroize::{Zeroize, Zeroizing};

use super::Random;

/// Draws of a scalar before the random source is called broken: each succeeds with more than one
/// half, so this many failures in a row (below 10^-19) mean a source that is stuck.
const DRAWS_MAX: usize = 64;

/// A secret scalar of one curve. On the heap: a move leaves no copy that nobody wipes.
pub(in crate::emrtd) struct Secret<C: PrimeCurveParams>(Box<NonZeroScalar<C>>);

impl<C: PrimeCurveParams> Secret<C> {
    pub fn draw(random: Random<'_>) -> Option<Self> {
        let mut bytes = Zeroizing::new(FieldBytes::<C>::default());
        // The order of P-521 has 521 of the 528 bits.
        let excess = 8 * bytes.len() - Scalar::<C>::NUM_BITS as usize;
        (0..DRAWS_MAX).find_map(|_| {
            random(&mut bytes);
            bytes[0] &= 0xFF >> excess;
            Self::decode(&bytes)
        })
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = Zeroizing::new(FieldBytes::<C>::try_from(bytes).ok()?);
        NonZeroScalar::from_repr(FieldBytes::<C>::clone(&bytes))
            .into_option()
            .map(|scalar| Self(Box::new(scalar)))
    }

    pub fn multiply(&self, point: &Point<C>) -> Option<Point<C>> {
        Point::new(point.projective() * **self.0)
    }
}

impl<C: PrimeCurveParams> Drop for Secret<C> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A point of one curve that is not the point at infinity. On the heap like [`Secret`].
#[derive(Clone, PartialEq, Eq)]
pub(in crate::emrtd) struct Point<C: PrimeCurveParams>(Box<AffinePoint<C>>);

impl<C: PrimeCurveParams> Point<C> {
    pub fn generator() -> Self {
        Self(Box::new(AffinePoint::GENERATOR))
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let encoded = Sec1Point::<C>::from_bytes(bytes).ok()?;
        // Neither compressed nor compact nor infinity.
        encoded.y()?;
        Self::new(AffinePoint::from_sec1_point(&encoded).into_option()?.into())
    }

    /// From affine coordinates; `None` off the curve.
    pub fn at(x: &C::FieldElement, y: &C::FieldElement) -> Option<Self> {
        AffinePoint::from_coordinates(&x.to_repr(), &y.to_repr())
            .into_option()
            .map(|point| Self(Box::new(point)))
    }

    pub fn of_nonce(nonce: &[u8]) -> Option<Self> {
        let mut bytes = Zeroizing::new(FieldBytes::<C>::default());
        let start = bytes.len().checked_sub(nonce.len())?;
        bytes[start..].copy_from_slice(nonce);
        let nonce = Zeroizing::new(<Scalar<C> as Reduce<FieldBytes<C>>>::reduce(&bytes));
        Self::new(ProjectivePoint::mul_by_generator(&*nonce))
    }

    pub fn plus(&self, other: &Self) -> Option<Self> {
        Self::new(self.projective() + *other.0)
    }

    pub fn encode(&self) -> Vec<u8> {
        self.0.to_sec1_point(false).as_bytes().to_vec()
    }

    pub fn x(&self) -> Zeroizing<Vec<u8>> {
        let x = Zeroizing::new(AffineCoordinates::x(&*self.0));
        Zeroizing::new(x.to_vec())
    }

    fn new(point: ProjectivePoint<C>) -> Option<Self> {
        (!bool::from(point.is_identity())).then(|| Self(Box::new(point.to_affine())))
    }

    fn projective(&self) -> ProjectivePoint<C> {
        (*self.0).into()
    }
}

impl<C: PrimeCurveParams> Drop for Point<C> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

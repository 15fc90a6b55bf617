//! ECDSA verification (FIPS 186-5 §6.4.2), from the crate of each curve.

use ecdsa::hazmat::verify_prehashed;
use ecdsa::{EcdsaCurve, Signature};
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, Sec1Point, ToSec1Point};
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, ProjectivePoint};

use super::{SignatureFault, brainpool512};
use crate::emrtd::algorithm::Curve;
use crate::emrtd::asn1::{self, Elements, INTEGER, SEQUENCE};

/// Whether these bytes are an uncompressed point of the curve.
pub(super) fn is_on_curve(curve: Curve, point: &[u8]) -> bool {
    match curve {
        Curve::P256 => decode::<p256::NistP256>(point).is_some(),
        Curve::P384 => decode::<p384::NistP384>(point).is_some(),
        Curve::P521 => decode::<p521::NistP521>(point).is_some(),
        Curve::BrainpoolP256r1 => decode::<bp256::BrainpoolP256r1>(point).is_some(),
        Curve::BrainpoolP384r1 => decode::<bp384::BrainpoolP384r1>(point).is_some(),
        Curve::BrainpoolP512r1 => decode_512(point).is_some(),
    }
}

/// Verifies `r` and `s`, each as long as a coordinate, over a hash of any length: of a longer one
/// the leftmost bits count.
pub(super) fn verify(
    curve: Curve,
    point: &[u8],
    hash: &[u8],
    r_s: &[u8],
) -> Result<(), SignatureFault> {
    let verified = match curve {
        Curve::P256 => with_crate::<p256::NistP256>(point, hash, r_s),
        Curve::P384 => with_crate::<p384::NistP384>(point, hash, r_s),
        Curve::P521 => with_crate::<p521::NistP521>(point, hash, r_s),
        Curve::BrainpoolP256r1 => with_crate::<bp256::BrainpoolP256r1>(point, hash, r_s),
        Curve::BrainpoolP384r1 => with_crate::<bp384::BrainpoolP384r1>(point, hash, r_s),
        Curve::BrainpoolP512r1 => with_own(point, hash, r_s),
    };
    verified.ok_or(SignatureFault::Wrong)
}

/// `r` and `s` of a DER signature (RFC 3279 §2.2.3), each padded to a coordinate's length. Longer
/// ones belong to another curve, and so to another key.
pub(super) fn plain_of_der(curve: Curve, signature: &[u8]) -> Result<Vec<u8>, SignatureFault> {
    let mut elements = Elements::within(signature, SEQUENCE)?;
    let mut plain = Vec::with_capacity(2 * curve.field_len());
    for _ in 0..2 {
        let number = asn1::unsigned(elements.take(INTEGER)?.value)?;
        let padding = curve
            .field_len()
            .checked_sub(number.len())
            .ok_or(SignatureFault::Wrong)?;
        plain.resize(plain.len() + padding, 0);
        plain.extend_from_slice(number);
    }
    elements.end()?;
    Ok(plain)
}

fn decode<C>(point: &[u8]) -> Option<AffinePoint<C>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let encoded = Sec1Point::<C>::from_bytes(point).ok()?;
    if encoded.is_compressed() || encoded.is_identity() {
        return None;
    }
    AffinePoint::<C>::from_sec1_point(&encoded).into_option()
}

fn with_crate<C>(point: &[u8], hash: &[u8], r_s: &[u8]) -> Option<()>
where
    C: EcdsaCurve + CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
    ecdsa::SignatureSize<C>: elliptic_curve::array::ArraySize,
{
    let point = ProjectivePoint::<C>::from(decode::<C>(point)?);
    let signature = Signature::<C>::from_slice(r_s).ok()?;
    verify_prehashed::<C>(&point, hash, &signature).ok()
}

fn decode_512(point: &[u8]) -> Option<brainpool512::Point> {
    let (x, y) = halves(point.strip_prefix(&[0x04])?)?;
    brainpool512::Point::new(x, y)
}

fn with_own(point: &[u8], hash: &[u8], r_s: &[u8]) -> Option<()> {
    let (r, s) = halves(r_s)?;
    brainpool512::verify(&decode_512(point)?, hash, r, s)
}

fn halves(bytes: &[u8]) -> Option<(&[u8; 64], &[u8; 64])> {
    let (first, second) = bytes.split_first_chunk()?;
    Some((first, second.try_into().ok()?))
}

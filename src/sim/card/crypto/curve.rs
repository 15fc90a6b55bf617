//! Elliptic curves: the standardised domain parameters (ICAO 9303-11 §9.5.1) and their points.

use std::time::Duration;

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcGroup, EcGroupRef, EcPoint, EcPointRef, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::nid::Nid;

use crate::sim::card::apdu::Status;

/// Parameter numbers, curves, and how long a chip takes over one multiplication.
const CURVES: [(u8, Nid, u64); 9] = [
    (10, Nid::SECP224R1, 30),
    (11, Nid::BRAINPOOL_P224R1, 30),
    (12, Nid::X9_62_PRIME256V1, 40),
    (13, Nid::BRAINPOOL_P256R1, 40),
    (14, Nid::BRAINPOOL_P320R1, 70),
    (15, Nid::SECP384R1, 110),
    (16, Nid::BRAINPOOL_P384R1, 110),
    (17, Nid::BRAINPOOL_P512R1, 250),
    (18, Nid::SECP521R1, 300),
];

/// A curve with its generator.
pub(in crate::sim::card) struct Domain {
    group: EcGroup,
    order: BigNum,
    multiplication: Duration,
}

impl Domain {
    fn all() -> impl Iterator<Item = (u8, Self)> {
        CURVES.into_iter().filter_map(|(parameter, nid, millis)| {
            let group = EcGroup::from_curve_name(nid).ok()?;
            let domain = Self {
                order: order_of(&group).ok()?,
                group,
                multiplication: Duration::from_millis(millis),
            };
            Some((parameter, domain))
        })
    }

    /// The curve with this number.
    pub fn of_parameter(parameter: u8) -> Option<Self> {
        Self::all().find_map(|(known, domain)| (known == parameter).then_some(domain))
    }

    /// The curve of a key, whose parameters may be explicit.
    pub fn of_group(group: &EcGroupRef) -> Option<Self> {
        let order = order_of(group).ok()?;
        Self::all().find_map(|(_, domain)| (domain.order == order).then_some(domain))
    }

    /// The curve on which a point lies.
    pub fn of_point(point: &[u8]) -> Option<Self> {
        Self::all().find_map(|(_, domain)| domain.point(point).is_ok().then_some(domain))
    }

    pub fn group(&self) -> &EcGroupRef {
        &self.group
    }

    pub fn order(&self) -> &BigNumRef {
        &self.order
    }

    pub fn generator(&self) -> &EcPointRef {
        let generator = self.group.generator_opt();
        generator.expect("a built-in curve has a generator")
    }

    /// How long a chip takes over one multiplication.
    pub fn multiplication(&self) -> Duration {
        self.multiplication
    }

    /// Bytes of a coordinate.
    fn width(&self) -> usize {
        self.group.degree().div_ceil(8) as usize
    }

    /// Bytes of a scalar.
    pub fn scalar_len(&self) -> usize {
        self.group.order_bits().div_ceil(8) as usize
    }

    /// The bits of a scalar's first byte that the order leaves.
    pub(super) fn scalar_mask(&self) -> u8 {
        0xFF >> (8 * self.scalar_len() as u32 - self.group.order_bits())
    }

    /// An uncompressed point; wrong data where it is not on the curve.
    pub fn point(&self, bytes: &[u8]) -> Result<EcPoint, Status> {
        if bytes.len() != 1 + 2 * self.width() || bytes[0] != 0x04 {
            return Err(Status::WRONG_DATA);
        }
        let mut context = BigNumContext::new()?;
        EcPoint::from_bytes(&self.group, bytes, &mut context).map_err(|_| Status::WRONG_DATA)
    }

    /// A point as it is sent, uncompressed.
    pub fn encode(&self, point: &EcPointRef) -> Result<Vec<u8>, ErrorStack> {
        let mut context = BigNumContext::new()?;
        point.to_bytes(&self.group, PointConversionForm::UNCOMPRESSED, &mut context)
    }

    /// A shared point's first coordinate, all that key derivation uses.
    pub fn shared(&self, point: &EcPointRef) -> Result<Vec<u8>, Status> {
        // The point at infinity is a single byte.
        let encoded = self.encode(point)?;
        let x = encoded.get(1..=self.width());
        x.map(<[u8]>::to_vec).ok_or(Status::WRONG_DATA)
    }
}

fn order_of(group: &EcGroupRef) -> Result<BigNum, ErrorStack> {
    let mut order = BigNum::new()?;
    group.order(&mut order, &mut *BigNumContext::new()?)?;
    Ok(order)
}

//! Certificate revocation lists (RFC 5280 §5, ICAO 9303-12 §7.1.4).

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::certificate::{Signed, date, for_each};
use super::name::Name;
use crate::emrtd::asn1::{Asn1Error, Elements, INTEGER, SEQUENCE};
use crate::emrtd::signature::{PublicKey, SignatureFault};

/// 2.5.29.20 and .35: the list's number and its issuer's key, the extensions of a plain list.
const PLAIN_EXTENSIONS: [&[u8]; 2] = [&[0x55, 0x1D, 20], &[0x55, 0x1D, 35]];

/// A list of revoked certificates.
#[derive(Debug, Clone)]
pub(in crate::emrtd) struct Crl {
    der: Vec<u8>,
    pub issuer: Name,
    pub this_update: Date,
    /// From the day after on it is stale.
    pub next_update: Option<Date>,
    revoked: BTreeSet<Vec<u8>>,
    /// A critical extension changes what the list means (a partial list, another's certificates).
    pub is_special: bool,
}

impl Crl {
    /// Reads a DER list.
    pub fn parse(der: &[u8]) -> Result<Self, Asn1Error> {
        let mut body = Elements::within(Signed::parse(der)?.body, SEQUENCE)?;
        body.optional(INTEGER)?;
        body.take(SEQUENCE)?;
        let issuer = Name::parse(body.take(SEQUENCE)?.raw)?;
        let this_update = date(&mut body)?;
        let next_update = match is_time(body)? {
            true => Some(date(&mut body)?),
            false => None,
        };
        let mut is_special = false;
        let mut note_special = |oid: &[u8], is_critical, _: &[u8]| {
            is_special |= is_critical && !PLAIN_EXTENSIONS.contains(&oid);
            Ok(())
        };
        let mut revoked = BTreeSet::new();
        let mut entries = body
            .optional(SEQUENCE)?
            .map_or(Elements::of(&[]), |entries| Elements::of(entries.value));
        while !entries.is_empty() {
            let mut entry = entries.enter(SEQUENCE)?;
            revoked.insert(entry.take(INTEGER)?.value.to_vec());
            date(&mut entry)?;
            if let Some(extensions) = entry.optional(SEQUENCE)? {
                for_each(extensions.raw, &mut note_special)?;
            }
        }
        if let Some(extensions) = body.optional(0xA0)? {
            for_each(extensions.value, &mut note_special)?;
        }
        body.end()?;
        Ok(Self {
            der: der.to_vec(),
            issuer,
            this_update,
            next_update,
            revoked,
            is_special,
        })
    }

    /// Whether it revokes the certificate with this serial number.
    pub fn revokes(&self, serial: &[u8]) -> bool {
        self.revoked.contains(serial)
    }

    /// How many certificates it revokes.
    pub fn len(&self) -> usize {
        self.revoked.len()
    }

    /// Verifies its signature under the issuer's key.
    pub fn verify(&self, issuer: &PublicKey) -> Result<(), SignatureFault> {
        let signed = Signed::parse(&self.der).expect("the list was read before");
        signed.verify(issuer)
    }
}

fn is_time(mut rest: Elements<'_>) -> Result<bool, Asn1Error> {
    Ok(!rest.is_empty() && matches!(rest.any()?.tag, 0x17 | 0x18))
}

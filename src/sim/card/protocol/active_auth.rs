//! The card's side of active authentication (ICAO 9303-11 §6.1).

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::ec::{EcKeyRef, EcPointRef};
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::pkey::Private;

use crate::sim::card::apdu::{Answer, Status};
use crate::sim::card::chip::ActiveKey;
use crate::sim::card::crypto::{Coprocessor, Domain};

/// INTERNAL AUTHENTICATE. `trailer` takes the place of the one that the hash has.
pub(in crate::sim::card) fn sign(
    work: &mut Coprocessor,
    key: &ActiveKey,
    trailer: Option<&[u8]>,
    challenge: &[u8],
) -> Answer {
    if let Ok(rsa) = key.private.rsa() {
        let trailer = trailer.map_or_else(|| trailer_of(key.hash), |own| Ok(own.to_vec()))?;
        let block = recoverable(work, rsa.size() as usize, key.hash, &trailer, challenge)?;
        return Ok(work.rsa(&rsa, &block)?);
    }
    ecdsa(work, &*key.private.ec_key()?, key.hash, challenge)
}

/// ISO 9796-2 names SHA-1 by its old trailer, all others by theirs of ISO 10118.
fn trailer_of(hash: MessageDigest) -> Answer {
    match hash.type_() {
        Nid::SHA1 => Ok(vec![0xBC]),
        Nid::SHA224 => Ok(vec![0x38, 0xCC]),
        Nid::SHA256 => Ok(vec![0x34, 0xCC]),
        Nid::SHA384 => Ok(vec![0x36, 0xCC]),
        Nid::SHA512 => Ok(vec![0x35, 0xCC]),
        _ => Err(Status::BROKEN),
    }
}

/// The block of ISO 9796-2 scheme 1 with partial recovery: a random part, and the hash over it and
/// the challenge.
pub(in crate::sim::card) fn recoverable(
    work: &mut Coprocessor,
    len: usize,
    digest: MessageDigest,
    trailer: &[u8],
    challenge: &[u8],
) -> Answer {
    let rest = 1 + digest.size() + trailer.len();
    let part = work.random_vec(len.checked_sub(rest).ok_or(Status::BROKEN)?);
    let hashed = hash(digest, &[&part[..], challenge].concat())?;
    Ok([&[0x6A], &part[..], &hashed, trailer].concat())
}

/// A plain signature: r and s, each as long as the order (the plain format of BSI TR-03111).
fn ecdsa(
    work: &mut Coprocessor,
    key: &EcKeyRef<Private>,
    digest: MessageDigest,
    challenge: &[u8],
) -> Answer {
    let domain = Domain::of_group(key.group()).ok_or(Status::BROKEN)?;
    let hashed = hash(digest, challenge)?;
    let number = leftmost(&hashed, domain.order())?;
    let context = &mut *BigNumContext::new()?;
    let ephemeral = work.scalar(&domain)?;
    let point = work.multiply(&domain, domain.generator(), &ephemeral)?;
    let r = first_coordinate(&domain, &point)?;
    // s = (hash + r · key) / ephemeral
    let (mut s, mut product, mut inverse) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
    product.mod_mul(&r, key.private_key(), domain.order(), context)?;
    let mut sum = BigNum::new()?;
    sum.mod_add(&number, &product, domain.order(), context)?;
    inverse.mod_inverse(&ephemeral, domain.order(), context)?;
    s.mod_mul(&sum, &inverse, domain.order(), context)?;
    let len = i32::try_from(domain.scalar_len()).map_err(|_| Status::BROKEN)?;
    Ok([r.to_vec_padded(len)?, s.to_vec_padded(len)?].concat())
}

/// As many bits of the hash as the order has.
fn leftmost(hashed: &[u8], order: &BigNumRef) -> Result<BigNum, Status> {
    let number = BigNum::from_slice(hashed)?;
    let excess = 8 * hashed.len() as i32 - order.num_bits();
    if excess <= 0 {
        return Ok(number);
    }
    let mut out = BigNum::new()?;
    out.rshift(&number, excess)?;
    Ok(out)
}

fn first_coordinate(domain: &Domain, point: &EcPointRef) -> Result<BigNum, Status> {
    let x = BigNum::from_slice(&domain.shared(point)?)?;
    let mut r = BigNum::new()?;
    r.nnmod(&x, domain.order(), &mut *BigNumContext::new()?)?;
    Ok(r)
}

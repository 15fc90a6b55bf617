//! ASN.1 structures in DER (ITU-T X.690), read element by element on top of [`tlv`]: what keys,
//! certificates and signed objects are made of. Nothing is copied and nothing encoded anew, so what
//! is hashed later is what came.

use thiserror::Error;

use super::tlv::{self, Tlv, TlvError};

/// BOOLEAN.
pub(super) const BOOLEAN: u32 = 0x01;
/// INTEGER.
pub(super) const INTEGER: u32 = 0x02;
/// BIT STRING.
pub(super) const BIT_STRING: u32 = 0x03;
/// OCTET STRING.
pub(super) const OCTET_STRING: u32 = 0x04;
/// OBJECT IDENTIFIER.
pub(super) const OID: u32 = 0x06;
/// SEQUENCE and SEQUENCE OF.
pub(super) const SEQUENCE: u32 = 0x30;
/// SET and SET OF.
pub(super) const SET: u32 = 0x31;

/// The bytes are not the structure that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum Asn1Error {
    #[error("{0}")]
    Tlv(#[from] TlvError),
    #[error("{0}")]
    Content(&'static str),
}

/// The elements of a value that have not been read yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    /// The elements of a value.
    pub fn of(value: &'a [u8]) -> Self {
        Self(value)
    }

    /// The elements inside the one object with this tag that `bytes` must be, wholly.
    pub fn within(bytes: &'a [u8], tag: u32) -> Result<Self, Asn1Error> {
        let mut whole = Self(bytes);
        let inside = whole.take(tag)?;
        whole.end()?;
        Ok(Self(inside.value))
    }

    /// The next element, whatever it is.
    pub fn any(&mut self) -> Result<Tlv<'a>, Asn1Error> {
        let (object, rest) = tlv::first(self.0)?;
        self.0 = rest;
        Ok(object)
    }

    /// The next element, which must have this tag.
    pub fn take(&mut self, tag: u32) -> Result<Tlv<'a>, Asn1Error> {
        self.optional(tag)?
            .ok_or(Asn1Error::Tlv(TlvError::Missing(tag)))
    }

    /// The next element if it has this tag.
    pub fn optional(&mut self, tag: u32) -> Result<Option<Tlv<'a>>, Asn1Error> {
        match tlv::header(self.0)? {
            Some(header) if header.tag == tag => self.any().map(Some),
            Some(_) | None => Ok(None),
        }
    }

    /// The next element, a structure with this tag: its elements.
    pub fn enter(&mut self, tag: u32) -> Result<Self, Asn1Error> {
        Ok(Self(self.take(tag)?.value))
    }

    /// Nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may be left.
    pub fn end(self) -> Result<(), Asn1Error> {
        match self.0 {
            [] => Ok(()),
            _ => Err(Asn1Error::Content("something follows a structure's end")),
        }
    }
}

/// The bytes of an INTEGER's value that is not negative, without leading zeros.
pub(super) fn unsigned(value: &[u8]) -> Result<&[u8], Asn1Error> {
    match value {
        [] => Err(Asn1Error::Content("a number without digits")),
        [first, ..] if first & 0x80 != 0 => Err(Asn1Error::Content("a negative number")),
        _ => Ok(without_leading_zeros(value)),
    }
}

/// An INTEGER's value as a small number.
pub(super) fn small(value: &[u8]) -> Result<usize, Asn1Error> {
    match unsigned(value)? {
        digits if digits.len() <= 4 => {
            Ok(digits.iter().fold(0, |n, byte| n << 8 | usize::from(*byte)))
        }
        _ => Err(Asn1Error::Content("a number is too large")),
    }
}

/// The bytes of a BIT STRING's value that holds whole bytes.
pub(super) fn whole_bytes(value: &[u8]) -> Result<&[u8], Asn1Error> {
    match value {
        [0, bytes @ ..] => Ok(bytes),
        _ => Err(Asn1Error::Content("a bit string does not hold whole bytes")),
    }
}

/// A number's bytes without the zeros before them.
pub(super) fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

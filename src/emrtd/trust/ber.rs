//! Indefinite lengths, which CMS allows and DER does not (ITU-T X.690 §8.1.3.6): some issuers'
//! security objects have them, and octet strings in parts. They are made definite once, before
//! anything is read; what is definite already stays byte for byte.

use crate::emrtd::asn1::{Asn1Error, OCTET_STRING};
use crate::emrtd::tlv::{self, TlvError};

/// Structures inside structures. A security object needs about ten.
const DEPTH_MAX: usize = 16;
/// Objects in all.
const OBJECTS_MAX: usize = 10_000;
/// An octet string in parts.
const OCTET_STRING_IN_PARTS: &[u8] = &[0x24];

/// The same object with definite lengths. What follows it is dropped.
pub(super) fn definite(bytes: &[u8]) -> Result<Vec<u8>, Asn1Error> {
    let mut objects_left = OBJECTS_MAX;
    let mut rewriter = Rewriter {
        rest: bytes,
        has_changed: false,
        objects_left: &mut objects_left,
    };
    let mut out = Vec::with_capacity(bytes.len());
    rewriter.object(&mut out, 0)?;
    Ok(out)
}

struct Rewriter<'a, 'b> {
    rest: &'a [u8],
    has_changed: bool,
    objects_left: &'b mut usize,
}

impl Rewriter<'_, '_> {
    /// Rewrites the next object; `false` at an end-of-contents mark.
    fn object(&mut self, out: &mut Vec<u8>, depth: usize) -> Result<bool, Asn1Error> {
        *self.objects_left = self
            .objects_left
            .checked_sub(usize::from(depth < DEPTH_MAX))
            .filter(|_| depth < DEPTH_MAX)
            .ok_or(Asn1Error::Content("too many structures in each other"))?;
        if let Some(rest) = self.rest.strip_prefix(&[0, 0]) {
            self.rest = rest;
            return Ok(false);
        }
        let (tag, after) = split_tag(self.rest)?;
        if let Some(rest) = after.strip_prefix(&[0x80]) {
            self.rest = rest;
            let mut value = Vec::new();
            while self.object(&mut value, depth + 1)? {}
            self.has_changed = true;
            push(out, tag, value)?;
            return Ok(true);
        }
        let (object, rest) = tlv::first(self.rest)?;
        self.rest = rest;
        match self.inside(tag, object.value, depth)? {
            Some(value) => push(out, tag, value)?,
            None => out.extend_from_slice(object.raw),
        }
        Ok(true)
    }

    /// The value of an object of definite length, if it had to change.
    fn inside(
        &mut self,
        tag: &[u8],
        value: &[u8],
        depth: usize,
    ) -> Result<Option<Vec<u8>>, Asn1Error> {
        if tag.first().is_none_or(|first| first & 0x20 == 0) {
            return Ok(None);
        }
        let mut inner = Rewriter {
            rest: value,
            has_changed: tag == OCTET_STRING_IN_PARTS,
            objects_left: self.objects_left,
        };
        let mut out = Vec::with_capacity(value.len());
        while !inner.rest.is_empty() {
            if !inner.object(&mut out, depth + 1)? {
                return Err(Asn1Error::Content("an end-of-contents mark too many"));
            }
        }
        self.has_changed |= inner.has_changed;
        Ok(inner.has_changed.then_some(out))
    }
}

/// The bytes of the tag, and what follows them.
fn split_tag(bytes: &[u8]) -> Result<(&[u8], &[u8]), TlvError> {
    let more = |byte: &&u8| **byte & 0x80 != 0;
    let len = match bytes {
        [first, rest @ ..] if first & 0x1F == 0x1F => 2 + rest.iter().take_while(more).count(),
        _ => 1,
    };
    bytes.split_at_checked(len).ok_or(TlvError::Truncated)
}

/// An octet string in parts becomes whole on the way.
fn push(out: &mut Vec<u8>, tag: &[u8], value: Vec<u8>) -> Result<(), Asn1Error> {
    let (tag, value) = match tag == OCTET_STRING_IN_PARTS {
        true => (&[0x04][..], joined(&value)?),
        false => (tag, value),
    };
    out.extend_from_slice(tag);
    match (value.len() as u64).to_be_bytes() {
        [0, 0, 0, 0, 0, 0, 0, n @ 0..=0x7F] => out.push(n),
        [0, 0, 0, 0, 0, 0, 0, n] => out.extend([0x81, n]),
        [0, 0, 0, 0, 0, 0, a, b] => out.extend([0x82, a, b]),
        [0, 0, 0, 0, 0, a, b, c] => out.extend([0x83, a, b, c]),
        _ => return Err(TlvError::Length.into()),
    }
    out.extend(value);
    Ok(())
}

fn joined(parts: &[u8]) -> Result<Vec<u8>, Asn1Error> {
    let mut all = Vec::with_capacity(parts.len());
    for part in tlv::list(parts)? {
        if part.tag != OCTET_STRING {
            return Err(Asn1Error::Content("an octet string of other parts"));
        }
        all.extend_from_slice(part.value);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::definite;
    use crate::emrtd::tlv::build;

    #[test]
    fn indefinite_lengths_and_octet_strings_in_parts_become_definite() {
        let indefinite =
            hex::decode("3080060155A080248004020102040103000000003003020105310000000000");
        let rewritten = definite(&indefinite.expect("hex")).expect("readable");
        assert_eq!(
            hex::encode_upper(rewritten),
            "3011060155A0050403010203300302010531 00".replace(' ', "")
        );
    }

    #[test]
    fn what_is_definite_stays_byte_for_byte_even_with_lengths_that_are_too_long() {
        let odd = [0x30, 0x81, 0x05, 0x02, 0x82, 0x00, 0x01, 0x07];
        assert_eq!(definite(&odd).expect("readable"), odd);
        let outer = [&[0x30, 0x80][..], &odd, &[0, 0]].concat();
        assert_eq!(definite(&outer).expect("readable"), build(0x30, &odd));
    }

    #[test]
    fn structures_without_end_are_refused() {
        assert!(definite(&[0x30, 0x80].repeat(17)).is_err());
        assert!(definite(&[0x30, 0x80].repeat(30_000)).is_err());
        let many = [&[0x30, 0x80][..], &[0x05, 0x00].repeat(10_001), &[0, 0]].concat();
        assert!(definite(&many).is_err());
        assert!(definite(&[0x30, 0x80, 0x05, 0x00]).is_err());
        assert!(definite(&[0x30, 0x02, 0x00, 0x00]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_rewritten_without_a_panic_and_never_grow_much(bytes: Vec<u8>) {
            if let Ok(rewritten) = definite(&bytes) {
                prop_assert!(rewritten.len() <= bytes.len() + 8);
            }
        }
    }
}

//! BER-TLV with limits (ISO/IEC 7816-4 §5.2.2). Everything that comes from a card goes through here.

use thiserror::Error;

/// Objects in one list. A file has at most 64 kB; what has more objects than this is no file of ours.
const OBJECTS_MAX: usize = 1_000;
/// Bytes of a tag: data groups need two.
const TAG_BYTES_MAX: usize = 3;
/// Bytes of a length after the first.
const LENGTH_BYTES_MAX: usize = 3;

/// The bytes are not the TLV structure that the standard asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum TlvError {
    #[error("a data object ends before its length says")]
    Truncated,
    #[error("a tag is longer than three bytes")]
    Tag,
    #[error("a length is indefinite or longer than four bytes")]
    Length,
    #[error("a list has too many data objects")]
    TooMany,
    #[error("data object {0:X} is missing")]
    Missing(u32),
}

/// One data object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tlv<'a> {
    /// The tag, its bytes as one number (`5F1F`).
    pub tag: u32,
    /// The value.
    pub value: &'a [u8],
    /// Tag, length and value as they came.
    pub raw: &'a [u8],
}

/// Tag and length of a data object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub tag: u32,
    /// Bytes of tag and length.
    pub header_len: usize,
    /// Bytes of tag, length and value.
    pub total_len: usize,
}

/// Reads tag and length; `None` where more bytes are needed to know them.
pub(super) fn header(bytes: &[u8]) -> Result<Option<Header>, TlvError> {
    let Some((tag, tag_len)) = tag(bytes)? else {
        return Ok(None);
    };
    let Some(&first) = bytes.get(tag_len) else {
        return Ok(None);
    };
    let more = match first {
        0..=0x7F => 0,
        0x80 => return Err(TlvError::Length),
        _ => usize::from(first & 0x7F),
    };
    if more > LENGTH_BYTES_MAX {
        return Err(TlvError::Length);
    }
    let header_len = tag_len + 1 + more;
    let Some(length_bytes) = bytes.get(tag_len + 1..header_len) else {
        return Ok(None);
    };
    let length = match more {
        0 => usize::from(first),
        _ => length_bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b)),
    };
    Ok(Some(Header {
        tag,
        header_len,
        total_len: header_len + length,
    }))
}

fn tag(bytes: &[u8]) -> Result<Option<(u32, usize)>, TlvError> {
    let Some(&first) = bytes.first() else {
        return Ok(None);
    };
    let mut tag = u32::from(first);
    if first & 0x1F != 0x1F {
        return Ok(Some((tag, 1)));
    }
    for len in 2..=TAG_BYTES_MAX {
        let Some(&byte) = bytes.get(len - 1) else {
            return Ok(None);
        };
        tag = tag << 8 | u32::from(byte);
        if byte & 0x80 == 0 {
            return Ok(Some((tag, len)));
        }
    }
    Err(TlvError::Tag)
}

/// The first data object, and what follows it.
pub(super) fn first(bytes: &[u8]) -> Result<(Tlv<'_>, &[u8]), TlvError> {
    let header = header(bytes)?.ok_or(TlvError::Truncated)?;
    let (raw, rest) = bytes
        .split_at_checked(header.total_len)
        .ok_or(TlvError::Truncated)?;
    let value = &raw[header.header_len..];
    let tag = header.tag;
    Ok((Tlv { tag, value, raw }, rest))
}

/// All data objects of a value, in their order.
pub(super) fn list(mut bytes: &[u8]) -> Result<Vec<Tlv<'_>>, TlvError> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        if all.len() == OBJECTS_MAX {
            return Err(TlvError::TooMany);
        }
        let (object, rest) = first(bytes)?;
        all.push(object);
        bytes = rest;
    }
    Ok(all)
}

/// The value of the first object, which must have this tag; what follows is ignored.
pub(super) fn expect(bytes: &[u8], tag: u32) -> Result<&[u8], TlvError> {
    match first(bytes)? {
        (object, _) if object.tag == tag => Ok(object.value),
        _ => Err(TlvError::Missing(tag)),
    }
}

/// The value of the one object that there is, which must have this tag.
pub(super) fn only(bytes: &[u8], tag: u32) -> Result<&[u8], TlvError> {
    match first(bytes)? {
        (object, []) if object.tag == tag => Ok(object.value),
        (object, _) if object.tag == tag => Err(TlvError::TooMany),
        _ => Err(TlvError::Missing(tag)),
    }
}

/// The value of the object with this tag, anywhere in the list.
pub(super) fn find(bytes: &[u8], tag: u32) -> Result<&[u8], TlvError> {
    list(bytes)?
        .into_iter()
        .find(|object| object.tag == tag)
        .map(|object| object.value)
        .ok_or(TlvError::Missing(tag))
}

/// Builds a data object with a tag of one or two bytes and a value below 64 kB.
pub(super) fn build(tag: u16, value: &[u8]) -> Vec<u8> {
    let [high, low] = tag.to_be_bytes();
    let mut out = Vec::with_capacity(value.len() + 5);
    if high != 0 {
        out.push(high);
    }
    out.push(low);
    let length = u16::try_from(value.len()).expect("our own objects stay below 64 kB");
    match length.to_be_bytes() {
        [0, n @ 0..=0x7F] => out.push(n),
        [0, n] => out.extend([0x81, n]),
        [a, b] => out.extend([0x82, a, b]),
    }
    out.extend_from_slice(value);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{TlvError, build, expect, find, first, header, list};

    #[test]
    fn long_tags_and_long_lengths_are_read() {
        let value = [7; 300];
        let object = build(0x5F1F, &value);
        assert_eq!(object[..5], [0x5F, 0x1F, 0x82, 0x01, 0x2C]);
        let outer = build(0x61, &object);
        assert_eq!(
            find(expect(&outer, 0x61).expect("61"), 0x5F1F),
            Ok(&value[..])
        );
    }

    #[test]
    fn what_breaks_the_rules_is_an_error() {
        for (bytes, error) in [
            (&[0x30u8, 0x80, 0, 0][..], TlvError::Length),
            (&[0x30, 0x84, 0, 0, 0, 1, 0], TlvError::Length),
            (&[0x30, 0x02, 0], TlvError::Truncated),
            (&[0x30], TlvError::Truncated),
            (&[], TlvError::Truncated),
            (&[0x5F, 0x81, 0x81, 0x01, 0], TlvError::Tag),
        ] {
            assert_eq!(first(bytes).map(|_| ()), Err(error), "{bytes:?}");
        }
        assert_eq!(list(&[2, 0].repeat(1_001)), Err(TlvError::TooMany));
        assert_eq!(expect(&[0x31, 0], 0x30), Err(TlvError::Missing(0x30)));
    }

    #[test]
    fn a_header_is_known_as_soon_as_its_bytes_are_there() {
        let object = build(0x75, &[0; 1000]);
        for n in 0..4 {
            assert_eq!(header(&object[..n]), Ok(None), "{n} bytes");
        }
        let found = header(&object[..4]).expect("right").expect("whole");
        assert_eq!((found.tag, found.total_len), (0x75, 1004));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic_and_nothing_is_invented(bytes: Vec<u8>) {
            if let Ok(objects) = list(&bytes) {
                let joined: Vec<u8> = objects.iter().flat_map(|o| o.raw.to_vec()).collect();
                prop_assert_eq!(joined, bytes);
            }
        }

        #[test]
        fn what_is_built_is_read_back(tag in prop::sample::select(vec![0x04u16, 0x30, 0x7F49, 0x5F2E]), value: Vec<u8>) {
            let object = build(tag, &value);
            prop_assert_eq!(expect(&object, tag.into()), Ok(&value[..]));
        }
    }
}

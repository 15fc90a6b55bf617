//! Just enough BER-TLV for a card: it reads its own commands and writes its own files.

/// Tag, length, value.
pub(super) fn object(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let mut out = tag.to_vec();
    let len = value.len();
    if len < 128 {
        out.push(len as u8);
    } else if len < 256 {
        out.extend([0x81, len as u8]);
    } else {
        assert!(len < 65_536, "a simulated file is shorter than 64 kB");
        out.extend([0x82, (len >> 8) as u8, len as u8]);
    }
    out.extend_from_slice(value);
    out
}

/// An object with a tag of one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Object<'a> {
    pub tag: u8,
    pub value: &'a [u8],
    /// All of its bytes, as they came.
    pub raw: &'a [u8],
}

/// Takes one object off the front.
pub(super) fn take<'a>(bytes: &mut &'a [u8]) -> Option<Object<'a>> {
    let whole = *bytes;
    let (&tag, rest) = whole.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0..=0x7F => (usize::from(*first), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => {
            let (len, rest) = rest.split_first_chunk()?;
            (u16::from_be_bytes(*len).into(), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(len)?;
    *bytes = rest;
    let raw = &whole[..whole.len() - rest.len()];
    Some(Object { tag, value, raw })
}

/// The value of the only object in `bytes`, if it has this tag.
pub(super) fn only(mut bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let found = take(&mut bytes)?;
    (found.tag == tag && bytes.is_empty()).then_some(found.value)
}

/// The values of the objects in `bytes` with these tags; others are passed over. `None` where
/// one is there twice, or the bytes are no objects.
pub(super) fn pick<const N: usize>(mut bytes: &[u8], tags: [u8; N]) -> Option<[Option<&[u8]>; N]> {
    let mut values = [None; N];
    while !bytes.is_empty() {
        let found = take(&mut bytes)?;
        if let Some(place) = tags.iter().position(|tag| *tag == found.tag)
            && values[place].replace(found.value).is_some()
        {
            return None;
        }
    }
    Some(values)
}

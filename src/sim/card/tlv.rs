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

/// Takes one object with a one-byte tag off the front: tag, value, raw bytes.
pub(super) fn take<'a>(bytes: &mut &'a [u8]) -> Option<(u8, &'a [u8], &'a [u8])> {
    let whole = *bytes;
    let (tag, rest) = whole.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (len, rest) = match first {
        0..=0x7F => (usize::from(*first), rest),
        0x81 => (usize::from(*rest.first()?), &rest[1..]),
        0x82 => (
            usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?),
            &rest[2..],
        ),
        _ => return None,
    };
    let value = rest.get(..len)?;
    *bytes = &rest[len..];
    Some((*tag, value, &whole[..whole.len() - bytes.len()]))
}

/// The value of the only object in `bytes`, if it has this tag.
pub(super) fn only(mut bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let (found, value, _) = take(&mut bytes)?;
    (found == tag && bytes.is_empty()).then_some(value)
}

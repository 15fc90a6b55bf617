//! A small DER encoder (X.690 §8 and §10): enough for certificates, signed data and the files of a
//! chip. It only writes.

use jiff::civil::Date;

/// Tag, length, value.
pub(in crate::sim) fn object(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = value.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    match significant {
        [] => out.push(0),
        [short @ 0..=0x7F] => out.push(*short),
        long => {
            out.push(0x80 | long.len() as u8);
            out.extend(long);
        }
    }
    out.extend(value);
    out
}

/// SEQUENCE.
pub(in crate::sim) fn sequence<const N: usize>(parts: [Vec<u8>; N]) -> Vec<u8> {
    object(0x30, &parts.concat())
}

/// SEQUENCE OF.
pub(in crate::sim) fn sequence_of(parts: &[Vec<u8>]) -> Vec<u8> {
    object(0x30, &parts.concat())
}

/// SET OF: its elements sorted, as DER wants them.
pub(in crate::sim) fn set_of(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    object(0x31, &parts.concat())
}

/// An explicit tag of the context.
pub(in crate::sim) fn context(number: u8, inner: &[u8]) -> Vec<u8> {
    object(0xA0 | number, inner)
}

/// OBJECT IDENTIFIER from its dotted text, which is a constant of ours.
pub(in crate::sim) fn oid(dotted: &str) -> Vec<u8> {
    object(0x06, &oid_value(dotted))
}

/// The value bytes of an object identifier.
pub(in crate::sim) fn oid_value(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u32> = dotted
        .split('.')
        .map(|arc| {
            arc.parse()
                .expect("our object identifiers are dotted numbers")
        })
        .collect();
    let mut out = Vec::new();
    let first = arcs[0] * 40 + arcs[1];
    for arc in std::iter::once(first).chain(arcs[2..].iter().copied()) {
        let groups = (1..5).filter(|n| arc >> (7 * n) != 0).count();
        out.extend((1..=groups).rev().map(|n| (arc >> (7 * n)) as u8 | 0x80));
        out.push(arc as u8 & 0x7F);
    }
    out
}

/// INTEGER from an unsigned number, most significant byte first.
pub(in crate::sim) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let mut value = bytes[zeros..].to_vec();
    if value.first().is_none_or(|byte| byte & 0x80 != 0) {
        value.insert(0, 0);
    }
    object(0x02, &value)
}

/// INTEGER.
pub(in crate::sim) fn integer(number: u32) -> Vec<u8> {
    unsigned(&number.to_be_bytes())
}

/// OCTET STRING.
pub(in crate::sim) fn octets(bytes: &[u8]) -> Vec<u8> {
    object(0x04, bytes)
}

/// BIT STRING of whole bytes.
pub(in crate::sim) fn bits(bytes: &[u8]) -> Vec<u8> {
    object(0x03, &[&[0], bytes].concat())
}

/// NULL.
pub(in crate::sim) fn null() -> Vec<u8> {
    object(0x05, &[])
}

/// BOOLEAN TRUE.
pub(in crate::sim) fn yes() -> Vec<u8> {
    object(0x01, &[0xFF])
}

/// UTF8String.
pub(in crate::sim) fn utf8(text: &str) -> Vec<u8> {
    object(0x0C, text.as_bytes())
}

/// PrintableString.
pub(in crate::sim) fn printable(text: &str) -> Vec<u8> {
    object(0x13, text.as_bytes())
}

/// Midnight of a day: UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5).
pub(in crate::sim) fn time(day: Date) -> Vec<u8> {
    if day.year() < 2050 {
        object(0x17, day.strftime("%y%m%d000000Z").to_string().as_bytes())
    } else {
        object(0x18, generalized(day).as_bytes())
    }
}

/// The text of a GeneralizedTime: midnight of a day.
pub(in crate::sim) fn generalized(day: Date) -> String {
    day.strftime("%Y%m%d000000Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::{integer, object, oid, set_of, time, unsigned};

    #[test]
    fn values_are_encoded_as_x_690_says() {
        assert_eq!(object(0x04, &[]), [0x04, 0]);
        assert_eq!(object(0x04, &[0; 127])[..2], [0x04, 127]);
        assert_eq!(object(0x04, &[0; 128])[..3], [0x04, 0x81, 128]);
        assert_eq!(object(0x04, &[0; 256])[..4], [0x04, 0x82, 1, 0]);
        assert_eq!(object(0x04, &[0; 65_536])[..5], [0x04, 0x83, 1, 0, 0]);
        assert_eq!(integer(0), [0x02, 1, 0]);
        assert_eq!(integer(127), [0x02, 1, 127]);
        assert_eq!(integer(128), [0x02, 2, 0, 128]);
        assert_eq!(unsigned(&[0, 0, 1, 2]), [0x02, 2, 1, 2]);
        assert_eq!(
            oid("1.2.840.113549"),
            [6, 6, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D]
        );
        assert_eq!(oid("2.23.136.1.1.1"), [6, 6, 0x67, 0x81, 0x08, 1, 1, 1]);
        assert_eq!(set_of(vec![vec![2], vec![1]]), [0x31, 2, 1, 2]);
        assert_eq!(
            time(jiff::civil::date(2049, 12, 31)),
            b"\x17\x0D491231000000Z"
        );
        assert_eq!(
            time(jiff::civil::date(2050, 1, 1)),
            b"\x18\x0F20500101000000Z"
        );
    }
}

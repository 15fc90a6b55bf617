//! PEM (RFC 7468): several objects in one text file, each between its own lines.

/// The objects of a text file, or nothing if it is no PEM.
pub(super) fn objects(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = str::from_utf8(text).ok()?;
    let blocks: Vec<_> = text.split("-----BEGIN ").skip(1).collect();
    if blocks.is_empty() {
        return None;
    }
    blocks.into_iter().map(object).collect()
}

fn object(block: &str) -> Option<Vec<u8>> {
    let (label, rest) = block.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    base64(body)
}

fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut len) = (0u32, 0);
    let digits = text.bytes().filter(|byte| !byte.is_ascii_whitespace());
    for digit in digits.take_while(|byte| *byte != b'=') {
        bits = bits << 6 | u32::from(value(digit)?);
        len += 6;
        if len >= 8 {
            len -= 8;
            bytes.push(bits.checked_shr(len)?.to_le_bytes()[0]);
        }
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    Some(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::objects;

    #[test]
    fn every_object_of_a_file_is_found_whatever_stands_between() {
        let text = b"subject=one\n-----BEGIN CERTIFICATE-----\r\nAAEC\r\nAw==\r\n-----END CERTIFICATE-----\nnoise\n-----BEGIN X509 CRL-----\n/+8=\n-----END X509 CRL-----\n";
        assert_eq!(
            objects(text),
            Some(vec![vec![0, 1, 2, 3], vec![0xFF, 0xEF]])
        );
    }

    #[test]
    fn what_is_cut_short_or_no_base64_is_refused_whole() {
        assert_eq!(objects(b"\x30\x03\x02\x01\x01"), None);
        assert_eq!(objects(b"-----BEGIN CERTIFICATE-----\nAAEC"), None);
        let bad = b"-----BEGIN CERTIFICATE-----\nAA*C\n-----END CERTIFICATE-----";
        assert_eq!(objects(bad), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text: String) {
            let _ = objects(text.as_bytes());
            let _ = objects(format!("-----BEGIN A-----{text}-----END A-----").as_bytes());
        }
    }
}

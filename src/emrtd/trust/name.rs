//! Names in certificates, compared by what they say: issuers write the same name in other string
//! types, letters, blanks and orders.

use crate::emrtd::asn1::{Asn1Error, Elements, OID, SEQUENCE, SET};

/// 2.5.4.6: countryName.
const COUNTRY: &[u8] = &[0x55, 0x04, 0x06];

/// A distinguished name (RFC 5280 §4.1.2.4).
#[derive(Debug, Clone)]
pub(in crate::emrtd) struct Name {
    /// Type and text, in the order of the certificate.
    attributes: Vec<(Vec<u8>, String)>,
    /// The same for comparison: lower case, single blanks, sorted.
    canonical: Vec<(Vec<u8>, String)>,
}

impl Name {
    /// Reads a DER `Name`.
    pub fn parse(name: &[u8]) -> Result<Self, Asn1Error> {
        let mut attributes = Vec::new();
        let mut sets = Elements::within(name, SEQUENCE)?;
        while !sets.is_empty() {
            let mut set = sets.enter(SET)?;
            while !set.is_empty() {
                let mut attribute = set.enter(SEQUENCE)?;
                let kind = attribute.take(OID)?.value.to_vec();
                let value = attribute.any()?;
                attributes.push((kind, text(value.tag, value.value)));
            }
        }
        let mut canonical: Vec<_> = attributes
            .iter()
            .map(|(kind, text)| (kind.clone(), folded(text)))
            .collect();
        canonical.sort();
        Ok(Self {
            attributes,
            canonical,
        })
    }

    /// The two-letter country, in capitals.
    pub fn country(&self) -> Option<String> {
        self.attributes
            .iter()
            .find(|(kind, _)| kind == COUNTRY)
            .map(|(_, text)| text.trim().to_uppercase())
    }

    /// The value of an attribute, by its type's object identifier.
    pub fn value(&self, kind: &[u8]) -> Option<&str> {
        let found = self.attributes.iter().find(|(k, _)| k == kind)?;
        Some(&found.1)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Name {}

/// As people write it: `C=VN, O=…, CN=…`.
impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (kind, text)) in self.attributes.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            let text = text.trim().escape_debug();
            match label(kind) {
                Some(label) => write!(f, "{comma}{label}={text}")?,
                None => write!(f, "{comma}{}={text}", hex::encode(kind))?,
            }
        }
        Ok(())
    }
}

fn label(kind: &[u8]) -> Option<&'static str> {
    match kind {
        [0x55, 0x04, 3] => Some("CN"),
        [0x55, 0x04, 5] => Some("serialNumber"),
        [0x55, 0x04, 6] => Some("C"),
        [0x55, 0x04, 7] => Some("L"),
        [0x55, 0x04, 8] => Some("ST"),
        [0x55, 0x04, 10] => Some("O"),
        [0x55, 0x04, 11] => Some("OU"),
        _ => None,
    }
}

/// The text of any of the string types. What is no text of its type is read byte by byte, so that
/// two names compare as equal exactly if the same was written.
fn text(tag: u32, value: &[u8]) -> String {
    const BMP_STRING: u32 = 0x1E;
    let latin1 = || value.iter().map(|byte| char::from(*byte)).collect();
    if tag == BMP_STRING {
        let units = value.chunks(2).map(|unit| match unit {
            [high, low] => u16::from_be_bytes([*high, *low]),
            short => short.first().copied().unwrap_or_default().into(),
        });
        return char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
    }
    String::from_utf8(value.to_vec()).unwrap_or_else(|_| latin1())
}

fn folded(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Name;
    use crate::emrtd::tlv::build;

    fn name(attributes: &[(u8, u16, &[u8])]) -> Name {
        let sets: Vec<u8> = attributes
            .iter()
            .flat_map(|(kind, string, text)| {
                let kind = build(0x06, &[0x55, 0x04, *kind]);
                let attribute = build(0x30, &[kind, build(*string, text)].concat());
                build(0x31, &attribute)
            })
            .collect();
        Name::parse(&build(0x30, &sets)).expect("a right name")
    }

    #[test]
    fn a_name_is_the_same_in_any_string_type_case_spacing_and_order() {
        let printable = name(&[(6, 0x13, b"VN"), (3, 0x13, b"CSCA Vietnam")]);
        let utf8 = name(&[(3, 0x0C, b" csca  VIETNAM "), (6, 0x0C, b"vn")]);
        let bmp: Vec<u8> = "CSCA Vietnam"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let wide = name(&[(6, 0x13, b"Vn"), (3, 0x1E, &bmp)]);
        assert_eq!(printable, utf8);
        assert_eq!(printable, wide);
        assert_eq!(utf8.country().as_deref(), Some("VN"));
        assert_eq!(printable.to_string(), "C=VN, CN=CSCA Vietnam");
    }

    #[test]
    fn names_that_say_different_things_differ() {
        let one = name(&[(6, 0x13, b"VN"), (3, 0x13, b"CSCA Vietnam")]);
        for other in [
            name(&[(6, 0x13, b"VN"), (3, 0x13, b"CSCA ePassport Vietnam")]),
            name(&[(6, 0x13, b"VN"), (10, 0x13, b"CSCA Vietnam")]),
            name(&[(6, 0x13, b"VN")]),
            name(&[]),
        ] {
            assert_ne!(one, other);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = Name::parse(&bytes);
            let _ = Name::parse(&build(0x30, &build(0x31, &build(0x30, &bytes))))
                .map(|name| name.to_string());
        }
    }
}

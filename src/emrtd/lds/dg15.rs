//! DG15: the public key of active authentication (ICAO 9303-10 §4.7.15).

use crate::emrtd::asn1::Asn1Error;
use crate::emrtd::signature::{KeyFault, PublicKey};
use crate::emrtd::tlv;

/// Reads DG15: one SubjectPublicKeyInfo. A key of an unknown kind is another fault than none.
pub(in crate::emrtd) fn parse(file: &[u8]) -> Result<PublicKey, KeyFault> {
    PublicKey::parse(tlv::only(file, 0x6F).map_err(Asn1Error::from)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::emrtd::lds::bsi_reference;
    use crate::emrtd::signature::KeyFault;
    use crate::emrtd::tlv::build;

    /// The static point of ICAO 9303-11 App. G.1 (mapping), on brainpoolP256r1.
    const POINT: &str = "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57\
                         30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54";

    /// The key info on the curve with this last number: 7 is brainpoolP256r1.
    fn key(last: u8) -> Vec<u8> {
        let ec = hex::decode("06072A8648CE3D0201").expect("hex");
        let curve = build(
            0x06,
            &[0x2B, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, last],
        );
        let point = hex::decode(POINT.replace(char::is_whitespace, "")).expect("hex");
        let bits = build(0x03, &[vec![0], point].concat());
        build(0x30, &[build(0x30, &[ec, curve].concat()), bits].concat())
    }

    #[test]
    fn a_key_is_read_with_its_kind_and_size() {
        let key = parse(&build(0x6F, &key(7))).expect("a right file");
        assert_eq!(key.name(), "EC brainpoolP256r1");
    }

    #[test]
    fn a_key_of_an_unknown_kind_is_told_from_none() {
        // brainpoolP224r1
        let unknown = parse(&build(0x6F, &key(5)));
        assert!(matches!(unknown, Err(KeyFault::Unsupported(_))));
        let right = build(0x6F, &key(7));
        let changed = |place, by| crate::emrtd::lds::changed(&right, place, by);
        for (what, file) in [
            ("empty", vec![]),
            ("another tag", changed(0, 1)),
            ("no key at all", build(0x6F, &[])),
            ("outer length one more", changed(1, 1)),
            ("outer length one less", changed(1, -1)),
            ("key one longer", changed(3, 1)),
            ("key one shorter", changed(3, -1)),
            ("no sequence", changed(2, 1)),
            ("two keys", build(0x6F, &key(7).repeat(2))),
        ] {
            assert!(
                matches!(parse(&file), Err(KeyFault::Malformed(_))),
                "{what}"
            );
        }
    }

    #[test]
    fn the_key_of_the_bsi_reference_set_is_read() {
        let Some(file) = bsi_reference("Datagroup15.bin") else {
            return;
        };
        assert_eq!(parse(&file).expect("a right file").name(), "RSA 1024");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&build(0x6F, &bytes));
        }
    }
}

//! DG14: what the chip can do, and its keys for chip authentication (ICAO 9303-10 §4.7.14).

use super::LdsError;
use super::security_info::SecurityInfos;
use crate::emrtd::tlv;

/// Reads DG14.
pub(in crate::emrtd) fn parse(file: &[u8]) -> Result<SecurityInfos, LdsError> {
    Ok(SecurityInfos::parse(tlv::only(file, 0x6E)?)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::parse;
    use crate::emrtd::algorithm::{Curve, HashAlgorithm};
    use crate::emrtd::lds::bsi_reference;
    use crate::emrtd::lds::security_info::{ActiveHash, SecurityInfos};
    use crate::emrtd::symmetric::Cipher;
    use crate::emrtd::tlv::build;

    const PACE: &str = "04007f00070202040202";
    const CHIP: &str = "04007f00070202030202";
    const TERMINAL: &str = "04007f0007020202";
    const ACTIVE: &str = "678108010105";
    const ECDSA_PLAIN: &str = "04007f000701010401";

    fn oid(value: &str) -> Vec<u8> {
        build(0x06, &hex::decode(value).expect("hex"))
    }

    fn number(n: u8) -> Vec<u8> {
        build(0x02, &[n])
    }

    fn info(parts: &[Vec<u8>]) -> Vec<u8> {
        build(0x30, &parts.concat())
    }

    fn set(infos: &[Vec<u8>]) -> Vec<u8> {
        build(0x31, &infos.concat())
    }

    fn pace(parameter: u8) -> Vec<u8> {
        info(&[oid(PACE), number(2), number(parameter)])
    }

    fn check(infos: &[Vec<u8>]) -> SecurityInfos {
        parse(&build(0x6E, &set(infos))).expect("a right file")
    }

    #[test]
    fn every_kind_is_told_and_the_unknown_is_kept_as_unknown() {
        let key = build(0x30, &[0x05, 0x00]);
        let unknown = info(&[oid("2a0304"), number(9)]);
        let infos = check(&[
            unknown,
            info(&[oid(TERMINAL), number(1)]),
            info(&[oid(CHIP), number(1), number(7)]),
            info(&[oid("04007f000702020102"), key.clone(), number(7)]),
            info(&[oid(ACTIVE), number(1), oid(&format!("{ECDSA_PLAIN}03"))]),
            pace(13),
        ]);
        assert_eq!(infos.pace[0].curve, Curve::BrainpoolP256r1);
        let chip = &infos.chip_authentication[0];
        assert_eq!((chip.key_id, chip.cipher), (Some(7), Cipher::Aes128));
        assert_eq!(
            (infos.chip_keys[0].key_id, &infos.chip_keys[0].spki),
            (Some(7), &key)
        );
        assert_eq!(
            infos.active_hash,
            Some(ActiveHash::Known(HashAlgorithm::Sha256))
        );
        let others: Vec<String> = infos.others.iter().map(hex::encode).collect();
        assert_eq!(others, ["2a0304", TERMINAL]);
    }

    #[test]
    fn the_hash_of_active_authentication_is_known_unknown_or_not_named() {
        let named =
            |algorithm: &str| check(&[info(&[oid(ACTIVE), number(1), oid(algorithm)])]).active_hash;
        for (last, hash) in [
            ("01", HashAlgorithm::Sha1),
            ("02", HashAlgorithm::Sha224),
            ("04", HashAlgorithm::Sha384),
            ("05", HashAlgorithm::Sha512),
        ] {
            assert_eq!(
                named(&format!("{ECDSA_PLAIN}{last}")),
                Some(ActiveHash::Known(hash))
            );
        }
        assert_eq!(
            named(&format!("{ECDSA_PLAIN}06")),
            Some(ActiveHash::Unknown)
        );
        assert_eq!(named("2a0304"), Some(ActiveHash::Unknown));
        assert_eq!(check(&[pace(13)]).active_hash, None);
    }

    #[test]
    fn domain_parameters_that_the_chip_describes_count_where_they_are_a_known_curve() {
        let domain = |id: u8, curve: Vec<u8>| {
            let algorithm = build(0x30, &[oid("2a8648ce3d0201"), curve].concat());
            info(&[oid("04007f000702020402"), algorithm, number(id)])
        };
        let p256 = || oid("2a8648ce3d030107");
        let offered = |infos: &[Vec<u8>]| check(infos).pace.first().map(|info| info.curve);
        assert_eq!(offered(&[pace(64), domain(64, p256())]), Some(Curve::P256));
        assert_eq!(offered(&[pace(65), domain(64, p256())]), None);
        assert_eq!(offered(&[pace(64), domain(64, oid("2a0304"))]), None);
        assert_eq!(offered(&[pace(64)]), None);
        let by_number = build(0x30, &[oid("04007f00070102"), number(15)].concat());
        let by_number = info(&[oid("04007f000702020402"), by_number, number(64)]);
        assert_eq!(offered(&[pace(64), by_number]), Some(Curve::P384));
        // What is standardised cannot be described anew.
        assert_eq!(
            offered(&[pace(13), domain(13, p256())]),
            Some(Curve::BrainpoolP256r1)
        );
    }

    #[test]
    fn a_card_access_that_offers_other_protocols_than_dg14_contradicts_it() {
        let infos = |list: &[Vec<u8>]| SecurityInfos::parse(&set(list)).expect("a set");
        let strong = info(&[oid("04007f00070202040204"), number(2), number(16)]);
        let both = infos(&[pace(13), strong.clone()]);
        assert!(!both.contradicts(&infos(&[strong.clone(), pace(13), pace(13)])));
        assert!(
            both.contradicts(&infos(&[pace(13)])),
            "the strong one was taken away"
        );
        assert!(
            infos(std::slice::from_ref(&strong)).contradicts(&both),
            "a weak one was added"
        );
        assert!(
            !infos(&[]).contradicts(&both),
            "DG14 does not speak of PACE"
        );
    }

    #[test]
    fn a_file_that_breaks_the_structure_is_an_error() {
        let right = build(0x6E, &set(&[pace(13)]));
        let changed = |place, by| crate::emrtd::lds::changed(&right, place, by);
        for (what, file) in [
            ("empty", vec![]),
            ("another tag", changed(0, 1)),
            ("no set", build(0x6E, &pace(13))),
            ("outer length one more", changed(1, 1)),
            ("outer length one less", changed(1, -1)),
            ("set one longer", changed(3, 1)),
            ("set one shorter", changed(3, -1)),
            ("an info that is longer than the set", changed(5, 1)),
        ] {
            assert!(parse(&file).is_err(), "{what}");
        }
    }

    #[test]
    fn the_bsi_reference_set_offers_chip_authentication_with_one_key() {
        let Some(file) = bsi_reference("Datagroup14.bin") else {
            return;
        };
        let infos = parse(&file).expect("a right file");
        assert_eq!((infos.chip_keys.len(), infos.pace.len()), (1, 0));
        let published = bsi_reference("DG14_pk.bin").expect("comes with it");
        assert_eq!(infos.chip_keys[0].spki, published);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
            let _ = parse(&build(0x6E, &build(0x31, &bytes)));
        }
    }
}

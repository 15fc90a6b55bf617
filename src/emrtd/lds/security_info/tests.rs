use proptest::prelude::*;

use super::{Mapping, PaceInfo, SecurityInfos};
use crate::emrtd::algorithm::Curve;
use crate::emrtd::symmetric::Cipher;
use crate::emrtd::tlv::TlvError;

/// As citizen cards carry it: terminal authentication, chip authentication, PACE.
const CITIZEN_CARD: &str = "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d";

fn first_offer(file: &[u8]) -> Result<Option<PaceInfo>, TlvError> {
    Ok(SecurityInfos::parse(file)?.pace.into_iter().next())
}

fn check(file: &str, expected: Option<PaceInfo>) {
    let file = hex::decode(file).expect("hex");
    assert_eq!(first_offer(&file), Ok(expected));
}

#[test]
fn the_offer_of_a_citizen_card_is_found_wherever_it_stands() {
    check(CITIZEN_CARD, Some(PaceInfo::citizen_card()));
    check(
        "31143012060a04007f0007020204020202010202010d",
        Some(PaceInfo::citizen_card()),
    );
}

#[test]
fn offers_that_this_reader_cannot_do_are_no_offers() {
    for (what, file) in [
        ("none", "3100"),
        ("integers", "31143012060a04007f00070202040102020102020100"),
        (
            "a fifth cipher",
            "31143012060a04007f0007020204020502010202010d",
        ),
        (
            "chip authentication mapping with 3DES",
            "31143012060a04007f0007020204060102010202010d",
        ),
        (
            "brainpoolP512r1",
            "31143012060a04007f00070202040202020102020111",
        ),
        ("version 1", "31143012060a04007f0007020204020202010102010d"),
        ("no parameter", "3111300f060a04007f00070202040202020102"),
    ] {
        let file = hex::decode(file).expect("hex");
        assert_eq!(first_offer(&file), Ok(None), "{what}");
    }
}

#[test]
fn a_file_that_is_no_card_access_is_an_error() {
    for file in ["", "3014", "31143012", "6100"] {
        let file = hex::decode(file).expect("hex");
        assert!(SecurityInfos::parse(&file).is_err());
    }
}

#[test]
fn every_offer_on_every_curve_is_told_by_its_numbers() {
    let check = |numbers: (u8, u8, u64), mapping, cipher, curve, name| {
        let info = PaceInfo::new(numbers.0, numbers.1, numbers.2).expect("an offer");
        assert_eq!(
            (info.mapping, info.cipher, info.curve, info.name()),
            (mapping, cipher, curve, name)
        );
    };
    let (generic, integrated) = (Mapping::Generic, Mapping::Integrated);
    let chip = Mapping::ChipAuthentication;
    check(
        (2, 1, 12),
        generic,
        Cipher::TripleDes,
        Curve::P256,
        "PACE-ECDH-GM-3DES",
    );
    check(
        (4, 3, 15),
        integrated,
        Cipher::Aes192,
        Curve::P384,
        "PACE-ECDH-IM-AES192",
    );
    check(
        (6, 4, 18),
        chip,
        Cipher::Aes256,
        Curve::P521,
        "PACE-ECDH-CAM-AES256",
    );
    check(
        (2, 2, 16),
        generic,
        Cipher::Aes128,
        Curve::BrainpoolP384r1,
        "PACE-ECDH-GM-AES128",
    );
}

#[test]
fn chip_authentication_and_its_keys_are_found_with_their_numbers() {
    // Two offers and two keys (their content is not looked at here), and a key with a
    // negative number, which is none.
    let set = "314d300f060a04007f000702020302020201013012060a04007f00070202030204020101020129\
               300d060904007f000702020102300030100609\
               04007f0007020201023000020129";
    let set = set.replace(' ', "");
    let mut set = hex::decode(&set).expect("hex");
    set[1] = (set.len() - 2) as u8;
    let infos = SecurityInfos::parse(&set).expect("a set");
    let offers: Vec<_> = infos
        .chip_authentication
        .iter()
        .map(|info| (info.is_ecdh, info.cipher, info.key_id))
        .collect();
    assert_eq!(
        offers,
        [
            (true, Cipher::Aes128, None),
            (true, Cipher::Aes256, Some(0x29))
        ]
    );
    let keys: Vec<_> = infos.chip_keys.iter().map(|key| key.key_id).collect();
    assert_eq!(keys, [None, Some(0x29)]);
    assert!(infos.chip_keys.iter().all(|key| key.spki == [0x30, 0x00]));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        let _ = SecurityInfos::parse(&bytes);
    }
}

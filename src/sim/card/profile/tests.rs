//! What a chip holds, judged by OpenSSL and by bytes known from real cards.

use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::hash::{MessageDigest, hash};
use openssl::stack::Stack;
use openssl::x509::X509;

use super::{Profile, citizen};
use crate::sim::card::chip::Chip;
use crate::sim::issuer::{Csca, Issuer};
use crate::sim::persons;

/// As citizen cards carry it: terminal authentication, chip authentication, PACE.
const CARD_ACCESS: &str = "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D";

/// The content that the security object signs, once OpenSSL found its signature right.
fn signed_content(chip: &Chip) -> Vec<u8> {
    let sod = &chip.files[&0x011D];
    assert_eq!(sod[..2], [0x77, 0x82]);
    let mut cms = CmsContentInfo::from_der(&sod[4..]).expect("CMS");
    let mut content = Vec::new();
    let chain = CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY;
    cms.verify(None, None, None, Some(&mut content), chain)
        .expect("signed");
    content
}

fn contains(whole: &[u8], part: &[u8]) -> bool {
    whole.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_citizen_card_announces_what_real_ones_announce() {
    let chip = citizen(&persons()[0]);
    let file = &chip.master_files[&0x011C];
    assert_eq!(hex::encode_upper(file), CARD_ACCESS);
    assert_eq!(file.len(), 54);
    let com = &chip.files[&0x011E];
    assert!(com.ends_with(&[0x5C, 6, 0x61, 0x75, 0x63, 0x6D, 0x6E, 0x6F]));
}

#[test]
fn the_security_object_of_a_citizen_card_lists_every_group_with_its_hash() {
    for person in persons() {
        let chip = citizen(person);
        let content = signed_content(&chip);
        for number in [1, 2, 3, 13, 14, 15] {
            let file = &chip.files[&(0x0100 + number)];
            let digest = hash(MessageDigest::sha256(), file).expect("SHA-256");
            let entry = [&[0x30, 37, 0x02, 1, number as u8, 0x04, 32][..], &digest].concat();
            assert!(contains(&content, &entry), "DG{number}");
        }
    }
}

#[test]
fn the_signer_of_a_citizen_card_is_certified_by_our_csca() {
    let chip = citizen(&persons()[0]);
    let mut cms = CmsContentInfo::from_der(&chip.files[&0x011D][4..]).expect("CMS");
    let issuer = Issuer::shared();
    let csca = X509::from_der(issuer.authority(Csca::Home).certificate()).expect("X.509");
    let mut store = openssl::x509::store::X509StoreBuilder::new().expect("store");
    store.add_cert(csca).expect("added");
    store
        .set_purpose(openssl::x509::X509PurposeId::ANY)
        .expect("set");
    let none = Stack::new().expect("a stack");
    cms.verify(
        Some(&none),
        Some(&store.build()),
        None,
        None,
        CMSOptions::BINARY,
    )
    .expect("signed by somebody whom our CSCA certified");
    assert_eq!(Profile::default().signer.document_types, ["ID"]);
}

#[test]
fn the_keys_behind_dg14_and_dg15_are_in_the_chip() {
    let chip = citizen(&persons()[0]);
    let key = chip.chip_keys[0].private.as_ref().expect("not a clone");
    let public = key.public_key_to_der().expect("a key");
    assert!(contains(&chip.files[&0x010E], &public));
    let active = chip.active_key.as_ref().expect("offered");
    let public = active.private.public_key_to_der().expect("a key");
    assert!(contains(&chip.files[&0x010F], &public));
}

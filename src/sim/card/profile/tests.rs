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

#[test]
fn what_a_profile_leaves_out_is_as_in_the_genuine_card() {
    let mut genuine = Profile::named("genuine").expect("built in");
    genuine.about.clear();
    assert_eq!(genuine, Profile::default());
    assert_eq!(toml::from_str(""), Ok(Profile::default()));
    assert!(Profile::named("no-such").is_none());
    assert!(Profile::find("no-such").is_err_and(|words| words.contains("no-such")));
}

#[test]
fn openssl_finds_every_profile_signed_but_those_that_say_otherwise() {
    for (name, profile) in Profile::all() {
        assert!(!profile.about.is_empty(), "{name}");
        let chip = profile.chip(&persons()[0], Issuer::shared());
        let Some(sod) = chip.files.get(&0x011D) else {
            assert_eq!(name, "bank");
            continue;
        };
        let mut cms = CmsContentInfo::from_der(&sod[4..]).expect("CMS");
        let certificate = Issuer::shared().document_signer(profile.csca, &profile.signer);
        let mut outside = Stack::new().expect("a stack");
        outside
            .push(X509::from_der(certificate.certificate()).expect("X.509"))
            .expect("room");
        let mut content = Vec::new();
        let chain = CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY;
        let right = cms.verify(Some(&outside), None, None, Some(&mut content), chain);
        // OpenSSL has no name for r and s side by side.
        let wrong = matches!(name, "wrong-signature" | "wrong-digest" | "ecdsa-plain");
        assert_eq!(right.is_err(), wrong, "{name}: {right:?}");
        let altered: Vec<u8> = chip
            .files
            .iter()
            .filter(|(id, _)| !wrong && !matches!(**id, 0x011D | 0x011E))
            .filter(|(_, file)| !contains(&content, &profile.sod.hash.of(file).expect("a hash")))
            .map(|(id, _)| *id as u8)
            .collect();
        let expected = [&profile.altered[..], &profile.sod.unlisted].concat();
        assert_eq!(altered, expected, "{name}");
    }
}

#[test]
fn a_forger_changes_the_name_and_nothing_else() {
    let (true_one, forged) = ("altered-dg1", "altered-dg13");
    for (name, group) in [(true_one, 0x0101), (forged, 0x010D)] {
        let person = &persons()[1];
        let genuine = citizen(person).files[&group].clone();
        let profile = Profile::named(name).expect("built in");
        let other = profile.chip(person, Issuer::shared()).files[&group].clone();
        let changed: Vec<_> = genuine.iter().zip(&other).filter(|(a, b)| a != b).collect();
        assert_eq!(changed, [(&b'T', &b'U')], "{name}");
    }
}

#[test]
fn a_clone_shows_keys_that_it_does_not_have() {
    for (name, keys) in [("cloned", 1), ("cloned-refusing", 0), ("cloned-aa", 0)] {
        let profile = Profile::named(name).expect("built in");
        let chip = profile.chip(&persons()[0], Issuer::shared());
        assert_eq!(chip.chip_keys.len(), keys, "{name}");
        let public = chip.chip_keys.first().and_then(|key| key.private.as_ref());
        let shown = public.map(|key| key.public_key_to_der().expect("a key"));
        assert!(
            !shown.is_some_and(|key| contains(&chip.files[&0x010E], &key)),
            "{name}"
        );
        let active = chip.active_key.as_ref().map(|key| &key.private);
        let shown = active.map(|key| key.public_key_to_der().expect("a key"));
        assert!(
            !shown.is_some_and(|key| contains(&chip.files[&0x010F], &key)),
            "{name}"
        );
    }
}

#[test]
fn chip_authentication_mapping_has_its_key_in_a_signed_file() {
    let profile = Profile::named("pace-cam").expect("built in");
    let chip = profile.chip(&persons()[0], Issuer::shared());
    let mut cms = CmsContentInfo::from_der(&chip.master_files[&0x011D]).expect("CMS");
    let mut content = Vec::new();
    let chain = CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY;
    cms.verify(None, None, None, Some(&mut content), chain)
        .expect("signed");
    let key = chip
        .mapping_key
        .as_ref()
        .expect("it can")
        .ec_key()
        .expect("EC");
    let mut context = openssl::bn::BigNumContext::new().expect("a context");
    let form = openssl::ec::PointConversionForm::UNCOMPRESSED;
    let point = key.public_key().to_bytes(key.group(), form, &mut context);
    assert!(contains(&content, &point.expect("a point")));
    // The number of the domain parameters is the number of the key.
    assert!(
        content
            .windows(3)
            .filter(|part| *part == [0x02, 1, 13])
            .count()
            >= 3
    );
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn the_reference_card_has_the_keys_that_its_files_show() {
    let shared = std::env::var_os("TIEPDON_SHARED").unwrap_or("../shared".into());
    let folder = std::path::Path::new(&shared).join("data/emrtd/bsi-reference");
    if !folder.exists() {
        eprintln!(
            "skipped: the BSI's reference data set is not at {}",
            folder.display()
        );
        return;
    }
    let chip = super::bsi(&folder).expect("the whole set");
    // ICAO 9303-11 App. I has the same MRZ.
    assert_eq!(chip.mrz_key.as_deref(), Some("C11T002JM496081222310314"));
    let key = chip.chip_keys[0]
        .private
        .as_ref()
        .expect("it comes with the set");
    let key = key.ec_key().expect("EC");
    let mut context = openssl::bn::BigNumContext::new().expect("a context");
    let form = openssl::ec::PointConversionForm::UNCOMPRESSED;
    let point = key.public_key().to_bytes(key.group(), form, &mut context);
    assert!(contains(&chip.files[&0x010E], &point.expect("a point")));
    let active = &chip
        .active_key
        .as_ref()
        .expect("it comes with the set")
        .private;
    let modulus = active.rsa().expect("RSA").n().to_vec();
    assert!(contains(&chip.files[&0x010F], &modulus));
    assert!(super::bsi(std::path::Path::new("nowhere")).is_none());
}

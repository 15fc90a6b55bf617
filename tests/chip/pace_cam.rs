//! PACE with chip authentication mapping, and EF.CardSecurity, which judges it: the rest of unit
//! ISO7816_G of BSI TR-03105-5.1 and unit LDS_J; `src/emrtd/conformance.md` lists them.

use tiepdon::identity::CheckResult::{self, Failed, Successful, Undetermined};
use tiepdon::sim::card::chip::{CipherKind, Mapping};
use tiepdon::sim::card::profile::Profile;
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::{Csca, Curve, Issuer, SignerPlan};

use crate::opening::{CARD_ACCESS, TOKEN, changed, info, offer, pace, proven, read, with_offers};
use crate::{card_of, chip_of, object};

const CARD_SECURITY: u16 = 0x011D;

/// The result of chip authentication, where PACE-CAM is all that the chip offers.
fn mapped(card: Card, change: impl Fn(&mut Vec<u8>) + Sync) -> CheckResult {
    let outcome = changed(card, TOKEN, |_, reply| change(reply));
    let chip = outcome.expect("it is read");
    assert_eq!(chip.proofs.passive().result(), Successful);
    let proof = chip.proofs.chip();
    assert_eq!(proof.method(), Some("PACE-CAM"), "{}", proof.reason());
    proof.result()
}

/// A citizen card that does PACE-CAM, and no other chip authentication.
fn mapping_profile() -> Profile {
    let cam = offer(
        Mapping::ChipAuthentication,
        CipherKind::Aes128,
        Curve::Brainpool256,
    );
    let mut profile = with_offers(&[cam]);
    profile.chip.clear();
    profile
}

fn mapping_card() -> Card {
    Card::of(chip_of(&mapping_profile()), Faults::default())
}

/// G_29 to G_33.
#[test]
fn chip_authentication_data_that_are_missing_empty_or_wrong_fail() {
    assert_eq!(mapped(mapping_card(), |_| {}), Successful);
    // 7C 3C 86 08 token 8A 30 data.
    let tokens = |reply: &[u8]| reply[2..12].to_vec();
    let with = |reply: &[u8], data: &[u8]| {
        let template = object(&[0x7C], &[&tokens(reply), data].concat());
        [template, vec![0x90, 0x00]].concat()
    };
    let data = |reply: &[u8]| reply[14..reply.len() - 2].to_vec();
    type Change<'c> = (&'c str, &'c (dyn Fn(&mut Vec<u8>) + Sync));
    let changes: [Change<'_>; 6] = [
        ("missing", &|r| *r = with(r, &[])),
        ("empty", &|r| *r = with(r, &[0x8A, 0x00])),
        ("in 8B", &|r| *r = with(r, &object(&[0x8B], &data(r)))),
        ("not whole blocks", &|r| {
            *r = with(r, &object(&[0x8A], &[7; 20]))
        }),
        ("another's", &|r| *r = with(r, &object(&[0x8A], &[7; 48]))),
        ("garbled", &|r| r[20] ^= 1),
    ];
    for (what, change) in changes {
        assert_eq!(mapped(mapping_card(), change), Failed, "{what}");
    }
}

/// G_34, G_38 to G_40, LDS_H_93, LDS_J_01 to J_04: `change` gets the SecurityInfos of
/// EF.CardSecurity, which then is signed anew, by `csca`.
fn with_card_security(csca: Csca, change: impl Fn(Vec<u8>) -> Vec<u8>) -> CheckResult {
    let mut chip = chip_of(&mapping_profile());
    let signed = &chip.master_files[&CARD_SECURITY];
    let access = &chip.master_files[&CARD_ACCESS];
    // The content begins as EF.CardAccess does, and ends with the key.
    let key = {
        let oid = object(&[0x06], &[4, 0, 0x7F, 0, 7, 2, 2, 1, 2]);
        let at = signed.windows(oid.len()).position(|window| window == oid);
        let info = &signed[at.expect("a key") - 2..];
        info[..2 + usize::from(info[1])].to_vec()
    };
    let infos = change([&access[2..], &key].concat());
    let signer = Issuer::shared().document_signer(csca, &SignerPlan::default());
    let file = signer.card_security(&object(&[0x31], &infos));
    chip.master_files
        .insert(CARD_SECURITY, file.expect("OpenSSL signs"));
    mapped(Card::of(chip, Faults::default()), |_| {})
}

#[test]
fn card_security_must_be_signed_and_hold_the_key_that_the_chip_used() {
    assert_eq!(with_card_security(Csca::Home, |infos| infos), Successful);
    let signed_by = |csca| with_card_security(csca, |infos| infos);
    assert_eq!(signed_by(Csca::Unknown), Undetermined);
    assert_eq!(signed_by(Csca::Impostor), Failed);
    // Without the key; with another one; with a protocol that names no key.
    let key = |infos: &[u8]| {
        let oid = [4, 0, 0x7F, 0, 7, 2, 2, 1, 2];
        infos
            .windows(9)
            .position(|window| window == oid)
            .expect("a key")
    };
    let without = with_card_security(Csca::Home, |infos| {
        let at = key(&infos) - 4;
        infos[..at].to_vec()
    });
    assert_eq!(without, Undetermined);
    let unnamed = with_card_security(Csca::Home, |mut infos| {
        let at = key(&infos);
        infos[at + 7] = 9;
        infos
    });
    assert_eq!(unnamed, Undetermined);
    let other = chip_of(&mapping_profile());
    let mut chip = chip_of(&mapping_profile());
    chip.mapping_key = other.mapping_key;
    let another = mapped(Card::of(chip, Faults::default()), |_| {});
    assert_eq!(another, Failed);
}

#[test]
fn card_security_that_lists_pace_otherwise_than_card_access_fails() {
    let more =
        |more: Vec<u8>| with_card_security(Csca::Home, |infos| [more.clone(), infos].concat());
    assert_eq!(more(info(&[0x2A, 0x03, 0x04], &[&[1]])), Successful);
    assert_eq!(
        more(pace(6, 4, 2, 16)),
        Failed,
        "the stronger offer is gone"
    );
    let less = with_card_security(Csca::Home, |infos| {
        let oid = [4, 0, 0x7F, 0, 7, 2, 2, 4, 6, 2];
        let at = infos.windows(10).position(|window| window == oid);
        let at = at.expect("an offer") - 4;
        let end = at + 2 + usize::from(infos[at + 1]);
        // Another offer stands in its place: the one that was taken is not signed.
        [&infos[..at], &pace(6, 4, 2, 16), &infos[end..]].concat()
    });
    assert_eq!(less, Failed);
}

/// G_35: what PACE-CAM alone sends is passed over in another mapping.
#[test]
fn chip_authentication_data_after_generic_mapping_are_passed_over() {
    let outcome = changed(card_of("genuine"), TOKEN, |_, reply| {
        let body = [&reply[2..12], &object(&[0x8A], &[7; 48])].concat();
        *reply = [object(&[0x7C], &body), vec![0x90, 0x00]].concat();
    });
    proven(outcome);
}

/// A PACE-CAM that says nothing about the chip leaves it to chip authentication.
#[test]
fn where_pace_cam_is_undetermined_chip_authentication_decides() {
    let mut profile = mapping_profile();
    profile.chip = Profile::default().chip;
    let mut chip = chip_of(&profile);
    chip.master_files.remove(&CARD_SECURITY);
    let chip = proven(read(Card::of(chip, Faults::default())));
    assert_eq!(chip.proofs.chip().method(), Some("CA-ECDH-AES128"));
}

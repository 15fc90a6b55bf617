//! The BSI's reference document (TR-03105-5): made by others, read by us.

use super::*;
use crate::emrtd::trust::tests::lists::shared;
use CheckResult::{Failed, NotSupported, Successful, Undetermined};

/// Its hashes, its signature and the signer's certificate are right; no CSCA comes with it, so
/// whether to trust the signer stays open. DG15 is not in its EF.SOD.
#[test]
fn the_reference_document_is_right_but_for_the_csca_that_nobody_has() {
    let file = |name: &str| shared(&format!("bsi-reference/{name}"));
    let (Some(sod), Some(dg1), Some(dg2), Some(dg14), Some(dg15)) = (
        file("EF_SOD.bin"),
        file("Datagroup1.bin"),
        file("Datagroup2.bin"),
        file("Datagroup14.bin"),
        file("Datagroup15.bin"),
    ) else {
        return;
    };
    let mut passive = read(&sod, &TrustStore::default(), TODAY);
    assert_eq!(passive.groups(), [1, 2, 3, 14, 4]);
    passive.check_group(1, &dg1);
    passive.check_group(2, &dg2);
    passive.check_group(14, &dg14);
    passive.check_document("D<<", "P<", None);
    let proof = passive.proof();
    assert_eq!(proof.result(), Undetermined, "{}", proof.reason());
    assert_eq!(
        proof.reason(),
        "chain: no CSCA certificate of this issuer is known"
    );
    for (step, check) in passive.steps() {
        let expected = if *step == PassiveStep::Chain {
            Undetermined
        } else if *step == PassiveStep::Revocation {
            NotSupported
        } else {
            Successful
        };
        assert_eq!(check.result, expected, "{step}: {}", check.reason);
    }
    assert!(!passive.lists(15));
    passive.check_group(15, &dg15);
    assert_eq!(passive.proof().result(), Failed);
}

#[test]
fn any_changed_byte_that_is_signed_or_means_something_is_noticed() {
    let Some(sod) = shared("bsi-reference/EF_SOD.bin") else {
        return;
    };
    let report = |sod: &[u8]| {
        let mut passive = read(sod, &TrustStore::default(), TODAY);
        passive.check_document("D<<", "P<", None);
        let mut hashes = passive.object.into_iter().flat_map(|object| object.groups);
        (passive.report.steps().to_vec(), hashes.next())
    };
    let right = report(&sod);
    // Only the CSCA's signature covers the signer's certificate, and nobody has its key.
    let certificate = 291..1_412;
    // What no signature covers and no meaning hangs on: the digests announced at the front, the
    // string types in the signer's identifier, the NULLs behind algorithms.
    let announced = 34..47;
    let meaningless = [32, 1_436, 1_449, 1_474, 1_499, 1_531, 1_637, 1_667];
    for place in (0..sod.len()).filter(|place| !certificate.contains(place)) {
        let mut changed = sod.clone();
        changed[place] ^= 0x01;
        let is_covered = !announced.contains(&place) && !meaningless.contains(&place);
        assert_eq!(report(&changed) != right, is_covered, "{place}");
    }
}

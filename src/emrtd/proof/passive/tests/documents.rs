//! The document beside what was signed: data groups, issuing state, type, dates.

use jiff::civil::date;

use super::*;
use crate::emrtd::proof::passive::verified_card_security;
use crate::emrtd::trust::tests::issuer::{extension, name};
use crate::identity::Check;
use CheckResult::{Aborted, Failed, Successful, Undetermined};
use PassiveStep::{CardAccess, Country, DataGroup, DocumentType, Validity};

/// LDS_H_43, 44, 69.
#[test]
fn a_group_that_was_changed_or_is_not_listed_fails() {
    let mut passive = Document::new().passive();
    assert!(passive.lists(1) && passive.lists(2) && !passive.lists(15));
    assert_eq!(passive.groups(), [1, 2]);
    assert_eq!(passive.proof().result(), Successful);
    passive.check_group(15, b"a key that somebody added");
    assert_eq!(passive.proof().result(), Failed);
    let mut passive = Document::new().passive();
    passive.check_group(2, b"another portrait");
    assert_eq!(passive.proof().result(), Failed);
    passive.check_group(2, DG2);
    assert_eq!(
        passive.proof().result(),
        Failed,
        "what failed once stays so"
    );
    assert_eq!(passive.proof().reason(), "DG2: its hash is wrong");
}

#[test]
fn there_is_no_proof_before_a_group_and_the_issuing_state_were_compared() {
    let document = Document::new();
    let mut trust = TrustStore::default();
    trust
        .add("csca", &document.trust[0])
        .expect("a certificate");
    let of = || read(&document.sod(), &trust, TODAY);
    let mut without_group = of();
    without_group.check_document("VNM", "ID", None);
    let mut without_document = of();
    without_document.check_group(1, DG1);
    for passive in [of(), without_group, without_document] {
        assert_eq!(passive.proof().result(), Undetermined);
    }
}

#[test]
fn failed_beats_aborted_beats_undetermined_beats_successful() {
    let mut passive = Document::new().passive();
    for (step, result) in [
        (DataGroup(13), Undetermined),
        (DataGroup(14), Aborted),
        (CardAccess, Failed),
    ] {
        passive.add(step, Check::new(result, "a test"));
        assert_eq!(passive.proof().result(), result);
        assert_eq!(passive.proof().reason(), format!("{step}: a test"));
    }
}

#[test]
fn a_step_turns_out_worse_but_never_better_unless_it_was_only_interrupted() {
    for (first, then, stands) in [
        (Successful, Failed, Failed),
        (Successful, Undetermined, Undetermined),
        (Undetermined, Successful, Undetermined),
        (Undetermined, Failed, Failed),
        (Failed, Successful, Failed),
        (Failed, Undetermined, Failed),
        (Aborted, Successful, Successful),
        (Aborted, Failed, Failed),
    ] {
        let mut passive = Document::new().passive();
        passive.add(CardAccess, Check::new(first, ""));
        passive.add(CardAccess, Check::new(then, ""));
        assert_eq!(passive.proof().result(), stands, "{first:?}, then {then:?}");
    }
}

#[test]
fn the_issuing_state_must_be_the_signers_country() {
    for (country, state, result) in [
        ("VN", "VNM", Successful),
        ("vn", "VNM", Successful),
        ("VN", "LAO", Failed),
        ("VN", "QQQ", Undetermined),
        ("QQ", "VNM", Undetermined),
    ] {
        let csca = Party {
            name: name(country, "CSCA"),
            ..CSCA.clone()
        };
        let mut passive = Document::by(&csca, &DS).read();
        passive.check_document(state, "ID", None);
        let step = passive.steps().iter().find(|(s, _)| *s == Country);
        assert_eq!(step.expect("a step").1.result, result, "{country} {state}");
        assert_eq!(passive.proof().result(), result);
    }
}

#[test]
fn a_signer_for_certain_types_signs_no_others() {
    let signer_of = |types: &[&str]| {
        let types: Vec<_> = types.iter().map(|t| build(0x13, t.as_bytes())).collect();
        let list = sequence(&[build(0x02, &[0]), build(0x31, &types.concat())]);
        Document::new().with(|d| {
            let list = extension("67810801010602", false, &list);
            d.certificate.extensions.push(list);
        })
    };
    for (types, code, result) in [
        (&["ID"][..], "ID", Successful),
        (&["P", "ID"], "ID", Successful),
        (&["I"], "ID", Successful),
        (&["P"], "P<", Successful),
        (&["P"], "ID", Failed),
        (&[], "ID", Failed),
        (&["ID"], "I<", Failed),
    ] {
        let mut passive = signer_of(types).read();
        passive.check_document("VNM", code, None);
        let step = passive.steps().iter().find(|(s, _)| *s == DocumentType);
        assert_eq!(step.expect("a step").1.result, result, "{types:?} {code}");
    }
}

#[test]
fn the_certificate_must_have_been_valid_when_it_signed_and_may_have_expired_since() {
    let signed = |day: &str| {
        Document::new().with(|d| {
            let digest = SHA256.of(&d.cms.content);
            d.cms.attributes = attributes(LDS, &digest, Some(day));
        })
    };
    signed("200101000000Z").succeeds();
    signed("301231235959Z").succeeds();
    signed("191231235959Z").is(Failed, Validity);
    signed("310101000000Z")
        .with(|d| d.today = date(2032, 1, 1))
        .is(Failed, Validity);
    let old = signed("240101000000Z").with(|d| d.today = date(2040, 1, 1));
    old.succeeds();
    let passive = old.passive();
    let step = passive.steps().iter().find(|(s, _)| *s == Validity);
    let reason = &step.expect("a step").1.reason;
    assert_eq!(reason, "signed on 2024-01-01, expired since 2030-12-31");
}

#[test]
fn a_clock_before_the_certificate_is_undetermined() {
    Document::new()
        .with(|d| d.today = date(2019, 12, 31))
        .is(Undetermined, Validity);
}

#[test]
fn the_day_of_issue_stands_in_for_a_signing_time_that_is_not_told() {
    let result = |issued, document: Document| {
        let mut passive = document.read();
        passive.check_document("VNM", "ID", Some(issued));
        passive.proof().result()
    };
    assert_eq!(result(date(2024, 1, 1), Document::new()), Successful);
    assert_eq!(result(date(2031, 1, 1), Document::new()), Failed);
    // Issued by decision first, personalised and signed after.
    assert_eq!(result(date(2019, 12, 20), Document::new()), Successful);
}

#[test]
fn card_security_gives_its_content_only_if_all_about_its_signature_is_right() {
    const CARD_SECURITY: &str = "04007F0007030201";
    let content = build(0x31, &[]);
    let certificate = Cert::signer(&CSCA);
    let mut cms = Cms::of(CARD_SECURITY, content.clone(), &DS, &certificate);
    cms.certificates = vec![certificate.of(&DS, &CSCA)];
    let mut trust = TrustStore::default();
    let verify = |cms: &Cms, ds: &Party, trust: &TrustStore| {
        verified_card_security(&cms.sign(ds), trust, TODAY)
            .map(|verified| {
                let states = ["VNM", "UTO", "QQQ"].map(|state| verified.check_state(state).result);
                assert_eq!(states, [Successful, Failed, Undetermined]);
                verified.content().to_vec()
            })
            .map_err(|check| check.result)
    };
    assert_eq!(verify(&cms, &DS, &trust), Err(Undetermined));
    let csca = Cert::csca(&CSCA, &CSCA).of(&CSCA, &CSCA);
    trust.add("csca", &csca).expect("a certificate");
    assert_eq!(verify(&cms, &DS, &trust), Ok(content.clone()));
    let impostor = Party::ec("DS", openssl::nid::Nid::BRAINPOOL_P256R1);
    assert_eq!(verify(&cms, &impostor, &trust), Err(Failed));
    let as_sod = Cms::of(LDS, content, &DS, &certificate);
    assert_eq!(verify(&as_sod, &DS, &trust), Err(Failed));
    let changed = Cms {
        content: build(0x31, &[5, 0]),
        ..cms
    };
    assert_eq!(verify(&changed, &DS, &trust), Err(Failed));
}

#[test]
fn a_group_compared_before_anything_could_be_read_is_no_proof() {
    let mut passive = read(b"", &TrustStore::default(), TODAY);
    passive.check_group(1, DG1);
    passive.check_document("VNM", "ID", None);
    assert_eq!(passive.proof().result(), Failed);
    let group = passive.steps().iter().find(|(s, _)| *s == DataGroup(1));
    assert_eq!(group.expect("a step").1.result, Undetermined);
}

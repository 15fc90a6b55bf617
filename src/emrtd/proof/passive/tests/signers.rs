//! The document signer's certificate, its chain, its revocation.

use openssl::nid::Nid;

use super::*;
use crate::emrtd::trust::tests::issuer::{Scheme, crl, extension, name, oid};
use CheckResult::{Failed, NotSupported, Successful, Undetermined};
use PassiveStep::{Certificate, Chain, DocumentSigner, Revocation, SecurityObject};

/// LDS_H_15, 16.
#[test]
fn a_signer_that_is_not_in_the_object_is_looked_for_in_the_trust_store() {
    let bare = Document::new().with(|d| d.is_bare = true);
    bare.is(Undetermined, DocumentSigner);
    bare.with(|d| d.trust.push(d.certificate.of(&d.ds, &d.csca)))
        .succeeds();
}

#[test]
fn issuer_and_serial_are_compared_by_value() {
    Document::new()
        .with(|d| {
            let part =
                |kind, tag, text: &[u8]| build(0x31, &sequence(&[oid(kind), build(tag, text)]));
            let written_otherwise =
                sequence(&[part("550403", 0x13, b" csca "), part("550406", 0x0C, b"vn")]);
            let serial = build(0x02, &d.certificate.serial);
            d.cms.signer_id = sequence(&[written_otherwise, serial]);
        })
        .succeeds();
}

/// LDS_H_28, 29 want a signer that is named wrongly refused. Genuine documents have this defect,
/// and the signature tells whose it is: the one certificate is used, with a note.
#[test]
fn a_signer_named_wrongly_is_found_if_only_one_certificate_is_there() {
    let named_wrongly = |d: &mut Document| {
        d.cms.signer_id = sequence(&[name("VN", "CSCA"), build(0x02, &[0x77])]);
    };
    let document = Document::new().with(named_wrongly);
    document.succeeds();
    let passive = document.passive();
    let step = passive.steps().iter().find(|(s, _)| *s == DocumentSigner);
    assert!(step.expect("a step").1.reason.contains("not named rightly"));
    Document::new()
        .with(named_wrongly)
        .with(|d| {
            let other = Cert {
                serial: vec![0x0C],
                ..d.certificate.clone()
            };
            d.cms.certificates.push(other.of(&d.csca, &d.csca));
        })
        .is(Failed, DocumentSigner);
}

/// LDS_H_48, 49, 51, 60 to 64, and a critical extension that nobody knows.
#[test]
fn a_certificate_that_breaks_a_rule_fails() {
    let version = |n| build(0xA0, &build(0x02, &[n]));
    let usage = |is_critical, bits: &[u8]| extension("551D0F", is_critical, &build(0x03, bits));
    let fails = |change: &dyn Fn(&mut Cert)| {
        Document::new()
            .with(|d| change(&mut d.certificate))
            .is(Failed, Certificate);
    };
    fails(&|c| c.version = version(1));
    fails(&|c| c.version.clear());
    fails(&|c| c.inner = Some(Scheme::Pkcs1(SHA256).identifier()));
    fails(&|c| drop(c.extensions.remove(0)));
    fails(&|c| c.extensions[0] = extension("551D23", false, &sequence(&[])));
    fails(&|c| drop(c.extensions.remove(1)));
    fails(&|c| c.extensions[1] = usage(true, &[1, 0x06]));
    fails(&|c| c.extensions[1] = usage(false, &[7, 0x80]));
    fails(&|c| c.extensions.push(extension("2A0304", true, &[5, 0])));
    // Restricted to signing master lists.
    let lists_alone = sequence(&[oid("678108010103")]);
    fails(&|c| c.extensions.push(extension("551D25", true, &lists_alone)));
    Document::new()
        .with(|d| {
            d.certificate
                .extensions
                .push(extension("2A0304", false, &[5, 0]))
        })
        .succeeds();
}

/// Whatever else a CSCA signs has the same key usage, but a purpose of its own.
#[test]
fn a_certificate_for_another_purpose_signs_no_documents() {
    let with = |is_critical, purposes: &[&str]| {
        let purposes: Vec<_> = purposes.iter().map(|one| oid(one)).collect();
        let purposes = extension("551D25", is_critical, &sequence(&purposes));
        Document::new().with(|d| d.certificate.extensions.push(purposes))
    };
    for lists in ["678108010103", "678108010108"] {
        with(true, &[lists]).is(Failed, Certificate);
        with(false, &["551D2500", lists]).is(Failed, Certificate);
    }
    with(false, &["2B06010505070301"]).is(Undetermined, Certificate);
    with(true, &["2B06010505070301"]).is(Failed, Certificate);
    with(false, &["551D2500"]).succeeds();
}

#[test]
fn a_csca_signs_no_documents_itself() {
    let mut document = Document::by(&CSCA, &CSCA);
    document.certificate = Cert::csca(&CSCA, &CSCA);
    document.cms = Cms::of(
        LDS,
        document.cms.content.clone(),
        &CSCA,
        &document.certificate,
    );
    document.is(Failed, Certificate);
}

/// LDS_H_50, 52, 55, 57, 59, 66, 68: a certificate that lacks a part is none.
#[test]
fn a_certificate_that_cannot_be_read_fails() {
    let right = Document::new();
    let der = right.certificate.of(&right.ds, &right.csca);
    let body = crate::emrtd::tlv::expect(&der, 0x30).expect("30");
    let parts = crate::emrtd::tlv::list(body).expect("three parts");
    let fields = crate::emrtd::tlv::list(parts[0].value).expect("fields");
    let raw = |tlvs: &[crate::emrtd::tlv::Tlv<'_>], without: usize| -> Vec<u8> {
        let kept = tlvs.iter().enumerate().filter(|(i, _)| *i != without);
        kept.flat_map(|(_, tlv)| tlv.raw.to_vec()).collect()
    };
    let mut broken: Vec<_> = (1..=2).map(|i| build(0x30, &raw(&parts, i))).collect();
    for field in 1..7 {
        let body = build(0x30, &raw(&fields, field));
        broken.push(sequence(&[
            body,
            parts[1].raw.to_vec(),
            parts[2].raw.to_vec(),
        ]));
    }
    for certificate in broken {
        Document::new()
            .with(|d| {
                d.is_bare = true;
                d.cms.certificates = vec![certificate];
            })
            .is(Failed, SecurityObject);
    }
}

/// LDS_H_54, 65, 67.
#[test]
fn a_chain_that_is_wrong_fails() {
    Document::new()
        .with(|d| {
            d.certificate.issuer = name("VN", "another CSCA");
            let serial = build(0x02, &d.certificate.serial);
            d.cms.signer_id = sequence(&[d.certificate.issuer.clone(), serial]);
        })
        .is(Failed, Chain);
    let impostor = Party {
        key: Party::ec("", Nid::BRAINPOOL_P384R1).key,
        ..CSCA.clone()
    };
    Document::new()
        .with(|d| d.csca = impostor)
        .is(Failed, Chain);
    let md5 = sequence(&[oid("2A864886F70D010104"), build(0x05, &[])]);
    let mut document = Document::new().with(|d| d.certificate.inner = Some(md5.clone()));
    document.is_bare = true;
    let certificate = document.certificate.of(&document.ds, &document.csca);
    let named = Scheme::Ecdsa(SHA256).identifier();
    let at = certificate
        .windows(named.len())
        .rposition(|window| window == named)
        .expect("the outer algorithm");
    let outer = [&certificate[..at], &md5, &certificate[at + named.len()..]].concat();
    let outer = build(0x30, &outer[4..]);
    document
        .with(|d| d.cms.certificates = vec![outer])
        .is(Failed, Chain);
}

/// LDS_H_56 wants the longer form refused before 2050; a day is a day, and the signature covers it.
#[test]
fn a_validity_is_read_in_both_forms_of_time_and_in_no_other() {
    Document::new()
        .with(|d| d.certificate.from = "20240101000000Z")
        .succeeds();
    for wrong in ["240001000000Z", "2401010000", "20241301000000Z"] {
        Document::new()
            .with(|d| d.certificate.from = wrong)
            .is(Failed, SecurityObject);
    }
}

#[test]
fn an_issuer_that_is_not_known_is_undetermined() {
    Document::new()
        .with(|d| d.trust.clear())
        .is(Undetermined, Chain);
    let successor = Party::ec("CSCA", Nid::BRAINPOOL_P384R1);
    Document::by(&successor, &DS)
        .with(|d| d.trust = vec![Cert::csca(&CSCA, &CSCA).of(&CSCA, &CSCA)])
        .is(Undetermined, Chain);
    // In the store, but by itself no issuer.
    Document::new()
        .with(|d| {
            let mut csca = Cert::csca(&d.csca, &d.csca);
            csca.extensions.pop();
            d.trust = vec![csca.of(&d.csca, &d.csca)];
        })
        .is(Undetermined, Chain);
}

#[test]
fn a_revoked_signer_fails_and_a_list_that_is_missing_or_stale_only_leaves_a_note() {
    let with_list = |serials: &[&[u8]], until: &str| {
        Document::new().with(|d| d.trust.push(crl(&d.csca, serials, until, &[])))
    };
    with_list(&[&[0x0B]], "270101000000Z").is(Failed, Revocation);
    with_list(&[&[0x0B]], "260201000000Z").is(Failed, Revocation);
    with_list(&[&[0x0C]], "270101000000Z").succeeds();
    for document in [Document::new(), with_list(&[], "260201000000Z")] {
        document.succeeds();
        let passive = document.passive();
        let step = passive.steps().iter().find(|(s, _)| *s == Revocation);
        let check = &step.expect("a step").1;
        assert_eq!(check.result, NotSupported);
        assert!(check.reason.starts_with("revocation: not checked"));
    }
}

#[test]
fn a_list_that_somebody_else_signed_revokes_nothing_and_hides_nothing() {
    let impostor = Party {
        key: Party::ec("", Nid::BRAINPOOL_P384R1).key,
        ..CSCA.clone()
    };
    let of = |party: &Party, serial: &[u8]| crl(party, &[serial], "270101000000Z", &[]);
    let fake = Document::new().with(|d| d.trust.push(of(&impostor, &[0x0B])));
    fake.succeeds();
    fake.is(Successful, Chain);
    for lists in [
        [of(&CSCA, &[0x0B]), of(&impostor, &[0x0C])],
        [of(&impostor, &[0x0C]), of(&CSCA, &[0x0B])],
        [of(&CSCA, &[0x0C]), of(&CSCA, &[0x0B])],
    ] {
        Document::new()
            .with(|d| d.trust.extend(lists))
            .is(Failed, Revocation);
    }
}

#[test]
fn a_link_certificate_anchors_as_any_other() {
    let old = Party::ec("CSCA", Nid::BRAINPOOL_P256R1);
    Document::new()
        .with(|d| d.trust = vec![Cert::csca(&d.csca, &old).of(&d.csca, &old)])
        .succeeds();
}

//! The security object: algorithms that must do, and what must not.

use openssl::nid::Nid;

use super::*;
use crate::emrtd::trust::tests::issuer::{Scheme, attribute, name, oid};
use CheckResult::{Failed, Undetermined};
use PassiveStep::{SecurityObject, Signature, SignedAttributes};

const MD5: &str = "2A864886F70D0205";

/// A document with this hash and scheme in all places.
fn throughout(csca: &Party, ds: &Party, hash: Hash, scheme: fn(Hash) -> Scheme) -> Document {
    let mut document = Document::by(csca, ds);
    document.certificate.scheme = scheme(hash);
    document.cms.scheme = scheme(hash);
    document.cms.hash = hash;
    document.cms.digests = vec![hash.identifier()];
    document.with_content(security_object(hash, &[(1, DG1), (2, DG2)]))
}

/// LDS_H_01 to 07, 79 to 83, 94 to 96.
#[test]
fn rsa_with_every_padding_and_hash_succeeds() {
    for hash in HASHES {
        for scheme in [Scheme::Pkcs1, Scheme::Pss] {
            throughout(&RSA_CSCA, &RSA_DS, hash, scheme).succeeds();
        }
        throughout(&RSA_CSCA, &RSA_DS, hash, Scheme::Pkcs1)
            .with(|d| d.cms.scheme = Scheme::Pkcs1ByKey(hash))
            .succeeds();
    }
}

/// LDS_H_09 to 14, 70 to 73.
#[test]
fn ecdsa_on_every_curve_with_every_hash_and_both_kinds_of_oid_succeeds() {
    for curve in [
        Nid::X9_62_PRIME256V1,
        Nid::SECP384R1,
        Nid::SECP521R1,
        Nid::BRAINPOOL_P256R1,
        Nid::BRAINPOOL_P384R1,
        Nid::BRAINPOOL_P512R1,
    ] {
        let (csca, ds) = (Party::ec("CSCA", curve), Party::ec("DS", curve));
        for hash in HASHES {
            for scheme in [Scheme::Ecdsa, Scheme::EcdsaPlain] {
                throughout(&csca, &ds, hash, scheme).succeeds();
            }
        }
    }
}

/// LDS_H_74 to 78.
#[test]
fn different_algorithms_in_object_and_certificates_succeed() {
    for hash in HASHES {
        Document::by(&CSCA, &RSA_DS)
            .with_content(security_object(hash, &[(1, DG1), (2, DG2)]))
            .succeeds();
        Document::by(&RSA_CSCA, &DS)
            .with(|d| d.certificate.scheme = Scheme::Pkcs1(hash))
            .succeeds();
    }
}

/// LDS_H_08, 97, 98 ask for DSA and 10, 11, 70 for curves of 224 bits, which no document of today
/// is signed with: undetermined here, never accepted and never an alarm.
#[test]
fn an_algorithm_that_is_not_known_is_undetermined() {
    let small = Party::ec("DS", Nid::SECP224R1);
    Document::by(&CSCA, &small).is(Undetermined, Signature);
    let dsa = sequence(&[oid("2A8648CE380403")]);
    Document::new()
        .with(|d| d.cms.named_scheme = Some(dsa.clone()))
        .is(Undetermined, Signature);
    let mut document = Document::new();
    document.certificate.inner = Some(dsa.clone());
    let other_hash = sequence(&[oid("28CF060303")]);
    let object = security_object(SHA256, &[(1, DG1)]);
    let at = object.windows(13).position(|w| w == SHA256.identifier());
    let at = at.expect("the hash's name");
    let object = [&object[2..at], &other_hash, &object[at + 13..]].concat();
    Document::new()
        .with_content(build(0x30, &object))
        .is(Undetermined, SecurityObject);
}

/// LDS_H_22, 30, 36, 41.
#[test]
fn md5_fails_wherever_it_stands() {
    let md5 = || sequence(&[oid(MD5)]);
    Document::new()
        .with(|d| d.cms.digests.push(md5()))
        .is(Failed, SecurityObject);
    Document::new()
        .with(|d| d.cms.named_digest = Some(md5()))
        .is(Failed, SignedAttributes);
    Document::by(&RSA_CSCA, &RSA_DS)
        .with(|d| d.cms.named_scheme = Some(sequence(&[oid("2A864886F70D010104")])))
        .is(Failed, Signature);
    let group = group_hash(1, &[0; 16]);
    let object = sequence(&[build(0x02, &[0]), md5(), sequence(&[group])]);
    Document::new()
        .with_content(object)
        .is(Failed, SecurityObject);
}

/// LDS_H_17 to 19.
#[test]
fn a_wrong_tag_or_length_fails() {
    let sod = Document::new().sod();
    let trust = TrustStore::default();
    let with_tag = [&[0x78], &sod[1..]].concat();
    let mut longer = sod.clone();
    longer[3] += 1;
    let mut shorter = sod.clone();
    shorter[3] -= 1;
    let cut = sod[..sod.len() - 1].to_vec();
    for wrong in [with_tag, longer, shorter, cut, Vec::new()] {
        let passive = read(&wrong, &trust, TODAY);
        assert_eq!(passive.proof().result(), Failed);
        assert!(passive.groups().is_empty());
    }
}

/// LDS_H_20, 26, 84, 85.
#[test]
fn versions_that_do_not_fit_what_they_stand_for_fail() {
    for version in [0, 1, 2, 4] {
        Document::new()
            .with(|d| d.cms.version = version)
            .is(Failed, SecurityObject);
    }
    for version in [0, 2, 3] {
        Document::new()
            .with(|d| d.cms.signer_version = version)
            .is(Failed, SecurityObject);
    }
    by_key_id().succeeds();
    by_key_id()
        .with(|d| d.cms.signer_version = 1)
        .is(Failed, SecurityObject);
}

/// A signer that is named by its key.
fn by_key_id() -> Document {
    Document::new().with(|d| {
        let id = d.ds.key_id();
        let subject_key = build(0x04, &id);
        let extension =
            crate::emrtd::trust::tests::issuer::extension("551D0E", false, &subject_key);
        d.certificate.extensions.push(extension);
        d.cms.signer_id = build(0x80, &id);
        d.cms.signer_version = 3;
    })
}

/// LDS_H_24, and the object identifiers that are seen instead of the right one.
#[test]
fn a_content_type_of_something_else_fails_and_those_seen_in_the_field_do_not() {
    let of_type = |content_type: &str| {
        Document::new().with(|d| {
            let digest = SHA256.of(&d.cms.content);
            d.cms.attributes = attributes(content_type, &digest, None);
            d.cms.content_type = content_type.to_owned();
        })
    };
    of_type("678108010102").is(Failed, SecurityObject);
    for seen in ["2B1B010101", "2A841001876E011401", "2A864886F70D010701"] {
        of_type(seen).succeeds();
    }
}

/// LDS_H_25, 32, 33.
#[test]
fn signed_attributes_that_are_missing_wrong_or_doubled_fail() {
    let digest = SHA256.of(&Document::new().cms.content);
    let content_type = attribute(3, &oid(LDS));
    let message_digest = attribute(4, &build(0x04, &digest));
    for attributes in [
        vec![],
        vec![content_type.clone()],
        vec![message_digest.clone()],
        vec![content_type.clone(), attribute(4, &build(0x04, &[7; 32]))],
        vec![attribute(3, &oid("678108010102")), message_digest.clone()],
        vec![
            content_type.clone(),
            content_type.clone(),
            message_digest.clone(),
        ],
        vec![content_type, message_digest.clone(), message_digest],
    ] {
        Document::new()
            .with(|d| d.cms.attributes = attributes)
            .is(Failed, SignedAttributes);
    }
}

/// LDS_H_37.
#[test]
fn a_wrong_signature_fails() {
    for ds in [&*DS, &*RSA_DS] {
        let document = Document::by(&CSCA, ds);
        let impostor = match ds.key.id() {
            openssl::pkey::Id::RSA => Party::rsa("DS", 2048),
            _ => Party::ec("DS", Nid::BRAINPOOL_P256R1),
        };
        let certificate = document.certificate.of(ds, &document.csca);
        document
            .with(|d| {
                d.is_bare = true;
                d.cms.certificates = vec![certificate];
                d.ds = impostor;
            })
            .is(Failed, Signature);
    }
}

#[test]
fn attributes_signed_in_the_order_of_der_and_stored_in_another_succeed_with_a_note() {
    let document = Document::new().with(|d| {
        d.cms.attributes.sort();
        d.cms.is_stored_reversed = true;
    });
    document.succeeds();
    let passive = document.passive();
    let step = passive.steps().iter().find(|(s, _)| *s == Signature);
    assert!(step.expect("a step").1.reason.contains("order"));
}

/// LDS_H_21, 23, 27, 31, 38, and a second signer.
#[test]
fn an_object_that_lacks_a_part_or_has_two_signers_fails() {
    Document::new()
        .with(|d| d.cms.signers = 2)
        .is(Failed, SecurityObject);
    Document::new()
        .with(|d| d.cms.signers = 0)
        .is(Failed, SecurityObject);
    Document::new()
        .with(|d| d.cms.named_digest = Some(Vec::new()))
        .is(Failed, SecurityObject);
    Document::new()
        .with(|d| d.cms.named_scheme = Some(Vec::new()))
        .is(Failed, SecurityObject);
    Document::new()
        .with(|d| d.cms.signer_id = name("VN", "CSCA"))
        .is(Failed, SecurityObject);
}

/// LDS_H_39, 40, 42, 46, 47, 86 to 89.
#[test]
fn the_lds_security_object_is_of_version_0_or_of_version_1_with_its_lds_version() {
    let version = |n| build(0x02, &[n]);
    let hash = || SHA256.identifier();
    let good = || {
        sequence(&[
            group_hash(1, &SHA256.of(DG1)),
            group_hash(2, &SHA256.of(DG2)),
        ])
    };
    let lds = |version: &[u8]| sequence(&[build(0x13, version), build(0x13, b"040000")]);
    let lds_1_8 = || lds(b"0108");
    for parts in [
        vec![version(0), hash(), good()],
        vec![version(1), hash(), good(), lds_1_8()],
        vec![version(1), hash(), good(), lds(b"0109")],
    ] {
        Document::new().with_content(sequence(&parts)).succeeds();
    }
    let without_number = sequence(&[sequence(&[build(0x04, &[0; 32])])]);
    let numbered = |n: u8| sequence(&[group_hash(1, &[0; 32]), group_hash(n, &[0; 32])]);
    for parts in [
        vec![hash(), good()],
        vec![version(2), hash(), good()],
        vec![version(1), hash(), good()],
        vec![version(0), hash(), good(), lds_1_8()],
        vec![version(0), good()],
        vec![version(0), hash(), without_number],
        vec![version(0), hash(), numbered(0)],
        vec![version(0), hash(), numbered(17)],
        vec![version(0), hash(), numbered(0xFF)],
        vec![version(0), hash(), numbered(1)],
    ] {
        Document::new()
            .with_content(sequence(&parts))
            .is(Failed, SecurityObject);
    }
}

/// Seen on genuine documents (ITU-T X.690 §8.1.3.6).
#[test]
fn an_object_with_indefinite_lengths_is_read_once_made_definite() {
    let document = Document::new();
    let sod = document.sod();
    let content_info = crate::emrtd::tlv::expect(&sod, 0x77).expect("77");
    let inside = crate::emrtd::tlv::expect(content_info, 0x30).expect("30");
    let (kind, data) = crate::emrtd::tlv::first(inside).expect("an OID");
    let data = crate::emrtd::tlv::expect(data, 0xA0).expect("A0");
    let indefinite = [
        &[0x30, 0x80][..],
        kind.raw,
        &[0xA0, 0x80],
        data,
        &[0, 0, 0, 0],
    ]
    .concat();
    let mut trust = TrustStore::default();
    trust
        .add("csca", &document.trust[0])
        .expect("a certificate");
    let mut passive = read(&build(0x77, &indefinite), &trust, TODAY);
    passive.check_group(1, DG1);
    passive.check_document("VNM", "ID", None);
    let proof = passive.proof();
    assert_eq!(
        proof.result(),
        CheckResult::Successful,
        "{}",
        proof.reason()
    );
}

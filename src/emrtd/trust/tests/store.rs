//! What the store takes, and what it then says.

use jiff::civil::date;
use openssl::nid::Nid;
use proptest::prelude::*;

use super::issuer::{Cert, Cms, Party, crl, extension, oid, sequence};
use crate::emrtd::parsers;
use crate::emrtd::tlv::build;
use crate::emrtd::trust::{Added, Certificate, TrustFault, TrustStore};
use crate::identity::CheckResult;

const MASTER_LIST: &str = "678108010102";

fn csca(name: &str) -> (Party, Vec<u8>) {
    let party = Party::ec(name, Nid::BRAINPOOL_P384R1);
    let certificate = Cert::csca(&party, &party).of(&party, &party);
    (party, certificate)
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = openssl::base64::encode_block(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// A master list by a signer under `root`.
fn master_list(root: &Party, certificates: &[Vec<u8>]) -> (Cms, Party) {
    let signer = Party::ec("Master List Signer", Nid::X9_62_PRIME256V1);
    let mut cert = Cert::signer(root);
    let list_signing = sequence(&[oid("678108010103")]);
    cert.extensions
        .push(extension("551D25", true, &list_signing));
    let set = build(0x31, &certificates.concat());
    let content = sequence(&[build(0x02, &[0]), set]);
    let mut cms = Cms::of(MASTER_LIST, content, &signer, &cert);
    cms.certificates = vec![cert.of(&signer, root)];
    (cms, signer)
}

#[test]
fn a_file_may_hold_several_certificates_and_lists_as_pem() {
    let (one, one_der) = csca("CSCA one");
    let (_, two_der) = csca("CSCA two");
    let list = crl(&one, &[], "270101000000Z", &[]);
    let text = [
        pem("CERTIFICATE", &one_der),
        pem("CERTIFICATE", &two_der),
        pem("CERTIFICATE", &one_der),
        pem("X509 CRL", &list),
    ]
    .concat();
    let mut store = TrustStore::default();
    let expected = Added {
        certificates: 2,
        known: 1,
        crls: 1,
        ..Added::default()
    };
    assert_eq!(store.add("anchors.pem", text.as_bytes()), Ok(expected));
    assert!(store.crls()[0].is_verified);
    assert!(store.crls()[0].stale(date(2027, 1, 2)));
    assert!(!store.crls()[0].stale(date(2027, 1, 1)));
    assert!(store.has_vietnamese_id_card_csca());
}

#[test]
fn a_file_with_one_bad_object_brings_nothing() {
    let (_, der) = csca("CSCA");
    let text = pem("CERTIFICATE", &der) + &pem("CERTIFICATE", &der[..der.len() - 1]);
    let mut store = TrustStore::default();
    let fault = store.add("anchors.pem", text.as_bytes());
    assert!(matches!(fault, Err(TrustFault::Unreadable(_))));
    assert!(store.certificates().is_empty());
}

#[test]
fn a_list_is_pinned_by_a_certificate_in_a_file_of_its_own_and_by_no_list() {
    let (root, root_der) = csca("root");
    let (_, other_der) = csca("CSCA");
    let (cms, signer) = master_list(&root, &[root_der.clone(), other_der]);
    let mut store = TrustStore::default();
    let added = store.add("list.ml", &cms.sign(&signer)).expect("signed");
    assert_eq!(added.certificates, 2);
    assert_eq!(added.unpinned, ["C=VN, CN=Master List Signer"]);
    assert_eq!(store.lists()[0].pinned_by, None);
    let (_, stranger_der) = csca("stranger");
    store.add("stranger.cer", &stranger_der).expect("readable");
    assert_eq!(store.lists()[0].pinned_by, None);
    let added = store.add("root.cer", &root_der).expect("a certificate");
    assert_eq!((added.certificates, added.known), (0, 1));
    let pinned_by = store.lists()[0].pinned_by.clone();
    assert_eq!(pinned_by.as_deref(), Some("C=VN, CN=root"));
}

#[test]
fn a_list_that_its_signer_did_not_sign_is_refused_whole() {
    let (root, root_der) = csca("root");
    let (right, signer) = master_list(&root, &[root_der]);
    let mut store = TrustStore::default();
    let stranger = Party::ec("stranger", Nid::X9_62_PRIME256V1);
    let without_certificate = Cms {
        certificates: Vec::new(),
        ..right.clone()
    };
    let of_other_content = Cms {
        content: sequence(&[build(0x02, &[0]), build(0x31, &[])]),
        ..right.clone()
    };
    let document_signer = Cms {
        certificates: vec![Cert::signer(&root).of(&signer, &root)],
        ..right.clone()
    };
    for list in [
        document_signer.sign(&signer),
        right.sign(&stranger),
        without_certificate.sign(&signer),
        of_other_content.sign(&signer),
    ] {
        let fault = store.add("list.ml", &list);
        assert!(matches!(fault, Err(TrustFault::Signature(_))), "{fault:?}");
    }
    assert!(store.certificates().is_empty() && store.lists().is_empty());
}

#[test]
fn a_certificate_in_a_list_that_cannot_be_read_is_counted_and_left_out() {
    let (root, root_der) = csca("root");
    let (cms, signer) = master_list(&root, &[root_der, build(0x30, &[5, 0])]);
    let mut store = TrustStore::default();
    let added = store.add("list.ml", &cms.sign(&signer)).expect("signed");
    assert_eq!((added.certificates, added.unreadable), (1, 1));
}

#[test]
fn every_csca_of_one_name_is_tried_and_links_are_anchors_too() {
    let mut store = TrustStore::default();
    let parties: Vec<_> = (0..5)
        .map(|i| {
            let (party, der) = csca("CSCA");
            store.add(&format!("{i}.cer"), &der).expect("a certificate");
            party
        })
        .collect();
    let (old, old_der) = csca("CSCA");
    let new = Party::ec("CSCA", Nid::BRAINPOOL_P512R1);
    let link = Cert::csca(&new, &old).of(&new, &old);
    let signer = Party::ec("DS", Nid::X9_62_PRIME256V1);
    for party in &parties {
        let mut cert = Cert::signer(party);
        for _ in 0..2 {
            let signed = Certificate::parse(&cert.of(&signer, party)).expect("right");
            assert!(store.anchor_of(&signed).is_ok());
            // Without the key's name, its holder's is enough.
            cert.extensions.clear();
        }
    }
    let of_new = Cert::signer(&new).of(&signer, &new);
    let of_new = Certificate::parse(&of_new).expect("right");
    let unknown = store.anchor_of(&of_new).expect_err("no anchor yet");
    assert_eq!(unknown.result, CheckResult::Undetermined);
    store.add("link.cer", &link).expect("a certificate");
    let anchor = store.anchor_of(&of_new).expect("the link is an anchor");
    assert!(anchor.is_link());
    assert!(!Certificate::parse(&old_der).expect("right").is_link());
}

#[test]
fn a_revocation_list_counts_only_if_a_csca_of_its_issuer_signed_it() {
    let (root, root_der) = csca("CSCA");
    let (mut impostor, _) = csca("CSCA");
    impostor.name = root.name.clone();
    let signer = Party::ec("DS", Nid::X9_62_PRIME256V1);
    let signer = Cert::signer(&root).of(&signer, &root);
    let signer = Certificate::parse(&signer).expect("right");
    let today = date(2026, 6, 1);
    let partial = extension("551D1B", true, &build(0x02, &[1]));
    let serial = &signer.serial[..];
    for (list, result) in [
        (
            crl(&root, &[serial], "270101000000Z", &[]),
            CheckResult::Failed,
        ),
        (
            crl(&root, &[serial], "260201000000Z", &[]),
            CheckResult::Failed,
        ),
        (
            crl(&root, &[&[7]], "270101000000Z", &[]),
            CheckResult::Successful,
        ),
        (
            crl(&root, &[], "260601000000Z", &[]),
            CheckResult::Successful,
        ),
        (
            crl(&root, &[], "260531000000Z", &[]),
            CheckResult::NotSupported,
        ),
        (
            crl(&root, &[], "270101000000Z", &[partial]),
            CheckResult::NotSupported,
        ),
        (
            crl(&impostor, &[serial], "270101000000Z", &[]),
            CheckResult::NotSupported,
        ),
    ] {
        let mut store = TrustStore::default();
        assert_eq!(
            store.revocation(&signer, today).result,
            CheckResult::NotSupported
        );
        store.add("csca.cer", &root_der).expect("a certificate");
        store.add("list.crl", &list).expect("a list");
        let check = store.revocation(&signer, today);
        assert_eq!(check.result, result, "{}", check.reason);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn any_damage_to_what_is_signed_is_read_without_a_panic(
        what in 0usize..3,
        places in prop::collection::vec((0usize..10_000, any::<u8>()), 1..4),
    ) {
        static SAMPLES: std::sync::LazyLock<[Vec<u8>; 3]> = std::sync::LazyLock::new(|| {
            let (root, der) = csca("CSCA");
            let list = crl(&root, &[&[7], &[8]], "270101000000Z", &[]);
            let (cms, signer) = master_list(&root, std::slice::from_ref(&der));
            [der, list, cms.sign(&signer)]
        });
        let mut bytes = SAMPLES[what].clone();
        for (place, byte) in places {
            let place = place % bytes.len();
            bytes[place] = byte;
        }
        parsers::fuzz_certificate(&bytes);
        parsers::fuzz_crl(&bytes);
        parsers::fuzz_master_list(&bytes);
        parsers::fuzz_sod(&build(0x77, &bytes));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        parsers::fuzz_certificate(&bytes);
        parsers::fuzz_crl(&bytes);
        parsers::fuzz_master_list(&bytes);
        parsers::fuzz_sod(&bytes);
        parsers::fuzz_sod(&build(0x77, &bytes));
    }
}

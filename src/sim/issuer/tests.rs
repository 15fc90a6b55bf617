//! OpenSSL judges what was made: it parses every structure, and verifies what it can.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::cms::{CMSOptions, CmsContentInfo};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::hash;
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyFlags;
use openssl::x509::{CrlStatus, X509, X509Crl, X509PurposeId, X509StoreContext};

use super::{Csca, Issuer, SignerIdentifier, SignerPlan, Signing, SodPlan};
use crate::sim::card::profile::citizen;
use crate::sim::persons;

/// All that a CSCA is known to sign with.
const CSCAS: &[&str] = &[
    "rsa-2048 pkcs1 sha256",
    "rsa-3072 pss sha256",
    "rsa-4096 pss sha512",
    "rsa-2048 pss sha1",
    "P-256 ecdsa sha1",
    "P-256 ecdsa sha256",
    "P-384 ecdsa sha384",
    "P-521 ecdsa sha512",
    "brainpoolP256r1 ecdsa sha256",
    "brainpoolP384r1 ecdsa sha384",
    "brainpoolP512r1 ecdsa sha512",
    "P-256-explicit ecdsa sha224",
    "P-521-explicit ecdsa sha512",
    "brainpoolP256r1-explicit ecdsa sha256",
    "brainpoolP512r1-explicit ecdsa sha512",
];

fn signing(text: &str) -> Signing {
    text.parse().expect("a way of signing")
}

fn x509(der: &[u8]) -> X509 {
    X509::from_der(der).expect("OpenSSL parses it")
}

/// Whether OpenSSL builds a chain from `certificate` over `between` to `anchor`.
fn chains(certificate: &[u8], between: &[&[u8]], anchor: &[u8]) -> bool {
    let mut store = X509StoreBuilder::new().expect("a store");
    store.add_cert(x509(anchor)).expect("added");
    store.set_purpose(X509PurposeId::ANY).expect("set");
    let flags = X509VerifyFlags::X509_STRICT | X509VerifyFlags::CHECK_SS_SIGNATURE;
    store.set_flags(flags).expect("set");
    let mut untrusted = Stack::new().expect("a stack");
    for one in between {
        untrusted.push(x509(one)).expect("room");
    }
    let mut context = X509StoreContext::new().expect("a context");
    context
        .init(&store.build(), &x509(certificate), &untrusted, |context| {
            context.verify_cert()
        })
        .expect("a verdict")
}

#[test]
fn openssl_finds_the_certificates_of_every_kind_of_csca_right() {
    for text in CSCAS {
        let issuer = Issuer::fresh(signing(text));
        let csca = issuer.authority(Csca::Home);
        let anchor = x509(csca.certificate());
        let key = anchor.public_key().expect("a key");
        assert!(key.public_eq(csca.key().private()), "{text}");
        assert!(anchor.verify(&key).expect("a verdict"), "{text}");
        let signer = issuer.document_signer(Csca::Home, &SignerPlan::default());
        assert!(
            x509(signer.certificate()).verify(&key).expect("a verdict"),
            "{text}"
        );
        assert!(
            x509(&issuer.link).verify(&key).expect("a verdict"),
            "{text}"
        );
        let list = X509Crl::from_der(&csca.revocation_list().expect("signed")).expect("a CRL");
        assert!(list.verify(&key).expect("a verdict"), "{text}");
        // OpenSSL's chains refuse curves that are written out, and SHA-1.
        if !text.contains("explicit") && !text.contains("sha1") {
            assert!(
                chains(signer.certificate(), &[], csca.certificate()),
                "{text}"
            );
        }
    }
}

#[test]
fn a_chain_holds_for_our_own_signers_and_over_the_link_and_for_nobody_else() {
    let issuer = Issuer::shared();
    let home = issuer.authority(Csca::Home).certificate();
    let signed_by = |csca| issuer.document_signer(csca, &SignerPlan::default());
    assert!(chains(signed_by(Csca::Home).certificate(), &[], home));
    let next = signed_by(Csca::Successor);
    assert!(!chains(next.certificate(), &[], home));
    for stranger in [Csca::Unknown, Csca::Impostor] {
        assert!(
            !chains(signed_by(stranger).certificate(), &[], home),
            "{stranger:?}"
        );
    }
    assert!(chains(next.certificate(), &[&issuer.link], home));
    let link = x509(&issuer.link);
    let named = |id: Option<&openssl::asn1::Asn1OctetStringRef>| {
        id.map(|id| id.as_slice().to_vec())
            .expect("a key identifier")
    };
    assert_eq!(
        named(link.authority_key_id()),
        named(x509(home).subject_key_id())
    );
    assert_ne!(named(link.authority_key_id()), named(link.subject_key_id()));
}

#[test]
fn a_revoked_signer_is_on_the_list_and_another_is_not() {
    let issuer = Issuer::shared();
    let list = issuer
        .authority(Csca::Home)
        .revocation_list()
        .expect("signed");
    let list = X509Crl::from_der(&list).expect("a CRL");
    for revoked in [true, false] {
        let plan = SignerPlan {
            revoked,
            ..SignerPlan::default()
        };
        let signer = x509(issuer.document_signer(Csca::Home, &plan).certificate());
        let listed = matches!(list.get_by_cert(&signer), CrlStatus::Revoked(_));
        assert_eq!(listed, revoked);
    }
}

#[test]
fn a_certificate_holds_the_days_that_its_plan_says() {
    let plan = SignerPlan {
        valid: [jiff::civil::date(2021, 6, 1), jiff::civil::date(2050, 6, 1)],
        ..SignerPlan::default()
    };
    let signer = Issuer::shared().document_signer(Csca::Home, &plan);
    let signer = x509(signer.certificate());
    let day = |text| Asn1Time::from_str(text).expect("a time");
    assert!(signer.not_before() == &*day("20210601000000Z"));
    assert!(signer.not_after() == &*day("20500601000000Z"));
}

#[test]
fn openssl_verifies_security_objects_of_every_kind() {
    let group = b"a data group".as_slice();
    let groups = BTreeMap::from([(1, group)]);
    let signings = CSCAS.iter().copied();
    for text in signings.chain(["brainpoolP256r1 ecdsa sha512", "rsa-2048 pss sha384"]) {
        let plan = SignerPlan {
            signing: signing(text),
            ..SignerPlan::default()
        };
        let signer = Issuer::shared().document_signer(Csca::Home, &plan);
        for identifier in [
            SignerIdentifier::IssuerAndSerial,
            SignerIdentifier::KeyIdentifier,
        ] {
            let sod = SodPlan {
                identifier,
                lds_version: u32::from(identifier == SignerIdentifier::KeyIdentifier),
                signing_time: true,
                ..SodPlan::default()
            };
            let day = jiff::civil::date(2022, 3, 15);
            let file = signer.security_object(&groups, &sod, day).expect("signed");
            let mut cms = CmsContentInfo::from_der(&file[4..]).expect("CMS");
            let flags = CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY;
            let right = cms.verify(None, None, None, None, flags);
            assert!(right.is_ok(), "{text} {identifier:?}: {right:?}");
        }
    }
}

#[test]
fn a_plain_signature_is_the_two_numbers_side_by_side() {
    let signing = signing("P-521 ecdsa-plain sha256");
    let key = super::Key::generate(signing.key).expect("a key");
    let signature = signing.sign(&key, b"message").expect("signed");
    assert_eq!(signature.len(), 132);
    let half = |part| BigNum::from_slice(part).expect("a number");
    let (r, s) = signature.split_at(66);
    let signature = EcdsaSig::from_private_components(half(r), half(s)).expect("a pair");
    let digest = hash(signing.hash.digest(), b"message").expect("a hash");
    let key = key.private().ec_key().expect("EC");
    assert!(signature.verify(&digest, &key).expect("a verdict"));
}

#[test]
fn the_master_list_is_signed_under_our_csca() {
    let issuer = Issuer::shared();
    let mut list = CmsContentInfo::from_der(&issuer.master_list().bytes).expect("CMS");
    let mut store = X509StoreBuilder::new().expect("a store");
    let home = issuer.authority(Csca::Home).certificate();
    store.add_cert(x509(home)).expect("added");
    store.set_purpose(X509PurposeId::ANY).expect("set");
    let mut content = Vec::new();
    list.verify(
        None,
        Some(&store.build()),
        None,
        Some(&mut content),
        CMSOptions::BINARY,
    )
    .expect("signed");
    for which in [Csca::Home, Csca::Abroad] {
        let inside = issuer.authority(which).certificate();
        assert!(content.windows(inside.len()).any(|window| window == inside));
    }
}

#[test]
fn an_issuer_in_a_folder_is_the_same_for_all_and_private() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new");
    let signing = signing("brainpoolP384r1-explicit ecdsa sha384");
    let first = Issuer::in_folder_as(&path, signing).expect("made");
    let second = Issuer::in_folder(&path).expect("read");
    let trust = |issuer: &Issuer| issuer.trust()[0].bytes.clone();
    assert_eq!(trust(&first), trust(&second));
    assert_eq!(second.authority(Csca::Home).signing(), signing);
    let anchor = x509(&trust(&first)).public_key().expect("a key");
    for which in [&first, &second] {
        let signer = which.document_signer(Csca::Home, &SignerPlan::default());
        assert!(
            x509(signer.certificate())
                .verify(&anchor)
                .expect("a verdict")
        );
    }
    let mode =
        |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&path.join("issuer")), 0o700);
    for file in fs::read_dir(path.join("issuer")).expect("a folder") {
        assert_eq!(mode(&file.expect("a file").path()), 0o600);
    }
    fs::write(path.join("issuer/home.pem"), "no key").expect("written");
    assert!(Issuer::in_folder(&path).is_err());
}

#[test]
fn a_trust_folder_holds_what_a_reader_needs_and_no_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("trust");
    let issuer = Issuer::shared();
    issuer.write_trust(&path).expect("written");
    issuer.write_master_list(&path).expect("written");
    let mut names = Vec::new();
    for file in fs::read_dir(&path).expect("a folder") {
        let file = file.expect("a file");
        let bytes = fs::read(file.path()).expect("read");
        assert!(openssl::pkey::PKey::private_key_from_der(&bytes).is_err());
        names.push(file.file_name().into_string().expect("UTF-8"));
    }
    names.sort();
    assert_eq!(
        names,
        [
            "abroad.crl",
            "abroad.der",
            "csca.crl",
            "csca.der",
            "link.der",
            "trial.ml"
        ]
    );
}

#[test]
fn two_issuers_have_nothing_in_common_but_the_name() {
    let (one, other) = (Issuer::fresh(Issuer::usual()), Issuer::shared());
    let csca = |issuer: &Issuer| x509(issuer.authority(Csca::Home).certificate());
    let name = |x509: &X509| x509.subject_name().to_der().expect("DER");
    assert_eq!(name(&csca(&one)), name(&csca(other)));
    let key = csca(&one).public_key().expect("a key");
    assert!(!csca(other).verify(&key).expect("a verdict"));
    assert!(citizen(&persons()[0]).files.contains_key(&0x011D));
}

#[test]
fn ways_of_signing_that_do_not_exist_are_refused() {
    for text in [
        "",
        "P-256",
        "P-256 ecdsa",
        "P-256 pss sha256",
        "rsa-2048 ecdsa sha256",
        "rsa-17 pkcs1 sha256",
        "P-256 ecdsa md5",
        "P-256 ecdsa sha256 more",
        "P-256-written ecdsa sha256",
    ] {
        assert!(text.parse::<Signing>().is_err(), "{text}");
    }
    for text in CSCAS {
        assert_eq!(signing(text).to_string(), *text);
    }
}

#[test]
fn a_flaw_of_a_certificate_is_the_one_that_its_plan_names() {
    use super::CertificateFlaw as Flaw;
    let issuer = Issuer::shared();
    let csca = x509(issuer.authority(Csca::Home).certificate());
    let key = csca.public_key().expect("a key");
    let signer = |flaw| {
        let plan = SignerPlan {
            flaw,
            ..SignerPlan::default()
        };
        x509(issuer.document_signer(Csca::Home, &plan).certificate())
    };
    let text = |x509: &X509| String::from_utf8(x509.to_text().expect("text")).expect("UTF-8");
    let right = |x509: &X509| x509.verify(&key).unwrap_or(false);
    let genuine = text(&signer(None));
    assert!(genuine.contains("Digital Signature") && genuine.contains("Authority Key"));
    for (flaw, shown, verifies) in [
        (Flaw::NoKeyUsage, "X509v3 Key Usage: critical", true),
        (Flaw::WrongKeyUsage, "Digital Signature", true),
        (Flaw::NoAuthorityKey, "Authority Key", true),
        (
            Flaw::OtherIssuer,
            "Issuer: C = VN, O = Tiep Don Trial, CN = CSCA Tiep Don Trial",
            true,
        ),
        (Flaw::OtherAlgorithm, "no text tells", false),
        (Flaw::WrongSignature, "no text tells", false),
    ] {
        let flawed = signer(Some(flaw));
        assert!(!text(&flawed).contains(shown), "{flaw:?}");
        assert_eq!(right(&flawed), verifies, "{flaw:?}");
    }
    assert!(text(&signer(Some(Flaw::UnknownCritical))).contains("2.23.136.99.1: critical"));
}

#[test]
fn a_flaw_of_signed_data_is_the_one_that_its_plan_names() {
    use super::MessageFlaw as Flaw;
    // PKCS#1 signs the same bytes the same way.
    let plan = SignerPlan {
        signing: signing("rsa-2048 pkcs1 sha256"),
        ..SignerPlan::default()
    };
    let signer = Issuer::shared().document_signer(Csca::Home, &plan);
    let signed = |flaw| {
        let plan = SodPlan {
            flaw,
            ..SodPlan::default()
        };
        let groups = BTreeMap::from([(1, b"a data group".as_slice())]);
        let day = jiff::civil::date(2022, 3, 15);
        let file = signer.security_object(&groups, &plan, day).expect("signed");
        let mut cms = CmsContentInfo::from_der(&file[4..]).expect("CMS");
        let flags = CMSOptions::NO_SIGNER_CERT_VERIFY | CMSOptions::BINARY;
        (cms.verify(None, None, None, None, flags).is_ok(), file)
    };
    let count = |file: &[u8], oid: &str| {
        let oid = super::der::oid(oid);
        file.windows(oid.len())
            .filter(|window| *window == oid)
            .count()
    };
    let (content_type, data) = ("1.2.840.113549.1.9.3", "1.2.840.113549.1.7.1");
    let (right, genuine) = signed(None);
    assert!(right);
    assert_eq!(
        (count(&genuine, content_type), count(&genuine, data)),
        (1, 0)
    );
    for flaw in [Flaw::WrongDigest, Flaw::NoDigest, Flaw::WrongSignature] {
        assert!(!signed(Some(flaw)).0, "{flaw:?}");
    }
    // What follows OpenSSL forgives; a reader may not.
    let (_, named) = signed(Some(Flaw::WrongContentType));
    assert_eq!(count(&named, data), 1);
    let (_, unnamed) = signed(Some(Flaw::NoContentType));
    assert_eq!(count(&unnamed, content_type), 0);
    let (_, twice) = signed(Some(Flaw::TwoSigners));
    assert_eq!(count(&twice, content_type), 2);
    assert_eq!(signed(None).1, genuine);
    for flaw in [Flaw::WrongVersion, Flaw::Unsorted] {
        let (_, other) = signed(Some(flaw));
        assert_eq!(count(&other, content_type), 1, "{flaw:?}");
        assert_eq!(other.len(), genuine.len(), "{flaw:?}");
        assert_ne!(other, genuine, "{flaw:?}");
    }
}

#[test]
fn a_revocation_list_of_other_days_says_so() {
    let days = [jiff::civil::date(2022, 1, 1), jiff::civil::date(2022, 4, 1)];
    let list = Issuer::shared()
        .authority(Csca::Home)
        .revocation_list_of(days);
    let list = X509Crl::from_der(&list.expect("signed")).expect("a CRL");
    let day = |text| Asn1Time::from_str(text).expect("a time");
    assert!(list.last_update() == &*day("20220101000000Z"));
    assert!(list.next_update().expect("told") == &*day("20220401000000Z"));
}

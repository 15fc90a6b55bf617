//! The master lists of Germany and the Netherlands.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::date;

use crate::emrtd::trust::{TrustFault, TrustStore};

const NL: (&str, &str) = ("NL_ML_2026-07-22.ml", "NL_ROOT_CA.cer");
const DE_2024: (&str, &str) = ("DE_ML_2024-12-19-10-09-11.ml", "DE_ROOT_CA_CSCA07.cer");
const DE_2026: (&str, &str) = ("DE_ML_2026-05-28-08-28-45.ml", "DE_ROOT_CA_CSCA07.cer");

/// A file of the shared data, or a message that its test is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(in crate::emrtd) fn shared(file: &str) -> Option<Vec<u8>> {
    let shared = std::env::var_os("TIEPDON_SHARED").unwrap_or("../shared".into());
    let path = Path::new(&shared).join("data/emrtd").join(file);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        eprintln!("skipped: there is no {}", path.display());
    }
    bytes
}

fn store((list, pin): (&str, &str)) -> Option<TrustStore> {
    let list_bytes = shared(&format!("master-lists/{list}"))?;
    let pin_bytes = shared(&format!("master-lists/{pin}"))?;
    let mut store = TrustStore::default();
    let added = store.add(list, &list_bytes).expect("a signed list");
    assert_eq!((added.unreadable, added.unpinned.len()), (0, 1));
    assert!(store.lists()[0].pinned_by.is_none(), "nobody chose it yet");
    store.add(pin, &pin_bytes).expect("a certificate");
    assert!(store.lists()[0].pinned_by.is_some());
    Some(store)
}

/// Why the certificates of a list verify under none of its own, counted; "" for those that do.
fn verdicts(store: &TrustStore) -> BTreeMap<String, usize> {
    let mut verdicts = BTreeMap::new();
    for certificate in store.all() {
        let verdict = match store.anchor_of(certificate) {
            Ok(_) => String::new(),
            Err(check) => check.reason,
        };
        *verdicts.entry(verdict).or_default() += 1;
    }
    verdicts
}

#[test]
fn every_certificate_of_every_list_is_read_and_has_a_key_that_is_known() {
    for (list, count) in [(NL, 411), (DE_2024, 551), (DE_2026, 588)] {
        let Some(store) = store(list) else { return };
        assert_eq!(store.lists()[0].certificates, count);
        let unusable: Vec<_> = store
            .certificates()
            .into_iter()
            .filter(|entry| !entry.is_usable)
            .collect();
        assert_eq!(unusable, [], "{list:?}");
    }
}

#[test]
fn all_411_certificates_of_the_dutch_list_verify() {
    let Some(store) = store(NL) else { return };
    assert_eq!(verdicts(&store), BTreeMap::from([(String::new(), 411)]));
}

/// The German lists also hold link certificates, some of issuers that are not in the list, two
/// with a name in the issuer's place that the signing key's own certificate does not have.
#[test]
fn the_certificates_of_the_german_lists_verify_but_for_links_from_what_is_not_in_them() {
    let other_key =
        "none of the known CSCA certificates of this issuer signed the certificate".to_owned();
    let other_name =
        "the certificate names another issuer than the one whose key signed it".to_owned();
    let unknown = "no CSCA certificate of this issuer is known".to_owned();
    for (list, verified, counts) in [(DE_2024, 540, [7, 3, 1]), (DE_2026, 574, [10, 2, 2])] {
        let Some(store) = store(list) else { return };
        let expected = BTreeMap::from([
            (String::new(), verified),
            (other_key.clone(), counts[0]),
            (other_name.clone(), counts[1]),
            (unknown.clone(), counts[2]),
        ]);
        assert_eq!(verdicts(&store), expected, "{list:?}");
    }
}

#[test]
fn lists_tell_what_they_are_and_what_of_them_is_vietnams() {
    let Some(store) = store(DE_2026) else { return };
    let list = &store.lists()[0];
    assert_eq!(list.signed, Some(date(2026, 5, 28)));
    assert!(list.signer.contains("CSCA Master List Signer"));
    let vietnam: Vec<_> = store
        .certificates()
        .into_iter()
        .filter(|entry| entry.country.as_deref() == Some("VN"))
        .collect();
    let [passports] = &vietnam[..] else {
        panic!("one certificate of Vietnam, of its passports: {vietnam:?}");
    };
    assert_eq!(passports.key, "EC brainpoolP512r1");
    assert!(passports.sha256.starts_with("6B5FA6FE45CC4E85"));
    assert!(!passports.expired(date(2037, 10, 1)) && passports.expired(date(2037, 10, 2)));
    assert!(!store.has_vietnamese_id_card_csca());
    let expired = |today| {
        let certificates = store.certificates();
        certificates.iter().filter(|c| c.expired(today)).count()
    };
    assert_eq!(expired(date(2026, 5, 28)), 0);
    assert_eq!(expired(date(2026, 11, 23)), 17);
}

#[test]
fn a_list_with_one_changed_byte_is_refused_whole() {
    let Some(list) = shared(&format!("master-lists/{}", NL.0)) else {
        return;
    };
    for place in [1_000, list.len() / 2, list.len() - 10] {
        let mut changed = list.clone();
        changed[place] ^= 1;
        let mut store = TrustStore::default();
        let fault = store.add("list", &changed).expect_err("a changed list");
        assert!(
            matches!(fault, TrustFault::Signature(_)),
            "{place}: {fault}"
        );
        assert!(store.certificates().is_empty());
    }
}

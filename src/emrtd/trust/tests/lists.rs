//! The master lists of Germany and the Netherlands.

use std::collections::BTreeMap;
use std::path::Path;

use crate::emrtd::trust::{TrustFault, TrustStore};

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

/// Why the certificates of a list verify under none of its own, counted; "" for those that do.
fn verdicts(store: &TrustStore) -> BTreeMap<String, usize> {
    let mut verdicts = BTreeMap::new();
    for certificate in store.all() {
        let verdict = match store.anchor_of(certificate) {
            Ok(_) => String::new(),
            Err(check) => format!("{:?}: {}", check.result, check.reason),
        };
        *verdicts.entry(verdict).or_default() += 1;
    }
    verdicts
}

#[test]
fn every_certificate_of_the_lists_is_read() {
    for (file, count, pin) in [
        ("NL_ML_2026-07-22.ml", 411, "NL_ROOT_CA.cer"),
        ("DE_ML_2024-12-19-10-09-11.ml", 551, "DE_ROOT_CA_CSCA07.cer"),
        ("DE_ML_2026-05-28-08-28-45.ml", 588, "DE_ROOT_CA_CSCA07.cer"),
    ] {
        let list = shared(&format!("master-lists/{file}"));
        let pin_bytes = shared(&format!("master-lists/{pin}"));
        let (Some(list), Some(pin_bytes)) = (list, pin_bytes) else {
            return;
        };
        let mut store = TrustStore::default();
        store.add(pin, &pin_bytes).expect("a certificate");
        let added = store.add(file, &list).expect("a signed list");
        println!("{file} {added:?}");
        println!("{:#?}", store.lists());
        println!("{:#?}", verdicts(&store));
        let mut keys = BTreeMap::new();
        for e in store.certificates() {
            *keys.entry((e.key, e.is_csca)).or_insert(0) += 1;
        }
        println!("{keys:#?}");
        assert_eq!(
            (added.certificates + added.known, added.unreadable),
            (count, 0)
        );
    }
}

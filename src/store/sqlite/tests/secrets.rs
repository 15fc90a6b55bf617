//! What a thief of the files learns.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::open;
use crate::identity::{BirthDate, InsuranceNumber, Person, PriorityReason};
use crate::queue::{Companion, Draft, PatientRef};
use crate::store::conformance::{at, draft, new, person};
use crate::store::{Act, Command, Fleet, Outbox, Register};

/// Everything about a person that the draft below holds.
const SECRETS: [&str; 14] = [
    "Quách Thị Xuyến",
    "QUACH THI XUYEN",
    "XUYẾN",
    "099000000777",
    "DN4010987654321",
    "0987654321",
    "1931-05-07",
    "Ngõ Hẻm Số Bảy",
    "272727272",
    "patient-3141",
    "appointment-2718",
    "pregnant",
    "encounter-1618",
    "refused-by-name",
];

fn somebody() -> Person {
    Person {
        name: Some("Quách Thị Xuyến".into()),
        name_latin: Some("QUACH THI XUYEN".into()),
        insurance_number: InsuranceNumber::parse("DN4010987654321"),
        birth_date: BirthDate::parse("1931-05-07"),
        residence: Some("Ngõ Hẻm Số Bảy".into()),
        old_id: Some("272727272".into()),
        ..person(777)
    }
}

/// All bytes of all files in a folder.
fn bytes_of(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(folder).expect("listed");
    let files = files.map(|file| file.expect("listed").path());
    files
        .map(|file| (file.display().to_string(), fs::read(&file).expect("read")))
        .collect()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Each secret as it is, in capitals, in hexadecimal digits and in UTF-16.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    vec![
        secret.as_bytes().to_vec(),
        secret.to_uppercase().into_bytes(),
        hex::encode(secret).into_bytes(),
        hex::encode_upper(secret).into_bytes(),
        secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ]
}

fn assert_clean(folder: &Path) {
    for (file, bytes) in bytes_of(folder) {
        for secret in SECRETS {
            for spelling in spellings(secret) {
                assert!(!holds(&bytes, &spelling), "{secret} in {file}");
            }
        }
    }
}

#[test]
fn no_personal_data_is_in_the_clear_in_any_file() {
    let folder = tempfile::tempdir().expect("folder");
    let store = open(folder.path()).expect("a new store");
    let wish = Draft {
        person: Some(somebody()),
        companion: Some(Companion {
            person: Some(somebody()),
        }),
        patient: Some(PatientRef("patient-3141".into())),
        appointment: Some("appointment-2718".into()),
        priority: Some(PriorityReason::Pregnant),
        ..draft(1)
    };
    let visit = new(&store, &wish).visit;
    let frozen = serde_json::to_vec(&wish).expect("JSON");
    store.freeze(visit, &frozen).expect("frozen");
    store
        .postpone(visit, at(2), "refused-by-name")
        .expect("told");
    assert_eq!(store.due(at(2), 1).expect("due")[0].record.draft, wish);
    store.remember(&somebody(), at(3)).expect("remembered");
    let shown = json!({ "who": "Q. T. XUYẾN", "number": "099000000777" });
    store.publish("K1", &shown, at(4)).expect("published");
    let command = Command {
        id: visit,
        kiosk: "K1".into(),
        act: Act::CallToDesk,
        who: "lan".into(),
        why: "Quách Thị Xuyến is called".into(),
        at: at(5),
        answer: None,
    };
    store.command(&command).expect("given");
    store
        .answer(visit, "XUYẾN has left", at(6))
        .expect("answered");
    assert_clean(folder.path());
    store.sent(visit, "encounter-1618", at(7)).expect("sent");
    assert_clean(folder.path());
    // What is plain is plain: the search does find what is there.
    let found = bytes_of(folder.path())
        .iter()
        .any(|(_, bytes)| holds(bytes, b"A001"));
    assert!(found);
    drop(store);
    assert_clean(folder.path());
}

#[test]
fn the_same_person_at_two_sites_has_two_hashes() {
    let hashes = [1, 2].map(|_| {
        let folder = tempfile::tempdir().expect("folder");
        let store = open(folder.path()).expect("a new store");
        store.seal.person_of(draft(1).visit, Some(&somebody()))
    });
    assert_ne!(hashes[0], hashes[1]);
}

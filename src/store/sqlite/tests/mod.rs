mod faults;
mod opening;
mod secrets;

use std::path::Path;

use super::Sqlite;
use crate::config;
use crate::store::conformance::{self, services};
use crate::store::{Store, StoreError};

/// Stories that the property tells, and acts in the longest: some seconds on a slow disk.
const CASES: u32 = 96;
const ACTS_MAX: usize = 40;

fn settings(folder: &Path) -> config::Store {
    config::Store {
        path: folder.join("store.db"),
        key_file: folder.join("key"),
    }
}

fn open(folder: &Path) -> Result<Sqlite, StoreError> {
    Sqlite::open(&settings(folder), &services())
}

#[test]
fn sqlite_keeps_every_promise_of_a_store() {
    let folder = tempfile::tempdir().expect("folder");
    let made = std::cell::Cell::new(0);
    conformance::all(|| {
        made.set(made.get() + 1);
        let store = open(&folder.path().join(made.get().to_string()));
        Box::new(store.expect("a new store")) as Box<dyn Store>
    });
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        failure_persistence: None,
        ..proptest::test_runner::Config::with_cases(CASES)
    })]

    #[test]
    fn sqlite_does_as_the_model_does(acts in conformance::acts::acts(ACTS_MAX)) {
        let folder = tempfile::tempdir().expect("folder");
        conformance::model::compare(&open(folder.path()).expect("a new store"), &acts);
    }
}

//! A folder of the simulator's issuer, and everything that can be done to it.

use std::fs;
use std::path::Path;

use jiff::civil::Date;
use tempfile::TempDir;

use super::{Contents, FileFault, Folder, Warning, warnings};
use crate::emrtd::{TrustFault, TrustStore};
use crate::sim::issuer::Issuer;

/// A folder as the issuer of this process hands it out.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    Issuer::shared()
        .write_trust(folder.path())
        .expect("written");
    folder
}

fn count(store: &TrustStore) -> usize {
    store.certificates().len()
}

fn today() -> Date {
    jiff::Timestamp::now()
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
        .date()
}

/// Names of the files with a fault.
fn faulty(folder: &Path) -> Vec<String> {
    let faults = Contents::read(folder).expect("read").faults;
    faults.into_iter().map(|(file, _)| file).collect()
}

#[test]
fn every_file_is_read_by_its_content_whatever_its_name_is() {
    let folder = folder();
    fs::rename(
        folder.path().join("csca.der"),
        folder.path().join("README.txt"),
    )
    .expect("renamed");
    let contents = Contents::read(folder.path()).expect("read");
    assert_eq!(contents.faults, []);
    assert_eq!(
        count(&contents.store),
        3,
        "two CSCAs and a link certificate"
    );
    assert_eq!(contents.store.crls().len(), 2);
    assert!(contents.store.has_vietnamese_id_card_csca());
}

#[test]
fn a_file_with_a_fault_is_named_and_the_others_are_used() {
    let folder = folder();
    let path = folder.path();
    let good = count(&Contents::read(path).expect("read").store);
    fs::write(path.join("notes.txt"), "the fingerprint is ...").expect("written");
    fs::write(path.join("empty.der"), "").expect("written");
    std::os::unix::fs::symlink(path.join("nowhere"), path.join("dangling")).expect("linked");
    let sparse = fs::File::create(path.join("huge.pem")).expect("made");
    sparse.set_len(17 << 20).expect("longer");
    rustix::fs::mkfifoat(rustix::fs::CWD, path.join("pipe"), rustix::fs::Mode::RUSR).expect("made");
    let contents = Contents::read(path).expect("read");
    assert_eq!(count(&contents.store), good);
    let faults: Vec<_> = contents.faults.iter().map(|(file, _)| &file[..]).collect();
    assert_eq!(
        faults,
        ["dangling", "empty.der", "huge.pem", "notes.txt", "pipe"]
    );
    let of = |file: &str| {
        &contents
            .faults
            .iter()
            .find(|(f, _)| f == file)
            .expect("there")
            .1
    };
    assert!(matches!(of("dangling"), FileFault::Unreadable(_)));
    assert_eq!(of("huge.pem"), &FileFault::TooLarge);
    assert_eq!(of("pipe"), &FileFault::NoFile);
    let told = of("notes.txt");
    assert!(matches!(
        told,
        FileFault::Content(TrustFault::Unreadable(_))
    ));
}

#[test]
fn sub_folders_and_hidden_files_are_none_of_ours_and_links_are_followed() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir(path.join("old")).expect("made");
    fs::write(path.join("old/junk"), "junk").expect("written");
    fs::write(path.join(".csca.der.swp"), "junk").expect("written");
    let elsewhere = tempfile::tempdir().expect("a folder");
    fs::rename(path.join("csca.der"), elsewhere.path().join("csca.der")).expect("moved");
    std::os::unix::fs::symlink(elsewhere.path().join("csca.der"), path.join("csca.der"))
        .expect("linked");
    assert_eq!(faulty(path), [""; 0]);
    assert_eq!(count(&Contents::read(path).expect("read").store), 3);
}

#[test]
fn a_copied_file_is_trusted_at_the_next_card() {
    let source = folder();
    let folder = tempfile::tempdir().expect("a folder");
    let kept = Folder::open(folder.path());
    assert_eq!(count(&kept.look().0), 0);
    fs::copy(
        source.path().join("csca.der"),
        folder.path().join("csca.der"),
    )
    .expect("copied");
    let (store, state) = kept.look();
    assert_eq!((count(&store), state), (1, Ok(())));
    assert!(
        std::sync::Arc::ptr_eq(&store, &kept.look().0),
        "not read again"
    );
    fs::remove_file(folder.path().join("csca.der")).expect("removed");
    assert_eq!(count(&kept.look().0), 0, "taken away is taken away");
}

#[test]
fn a_change_with_a_fault_leaves_what_was_trusted_until_it_is_mended() {
    let folder = folder();
    let kept = Folder::open(folder.path());
    assert_eq!(count(&kept.look().0), 3);
    let csca = folder.path().join("csca.der");
    let whole = fs::read(&csca).expect("read");
    // Half of a file that is still being copied.
    fs::write(&csca, &whole[..whole.len() / 2]).expect("written");
    for _ in 0..2 {
        let (store, state) = kept.look();
        assert_eq!(count(&store), 3);
        let told = state.expect_err("a fault");
        assert!(
            told.starts_with("csca.der: ") && told.ends_with("still is"),
            "{told}"
        );
    }
    fs::write(&csca, &whole).expect("written");
    let (store, state) = kept.look();
    assert_eq!((count(&store), state), (3, Ok(())));
}

#[test]
fn a_folder_that_vanishes_is_a_fault_and_what_was_trusted_still_is() {
    let folder = folder();
    let kept = Folder::open(folder.path());
    let away = folder.path().with_extension("away");
    fs::rename(folder.path(), &away).expect("moved");
    for _ in 0..2 {
        let (store, state) = kept.look();
        assert_eq!(count(&store), 3);
        assert!(state.is_err());
    }
    fs::rename(&away, folder.path()).expect("moved back");
    assert_eq!(kept.look().1, Ok(()));
}

#[test]
fn what_is_right_serves_at_the_start_and_a_folder_that_is_not_there_is_an_empty_one() {
    let folder = folder();
    fs::write(folder.path().join("junk"), "junk").expect("written");
    let (store, state) = Folder::open(folder.path()).look();
    assert_eq!(count(&store), 3);
    assert!(state.expect_err("a fault").starts_with("junk: "));
    let (store, state) = Folder::open(&folder.path().join("nowhere")).look();
    assert_eq!((count(&store), state), (0, Ok(())));
}

#[test]
fn the_warnings_name_what_is_missing_and_what_ends() {
    let folder = folder();
    let path = folder.path();
    let told = |today| {
        let contents = Contents::read(path).expect("read");
        warnings(&contents, today)
    };
    let now = told(today());
    assert!(!now.contains(&Warning::NoIdCardCsca), "{now:?}");
    let ends = told(jiff::civil::date(2150, 1, 1));
    let end = |warning: &&Warning| matches!(warning, Warning::Ends { .. });
    assert_eq!(ends.iter().filter(end).count(), 3, "{ends:?}");
    assert!(ends.iter().any(|w| matches!(w, Warning::StaleCrl { .. })));
    for name in ["csca.der", "link.der"] {
        fs::remove_file(path.join(name)).expect("removed");
    }
    let without = told(today());
    assert_eq!(without.first(), Some(&Warning::NoIdCardCsca));
    assert!(
        without
            .iter()
            .any(|w| matches!(w, Warning::UnknownCrl { .. })),
        "{without:?}"
    );
}

#[test]
fn a_master_list_is_known_by_a_certificate_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    Issuer::shared().write_master_list(path).expect("written");
    let told = |path| warnings(&Contents::read(path).expect("read"), today());
    let unknown = |all: &[Warning]| {
        all.iter()
            .any(|w| matches!(w, Warning::UnknownSigner { .. }))
    };
    assert!(unknown(&told(path)));
    Issuer::shared().write_trust(path).expect("written");
    assert!(!unknown(&told(path)));
}

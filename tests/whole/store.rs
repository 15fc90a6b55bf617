//! The store read-only, on a full disk, without its key, held by another, shared by two kiosks and by
//! twenty.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use tiepdon::words::Text;

use crate::program::{End, Program};
use crate::site::{Plan, Site, known, other};

/// Persons who come at the same moment.
const CROWD: usize = 20;

#[test]
fn a_store_that_may_not_be_written_issues_nothing_and_says_why() {
    for exists in [false, true] {
        let site = Site::new(&Plan::default());
        if exists {
            site.check_in(&["--qr-text", &known().card_qr()]);
        }
        let issued = site.visits().len();
        let folder = site.folder().join("store");
        fs::create_dir_all(&folder).expect("a folder");
        for file in fs::read_dir(&folder).expect("listed") {
            lock(&file.expect("a file").path(), 0o400);
        }
        lock(&folder, 0o500);
        let end = without_rights(site.command("K1", &["--qr-text", &known().card_qr()]));
        refused(&end, &["the store", "store.sqlite"]);
        lock(&folder, 0o700);
        assert_eq!(site.visits().len(), issued);
    }
}

#[test]
fn a_store_whose_key_is_missing_or_not_its_own_issues_nothing_and_says_why() {
    let site = Site::new(&Plan::default());
    let code = known().card_qr();
    let check_in = || site.start(&["--qr-text", &code]).end();
    check_in();
    let before = site.visits();
    let key = fs::read(site.key_file()).expect("a key");

    fs::remove_file(site.key_file()).expect("removed");
    refused(&check_in(), &["the key file", "restore"]);
    assert!(!site.key_file().exists(), "no key is made beside a store");

    fs::write(site.key_file(), [7; 32]).expect("written");
    lock(&site.key_file(), 0o600);
    refused(&check_in(), &["it is the key of another store"]);

    fs::write(site.key_file(), &key).expect("written");
    lock(&site.key_file(), 0o644);
    refused(&check_in(), &["others may read it", "chmod 600"]);

    lock(&site.key_file(), 0o600);
    assert_eq!(site.visits(), before);
    check_in().assert("issued null claimed confirmed local");
}

/// Another process holds the file: the patient is sent to the desk, and no number is left over.
#[test]
fn a_store_that_does_not_answer_sends_the_patient_to_staff() {
    let site = Site::new(&Plan {
        store_seconds: 1,
        scanner: true,
        ..Plan::default()
    });
    let mut scanner = site.scanner();
    let mut program = site.start(&[]);
    program.until(Text::TerminalCardOrCode);
    let held = site.hold();
    scanner.scan(&known().card_qr()).expect("scanned");
    let end = program.end();
    end.assert("desk store_down claimed null null");
    drop(held);
    assert_eq!(site.visits(), []);
    assert!(site.printer.tickets().is_empty());
    let again = site.check_in(&["--qr-text", &known().card_qr()]);
    assert_eq!(again.text("number"), "A001", "{again:#?}");
}

#[test]
fn one_person_at_two_kiosks_at_once_has_one_number() {
    let site = Site::new(&Plan::default());
    site.configure("K2", &Plan::default());
    let code = known().card_qr();
    let start = |kiosk| Program::start(&mut site.command(kiosk, &["--qr-text", &code]));
    let ends = ["K1", "K2", "K1", "K2"].map(start).map(Program::end);
    let row = site.visit();
    for end in &ends {
        end.assert("issued null claimed confirmed local");
        assert_eq!(end.text("number"), row.number);
    }
    assert_eq!(row.printed, 4);
    site.look();
}

#[test]
fn twenty_persons_at_twenty_kiosks_at_once_have_twenty_numbers() {
    let site = Site::new(&Plan::default());
    let kiosks: Vec<String> = (1..=CROWD).map(|n| format!("K{n}")).collect();
    let start = |(n, kiosk): (usize, &String)| {
        site.configure(kiosk, &Plan::default());
        let code = format!("0990900000{n:02}||NGUYỄN VĂN A|28021990|Nam|Xã A|19042021");
        Program::start(&mut site.command(kiosk, &["--qr-text", &code]))
    };
    let programs: Vec<Program> = kiosks.iter().enumerate().map(start).collect();
    let numbers: BTreeSet<String> = programs
        .into_iter()
        .map(Program::end)
        .inspect(|end| end.assert("issued null claimed confirmed local"))
        .map(|end| end.text("number").to_owned())
        .collect();
    let expected = (1..=CROWD).map(|n| format!("A{n:03}")).collect();
    assert_eq!(numbers, expected);
    let visits = site.visits();
    assert!(visits.iter().all(|row| row.printed == 1), "{visits:#?}");
    let on_paper: BTreeSet<_> = (0..CROWD).map(|n| site.on_ticket(n)).collect();
    assert_eq!(on_paper, visits.iter().map(|row| row.visit).collect());
    site.look();
}

/// A disk that fails: what it says is told with the cure, and the cure works.
#[test]
fn a_store_with_damaged_pages_is_told_and_put_back_from_its_backup() {
    let site = Site::new(&Plan::default());
    let check_in = |code: &str| site.start(&["--qr-text", code]).end();
    let store = |act: &str| {
        let backup = site.folder().join("backup.db");
        let mut command = site.program(&["store", act]);
        Program::start(command.arg(backup)).end()
    };
    assert_eq!(check_in(&known().card_qr()).text("number"), "A001");
    assert_eq!(store("backup").code, Some(0));
    assert_eq!(check_in(&other().card_qr()).text("number"), "A002");

    let mut pages = fs::read(site.store_file()).expect("the store's file");
    let damaged = pages.len();
    pages[4096..damaged].fill(0xA5);
    fs::write(site.store_file(), &pages).expect("written");
    refused(
        &check_in(&known().card_qr()),
        &["store.sqlite", "malformed", "tiepdon store restore"],
    );

    let restored = store("restore");
    assert_eq!(restored.code, Some(0), "{restored:#?}");
    // Whoever came after the backup is not known; their number is on paper, and never comes again.
    let end = check_in(&other().card_qr());
    assert_eq!(end.text("number"), "A1002", "{end:#?}");
    assert_eq!(check_in(&known().card_qr()).text("number"), "A001");
    let aside = fs::read_dir(site.store_file().parent().expect("in a folder")).expect("listed");
    let kept = aside
        .filter_map(Result::ok)
        .any(|file| fs::read(file.path()).is_ok_and(|bytes| bytes == pages));
    assert!(kept, "the damaged store is set aside, not thrown away");
}

/// The store's own small disk, of which the program never hears.
#[test]
fn a_full_disk_sends_the_patient_to_staff_and_loses_nothing() {
    let site = Site::new(&Plan::default());
    let folder = site.store_file();
    let folder = folder.parent().expect("in a folder");
    fs::create_dir_all(folder).expect("a folder");
    let Some(disk) = Disk::mount(folder) else {
        return;
    };
    let check_in = |code: &str| {
        let mut inside = disk.inside();
        let command = site.command("K1", &["--qr-text", code]);
        inside.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            inside.env(name, value.unwrap_or_default());
        }
        Program::start(&mut inside).end()
    };
    assert_eq!(check_in(&known().card_qr()).text("number"), "A001");
    let filler = folder.join("filler");
    let filler = filler.to_str().expect("a path in UTF-8");
    let filled = disk
        .inside()
        .args(["dd", "if=/dev/zero", "bs=512"])
        .arg(format!("of={filler}"))
        .output();
    assert!(
        !filled.expect("dd runs").status.success(),
        "the disk is full now"
    );
    let full = check_in(&other().card_qr());
    assert_ne!(full.code, Some(0), "{full:#?}");
    assert!(full.told.join("\n").contains("full"), "{full:#?}");
    assert_eq!(full.text("number"), "null");
    assert!(
        disk.inside()
            .args(["rm", filler])
            .status()
            .is_ok_and(|status| status.success())
    );
    assert_eq!(check_in(&known().card_qr()).text("number"), "A001", "kept");
    assert_eq!(
        check_in(&other().card_qr()).text("number"),
        "A002",
        "none was used up"
    );
}

/// A disk of a megabyte at a folder, for whoever is inside: a mount namespace of its own.
struct Disk(Child);

impl Disk {
    #[allow(clippy::print_stderr, reason = "that a test is skipped is said")]
    fn mount(folder: &std::path::Path) -> Option<Self> {
        const MOUNT: &str =
            "mount -t tmpfs -o size=1m,mode=700 tmpfs \"$0\" && echo there && read -r end";
        let mut holder = Command::new("unshare")
            .args(["-m", "sh", "-c", MOUNT])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut there = String::new();
        let output = holder.stdout.take().expect("piped");
        let read = BufReader::new(output).read_line(&mut there);
        let disk = Self(holder);
        if read.is_ok_and(|bytes| bytes > 0) {
            return Some(disk);
        }
        eprintln!("skipped: nothing may be mounted here");
        None
    }

    /// A command inside; its program and arguments follow.
    fn inside(&self) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-m", "-t", &self.0.id().to_string(), "--"]);
        command
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Nothing was issued: no JSON, exit 1, and lines that say what failed.
#[track_caller]
fn refused(end: &End, words: &[&str]) {
    assert_eq!(end.code, Some(1), "{end:#?}");
    assert!(end.json.is_null(), "{end:#?}");
    let told = end.told.join("\n");
    for word in words {
        assert!(told.contains(word), "{word:?} is missing: {told}");
    }
}

fn lock(path: &std::path::Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our own file");
}

/// Runs it without root's right to write where nobody may.
fn without_rights(command: Command) -> End {
    if !rustix::process::geteuid().is_root() {
        let mut command = command;
        return Program::start(&mut command).end();
    }
    let mut bare = Command::new("setpriv");
    bare.args(["--bounding-set", "-all", "--inh-caps", "-all", "--"])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        bare.env(name, value.unwrap_or_default());
    }
    Program::start(&mut bare).end()
}

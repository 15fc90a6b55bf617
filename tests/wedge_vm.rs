//! A scanner that plays a keyboard, on an input device of a real kernel. Most machines that build
//! and test have none, so it runs in a small virtual machine: `device-vm/run.sh` of the laboratory
//! (QEMU, a kernel of Debian's). Where that is not there, it says so and is skipped.
#![cfg(feature = "sim")]
#![expect(clippy::print_stdout, reason = "what was skipped is said")]

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use evdev::KeyCode;
use evdev::raw_stream::RawDevice;
use tiepdon::config::{Scanner, ScannerMode};
use tiepdon::identity::{Person, Private};
use tiepdon::scan::{Mode, ScanEvent, SourceHandle, probe_wedge, start_scanner};
use tiepdon::sim::{KeyScanner, Marks};

/// Far more than any step takes, emulated on a busy machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// A scanner whose keys came too slowly on a busy machine is held to the paper again.
const TRIES: usize = 5;
const NAME: &str = "Lab 2D Barcode Scanner";
const CARD: &str =
    "001090012345|012345678|Nguyễn Văn Ánh|28021990|Nam|Phường Đồng Xuân, Hà Nội|19042021";

#[test]
fn a_scanner_that_plays_a_keyboard_is_read_on_a_real_device() {
    let Some(run) = laboratory() else { return };
    let Some(modules) = ["evdev.ko", "uinput.ko"]
        .map(|name| module(&run, name))
        .into_iter()
        .collect::<Option<Vec<_>>>()
    else {
        println!("skipped: the virtual machine's kernel has no input devices");
        return;
    };
    let folder = tempfile::tempdir().expect("folder");
    let (mut files, mut load) = (Vec::new(), "#!/bin/sh\n".to_owned());
    for file in modules {
        let name = file
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        load += &format!("insmod /input/{name} || exit 1\n");
        files.push(format!("{}:/input/{name}", file.display()));
    }
    let script = folder.path().join("load.sh");
    std::fs::write(&script, load).expect("written");
    let own = std::env::current_exe().expect("this program");
    let status = Command::new(&run)
        .arg(&script)
        .arg(format!(
            "{} --ignored --nocapture --test-threads=1",
            own.display()
        ))
        // A blank: no webcam, no printer.
        .env("DEVICES", " ")
        .env("FILES", files.join(" "))
        .env("T", "300")
        .status()
        .expect("it runs");
    assert!(status.success(), "{status}");
}

/// The script that runs programs in the virtual machine.
fn laboratory() -> Option<PathBuf> {
    let run = std::env::var_os("TIEPDON_SHARED")
        .map(|shared| Path::new(&shared).join("lab/device-vm/run.sh"));
    let run = run.filter(|run| run.exists());
    let emulator = Command::new("qemu-system-x86_64").arg("--version").output();
    if run.is_none() || emulator.is_err() {
        println!("skipped: no virtual machine here (TIEPDON_SHARED, qemu-system-x86_64)");
        return None;
    }
    run
}

/// A module of the virtual machine's kernel; the first run of the script brings the kernel.
fn module(run: &Path, name: &str) -> Option<PathBuf> {
    let cache = |key: &str| std::env::var_os(key).map(PathBuf::from);
    let folder = cache("TIEPDON_LAB_CACHE")
        .or_else(|| Some(cache("XDG_CACHE_HOME")?.join("tiepdon-lab")))
        .or_else(|| Some(cache("HOME")?.join(".cache/tiepdon-lab")))?;
    if !folder.join("kernel").exists() {
        let first = Command::new(run)
            .arg("/bin/true")
            .env("DEVICES", " ")
            .status();
        println!("the virtual machine's kernel was fetched: {first:?}");
    }
    let find = Command::new("find")
        .arg(folder.join("kernel/lib/modules"))
        .args(["-name", name])
        .output();
    let found = String::from_utf8(find.ok()?.stdout).ok()?;
    found.lines().next().map(PathBuf::from)
}

struct Host {
    _handle: SourceHandle,
    events: Receiver<ScanEvent>,
}

impl Host {
    fn watching(device: &Path) -> Self {
        let (sink, events) = channel();
        let settings = Scanner {
            device: device.to_owned(),
            mode: ScannerMode::Keyboard,
        };
        let handle = start_scanner(settings, move |event| {
            // The test may be over already.
            let _ = sink.send(event);
        });
        handle.watch(Mode::Searching);
        Self {
            _handle: handle,
            events,
        }
    }

    fn health(&self) -> Result<(), String> {
        loop {
            match self.events.recv_timeout(PATIENCE).expect("an event") {
                ScanEvent::Health(health) => return health,
                ScanEvent::Code(payload) => println!("not awaited: {}", payload.kind()),
            }
        }
    }

    fn until_it_works(&self) {
        while let Err(cause) = self.health() {
            println!("{cause}");
        }
    }

    /// What the scanner reads of `text`.
    fn reads(&self, scanner: &mut KeyScanner, text: &str) -> Option<Person> {
        for _ in 0..TRIES {
            scanner.scan(text).expect("typed");
            match self.events.recv_timeout(Duration::from_secs(2)) {
                Ok(ScanEvent::Code(payload)) if payload.kind() == "cccd" => {
                    return payload.into_person();
                }
                other => println!("again, after {other:?}"),
            }
        }
        None
    }
}

/// The Vietnamese name and the Latin one.
fn name(person: &Person) -> (Option<&str>, Option<&str>) {
    (shown(&person.name), shown(&person.name_latin))
}

fn shown(name: &Option<Private<String>>) -> Option<&str> {
    name.as_ref().map(|name| name.expose().as_str())
}

/// Another program's view of a device, as the window's.
fn keys_seen_by_others(device: &mut RawDevice) -> io::Result<usize> {
    match device.fetch_events() {
        Ok(events) => Ok(events.count()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        Err(error) => Err(error),
    }
}

fn listen(device: &Path) -> RawDevice {
    use std::os::unix::fs::OpenOptionsExt;
    const O_NONBLOCK: i32 = 0o4000;
    let file = std::fs::File::options()
        .read(true)
        .custom_flags(O_NONBLOCK)
        .open(device)
        .expect("opened");
    RawDevice::try_from(file).expect("an input device")
}

#[test]
#[ignore = "needs /dev/uinput: runs inside the virtual machine"]
fn inside_a_scanner_comes_is_read_alone_goes_and_comes_back() {
    let host = Host::watching(Path::new("Barcode"));
    let missing = host.health().expect_err("no scanner yet");
    assert!(missing.contains("is not there"), "{missing}");

    let mut clerk = KeyScanner::plug_in("Clerk's keyboard", Marks::Lost).expect("uinput");
    let mut scanner = KeyScanner::plug_in(NAME, Marks::AltUnicode).expect("uinput");
    host.until_it_works();
    let first = scanner.device().expect("a file");
    assert_eq!(probe_wedge(Path::new("Barcode")).expect("there"), NAME);
    assert_eq!(probe_wedge(&first).expect("there"), NAME);

    // The scanner's keys are nobody else's; the clerk's are the clerk's.
    let (mut window, mut desk) = (listen(&first), listen(&clerk.device().expect("a file")));
    let person = host.reads(&mut scanner, CARD).expect("read");
    assert_eq!(name(&person), (Some("Nguyễn Văn Ánh"), None));
    clerk.scan("0123456789").expect("typed");
    assert_eq!(keys_seen_by_others(&mut window).expect("open"), 0);
    assert!(keys_seen_by_others(&mut desk).expect("open") > 0);
    // A finger on a key of the scanner's own is no code.
    scanner.press(KeyCode::KEY_1).expect("pressed");

    drop((window, scanner));
    let gone = host.health().expect_err("unplugged");
    assert!(gone.contains("went away"), "{gone}");
    // Something else takes its number.
    let _other = KeyScanner::plug_in("Another keyboard", Marks::Lost).expect("uinput");
    let mut scanner = KeyScanner::plug_in(NAME, Marks::AltBytes).expect("uinput");
    host.until_it_works();
    println!(
        "{} came back as {}",
        first.display(),
        scanner.device().expect("a file").display()
    );
    assert_ne!(scanner.device().expect("a file"), first);
    let another = CARD.replace("001090012345", "001090012346");
    let person = host.reads(&mut scanner, &another).expect("read");
    assert_eq!(name(&person), (Some("Nguyễn Văn Ánh"), None));
}

#[test]
#[ignore = "needs /dev/uinput: runs inside the virtual machine"]
fn inside_a_scanner_that_loses_marks_gives_a_latin_name_and_one_that_loses_letters_none() {
    for (marks, latin) in [
        (Marks::Lost, Some("NGUYEN VAN ANH")),
        (Marks::Dropped, None),
    ] {
        let mut scanner = KeyScanner::plug_in(NAME, marks).expect("uinput");
        let host = Host::watching(&scanner.device().expect("a file"));
        host.until_it_works();
        let person = host.reads(&mut scanner, CARD).expect("read");
        assert_eq!(name(&person), (None, latin), "{marks:?}");
        assert!(person.personal_number.is_some());
    }
}

#[test]
#[ignore = "needs /dev/uinput: runs inside the virtual machine"]
fn inside_what_is_no_keyboard_is_said_with_its_cure() {
    let told = |device: &str| probe_wedge(Path::new(device)).map_err(|error| error.to_string());
    assert!(told("/dev/null").is_err_and(|error| error.contains("[scanner] device")));
    assert!(told("/dev/input/event99").is_err_and(|error| error.contains("check its cable")));
    assert!(told("No Such Scanner").is_err_and(|error| error.contains("check its cable")));
}

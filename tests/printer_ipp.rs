//! Office printers: IPP to `ippeveprinter`, the IPP Everywhere printer of the CUPS project. It wants
//! mDNS, so it gets a bus and an avahi of its own, both on loopback. Where one of the three is missing
//! the test says so and is skipped.
#![allow(clippy::print_stdout, reason = "a test reports what it skipped")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tiepdon::config::{self, Link};
use tiepdon::queue::Paper;
use tiepdon::scan::read_picture;
use tiepdon::ticket::{Face, PageSize, Printer, Raster, TICKET_DPI, Template, open};
use tiepdon::words::Cause;

const LONG: Duration = Duration::from_secs(14);
/// Far more than a part needs to be up.
const PATIENCE: Duration = Duration::from_secs(30);
/// The code on the ticket.
const CODE: &str = "TD1-9F3K-27QX-M4TB";

/// What the printer does with a document, in the files of its folder.
const COMMAND: &str = r#"#!/bin/sh
cd "$(dirname "$0")" && cat "$1" > new && mv new got
[ -e reason ] && echo "STATE: +$(cat reason)" >&2
while [ -e hold ]; do sleep 0.1; done
exit 0
"#;

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=FOLDER/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow receive_sender="*"/><allow send_type="method_call"/></policy></busconfig>
"#;

const AVAHI: &str = "[server]\nallow-interfaces=lo\nuse-ipv6=no\nenable-dbus=yes\n[rlimits]\n";

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What printers are found by. There is one avahi on a computer, so there is one test.
struct Mdns {
    folder: tempfile::TempDir,
    _running: [Running; 2],
}

/// A printer that is switched on.
struct Office {
    folder: tempfile::TempDir,
    port: u16,
    _printer: Running,
}

fn start(command: &mut Command) -> Result<Running, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let started = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    started
        .map(Running)
        .map_err(|error| format!("{name}: {error}"))
}

fn wait_for(what: &str, mut there: impl FnMut() -> bool) -> Result<(), String> {
    let until = Instant::now() + PATIENCE;
    while !there() {
        if Instant::now() > until {
            return Err(format!("{what} did not start"));
        }
        std::thread::park_timeout(Duration::from_millis(50));
    }
    Ok(())
}

impl Mdns {
    /// Or why there is none.
    fn start() -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path();
        let write = |name: &str, text: &str| fs::write(path.join(name), text).expect("written");
        write(
            "bus.conf",
            &BUS.replace("FOLDER", &path.display().to_string()),
        );
        write("avahi.conf", AVAHI);
        let bus = start(
            Command::new("dbus-daemon")
                .arg("--nofork")
                .arg(format!("--config-file={}", path.join("bus.conf").display()))
                .stderr(Stdio::null()),
        )?;
        wait_for("dbus-daemon", || path.join("bus").exists())?;
        let mut avahi = start(
            Command::new("avahi-daemon")
                .args(["--no-drop-root", "--no-chroot", "--no-rlimits", "-f"])
                .arg(path.join("avahi.conf"))
                .env("DBUS_SYSTEM_BUS_ADDRESS", address(path))
                .stderr(Stdio::piped()),
        )?;
        let log = BufReader::new(avahi.0.stderr.take().expect("piped"));
        let up = log
            .lines()
            .map_while(Result::ok)
            .any(|line| line.contains("startup complete"));
        if !up {
            return Err("avahi-daemon does not start for this user, or runs already".into());
        }
        Ok(Self {
            folder,
            _running: [bus, avahi],
        })
    }

    /// Switches a printer on that takes these formats; or why it cannot.
    fn printer(&self, formats: &str) -> Result<Office, String> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path();
        let command = path.join("command");
        fs::write(&command, COMMAND).expect("written");
        fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).expect("mode");
        let spool = path.join("spool");
        fs::create_dir(&spool).expect("spool");
        let port = free_port();
        let printer = start(
            Command::new("ippeveprinter")
                .args([
                    "-p",
                    &port.to_string(),
                    "-n",
                    "localhost",
                    "-r",
                    "off",
                    "-k",
                ])
                .args(["-f", formats, "-d"])
                .arg(spool)
                .arg("-c")
                .arg(command)
                .arg(format!("Tiep Don Lab {port}"))
                .env("DBUS_SYSTEM_BUS_ADDRESS", address(self.folder.path()))
                .stderr(Stdio::null()),
        )?;
        wait_for("ippeveprinter", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        })?;
        Ok(Office {
            folder,
            port,
            _printer: printer,
        })
    }
}

fn address(folder: &Path) -> String {
    format!("unix:path={}", folder.join("bus").display())
}

impl Office {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set(&self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => fs::write(self.path(name), text).expect("written"),
            None => fs::remove_file(self.path(name)).expect("removed"),
        }
    }

    fn ours(&self) -> Box<dyn Printer> {
        open(&config::Printer::at(Link::Ipp {
            uri: format!("ipp://localhost:{}/ipp/print", self.port),
            user: "tiepdon-K1".into(),
        }))
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("port");
    listener.local_addr().expect("address").port()
}

fn raster() -> Raster {
    Template::builtin().render(&face(), 576).expect("raster")
}

fn face() -> Face {
    Face {
        hospital: "Bệnh viện Đa khoa Thử Nghiệm".into(),
        number: "A012".into(),
        service: "Khám Nội tổng hợp".into(),
        place: "Phòng 101, tầng 1, nhà A".into(),
        time: "07:45:12 · 23/11/2026".into(),
        code: Some(CODE.into()),
        ..Face::default()
    }
}

/// The code on a picture.
fn code_on(picture: &Path) -> Option<String> {
    read_picture(picture)
        .expect("a picture")
        .map(|code| code.text.expose().to_owned())
}

/// Draws the first page of a PDF by poppler, where it is installed.
fn drawn(pdf: &Path) -> Option<PathBuf> {
    let drawn = Command::new("pdftoppm")
        .args(["-r", "203", "-png", "-singlefile"])
        .args([pdf, pdf])
        .output();
    drawn.ok().filter(|drawn| drawn.status.success())?;
    Some(pdf.with_extension("png"))
}

/// The ticket as a document of this format, up to the tray.
fn check_format(office: &Office, format: &str, begin: &[u8]) {
    let mut printer = office.ours();
    assert_eq!(printer.status(LONG), Ok(()), "{format}");
    assert!(printer.about().contains(format), "{}", printer.about());
    let paper = printer.print(&raster(), *b"A012", LONG);
    assert_eq!(paper, Ok(Paper::Confirmed), "{format}");
    let got = office.path("got");
    let bytes = fs::read(&got).expect("document");
    assert!(bytes.starts_with(begin), "{format}");
    if format == "image/jpeg" {
        assert_eq!(code_on(&got).as_deref(), Some(CODE));
    }
    if format == "application/pdf" {
        match drawn(&got) {
            Some(picture) => assert_eq!(code_on(&picture).as_deref(), Some(CODE)),
            None => println!("skipped: nobody draws the PDF (pdftoppm of poppler-utils)"),
        }
    }
}

/// A ticket that is a page, at a printer without such paper: it lies whole on what there is.
fn check_page(office: &Office, size: PageSize) {
    let page = Template::builtin().render_page(&face(), size, TICKET_DPI);
    let page = page.expect("a page").raster;
    let printed = office.ours().print(&page, *b"A012", LONG);
    assert_eq!(printed, Ok(Paper::Confirmed), "{size}");
    let Some(picture) = drawn(&office.path("got")) else {
        return;
    };
    assert_eq!(code_on(&picture).as_deref(), Some(CODE));
}

/// Jobs at the printer that have not ended.
fn unfinished(office: &Office) -> usize {
    let uri = format!("ipp://localhost:{}/ipp/print", office.port);
    let asked = Command::new("ipptool")
        .args(["-tv", &uri, "get-jobs.test"])
        .output()
        .expect("ipptool comes with ippeveprinter");
    let answer = String::from_utf8_lossy(&asked.stdout);
    assert!(answer.contains("successful-ok"), "{answer}");
    answer.matches("job-id (integer)").count()
}

/// Prints, with the cause of a failure, and waits until no job is left at the printer.
fn print(office: &Office, printer: &mut dyn Printer) -> Result<Paper, Cause> {
    let printed = printer.print(&raster(), *b"A012", LONG);
    if office.path("hold").exists() {
        office.set("hold", None);
    }
    wait_for("the end of the job", || unfinished(office) == 0).expect("no job stays");
    printed.map_err(|fault| fault.cause)
}

/// Jobs that the printer holds, and says why, or not.
fn check_held(office: &Office) {
    for (reason, cause) in [
        (None, Cause::PrinterTimedOut),
        (Some("media-empty-error"), Cause::MediaEmpty),
    ] {
        if let Some(reason) = reason {
            office.set("reason", Some(reason));
        }
        office.set("hold", Some(""));
        let mut printer = office.ours();
        assert_eq!(print(office, printer.as_mut()), Err(cause), "{reason:?}");
    }
    // It goes on saying so, as a warning: it calls itself idle.
    let mut printer = office.ours();
    assert_eq!(printer.status(LONG), Ok(()));
    let warning = printer.warning().map(|warning| warning.cause);
    assert_eq!(warning, Some(Cause::MediaEmpty));
}

#[test]
fn an_office_printer_gets_the_ticket_as_a_job_and_its_faults_are_known() {
    const TEST: &str = "an_office_printer_gets_the_ticket_as_a_job_and_its_faults_are_known";
    let skipped = |why: &str| println!("skipped: {TEST} ({why})");
    let mdns = match Mdns::start() {
        Ok(mdns) => mdns,
        Err(why) => return skipped(&why),
    };
    for (format, begin) in [
        ("application/pdf", &b"%PDF-"[..]),
        ("image/pwg-raster", b"RaS2PwgRaster\0"),
        ("image/urf", b"UNIRAST\0"),
        ("image/jpeg", b"\xff\xd8"),
    ] {
        match mdns.printer(format) {
            Ok(office) => check_format(&office, format, begin),
            Err(why) => return skipped(&why),
        }
    }

    let office = mdns.printer("application/pdf").expect("as before");
    for size in PageSize::ALL {
        check_page(&office, size);
    }
    office.set("reason", Some("media-low-warning"));
    let mut printer = office.ours();
    assert_eq!(print(&office, printer.as_mut()), Ok(Paper::Confirmed));
    assert_eq!(printer.status(LONG), Ok(()));
    let warning = printer.warning().map(|warning| warning.cause);
    assert_eq!(warning, Some(Cause::MediaLow));
    drop(office);
    let fault = printer.status(LONG).expect_err("switched off");
    assert_eq!(fault.cause, Cause::PrinterShutdown);

    check_held(&mdns.printer("application/pdf").expect("as before"));
}

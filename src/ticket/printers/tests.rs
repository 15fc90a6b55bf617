use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use serialport::{SerialPort as _, TTYPort};

use super::open;
use crate::config::{self, Link};
use crate::queue::Paper;
use crate::ticket::{Printer, PrinterFault, Raster};
use crate::words::Cause;

const LONG: Duration = Duration::from_secs(20);

fn raster() -> Raster {
    // Every byte value, line feeds and flow control included: a serial line must change none.
    let bits = (0..=255).flat_map(|byte| [byte, 0xFF]).collect();
    Raster {
        width: 16,
        height: 256,
        bits,
    }
}

fn device(path: &str) -> Box<dyn Printer> {
    open(&config::Printer {
        width_dots: 16,
        band_rows: 255,
        ..config::Printer::at(Link::Device(path.into()))
    })
}

#[test]
fn a_serial_printer_gets_every_byte_unchanged_and_its_echo_confirms() {
    let (mut printer, line) = TTYPort::pair().expect("pty");
    let path = line.name().expect("name");
    printer.set_timeout(LONG).expect("timeout");
    let (ticket, received) = channel();
    // It hands the port back, so that the line does not hang up behind the echo.
    let peer = std::thread::Builder::new()
        .name("pty-printer".into())
        .spawn(move || {
            let mut all = Vec::new();
            let mut byte = [0];
            while printer.read_exact(&mut byte).is_ok() {
                all.push(byte[0]);
                if all.ends_with(&[0x10, 0x04, byte[0]]) && (1..=4).contains(&byte[0]) {
                    printer.write_all(&[0x12]).expect("answer");
                    all.clear();
                } else if all.ends_with(b"A012") {
                    printer.write_all(b"\x37\x22A012\x00").expect("echo");
                    ticket.send(std::mem::take(&mut all)).expect("test waits");
                    break;
                } else if all.ends_with(b"test") {
                    printer.write_all(b"\x37\x22test\x00").expect("echo");
                    all.clear();
                }
            }
            printer
        });
    let raster = raster();
    let paper = device(&path).print(&raster, *b"A012", LONG);
    assert_eq!(paper, Ok(Paper::Confirmed));
    let manner = crate::ticket::escpos::Manner {
        band_rows: 255,
        process_id: Some(*b"A012"),
        automatic: false,
    };
    let expected = crate::ticket::escpos::ticket(&raster, manner);
    let received = received.recv_timeout(LONG).expect("ticket");
    assert!(received.ends_with(&expected));
    drop(peer.expect("thread").join().expect("peer"));
}

#[test]
fn a_device_that_says_nothing_may_print_and_one_that_is_gone_is_off() {
    let (printer, line) = TTYPort::pair().expect("pty");
    let path = line.name().expect("name");
    let mut there = device(&path);
    assert_eq!(there.status(LONG), Ok(()));
    drop((printer, line));
    let fault = there.status(LONG).expect_err("gone");
    assert_eq!(fault.cause, Cause::PrinterShutdown);
    let fault = device("/dev/tiepdon-no-such-printer")
        .print(&raster(), *b"A012", LONG)
        .expect_err("absent");
    assert_eq!(fault.cause, Cause::PrinterShutdown);
    assert!(fault.to_string().starts_with("shutdown: "), "{fault}");
    assert!(fault.detail.contains("check the cable"), "{fault}");
}

#[test]
fn a_device_that_takes_no_more_bytes_is_given_up() {
    let (printer, line) = TTYPort::pair().expect("pty");
    let path = line.name().expect("name");
    let raster = Raster {
        width: 576,
        height: 1000,
        bits: vec![0; 72_000],
    };
    let within = Duration::from_millis(900);
    let fault = device(&path).print(&raster, *b"A012", within);
    assert_eq!(fault.expect_err("full").cause, Cause::PrinterTimedOut);
    drop(printer);
}

#[test]
fn a_folder_keeps_each_ticket_as_a_picture_for_the_kiosk_alone() {
    let parent = tempfile::tempdir().expect("folder");
    let folder = parent.path().join("tickets");
    let into = |path: &Path| open(&config::Printer::at(Link::Folder(path.to_owned())));
    let mut printer = into(&folder);
    assert_eq!(printer.status(LONG), Ok(()));
    for id in [*b"A012", *b"A012", [0, 1, 2, 255]] {
        assert_eq!(printer.print(&raster(), id, LONG), Ok(Paper::Confirmed));
    }
    let files: Vec<_> = std::fs::read_dir(&folder)
        .expect("folder")
        .map(|f| f.expect("file"))
        .collect();
    assert_eq!(files.len(), 3);
    for file in files {
        let mode = file.metadata().expect("metadata").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let picture = std::fs::read(file.path()).expect("file");
        assert_eq!(Raster::from_png(&picture), Ok(raster()));
    }
    let file = parent.path().join("file");
    std::fs::write(&file, "").expect("file");
    let fault = into(&file).print(&raster(), *b"A012", LONG);
    assert_eq!(fault.expect_err("a file").cause, Cause::PrinterShutdown);
}

/// A printer whose next results are given.
struct Scripted(Vec<Result<(), Cause>>);

impl Scripted {
    fn next(&mut self) -> Result<(), PrinterFault> {
        self.0
            .remove(0)
            .map_err(|cause| PrinterFault::new(cause, "so"))
    }
}

impl Printer for Scripted {
    fn print(&mut self, _: &Raster, _: [u8; 4], _: Duration) -> Result<Paper, PrinterFault> {
        self.next().map(|()| Paper::Unverified)
    }

    fn status(&mut self, _: Duration) -> Result<(), PrinterFault> {
        self.next()
    }
}

#[test]
fn paper_is_counted_over_restarts_and_a_new_roll_begins_anew() {
    let folder = tempfile::tempdir().expect("folder");
    let roll = config::Roll {
        length_mm: 1000,
        low_mm: 300,
        file: folder.path().join("roll.json"),
    };
    let start =
        |results: Vec<Result<(), Cause>>| super::Roll::around(Box::new(Scripted(results)), &roll);
    // 256 dots are 32 mm, and 15 are lost at each cut.
    let ticket = |printer: &mut super::Roll| drop(printer.print(&raster(), *b"A012", LONG));
    let printed = || super::Roll::printed_mm(&roll);

    let mut printer = start(vec![Ok(()); 14]);
    (0..14).for_each(|_| ticket(&mut printer));
    assert_eq!((printed(), printer.warning()), (Ok(14 * 47), None));
    let mut printer = start(vec![Ok(()), Err(Cause::CoverOpen), Ok(())]);
    ticket(&mut printer);
    let warning = printer.warning().expect("low");
    assert_eq!(warning.cause, Cause::MediaLow);
    assert!(warning.detail.contains("about 295 mm"), "{warning}");
    // Whoever opens the cover then changes the roll.
    assert!(printer.status(LONG).is_err());
    let mut printer = start(vec![Ok(()), Err(Cause::CoverOpen), Ok(())]);
    assert_eq!(printer.status(LONG), Ok(()));
    assert_eq!((printed(), printer.warning()), (Ok(0), None));
    // With much of it left, nobody does.
    assert!(printer.status(LONG).is_err());
    ticket(&mut printer);
    assert_eq!(printed(), Ok(47));
    // Out of paper, then well: a new roll, whatever the count says.
    let mut printer = start(vec![Err(Cause::MediaEmpty), Ok(())]);
    ticket(&mut printer);
    assert_eq!(printer.status(LONG), Ok(()));
    assert_eq!(printed(), Ok(0));
    // Told by somebody, in another process.
    let mut printer = start(vec![Ok(()); 2]);
    ticket(&mut printer);
    super::Roll::renew(&roll).expect("written");
    ticket(&mut printer);
    assert_eq!(printed(), Ok(47));
}

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use serialport::{SerialPort as _, TTYPort};

use super::{DevicePrinter, FolderPrinter};
use crate::queue::Paper;
use crate::ticket::{Printer as _, Raster};
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
                }
            }
            printer
        });
    let raster = raster();
    let paper = DevicePrinter::new(Path::new(&path), 255).print(&raster, *b"A012", LONG);
    assert_eq!(paper, Ok(Paper::Confirmed));
    let expected = crate::ticket::escpos::ticket(&raster, 255, Some(*b"A012"));
    assert_eq!(received.recv_timeout(LONG).expect("ticket"), expected);
    drop(peer.expect("thread").join().expect("peer"));
}

#[test]
fn a_device_that_says_nothing_may_print_and_one_that_is_gone_is_off_line() {
    let (printer, line) = TTYPort::pair().expect("pty");
    let path = line.name().expect("name");
    let mut device = DevicePrinter::new(Path::new(&path), 255);
    assert_eq!(device.status(LONG), Ok(()));
    drop((printer, line));
    assert_eq!(
        device.status(LONG).expect_err("gone").cause,
        Cause::PrinterOffline
    );
    let mut absent = DevicePrinter::new(Path::new("/dev/tiepdon-no-such-printer"), 255);
    let fault = absent.print(&raster(), *b"A012", LONG).expect_err("absent");
    assert_eq!(fault.cause, Cause::PrinterOffline);
    assert!(fault.detail.contains("check the cable"), "{fault}");
}

#[test]
fn a_device_that_takes_no_more_bytes_is_given_up_at_the_deadline() {
    let (printer, line) = TTYPort::pair().expect("pty");
    let path = line.name().expect("name");
    let raster = Raster {
        width: 576,
        height: 1000,
        bits: vec![0; 72_000],
    };
    let within = Duration::from_millis(900);
    let fault = DevicePrinter::new(Path::new(&path), 255).print(&raster, *b"A012", within);
    assert_eq!(fault.expect_err("full").cause, Cause::PrinterSilent);
    drop(printer);
}

#[test]
fn a_folder_keeps_each_ticket_as_a_picture_for_the_kiosk_alone() {
    let parent = tempfile::tempdir().expect("folder");
    let folder = parent.path().join("tickets");
    let mut printer = FolderPrinter::new(&folder);
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
    let fault = FolderPrinter::new(&file)
        .print(&raster(), *b"A012", LONG)
        .expect_err("a file");
    assert_eq!(fault.cause, Cause::PrinterOffline);
}

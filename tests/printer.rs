//! The printing edge against a printer that can have every fault, over real TCP.
#![cfg(feature = "sim")]

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use tiepdon::queue::Paper;
use tiepdon::sim::printer::{Faults, Printer as Sim, Ticket};
use tiepdon::ticket::{Face, Printer, Raster, TcpPrinter, Template};
use tiepdon::words::Cause;

const LONG: Duration = Duration::from_secs(20);
/// Enough for the questions and the bytes, not for a printer that never echoes.
const SHORT: Duration = Duration::from_secs(3);
const BAND_ROWS: u32 = 128;

fn face() -> Face {
    Face {
        hospital: "Bệnh viện Đa khoa tỉnh Lạng Sơn".into(),
        number: "A012".into(),
        service: "Khám Nội tổng hợp".into(),
        place: "Phòng 101, tầng 1, nhà A".into(),
        time: "07:45:12 · 23/11/2026".into(),
        code: Some("TD1-9F3K-27QX-M4TB".into()),
        ..Face::default()
    }
}

fn raster() -> Raster {
    Template::builtin().render(&face(), 576).expect("raster")
}

/// A picture full of what a printer would obey.
fn dangerous() -> Raster {
    let pairs = [[0x10, 0x04], [0x10, 0x05], [0x10, 0x14], [0x01, 0x02]];
    let bits: Vec<u8> = pairs.into_iter().flatten().cycle().take(72 * 300).collect();
    Raster {
        width: 576,
        height: 300,
        bits,
    }
}

/// Dots that were added to a picture on its way; panics where anything else differs.
fn dots_added(sent: &Raster, printed: &Ticket) -> usize {
    assert_eq!((sent.width, sent.height), (printed.width, printed.height));
    let mut added = 0;
    for (was, is) in sent.bits.iter().zip(&printed.bits) {
        if was != is {
            assert_eq!((*was, *is), (0x10, 0x18));
            added += 1;
        }
    }
    added
}

#[test]
fn a_ticket_comes_out_as_it_was_drawn_and_is_confirmed() {
    let sim = Sim::start(0, Faults::none()).expect("sim");
    let mut printer = TcpPrinter::new(sim.addr(), BAND_ROWS);
    assert_eq!(printer.status(LONG), Ok(()));
    for (n, raster) in [raster(), dangerous()].iter().enumerate() {
        assert_eq!(printer.print(raster, *b"A012", LONG), Ok(Paper::Confirmed));
        let ticket = sim.wait_for_ticket(n, LONG).expect("ticket");
        let added = dots_added(raster, &ticket);
        assert_eq!(added > 0, n == 1, "{added} dots added");
    }
    let counts = sim.counts();
    assert_eq!((counts.stray, counts.unknown, counts.cleared), (0, 0, 0));
}

#[test]
fn what_a_printer_says_is_what_is_claimed() {
    let table = [
        (
            Faults {
                near_end: true,
                ..Faults::none()
            },
            Ok(Paper::Confirmed),
            1,
        ),
        (
            Faults {
                fragments: true,
                ..Faults::none()
            },
            Ok(Paper::Confirmed),
            1,
        ),
        (
            Faults {
                no_process_id: true,
                ..Faults::none()
            },
            Ok(Paper::OkAfter),
            1,
        ),
        (
            Faults {
                mute: true,
                ..Faults::none()
            },
            Ok(Paper::Unverified),
            1,
        ),
        (
            Faults {
                stalled: true,
                ..Faults::none()
            },
            Ok(Paper::Unverified),
            0,
        ),
        (
            Faults {
                paper_out: true,
                ..Faults::none()
            },
            Err(Cause::PaperOut),
            0,
        ),
        (
            Faults {
                cover_open: true,
                ..Faults::none()
            },
            Err(Cause::CoverOpen),
            0,
        ),
        (
            Faults {
                cutter: true,
                ..Faults::none()
            },
            Err(Cause::PrinterJam),
            0,
        ),
        (
            Faults {
                offline: true,
                ..Faults::none()
            },
            Err(Cause::PrinterOffline),
            0,
        ),
        // In the middle of the ticket, after the four questions of three bytes each.
        (
            Faults {
                disconnect_after_bytes: Some(5000),
                ..Faults::none()
            },
            Err(Cause::PrinterOffline),
            0,
        ),
    ];
    for (faults, expected, tickets) in table {
        let within = if faults.mute || faults.stalled {
            SHORT
        } else {
            LONG
        };
        let sim = Sim::start(0, faults.clone()).expect("sim");
        let result = TcpPrinter::new(sim.addr(), BAND_ROWS).print(&raster(), *b"A012", within);
        assert_eq!(result.map_err(|fault| fault.cause), expected, "{faults:?}");
        if tickets > 0 {
            assert!(
                sim.wait_for_ticket(tickets - 1, LONG).is_some(),
                "{faults:?}"
            );
        } else {
            assert!(sim.tickets().is_empty(), "{faults:?}");
        }
    }
}

#[test]
fn a_ticket_that_stopped_for_paper_does_not_come_out_with_the_next_roll() {
    let faults = Faults {
        paper_rows_left: Some(300),
        ..Faults::none()
    };
    let sim = Sim::start(0, faults).expect("sim");
    let mut printer = TcpPrinter::new(sim.addr(), BAND_ROWS);
    let fault = printer
        .print(&raster(), *b"A012", LONG)
        .expect_err("paper ends");
    assert_eq!(fault.cause, Cause::PaperOut);
    assert_eq!(
        printer.status(LONG).expect_err("no paper").cause,
        Cause::PaperOut
    );
    assert_eq!(sim.counts().cleared, 1);
    sim.set(Faults::none());
    assert_eq!(
        printer.print(&raster(), *b"A013", LONG),
        Ok(Paper::Confirmed)
    );
    assert_eq!(sim.tickets().len(), 1);
    assert_eq!(dots_added(&raster(), &sim.tickets()[0]), 0);
}

#[test]
fn a_printer_that_comes_back_is_found_by_the_next_ticket() {
    let sim = Sim::start(
        0,
        Faults {
            offline: true,
            ..Faults::none()
        },
    )
    .expect("sim");
    let mut printer = TcpPrinter::new(sim.addr(), BAND_ROWS);
    assert_eq!(
        printer.status(LONG).expect_err("off").cause,
        Cause::PrinterOffline
    );
    sim.set(Faults::none());
    assert_eq!(printer.status(LONG), Ok(()));
    assert_eq!(
        printer.print(&raster(), *b"A012", LONG),
        Ok(Paper::Confirmed)
    );
}

#[test]
fn an_address_where_nobody_listens_is_off_line() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|l| l.local_addr())
        .expect("port");
    let fault = TcpPrinter::new(free, BAND_ROWS).print(&raster(), *b"A012", LONG);
    assert_eq!(fault.expect_err("nobody").cause, Cause::PrinterOffline);
}

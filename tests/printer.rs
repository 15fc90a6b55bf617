//! The printing edge against a printer that can have every fault, over real TCP and a real
//! pseudo-terminal.
#![cfg(feature = "sim")]

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use tiepdon::config::{self, Flow, Link};
use tiepdon::queue::Paper;
use tiepdon::sim::printer::{Faults, Printer as Sim, Socket, Ticket};
use tiepdon::ticket::{Face, Printer, Raster, Template, open};
use tiepdon::words::Cause;

const LONG: Duration = Duration::from_secs(20);

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

fn printer_of(sim: &Sim) -> Box<dyn Printer> {
    open(&config::Printer::at(Link::Tcp(sim.addr())))
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
    let mut printer = printer_of(&sim);
    assert_eq!(printer.status(LONG), Ok(()));
    for (n, raster) in [raster(), dangerous()].iter().enumerate() {
        assert_eq!(printer.print(raster, *b"A012", LONG), Ok(Paper::Confirmed));
        let ticket = sim.wait_for_ticket(n, LONG).expect("ticket");
        let added = dots_added(raster, &ticket);
        assert_eq!(added > 0, n == 1, "{added} dots added");
    }
    let counts = sim.counts();
    assert_eq!((counts.stray, counts.unknown, counts.cleared), (0, 0, 0));
    let about = printer.about();
    assert_eq!(
        about,
        "SIM-80, says when a ticket is done, reports faults by itself"
    );
}

#[test]
fn a_serial_printer_is_a_printer() {
    for flow in [Flow::None, Flow::Software] {
        let sim = Sim::plug_in(&Socket::Serial, Faults::none(), None).expect("sim");
        let mut printer = open(&config::Printer {
            flow,
            ..config::Printer::at(Link::Device(sim.place().into()))
        });
        let raster = dangerous();
        assert_eq!(printer.print(&raster, *b"A012", LONG), Ok(Paper::Confirmed));
        assert!(dots_added(&raster, &sim.wait_for_ticket(0, LONG).expect("ticket")) > 0);
        sim.set(Faults {
            paper_out: true,
            ..Faults::none()
        });
        let fault = printer
            .print(&raster, *b"A012", LONG)
            .expect_err("no paper");
        assert_eq!(fault.cause, Cause::MediaEmpty);
    }
}

/// What is wrong, what is claimed, and how many tickets come out.
type Row = (Faults, Result<Paper, Cause>, usize);

fn faults() -> Vec<Row> {
    let none = Faults::none;
    vec![
        (
            Faults {
                near_end: true,
                ..none()
            },
            Ok(Paper::Confirmed),
            1,
        ),
        (
            Faults {
                fragments: true,
                ..none()
            },
            Ok(Paper::Confirmed),
            1,
        ),
        (
            Faults {
                no_process_id: true,
                ..none()
            },
            Ok(Paper::OkAfter),
            1,
        ),
        (
            Faults {
                no_automatic: true,
                no_identity: true,
                ..none()
            },
            Ok(Paper::Confirmed),
            1,
        ),
        (
            Faults {
                mute: true,
                ..none()
            },
            Ok(Paper::Unverified),
            1,
        ),
        (
            Faults {
                late: Duration::from_millis(800),
                ..none()
            },
            Ok(Paper::Confirmed),
            1,
        ),
        (
            Faults {
                stalled: true,
                ..none()
            },
            Ok(Paper::Unverified),
            0,
        ),
        (
            Faults {
                paper_out: true,
                ..none()
            },
            Err(Cause::MediaEmpty),
            0,
        ),
        (
            Faults {
                paper_rows_left: Some(300),
                ..none()
            },
            Err(Cause::MediaEmpty),
            0,
        ),
        (
            Faults {
                cover_open: true,
                ..none()
            },
            Err(Cause::CoverOpen),
            0,
        ),
        (
            Faults {
                cutter: true,
                ..none()
            },
            Err(Cause::CutterJam),
            0,
        ),
        (
            Faults {
                error: true,
                ..none()
            },
            Err(Cause::PrinterOther),
            0,
        ),
        (
            Faults {
                offline: true,
                ..none()
            },
            Err(Cause::PrinterShutdown),
            0,
        ),
        // In the middle of the ticket: before it come the questions, a band of nothing, the probes.
        (
            Faults {
                disconnect_after_bytes: Some(20_000),
                ..none()
            },
            Err(Cause::PrinterShutdown),
            0,
        ),
    ]
}

#[test]
fn what_a_printer_says_is_what_is_claimed() {
    let check = |(faults, expected, tickets): Row| {
        let sim = Sim::start(0, faults.clone()).expect("sim");
        let result = printer_of(&sim).print(&raster(), *b"A012", LONG);
        assert_eq!(result.map_err(|fault| fault.cause), expected, "{faults:?}");
        if tickets > 0 {
            assert!(
                sim.wait_for_ticket(tickets - 1, LONG).is_some(),
                "{faults:?}"
            );
        } else {
            assert!(sim.tickets().is_empty(), "{faults:?}");
        }
        assert_eq!(sim.counts().stray, 0, "{faults:?}");
    };
    std::thread::scope(|scope| {
        for row in faults() {
            scope.spawn(|| check(row));
        }
    });
}

#[test]
fn a_near_end_is_a_warning_where_there_is_a_sensor() {
    for (no_near_end_sensor, expected) in [(false, Some(Cause::MediaLow)), (true, None)] {
        let faults = Faults {
            near_end: true,
            no_near_end_sensor,
            ..Faults::none()
        };
        let sim = Sim::start(0, faults).expect("sim");
        let mut printer = printer_of(&sim);
        assert_eq!(printer.status(LONG), Ok(()));
        assert_eq!(printer.warning().map(|warning| warning.cause), expected);
    }
}

#[test]
fn a_fault_while_a_ticket_is_printed_is_told_by_the_printer_itself() {
    // It takes the ticket with the cover closed, and says nothing that it is not asked for.
    for no_automatic in [false, true] {
        let faults = Faults {
            paper_rows_left: Some(200),
            no_automatic,
            ..Faults::none()
        };
        let sim = Sim::start(0, faults).expect("sim");
        let fault = printer_of(&sim).print(&raster(), *b"A012", LONG);
        let fault = fault.expect_err("paper ends");
        assert_eq!(fault.cause, Cause::MediaEmpty);
        assert_eq!(fault.detail.contains("by itself"), !no_automatic, "{fault}");
    }
}

/// What comes out when there is paper again, and then a ticket is printed.
fn after_a_new_roll(no_clear: bool) -> Vec<Ticket> {
    let faults = Faults {
        paper_rows_left: Some(300),
        no_clear,
        ..Faults::none()
    };
    let sim = Sim::start(0, faults).expect("sim");
    let mut printer = printer_of(&sim);
    let first = printer.print(&raster(), *b"A012", LONG);
    assert_eq!(first.expect_err("paper ends").cause, Cause::MediaEmpty);
    let asked = printer.status(LONG);
    assert_eq!(asked.expect_err("no paper").cause, Cause::MediaEmpty);
    assert_eq!(sim.counts().cleared, 2);
    sim.set(Faults {
        no_clear,
        ..Faults::none()
    });
    // What asks is not a ticket, and comes within seconds.
    assert_eq!(printer.status(LONG), Ok(()));
    let second = printer.print(&raster(), *b"A013", LONG);
    assert_eq!(second, Ok(Paper::Confirmed));
    assert_eq!(sim.counts().unknown, 0);
    sim.tickets()
}

#[test]
fn a_ticket_that_stopped_for_paper_does_not_come_out_with_the_next_roll() {
    let tickets = after_a_new_roll(false);
    let [void, ticket] = &tickets[..] else {
        panic!("{} pieces", tickets.len());
    };
    assert_eq!(void.height, 64);
    assert_eq!(dots_added(&raster(), ticket), 0);
}

#[test]
fn what_comes_out_late_of_a_printer_that_forgets_nothing_is_crossed_out_and_cut_off() {
    let tickets = after_a_new_roll(true);
    let ticket = tickets.last().expect("tickets");
    assert_eq!(dots_added(&raster(), ticket), 0);
    let void = &tickets[tickets.len() - 2];
    let (row_bytes, bar) = (void.width as usize / 8, 64);
    let black: u32 = void.bits[void.bits.len() - bar * row_bytes..]
        .iter()
        .map(|byte| byte.count_ones())
        .sum();
    assert_eq!(black, 576 * 64 / 2, "no bar at the end");
}

#[test]
fn half_a_band_that_a_killed_kiosk_left_spoils_no_ticket() {
    use std::io::Write as _;
    let sim = Sim::plug_in(&Socket::Serial, Faults::none(), None).expect("sim");
    let mut printer = open(&config::Printer::at(Link::Device(sim.place().into())));
    let mut line = std::fs::File::options()
        .write(true)
        .open(sim.place())
        .expect("line");
    // 128 rows of 72 bytes were announced, and a few came.
    let header = [0x1D, 0x76, 0x30, 0x00, 72, 0, 128, 0];
    line.write_all(&[&header[..], &[0xFF; 500]].concat())
        .expect("written");
    drop(line);
    assert_eq!(
        printer.print(&raster(), *b"A012", LONG),
        Ok(Paper::Confirmed)
    );
    let ticket = sim.wait_for_ticket(0, LONG).expect("ticket");
    let own = raster();
    assert!(ticket.bits.ends_with(&own.bits));
    assert_eq!(sim.counts().unknown, 0);
}

#[test]
fn a_printer_that_comes_back_is_found_by_the_next_ticket() {
    let off = Faults {
        offline: true,
        ..Faults::none()
    };
    let sim = Sim::start(0, off).expect("sim");
    let mut printer = printer_of(&sim);
    let fault = printer.status(LONG).expect_err("off");
    assert_eq!(fault.cause, Cause::PrinterShutdown);
    sim.set(Faults::none());
    assert_eq!(printer.status(LONG), Ok(()));
    assert_eq!(
        printer.print(&raster(), *b"A012", LONG),
        Ok(Paper::Confirmed)
    );
}

#[test]
fn a_printer_that_answered_before_and_is_silent_now_gets_no_ticket() {
    let sim = Sim::start(0, Faults::none()).expect("sim");
    let mut printer = printer_of(&sim);
    assert_eq!(
        printer.print(&raster(), *b"A012", LONG),
        Ok(Paper::Confirmed)
    );
    for faults in [
        Faults {
            mute: true,
            ..Faults::none()
        },
        Faults {
            stalled: true,
            ..Faults::none()
        },
    ] {
        sim.set(faults);
        let fault = printer
            .print(&raster(), *b"A013", LONG)
            .expect_err("silent");
        assert_eq!(fault.cause, Cause::PrinterTimedOut);
    }
    sim.set(Faults::none());
    assert_eq!(
        printer.print(&raster(), *b"A014", LONG),
        Ok(Paper::Confirmed)
    );
    assert_eq!(sim.tickets().len(), 2);
}

#[test]
fn an_address_where_nobody_listens_is_off() {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|l| l.local_addr())
        .expect("port");
    let mut printer = open(&config::Printer::at(Link::Tcp(free)));
    let fault = printer.print(&raster(), *b"A012", LONG);
    assert_eq!(fault.expect_err("nobody").cause, Cause::PrinterShutdown);
}

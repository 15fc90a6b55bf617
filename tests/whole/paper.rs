//! The printer off, empty, open, stuck, mute, gone in the middle: the number stands, and what is
//! known of the paper is what is written down.

use tiepdon::sim::printer::{Faults, Printer};

use crate::site::{Plan, Site, known};

/// What comes of a check-in at a printer with these faults: the report, what staff are told, and
/// what happens when the same person comes again to a printer that is well.
fn check(faults: Faults, short: &str) {
    // A printer that says nothing is given up in the end; any other has the time it needs.
    let says_nothing = faults.mute || faults.stalled;
    let mut site = Site::new(&Plan {
        printer: faults.clone(),
        printer_seconds: if says_nothing { 8 } else { 30 },
        ..Plan::default()
    });
    let code = known().card_qr();
    let end = site.check_in(&["--qr-text", &code]);
    end.assert(short);
    let paper = end.json["ticket"]["printed"].as_str().expect("paper");
    let row = site.visit();
    assert_eq!(end.text("number"), row.number);
    assert_eq!(row.paper.as_deref(), Some(paper), "{faults:?}");
    let failed = paper == "failed";
    assert_eq!(row.printed, u32::from(!failed), "{faults:?}");
    assert_eq!(is_waited_for(&site, &row.number), failed, "{faults:?}");

    site.printer = Printer::start(0, Faults::none()).expect("a printer");
    site.configure("K1", &Plan::default());
    let again = site.check_in(&["--qr-text", &code]);
    again.assert("issued null claimed confirmed local");
    assert_eq!(again.text("number"), row.number, "{faults:?}");
    assert_eq!(site.visit().visit, row.visit);
    assert_eq!(site.on_ticket(0), row.visit);
    assert!(!is_waited_for(&site, &row.number), "{faults:?}");
}

/// Staff see a number without paper.
fn is_waited_for(site: &Site, number: &str) -> bool {
    let waits = |(who, what): (String, Vec<String>)| {
        who == number && what.contains(&"paper_failed".to_owned())
    };
    site.waiting().into_iter().any(waits)
}

#[test]
fn a_faulty_printer_costs_nobody_their_number_and_is_not_believed() {
    let none = Faults::none;
    let issued = |reason: &str, paper: &str| format!("issued {reason} claimed {paper} local");
    let table = [
        (
            Faults {
                offline: true,
                ..none()
            },
            issued("shutdown", "failed"),
        ),
        (
            Faults {
                paper_out: true,
                ..none()
            },
            issued("media-empty", "failed"),
        ),
        (
            Faults {
                paper_rows_left: Some(100),
                ..none()
            },
            issued("media-empty", "failed"),
        ),
        (
            Faults {
                cover_open: true,
                ..none()
            },
            issued("cover-open", "failed"),
        ),
        (
            Faults {
                cutter: true,
                ..none()
            },
            issued("separation-cutter-jam", "failed"),
        ),
        (
            Faults {
                disconnect_after_bytes: Some(5000),
                ..none()
            },
            issued("shutdown", "failed"),
        ),
        (
            Faults {
                mute: true,
                ..none()
            },
            issued("null", "unverified"),
        ),
        (
            Faults {
                stalled: true,
                ..none()
            },
            issued("null", "unverified"),
        ),
        (
            Faults {
                no_process_id: true,
                ..none()
            },
            issued("null", "ok-after"),
        ),
        (
            Faults {
                fragments: true,
                ..none()
            },
            issued("null", "confirmed"),
        ),
        (
            Faults {
                near_end: true,
                ..none()
            },
            issued("null", "confirmed"),
        ),
    ];
    std::thread::scope(|scope| {
        for (faults, short) in table {
            scope.spawn(move || check(faults, &short));
        }
    });
}

#[test]
fn a_printer_that_is_not_there_costs_nobody_their_number() {
    let mut site = Site::new(&Plan::default());
    let elsewhere = Printer::start(0, Faults::none()).expect("a printer");
    // What the configuration names is gone; the other one is only kept for the looks.
    site.printer = elsewhere;
    let end = site.check_in(&["--qr-text", &known().card_qr()]);
    end.assert("issued shutdown claimed failed local");
    assert!(is_waited_for(&site, "A001"));
}

#[test]
fn who_comes_again_gets_the_same_number_on_a_ticket_that_says_so() {
    let site = Site::new(&Plan::default());
    let code = known().card_qr();
    let numbers = ["A001", "A001", "A001"].map(|number| {
        let end = site.check_in(&["--qr-text", &code]);
        end.assert("issued null claimed confirmed local");
        assert_eq!(end.text("number"), number);
        end.text("visit").to_owned()
    });
    let row = site.visit();
    assert_eq!(numbers, [(); 3].map(|()| row.visit.to_string()));
    assert_eq!(row.printed, 3);
    let tickets = site.printer.tickets();
    // The mark of a reprint is a line more; the rest is as it was.
    assert!(tickets[1].height > tickets[0].height);
    assert_eq!(tickets[2].height, tickets[1].height);
    assert_ne!(tickets[2].bits, tickets[1].bits, "the mark counts");
    for n in 0..3 {
        assert_eq!(site.on_ticket(n), row.visit);
    }
}

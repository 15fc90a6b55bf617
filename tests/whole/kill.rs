//! Power cuts at the moments that matter: a number that was told is there, once; and what was not
//! seen to be printed is known as not printed.

use tiepdon::sim::printer::{Faults, Printer};
use tiepdon::words::Text;

use crate::program::Program;
use crate::site::{Plan, Site, known, other};

/// Kills at each moment: what lies between the line that is told and the kill differs each time.
const ROUNDS: usize = 4;

/// A kill while the store is held by another process: nothing was issued, nothing is.
#[test]
fn a_cut_before_the_store_has_written_loses_no_number() {
    let site = Site::new(&Plan {
        scanner: true,
        ..Plan::default()
    });
    let mut scanner = site.scanner();
    let code = other().card_qr();
    assert_eq!(site.check_in(&["--qr-text", &code]).text("number"), "A001");
    let code = known().card_qr();
    let mut program = site.start(&[]);
    program.until(Text::TerminalCardOrCode);
    let held = site.hold();
    scanner.scan(&code).expect("scanned");
    program.until(Text::TerminalIssuing);
    program.kill();
    drop(held);
    assert_eq!(site.visits().len(), 1);
    let end = site.check_in(&["--qr-text", &code]);
    end.assert("issued null claimed confirmed local");
    assert_eq!(end.text("number"), "A002");
}

/// The ticket hangs at the printer when the power goes.
#[test]
fn a_cut_while_the_ticket_is_printed_leaves_a_number_that_is_known_as_not_printed() {
    let mut site = Site::new(&Plan {
        printer: Faults {
            stalled: true,
            ..Faults::none()
        },
        ..Plan::default()
    });
    let code = known().card_qr();
    let mut program = site.start(&["--qr-text", &code]);
    let line = program.until(Text::TerminalPrinting);
    program.kill();
    site.look();
    let row = site.visit();
    assert!(line.ends_with(&row.number), "{line}");
    assert_eq!((row.paper.clone(), row.printed), (None, 0));

    site.printer = Printer::start(0, Faults::none()).expect("a printer");
    site.configure("K1", &Plan::default());
    let next = site.check_in(&["--qr-text", &other().card_qr()]);
    assert_eq!(next.text("number"), "A002");
    let waits_for = |number: &str| {
        let waiting = site.waiting().into_iter();
        waiting
            .filter(|(who, _)| who == number)
            .flat_map(|(_, what)| what)
            .collect::<Vec<_>>()
    };
    assert_eq!(waits_for("A001"), ["paper_failed", "handover"]);
    assert_eq!(waits_for("A002"), ["handover"]);

    // The same person comes back: the same number, and now it is printed.
    let again = site.check_in(&["--qr-text", &code]);
    again.assert("issued null claimed confirmed local");
    assert_eq!(again.text("number"), row.number);
    assert_eq!(again.text("visit"), row.visit.to_string());
    assert_eq!(site.visits()[0].printed, 1);
    assert_eq!(waits_for("A001"), ["handover"]);
}

#[test]
fn a_cut_at_any_other_moment_loses_and_doubles_nothing() {
    for step in [
        Text::TerminalLookingUp,
        Text::TerminalConfirm,
        Text::TerminalIssuing,
        Text::TerminalPrinting,
        Text::TerminalPrinted,
    ] {
        std::thread::scope(|scope| {
            for round in 0..ROUNDS {
                scope.spawn(move || cut_at(step, round));
            }
        });
    }
}

fn cut_at(step: Text, round: usize) {
    let site = Site::new(&Plan::default());
    let code = known().card_qr();
    let start = || site.start(&["--qr-text", &code]);
    // A first start is a moment of its own; a later one finds the store there.
    if round % 2 == 1 {
        site.check_in(&["--qr-text", &other().card_qr()]);
    }
    let before = site.visits().len();
    let mut program = start();
    let line = program.until(step);
    // The threads of this test meet the program at another instant each.
    program.kill();
    site.look();
    let cut = site.visits();
    assert!(cut.len() <= before + 1, "{step:?}: {cut:#?}");
    if step == Text::TerminalPrinting {
        let told = cut.last().expect("the number that was told");
        assert!(line.ends_with(&told.number), "{line}: {cut:#?}");
    }
    if step == Text::TerminalPrinted {
        assert_eq!(cut.len(), before + 1, "{step:?}");
    }
    let end = Program::end(start());
    site.look();
    let after = site.visits();
    end.assert("issued null claimed confirmed local");
    assert_eq!(after.len(), before + 1, "{step:?}: {after:#?}");
    assert_eq!(end.text("visit"), after[before].visit.to_string());
    if let Some(told) = cut.get(before) {
        assert_eq!(
            (told.visit, &told.number),
            (after[before].visit, &after[before].number)
        );
    }
}

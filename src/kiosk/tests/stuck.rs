//! Hospital, insurance, printer and store that hang or panic.

use std::time::Duration;

use super::{AN, BINH, House, Seen};
use crate::checkin::{Effect, Event, PaperShown, Screen, Touch};
use crate::queue::InsuranceStatus;
use crate::store::Outbox;
use crate::store::faulty::Fault;
use crate::words::Cause;

/// Far longer than any test.
const NEVER: Duration = Duration::from_secs(3600);
/// A wait that a test sits out.
const SHORT: Duration = Duration::from_millis(150);

fn the_store_is_down(house: &House) {
    house.screen("help", |screen| {
        let cause = Cause::StoreDown;
        (*screen == Screen::Help { cause }).then_some(())
    });
}

#[test]
fn a_lookup_that_panics_is_answered_and_the_next_one_is_asked() {
    let house = House::new();
    house.clinic.finding.panic_once();
    house.insurer.0.panic_once();
    assert_eq!(house.check_in(AN), "A001");
    assert_eq!(house.check_in(BINH), "A002");
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
    let draft = |number| house.clinic.visit(number).unwrap().draft;
    assert_eq!(draft("A001").patient, None);
    assert_eq!(draft("A001").insurance, InsuranceStatus::Unverified);
    assert!(draft("A002").patient.is_some());
    assert_eq!(draft("A002").insurance, InsuranceStatus::Eligible);
}

#[test]
fn a_printer_that_panics_costs_the_paper_and_the_next_ticket_is_printed() {
    let house = House::new();
    house.press.panic_once();
    house.show_code(AN);
    house.confirm();
    let silent = PaperShown::Missing(Cause::PrinterTimedOut);
    assert_eq!(house.done(), ("A001".to_owned(), silent));
    house.until_waiting(&[("A001", &["paper_failed"])]);
    house.touch(Touch::Finish);
    house.welcome();
    house.show_code(BINH);
    house.confirm();
    assert_eq!(house.done(), ("A002".to_owned(), PaperShown::Printed));
}

#[test]
fn a_store_that_panics_sends_the_patient_to_staff_and_serves_the_next_one() {
    let house = House::new();
    house.store.strike("issue", Fault::Panics);
    house.show_code(AN);
    house.confirm();
    the_store_is_down(&house);
    house.touch(Touch::Finish);
    house.welcome();
    assert_eq!(house.check_in(BINH), "A001");
}

#[test]
fn an_audit_that_fails_costs_the_patient_nothing() {
    let house = House::new();
    house.store.strike("append", Fault::Fails);
    assert_eq!(house.check_in(AN), "A001");
}

#[test]
fn a_number_that_comes_after_the_store_was_given_up_is_unclaimed() {
    // The store's thread may still be waited for by then, or left behind already.
    for limit in [NEVER, SHORT * 2] {
        let house = House::with(|setup| {
            setup.config.policy.waits.store = SHORT;
            setup.limits.store = limit;
        });
        house.store.strike("issue", Fault::Hangs);
        house.show_code(AN);
        house.confirm();
        the_store_is_down(&house);
        if limit != NEVER {
            house.until("the refusal", |seen| {
                matches!(seen, Seen::Event(Event::Number { result: Err(_), .. })).then_some(())
            });
        }
        house.touch(Touch::Finish);
        house.welcome();
        house.store.heal("issue");
        house.until_waiting(&[("A001", &["unclaimed"])]);
        assert_eq!(
            house.check_in(AN),
            "A001",
            "and is given to the same person"
        );
        house.until_waiting(&[]);
    }
}

#[test]
fn a_ticket_that_is_printed_after_the_printer_was_given_up_is_recorded() {
    for limit in [NEVER, SHORT * 2] {
        let house = House::with(|setup| {
            setup.config.policy.waits.printer = SHORT;
            setup.limits.printer = limit;
        });
        house.press.close();
        house.show_code(AN);
        house.confirm();
        let silent = PaperShown::Missing(Cause::PrinterTimedOut);
        assert_eq!(house.done(), ("A001".to_owned(), silent));
        house.until_waiting(&[("A001", &["paper_failed"])]);
        if limit != NEVER {
            house.until("the refusal", |seen| {
                matches!(seen, Seen::Event(Event::Printed { result: Err(_), .. })).then_some(())
            });
        }
        house.touch(Touch::Finish);
        house.welcome();
        house.press.open();
        house.until_waiting(&[]);
    }
}

#[test]
fn a_silent_hospital_delays_no_number_beyond_the_lookups_wait() {
    // The thread is waited for, or left behind and replaced.
    for limit in [NEVER, SHORT / 2] {
        let house = House::with(|setup| {
            setup.config.policy.waits.lookup = SHORT;
            setup.limits.lookup = limit;
        });
        house.clinic.finding.close();
        assert_eq!(house.check_in(AN), "A001");
        assert_eq!(house.check_in(BINH), "A002");
        house
            .store
            .until("sent", |store| store.backlog().unwrap().queued == 0);
        for number in ["A001", "A002"] {
            let draft = house.clinic.visit(number).unwrap().draft;
            assert_eq!(draft.patient, None);
            assert_eq!(
                draft.insurance,
                InsuranceStatus::Eligible,
                "asked beside it"
            );
        }
    }
}

#[test]
fn a_lookup_that_has_not_begun_is_dropped_with_its_patient() {
    let house = House::with(|setup| setup.config.policy.waits.lookup = SHORT);
    house.clinic.finding.close();
    house.check_in(AN);
    house.check_in(BINH);
    house.check_in(AN);
    house.show_code(BINH);
    house.clinic.finding.open();
    // The first patient's, and this one's; nothing in between was asked.
    let mut answers = 0;
    house.until("two answers", |seen| {
        answers += u8::from(matches!(
            seen,
            Seen::Event(Event::Patient { result: Ok(_), .. })
        ));
        (answers == 2).then_some(())
    });
    assert_eq!(house.clinic.finding.came(), 2);
}

#[test]
fn a_silent_insurance_is_no_refusal() {
    let house = House::with(|setup| setup.config.policy.waits.lookup = SHORT);
    house.insurer.0.close();
    assert_eq!(house.check_in(AN), "A001");
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
    let draft = house.clinic.visit("A001").unwrap().draft;
    assert_eq!(draft.insurance, InsuranceStatus::Unverified);
    assert!(draft.patient.is_some());
}

#[test]
fn a_hospital_that_takes_nothing_and_never_answers_stops_no_check_in() {
    let house = House::new();
    house.clinic.taking.close();
    assert_eq!(house.check_in(AN), "A001");
    house.clinic.taking.until_waiting(1);
    assert_eq!(house.check_in(BINH), "A002");
    house.clinic.taking.open();
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
}

#[test]
fn a_visit_whose_handover_panics_is_tried_again() {
    let house = House::new();
    house.clinic.taking.panic_once();
    assert_eq!(house.check_in(AN), "A001");
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
    assert_eq!(house.clinic.taking.came(), 2);
}

#[test]
fn a_store_that_panics_in_the_background_does_not_end_heartbeat_and_drainer() {
    let house = House::new();
    for call in ["publish", "pending", "due"] {
        house.store.strike(call, Fault::Panics);
    }
    assert_eq!(house.check_in(AN), "A001");
    assert_eq!(house.check_in(BINH), "A002");
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
    house.store.until("published", |store| {
        !crate::store::Fleet::kiosks(store).unwrap().is_empty()
    });
}

#[test]
fn a_ticket_is_asked_for_once_the_number_is_durable_and_not_before() {
    let house = House::new();
    house.store.strike("issue", Fault::Hangs);
    house.show_code(AN);
    house.confirm();
    house.store.wait_until_hanging("issue");
    let printing = |seen: &Seen| {
        matches!(
            seen,
            Seen::Effect(Effect::Print { .. })
                | Seen::View(crate::checkin::View {
                    screen: Screen::Printing { .. },
                    ..
                })
        )
    };
    assert!(!house.seen.try_iter().any(|seen| printing(&seen)));
    house.store.heal("issue");
    house.until("print", |seen| printing(&seen).then_some(()));
}

//! The card on the reader: in any order, of any kind, taken away, lying, slow, refused.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tiepdon::identity::PersonalNumber;
use tiepdon::sim::SimPerson;
use tiepdon::sim::card::{Card, Faults, Personality, vpcd};
use tiepdon::sim::ehr::{Seed, Server};
use tiepdon::words::Text;

use crate::pcscd::Pcscd;
use crate::program::End;
use crate::site::{Plan, Site, known, other};

/// A chip slows down or blocks after more attempts than this with wrong digits.
const PACE_MAX: u32 = 2;

/// A reader, a hospital that knows the patients, and a kiosk.
pub struct Stage {
    pub site: Site,
    ehr: Server,
    pub reader: Pcscd,
}

impl Stage {
    /// `None` where there is no virtual reader.
    pub fn new(plan: Plan<'_>) -> Option<Self> {
        let reader = Pcscd::start()?;
        let ehr = Server::start(0, Seed::trial(Seed::today())).expect("a server");
        let plan = Plan {
            ehr: Some((ehr.base_url(), "t")),
            ..plan
        };
        Some(Self {
            site: Site::with_reader(&plan, &reader),
            ehr,
            reader,
        })
    }

    /// Lays a card down; gives it and the count of attempts to open it.
    fn lay_down(
        &self,
        person: &SimPerson,
        personality: Personality,
        faults: Faults,
    ) -> (vpcd::Inserted, Arc<AtomicU32>) {
        let card = Card::with(person, personality, faults);
        let attempts = card.attempts();
        let inserted = vpcd::insert(card, self.reader.address()).expect("vpcd takes the card");
        (inserted, attempts)
    }

    fn good(&self, person: &SimPerson) -> (vpcd::Inserted, Arc<AtomicU32>) {
        self.lay_down(person, Personality::Citizen, Faults::default())
    }

    /// The hospital has exactly this patient's visit, and the store and the paper agree.
    #[track_caller]
    fn assert_visit_of(&self, end: &End, patient: &str) {
        self.site.look();
        let row = self.site.assert_issued(end);
        let encounters = self.ehr.encounters();
        assert_eq!(encounters.len(), 1, "{encounters:#?}");
        let subject = &encounters[0]["subject"]["reference"];
        assert_eq!(*subject, format!("Patient/{patient}"));
        let values = encounters[0]["identifier"].to_string();
        assert!(values.contains(&row.number), "{values}");
    }
}

#[test]
fn a_code_and_then_the_card_are_read_together() {
    let Some(stage) = Stage::new(Plan::with_chip()) else {
        return;
    };
    let mut program = stage.site.start(&["--qr-text", &known().card_qr()]);
    program.until(Text::TerminalCard);
    let (_card, attempts) = stage.good(known());
    let end = program.end();
    end.assert("issued null read confirmed sent");
    stage.assert_visit_of(&end, "p1");
    assert_eq!(attempts.load(Ordering::SeqCst), 1);
}

#[test]
fn a_card_and_then_its_code_are_read_together() {
    let Some(stage) = Stage::new(Plan {
        scanner: true,
        ..Plan::with_chip()
    }) else {
        return;
    };
    let mut scanner = stage.site.scanner();
    let (_card, _) = stage.good(known());
    let mut program = stage.site.start(&[]);
    program.until(Text::TerminalCodeOrCan);
    scanner.scan(&known().card_qr()).expect("scanned");
    let end = program.end();
    end.assert("issued null read confirmed sent");
    stage.assert_visit_of(&end, "p1");
}

#[test]
fn a_card_that_lies_there_is_opened_by_its_six_digits() {
    for scanner in [false, true] {
        let Some(stage) = Stage::new(Plan {
            scanner,
            ..Plan::with_chip()
        }) else {
            return;
        };
        let _scanner = scanner.then(|| stage.site.scanner());
        let (_card, _) = stage.good(known());
        let end = stage.site.check_in(&["--can", known().number.can()]);
        end.assert("issued null read confirmed sent");
        stage.assert_visit_of(&end, "p1");
    }
}

#[test]
fn a_card_that_moved_is_read_when_it_is_laid_down_again() {
    let plan = Plan {
        trying_seconds: 30,
        ..Plan::with_chip()
    };
    let Some(stage) = Stage::new(plan) else {
        return;
    };
    let mut program = stage.site.start(&["--qr-text", &known().card_qr()]);
    program.until(Text::TerminalCard);
    let faults = Faults {
        remove_at: Some(8),
        ..Faults::default()
    };
    let (moved, _) = stage.lay_down(known(), Personality::Citizen, faults);
    program.until_problem();
    drop(moved);
    stage.site.until_published(|view| {
        view["card_present"] == false && !view["screen"]["problem"].is_null()
    });
    let (_card, _) = stage.good(known());
    let end = program.end();
    end.assert("issued null read confirmed sent");
    stage.assert_visit_of(&end, "p1");
}

/// Whatever lies on the reader, its code is enough for a number; the grade is what was proved, and
/// a reading that was disturbed once succeeds at the second try.
#[test]
fn a_card_that_is_taken_away_or_lies_or_is_none_of_ours_leaves_the_code() {
    use Personality::{Bank, Citizen, Passport, Silent};
    let well = Faults::default;
    let taken = |at| Faults {
        remove_at: Some(at),
        ..well()
    };
    let garbage = Faults {
        garbage_at: Some(7),
        ..well()
    };
    let altered = Faults {
        wrong_mac_at: Some(7),
        ..well()
    };
    let cut = |bytes| Faults {
        truncate: Some((8, bytes)),
        ..well()
    };
    let (read, claimed) = ("read", "claimed");
    let table = [
        ("taken away at once", Citizen, taken(1), claimed, 0),
        ("taken away for good", Citizen, taken(8), claimed, 1),
        ("a bank card", Bank, well(), claimed, 0),
        ("a passport", Passport, well(), claimed, 1),
        ("a card that names no PACE", Silent, well(), read, 1),
        ("garbage", Citizen, garbage, read, 2),
        ("altered on its way", Citizen, altered, read, 2),
        ("cut off on its way", Citizen, cut(3), read, 2),
        ("an answer that was lost", Citizen, cut(1), read, 2),
        // The call cannot be cancelled: its thread is left behind.
        ("a reader that hangs", Citizen, cut(0), claimed, 1),
    ];
    std::thread::scope(|scope| {
        for (what, personality, faults, grade, tries) in table {
            scope.spawn(move || {
                let Some(stage) = Stage::new(Plan {
                    card_seconds: 8,
                    ..Plan::with_chip()
                }) else {
                    return;
                };
                let (_card, attempts) = stage.lay_down(known(), personality, faults);
                let end = stage.site.check_in(&["--qr-text", &known().card_qr()]);
                let short = format!("issued null {grade} confirmed sent");
                assert_eq!(end.short(), short, "{what}: {end:#?}");
                assert_eq!(attempts.load(Ordering::SeqCst), tries, "{what}");
                stage.assert_visit_of(&end, "p1");
            });
        }
    });
}

#[test]
fn the_card_of_another_is_tried_once_and_its_holder_is_never_checked_in() {
    let Some(stage) = Stage::new(Plan::with_chip()) else {
        return;
    };
    let (_card, attempts) = stage.good(other());
    let end = stage.site.check_in(&["--qr-text", &known().card_qr()]);
    end.assert("issued null claimed confirmed sent");
    stage.assert_visit_of(&end, "p1");
    assert_eq!(attempts.load(Ordering::SeqCst), 1);
}

#[test]
fn wrong_digits_and_then_a_wrong_code_try_a_card_no_more_than_twice() {
    let Some(stage) = Stage::new(Plan {
        scanner: true,
        ..Plan::with_chip()
    }) else {
        return;
    };
    let mut scanner = stage.site.scanner();
    let (_card, attempts) = stage.good(other());
    let mut program = stage.site.start(&["--can", "999999"]);
    program.until_problem();
    scanner.scan(&known().card_qr()).expect("scanned");
    let end = program.end();
    end.assert("issued null claimed confirmed sent");
    stage.assert_visit_of(&end, "p1");
    assert_eq!(attempts.load(Ordering::SeqCst), PACE_MAX);
}

#[test]
fn wrong_digits_are_forgotten_when_the_right_code_opens_the_card() {
    let Some(stage) = Stage::new(Plan {
        scanner: true,
        ..Plan::with_chip()
    }) else {
        return;
    };
    let mut scanner = stage.site.scanner();
    let (_card, attempts) = stage.good(known());
    let mut program = stage.site.start(&["--can", "999999"]);
    program.until_problem();
    scanner.scan(&known().card_qr()).expect("scanned");
    let end = program.end();
    end.assert("issued null read confirmed sent");
    stage.assert_visit_of(&end, "p1");
    assert_eq!(attempts.load(Ordering::SeqCst), PACE_MAX);
}

#[test]
fn a_card_and_a_code_of_two_persons_are_an_anonymous_number_of_the_desk() {
    let Some(stage) = Stage::new(Plan {
        scanner: true,
        ..Plan::with_chip()
    }) else {
        return;
    };
    let mut scanner = stage.site.scanner();
    let slow = Faults {
        delay: Some(Duration::from_millis(50)),
        ..Faults::default()
    };
    let (_card, _) = stage.lay_down(other(), Personality::Citizen, slow);
    let mut program = stage.site.start(&["--can", other().number.can()]);
    program.until(Text::TerminalReading);
    scanner.scan(&known().card_qr()).expect("scanned");
    let end = program.end();
    end.assert("desk two_persons null confirmed local");
    stage.site.look();
    stage.site.assert_issued(&end);
    assert!(end.json["patient"]["id"].is_null());
    assert_eq!(stage.ehr.encounters().len(), 0);
}

/// Its last six digits are those of the card, so it opens the chip; and still nothing of either goes
/// into one check-in.
#[test]
fn in_either_order_the_code_of_another_that_opens_the_card_is_an_alert_to_staff() {
    let stranger = SimPerson {
        number: PersonalNumber::parse("048199012345").expect("a number"),
        name: "Giàng A Sửu".to_owned(),
        ..other().clone()
    };
    assert_eq!(stranger.number.can(), known().number.can());
    for code_first in [true, false] {
        let Some(stage) = Stage::new(Plan {
            scanner: true,
            ..Plan::with_chip()
        }) else {
            return;
        };
        let mut scanner = stage.site.scanner();
        let mut program = stage.site.start(&[]);
        let (_card, attempts);
        if code_first {
            program.until(Text::TerminalCardOrCode);
            scanner.scan(&stranger.card_qr()).expect("scanned");
            program.until(Text::TerminalCard);
            (_card, attempts) = stage.good(known());
        } else {
            program.until(Text::TerminalCardOrCode);
            (_card, attempts) = stage.good(known());
            program.until(Text::TerminalCodeOrCan);
            scanner.scan(&stranger.card_qr()).expect("scanned");
        }
        let end = program.end();
        end.assert("desk two_persons null confirmed local");
        assert_eq!(attempts.load(Ordering::SeqCst), 1);
        stage.site.look();
        stage.site.assert_issued(&end);
        assert!(end.json["patient"]["id"].is_null());
        assert_eq!(stage.ehr.encounters().len(), 0);
        let alerts = stage.site.file().query_row(
            "SELECT count(*) FROM audit WHERE what = 'staff_wanted' AND detail LIKE '%two_persons%'",
            [],
            |row| row.get::<_, i64>(0),
        );
        assert_eq!(alerts.expect("counted"), 1, "staff are told, once");
    }
}

#[test]
fn a_slow_card_is_waited_for() {
    let Some(stage) = Stage::new(Plan {
        card_seconds: 5,
        ..Plan::with_chip()
    }) else {
        return;
    };
    let slow = Faults {
        delay: Some(Duration::from_millis(300)),
        ..Faults::default()
    };
    let (_card, _) = stage.lay_down(known(), Personality::Citizen, slow);
    let end = stage.site.check_in(&["--qr-text", &known().card_qr()]);
    end.assert("issued null read confirmed sent");
    stage.assert_visit_of(&end, "p1");
}

#[test]
fn a_reader_that_dies_while_it_reads_leaves_the_code() {
    let Some(stage) = Stage::new(Plan::with_chip()) else {
        return;
    };
    let slow = Faults {
        delay: Some(Duration::from_millis(100)),
        ..Faults::default()
    };
    let (_card, _) = stage.lay_down(known(), Personality::Citizen, slow);
    let mut program = stage.site.start(&["--qr-text", &known().card_qr()]);
    program.until(Text::TerminalReading);
    let Stage { site, ehr, reader } = stage;
    drop(reader);
    let end = program.end();
    end.assert("issued null claimed confirmed sent");
    site.look();
    site.assert_issued(&end);
    assert_eq!(ehr.encounters().len(), 1);
}

/// Its driver listens on every network address: a hospital's kiosk does not know it.
#[test]
fn a_virtual_reader_is_refused_where_nobody_allowed_it() {
    let Some(stage) = Stage::new(Plan::with_chip()) else {
        return;
    };
    let (_card, attempts) = stage.good(known());
    let code = known().card_qr();
    for allowed in [None, Some("0"), Some("true")] {
        let mut command = stage.site.command("K1", &["--qr-text", &code]);
        command.env_remove("TIEPDON_ALLOW_VIRTUAL_READER");
        command.envs(allowed.map(|value| ("TIEPDON_ALLOW_VIRTUAL_READER", value)));
        let end = crate::program::Program::start(&mut command).end();
        end.assert("issued null claimed confirmed sent");
    }
    stage.site.look();
    assert_eq!(attempts.load(Ordering::SeqCst), 0);
    assert_eq!(stage.site.visit().printed, 3);
}

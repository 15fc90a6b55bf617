//! A history without a fault, and each fault planted into it.

use uuid::Uuid;

use super::{Broken, History, Row, check};
use crate::cli::load::log::{Line, Seen};

fn row(n: u128, series: &str, value: i64) -> Row {
    let prefix = if series == "NOI" { "A" } else { "K2-A" };
    Row {
        visit: Uuid::from_u128(n),
        person: vec![n as u8],
        series: series.to_owned(),
        part: 0,
        day: "2026-11-30".into(),
        value,
        number: format!("{prefix}{value:03}"),
        service: "NOI".into(),
        place: n as i64 * 1_000_000,
        state: "waiting".into(),
        sent: 1,
    }
}

/// What a kiosk sees of somebody who takes this number.
fn check_in(row: &Row, ask: u64) -> Vec<Line> {
    let (visit, number) = (row.visit, row.number.clone());
    let all = [
        Seen::Came { person: ask as u32 },
        Seen::Asked {
            ask,
            visit,
            service: row.service.clone(),
        },
        Seen::Told {
            ask,
            visit,
            number: number.clone(),
            new: true,
        },
        Seen::Printing {
            visit,
            number: number.clone(),
        },
        Seen::Saw { number },
        Seen::Printed {
            visit,
            came_out: true,
        },
        Seen::Gone {
            person: ask as u32,
            served: true,
        },
    ];
    let line = |(n, seen)| Line {
        at: row.place + n as i64 * 1000,
        run: 1,
        seen,
    };
    all.into_iter().enumerate().map(line).collect()
}

/// Two at a kiosk that is never cut off, one at another that is: its twin in the shared store is void.
fn whole() -> History {
    let rows = vec![row(1, "NOI", 1), row(2, "NOI", 2), row(4, "K2:NOI", 1)];
    let mut history = History::default();
    let one = [check_in(&rows[0], 1), check_in(&rows[1], 2)].concat();
    history.logs.insert("K1".into(), one);
    history.logs.insert("K2".into(), check_in(&rows[2], 1));
    history.rows = rows;
    let twin = Row {
        visit: Uuid::from_u128(99),
        state: "void".into(),
        sent: 0,
        ..row(3, "NOI", 3)
    };
    history.rows.push(twin);
    let counter = ("NOI".to_owned(), "2026-11-30".to_owned(), 0);
    history.counters.insert(counter, 3);
    history.left_behind.insert("K2".into(), 0);
    history
}

fn broken(change: impl FnOnce(&mut History)) -> Vec<Broken> {
    let mut history = whole();
    change(&mut history);
    let mut broken: Vec<_> = check(&history)
        .into_iter()
        .map(|fault| fault.broken)
        .collect();
    broken.dedup();
    broken
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(check(&whole()), []);
}

#[test]
fn a_question_without_an_answer_may_have_had_any() {
    // Killed before the answer came: the number was given, and called unclaimed at the next start.
    let killed = |history: &mut History| {
        history.rows[2].state = "unclaimed".into();
        history.logs.get_mut("K2").expect("a log").truncate(2);
    };
    assert_eq!(broken(killed), []);
    // Or it was not given.
    let never = |history: &mut History| {
        history.logs.get_mut("K2").expect("a log").truncate(2);
        history.rows.remove(2);
    };
    assert_eq!(broken(never), []);
}

#[test]
fn every_planted_fault_is_found() {
    type Plant = fn(&mut History);
    let planted: [(&str, Plant, &[Broken]); 17] = [
        (
            "count + 1",
            |h| h.rows[1].number = "A001".into(),
            &[Broken::Duplicate, Broken::Lost],
        ),
        (
            "printed first, saved never",
            |h| drop(h.rows.remove(1)),
            &[Broken::Lost, Broken::Gap],
        ),
        (
            "another number on paper than in the store",
            |h| h.rows[1].number = "A009".into(),
            &[Broken::Lost],
        ),
        (
            "void, though its patient holds it",
            |h| (h.rows[1].state, h.rows[1].sent) = ("void".into(), 0),
            &[Broken::Lost],
        ),
        (
            "one number told to two",
            |h| {
                let mut other = check_in(&row(7, "NOI", 2), 9);
                other.truncate(3);
                h.logs.insert("K3".into(), other);
            },
            &[Broken::Duplicate, Broken::Lost],
        ),
        (
            "the twin was not made void",
            |h| (h.rows[3].state, h.rows[3].sent) = ("waiting".into(), 1),
            &[Broken::Ghost],
        ),
        (
            "killed before the answer, and nobody called it unclaimed",
            |h| h.logs.get_mut("K1").expect("a log").truncate(9),
            &[Broken::Ghost],
        ),
        (
            "a value that was thrown away",
            |h| (h.rows[3].value, h.rows[3].number) = (4, "A004".into()),
            &[Broken::Gap],
        ),
        (
            "a value that was thrown away at the end",
            |h| h.counters.values_mut().for_each(|last| *last = 4),
            &[Broken::Gap],
        ),
        ("sent twice", |h| h.rows[0].sent = 2, &[Broken::Sending]),
        (
            "the void twin is sent, too",
            |h| h.rows[3].sent = 1,
            &[Broken::Sending],
        ),
        ("never sent", |h| h.rows[2].sent = 0, &[Broken::Sending]),
        (
            "two numbers of one series for one person",
            |h| h.rows[1].person = h.rows[0].person.clone(),
            &[Broken::Double],
        ),
        (
            "two numbers across a cut that nobody is shown",
            |h| {
                h.rows[2].person = h.rows[0].person.clone();
                h.two_numbers.insert(h.rows[0].visit);
            },
            &[Broken::Double],
        ),
        (
            "not carried over",
            |h| {
                h.left_behind.insert("K2".into(), 1);
            },
            &[Broken::LeftBehind],
        ),
        (
            "left without a number",
            |h| {
                let last = h.logs.get_mut("K1").and_then(|log| log.last_mut());
                let seen = &mut last.expect("a line").seen;
                *seen = Seen::Gone {
                    person: 2,
                    served: false,
                };
            },
            &[Broken::Unserved],
        ),
        (
            "who came later is called first",
            |h| h.rows[1].place = 1,
            &[Broken::Order],
        ),
    ];
    for (what, plant, expected) in planted {
        assert_eq!(broken(plant), expected, "{what}");
    }
}

#[test]
fn two_numbers_across_a_cut_that_staff_are_shown_are_right() {
    let shown = |h: &mut History| {
        h.rows[2].person = h.rows[0].person.clone();
        h.two_numbers.extend([h.rows[0].visit, h.rows[2].visit]);
    };
    assert_eq!(broken(shown), []);
}

/// It started without the shared store: where clocks jump, nobody knows when that was.
#[test]
fn the_order_of_a_kiosk_that_never_heard_the_shared_clock_is_known_only_where_clocks_are_right() {
    let early = |jumped: bool| {
        move |h: &mut History| {
            let line = Line {
                at: 0,
                run: 1,
                seen: Seen::Started { cut: true },
            };
            h.logs.get_mut("K2").expect("a log").insert(0, line);
            h.rows[2].place = 1;
            h.clocks_jumped = jumped;
        }
    };
    assert_eq!(broken(early(true)), []);
    assert_eq!(broken(early(false)), [Broken::Order]);
}

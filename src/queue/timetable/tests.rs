use jiff::ToSpan;
use jiff::civil::{DateTime, date};
use proptest::prelude::*;

use super::{Admission, Clash, Closure, Period, Session, Sitting, Timetable, Weekdays};

const MORNING: Session = Session(0);
const AFTERNOON: Session = Session(1);

fn sitting(session: Session, days: &str, rooms: &str, numbers: &str) -> Sitting {
    Sitting {
        session,
        days: Weekdays::parse(days).expect(days),
        rooms: Period::parse(rooms).expect(rooms),
        numbers: Period::parse(numbers).expect(numbers),
    }
}

/// A district hospital's week, with New Year's Day and Tết off.
fn hospital() -> Timetable {
    let sittings = vec![
        sitting(MORNING, "mon-fri", "07:00-11:30", "05:00-11:00"),
        sitting(AFTERNOON, "mon-fri", "13:00-16:30", "12:00-16:00"),
        sitting(MORNING, "sat", "07:30-11:00", "06:00-10:30"),
    ];
    let closed = ["2027-01-01", "2027-02-05/2027-02-11"];
    Timetable::new(
        sittings,
        closed.map(|text| Closure::parse(text).expect(text)).into(),
    )
    .expect("no clash")
}

fn at(text: &str) -> DateTime {
    text.parse().expect(text)
}

#[test]
fn numbers_are_taken_before_the_rooms_open_and_belong_to_their_session() {
    let open = |session| Admission::Open { session };
    let until = |text| Admission::Closed {
        next: Some(at(text)),
    };
    for (now, expected) in [
        ("2026-11-30T04:59:59", until("2026-11-30T05:00")),
        ("2026-11-30T05:00", open(MORNING)),
        ("2026-11-30T10:59:59", open(MORNING)),
        ("2026-11-30T11:00", until("2026-11-30T12:00")),
        ("2026-11-30T12:00", open(AFTERNOON)),
        ("2026-11-30T16:00", until("2026-12-01T05:00")),
        ("2026-12-04T16:30", until("2026-12-05T06:00")),
        ("2026-12-05T10:30", until("2026-12-07T05:00")),
        // New Year's Day is a Friday.
        ("2026-12-31T16:00", until("2027-01-02T06:00")),
        ("2027-01-01T08:00", until("2027-01-02T06:00")),
        ("2027-02-04T23:59", until("2027-02-12T05:00")),
    ] {
        assert_eq!(hospital().admission(at(now)), expected, "{now}");
    }
}

#[test]
fn rooms_have_hours_of_their_own() {
    for (now, expected) in [
        ("2026-11-30T06:59", None),
        ("2026-11-30T07:00", Some(MORNING)),
        ("2026-11-30T11:15", Some(MORNING)),
        ("2026-11-30T12:30", None),
        ("2026-11-30T16:15", Some(AFTERNOON)),
        ("2026-12-06T09:00", None),
    ] {
        assert_eq!(hospital().in_session(at(now)), expected, "{now}");
    }
}

#[test]
fn a_station_that_writes_no_hours_is_open_day_and_night() {
    let station = Timetable::default();
    for now in ["2026-11-30T00:00", "2027-02-06T23:59:59"] {
        let open = Admission::Open { session: MORNING };
        assert_eq!(station.admission(at(now)), open);
        assert_eq!(station.in_session(at(now)), Some(MORNING));
    }
    let closure = Closure::parse("2027-02-06").expect("a date");
    let closed = Timetable::new(Vec::new(), vec![closure]).expect("no clash");
    let next = Some(at("2027-02-07T00:00"));
    assert_eq!(
        closed.admission(at("2027-02-06T12:00")),
        Admission::Closed { next }
    );
}

#[test]
fn what_never_opens_has_no_next_opening() {
    let closure = Closure::parse("2026-01-01/2099-12-31").expect("dates");
    let closed = Timetable::new(Vec::new(), vec![closure]).expect("no clash");
    assert_eq!(
        closed.admission(at("2026-06-01T12:00")),
        Admission::Closed { next: None }
    );
    // The last day that a calendar knows.
    assert_eq!(
        Timetable::default().next_opening(at("9999-12-31T12:00")),
        None
    );
}

#[test]
fn sessions_that_contradict_each_other_are_found() {
    let morning = sitting(MORNING, "mon-fri", "07:00-11:30", "05:00-11:30");
    for (other, expected) in [
        (
            sitting(AFTERNOON, "wed", "13:00-16:30", "12:00-16:31"),
            Some(Clash::NumbersOutlastRooms(AFTERNOON)),
        ),
        (
            sitting(MORNING, "fri-sun", "07:00-11:00", "05:00-11:00"),
            Some(Clash::Twice(MORNING)),
        ),
        (
            sitting(MORNING, "sat-sun", "07:00-11:00", "05:00-11:00"),
            None,
        ),
        (
            sitting(AFTERNOON, "mon", "11:00-16:30", "12:00-16:00"),
            Some(Clash::Overlap(MORNING, AFTERNOON)),
        ),
        (
            sitting(AFTERNOON, "mon", "13:00-16:30", "11:00-16:00"),
            Some(Clash::Overlap(MORNING, AFTERNOON)),
        ),
        (
            sitting(AFTERNOON, "mon", "01:00-04:00", "01:00-04:00"),
            Some(Clash::OutOfOrder(MORNING, AFTERNOON)),
        ),
        (
            sitting(AFTERNOON, "sat", "07:00-11:00", "05:00-11:00"),
            None,
        ),
    ] {
        let found = Timetable::new(vec![morning, other], Vec::new());
        assert_eq!(found.err(), expected, "{other:?}");
    }
}

#[test]
fn hours_days_and_dates_are_read_as_they_are_written() {
    for right in ["05:00-11:30", "00:00-24:00", "23:59 - 24:00"] {
        assert!(Period::parse(right).is_some(), "{right}");
    }
    for wrong in [
        "",
        "5-11",
        "05:00",
        "11:30-05:00",
        "05:00-05:00",
        "05:60-07:00",
        "00:00-24:01",
        "5:00-7:00",
        "05:00:00-07:00:00",
        "+5:00-07:00",
    ] {
        assert_eq!(Period::parse(wrong), None, "{wrong}");
    }
    let week =
        Weekdays::parse("mon-fri").and_then(|days| Some(days.and(Weekdays::parse("sat-sun")?)));
    assert_eq!(week, Some(Weekdays::ALL));
    for wrong in ["", "monday", "fri-mon", "mon-", "Mon", "t2"] {
        assert_eq!(Weekdays::parse(wrong), None, "{wrong}");
    }
    for wrong in [
        "",
        "01/01/2027",
        "2027-02-30",
        "2027-02-11/2027-02-05",
        "2027-02-05/",
        "2027-01-01T00:00",
    ] {
        assert_eq!(Closure::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn work_goes_on_after_the_pause_and_begins_when_the_rooms_open() {
    let minutes = |now: &str, work: u32| {
        let until = hospital().until_worked(at(now), work * 60);
        until.map(|seconds| seconds / 60)
    };
    for (now, work, expected) in [
        ("2026-11-30T05:00", 0, Some(120)),
        ("2026-11-30T05:00", 30, Some(150)),
        ("2026-11-30T08:00", 30, Some(30)),
        ("2026-11-30T11:00", 30, Some(30)),
        // An hour and a half of lunch.
        ("2026-11-30T11:00", 40, Some(130)),
        ("2026-11-30T11:00", 240, Some(330)),
        ("2026-11-30T11:00", 241, None),
        ("2026-11-30T17:00", 0, None),
        ("2026-12-06T08:00", 0, None),
    ] {
        assert_eq!(minutes(now, work), expected, "{now} {work}");
    }
}

/// Any week that has no contradiction, and any closures.
fn timetables() -> impl Strategy<Value = Timetable> {
    let sitting = (0u8..3, 1u8..128, prop::array::uniform4(0u16..=1440)).prop_filter_map(
        "hours in order",
        |(session, days, [a, b, c, d])| {
            let (rooms, numbers) = (Period { from: a, to: b }, Period { from: c, to: d });
            (a < b && c < d).then_some(Sitting {
                session: Session(session),
                days: Weekdays(days),
                rooms,
                numbers,
            })
        },
    );
    let closure = (0i64..40, 0i64..30).prop_map(|(first, length)| {
        let first = date(2026, 11, 20) + first.days();
        let last = first + length.days();
        Closure { first, last }
    });
    (
        prop::collection::vec(sitting, 0..6),
        prop::collection::vec(closure, 0..3),
    )
        .prop_map(|(sittings, closures)| {
            let mut agreed = Vec::new();
            for sitting in sittings {
                agreed.push(sitting);
                if Timetable::new(agreed.clone(), Vec::new()).is_err() {
                    agreed.pop();
                }
            }
            Timetable::new(agreed, closures).expect("checked one by one")
        })
}

proptest! {
    #[test]
    fn every_moment_has_an_answer_and_the_next_opening_is_the_first(
        timetable in timetables(), minute in 0i64..100_000, probes in prop::collection::vec(0.0f64..1.0, 20),
    ) {
        let now = date(2026, 11, 16).at(0, 0, 0, 0) + minute.minutes();
        match timetable.admission(now) {
            Admission::Open { session } => {
                let holds = timetable.on(now.date()).any(|sitting| {
                    sitting.session == session && sitting.numbers.contains(now.time())
                });
                prop_assert!(holds);
            }
            Admission::Closed { next } => {
                let end = next.unwrap_or(now + 366.days());
                if let Some(next) = next {
                    let open = matches!(timetable.admission(next), Admission::Open { .. });
                    prop_assert!(next > now && open);
                }
                let seconds = now.duration_until(end).as_secs();
                #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a moment in between")]
                let between = probes.iter().map(|part| (seconds as f64 * part) as i64);
                for before in between.chain([seconds - 1]) {
                    let closed = timetable.admission(now + before.seconds());
                    prop_assert_eq!(closed, Admission::Closed { next });
                }
            }
        }
    }

    #[test]
    fn work_takes_at_least_its_time_and_ends_while_the_rooms_are_open(
        timetable in timetables(), minute in 0i64..100_000, work in 0u32..40_000,
    ) {
        let now = date(2026, 11, 16).at(0, 0, 0, 0) + minute.minutes();
        if let Some(until) = timetable.until_worked(now, work) {
            prop_assert!(until >= work);
            // The last second of it was worked.
            let last = now + i64::from(until.max(1) - 1).seconds();
            prop_assert!(work == 0 || timetable.in_session(last).is_some());
        }
    }
}

use jiff::civil::date;
use proptest::prelude::*;

use super::{WaitRange, WorkTime, estimate};
use crate::queue::{Period, Session, Sitting, Timetable, Weekdays};

#[test]
fn without_any_basis_there_is_no_estimate() {
    assert_eq!(estimate(5, &[], None), None);
    assert!(estimate(5, &[], Some(300)).is_some());
    assert!(estimate(5, &[300], None).is_some());
}

#[test]
fn a_lunch_break_among_the_intervals_changes_nothing() {
    let mut intervals = vec![250, 310, 270, 420, 180, 290, 300, 330];
    let before = estimate(10, &intervals, None);
    intervals.push(90 * 60);
    assert_eq!(estimate(10, &intervals, None), before);
    // One doctor who sees six an hour.
    let slow = [500, 700, 600, 640, 580, 90 * 60];
    assert_eq!(estimate(4, &slow, None), estimate(4, &slow[..5], None));
}

#[test]
fn the_expected_interval_fades_as_measurements_come() {
    let width = |count: usize| {
        let intervals: Vec<u32> = [200, 400].into_iter().cycle().take(count).collect();
        estimate(10, &intervals, Some(900)).expect("a basis").to
    };
    assert!(width(0) > 9000 && width(4) < width(0) && width(40) < 4500);
}

/// The rooms of a morning and an afternoon, every day.
fn hospital() -> Timetable {
    let sitting = |session, hours| {
        let rooms = Period::parse(hours).expect(hours);
        let numbers = rooms;
        let days = Weekdays::ALL;
        let session = Session(session);
        Sitting {
            session,
            days,
            rooms,
            numbers,
        }
    };
    let sittings = vec![sitting(0, "07:00-11:30"), sitting(1, "13:00-16:30")];
    Timetable::new(sittings, Vec::new()).expect("no clash")
}

#[test]
fn a_patient_reads_steps_of_five_minutes_on_the_clock() {
    let wait = |from_minutes: u32, to_minutes: u32, hour, minute| {
        let work = WorkTime {
            from: from_minutes * 60,
            to: to_minutes * 60,
        };
        let now = date(2026, 11, 30).at(hour, minute, 0, 0);
        work.wait(&hospital(), now)
    };
    let range = |from, to| Some(WaitRange { from, to });
    for (found, expected) in [
        (wait(0, 0, 8, 0), range(0, Some(5))),
        (wait(7, 12, 8, 0), range(5, Some(15))),
        (wait(10, 15, 8, 0), range(10, Some(15))),
        // Two hours until the rooms open.
        (wait(7, 12, 5, 0), range(125, Some(135))),
        // Over lunch.
        (wait(20, 40, 11, 0), range(20, Some(130))),
        (wait(119, 150, 8, 0), range(115, Some(150))),
        (wait(130, 200, 8, 0), range(120, None)),
        (wait(100, 250, 8, 0), range(100, None)),
        // The rooms may close before.
        (wait(20, 40, 16, 0), range(20, None)),
        (wait(40, 60, 16, 0), None),
        (wait(0, 5, 17, 0), None),
    ] {
        assert_eq!(found, expected);
    }
}

/// Random numbers that are the same on every machine (SplitMix64).
struct Dice(u64);

impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let whole = ((bits ^ (bits >> 31)) >> 11) as f64;
        (whole + 0.5) / (1u64 << 53) as f64
    }

    /// An interval of this mean: one doctor's (log-normal, variation 0.6), or those of many rooms.
    fn interval(&mut self, mean: f64, many_rooms: bool) -> f64 {
        if many_rooms {
            return -mean * self.uniform().ln();
        }
        let normal =
            (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos();
        let variance = 1.36_f64.ln();
        mean * (variance.sqrt() * normal - variance / 2.0).exp()
    }

    /// What is left of the interval that has begun, for whoever comes at a random moment.
    fn rest(&mut self, mean: f64, many_rooms: bool) -> f64 {
        let arrival = 40.0 * mean * (0.5 + self.uniform());
        let mut call = 0.0;
        while call < arrival {
            call += self.interval(mean, many_rooms);
        }
        call - arrival
    }
}

/// The share of simulated waits that end before, within and after the range.
fn shares(measured: usize, many_rooms: bool, lunch: bool) -> [f64; 3] {
    const WAITS: u32 = 4000;
    let mut dice = Dice(measured as u64 * 4 + u64::from(many_rooms) * 2 + u64::from(lunch));
    let mut counts = [0u32; 3];
    for wait in 0..WAITS {
        // A doctor takes up to a quarter of an hour; many rooms together call every few minutes.
        let longest = if many_rooms { 300.0 } else { 900.0 };
        let mean = 60.0 + (longest - 60.0) * dice.uniform();
        let ahead = wait % 40;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds"
        )]
        let mut intervals: Vec<u32> = (0..measured)
            .map(|_| dice.interval(mean, many_rooms) as u32)
            .collect();
        if lunch {
            intervals.push(2 * 60 * 60);
        }
        let range = estimate(ahead, &intervals, None).expect("a basis");
        let rest = dice.rest(mean, many_rooms);
        let waited: f64 = rest
            + (0..ahead)
                .map(|_| dice.interval(mean, many_rooms))
                .sum::<f64>();
        let place = if waited < f64::from(range.from) {
            0
        } else {
            1 + usize::from(waited > f64::from(range.to))
        };
        counts[place] += 1;
    }
    counts.map(|count| f64::from(count) / f64::from(WAITS))
}

/// Eight of ten is what the range means. It comes close where the intervals are as irregular as
/// calls of many rooms and few were measured, and exceeds it where they are regular.
#[test]
fn eight_of_ten_simulated_waits_end_within_the_range() {
    for measured in [3, 8, 20, 50] {
        for (many_rooms, lunch) in [(false, false), (false, true), (true, false), (true, true)] {
            let [before, within, after] = shares(measured, many_rooms, lunch);
            let case = format!(
                "{measured} measured, many rooms {many_rooms}, lunch {lunch}: \
                 {before:.3} {within:.3} {after:.3}"
            );
            assert!((0.70..0.95).contains(&within), "{case}");
            assert!(before < 0.12 && after < 0.22, "{case}");
            let enough = measured == 50;
            assert!(!enough || (0.76..0.84).contains(&within), "{case}");
        }
    }
}

proptest! {
    #[test]
    fn a_range_is_one_and_grows_with_the_queue(
        ahead in 0u32..1000,
        intervals in prop::collection::vec(0u32..100_000, 0..60),
        expected in prop::option::of(1u32..7200),
    ) {
        let Some(range) = estimate(ahead, &intervals, expected) else {
            prop_assert!(intervals.is_empty() && expected.is_none());
            return Ok(());
        };
        prop_assert!(range.from <= range.to);
        let longer = estimate(ahead + 1, &intervals, expected).expect("the same basis");
        prop_assert!(longer.from >= range.from && longer.to >= range.to);
    }

    #[test]
    fn fewer_measurements_give_a_wider_range(
        ahead in 0u32..60, pattern in prop::collection::vec(60u32..900, 2..10), times in 2usize..6,
    ) {
        // The same values, only seen more often.
        let width = |intervals: &[u32]| {
            let range = estimate(ahead, intervals, None).expect("a basis");
            f64::from(range.to) / f64::from(range.from.max(1))
        };
        let (few, many) = (width(&pattern), width(&pattern.repeat(times)));
        prop_assert!(few + 0.1 >= many, "{} {}", few, many);
    }

    #[test]
    fn no_number_is_too_large(ahead: u32, intervals in prop::collection::vec(any::<u32>(), 0..5), expected: Option<u32>) {
        if let Some(range) = estimate(ahead, &intervals, expected) {
            prop_assert!(range.from <= range.to);
            let wait = range.wait(&Timetable::default(), date(2026, 11, 30).at(8, 0, 0, 0));
            prop_assert!(wait.is_none_or(|wait| wait.to.is_none_or(|to| wait.from < to)));
        }
    }
}

//! Who comes when: a crowd from a seed.

use std::time::Duration;

use super::kiosk::Patient;
use crate::sim::random::Random;

/// One person's arrival.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arrival {
    /// From the opening.
    pub(super) at: Duration,
    pub(super) patient: Patient,
    /// Shows the code once more when the ticket is there.
    pub(super) twice: bool,
}

/// Of a hundred: who leaves at the question whether that is them, who shows the code twice, who comes
/// back later, to whichever kiosk is free, and who has two kiosks at once, with the help of a child.
const LEAVE: u64 = 4;
const TWICE: u64 = 5;
const COME_BACK: u64 = 6;
const AT_TWO: u64 = 3;
/// The most come after this share of the time: at seven, the doors open at six.
const PEAK: f64 = 0.35;

/// A crowd of `persons` within `time`.
pub(super) fn crowd(persons: u32, time: Duration, seed: u64) -> Vec<Arrival> {
    let mut random = Random::new(&[seed]);
    let mut all: Vec<Arrival> = Vec::new();
    let mut next = 0;
    while (all.len() as u64) < u64::from(persons) {
        let share = all.len() as f64 / f64::from(persons.max(1));
        let chance = random.next() % 100;
        let back = (chance < COME_BACK).then(|| random.next() as usize % all.len().max(1));
        let at_two = (70..70 + AT_TWO).contains(&chance);
        let twin = all.last().copied().filter(|_| at_two);
        let person = match twin.or_else(|| all.get(back?).copied()) {
            Some(earlier) => earlier.patient.person,
            None => {
                next += 1;
                next
            }
        };
        all.push(Arrival {
            at: twin.map_or(time.mul_f64(when(share)), |twin| twin.at),
            patient: Patient {
                person,
                leaves: (90..90 + LEAVE).contains(&chance),
            },
            twice: (80..80 + TWICE).contains(&chance),
        });
    }
    all
}

/// When this share of all has come, as a share of the time: more and more until [`PEAK`], then fewer
/// and fewer.
fn when(share: f64) -> f64 {
    if share < PEAK {
        (share * PEAK).sqrt()
    } else {
        1.0 - ((1.0 - share) * (1.0 - PEAK)).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{PEAK, crowd};

    #[test]
    fn a_crowd_is_the_same_from_the_same_seed_and_comes_in_a_rush() {
        let time = Duration::from_secs(1000);
        let all = crowd(2000, time, 7);
        assert_eq!(all, crowd(2000, time, 7));
        assert_ne!(all, crowd(2000, time, 8));
        assert_eq!(all.len(), 2000);
        assert!(all.is_sorted_by_key(|arrival| arrival.at));
        assert!(all.iter().all(|arrival| arrival.at <= time));
        let between = |from: f64, to: f64| {
            let within = |share: f64| time.mul_f64(share);
            all.iter()
                .filter(|arrival| (within(from)..within(to)).contains(&arrival.at))
                .count()
        };
        assert!(between(PEAK - 0.1, PEAK + 0.1) > 2 * between(0.0, 0.1));
        assert!(between(PEAK - 0.1, PEAK + 0.1) > 2 * between(0.9, 1.0));
        let mut persons: Vec<_> = all.iter().map(|arrival| arrival.patient.person).collect();
        persons.sort_unstable();
        persons.dedup();
        assert!((1800..2000).contains(&persons.len()), "some come back");
        let twins = all
            .windows(2)
            .filter(|two| two[0].patient.person == two[1].patient.person && two[0].at == two[1].at);
        assert!(twins.count() > 20, "some stand before two kiosks");
        assert!(all.iter().any(|arrival| arrival.twice));
        assert!(all.iter().any(|arrival| arrival.patient.leaves));
    }
}

use serde::{Deserialize, Serialize};

use super::Session;
use crate::identity::PriorityReason;

/// Which of a queue's two lines somebody stands in. An emergency stands in neither: it goes to
/// staff at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Seen first by law.
    Priority,
    /// Everybody else.
    Ordinary,
}

impl Lane {
    /// The lane of somebody with this reason to be seen first, or none.
    pub fn of(reason: Option<PriorityReason>) -> Self {
        if reason.is_some() {
            Self::Priority
        } else {
            Self::Ordinary
        }
    }

    /// The one beside it.
    pub fn other(self) -> Self {
        match self {
            Self::Priority => Self::Ordinary,
            Self::Ordinary => Self::Priority,
        }
    }
}

/// How many of each lane are called in turn while both wait. Neither is zero, so neither starves:
/// whoever is first in a lane waits for at most the other lane's share of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interleave {
    priority: u32,
    ordinary: u32,
}

impl Interleave {
    /// The most calls of one lane in a row while the other waits.
    pub const MOST: u32 = 20;

    /// Reads `1:2`: one of the priority lane, then two of the ordinary one. Each from 1 to
    /// [`MOST`](Self::MOST).
    pub fn parse(text: &str) -> Option<Self> {
        let share = |text: &str| {
            let share = text.trim().parse().ok()?;
            (1..=Self::MOST).contains(&share).then_some(share)
        };
        let (priority, ordinary) = text.split_once(':')?;
        Some(Self {
            priority: share(priority)?,
            ordinary: share(ordinary)?,
        })
    }

    /// The lane to call from next; none when nobody waits.
    pub fn next(self, turn: Turn, priority_waits: bool, ordinary_waits: bool) -> Option<Lane> {
        match (priority_waits, ordinary_waits) {
            (false, false) => None,
            (true, false) => Some(Lane::Priority),
            (false, true) => Some(Lane::Ordinary),
            (true, true) if turn.run < self.share(turn.lane) => Some(turn.lane),
            (true, true) => Some(turn.lane.other()),
        }
    }

    /// How many are called before somebody in `lane` who has `before` in front of them there, while
    /// `others` wait in the other lane. Whoever comes later is not reckoned with.
    pub fn ahead(self, turn: Turn, lane: Lane, before: u32, others: u32) -> u32 {
        let (own, other) = (self.share(lane), self.share(lane.other()));
        let of_other = if turn.lane == lane {
            let left = own.saturating_sub(turn.run);
            let blocks = before.checked_sub(left).map_or(0, |later| 1 + later / own);
            blocks.saturating_mul(other)
        } else {
            let left = other.saturating_sub(turn.run);
            left.saturating_add((before / own).saturating_mul(other))
        };
        before.saturating_add(of_other.min(others))
    }

    /// Both lanes in the order in which they are called, if nobody else comes.
    pub fn merge<T>(self, mut turn: Turn, priority: Vec<T>, ordinary: Vec<T>) -> Vec<T> {
        let mut lanes = [priority, ordinary].map(|lane| lane.into_iter().peekable());
        let mut all = Vec::new();
        loop {
            let [first, second] = &mut lanes;
            let waits = (first.peek().is_some(), second.peek().is_some());
            let Some(lane) = self.next(turn, waits.0, waits.1) else {
                return all;
            };
            all.extend(match lane {
                Lane::Priority => first.next(),
                Lane::Ordinary => second.next(),
            });
            turn = turn.after(lane);
        }
    }

    fn share(self, lane: Lane) -> u32 {
        match lane {
            Lane::Priority => self.priority,
            Lane::Ordinary => self.ordinary,
        }
    }
}

/// One priority, two ordinary.
impl Default for Interleave {
    fn default() -> Self {
        Self {
            priority: 1,
            ordinary: 2,
        }
    }
}

/// Whose turn it is in one queue: the lane called last, and how often in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The lane called last.
    pub lane: Lane,
    /// How often in a row.
    pub run: u32,
}

impl Turn {
    /// The turn after a call from `lane`.
    #[must_use]
    pub fn after(self, lane: Lane) -> Self {
        let run = if lane == self.lane {
            self.run.saturating_add(1)
        } else {
            1
        };
        Self { lane, run }
    }
}

/// Nobody was called yet: the priority lane begins.
impl Default for Turn {
    fn default() -> Self {
        Self {
            lane: Lane::Ordinary,
            run: u32::MAX,
        }
    }
}

/// Where somebody stands in a lane; the least is called first. Numbers of the morning that were
/// not called stand before all of the afternoon's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Order {
    /// The session the number was taken for.
    pub session: Session,
    /// Microseconds of the shared clock when it was taken; the store sees to it that a later
    /// number never has an earlier place.
    pub place: i64,
}

impl Order {
    /// Where somebody who did not come when called goes on waiting: right behind the `count`th of
    /// those that wait behind, `waiting` in any order; behind the last where they are fewer. Two
    /// that were sent behind the same one have equal orders, and then the earlier number is first.
    #[must_use]
    pub fn skipped(self, waiting: &[Self], count: u32) -> Self {
        let mut behind: Vec<Self> = waiting.iter().copied().filter(|o| *o > self).collect();
        behind.sort_unstable();
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let new = behind
            .get(..count.min(behind.len()))
            .and_then(<[Self]>::last);
        new.map_or(self, |order| Self {
            place: order.place.saturating_add(1),
            ..*order
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Interleave, Lane, Order, Session, Turn};

    /// The lanes called, from what waits before each call.
    fn called(interleave: Interleave, waits: impl IntoIterator<Item = (bool, bool)>) -> String {
        let mut turn = Turn::default();
        let calls = waits.into_iter().map(|(priority, ordinary)| {
            let Some(lane) = interleave.next(turn, priority, ordinary) else {
                return '-';
            };
            turn = turn.after(lane);
            match lane {
                Lane::Priority => 'P',
                Lane::Ordinary => 'o',
            }
        });
        calls.collect()
    }

    #[test]
    fn one_priority_then_two_ordinary_is_what_it_says() {
        let both = (true, true);
        assert_eq!(called(Interleave::default(), [both; 9]), "PooPooPoo");
        let three_to_one = Interleave::parse("3:1").expect("a ratio");
        assert_eq!(called(three_to_one, [both; 9]), "PPPoPPPoP");
        // Whoever comes into an empty lane does not wait for a round to end.
        let late = [(false, true); 5].into_iter().chain([both; 4]);
        assert_eq!(called(Interleave::default(), late), "oooooPooP");
        let late = [(true, false); 5].into_iter().chain([both; 4]);
        assert_eq!(called(Interleave::default(), late), "PPPPPooPo");
        assert_eq!(called(Interleave::default(), [(false, false)]), "-");
    }

    #[test]
    fn a_ratio_without_one_of_the_lanes_is_none() {
        for wrong in ["", "1", "0:1", "1:0", "1:21", "1:-2", "a:b", "1:2:3"] {
            assert_eq!(Interleave::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Interleave::parse("1 : 2"), Some(Interleave::default()));
    }

    #[test]
    fn the_mornings_numbers_stand_before_the_afternoons() {
        let order = |session, place| Order {
            session: Session(session),
            place,
        };
        // Taken in the night by a clock that was set back: the session counts first.
        let mut orders = [order(1, 5), order(0, 900), order(1, 3), order(0, 100)];
        orders.sort_unstable();
        assert_eq!(
            orders,
            [order(0, 100), order(0, 900), order(1, 3), order(1, 5)]
        );
    }

    #[test]
    fn somebody_skipped_comes_after_a_few_others_and_never_earlier() {
        let order = |place| Order {
            session: Session(0),
            place,
        };
        let waiting = [50, 40, 5, 30, 20].map(order);
        assert_eq!(order(10).skipped(&waiting, 3), order(41));
        assert_eq!(order(10).skipped(&waiting, 9), order(51));
        assert_eq!(order(60).skipped(&waiting, 3), order(60));
        assert_eq!(order(10).skipped(&waiting, 0), order(10));
        let afternoon = Order {
            session: Session(1),
            place: 1,
        };
        let after = order(10).skipped(&[afternoon], 1);
        assert!(after > afternoon && after.session == afternoon.session);
    }

    fn interleaves() -> impl Strategy<Value = Interleave> {
        (1..=Interleave::MOST, 1..=Interleave::MOST)
            .prop_map(|(priority, ordinary)| Interleave { priority, ordinary })
    }

    proptest! {
        #[test]
        fn neither_lane_starves_and_an_empty_one_blocks_nobody(
            interleave in interleaves(),
            waits in prop::collection::vec(any::<(bool, bool)>(), 1..300),
            // However the turn came about: the ratio may have been another before.
            (ordinary_last, run) in (any::<bool>(), any::<u32>()),
        ) {
            let lane = if ordinary_last { Lane::Ordinary } else { Lane::Priority };
            let mut turn = Turn { lane, run };
            let (mut priority_passed, mut ordinary_passed) = (0, 0);
            for (priority, ordinary) in waits {
                let next = interleave.next(turn, priority, ordinary);
                match next {
                    None => prop_assert!(!priority && !ordinary),
                    Some(Lane::Priority) => prop_assert!(priority),
                    Some(Lane::Ordinary) => prop_assert!(ordinary),
                }
                let passed = |waits: bool, lane, so_far: u32| {
                    if waits && next != Some(lane) { so_far + 1 } else { 0 }
                };
                priority_passed = passed(priority, Lane::Priority, priority_passed);
                ordinary_passed = passed(ordinary, Lane::Ordinary, ordinary_passed);
                prop_assert!(priority_passed <= interleave.ordinary);
                prop_assert!(ordinary_passed <= interleave.priority);
                turn = next.map_or(turn, |lane| turn.after(lane));
            }
        }

        #[test]
        fn as_many_are_called_before_somebody_as_was_said(
            interleave in interleaves(), calls in prop::collection::vec(any::<bool>(), 0..30),
            priority: bool, before in 0u32..60, others in 0u32..60,
        ) {
            let lane = |priority| if priority { Lane::Priority } else { Lane::Ordinary };
            let lane_of = lane(priority);
            let mut turn = calls.into_iter().map(lane).fold(Turn::default(), Turn::after);
            let said = interleave.ahead(turn, lane_of, before, others);
            let (mut own, mut other, mut called) = (before + 1, others, 0);
            loop {
                let (first, second) = if priority { (own, other) } else { (other, own) };
                let next = interleave.next(turn, first > 0, second > 0).expect("somebody waits");
                turn = turn.after(next);
                let waiting = if next == lane_of { &mut own } else { &mut other };
                *waiting -= 1;
                if own == 0 {
                    break;
                }
                called += 1;
            }
            prop_assert_eq!(said, called);
        }

        #[test]
        fn the_ratio_holds_exactly_round_by_round_while_both_wait(
            interleave in interleaves(), rounds in 1usize..20,
        ) {
            let (priority, ordinary) = (interleave.priority as usize, interleave.ordinary as usize);
            let calls = called(interleave, vec![(true, true); rounds * (priority + ordinary)]);
            let round = "P".repeat(priority) + &"o".repeat(ordinary);
            prop_assert_eq!(calls, round.repeat(rounds));
        }
    }
}

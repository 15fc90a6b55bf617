//! Which codes were in view a moment ago.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// A code out of view for so long is a new one when it comes back.
const SAME_WITHIN: Duration = Duration::from_secs(3);
/// Codes remembered: two or three may be in view by turns.
const RECENT_MAX: usize = 8;

/// Codes seen lately, by a keyed hash: their text is personal and is not kept.
#[derive(Default)]
pub(super) struct Recent {
    key: RandomState,
    seen: VecDeque<Seen>,
}

struct Seen {
    hash: u64,
    at: Instant,
    /// It was in view in an earlier mode.
    left: bool,
}

impl Recent {
    /// Whether `bytes` were not seen within [`SAME_WITHIN`] before `now`; seeing them again
    /// counts from now on.
    pub(super) fn is_new(&mut self, bytes: &[u8], now: Instant) -> bool {
        let hash = self.key.hash_one(bytes);
        self.keep_lately(now);
        let known = self.seen.iter().position(|seen| seen.hash == hash);
        let known = known.and_then(|index| self.seen.remove(index));
        self.seen.truncate(RECENT_MAX - 1);
        let left = known.as_ref().is_some_and(|known| known.left);
        self.seen.push_front(Seen {
            hash,
            at: now,
            left,
        });
        known.is_none()
    }

    fn keep_lately(&mut self, now: Instant) {
        self.seen
            .retain(|seen| now.saturating_duration_since(seen.at) < SAME_WITHIN);
    }

    /// A mode ends, and what is in view is left over from it; what was left over already still is,
    /// however long nobody looked.
    pub(super) fn leave(&mut self, now: Instant) {
        let lately = |seen: &Seen| now.saturating_duration_since(seen.at) < SAME_WITHIN;
        self.seen.retain(|seen| seen.left || lately(seen));
        for seen in &mut self.seen {
            (seen.at, seen.left) = (now, true);
        }
    }

    /// Forgets what is left over.
    pub(super) fn drop_left(&mut self) {
        self.seen.retain(|seen| !seen.left);
    }

    /// What was seen lately is seen now.
    #[cfg(feature = "camera")]
    pub(super) fn renew(&mut self, now: Instant) {
        self.keep_lately(now);
        self.seen.iter_mut().for_each(|seen| seen.at = now);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{RECENT_MAX, Recent};

    #[test]
    #[cfg(feature = "camera")]
    fn what_lies_still_is_not_new_however_long_nobody_searches() {
        let mut recent = Recent::default();
        let start = Instant::now();
        assert!(recent.is_new(b"poster", start));
        for second in 1..60 {
            recent.renew(start + Duration::from_secs(second));
        }
        assert!(!recent.is_new(b"poster", start + Duration::from_secs(60)));
        recent.renew(start + Duration::from_secs(64));
        assert!(recent.is_new(b"poster", start + Duration::from_secs(64)));
    }

    #[test]
    #[cfg(feature = "camera")]
    fn what_went_out_of_view_before_a_mode_ended_is_not_left_over() {
        let mut recent = Recent::default();
        let start = Instant::now();
        assert!(recent.is_new(b"gone", start));
        recent.leave(start + Duration::from_secs(10));
        assert!(recent.is_new(b"gone", start + Duration::from_secs(11)));
    }

    #[test]
    fn a_code_in_view_is_new_once_and_again_after_three_seconds_away() {
        let mut recent = Recent::default();
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        for (code, millis, new) in [
            ("a", 0, true),
            ("a", 100, false),
            ("b", 200, true),
            ("a", 2900, false),
            ("b", 3100, false),
            ("a", 5800, false),
            ("a", 8799, false),
            ("a", 11799, true),
            ("b", 11800, true),
        ] {
            assert_eq!(
                recent.is_new(code.as_bytes(), at(millis)),
                new,
                "{code} {millis}"
            );
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut recent = Recent::default();
        let now = Instant::now();
        for code in 0..100u8 {
            assert!(recent.is_new(&[code], now));
        }
        assert!(recent.seen.len() <= RECENT_MAX);
        assert!(!recent.is_new(&[99], now));
    }
}

use std::time::Duration;

use jiff::civil::Time;

/// Hours of each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    /// Day and night.
    Always,
    /// At no time.
    Never,
    /// From the first time to the second, over midnight where the second is the earlier one.
    Between(Time, Time),
}

impl Hours {
    /// Reads `always`, `never`, or hours such as `06:00-18:00`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "always" => Some(Self::Always),
            "never" => Some(Self::Never),
            hours => {
                let (from, to) = hours.split_once('-')?;
                let (from, to) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
                (from != to).then_some(Self::Between(from, to))
            }
        }
    }

    /// Whether `time` is one of these hours.
    pub fn contain(self, time: Time) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Between(from, to) if from < to => (from..to).contains(&time),
            Self::Between(from, to) => time >= from || time < to,
        }
    }

    /// From `time` until these hours begin or end; none if they never do. Above zero, at most a day.
    pub fn until_change(self, time: Time) -> Option<Duration> {
        let Self::Between(from, to) = self else {
            return None;
        };
        let until = |then: Time| {
            let ahead = time.duration_until(then);
            Duration::try_from(ahead)
                .ok()
                .filter(|ahead| !ahead.is_zero())
                .unwrap_or_else(|| DAY.saturating_sub(ahead.unsigned_abs()))
        };
        Some(until(from).min(until(to)))
    }
}

const DAY: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use jiff::civil::Time;
    use proptest::prelude::*;

    use super::{DAY, Hours};

    fn hours(text: &str) -> Hours {
        Hours::parse(text).expect(text)
    }

    fn time(text: &str) -> Time {
        text.parse().expect("a time")
    }

    #[test]
    fn hours_are_what_they_say_and_go_over_midnight() {
        for (of, at, contained) in [
            ("always", "00:00", true),
            ("never", "12:00", false),
            ("06:00-18:00", "05:59:59", false),
            ("06:00-18:00", "06:00", true),
            ("06:00 - 18:00", "17:59:59", true),
            ("06:00-18:00", "18:00", false),
            ("22:30-05:00", "23:00", true),
            ("22:30-05:00", "04:59", true),
            ("22:30-05:00", "12:00", false),
        ] {
            assert_eq!(hours(of).contain(time(at)), contained, "{of} {at}");
        }
        for wrong in ["", "6-18", "06:00", "06:00-06:00", "25:00-26:00", "Always"] {
            assert_eq!(Hours::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn nothing_changes_before_it_is_said_to_and_then_it_does(
            from in 0i64..86_400, to in 0i64..86_400, at in 0i64..86_400,
        ) {
            prop_assume!(from != to);
            let second = |second: i64| {
                Time::midnight().wrapping_add(jiff::SignedDuration::from_secs(second))
            };
            let hours = Hours::Between(second(from), second(to));
            let now = second(at);
            let until = hours.until_change(now).expect("they change");
            prop_assert!(!until.is_zero() && until < DAY + std::time::Duration::from_nanos(1));
            let before = now.wrapping_add(until - std::time::Duration::from_secs(1));
            prop_assert_eq!(hours.contain(before), hours.contain(now));
            prop_assert_ne!(hours.contain(now.wrapping_add(until)), hours.contain(now));
        }
    }
}

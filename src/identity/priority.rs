use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::BirthDate;

/// Why somebody is seen first (Law 15/2023/QH15 art. 3(2)). Age is read from the papers; the
/// rest is declared and then confirmed by staff. The law's first class is not among them: an
/// emergency never waits in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriorityReason {
    /// Younger than six years.
    Child,
    /// Seventy-five years or older.
    Elderly,
    /// Pregnant.
    Pregnant,
    /// Severely or exceptionally severely disabled.
    Disabled,
    /// Person with merit to the revolution.
    Merit,
}

impl PriorityReason {
    /// What no paper shows: only staff confirm it.
    pub const BY_STAFF: [Self; 3] = [Self::Pregnant, Self::Disabled, Self::Merit];
}

/// The first birthday that is no longer a child's.
const CHILD_BELOW_YEARS: i16 = 6;
/// The birthday from which the elderly are seen first.
const ELDERLY_FROM_YEARS: i16 = 75;

/// Priority that follows from the birth date on day `today`. Where only the year is known, or where
/// the birthday is a 29 February and `today` the last of February in a year without one, the doubt
/// favours the patient.
pub fn priority_by_age(birth: BirthDate, today: Date) -> Option<PriorityReason> {
    let oldest = today.year() - birth.year();
    let (least, most) = match birth {
        BirthDate::Day(date) => {
            let (birthday, now) = ((date.month(), date.day()), (today.month(), today.day()));
            let leap_birthday = birthday == (2, 29) && now == (2, 28) && !today.in_leap_year();
            let least = if now >= birthday { oldest } else { oldest - 1 };
            (least, if leap_birthday { oldest } else { least })
        }
        BirthDate::Year(_) => (oldest - 1, oldest),
    };
    if most < 0 {
        // Born tomorrow: the kiosk's clock or the paper is wrong, and nothing follows from either.
        None
    } else if least < CHILD_BELOW_YEARS {
        Some(PriorityReason::Child)
    } else if most >= ELDERLY_FROM_YEARS {
        Some(PriorityReason::Elderly)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{BirthDate, PriorityReason, priority_by_age};

    #[test]
    fn nobody_is_a_child_because_the_clock_fell_back() {
        let today = jiff::civil::date(1970, 1, 1);
        for birth in ["1990-02-28", "1990", "1970-01-02"] {
            let birth_date = BirthDate::parse(birth).expect("date");
            assert_eq!(priority_by_age(birth_date, today), None, "{birth}");
        }
    }

    #[test]
    fn a_birthday_on_29_february_is_reckoned_in_the_patients_favour() {
        let child = Some(PriorityReason::Child);
        let elderly = Some(PriorityReason::Elderly);
        for (birth, today, expected) in [
            ("2020-02-29", "2026-02-28", child),
            ("2020-02-29", "2026-03-01", None),
            ("1952-02-29", "2027-02-27", None),
            ("1952-02-29", "2027-02-28", elderly),
            ("1952-02-29", "2027-03-01", elderly),
            // Seventy-six in a year that has the day.
            ("1952-02-29", "2028-02-28", elderly),
            ("2022-02-28", "2028-02-27", child),
            ("2022-02-28", "2028-02-28", None),
            ("2022-03-01", "2028-02-29", child),
            ("1953-03-01", "2028-02-29", None),
        ] {
            let birth_date = BirthDate::parse(birth).expect("date");
            let today = today.parse().expect("date");
            let found = priority_by_age(birth_date, today);
            assert_eq!(found, expected, "{birth} on {today}");
        }
    }

    #[test]
    fn priority_changes_on_the_birthday() {
        let today = jiff::civil::date(2026, 11, 23);
        for (birth, expected) in [
            ("2020-11-24", Some(PriorityReason::Child)),
            ("2020-11-23", None),
            ("1951-11-23", Some(PriorityReason::Elderly)),
            ("1951-11-24", None),
            ("1951", Some(PriorityReason::Elderly)),
            ("2020", Some(PriorityReason::Child)),
            ("1990", None),
        ] {
            let birth_date = BirthDate::parse(birth).expect("date");
            assert_eq!(priority_by_age(birth_date, today), expected, "{birth}");
        }
    }
}

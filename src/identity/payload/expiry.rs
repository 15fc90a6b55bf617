//! Until when a citizen card is good. Its code does not say it; the law does.

use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::identity::BirthDate;

/// Cards issued from this day on follow Law 26/2023/QH15.
const LAW_OF_2023: Date = date(2024, 7, 1);
/// Ages at which a card is renewed: Law 26/2023 art. 21; before it, Law 59/2014 art. 21.
const AGES_2023: [i16; 4] = [14, 25, 40, 60];
const AGES_2014: [i16; 3] = [25, 40, 60];
/// A card issued so many years before such an age is good until the next one.
const GRACE_YEARS: i16 = 2;

/// The last day of a card: the birthday at the age at which it is renewed. None where it is good
/// for life, or where only the year of birth is known.
///
/// Calendar dates are compared, never days divided by 365. Whoever was born on 29 February has
/// the birthday of a common year on the 28th.
pub(super) fn card_expiry(birth: BirthDate, issued: Date) -> Option<Date> {
    let BirthDate::Day(birth) = birth else {
        return None;
    };
    let ages: &[i16] = if issued < LAW_OF_2023 {
        &AGES_2014
    } else {
        &AGES_2023
    };
    let birthday = |age: i16| birth.saturating_add(i32::from(age).years());
    ages.iter()
        .find(|age| issued < birthday(**age - GRACE_YEARS))
        .map(|age| birthday(*age))
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::card_expiry;
    use crate::identity::BirthDate;

    #[test]
    fn a_card_ends_at_the_birthday_that_the_law_names() {
        for (birth, issued, expiry) in [
            // Law of 2014: 25, 40, 60, and two years of grace before each.
            ("1990-02-28", "2012-01-01", Some("2015-02-28")),
            ("1990-02-28", "2013-02-27", Some("2015-02-28")),
            ("1990-02-28", "2013-02-28", Some("2030-02-28")),
            ("1990-02-28", "2021-04-19", Some("2030-02-28")),
            ("1983-06-15", "2021-06-14", Some("2023-06-15")),
            ("1983-06-15", "2021-06-15", Some("2043-06-15")),
            ("1963-12-31", "2021-12-30", Some("2023-12-31")),
            ("1963-12-31", "2021-12-31", None),
            ("1940-01-01", "2021-01-01", None),
            ("2010-05-05", "2024-06-30", Some("2035-05-05")),
            // Law of 2023: 14 as well.
            ("2020-05-05", "2024-07-01", Some("2034-05-05")),
            ("2012-07-02", "2024-07-01", Some("2026-07-02")),
            ("2012-07-01", "2024-07-01", Some("2037-07-01")),
            // 29 February: the years between are no multiple of four.
            ("2000-02-29", "2021-01-01", Some("2025-02-28")),
            ("2000-02-29", "2023-02-27", Some("2025-02-28")),
            ("2000-02-29", "2023-02-28", Some("2040-02-29")),
            ("1990", "2021-01-01", None),
        ] {
            let birth = BirthDate::parse(birth).expect("birth date");
            let day = |text: &str| text.parse::<Date>().expect("date");
            assert_eq!(
                card_expiry(birth, day(issued)),
                expiry.map(day),
                "{} issued {issued}",
                String::from(birth)
            );
        }
    }
}

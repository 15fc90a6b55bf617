//! The machine readable zone (ICAO 9303-5 for cards, 9303-4 for passports).

use crate::identity::{BirthDate, Sex};
use crate::sim::SimPerson;

/// The parts of the zone, dates as `yymmdd`.
pub(super) struct Zone<'a> {
    person: &'a SimPerson,
    birth: String,
    expiry: String,
}

impl<'a> Zone<'a> {
    pub fn of(person: &'a SimPerson) -> Self {
        let short = |day: jiff::civil::Date| day.strftime("%y%m%d").to_string();
        Self {
            person,
            birth: match person.birth_date {
                BirthDate::Day(day) => short(day),
                BirthDate::Year(year) => format!("{:02}0000", year % 100),
            },
            expiry: person
                .expiry_date
                .map_or_else(|| "991231".to_owned(), short),
        }
    }

    /// The password of PACE and BAC.
    pub fn key(&self) -> String {
        let number = &self.person.number.expose()[3..];
        [number, &self.birth, &self.expiry].map(checked).concat()
    }

    fn sex(&self) -> char {
        match self.person.sex {
            Sex::Male => 'M',
            Sex::Female => 'F',
        }
    }

    /// Three lines of thirty: a citizen card.
    pub fn card(&self) -> String {
        let number = self.person.number.expose();
        let upper = [checked(&number[3..]), checked(&format!("{number}<<"))].concat();
        let (birth, expiry) = (checked(&self.birth), checked(&self.expiry));
        let all = digit(&format!("{upper}{birth}{expiry}<<<<<<<<<<<"));
        let name = &self.person.name_latin;
        let sex = self.sex();
        format!("IDVNM{upper}{birth}{sex}{expiry}VNM<<<<<<<<<<<{all}{name:<<30}")
    }

    /// Two lines of 44: a passport of `state`.
    pub fn passport(&self, state: &str) -> String {
        let name = &self.person.name_latin;
        let number = checked(&self.person.number.expose()[3..]);
        let (birth, expiry) = (checked(&self.birth), checked(&self.expiry));
        let optional = checked("<<<<<<<<<<<<<<");
        let all = digit(&format!("{number}{birth}{expiry}{optional}"));
        let sex = self.sex();
        format!("P<{state}{name:<<39}{number}{state}{birth}{sex}{expiry}{optional}{all}")
    }
}

fn checked(field: &str) -> String {
    format!("{field}{}", digit(field))
}

/// Weights 7, 3, 1; letters count from ten, fillers nothing.
fn digit(field: &str) -> u32 {
    let values = field.chars().map(|c| c.to_digit(36).unwrap_or(0));
    values
        .zip([7, 3, 1].iter().cycle())
        .map(|(v, w)| v * w)
        .sum::<u32>()
        % 10
}

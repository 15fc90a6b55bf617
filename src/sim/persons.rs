use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::identity::{BirthDate, PersonalNumber, Sex};

/// An invented person, as far as cards and registers know one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimPerson {
    /// The personal number.
    pub number: PersonalNumber,
    /// The name with its diacritics.
    pub name: String,
    /// The name as the MRZ spells it, with fillers.
    pub name_latin: String,
    /// Birth date.
    pub birth_date: BirthDate,
    /// Sex.
    pub sex: Sex,
    /// Place of residence.
    pub residence: String,
    /// The nine digits of a former CMND.
    pub old_id: Option<String>,
    /// When the card was issued.
    pub issue_date: Date,
    /// The card's last day; absent: it never expires.
    pub expiry_date: Option<Date>,
}

impl SimPerson {
    /// The text of the QR on the card: seven fields, `|` between them.
    pub fn card_qr(&self) -> String {
        [
            self.number.expose(),
            self.old_id.as_deref().unwrap_or_default(),
            &self.name,
            &self.birth_digits(),
            self.sex_in_vietnamese(),
            &self.residence,
            &self.issue_date.strftime("%d%m%Y").to_string(),
        ]
        .join("|")
    }

    /// The sex as cards print it.
    pub fn sex_in_vietnamese(&self) -> &'static str {
        match self.sex {
            Sex::Male => &words().male,
            Sex::Female => &words().female,
        }
    }

    fn birth_digits(&self) -> String {
        match self.birth_date {
            BirthDate::Day(day) => day.strftime("%d%m%Y").to_string(),
            BirthDate::Year(year) => format!("{year:04}"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    words: Words,
    person: Vec<SimPerson>,
}

/// What every card says in the same words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    male: String,
    female: String,
    pub nationality: String,
    pub unlimited: String,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../../assets/sim/persons.toml"))
        .expect("the built-in persons are right: a test reads them")
});

pub(super) fn words() -> &'static Words {
    &FILE.words
}

/// All invented persons.
pub fn persons() -> &'static [SimPerson] {
    &FILE.person
}

/// The invented person with this number.
pub fn person(number: &str) -> Option<&'static SimPerson> {
    persons()
        .iter()
        .find(|person| person.number.expose() == number)
}

#[cfg(test)]
mod tests {
    use super::{person, persons};
    use crate::identity::{PriorityReason, priority_by_age};

    #[test]
    fn the_built_in_persons_are_right_and_of_all_ages() {
        let today = jiff::civil::date(2026, 11, 23);
        let reasons: Vec<_> = persons()
            .iter()
            .map(|p| priority_by_age(p.birth_date, today))
            .collect();
        assert!(reasons.contains(&Some(PriorityReason::Child)));
        assert!(reasons.contains(&Some(PriorityReason::Elderly)));
        assert!(reasons.contains(&None));
        for one in persons() {
            assert_eq!(
                person(one.number.expose()),
                Some(one),
                "a number is there twice"
            );
        }
    }

    #[test]
    fn the_qr_has_the_seven_fields_of_a_card() {
        let a = person("001099012345").expect("built in");
        assert_eq!(
            a.card_qr(),
            "001099012345|012345678|Nguyễn Văn A|01011999|Nam|Số 1, phố Thử Nghiệm, phường Ba Đình, Hà Nội|15032022"
        );
        let child = person("048322000789").expect("built in");
        assert!(
            child
                .card_qr()
                .starts_with("048322000789||Phạm Thị Mẫu|30082022|Nữ|")
        );
    }
}

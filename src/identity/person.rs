use serde::{Deserialize, Serialize};

use super::{BirthDate, HospitalNumber, InsuranceNumber, PersonalNumber, Private, exact_key};

/// Sex as the papers give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

/// What is known of a person, from whatever source. All text is NFC.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// The twelve-digit personal number.
    pub personal_number: Option<PersonalNumber>,
    /// The BHYT card code or BHXH number.
    pub insurance_number: Option<InsuranceNumber>,
    /// The hospital's own number of the person, from its papers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hospital_number: Option<HospitalNumber>,
    /// The name with its diacritics; absent where only a number was typed.
    pub name: Option<Private<String>>,
    /// The name as the MRZ spells it, without diacritics.
    pub name_latin: Option<Private<String>>,
    /// Birth date or year.
    pub birth_date: Option<BirthDate>,
    /// Sex.
    pub sex: Option<Sex>,
    /// ISO 3166-1 alpha-3, or as the source names it.
    pub nationality: Option<String>,
    /// Place of residence, free text.
    pub residence: Option<Private<String>>,
    /// The ethnicity, only where the site hands it over for the claim form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<Private<String>>,
    /// The nine-digit CMND of former times.
    pub old_id: Option<Private<String>>,
    /// Personal numbers that were cancelled and replaced by the present one.
    pub cancelled_numbers: Vec<PersonalNumber>,
    /// The last day of the card that was shown; absent where it has none or it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_expiry: Option<jiff::civil::Date>,
}

impl Person {
    /// A person of whom only the typed number is known.
    pub fn typed(number: PersonalNumber) -> Self {
        Self {
            personal_number: Some(number),
            ..Self::default()
        }
    }

    /// Whether `other` can be the same person: no number that both have may differ, and at least
    /// one must be the same.
    pub fn same_as(&self, other: &Self) -> bool {
        let personal = both(
            self.personal_number.as_ref(),
            other.personal_number.as_ref(),
            |a, b| a == b,
        );
        let insurance = both(
            self.insurance_number.as_ref(),
            other.insurance_number.as_ref(),
            |a, b| a.bhxh_number() == b.bhxh_number(),
        );
        personal.or(insurance).unwrap_or(false) && insurance != Some(false)
    }

    /// Whether two papers are of one person: by a number that both have, else by name and birth
    /// date. `None`: they have too little in common to tell.
    pub fn agrees_with(&self, other: &Self) -> Option<bool> {
        let personal = both(
            self.personal_number.as_ref(),
            other.personal_number.as_ref(),
            |a, b| a == b,
        );
        let insurance = both(
            self.insurance_number.as_ref(),
            other.insurance_number.as_ref(),
            |a, b| a.bhxh_number() == b.bhxh_number(),
        );
        let births = both(self.birth_date, other.birth_date, BirthDate::agrees_with);
        let sexes = both(self.sex, other.sex, |a, b| a == b);
        personal
            .or(insurance)
            .or(match (births, self.name_is_of(other)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                // Namesakes of one birthday, or a slip in one of the papers.
                (Some(true), Some(true)) => (sexes != Some(false)).then_some(true),
                (None, _) | (_, None) => None,
            })
    }

    fn name_is_of(&self, other: &Self) -> Option<bool> {
        let agrees = |a: &Self, b: &Self| {
            let name = b.name.as_ref().or(b.name_latin.as_ref())?;
            a.name_agrees(name.expose())
        };
        let marks = both(self.name.as_ref(), other.name.as_ref(), |a, b| {
            exact_key(a.expose()) == exact_key(b.expose())
        });
        // A chip may know the name as its MRZ cut it.
        match agrees(self, other)? || agrees(other, self) == Some(true) {
            // "An" and "Ân" are two persons, or one whose marks somebody left out.
            true if marks == Some(false) => None,
            agree => Some(agree),
        }
    }
}

fn both<T>(a: Option<T>, b: Option<T>, same: impl Fn(T, T) -> bool) -> Option<bool> {
    Some(same(a?, b?))
}

/// A name as a screen or ticket may show it: family name, initials of the middle names, given
/// name ("NGUYỄN T. H. PHƯỢNG"). With `short`, the family name becomes an initial too.
pub fn shown_name(name: &str, short: bool) -> String {
    let words: Vec<&str> = name.split_whitespace().collect();
    let last = words.len().saturating_sub(1);
    let shown: Vec<String> = words
        .iter()
        .enumerate()
        .map(|(i, word)| {
            if i == last || (i == 0 && !short) {
                (*word).to_owned()
            } else {
                initial(word)
            }
        })
        .collect();
    shown.join(" ").to_uppercase()
}

fn initial(word: &str) -> String {
    word.chars().take(1).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::{Person, PersonalNumber, shown_name};

    #[test]
    fn a_shown_name_keeps_the_given_name_only() {
        for (name, shown, short) in [
            (
                "Nguyễn Thị Hồng Phượng",
                "NGUYỄN T. H. PHƯỢNG",
                "N. T. H. PHƯỢNG",
            ),
            ("Đặng An", "ĐẶNG AN", "Đ. AN"),
            ("Y", "Y", "Y"),
            ("", "", ""),
        ] {
            assert_eq!(shown_name(name, false), shown);
            assert_eq!(shown_name(name, true), short);
        }
    }

    #[test]
    fn persons_without_a_number_are_never_the_same() {
        let nobody = Person::default();
        assert!(!nobody.same_as(&nobody));
        let a = Person::typed(PersonalNumber::parse("099012345678").expect("number"));
        assert!(a.same_as(&a) && !a.same_as(&nobody));
    }
}

//! Whether a person's number fits the rest of what is said of them. Only a hint: the structure of
//! the number is from Circular 59/2021, which has expired; the law promises twelve digits.

use crate::identity::{Person, Sex};

/// Something that staff may want to look at. Never a reason to refuse anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// The fourth digit of the personal number stands for the other sex.
    SexDiffers,
    /// Digits four to six of the personal number stand for another year of birth.
    BirthYearDiffers,
}

/// What in `person` does not fit the personal number; empty where there is nothing to compare.
pub fn hints(person: &Person) -> Vec<Hint> {
    let Some(number) = &person.personal_number else {
        return Vec::new();
    };
    let digit = |at: usize| i16::from(number.expose().as_bytes()[at] - b'0');
    // Even digits are male, odd ones female; each pair is a century, from 1900 on.
    let sex = [Sex::Male, Sex::Female][usize::from(digit(3) % 2 == 1)];
    let year = 1900 + digit(3) / 2 * 100 + digit(4) * 10 + digit(5);

    let mut hints = Vec::new();
    if person.sex.is_some_and(|said| said != sex) {
        hints.push(Hint::SexDiffers);
    }
    if person.birth_date.is_some_and(|said| said.year() != year) {
        hints.push(Hint::BirthYearDiffers);
    }
    hints
}

//! All that the world can do to the machine, at random.

use proptest::prelude::*;

use super::world::{PERSONS, card_code, chip, insurance_code, paper_code, person};
use crate::checkin::{Effect, Event, Key, Touch};
use crate::ehr::{Appointment, Match};
use crate::identity::{CheckResult, Payload, Person};
use crate::queue::{InsuranceStatus, Paper, PatientRef, ServiceCode};
use crate::words::{Cause, Language};

/// One thing that happens. Numbers choose among what is there when it happens.
#[derive(Debug, Clone)]
pub enum Deed {
    Touch(u8, u8),
    /// All digits of a person's number, or the last six.
    Type(u8, bool),
    Card(bool),
    Code(u8),
    Device(bool, bool),
    /// Answer open question `.0` in manner `.1`; it stays open when `.2`, and so is answered again.
    Answer(u8, u8, bool),
    /// All open questions are answered as one would wish.
    Fair,
    Staff(bool),
    Wait(u16),
    WallJump(i32),
    Deadline,
}

pub fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => (any::<u8>(), any::<u8>()).prop_map(|(a, b)| Deed::Touch(a, b)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(a, b)| Deed::Type(a, b)),
        3 => any::<bool>().prop_map(Deed::Card),
        4 => any::<u8>().prop_map(Deed::Code),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(a, b)| Deed::Device(a, b)),
        12 => (any::<u8>(), any::<u8>(), prop::bool::weighted(0.1)).prop_map(|(a, b, c)| Deed::Answer(a, b, c)),
        3 => Just(Deed::Fair),
        1 => any::<bool>().prop_map(Deed::Staff),
        2 => any::<u16>().prop_map(Deed::Wait),
        1 => any::<i32>().prop_map(Deed::WallJump),
        2 => Just(Deed::Deadline),
    ]
}

pub fn touch(kind: u8, which: u8) -> Touch {
    match kind % 15 {
        0 => Touch::Start,
        1 => Touch::Language(if which.is_multiple_of(2) {
            Language::En
        } else {
            Language::Vi
        }),
        2 => Touch::Consent(!which.is_multiple_of(3)),
        3 | 4 => Touch::Key(Key::Digit(which % 10)),
        5 => Touch::Key(if which.is_multiple_of(2) {
            Key::Erase
        } else {
            Key::Clear
        }),
        6 => Touch::TypeNumber,
        7 => Touch::NoCard,
        8 => Touch::NoPapers,
        9 if which.is_multiple_of(5) => Touch::Emergency,
        9 => Touch::CallStaff,
        10 => Touch::Confirm(!which.is_multiple_of(4)),
        11 => Touch::Choose(ServiceCode(
            ["NOI", "NGOAI", "NHI", "KHONG"][usize::from(which % 4)].into(),
        )),
        12 if which.is_multiple_of(3) => Touch::AskPriority,
        12 => Touch::MoreTime,
        13 => Touch::TypeHospitalNumber,
        _ => {
            if which.is_multiple_of(4) {
                Touch::Cancel
            } else {
                Touch::Finish
            }
        }
    }
}

pub fn answer(question: &Effect, manner: u8) -> Option<Event> {
    let who = usize::from(manner / 16) % PERSONS.len();
    Some(match question {
        Effect::ReadChip { ask, .. } => {
            let result = match manner % 13 {
                0 => Err(Cause::CardMoved),
                1 => Err(Cause::WrongCan),
                2 => Err(Cause::NotACitizenCard),
                3 => Err(Cause::CardUnreadable),
                12 => Err(Cause::OtherDocument),
                4 => {
                    return Some(Event::ChipProgress {
                        ask: *ask,
                        percent: manner,
                    });
                }
                5 => Ok(chip(who, CheckResult::Failed)),
                6 => Ok(chip(who, CheckResult::Aborted)),
                7 | 8 => Ok(chip(who, CheckResult::Successful)),
                _ => Ok(chip(who, CheckResult::Undetermined)),
            };
            Event::Chip { ask: *ask, result }
        }
        Effect::FindPatient { ask, person } => {
            let result = match manner % 6 {
                0 => Ok(Match::Unknown),
                1 => Ok(Match::Several),
                2 => Ok(Match::Contradicted),
                3 => Err(Cause::EhrDown),
                _ => Ok(Match::Known(patient_of(person))),
            };
            Event::Patient { ask: *ask, result }
        }
        Effect::FindAppointments { ask, .. } => {
            let one = Appointment {
                id: "a1".into(),
                service: Some(ServiceCode("NOI".into())),
            };
            let result = match manner % 4 {
                0 => Err(Cause::EhrDown),
                1 => Ok(vec![one.clone(), one]),
                2 => Ok(vec![one]),
                _ => Ok(Vec::new()),
            };
            Event::Appointments { ask: *ask, result }
        }
        Effect::CheckInsurance { ask, .. } => {
            let status =
                [InsuranceStatus::Eligible, InsuranceStatus::Unverified][usize::from(manner % 2)];
            Event::Insurance { ask: *ask, status }
        }
        Effect::Print { ask, issued, .. } => {
            let result = match manner % 4 {
                0 => Err(Cause::MediaEmpty),
                1 => Ok(Paper::Unverified),
                _ => Ok(Paper::Confirmed),
            };
            Event::Printed {
                ask: *ask,
                visit: issued.visit,
                result,
            }
        }
        _ => return None,
    })
}

/// The model's patient of a person, so that a mixed-up one is noticed.
pub fn patient_of(person: &Person) -> PatientRef {
    let number = person.personal_number.as_ref().map(|n| n.expose());
    let insurance = person.insurance_number.as_ref().map(|n| n.expose());
    let hospital = person.hospital_number.as_ref().map(|n| n.expose());
    let known = number.or(insurance).or(hospital);
    PatientRef(format!("of {}", known.unwrap_or("nobody")))
}

pub fn code(which: u8) -> Event {
    match which % 9 {
        0 => Event::Code(Box::new(Payload::Opaque)),
        1 => Event::Code(Box::new(Payload::Other)),
        2 => Event::Code(Box::new(Payload::PersonalNumber(
            person(usize::from(which / 8))
                .personal_number
                .clone()
                .expect("number"),
        ))),
        8 => paper_code("BN123456"),
        3 | 4 => insurance_code(usize::from(which / 8)),
        _ => card_code(usize::from(which / 8)),
    }
}

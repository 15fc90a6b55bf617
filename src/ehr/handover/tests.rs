use std::sync::Mutex;

use super::{Handover, LocalRegister};
use crate::ehr::fhir::tests::visit;
use crate::ehr::{Handed, HospitalSystem, Match};
use crate::identity::{BirthDate, Grade, Person, PersonalNumber, Private};
use crate::queue::PatientRef;

/// A register in memory that knows at most one person.
struct Memory(Mutex<Option<Person>>);

impl LocalRegister for Memory {
    fn find(&self, _: &Person) -> Result<Option<(PatientRef, Person)>, String> {
        let known = self.0.lock().map_err(|_| "poisoned".to_owned())?.clone();
        Ok(known.map(|person| (PatientRef("L1".into()), person)))
    }

    fn remember(&self, person: &Person) -> Result<PatientRef, String> {
        *self.0.lock().map_err(|_| "poisoned".to_owned())? = Some(person.clone());
        Ok(PatientRef("L1".into()))
    }
}

fn person(name: &str, birth: &str) -> Person {
    Person {
        name: (!name.is_empty()).then(|| Private::from(name)),
        birth_date: BirthDate::parse(birth),
        ..Person::typed(PersonalNumber::parse("099012345678").expect("number"))
    }
}

#[test]
fn an_entry_counts_only_if_name_and_birth_date_agree() {
    let known = Match::Known(PatientRef("L1".into()));
    for (name, birth, verdict) in [
        ("NGUYỄN VĂN A", "1990-02-28", known.clone()),
        ("Nguyen Van A", "1990", known.clone()),
        ("", "", known),
        ("TRẦN VĂN B", "1990-02-28", Match::Contradicted),
        ("NGUYỄN VĂN A", "1991-02-28", Match::Contradicted),
    ] {
        let register = Memory(Mutex::new(Some(person("Nguyễn Văn A", "1990-02-28"))));
        let found = Handover::new(register).find(&person(name, birth));
        assert_eq!(found, Ok(verdict), "{name} {birth}");
    }
}

#[test]
fn an_empty_register_knows_nobody() {
    let system = Handover::new(Memory(Mutex::new(None)));
    assert_eq!(
        system.find(&person("Nguyễn Văn A", "1990")),
        Ok(Match::Unknown)
    );
}

#[test]
fn a_visit_registers_only_whom_the_policy_allows_and_nobody_contradicts() {
    let whose = |system: &Handover<Memory>| {
        let known = system.register.0.lock().expect("no panic").clone();
        known.and_then(|known| known.name)
    };
    let own = visit(1).draft.person.and_then(|person| person.name);
    let other = person("Trần Văn B", "1961-01-01");
    for (known, may_register, rejected, expected) in [
        (None, true, false, own),
        (None, false, false, None),
        (None, true, true, None),
        (Some(other.clone()), true, false, other.name),
    ] {
        let system = Handover::new(Memory(Mutex::new(known)));
        let mut record = visit(1);
        record.draft.may_register = may_register;
        record.draft.rejected = rejected;
        let frozen = system.render(&record).expect("nothing to render");
        let handed = system.hand_over(&record, &frozen, false);
        assert_eq!(handed, Ok(Handed::Local));
        assert_eq!(whose(&system), expected);
    }
}

#[test]
fn only_what_an_issuer_signed_renews_an_entry() {
    for (grade, renewed) in [
        (Grade::Claimed, false),
        (Grade::Read, false),
        (Grade::Signed, true),
        (Grade::Proven, true),
    ] {
        let mut record = visit(1);
        let entry = record.draft.person.clone().expect("a person");
        let moved = Person {
            residence: Some(Private::from("Elsewhere")),
            ..entry.clone()
        };
        let system = Handover::new(Memory(Mutex::new(Some(entry.clone()))));
        record.draft.person = Some(moved.clone());
        record.draft.grade = Some(grade);
        record.draft.may_register = true;
        assert_eq!(system.hand_over(&record, &[], false), Ok(Handed::Local));
        let known = system.register.0.lock().expect("no panic").clone();
        assert_eq!(
            known,
            Some(if renewed { moved } else { entry }),
            "{grade:?}"
        );
    }
}

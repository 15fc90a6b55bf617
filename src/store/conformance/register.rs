use super::{Promise, at, insured, person};
use crate::identity::{BirthDate, Person, PersonalNumber};
use crate::store::Store;

pub(super) const PROMISES: &[Promise] = &[
    who_is_remembered_is_found_by_every_number,
    a_person_is_remembered_once,
    what_is_not_told_again_is_kept,
    a_replaced_number_leads_to_the_same_patient,
    an_insurance_number_does_not_outweigh_a_personal_number,
    who_has_no_number_is_not_found,
];

fn found(store: &dyn Store, person: &Person) -> Option<String> {
    let found = store.look_up(person).expect("looked up");
    found.map(|(patient, _)| patient.0)
}

fn with_both(who: u32) -> Person {
    Person {
        insurance_number: insured(who, "DN401").insurance_number,
        ..person(who)
    }
}

fn who_is_remembered_is_found_by_every_number(store: &dyn Store) {
    assert_eq!(found(store, &person(1)), None);
    let patient = store.remember(&with_both(1), at(1)).expect("remembered").0;
    assert!(patient.starts_with("local-"));
    for same in [
        person(1),
        insured(1, "DN401"),
        insured(1, "TE101"),
        insured(1, ""),
    ] {
        assert_eq!(found(store, &same).as_ref(), Some(&patient));
    }
    let (_, known) = store.look_up(&person(1)).expect("works").expect("found");
    assert_eq!(known, with_both(1));
    assert_eq!(found(store, &person(2)), None);
}

fn a_person_is_remembered_once(store: &dyn Store) {
    let first = store.remember(&person(1), at(1)).expect("remembered");
    let again = store.remember(&with_both(1), at(2)).expect("remembered");
    assert_eq!(first, again);
    assert_eq!(found(store, &insured(1, "")), Some(first.0.clone()));
    let other = store.remember(&person(2), at(3)).expect("remembered");
    assert_ne!(first, other);
}

fn what_is_not_told_again_is_kept(store: &dyn Store) {
    let full = Person {
        birth_date: BirthDate::parse("1990-02-28"),
        residence: Some("Hà Nội".into()),
        ..with_both(1)
    };
    store.remember(&full, at(1)).expect("remembered");
    let renamed = Person {
        name: Some("Nguyễn Văn Bình".into()),
        ..person(1)
    };
    store.remember(&renamed, at(2)).expect("remembered");
    let number = person(1).personal_number.expect("has one");
    let typed = Person::typed(number);
    store.remember(&typed, at(3)).expect("remembered");
    let (_, known) = store.look_up(&typed).expect("works").expect("found");
    let expected = Person {
        name: renamed.name,
        ..full
    };
    assert_eq!(known, expected);
}

fn a_replaced_number_leads_to_the_same_patient(store: &dyn Store) {
    let old = store.remember(&person(1), at(1)).expect("remembered");
    let replaced: Vec<PersonalNumber> = person(1).personal_number.into_iter().collect();
    let now = Person {
        cancelled_numbers: replaced.clone(),
        ..person(2)
    };
    assert_eq!(found(store, &now), Some(old.0.clone()));
    assert_eq!(store.remember(&now, at(2)).expect("remembered"), old);
    assert_eq!(found(store, &person(2)), Some(old.0.clone()));
    assert_eq!(found(store, &person(1)), Some(old.0));
    let (_, known) = store.look_up(&person(2)).expect("works").expect("found");
    assert_eq!(known.cancelled_numbers, replaced);
}

fn an_insurance_number_does_not_outweigh_a_personal_number(store: &dyn Store) {
    let owner = store.remember(&with_both(1), at(1)).expect("remembered");
    // Somebody else shows the same insurance number beside a personal number of their own.
    let other = Person {
        insurance_number: insured(1, "DN401").insurance_number,
        ..person(2)
    };
    assert_eq!(found(store, &other), None);
    let second = store.remember(&other, at(2)).expect("remembered");
    assert_ne!(owner, second);
    assert_eq!(found(store, &insured(1, "")), Some(owner.0));
    // Who was known by the insurance number alone gets the personal number added.
    let insured_only = store.remember(&insured(3, ""), at(3)).expect("remembered");
    let both = store.remember(&with_both(3), at(4)).expect("remembered");
    assert_eq!(insured_only, both);
    assert_eq!(found(store, &person(3)), Some(both.0));
}

fn who_has_no_number_is_not_found(store: &dyn Store) {
    let nobody = Person {
        name: Some("Nguyễn Văn An".into()),
        ..Person::default()
    };
    let one = store.remember(&nobody, at(1)).expect("remembered");
    let two = store.remember(&nobody, at(2)).expect("remembered");
    assert_ne!(one, two);
    assert_eq!(found(store, &nobody), None);
}

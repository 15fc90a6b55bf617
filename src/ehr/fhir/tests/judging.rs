use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::patient::{Record, judge};
use super::super::search::page;
use super::super::{id_of, is_id};
use super::{BHYT, CCCD, NUMBER, OLD_CCCD, number, person};
use crate::ehr::Match;
use crate::identity::{Person, Private};
use crate::queue::PatientRef;

fn asked() -> Vec<(String, String)> {
    vec![
        (CCCD.to_owned(), NUMBER.to_owned()),
        (OLD_CCCD.to_owned(), NUMBER.to_owned()),
    ]
}

/// What one page of a search by the personal number comes to, or what is odd about it.
fn verdict(person: &Person, bundle: Value) -> Result<Match, String> {
    let mut records = Vec::new();
    for patient in page(bundle, "Patient")?.matches {
        records.push(Record::read(&patient)?);
    }
    records.retain(|record| record.holds_one_of(&asked()));
    Ok(judge(person, &records, &[CCCD.into(), OLD_CCCD.into()]))
}

fn bundle(patients: &[Value]) -> Value {
    let entries: Vec<Value> = patients
        .iter()
        .map(|one| json!({"resource": one}))
        .collect();
    json!({"resourceType": "Bundle", "type": "searchset", "entry": entries})
}

fn patient(fields: Value) -> Value {
    let mut patient = json!({"resourceType": "Patient", "id": "p1",
        "identifier": [{"system": CCCD, "value": NUMBER}]});
    for (name, value) in fields.as_object().expect("an object") {
        patient[name] = value.clone();
    }
    patient
}

#[test]
fn one_patient_is_known_only_if_nothing_contradicts() {
    let known = Match::Known(PatientRef("p1".into()));
    let name = |text: &str| json!([{"text": text}]);
    for (fields, expected) in [
        (json!({}), known.clone()),
        (json!({"birthDate": "1990-02-28"}), known.clone()),
        (json!({"birthDate": "1990-02"}), known.clone()),
        (json!({"birthDate": "1990"}), known.clone()),
        (
            json!({"birthDate": null, "_birthDate": {}, "name": null}),
            known.clone(),
        ),
        (json!({"birthDate": "1990-03-28"}), Match::Contradicted),
        (json!({"birthDate": "1990-03"}), Match::Contradicted),
        (json!({"birthDate": "1960"}), Match::Contradicted),
        (json!({"birthDate": "unknown"}), Match::Contradicted),
        (json!({"name": name("NGUYEN VAN A")}), known.clone()),
        (
            json!({"name": name("Nguye\u{302}\u{303}n Va\u{306}n A")}),
            known.clone(),
        ),
        (
            json!({"name": [{"family": "Nguyễn", "given": ["Văn", "A"]}]}),
            known.clone(),
        ),
        (
            json!({"name": [{"text": "Old Name"}, {"text": "nguyen van a"}]}),
            known.clone(),
        ),
        (json!({"name": name("Trần Văn A")}), Match::Contradicted),
        (
            json!({"active": true, "deceasedBoolean": false}),
            known.clone(),
        ),
        (json!({"active": false}), Match::Several),
        (json!({"deceasedBoolean": true}), Match::Several),
        (json!({"deceasedDateTime": "2020"}), Match::Several),
        (json!({"identifier": []}), Match::Unknown),
        (json!({"identifier": [{"value": NUMBER}]}), Match::Unknown),
        (
            json!({"identifier": [{"system": BHYT, "value": NUMBER}]}),
            Match::Unknown,
        ),
        (
            json!({"identifier": [{"system": OLD_CCCD, "value": NUMBER}]}),
            known,
        ),
    ] {
        let found = verdict(&person(), bundle(&[patient(fields.clone())]));
        assert_eq!(found, Ok(expected), "{fields}");
    }
}

#[test]
fn several_patients_of_one_number_are_for_staff() {
    let one = patient(json!({}));
    let two = patient(json!({"id": "p2"}));
    let retired = patient(json!({"id": "p2", "active": false}));
    let dead = patient(json!({"id": "p2", "deceasedBoolean": true}));
    let known = Match::Known(PatientRef("p1".into()));
    for (patients, expected) in [
        (vec![one.clone(), two], Match::Several),
        (vec![one.clone(), one.clone()], known.clone()),
        (vec![one.clone(), retired], known),
        (vec![one, dead], Match::Several),
        (vec![], Match::Unknown),
    ] {
        assert_eq!(verdict(&person(), bundle(&patients)), Ok(expected));
    }
}

#[test]
fn a_record_with_another_personal_number_contradicts_unless_it_was_cancelled() {
    let other = "099200000042";
    let record = patient(json!({"identifier": [{"system": CCCD, "value": other}]}));
    let record = Record::read(&record).expect("a Patient");
    let systems = [CCCD.to_owned()];
    assert!(record.contradicts(&person(), &systems));
    let renumbered = Person {
        cancelled_numbers: vec![number(other)],
        ..person()
    };
    assert!(!record.contradicts(&renumbered, &systems));
}

#[test]
fn a_name_cut_by_the_mrz_does_not_contradict() {
    let record = patient(json!({"name": [{"text": "Công Tằng Tôn Nữ Hoàng Phương Thảo"}]}));
    let record = Record::read(&record).expect("a Patient");
    let latin = |name: &str| Person {
        name_latin: Some(Private::from(name)),
        ..Person::default()
    };
    assert!(!record.contradicts(&latin("CONG TANG TON NU HOANG PHUONG"), &[]));
    assert!(record.contradicts(&latin("CONG TANG TON NU"), &[]));
}

#[test]
fn what_is_odd_about_an_answer_is_not_nobody() {
    let odd_patients = [
        json!({"resourceType": "Patient"}),
        patient(json!({"id": 7})),
        patient(json!({"id": "no/id"})),
        patient(json!({"id": ""})),
        patient(json!({"active": "yes"})),
        patient(json!({"deceasedBoolean": "no"})),
        patient(json!({"identifier": {"system": CCCD}})),
        patient(json!({"name": "Nguyễn Văn A"})),
        patient(json!({"birthDate": 1990})),
        patient(json!({"link": [{"type": "replaced-by", "other": {}}]})),
    ];
    for odd in odd_patients {
        assert!(
            verdict(&person(), bundle(std::slice::from_ref(&odd))).is_err(),
            "{odd}"
        );
    }
    let mode = |mode: &str, resource: Value| json!({"type": "searchset", "entry": [{"resource": resource, "search": {"mode": mode}}]});
    let outcome = |severity: &str, code: &str| json!({"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": code}]});
    for odd in [
        json!(null),
        json!([]),
        json!({"type": "history"}),
        json!({"type": "searchset", "entry": {}}),
        json!({"type": "searchset", "entry": [5]}),
        json!({"type": "searchset", "entry": [{}]}),
        json!({"type": "searchset", "link": {}}),
        json!({"type": "searchset", "link": [{"relation": "next"}]}),
        mode("match", json!({"resourceType": "Person"})),
        mode("match", outcome("warning", "informational")),
        mode("outcome", patient(json!({}))),
        mode("outcome", outcome("warning", "not-supported")),
        mode("outcome", outcome("error", "processing")),
        mode("MATCH", patient(json!({}))),
    ] {
        assert!(verdict(&person(), odd.clone()).is_err(), "{odd}");
    }
    for nobody in [
        json!({"type": "searchset"}),
        json!({"type": "searchset", "entry": []}),
        json!({"type": "searchset", "entry": null, "link": null}),
        mode("include", patient(json!({}))),
        mode("outcome", outcome("information", "informational")),
    ] {
        assert_eq!(
            verdict(&person(), nobody.clone()),
            Ok(Match::Unknown),
            "{nobody}"
        );
    }
}

#[test]
fn a_reference_names_an_id_in_all_its_forms() {
    for (reference, id) in [
        ("Patient/p1", Some("p1")),
        ("Patient/p1/_history/3", Some("p1")),
        ("https://his.example/fhir/Patient/p1", Some("p1")),
        ("/fhir/Patient/p1/_history/1", Some("p1")),
        ("Encounter/p1", None),
        ("Patient/", None),
        ("p1", None),
        ("urn:uuid:0190", None),
        ("", None),
    ] {
        assert_eq!(id_of(reference, "Patient"), id, "{reference}");
    }
    assert!(is_id(&"a".repeat(64)) && !is_id(&"a".repeat(65)) && !is_id("a b") && !is_id(""));
}

/// JSON of any shape, with the words of FHIR in it often enough to come far.
fn any_json() -> impl Strategy<Value = Value> {
    let words = [
        "resourceType",
        "Patient",
        "Bundle",
        "searchset",
        "type",
        "entry",
        "resource",
        "search",
        "mode",
        "match",
        "include",
        "outcome",
        "id",
        "p1",
        "identifier",
        "system",
        "value",
        "active",
        "link",
        "relation",
        "next",
        "url",
        "replaced-by",
        "other",
        "reference",
        "Patient/p2",
        "name",
        "text",
        "family",
        "given",
        "birthDate",
        "1990-02-28",
        CCCD,
        "OperationOutcome",
    ];
    let word = prop::sample::select(words.to_vec());
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
}

/// A place in a JSON value, as far as it goes, holds something else.
fn replace(value: &mut Value, path: &[usize], with: Value) {
    let Some((first, rest)) = path.split_first() else {
        *value = with;
        return;
    };
    if let Some(items) = value.as_array_mut().filter(|items| !items.is_empty()) {
        let place = first % items.len();
        replace(&mut items[place], rest, with);
    } else if let Some(fields) = value.as_object_mut().filter(|fields| !fields.is_empty()) {
        let place = first % fields.len();
        if let Some(field) = fields.values_mut().nth(place) {
            replace(field, rest, with);
        }
    } else {
        *value = with;
    }
}

proptest! {
    #[test]
    fn no_answer_without_the_number_makes_anybody_known(value in any_json()) {
        // The words above do not hold the number, so nobody can be known.
        let found = verdict(&person(), value.clone());
        prop_assert!(!matches!(found, Ok(Match::Known(_))), "{value}");
        let wrapped = verdict(&person(), bundle(&[value]));
        prop_assert!(!matches!(wrapped, Ok(Match::Known(_))));
    }

    #[test]
    fn a_damaged_answer_never_makes_a_stranger_known(
        path in prop::collection::vec(0usize..6, 0..7),
        with in any_json(),
    ) {
        let stranger = patient(json!({
            "id": "stranger", "birthDate": "1961",
            "identifier": [{"system": CCCD, "value": "099200000042"}],
        }));
        let mut damaged = bundle(&[stranger, patient(json!({}))]);
        replace(&mut damaged, &path, with);
        let found = verdict(&person(), damaged);
        let stranger = Match::Known(PatientRef("stranger".into()));
        prop_assert!(found != Ok(stranger));
    }
}

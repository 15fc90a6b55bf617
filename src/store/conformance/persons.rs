//! Who meets whom: one person, several check-ins.

use super::{
    Promise, TODAY, at_service, desk, draft, insured, new, number, of, person, proven, refused,
    rejected, same,
};
use crate::identity::{Grade, HospitalNumber, Person, Way};
use crate::queue::{Draft, Refusal, VisitKind};
use crate::store::{Answer, Store};

pub(super) const PROMISES: &[Promise] = &[
    a_double_tap_and_a_second_kiosk_get_the_same_ticket,
    one_person_at_eight_kiosks_at_once_gets_one_number,
    one_person_may_wait_at_two_services,
    a_weaker_proof_never_sees_the_ticket_of_a_stronger_one,
    a_stronger_proof_that_meets_a_weaker_goes_to_staff,
    a_code_with_the_number_and_another_name_is_another_claim,
    who_has_no_number_is_never_met_again,
    an_insurance_number_leads_to_the_same_person_in_both_forms,
    a_number_of_the_hospitals_own_leads_to_the_same_person,
    after_a_rejected_card_the_person_goes_to_the_desk_that_day,
    every_desk_number_is_new,
];

/// From the weakest to the strongest.
const EVIDENCE: [(Grade, Way); 6] = [
    (Grade::Claimed, Way::Typed),
    (Grade::Claimed, Way::BhytQr),
    (Grade::Claimed, Way::CardQr),
    (Grade::Read, Way::Chip),
    (Grade::Signed, Way::Chip),
    (Grade::Proven, Way::Chip),
];

/// Does `check` for each pair of a weaker and a stronger evidence, with a person for each.
fn each_pair(mut check: impl FnMut(u32, (Grade, Way), (Grade, Way))) {
    for (i, weaker) in EVIDENCE.into_iter().enumerate() {
        for (j, stronger) in EVIDENCE.into_iter().enumerate().skip(i + 1) {
            check((i * EVIDENCE.len() + j) as u32, weaker, stronger);
        }
    }
}

fn a_double_tap_and_a_second_kiosk_get_the_same_ticket(store: &dyn Store) {
    let first = new(store, &proven(1, 1));
    assert_eq!(same(store, &proven(2, 1)), first);
    let elsewhere = Draft {
        kiosk: "K2".into(),
        ..proven(3, 1)
    };
    assert_eq!(same(store, &elsewhere), first);
    assert_eq!(new(store, &proven(4, 2)).number, number("A002"));
}

fn one_person_at_eight_kiosks_at_once_gets_one_number(store: &dyn Store) {
    let answers: Vec<_> = std::thread::scope(|scope| {
        let kiosks: Vec<_> = (0..8)
            .map(|n| scope.spawn(move || store.issue(&proven(n, 1)).expect("works")))
            .collect();
        let answers = kiosks.into_iter().map(|kiosk| kiosk.join());
        answers.map(|answer| answer.expect("no panic")).collect()
    });
    let news = answers.iter().filter(|a| matches!(a, Answer::New(_)));
    assert_eq!(news.count(), 1);
    for answer in answers {
        match answer {
            Answer::New(issued) | Answer::Same(issued) => {
                assert_eq!(issued.number, number("A001"));
            }
            Answer::Refused(refusal) => panic!("{refusal:?}"),
        }
    }
}

fn one_person_may_wait_at_two_services(store: &dyn Store) {
    assert_eq!(new(store, &proven(1, 1)).number, number("A001"));
    let other = at_service(proven(2, 1), "NGOAI");
    assert_eq!(new(store, &other).number, number("B101"));
}

fn a_weaker_proof_never_sees_the_ticket_of_a_stronger_one(store: &dyn Store) {
    each_pair(|who, weaker, stronger| {
        let held = new(store, &of(who * 3, who, stronger.0, stronger.1));
        let wish = of(who * 3 + 1, who, weaker.0, weaker.1);
        assert_eq!(refused(store, &wish), Refusal::HeldByStronger);
        let again = of(who * 3 + 2, who, stronger.0, stronger.1);
        assert_eq!(same(store, &again).number, held.number);
    });
}

fn a_stronger_proof_that_meets_a_weaker_goes_to_staff(store: &dyn Store) {
    each_pair(|who, weaker, stronger| {
        new(store, &of(who * 3, who, weaker.0, weaker.1));
        let wish = of(who * 3 + 1, who, stronger.0, stronger.1);
        assert_eq!(refused(store, &wish), Refusal::HeldByWeaker);
    });
}

fn a_code_with_the_number_and_another_name_is_another_claim(store: &dyn Store) {
    let code = |n, name: &str| {
        let mut wish = of(n, 1, Grade::Claimed, Way::CardQr);
        if let Some(person) = &mut wish.person {
            person.name = Some(name.into());
        }
        wish
    };
    let held = new(store, &code(1, "Lò Thị Hòa"));
    assert_eq!(same(store, &code(2, "LÒ THỊ HOÀ")).number, held.number);
    assert_eq!(
        refused(store, &code(3, "Vàng Thị Mỷ")),
        Refusal::HeldByStronger
    );
}

fn who_has_no_number_is_never_met_again(store: &dyn Store) {
    let nameless = |n| Draft {
        person: Some(Person::default()),
        ..draft(n)
    };
    let numbers = [draft(1), draft(2), nameless(3), nameless(4)];
    let numbers = numbers.map(|wish| new(store, &wish).number.to_string());
    assert_eq!(numbers, ["A001", "A002", "A003", "A004"]);
    new(
        store,
        &Draft {
            person: None,
            ..rejected(5, 1)
        },
    );
    assert_eq!(new(store, &nameless(6)).number, number("A005"));
}

fn an_insurance_number_leads_to_the_same_person_in_both_forms(store: &dyn Store) {
    let with = |n, card| Draft {
        person: Some(insured(7, card)),
        ..of(n, 0, Grade::Claimed, Way::BhytQr)
    };
    let first = new(store, &with(1, "DN401"));
    assert_eq!(same(store, &with(2, "TE101")).number, first.number);
    assert_eq!(same(store, &with(3, "")).number, first.number);
}

fn a_number_of_the_hospitals_own_leads_to_the_same_person(store: &dyn Store) {
    let with = |n, number| Draft {
        person: Some(Person {
            hospital_number: HospitalNumber::parse(number),
            ..Person::default()
        }),
        ..of(n, 0, Grade::Claimed, Way::Typed)
    };
    let first = new(store, &with(1, "BN00000001"));
    assert_eq!(same(store, &with(2, "BN00000001")).number, first.number);
    assert_eq!(new(store, &with(3, "BN00000002")).number, number("A002"));
}

fn after_a_rejected_card_the_person_goes_to_the_desk_that_day(store: &dyn Store) {
    let held = new(store, &of(1, 1, Grade::Claimed, Way::Typed));
    new(store, &rejected(2, 1));
    for (n, (grade, way)) in (3..).zip(EVIDENCE) {
        let wish = of(n, 1, grade, way);
        assert_eq!(refused(store, &wish), Refusal::RejectedToday);
        let elsewhere = at_service(wish, "NGOAI");
        assert_eq!(refused(store, &elsewhere), Refusal::RejectedToday);
    }
    // A retry, another person, the desk and tomorrow are as ever.
    let retry = of(1, 1, Grade::Claimed, Way::Typed);
    assert_eq!(same(store, &retry).number, held.number);
    new(store, &proven(20, 2));
    new(store, &rejected(21, 1));
    new(store, &rejected(24, 4));
    let same_card = Draft {
        kind: VisitKind::Service,
        ..rejected(25, 4)
    };
    new(store, &same_card);
    let tomorrow = Draft {
        day: TODAY.tomorrow().expect("a day"),
        ..proven(22, 1)
    };
    new(store, &tomorrow);
}

fn every_desk_number_is_new(store: &dyn Store) {
    let known = |n| Draft {
        person: proven(0, 1).person,
        ..desk(n)
    };
    let wishes = [desk(1), known(2), known(3), rejected(4, 1), rejected(5, 1)];
    let numbers = wishes.map(|wish| new(store, &wish).number.to_string());
    assert_eq!(numbers, ["Q001", "Q002", "Q003", "Q004", "Q005"]);
    // Nor does a desk number stand in the way of another, even in the same queue.
    let at_once = |n| at_service(known(n), "NOI");
    new(
        store,
        &Draft {
            person: person(2).into(),
            ..at_once(6)
        },
    );
    new(store, &proven(7, 2));
}

//! What every store promises, a function a promise: it is handed an empty store and acts on nothing
//! but the traits. [`model`] then compares a store with a simpler one, act by act.

pub(super) mod acts;
mod calls;
mod fleet;
pub(super) mod model;
mod outbox;
mod persons;
mod register;
mod visits;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use uuid::Uuid;

use super::{Answer, Store, Visits};
use crate::config::Service;
use crate::identity::{Grade, InsuranceNumber, Person, PersonalNumber, Way};
use crate::queue::{
    Capacity, Draft, InsuranceStatus, Issued, QueueNumber, Refusal, Room, Series, ServiceCode,
    VisitKind,
};

/// Runs every promise, each on a store of its own, made with [`services`].
pub(in crate::store) fn all(make: impl Fn() -> Box<dyn Store>) {
    let promises = visits::PROMISES
        .iter()
        .chain(persons::PROMISES)
        .chain(calls::PROMISES)
        .chain(outbox::PROMISES)
        .chain(register::PROMISES)
        .chain(fleet::PROMISES);
    for promise in promises {
        promise(make().as_ref());
    }
}

type Promise = fn(&dyn Store);

/// The day of these tests.
pub(in crate::store) const TODAY: Date = date(2026, 11, 23);

/// The queues of these tests: two, the desk, and one whose room receives few.
pub(in crate::store) fn services() -> Vec<Service> {
    let queue = |code: &str, prefix: &str, first| Service {
        series: Series {
            first,
            ..Series::new(prefix)
        },
        ..Service::new(code, prefix)
    };
    let few = Room {
        place: "301".into(),
        capacity: Capacity::BySession(vec![MORNING_MOST, 1]),
    };
    vec![
        queue("NOI", "A", 1),
        queue("NGOAI", "B", 101),
        queue("BAN", "Q", 1),
        Service {
            rooms: vec![few],
            ..queue("SIEU", "C", 1)
        },
    ]
}

/// Numbers of the morning for the room that receives few.
const MORNING_MOST: u32 = 20;

/// The moment `second` of these tests.
pub(in crate::store) fn at(second: u32) -> Timestamp {
    Timestamp::from_second(1_795_402_800 + i64::from(second)).expect("a time of this century")
}

/// Check-in `n` of somebody unknown, for internal medicine.
pub(in crate::store) fn draft(n: u32) -> Draft {
    Draft {
        visit: id(n),
        provenance: Uuid::from_u128(u128::from(n) << 64),
        session: Default::default(),
        stops: Vec::new(),
        kiosk: "K1".into(),
        kind: VisitKind::Service,
        service: ServiceCode("NOI".into()),
        day: TODAY,
        at: at(n),
        person: None,
        grade: None,
        way: Way::None,
        proofs: None,
        rejected: false,
        patient: None,
        may_register: false,
        priority: None,
        insurance: InsuranceStatus::NotAsked,
        appointment: None,
        companion: None,
        reason: None,
    }
}

/// Check-in `n` of person `who`, known with this evidence.
pub(in crate::store) fn of(n: u32, who: u32, grade: Grade, way: Way) -> Draft {
    Draft {
        person: Some(person(who)),
        grade: Some(grade),
        way,
        ..draft(n)
    }
}

/// Check-in `n` of person `who`, whose card was proved.
pub(in crate::store) fn proven(n: u32, who: u32) -> Draft {
    of(n, who, Grade::Proven, Way::Chip)
}

fn desk(n: u32) -> Draft {
    Draft {
        kind: VisitKind::Desk,
        service: ServiceCode("BAN".into()),
        reason: Some("no_papers".into()),
        ..draft(n)
    }
}

/// The desk number of person `who`, whose card failed a check.
fn rejected(n: u32, who: u32) -> Draft {
    Draft {
        person: Some(person(who)),
        way: Way::Chip,
        rejected: true,
        reason: Some("card_rejected".into()),
        ..desk(n)
    }
}

/// Somebody, by personal number.
pub(in crate::store) fn person(who: u32) -> Person {
    let number = format!("0990{who:08}");
    Person {
        name: Some("Nguyễn Văn An".into()),
        ..Person::typed(PersonalNumber::parse(&number).expect("twelve digits"))
    }
}

/// Somebody, by insurance number: a card code with this beginning.
fn insured(who: u32, card: &str) -> Person {
    Person {
        insurance_number: InsuranceNumber::parse(&format!("{card}{who:010}")),
        ..Person::default()
    }
}

fn id(n: u32) -> Uuid {
    Uuid::from_u128(u128::from(n))
}

fn number(text: &str) -> QueueNumber {
    QueueNumber::from_stored(text.into())
}

fn at_service(draft: Draft, service: &str) -> Draft {
    Draft {
        service: ServiceCode(service.into()),
        ..draft
    }
}

/// Takes a number that must be new.
pub(in crate::store) fn new(store: &(impl Visits + ?Sized), draft: &Draft) -> Issued {
    match store.issue(draft).expect("the store works") {
        Answer::New(issued) => issued,
        Answer::Same(_) | Answer::Refused(_) => panic!("no new number for {}", draft.visit),
    }
}

fn same(store: &dyn Store, draft: &Draft) -> Issued {
    match store.issue(draft).expect("the store works") {
        Answer::Same(issued) => issued,
        Answer::New(_) | Answer::Refused(_) => panic!("not the same number for {}", draft.visit),
    }
}

fn refused(store: &dyn Store, draft: &Draft) -> Refusal {
    match store.issue(draft).expect("the store works") {
        Answer::Refused(refusal) => refusal,
        Answer::New(_) | Answer::Same(_) => panic!("a number for {}", draft.visit),
    }
}

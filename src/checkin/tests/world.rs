//! A world in memory: rules, persons, and a model of the store.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use crate::checkin::{AskId, ChipRead, Device, Effect, Event, Machine, Mono, Now, Rules, Screen};
use crate::config::{Chip, Hours, Policy, Privacy, Queue, Service, Waits};
use crate::emrtd::Proofs;
use crate::identity::{
    self, BhytQr, CardQr, Check, CheckResult, Grade, HospitalNumber, HospitalPattern,
    InsuranceNumber, Payload, Person, PersonalNumber, Private, Way,
};
use crate::queue::{Draft, Issued, Paper, Refusal, Series, Session, VisitKind};
use crate::scan::Mode;
use crate::store::Answer;
use crate::words::{Cause, Language};

/// Persons whose names and numbers must never be left behind.
pub const PERSONS: [(&str, &str); 3] = [
    ("099012345671", "LÒ THỊ XUÂN"),
    ("099012345672", "GIÀNG A SỬU"),
    ("099012345673", "NÔNG VĂN ƯỚC"),
];

pub fn person(index: usize) -> Person {
    let (number, name) = PERSONS[index % PERSONS.len()];
    Person {
        personal_number: PersonalNumber::parse(number),
        name: Some(Private::from(name)),
        birth_date: crate::identity::BirthDate::parse("1960-05-17"),
        ..Person::default()
    }
}

pub fn card_code(index: usize) -> Event {
    let card = CardQr {
        person: person(index),
        issue_date: jiff::civil::date(2021, 4, 19),
    };
    Event::Code(Box::new(Payload::Cccd(Box::new(card))))
}

/// The code of the person's BHYT card: it has no personal number.
pub fn insurance_code(index: usize) -> Event {
    let card = BhytQr {
        person: Person {
            personal_number: None,
            insurance_number: Some(insurance_number(index)),
            ..person(index)
        },
        facility: None,
        valid_from: None,
        valid_to: None,
    };
    Event::Code(Box::new(Payload::Bhyt(Box::new(card))))
}

/// A number on a hospital's paper.
pub fn paper_code(number: &str) -> Event {
    let number = HospitalNumber::parse(number).expect("a number");
    Event::Code(Box::new(Payload::HospitalNumber(number)))
}

pub fn insurance_number(index: usize) -> InsuranceNumber {
    InsuranceNumber::parse(&format!("990000000{}", index % PERSONS.len())).expect("ten digits")
}

pub fn proofs(passive: CheckResult) -> Proofs {
    let check = |result| Check::new(result, "test");
    Proofs::assumed(identity::Proofs {
        passive: check(passive),
        chip: check(CheckResult::NotSupported),
        active: check(CheckResult::NotSupported),
    })
}

pub fn chip(index: usize, passive: CheckResult) -> Box<ChipRead> {
    Box::new(ChipRead {
        person: person(index),
        proofs: proofs(passive),
    })
}

pub fn service(code: &str, prefix: &str) -> Service {
    Service {
        name_vi: format!("Khoa {code}"),
        name_en: format!("Dept {code}"),
        place: format!("Room {code}"),
        ..Service::new(code, prefix)
    }
}

pub fn rules(chip: Chip, privacy: Privacy, services: usize) -> Rules {
    let all = [
        service("NOI", "A"),
        service("NGOAI", "B"),
        service("NHI", "C"),
    ];
    Rules {
        kiosk: "K1".into(),
        language: Language::Vi,
        policy: Policy {
            ways: vec![Way::Chip, Way::CardQr, Way::BhytQr, Way::Typed],
            chip,
            privacy,
            register_from: Grade::Read,
            waits: Waits::default(),
        },
        services: all[..services].to_vec(),
        queue: Queue::default(),
        desk: service("QUAY", "T"),
        hospital_number: HospitalPattern::parse("BN######"),
        time_zone: jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(7)),
        watched: Hours::Never,
    }
}

/// The machine, its clocks, the questions that wait for an answer, and the store's model.
pub struct World {
    pub machine: Machine,
    pub rules: Rules,
    pub mono: Duration,
    pub wall: Timestamp,
    pub open: Vec<Effect>,
    pub store: ModelStore,
    pub effects: Vec<Effect>,
    /// How much was last wanted of whatever reads codes.
    pub watch: Mode,
}

impl World {
    pub fn new(rules: Rules) -> Self {
        let mut next = 0_u128;
        let ids = Box::new(move || {
            next += 1;
            Uuid::from_u128(next)
        });
        let mut world = Self {
            machine: Machine::new(rules.clone(), ids),
            rules,
            mono: Duration::ZERO,
            wall: "2026-11-23T00:30:00Z".parse().expect("timestamp"),
            open: Vec::new(),
            store: ModelStore::default(),
            effects: Vec::new(),
            watch: Mode::Closed,
        };
        world.step(Event::Device(Device::Reader, true));
        world.step(Event::Device(Device::Codes, true));
        world
    }

    /// One step; the questions it asks are kept open, everything else is carried out.
    pub fn step(&mut self, event: Event) {
        let now = Now {
            mono: Mono(self.mono),
            wall: self.wall,
        };
        let effects = self.machine.step(event, now);
        for effect in &effects {
            match effect {
                Effect::Unclaim { visit } => self.store.unclaim(*visit),
                Effect::Paper { visit, paper } => {
                    self.store.papers.insert(*visit, *paper);
                }
                Effect::ReadChip { .. }
                | Effect::FindPatient { .. }
                | Effect::FindAppointments { .. }
                | Effect::CheckInsurance { .. }
                | Effect::TakeNumber { .. }
                | Effect::Print { .. } => self.open.push(effect.clone()),
                Effect::Watch(mode) => self.watch = *mode,
                Effect::StopChip
                | Effect::AskPriority { .. }
                | Effect::StaffWanted(_)
                | Effect::StaffAnswered { .. }
                | Effect::Forget => {}
            }
        }
        self.effects = effects;
    }

    /// Time passes to the machine's own deadline, and it wakes.
    pub fn wake(&mut self) -> bool {
        let Some(Mono(deadline)) = self.machine.deadline() else {
            return false;
        };
        self.mono = self.mono.max(deadline);
        self.step(Event::Woke);
        // Else the driver would wake it again and again without a pause.
        let next = self.machine.deadline();
        assert!(next.is_none_or(|next| next > Mono(self.mono)));
        true
    }

    pub fn screen(&self) -> Screen {
        self.machine.view().screen
    }

    /// The last question of a kind.
    pub fn asked(&self, kind: impl Fn(&Effect) -> Option<AskId>) -> AskId {
        self.open
            .iter()
            .rev()
            .find_map(kind)
            .expect("the machine asked")
    }

    pub fn chip_ask(&self) -> AskId {
        self.asked(|e| {
            if let Effect::ReadChip { ask, .. } = e {
                Some(*ask)
            } else {
                None
            }
        })
    }

    pub fn patient_ask(&self) -> AskId {
        self.asked(|e| {
            if let Effect::FindPatient { ask, .. } = e {
                Some(*ask)
            } else {
                None
            }
        })
    }

    pub fn insurance_ask(&self) -> AskId {
        self.asked(|e| {
            if let Effect::CheckInsurance { ask, .. } = e {
                Some(*ask)
            } else {
                None
            }
        })
    }

    pub fn print_ask(&self) -> (AskId, Uuid) {
        let print = self.open.iter().rev().find_map(|e| {
            if let Effect::Print { ask, issued, .. } = e {
                Some((*ask, issued.visit))
            } else {
                None
            }
        });
        print.expect("a ticket was printed")
    }

    pub fn draft(&self) -> (AskId, Draft) {
        let take = self.open.iter().rev().find_map(|e| {
            if let Effect::TakeNumber { ask, draft } = e {
                Some((*ask, draft.as_ref().clone()))
            } else {
                None
            }
        });
        take.expect("a number was asked for")
    }

    /// The store answers the last wish for a number.
    pub fn store_answers(&mut self) {
        let (ask, draft) = self.draft();
        let result = Ok(self.store.issue(&draft));
        self.step(Event::Number { ask, result });
    }

    pub fn prints(&mut self, result: Result<Paper, Cause>) {
        let (ask, visit) = self.print_ask();
        self.step(Event::Printed { ask, visit, result });
    }
}

/// A second, dumber store: a list.
#[derive(Default)]
pub struct ModelStore {
    pub visits: Vec<(Draft, Issued, bool)>,
    pub papers: BTreeMap<Uuid, Paper>,
}

impl ModelStore {
    pub fn issue(&mut self, draft: &Draft) -> Answer {
        let papers = &self.papers;
        let again = |issued: &Issued| {
            let out = |paper: &Paper| *paper != Paper::Failed;
            let printed = papers.get(&issued.visit).is_some_and(out).into();
            Answer::Same(Issued {
                printed,
                ..issued.clone()
            })
        };
        if let Some((_, issued, _)) = self.visits.iter().find(|(d, ..)| d.visit == draft.visit) {
            return again(issued);
        }
        let number = |d: &Draft| d.person.as_ref().and_then(|p| p.personal_number.clone());
        if draft.kind == VisitKind::Service && number(draft).is_some() {
            let same = |d: &Draft| number(d) == number(draft) && d.day == draft.day;
            if self.visits.iter().any(|(d, ..)| same(d) && d.rejected) {
                return Answer::Refused(Refusal::RejectedToday);
            }
            let held = self.visits.iter_mut().find(|(d, ..)| {
                same(d) && d.kind == VisitKind::Service && d.service == draft.service
            });
            if let Some((d, issued, live)) = held {
                let (old, new) = ((d.grade, d.way), (draft.grade, draft.way));
                if old == new {
                    *live = true;
                    return again(issued);
                }
                let stronger = old > new;
                return Answer::Refused(if stronger {
                    Refusal::HeldByStronger
                } else {
                    Refusal::HeldByWeaker
                });
            }
        }
        let count = self
            .visits
            .iter()
            .filter(|(d, ..)| d.service == draft.service && d.day == draft.day)
            .count();
        let series = Series::new(&draft.service.0);
        let issued = Issued {
            visit: draft.visit,
            number: series.number(Session::default(), u32::try_from(count).expect("few") + 1),
            kind: draft.kind,
            service: draft.service.clone(),
            day: draft.day,
            at: draft.at,
            ahead: 0,
            priority: draft.priority,
            grade: draft.grade,
            printed: 0,
            stops: draft.stops.clone(),
        };
        self.visits.push((draft.clone(), issued.clone(), true));
        Answer::New(issued)
    }

    pub fn unclaim(&mut self, visit: Uuid) {
        for (draft, _, live) in &mut self.visits {
            if draft.visit == visit {
                *live = false;
            }
        }
    }
}

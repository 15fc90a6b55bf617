use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::world::{PERSONS, World, card_code, chip, person, rules};
use crate::checkin::{AskId, Device, Effect, Event, Key, Screen, Touch};
use crate::config::{Chip, Privacy};
use crate::ehr::{Appointment, Match};
use crate::identity::{CheckResult, Grade, Payload, Verdict, Way, judge};
use crate::queue::{InsuranceStatus, Paper, PatientRef, ServiceCode, VisitKind};
use crate::store::Act;
use crate::words::{Cause, Language};

/// All that the world can do. Numbers choose among what is there when it happens.
#[derive(Debug, Clone)]
enum Deed {
    Touch(u8, u8),
    Card(bool),
    Code(u8),
    Device(bool, bool),
    /// Answer open question `.0` in manner `.1`; it stays open when `.2`, and so is answered again.
    Answer(u8, u8, bool),
    Staff(bool),
    Wait(u16),
    WallJump(i32),
    Deadline,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => (any::<u8>(), any::<u8>()).prop_map(|(a, b)| Deed::Touch(a, b)),
        3 => any::<bool>().prop_map(Deed::Card),
        4 => any::<u8>().prop_map(Deed::Code),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(a, b)| Deed::Device(a, b)),
        12 => (any::<u8>(), any::<u8>(), prop::bool::weighted(0.1)).prop_map(|(a, b, c)| Deed::Answer(a, b, c)),
        1 => any::<bool>().prop_map(Deed::Staff),
        2 => any::<u16>().prop_map(Deed::Wait),
        1 => any::<i32>().prop_map(Deed::WallJump),
        2 => Just(Deed::Deadline),
    ]
}

fn touch(kind: u8, which: u8) -> Touch {
    match kind % 14 {
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
        9 => Touch::CallStaff,
        10 => Touch::Confirm(!which.is_multiple_of(4)),
        11 => Touch::Choose(ServiceCode(
            ["NOI", "NGOAI", "NHI", "KHONG"][usize::from(which % 4)].into(),
        )),
        12 => Touch::MoreTime,
        _ => {
            if which.is_multiple_of(4) {
                Touch::Cancel
            } else {
                Touch::Finish
            }
        }
    }
}

fn answer(question: &Effect, manner: u8) -> Option<Event> {
    let who = usize::from(manner / 16) % PERSONS.len();
    Some(match question {
        Effect::ReadChip { ask, .. } => {
            let result = match manner % 12 {
                0 => Err(Cause::CardMoved),
                1 => Err(Cause::WrongCan),
                2 => Err(Cause::NotACitizenCard),
                3 => Err(Cause::CardUnreadable),
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
        Effect::FindPatient { ask, .. } => {
            let result = match manner % 6 {
                0 => Ok(Match::Unknown),
                1 => Ok(Match::Several),
                2 => Ok(Match::Contradicted),
                3 => Err(Cause::EhrDown),
                _ => Ok(Match::Known(PatientRef(format!("p{who}")))),
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
                0 => Err(Cause::PaperOut),
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

/// What the outside has seen, to hold the machine's word against.
#[derive(Default)]
struct Witness {
    chips: Vec<(AskId, Event)>,
    numbers_given: BTreeSet<String>,
    printed: BTreeSet<Uuid>,
}

struct Trial {
    world: World,
    seen: Witness,
}

impl Trial {
    fn act(&mut self, deed: &Deed) {
        match deed {
            Deed::Touch(kind, which) => self.step(Event::Touch(touch(*kind, *which))),
            Deed::Card(true) => self.step(Event::CardPlaced),
            Deed::Card(false) => self.step(Event::CardTaken),
            Deed::Code(which) => self.step(code(*which)),
            Deed::Device(reader, works) => {
                let device = if *reader {
                    Device::Reader
                } else {
                    Device::Codes
                };
                self.step(Event::Device(device, *works));
            }
            Deed::Answer(which, manner, keep) => self.reply(*which, *manner, *keep),
            Deed::Staff(call) => {
                let act = if *call { Act::CallToDesk } else { Act::Release };
                self.step(Event::Staff {
                    id: Uuid::from_u128(7),
                    act,
                });
                let answered = self
                    .world
                    .effects
                    .iter()
                    .any(|e| matches!(e, Effect::StaffAnswered { .. }));
                assert!(answered, "a staff act is always answered");
            }
            Deed::Wait(millis) => self.world.mono += Duration::from_millis(u64::from(*millis)),
            Deed::WallJump(seconds) => {
                let jump = jiff::SignedDuration::from_secs(i64::from(*seconds));
                self.world.wall = self.world.wall.saturating_add(jump).expect("in range");
                self.step(Event::Woke);
            }
            Deed::Deadline => {
                if self.world.machine.deadline().is_some() {
                    self.world.wake();
                    self.check();
                }
            }
        }
    }

    fn reply(&mut self, which: u8, manner: u8, keep: bool) {
        if self.world.open.is_empty() {
            return;
        }
        let index = usize::from(which) % self.world.open.len();
        let question = self.world.open[index].clone();
        if !keep && !matches!(&question, Effect::ReadChip { .. } if manner % 12 == 4) {
            self.world.open.remove(index);
        }
        let event = if let Effect::TakeNumber { ask, draft } = &question {
            if manner.is_multiple_of(8) {
                Event::Number {
                    ask: *ask,
                    result: Err(Cause::StoreDown),
                }
            } else {
                let result = Ok(self.world.store.issue(draft));
                if let Ok(crate::store::Answer::New(i) | crate::store::Answer::Same(i)) = &result {
                    self.seen.numbers_given.insert(i.number.to_string());
                }
                Event::Number { ask: *ask, result }
            }
        } else {
            answer(&question, manner).expect("every question has an answer")
        };
        if let Event::Chip { ask, .. } = &event {
            self.seen.chips.push((*ask, event.clone()));
        }
        self.step(event);
    }

    fn step(&mut self, event: Event) {
        let before = self.world.screen();
        let store_spoke = matches!(event, Event::Number { .. });
        self.world.step(event);
        // 2: Issuing ends with the store's answer or cut off, never at Welcome.
        if matches!(before, Screen::Issuing { .. }) && !store_spoke {
            assert!(
                matches!(
                    self.world.screen(),
                    Screen::Issuing { .. }
                        | Screen::Help {
                            cause: Cause::StoreDown
                        }
                ),
                "Issuing ended without the store: {:?}",
                self.world.screen()
            );
        }
        self.check();
    }

    fn check(&mut self) {
        let view = self.world.machine.view();
        // 2: what is shown or printed was given by the store before.
        if let Screen::Printing { number, .. } | Screen::Done { number, .. } = &view.screen {
            assert!(
                self.seen.numbers_given.contains(number.as_str()),
                "{number} was never given"
            );
        }
        for effect in &self.world.effects {
            if let Effect::Print { issued, .. } = effect {
                assert!(self.seen.numbers_given.contains(issued.number.as_str()));
                self.seen.printed.insert(issued.visit);
            }
            if let Effect::TakeNumber { draft, .. } = effect {
                self.check_draft(draft);
            }
        }
        // 3: only Welcome has no deadline.
        assert_eq!(
            self.world.machine.deadline().is_none(),
            matches!(view.screen, Screen::Welcome { .. })
        );
        // 4: nothing personal in what is published, in any state; nothing at all at Welcome.
        let json = serde_json::to_string(&view).expect("a view is JSON");
        for (number, name) in PERSONS {
            assert!(!json.contains(number) && !json.contains(name), "{json}");
            let given = name.rsplit(' ').next().expect("a word");
            assert!(
                !matches!(view.screen, Screen::Welcome { .. }) || !json.contains(given),
                "{json}"
            );
        }
        // 1: one live number a person, service and day.
        let live = self
            .world
            .store
            .visits
            .iter()
            .filter(|(d, _, live)| *live && d.kind == VisitKind::Service);
        let keys: Vec<_> = live
            .filter_map(|(d, ..)| {
                Some((
                    d.person.as_ref()?.personal_number.clone()?,
                    d.service.clone(),
                    d.day,
                ))
            })
            .collect();
        let distinct: BTreeSet<_> = keys
            .iter()
            .map(|(n, s, d)| (n.expose().to_owned(), s.0.clone(), *d))
            .collect();
        assert_eq!(keys.len(), distinct.len());
    }

    /// 6: the grade is the one that the evidence gives, and the person the one that was proved.
    fn check_draft(&self, draft: &crate::queue::Draft) {
        let proved = self
            .seen
            .chips
            .iter()
            .rev()
            .find_map(|(_, event)| match event {
                Event::Chip {
                    result: Ok(chip), ..
                } if Some(&chip.person.personal_number)
                    == draft.person.as_ref().map(|p| &p.personal_number) =>
                {
                    Some(judge(&chip.proofs))
                }
                _ => None,
            });
        match draft.grade {
            None | Some(Grade::Claimed) => {}
            Some(grade) => {
                assert_eq!(draft.way, Way::Chip);
                assert!(
                    self.seen.chips.iter().any(|(_, event)| matches!(event, Event::Chip { result: Ok(chip), .. }
                        if judge(&chip.proofs) == Verdict::Graded(grade) || self.world.rules.policy.chip == Chip::ReportOnly)),
                    "{grade:?} without evidence"
                );
                assert!(proved.is_some(), "the proved person is another");
            }
        }
        if draft.rejected {
            assert_eq!((draft.kind, draft.grade), (VisitKind::Desk, None));
        }
        if draft.reason.as_deref() == Some(Cause::TwoPersons.code()) {
            assert_eq!(draft.person, None, "two persons are never mixed");
        }
    }
}

fn code(which: u8) -> Event {
    match which % 8 {
        0 => Event::Code(Box::new(Payload::Opaque)),
        1 => Event::Code(Box::new(Payload::Other)),
        2 => Event::Code(Box::new(Payload::PersonalNumber(
            person(usize::from(which / 8))
                .personal_number
                .clone()
                .expect("number"),
        ))),
        _ => card_code(usize::from(which / 8)),
    }
}

fn chip_policy(which: u8) -> Chip {
    [Chip::Preferred, Chip::Required, Chip::Off, Chip::ReportOnly][usize::from(which % 4)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_promises_hold_whatever_happens(
        deeds in prop::collection::vec(deed(), 1..120),
        policy in any::<u8>(),
        ask_first in any::<bool>(),
        services in 0_usize..=3,
    ) {
        let privacy = if ask_first { Privacy::Ask } else { Privacy::Notice };
        let world = World::new(rules(chip_policy(policy), privacy, services));
        let mut trial = Trial { world, seen: Witness::default() };
        for deed in &deeds {
            trial.act(deed);
        }
        // 3: left alone, it comes back to Welcome by itself, in few wake-ups.
        let mut wakes = 0;
        while trial.world.wake() {
            trial.check();
            wakes += 1;
            prop_assert!(wakes < 20, "no way back to Welcome from {:?}", trial.world.screen());
        }
        // 1, 2: a number that nobody saw is settled once its answer comes, however late.
        let late: Vec<_> = std::mem::take(&mut trial.world.open);
        for question in late {
            if let Effect::TakeNumber { ask, draft } = question {
                let result = Ok(trial.world.store.issue(&draft));
                trial.world.step(Event::Number { ask, result });
                prop_assert!(matches!(trial.world.screen(), Screen::Welcome { .. }), "woken by a late answer");
            }
        }
        for (draft, _, live) in &trial.world.store.visits {
            prop_assert!(!live || trial.seen.printed.contains(&draft.visit), "a ghost: {:?}", draft.visit);
        }
    }

    /// 5: from every state in which a patient can be, "I have no papers" or the mere passing of time
    /// leads to a number or to staff.
    #[test]
    fn nobody_is_at_a_dead_end(deeds in prop::collection::vec(deed(), 1..80), policy in any::<u8>()) {
        let world = World::new(rules(chip_policy(policy), Privacy::Notice, 2));
        let mut trial = Trial { world, seen: Witness::default() };
        for deed in &deeds {
            trial.act(deed);
        }
        let view = trial.world.machine.view();
        if let Screen::Gathering { problem: Some(problem), .. } = &view.screen {
            for language in Language::ALL {
                prop_assert!(!problem.next(language).is_empty(), "{problem:?} names no next way");
            }
        }
        if matches!(view.screen, Screen::Welcome { .. } | Screen::Gathering { .. }) {
            trial.world.step(Event::Touch(Touch::NoPapers));
            let (_, draft) = trial.world.draft();
            prop_assert_eq!(draft.kind, VisitKind::Desk);
        } else {
            trial.world.step(Event::Touch(Touch::CallStaff));
            prop_assert!(trial.world.machine.view().staff_called);
        }
    }
}

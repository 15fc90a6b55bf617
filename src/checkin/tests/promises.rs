//! The six promises over random worlds. The witness checks after every step what must always be
//! so; here stands what must be so in the end.

use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::deeds::{Deed, answer, code, deed, touch};
use super::witness::Witness;
use super::world::{PERSONS, World, rules};
use crate::checkin::{Device, Effect, Event, Key, Screen, Touch, clock_is_right};
use crate::config::{Chip, Hours, Privacy};
use crate::queue::VisitKind;
use crate::store::{Act, Answer};
use crate::words::{Cause, Language};

struct Trial {
    world: World,
    seen: Witness,
}

impl Trial {
    fn new(rules: crate::checkin::Rules) -> Self {
        Self {
            world: World::new(rules),
            seen: Witness::default(),
        }
    }

    fn act(&mut self, deed: &Deed) {
        match deed {
            Deed::Touch(kind, which) => self.step(Event::Touch(touch(*kind, *which))),
            Deed::Type(who, whole) => self.type_number(usize::from(*who), *whole),
            Deed::Card(true) => self.step(Event::CardPlaced),
            Deed::Card(false) => self.step(Event::CardTaken),
            Deed::Code(which) => self.step(code(*which)),
            Deed::Device(true, works) => self.step(Event::Device(Device::Reader, *works)),
            Deed::Device(false, works) => self.step(Event::Device(Device::Codes, *works)),
            Deed::Answer(which, manner, keep) => self.reply(*which, *manner, *keep),
            Deed::Fair => self.answer_fairly(),
            Deed::Staff(call) => self.staff(if *call { Act::CallToDesk } else { Act::Release }),
            Deed::Wait(millis) => self.world.mono += Duration::from_millis(u64::from(*millis)),
            Deed::WallJump(seconds) => {
                let jump = jiff::SignedDuration::from_secs(i64::from(*seconds));
                self.world.wall = self.world.wall.saturating_add(jump).expect("in range");
                self.step(Event::Woke);
            }
            Deed::Deadline => drop(self.wake()),
        }
    }

    fn type_number(&mut self, who: usize, whole: bool) {
        let (number, _) = PERSONS[who % PERSONS.len()];
        if whole {
            self.step(Event::Touch(Touch::TypeNumber));
        }
        for digit in number[if whole { 0 } else { 6 }..].bytes() {
            self.step(Event::Touch(Touch::Key(Key::Digit(digit - b'0'))));
        }
    }

    fn staff(&mut self, act: Act) {
        let id = Uuid::from_u128(7);
        self.step(Event::Staff { id, act });
        let answered = |e: &Effect| matches!(e, Effect::StaffAnswered { .. });
        let answered = self.world.effects.iter().any(answered);
        assert!(answered, "a staff act is always answered");
    }

    /// Whatever is asked gets the answer one would wish for, until nothing is asked.
    fn answer_fairly(&mut self) {
        const WELL: u8 = 10;
        for _ in 0..8 {
            if self.world.open.is_empty() {
                return;
            }
            let question = self.world.open.remove(0);
            let event = match &question {
                Effect::ReadChip { can, .. } => {
                    let who = PERSONS.iter().position(|(n, _)| n.ends_with(can.expose()));
                    let who = u8::try_from(who.unwrap_or(0)).expect("few");
                    answer(&question, WELL + 16 * who)
                }
                Effect::TakeNumber { .. } => Some(self.store_answers(&question)),
                _ => answer(&question, WELL),
            };
            self.step(event.expect("every question has an answer"));
        }
    }

    fn store_answers(&mut self, question: &Effect) -> Event {
        let Effect::TakeNumber { ask, draft } = question else {
            panic!("not for the store: {question:?}")
        };
        let answer = self.world.store.issue(draft);
        if let Answer::New(issued) | Answer::Same(issued) = &answer {
            self.seen.numbers_given.insert(issued.number.to_string());
        }
        let (ask, result) = (*ask, Ok(answer));
        Event::Number { ask, result }
    }

    fn reply(&mut self, which: u8, manner: u8, keep: bool) {
        if self.world.open.is_empty() {
            return;
        }
        let index = usize::from(which) % self.world.open.len();
        let question = self.world.open[index].clone();
        if !keep && !matches!(&question, Effect::ReadChip { .. } if manner % 13 == 4) {
            self.world.open.remove(index);
        }
        let event = match &question {
            Effect::TakeNumber { ask, .. } if manner.is_multiple_of(8) => Event::Number {
                ask: *ask,
                result: Err(Cause::StoreDown),
            },
            Effect::TakeNumber { .. } => self.store_answers(&question),
            _ => answer(&question, manner).expect("every question has an answer"),
        };
        self.step(event);
    }

    fn step(&mut self, event: Event) {
        let before = self.world.screen();
        self.seen.hear(&event);
        self.world.step(event.clone());
        self.seen.check_step(&self.world, &before, &event);
        self.seen.check(&self.world);
    }

    fn wake(&mut self) -> bool {
        let before = self.world.screen();
        let woke = self.world.wake();
        if woke {
            self.seen.check_step(&self.world, &before, &Event::Woke);
            self.seen.check(&self.world);
        }
        woke
    }

    /// 1: one live number a person, service and day.
    fn check_numbers(&self) {
        let live = self.world.store.visits.iter().filter(|(_, _, live)| *live);
        let mut keys = std::collections::BTreeSet::new();
        for (draft, ..) in live.filter(|(d, ..)| d.kind == VisitKind::Service) {
            let person = draft
                .person
                .as_ref()
                .and_then(|p| p.personal_number.clone());
            let fresh = person.is_none_or(|p| keys.insert((p, draft.service.clone(), draft.day)));
            assert!(fresh, "two live numbers of one person");
        }
    }
}

fn any_rules(policy: u8, privacy: Privacy, services: usize) -> crate::checkin::Rules {
    let chips = [Chip::Preferred, Chip::Required, Chip::Off, Chip::ReportOnly];
    let watched = [Hours::Never, Hours::Always];
    crate::checkin::Rules {
        watched: watched[usize::from(policy / 4 % 2)],
        ..rules(chips[usize::from(policy % 4)], privacy, services)
    }
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
        let mut trial = Trial::new(any_rules(policy, privacy, services));
        for deed in &deeds {
            trial.act(deed);
            trial.check_numbers();
        }
        // 3: left alone, it comes back to Welcome by itself, in few wake-ups.
        let mut wakes = 0;
        while trial.wake() {
            wakes += 1;
            prop_assert!(wakes < 20, "no way back to Welcome from {:?}", trial.world.screen());
        }
        // 2: what became of every paper is known.
        for visit in &trial.seen.printed {
            prop_assert!(trial.world.store.papers.contains_key(visit), "nothing known of a paper");
        }
        // 1, 2: a number that nobody saw is settled once its answer comes, however late.
        let late: Vec<_> = std::mem::take(&mut trial.world.open);
        for question in late {
            if let Effect::TakeNumber { ask, draft } = question {
                let event = trial.store_answers(&Effect::TakeNumber { ask, draft });
                trial.step(event);
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
        let mut trial = Trial::new(any_rules(policy, Privacy::Notice, 2));
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
            if clock_is_right(trial.world.wall) {
                let (_, draft) = trial.world.draft();
                prop_assert_eq!(draft.kind, VisitKind::Desk);
            } else {
                prop_assert_eq!(trial.world.screen(), Screen::Help { cause: Cause::ClockWrong });
            }
        } else {
            trial.world.step(Event::Touch(Touch::CallStaff));
            prop_assert!(trial.world.machine.view().staff_called);
        }
    }
}

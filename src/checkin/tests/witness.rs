//! What the outside has seen, to hold the machine's word against after every step.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::deeds::patient_of;
use super::world::{PERSONS, World, insurance_number, person};
use crate::checkin::{AskId, ChipRead, Effect, Event, Screen, Shown};
use crate::config::{Chip, Hours};
use crate::identity::{Grade, Payload, Verdict, Way, judge};
use crate::queue::{Draft, VisitKind};
use crate::scan::Mode;
use crate::words::Cause;

/// What one conversation has brought so far.
#[derive(Default)]
struct Conversation {
    number: u64,
    /// Chips that were asked for in this conversation, and answered.
    chips: Vec<ChipRead>,
    wrong_digits: BTreeSet<AskId>,
    /// A code with a name was shown.
    named: bool,
    rejected: bool,
    /// Staff were told of papers of another.
    alerted: bool,
}

/// The card that lies there, whoever stands before it.
#[derive(Default)]
struct Card {
    tried: BTreeSet<String>,
    wrong: BTreeSet<String>,
    asks: BTreeMap<AskId, String>,
}

/// Everything that was asked, given and printed.
#[derive(Default)]
pub struct Witness {
    pub numbers_given: BTreeSet<String>,
    pub printed: BTreeSet<Uuid>,
    asked_in: BTreeMap<AskId, u64>,
    conversation: Conversation,
    card: Card,
    number_wanted: Option<AskId>,
}

impl Witness {
    /// Before the machine hears of it.
    pub fn hear(&mut self, event: &Event) {
        self.hear_of_card(event);
        let now = &mut self.conversation;
        match event {
            Event::Code(payload) => {
                now.named |= matches!(**payload, Payload::Cccd(_) | Payload::Bhyt(_));
            }
            Event::Chip { ask, result } if self.asked_in.get(ask) == Some(&now.number) => {
                match result {
                    Ok(chip) => now.chips.push(chip.as_ref().clone()),
                    Err(Cause::WrongCan) => drop(now.wrong_digits.insert(*ask)),
                    Err(_) => {}
                }
            }
            _ => {}
        }
    }

    fn hear_of_card(&mut self, event: &Event) {
        match event {
            Event::CardTaken => self.card = Card::default(),
            Event::Chip { ask, result } => {
                let Some(can) = self.card.asks.remove(ask) else {
                    return;
                };
                match result {
                    Ok(_) => (self.card.tried, self.card.wrong) = Default::default(),
                    Err(Cause::WrongCan) => drop(self.card.wrong.insert(can)),
                    Err(_) => {}
                }
            }
            _ => {}
        }
    }

    /// What left a state that only one answer, or its own deadline, may end.
    pub fn check_step(&mut self, world: &World, before: &Screen, event: &Event) {
        let after = world.screen();
        if matches!(before, Screen::Confirm { .. }) {
            // "No, that is not me": it begins anew, but not for the card.
            self.conversation.wrong_digits.clear();
        }
        if let Event::Code(payload) = event {
            self.check_beside(world, before, payload);
        }
        let cut_off = Screen::Help {
            cause: Cause::StoreDown,
        };
        // 2: Issuing ends with the store's answer or cut off.
        if matches!(before, Screen::Issuing { .. }) {
            let answered =
                matches!(event, Event::Number { ask, .. } if Some(*ask) == self.number_wanted);
            let kept = matches!(after, Screen::Issuing { .. }) || after == cut_off;
            assert!(answered || kept, "Issuing ended by {event:?}: {after:?}");
        }
        // 2: Printing ends with the printer's answer or its bound, and what became is recorded.
        if matches!(before, Screen::Printing { .. }) && !matches!(after, Screen::Printing { .. }) {
            assert!(
                matches!(after, Screen::Done { .. }),
                "Printing ended at {after:?}"
            );
            let recorded = |e: &Effect| matches!(e, Effect::Paper { .. });
            assert!(
                world.effects.iter().any(recorded),
                "the paper is not recorded"
            );
        }
    }

    /// A code shown while the screen names somebody changes nobody; staff hear of another.
    fn check_beside(&self, world: &World, before: &Screen, payload: &Payload) {
        let who = match before {
            Screen::Confirm { who } => Some(who),
            Screen::Choose { who, .. } => who.as_ref(),
            _ => return,
        };
        if world.effects.contains(&Effect::Forget) {
            return;
        }
        assert_eq!(world.screen(), *before, "somebody was sent away");
        let alert = Effect::StaffWanted(Cause::AnotherPerson);
        let told = match who.map(|who| of_another(who, payload)) {
            Some(None) => world.effects.contains(&alert),
            Some(Some(another)) => another && !self.conversation.alerted,
            None => false,
        };
        assert_eq!(world.effects, Vec::from_iter(told.then_some(alert)));
    }

    /// After every step.
    pub fn check(&mut self, world: &World) {
        for effect in &world.effects {
            self.check_effect(world, effect);
        }
        let mode = match world.screen() {
            Screen::Gathering { .. } => Mode::Searching,
            Screen::Welcome { .. } | Screen::Consent if world.rules.watched == Hours::Always => {
                Mode::Watching
            }
            _ => Mode::Closed,
        };
        assert_eq!(
            world.watch,
            mode,
            "the camera's mode at {:?}",
            world.screen()
        );
        // 4: whoever comes after a conversation finds nothing of it.
        let number = world.machine.view().conversation;
        assert_eq!(number, self.conversation.number, "nothing was forgotten");
        self.check_view(world);
    }

    fn check_effect(&mut self, world: &World, effect: &Effect) {
        match effect {
            Effect::Forget => {
                self.conversation = Conversation {
                    number: self.conversation.number + 1,
                    ..Conversation::default()
                };
            }
            Effect::ReadChip { ask, can } => {
                let card = &mut self.card;
                assert!(!card.wrong.contains(can.expose()), "wrong digits again");
                card.tried.insert(can.expose().clone());
                assert!(card.tried.len() <= 2, "a card is tried again and again");
                card.asks.insert(*ask, can.expose().clone());
                assert!(world.rules.chip_offered(), "the chip is off");
                let wrong = self.conversation.wrong_digits.len();
                assert!(wrong < 2, "digits reach a chip after {wrong} wrong ones");
                self.asked_in.insert(*ask, self.conversation.number);
            }
            Effect::StaffWanted(Cause::AnotherPerson) => {
                assert!(!self.conversation.alerted, "staff are told twice");
                self.conversation.alerted = true;
            }
            Effect::FindAppointments { .. } => {
                let named = self.conversation.named || !self.conversation.chips.is_empty();
                assert!(named, "an appointment was looked for by a typed number");
            }
            Effect::TakeNumber { ask, draft } => {
                self.number_wanted = Some(*ask);
                self.conversation.rejected |= draft.rejected;
                self.check_draft(world, draft);
            }
            Effect::Print { issued, .. } => {
                assert!(self.numbers_given.contains(issued.number.as_str()));
                self.printed.insert(issued.visit);
            }
            _ => {}
        }
    }

    fn check_view(&self, world: &World) {
        let view = world.machine.view();
        // 2: what is shown was given by the store before.
        if let Screen::Printing { number, .. } | Screen::Done { number, .. } = &view.screen {
            let given = self.numbers_given.contains(number.as_str());
            assert!(given, "{number} was never given");
        }
        // 3: only Welcome has no deadline, in the site's own language.
        let welcome = matches!(view.screen, Screen::Welcome { .. });
        let at_rest = welcome && view.language == world.rules.language;
        assert_eq!(world.machine.deadline().is_none(), at_rest);
        // 4: nothing personal in what is published, in any state; nothing at all at Welcome.
        let json = serde_json::to_string(&view).expect("a view is JSON");
        let now = &self.conversation;
        let by_chip = !now.chips.is_empty() && !now.rejected;
        let named = (now.named || by_chip) && !now.rejected && !welcome;
        for (number, name) in PERSONS {
            let family = name.split(' ').next().expect("a word");
            let given = name.rsplit(' ').next().expect("a word");
            assert!(!json.contains(number) && !json.contains(name), "{json}");
            assert!(named || !json.contains(given), "unnamed: {json}");
            assert!(by_chip || !json.contains(family), "not by chip: {json}");
            assert!(!welcome || !json.contains(&number[8..]), "{json}");
        }
        assert!(named || !json.contains("1960"), "a year of birth: {json}");
        if welcome {
            assert!(!view.staff_called && !view.leaving);
        }
        assert_eq!(view.alert.is_some(), now.alerted);
    }

    /// 5 and 6: the grade is the one that this conversation's evidence gives, the person is the one
    /// that was proved, and whoever is sent to the desk is told to staff.
    fn check_draft(&self, world: &World, draft: &Draft) {
        let heeds = world.rules.policy.chip != Chip::ReportOnly;
        if draft.way == Way::Chip {
            let read = self.conversation.chips.iter().find(|chip| {
                let number = draft.person.as_ref().map(|p| &p.personal_number);
                number == Some(&chip.person.personal_number)
                    && Some(chip.proofs.record()) == draft.proofs
            });
            let chip = read.expect("no such chip was read in this conversation");
            let expected = match judge(&chip.proofs.record()) {
                Verdict::Graded(grade) => (Some(grade), false),
                Verdict::Rejected if heeds => (None, true),
                Verdict::Rejected => (Some(Grade::Read), false),
                Verdict::TryAgain => panic!("an interrupted proof counts for nothing"),
            };
            assert_eq!((draft.grade, draft.rejected), expected);
        } else {
            let claimed = draft.person.as_ref().map(|_| Grade::Claimed);
            assert_eq!((draft.grade, draft.rejected), (claimed, false));
            assert_eq!(draft.proofs, None);
            if claimed.is_some() && draft.way > Way::Typed {
                assert!(self.conversation.named, "no code was shown");
            }
        }
        if draft.kind == VisitKind::Service {
            assert!(!draft.rejected, "a rejected card got a number");
            assert!(draft.grade.is_some(), "a number for nobody");
            if world.rules.policy.chip == Chip::Required {
                assert_eq!(draft.way, Way::Chip, "got round the chip");
            }
            let allowed = draft.grade >= Some(world.rules.policy.register_from);
            assert_eq!(draft.may_register, allowed);
        } else {
            assert!(!draft.may_register);
            assert!(draft.reason.is_some());
            let told = |e: &Effect| matches!(e, Effect::StaffWanted(_));
            assert!(world.effects.iter().any(told), "staff do not know");
        }
        if let (Some(patient), Some(person)) = (&draft.patient, &draft.person) {
            assert_eq!(*patient, patient_of(person), "another person's patient");
        }
        if draft.reason.as_deref() == Some(Cause::TwoPersons.code()) {
            assert_eq!(draft.person, None, "two persons are never mixed");
        }
        let numbers = draft.person.as_ref().and_then(|person| {
            let personal = person.personal_number.clone()?;
            Some((Some(personal), person.insurance_number.clone()?))
        });
        let one_person = numbers.is_none_or(|(personal, insurance)| {
            let mut all = 0..PERSONS.len();
            all.any(|i| personal == person(i).personal_number && insurance == insurance_number(i))
        });
        assert!(one_person, "numbers of two persons in one draft");
        let named = draft.person.as_ref().and_then(|person| {
            let number = person.personal_number.as_ref()?.expose();
            Some((number, person.name.as_ref()?.expose().as_str()))
        });
        let theirs = named.is_none_or(|named| PERSONS.contains(&named));
        assert!(theirs, "a number and another's name in one draft");
    }
}

/// Whether a code is known to be of somebody else than the screen names. None where it names nobody:
/// what was typed may be anybody's number.
fn of_another(who: &Shown, payload: &Payload) -> Option<bool> {
    let name = who.name.as_deref()?;
    let given = |name: &'static str| name.rsplit(' ').next().expect("a word");
    let mut persons = PERSONS.iter();
    let shown = person(persons.position(|(_, whole)| name.ends_with(given(whole)))?);
    let code = payload.clone().into_person().unwrap_or_default();
    Some(match payload {
        Payload::Cccd(_) => code.personal_number != shown.personal_number,
        Payload::Bhyt(_) => code.name != shown.name,
        // A BHYT card names no personal number to compare.
        Payload::PersonalNumber(_) => {
            who.number.is_some() && code.personal_number != shown.personal_number
        }
        _ => false,
    })
}

use std::time::Duration;

use super::slots::{Claim, Slot};
use super::{Gathering, Want};
use crate::checkin::context::{Context, Rules};
use crate::checkin::event::{AskId, ChipRead, Effect, Event};
use crate::checkin::view::{Key, Touch};
use crate::identity::{
    BirthDate, HospitalNumber, HospitalPattern, Payload, Person, PersonalNumber, Private, Verdict,
    Way,
};
use crate::words::Cause;
use zeroize::Zeroize;

/// A card that moved and lies there still is read again after this: by then a reader has noticed
/// that it is gone (the PC/SC service looks every 0.4 s), if it is.
const MOVED_AGAIN: Duration = Duration::from_secs(1);
/// Digits of a card access number.
const CAN_LENGTH: usize = 6;
/// Digits of a year.
const YEAR_LENGTH: usize = 4;

impl Gathering {
    /// Puts what an event brings into its slot. A cause means: the desk, at once.
    pub(super) fn take(&mut self, event: Event, ctx: &mut Context<'_>) -> Option<Cause> {
        match event {
            Event::Touch(touch) => return self.touched(touch, ctx),
            Event::CardPlaced => self.card_placed(),
            Event::CardTaken => self.card_taken(),
            Event::Code(payload) => self.code(*payload, ctx),
            Event::ChipProgress { ask, percent } => {
                if self.slots.chip.awaits(ask) {
                    self.percent = percent.min(100);
                }
            }
            Event::Chip { ask, result } => {
                if self.slots.chip.awaits(ask) {
                    return self.chip(result, ctx);
                }
            }
            Event::Patient { ask, result } => {
                if self.slots.patient.awaits(ask) {
                    self.slots.patient = result.map_or(Slot::Failed, Slot::Got);
                }
            }
            Event::Appointments { ask, result } => {
                if self.slots.appointments.awaits(ask) {
                    self.slots.appointments = result.map_or(Slot::Failed, Slot::Got);
                }
            }
            Event::Insurance { ask, status } => {
                if self.slots.insurance.awaits(ask) {
                    self.slots.insurance = Slot::Got(status);
                }
            }
            Event::Woke => self.woke(ctx),
            Event::Device(..)
            | Event::Number { .. }
            | Event::Printed { .. }
            | Event::Staff { .. } => {}
        }
        None
    }

    fn touched(&mut self, touch: Touch, ctx: &mut Context<'_>) -> Option<Cause> {
        match touch {
            Touch::NoPapers => return Some(Cause::NoPapers),
            Touch::NoCard => self.no_card = true,
            Touch::TypeNumber => self.begin_typing(Want::Number, ctx),
            Touch::TypeHospitalNumber if ctx.rules.hospital_number.is_some() => {
                self.begin_typing(Want::HospitalNumber, ctx);
            }
            Touch::Key(key) => self.key(key, ctx),
            Touch::Start
            | Touch::TypeHospitalNumber
            | Touch::Language(_)
            | Touch::Consent(_)
            | Touch::CallStaff
            | Touch::Emergency
            | Touch::Confirm(_)
            | Touch::Choose(_)
            | Touch::AskPriority
            | Touch::MoreTime
            | Touch::Cancel
            | Touch::Finish => {}
        }
        None
    }

    fn begin_typing(&mut self, want: Want, ctx: &Context<'_>) {
        let offered = ctx.rules.policy.ways.contains(&Way::Typed);
        self.typing = offered.then_some(want);
        self.paper = None;
        self.problem = None;
        self.at_it(ctx);
    }

    /// How many digits are asked for.
    pub(super) fn digits_wanted(&self, rules: &Rules) -> Option<usize> {
        match self.want {
            Want::CodeOrCan => Some(CAN_LENGTH),
            Want::Number => Some(PersonalNumber::LENGTH),
            Want::HospitalNumber => rules.hospital_number.as_ref().map(HospitalPattern::digits),
            Want::BirthYear => Some(YEAR_LENGTH),
            Want::CardOrCode | Want::Card | Want::HoldStill | Want::Wait => None,
        }
    }

    fn key(&mut self, key: Key, ctx: &Context<'_>) {
        let Some(length) = self.digits_wanted(ctx.rules) else {
            return;
        };
        match key {
            Key::Digit(digit @ 0..=9) => self.typed.push(char::from(b'0' + digit)),
            Key::Digit(_) => {}
            Key::Erase => drop(self.typed.pop()),
            Key::Clear => self.typed.zeroize(),
        }
        self.at_it(ctx);
        if self.typed.len() < length {
            return;
        }
        self.problem = None;
        self.typed_whole(ctx);
        self.typed.zeroize();
    }

    /// All digits that were asked for are there.
    fn typed_whole(&mut self, ctx: &Context<'_>) {
        match self.want {
            Want::Number => {
                if let Some(number) = PersonalNumber::parse(&self.typed) {
                    self.typed_claim(Person::typed(number));
                }
            }
            Want::HospitalNumber => {
                let pattern = ctx.rules.hospital_number.as_ref();
                if let Some(number) = pattern.and_then(|pattern| pattern.fill(&self.typed)) {
                    self.ask_year(number);
                }
            }
            Want::BirthYear => {
                // A year that cannot be leaves the question open.
                let year = BirthDate::parse(&self.typed).filter(|y| y.year() <= ctx.day().year());
                if let Some(year) = year
                    && let Some(number) = self.paper.take()
                {
                    self.typed_claim(Person {
                        hospital_number: Some(number),
                        birth_date: Some(year),
                        ..Person::default()
                    });
                }
            }
            Want::CodeOrCan => {
                self.slots.typed_can = Some(Private::new(self.typed.to_string()));
            }
            Want::CardOrCode | Want::Card | Want::HoldStill | Want::Wait => {}
        }
    }

    fn typed_claim(&mut self, person: Person) {
        self.claim(Claim {
            person,
            way: Way::Typed,
        });
        self.typing = None;
    }

    /// Papers lie about: whoever shows a number must know the year of birth, too.
    fn ask_year(&mut self, number: HospitalNumber) {
        self.paper = Some(number);
        self.typing = Some(Want::BirthYear);
    }

    /// Whoever types, typing slowly, is not trying in vain.
    fn at_it(&mut self, ctx: &Context<'_>) {
        self.tries.renew(ctx.now.mono.after(ctx.waits().trying));
        self.slots.card_until = None;
    }

    fn card_placed(&mut self) {
        self.problem = None;
        self.card_useless = false;
        self.again_at = None;
        // The reading that still goes on is of the card as it lay before.
        self.laid_anew = self.slots.chip.is_asked();
        if self.slots.chip == Slot::Failed {
            self.slots.chip = Slot::Empty;
        }
    }

    /// The card left: what was typed for it is of no other card.
    pub(in crate::checkin) fn card_taken(&mut self) {
        self.card_useless = false;
        self.again_at = None;
        self.slots.typed_can = None;
        if self.problem == Some(Cause::NotACitizenCard) {
            self.problem = None;
        }
    }

    fn code(&mut self, payload: Payload, ctx: &Context<'_>) {
        let (way, opaque) = (payload.way(), payload == Payload::Opaque);
        if let Payload::HospitalNumber(number) = payload {
            return self.paper_shown(number, ctx);
        }
        match payload.into_person() {
            Some(person) if ctx.rules.policy.ways.contains(&way) => {
                self.problem = None;
                self.typing = None;
                self.paper = None;
                self.claim(Claim { person, way });
            }
            // Nobody is known by such a code here; it still saves the typing of six digits.
            Some(Person {
                personal_number: Some(number),
                ..
            }) if ctx.rules.chip_offered() => {
                self.problem = None;
                self.slots.typed_can = Some(Private::from(number.can()));
            }
            None if opaque => self.failed(Cause::QrOpaque, ctx),
            Some(_) | None => self.failed(Cause::QrOther, ctx),
        }
    }

    fn paper_shown(&mut self, number: HospitalNumber, ctx: &Context<'_>) {
        let pattern = ctx.rules.hospital_number.as_ref();
        let ours = pattern.is_some_and(|pattern| pattern.fits(&number));
        if !ours || !ctx.rules.policy.ways.contains(&Way::Typed) {
            return self.failed(Cause::QrOther, ctx);
        }
        self.problem = None;
        // Better papers have been shown already.
        if !self.slots.known() {
            self.ask_year(number);
            self.at_it(ctx);
        }
    }

    fn claim(&mut self, new: Claim) {
        let old = self.slots.claim.take();
        let claim = match old.clone() {
            Some(old) => old.then(new),
            None => new,
        };
        // A code that stays in view says nothing new.
        if old.as_ref() != Some(&claim) {
            self.slots.card_until = None;
            if self.slots.chip == Slot::Failed {
                self.slots.chip = Slot::Empty;
            }
        }
        self.slots.claim = Some(claim);
    }

    fn chip(
        &mut self,
        result: Result<Box<ChipRead>, Cause>,
        ctx: &mut Context<'_>,
    ) -> Option<Cause> {
        match result {
            Ok(chip) if chip.proofs.verdict() == Verdict::TryAgain => {
                self.slots.chip = Slot::Empty;
                self.failed(Cause::CardMoved, ctx);
            }
            Ok(chip) => {
                self.problem = None;
                self.slots.chip = Slot::Got(chip);
            }
            // Whoever has no other papers than a passport is led to the desk.
            Err(Cause::OtherDocument) if self.slots.claim.is_none() => {
                return Some(Cause::OtherDocument);
            }
            Err(Cause::OtherDocument) => self.not_read(Cause::NotACitizenCard, ctx),
            Err(cause) => self.not_read(cause, ctx),
        }
        None
    }

    fn not_read(&mut self, cause: Cause, ctx: &mut Context<'_>) {
        self.slots.chip = Slot::Empty;
        if let Some(can) = self.slots.tried_can.take()
            && cause == Cause::WrongCan
        {
            return self.wrong_can(can, ctx);
        }
        // Until it is laid down anew; a card that jumped may never be seen to leave.
        self.card_useless =
            !self.laid_anew && matches!(cause, Cause::NotACitizenCard | Cause::CardMoved);
        self.again_at = (self.card_useless && cause == Cause::CardMoved)
            .then(|| ctx.now.mono.after(MOVED_AGAIN));
        self.failed(cause, ctx);
    }

    /// Digits that did not open the card are not tried again; others, that came meanwhile, are.
    pub(super) fn wrong_can(&mut self, tried: Private<String>, ctx: &mut Context<'_>) {
        // A card's own code opens it: this one is another's, whoever holds it.
        if self.slots.shown_on_code(&tried) {
            ctx.alert(Cause::AnotherPerson);
        }
        let tried = Some(tried);
        if self.slots.typed_can == tried {
            self.slots.typed_can = None;
        }
        if self.slots.can() == tried {
            self.slots.chip = Slot::Failed;
        }
        self.failed(Cause::WrongCan, ctx);
    }

    fn failed(&mut self, cause: Cause, ctx: &Context<'_>) {
        self.problem = Some(cause);
        self.tries
            .note(cause, ctx.now.mono.after(ctx.waits().trying));
    }

    fn woke(&mut self, ctx: &Context<'_>) {
        if self.again_at.is_some_and(|at| ctx.now.mono >= at) {
            self.again_at = None;
            self.card_useless = false;
        }
        if self
            .slots
            .card_until
            .is_some_and(|until| ctx.now.mono >= until)
        {
            self.slots.card_until = None;
            self.no_card = true;
        }
        if self
            .slots
            .lookup_until
            .is_some_and(|until| ctx.now.mono >= until)
        {
            self.slots.give_up_lookups();
        }
    }

    /// The question is one of this conversation, and still open.
    pub(in crate::checkin) fn awaits(&self, ask: AskId) -> bool {
        self.slots.await_answer(ask)
    }

    /// Leaves without a number: whatever the devices do is no longer wanted.
    pub(in crate::checkin) fn stop(&self, ctx: &mut Context<'_>) {
        if self.slots.chip.is_asked() {
            ctx.want(Effect::StopChip);
        }
    }
}

use std::time::Duration;

use super::slots::{Claim, Slot};
use super::{Gathering, Want};
use crate::checkin::context::Context;
use crate::checkin::event::{AskId, ChipRead, Effect, Event};
use crate::checkin::view::{Key, Touch};
use crate::identity::{Payload, Person, PersonalNumber, Private, Verdict, Way, judge as grade};
use crate::words::Cause;
use zeroize::Zeroize;

/// A card that moved and lies there still is read again after this: by then a reader has noticed
/// that it is gone (the PC/SC service looks every 0.4 s), if it is.
const MOVED_AGAIN: Duration = Duration::from_secs(1);
/// Digits of a card access number.
const CAN_LENGTH: usize = 6;

impl Gathering {
    /// Puts what an event brings into its slot. A cause means: the desk, at once.
    pub(super) fn take(&mut self, event: Event, ctx: &mut Context<'_>) -> Option<Cause> {
        match event {
            Event::Touch(touch) => return self.touched(touch, ctx),
            Event::CardPlaced => {
                self.problem = None;
                self.card_useless = false;
                self.again_at = None;
            }
            Event::CardTaken => self.card_taken(),
            Event::Code(payload) => self.code(*payload, ctx),
            Event::ChipProgress { ask, percent } => {
                if self.slots.chip.awaits(ask) {
                    self.percent = percent.min(100);
                }
            }
            Event::Chip { ask, result } => {
                if self.slots.chip.awaits(ask) {
                    self.chip(result, ctx);
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
            Touch::TypeNumber => {
                self.typing = ctx.rules.policy.ways.contains(&Way::Typed);
                self.problem = None;
            }
            Touch::Key(key) => self.key(key),
            Touch::Start
            | Touch::Language(_)
            | Touch::Consent(_)
            | Touch::CallStaff
            | Touch::Confirm(_)
            | Touch::Choose(_)
            | Touch::MoreTime
            | Touch::Cancel
            | Touch::Finish => {}
        }
        None
    }

    fn key(&mut self, key: Key) {
        let length = match self.want {
            Want::CodeOrCan => CAN_LENGTH,
            Want::Number => PersonalNumber::LENGTH,
            Want::CardOrCode | Want::Card | Want::HoldStill | Want::Wait => return,
        };
        match key {
            Key::Digit(digit @ 0..=9) => self.typed.push(char::from(b'0' + digit)),
            Key::Digit(_) => {}
            Key::Erase => drop(self.typed.pop()),
            Key::Clear => self.typed.zeroize(),
        }
        if self.typed.len() < length {
            return;
        }
        if let Some(number) = PersonalNumber::parse(&self.typed) {
            self.claim(Claim {
                person: Person::typed(number),
                way: Way::Typed,
            });
            self.typing = false;
        } else {
            self.slots.typed_can = Some(Private::new(self.typed.to_string()));
        }
        self.problem = None;
        self.typed.zeroize();
    }

    fn card_taken(&mut self) {
        self.card_useless = false;
        self.again_at = None;
        self.slots.typed_can = None;
        if self.problem == Some(Cause::NotACitizenCard) {
            self.problem = None;
        }
    }

    fn code(&mut self, payload: Payload, ctx: &Context<'_>) {
        let claim = match payload {
            Payload::Cccd(card) => Claim {
                person: card.person,
                way: Way::CardQr,
            },
            Payload::Bhyt(card) => Claim {
                person: card.person,
                way: Way::BhytQr,
            },
            Payload::InsuranceNumber(number) => Claim {
                person: Person {
                    insurance_number: Some(number),
                    ..Person::default()
                },
                way: Way::BhytQr,
            },
            // Twelve bare digits are no better than typed ones: anybody can make such a code.
            Payload::PersonalNumber(number) => Claim {
                person: Person::typed(number),
                way: Way::Typed,
            },
            Payload::Opaque => return self.failed(Cause::QrOpaque, ctx),
            Payload::Visit(_) | Payload::Other => return self.failed(Cause::QrOther, ctx),
        };
        if !ctx.rules.policy.ways.contains(&claim.way) {
            return self.failed(Cause::QrOther, ctx);
        }
        self.problem = None;
        self.typing = false;
        self.claim(claim);
    }

    /// A later claim of the same person adds the insurance number; of another one it takes its place,
    /// unless the chip has spoken already (then the two meet in `two_persons`).
    fn claim(&mut self, mut new: Claim) {
        if let Some(old) = self.slots.claim.take() {
            if old.person.same_as(&new.person) && old.way > new.way {
                self.slots.claim = Some(old);
                return;
            }
            if new.person.insurance_number.is_none() && old.person.same_as(&new.person) {
                new.person
                    .insurance_number
                    .clone_from(&old.person.insurance_number);
            }
        }
        self.slots.card_until = None;
        self.slots.claim = Some(new);
    }

    fn chip(&mut self, result: Result<Box<ChipRead>, Cause>, ctx: &Context<'_>) {
        match result {
            Ok(chip) if grade(&chip.proofs) == Verdict::TryAgain => {
                self.slots.chip = Slot::Empty;
                self.failed(Cause::CardMoved, ctx);
            }
            Ok(chip) => {
                self.problem = None;
                self.slots.chip = Slot::Got(chip);
            }
            Err(cause) => {
                self.slots.chip = Slot::Empty;
                if cause == Cause::WrongCan && self.slots.typed_can.take().is_none() {
                    // The claimed number does not open this card: trying again would be the same.
                    self.slots.chip = Slot::Failed;
                }
                // Until it is laid down anew; a card that jumped may never be seen to leave.
                self.card_useless = matches!(cause, Cause::NotACitizenCard | Cause::CardMoved);
                self.again_at =
                    (cause == Cause::CardMoved).then(|| ctx.now.mono.after(MOVED_AGAIN));
                self.failed(cause, ctx);
            }
        }
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

    /// A chip that never answers: after the driver's own deadline it would have, so this is a
    /// question of another life.
    pub(in crate::checkin) fn awaits_chip(&self, ask: AskId) -> bool {
        self.slots.chip.awaits(ask)
    }

    /// Leaves for Welcome: whatever the devices do is no longer wanted.
    pub(in crate::checkin) fn stop(&self, ctx: &mut Context<'_>) {
        if self.slots.chip.is_asked() {
            ctx.want(Effect::StopChip);
        }
    }
}

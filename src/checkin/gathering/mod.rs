//! Finding out who it is: one slot for each source, filled in any order.

mod handle;
mod judge;
mod slots;

use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

pub(super) use self::judge::ways;
use self::judge::{Around, Need, judge};
use self::slots::{Slot, Slots, Tries};
use super::attempts::MayTry;
use super::context::{Context, Patience};
use super::event::{Effect, Event, Mono};
use super::identified::Identified;
use super::state::{State, desk, next_after_identity};
use super::view::{Keypad, Reading, Screen, Shown, Want};
use crate::config::Chip;
use crate::ehr::Match;
use crate::identity::{Grade, HospitalNumber, PersonalNumber, Private, Verdict, Way};
use crate::queue::InsuranceStatus;
use crate::words::Cause;

/// Shows what is asked for, holds what came in. Ends by patience, by enough evidence, or at the desk.
#[derive(Debug)]
pub(super) struct Gathering {
    pub(super) patience: Patience,
    visit: Uuid,
    slots: Slots,
    tries: Tries,
    problem: Option<Cause>,
    percent: u8,
    typed: Zeroizing<String>,
    /// What the patient chose to type, or must.
    typing: Option<Want>,
    /// The number on a paper, until the birth year is told.
    paper: Option<HospitalNumber>,
    no_card: bool,
    card_useless: bool,
    /// When a card that moved, and was not seen to leave, is read again.
    again_at: Option<Mono>,
    /// When the card is read: digits that were wrong make the next ones wait.
    read_at: Option<Mono>,
    /// The card was laid down anew while it was read.
    laid_anew: bool,
    want: Want,
}

impl Gathering {
    /// Begins a check-in.
    pub(super) fn enter(ctx: &mut Context<'_>) -> Self {
        Self {
            patience: ctx.patience(),
            visit: ctx.new_id(),
            slots: Slots::empty(),
            tries: Tries::default(),
            problem: None,
            percent: 0,
            typed: Zeroizing::new(String::with_capacity(PersonalNumber::LENGTH)),
            typing: None,
            paper: None,
            no_card: false,
            card_useless: false,
            again_at: None,
            read_at: None,
            laid_anew: false,
            want: Want::CardOrCode,
        }
    }

    /// Begins a check-in with what woke it.
    pub(super) fn enter_with(event: Event, ctx: &mut Context<'_>) -> State {
        Self::enter(ctx).on(event, ctx)
    }

    /// Handles an event, then lets the slots decide.
    pub(super) fn on(mut self, event: Event, ctx: &mut Context<'_>) -> State {
        if matches!(
            event,
            Event::Touch(_) | Event::CardPlaced | Event::CardTaken | Event::Code(_)
        ) {
            self.patience.renew(ctx.now);
        }
        if let Some(cause) = self.take(event, ctx) {
            return self.give_to_desk(cause, ctx);
        }
        self.decide(ctx)
    }

    /// The next wake-up.
    pub(super) fn deadline(&self) -> Mono {
        // A reading that has begun is heard out: `judge` does not look at the clock meanwhile.
        let reading = self.slots.chip.is_asked() || self.read_at.is_some();
        let trying = !self.slots.known() && !reading;
        let own = [
            self.tries.until.filter(|_| trying),
            self.slots.card_until,
            self.again_at,
            self.read_at,
            self.slots.lookup_until.filter(|_| self.slots.looking_up()),
        ];
        own.into_iter()
            .flatten()
            .fold(self.patience.deadline(), Mono::min)
    }

    fn around(&self, ctx: &Context<'_>) -> Around {
        Around {
            working: ctx.working,
            card_present: ctx.card_present,
            card_useless: self.card_useless || ctx.attempts.spent(),
            about_to_read: self.read_at.is_some(),
            no_card: self.no_card,
            typing: self.typing,
            tried_long: self.tries.until.is_some_and(|until| ctx.now.mono >= until),
        }
    }

    fn decide(mut self, ctx: &mut Context<'_>) -> State {
        self.start_chip(ctx);
        self.start_lookups(ctx);
        match judge(&self.slots, &self.tries, ctx.rules, self.around(ctx)) {
            Need::Patient(want) => self.ask_for(want, ctx),
            Need::Answers => self.want = Want::Wait,
            Need::Enough => return self.finish(ctx),
            Need::Desk(cause) => return self.give_to_desk(cause, ctx),
        }
        State::Gathering(Box::new(self))
    }

    fn ask_for(&mut self, want: Want, ctx: &Context<'_>) {
        if self.want != want {
            self.typed.zeroize();
        }
        if self.slots.claim.is_some() && want != Want::HoldStill {
            // Where nothing goes without the card, there is time to fetch it.
            let wait = match ctx.rules.policy.chip {
                Chip::Required => ctx.waits().trying,
                Chip::Preferred | Chip::ReportOnly | Chip::Off => ctx.waits().card_after_code,
            };
            let until = ctx.now.mono.after(wait);
            self.slots.card_until.get_or_insert(until);
        }
        self.want = want;
    }

    fn start_chip(&mut self, ctx: &mut Context<'_>) {
        self.read_at = None;
        while let Some(can) = self.ready_can(ctx) {
            match ctx.attempts.may_try(can.expose(), ctx.day(), ctx.now) {
                MayTry::Now => return self.read_chip(can, ctx),
                MayTry::From(at) => {
                    self.read_at = Some(at);
                    self.slots.card_until = None;
                    return;
                }
                MayTry::Wrong => self.wrong_can(can, ctx),
                MayTry::Spent => return,
            }
        }
    }

    /// The digits for the card that lies there, where it can be read.
    fn ready_can(&self, ctx: &Context<'_>) -> Option<Private<String>> {
        let ready = ctx.rules.chip_offered()
            && ctx.working.chip
            && ctx.card_present
            && !self.card_useless
            && !self.tries.chip_failed()
            && self.slots.chip.is_empty();
        self.slots.can().filter(|_| ready)
    }

    fn read_chip(&mut self, can: Private<String>, ctx: &mut Context<'_>) {
        let ask = ctx.ask();
        ctx.attempts.begin(ask, can.expose());
        self.slots.chip = Slot::Asked(ask);
        self.slots.card_until = None;
        self.slots.tried_can = Some(can.clone());
        self.laid_anew = false;
        self.percent = 0;
        ctx.want(Effect::ReadChip { ask, can });
    }

    /// Lookups run as soon as somebody is known, and again when the chip says otherwise.
    fn start_lookups(&mut self, ctx: &mut Context<'_>) {
        if self.slots.rejected(ctx.rules) || self.slots.two_persons() {
            return;
        }
        let Some((person, way)) = self.slots.person() else {
            return;
        };
        let day = ctx.day();
        if !self.slots.looked_up_for(&person) {
            self.slots.restart_lookups();
            let (patient, insurance) = (ctx.ask(), ctx.ask());
            ctx.want(Effect::FindPatient {
                ask: patient,
                person: Box::new(person.clone()),
            });
            self.slots.patient = Slot::Asked(patient);
            // A paper of the hospital says nothing of insurance.
            self.slots.insurance = if person.hospital_number.is_some() {
                Slot::Got(InsuranceStatus::NotAsked)
            } else {
                ctx.want(Effect::CheckInsurance {
                    ask: insurance,
                    person: Box::new(person.clone()),
                    day,
                });
                Slot::Asked(insurance)
            };
            self.slots.lookup_until = Some(ctx.now.mono.after(ctx.waits().lookup));
            self.slots.looked_up = Some(person);
        }
        // Nobody who merely typed a number learns of an appointment.
        if way > Way::Typed
            && self.slots.appointments.is_empty()
            && let Some(Match::Known(patient)) = self.slots.patient.got()
        {
            let patient = patient.clone();
            let ask = ctx.ask();
            ctx.want(Effect::FindAppointments { ask, patient, day });
            self.slots.appointments = Slot::Asked(ask);
        }
    }

    fn finish(mut self, ctx: &mut Context<'_>) -> State {
        let mut who = self.identified(ctx);
        if who.rejected {
            return desk(who, Cause::CardRejected, ctx);
        }
        let by_paper = who
            .person
            .as_ref()
            .is_some_and(|p| p.hospital_number.is_some());
        match self.slots.patient.got() {
            // Nobody learns whether a paper's number, or the year, was wrong.
            Some(Match::Unknown) if by_paper => return desk(who, Cause::PatientUnclear, ctx),
            None if by_paper => return desk(who, Cause::EhrDown, ctx),
            Some(Match::Several | Match::Contradicted) => {
                return desk(who, Cause::PatientUnclear, ctx);
            }
            Some(Match::Unknown) if !who.may_register => {
                return desk(who, Cause::RegisterAtDesk, ctx);
            }
            Some(Match::Known(patient)) => who.patient = Some(patient.clone()),
            Some(Match::Unknown) | None => {}
        }
        if let Some([only]) = self.slots.appointments.got().map(Vec::as_slice) {
            who.appointment = Some(only.id.clone());
            who.service.clone_from(&only.service);
        }
        self.typed.zeroize();
        next_after_identity(who, self, ctx)
    }

    fn identified(&self, ctx: &Context<'_>) -> Identified {
        let mut who = Identified::nobody(self.visit);
        let Some((person, way)) = self.slots.person() else {
            return who;
        };
        if let Some(status) = self.slots.insurance.got()
            && self.slots.looked_up_for(&person)
        {
            who.insurance = *status;
        }
        (who.person, who.way) = (Some(person), way);
        if let Some(chip) = self.slots.chip.got() {
            who.rejected = self.slots.rejected(ctx.rules);
            who.grade = match chip.proofs.verdict() {
                Verdict::Graded(grade) => Some(grade),
                // A site that only reports goes on, with what no proof is needed for.
                Verdict::Rejected => (!who.rejected).then_some(Grade::Read),
                // `take` does not let an interrupted reading into the slot.
                Verdict::TryAgain => None,
            };
            who.proofs = Some(chip.proofs.record());
        } else {
            who.grade = Some(Grade::Claimed);
        }
        who.may_register = who.grade.is_some_and(|grade| ctx.rules.may_register(grade));
        who
    }

    /// Two persons are never mixed: their desk number is anonymous.
    fn give_to_desk(self, cause: Cause, ctx: &mut Context<'_>) -> State {
        let who = if cause == Cause::TwoPersons {
            Identified::nobody(self.visit)
        } else {
            self.identified(ctx)
        };
        ctx.want(Effect::StopChip);
        desk(who, cause, ctx)
    }

    /// What the screen shows.
    pub(super) fn screen(
        &self,
        ctx_ways: super::view::Ways,
        rules: &super::context::Rules,
    ) -> Screen {
        let length = self.digits_wanted(rules);
        Screen::Gathering {
            want: self.want,
            reading: (self.want == Want::HoldStill).then_some(Reading {
                percent: self.percent,
            }),
            problem: self.problem,
            keypad: length.map(|length| Keypad {
                typed: Private::new(self.typed.to_string()),
                length: u8::try_from(length).unwrap_or(u8::MAX),
            }),
            who: self.shown(),
            code_read: self.slots.code_read(),
            ways: ways(rules, ctx_ways),
        }
    }

    fn shown(&self) -> Option<Shown> {
        let (person, way) = self.slots.person()?;
        let mut who = Identified::nobody(self.visit);
        (who.person, who.way) = (Some(person), way);
        who.shown()
    }
}

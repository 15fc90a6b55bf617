//! A file for each state: what it shows, what it holds, what ends it.
//!
//! | state | shows | holds of the person | ends by |
//! |---|---|---|---|
//! | Welcome | what to do | nothing | touch, card, code |
//! | Consent | the privacy question | the code that was shown | answer, patience |
//! | Gathering | what is asked for | claims, chip, lookups | enough evidence, the desk, patience |
//! | Confirm | "is this you?" | the identified person, the papers | answer, card, patience |
//! | Choose | the services | the identified person | choice, patience |
//! | Issuing | "one moment" | the identified person | the store's answer, or the store is cut off |
//! | Printing | the number | what the ticket shows | the printer's answer, the printer's bound |
//! | Done | the number | what the ticket shows | touch, patience |
//! | Help | that staff will come | nothing | staff, patience |
//!
//! # Papers of another
//! Before seven in the morning a queue stands behind whoever checks in, and holds up cards. Two
//! persons are never mixed, and nobody is sent away for what another held up:
//!
//! | where | another's code | another's card |
//! |---|---|---|
//! | Consent, Gathering | the later code takes the place of the earlier one; beside a chip: the desk | read by the code's digits: a card that they do not open is noted for staff and adds nothing; one that they open: the desk |
//! | Confirm | noted for staff and for the screen, nothing of it is taken, patience goes on running | as in Gathering, then the question again |
//! | Choose | as in Confirm | nothing: it is not read |
//! | Issuing, Printing | nothing: the next patient is early | nothing |
//! | Done, Help | nothing | begins the next check-in |
//!
//! What a code says of the same person, or too little to tell, is no event after Gathering. An alert
//! does not prolong a screen: whoever finds that of somebody who left would keep it there.

mod choose;
mod confirm;
mod consent;
mod done;
mod help;
mod issuing;
mod printing;

use self::choose::Choose;
use self::confirm::Confirm;
use self::consent::Consent;
use self::done::Done;
use self::help::Help;
use self::issuing::Issuing;
use self::printing::Printing;
use super::context::{Context, Patience, Rules};
use super::event::{Effect, Event, Mono, clock_is_right};
use super::gathering::Gathering;
use super::identified::{Goal, Identified};
use super::view::{Screen, Touch, Ways};
use crate::identity::{Grade, Payload, Way};
use crate::words::{Cause, Language};

/// Where the conversation is.
#[derive(Debug)]
pub(super) enum State {
    Welcome,
    Consent(Box<Consent>),
    Gathering(Box<Gathering>),
    Confirm(Box<Confirm>),
    Choose(Box<Choose>),
    Issuing(Box<Issuing>),
    Printing(Box<Printing>),
    Done(Box<Done>),
    Help(Box<Help>),
}

impl State {
    /// Handles an event that belongs to this state.
    pub(super) fn on(self, event: Event, ctx: &mut Context<'_>) -> Self {
        match self {
            Self::Welcome => welcome(event, ctx),
            Self::Consent(state) => state.on(event, ctx),
            Self::Gathering(state) => state.on(event, ctx),
            Self::Confirm(state) => state.on(event, ctx),
            Self::Choose(state) => state.on(event, ctx),
            Self::Issuing(state) => state.on(event, ctx),
            Self::Printing(state) => state.on(event, ctx),
            Self::Done(state) => state.on(event, ctx),
            Self::Help(state) => state.on(event, ctx),
        }
    }

    /// Staff or the patient may end this state at will: no number is on its way.
    pub(super) fn may_leave(&self) -> bool {
        !matches!(self, Self::Issuing(_) | Self::Printing(_))
    }

    /// The patience of this state, where it has one.
    pub(super) fn patience(&mut self) -> Option<&mut Patience> {
        match self {
            Self::Welcome => None,
            Self::Consent(state) => Some(&mut state.patience),
            Self::Gathering(state) => Some(&mut state.patience),
            Self::Confirm(state) => Some(&mut state.patience),
            Self::Choose(state) => Some(&mut state.patience),
            Self::Issuing(state) => Some(&mut state.patience),
            Self::Printing(state) => Some(&mut state.patience),
            Self::Done(state) => Some(&mut state.patience),
            Self::Help(state) => Some(&mut state.patience),
        }
    }

    /// Patience has ended.
    pub(super) fn expire(self, ctx: &mut Context<'_>) -> Self {
        match self {
            Self::Issuing(_) => Self::Help(Box::new(Help::enter(Cause::StoreDown, ctx))),
            Self::Printing(state) => state.give_up(ctx),
            Self::Gathering(state) => {
                state.stop(ctx);
                Self::Welcome
            }
            Self::Welcome
            | Self::Consent(_)
            | Self::Confirm(_)
            | Self::Choose(_)
            | Self::Done(_)
            | Self::Help(_) => Self::Welcome,
        }
    }

    /// The next wake-up.
    pub(super) fn deadline(&self) -> Option<Mono> {
        Some(match self {
            Self::Welcome => return None,
            Self::Consent(state) => state.patience.deadline(),
            Self::Gathering(state) => state.deadline(),
            Self::Confirm(state) => state.patience.deadline(),
            Self::Choose(state) => state.patience.deadline(),
            Self::Issuing(state) => state.patience.deadline(),
            Self::Printing(state) => state.patience.deadline(),
            Self::Done(state) => state.patience.deadline(),
            Self::Help(state) => state.patience.deadline(),
        })
    }

    /// The warning is shown.
    pub(super) fn leaving(&self) -> bool {
        match self {
            Self::Welcome | Self::Issuing(_) | Self::Printing(_) => false,
            Self::Consent(state) => state.patience.leaving,
            Self::Gathering(state) => state.patience.leaving,
            Self::Confirm(state) => state.patience.leaving,
            Self::Choose(state) => state.patience.leaving,
            Self::Done(state) => state.patience.leaving,
            Self::Help(state) => state.patience.leaving,
        }
    }

    /// What to draw.
    pub(super) fn screen(&self, rules: &Rules, working: Ways, language: Language) -> Screen {
        match self {
            Self::Welcome => Screen::Welcome {
                ways: super::gathering::ways(rules, working),
                notice: rules.chip_offered() && working.chip,
            },
            Self::Consent(_) => Screen::Consent,
            Self::Gathering(state) => state.screen(working, rules),
            Self::Confirm(state) => state.screen(),
            Self::Choose(state) => state.screen(rules, language),
            Self::Issuing(state) => state.screen(),
            Self::Printing(state) => state.screen(rules, language),
            Self::Done(state) => state.screen(rules, language),
            Self::Help(state) => Screen::Help { cause: state.cause },
        }
    }
}

fn welcome(event: Event, ctx: &mut Context<'_>) -> State {
    let wakes = match &event {
        Event::Touch(Touch::Start | Touch::TypeNumber | Touch::TypeHospitalNumber)
        | Event::Code(_) => true,
        Event::CardPlaced => ctx.rules.chip_offered(),
        Event::Touch(Touch::NoPapers) => {
            let who = Identified::nobody(ctx.new_id());
            return desk(who, Cause::NoPapers, ctx);
        }
        Event::Touch(_)
        | Event::CardTaken
        | Event::Device(..)
        | Event::ChipProgress { .. }
        | Event::Chip { .. }
        | Event::Patient { .. }
        | Event::Appointments { .. }
        | Event::Insurance { .. }
        | Event::Number { .. }
        | Event::Printed { .. }
        | Event::Staff { .. }
        | Event::Woke => false,
    };
    if !wakes {
        State::Welcome
    } else if !clock_is_right(ctx.now.wall) {
        help(Cause::ClockWrong, ctx)
    } else if ctx.rules.consent_asked() {
        State::Consent(Box::new(Consent::enter(event, ctx)))
    } else {
        Gathering::enter_with(event, ctx)
    }
}

/// Somebody is known by `papers`: confirm a mere claim, choose a service, or take the number.
pub(super) fn next_after_identity(
    who: Identified,
    papers: Gathering,
    ctx: &mut Context<'_>,
) -> State {
    if who.grade == Some(Grade::Claimed) && who.way > Way::Typed {
        return State::Confirm(Box::new(Confirm::enter(who, papers, ctx)));
    }
    next_after_confirm(who, ctx)
}

/// The person is the right one: choose a service, or take the number.
fn next_after_confirm(who: Identified, ctx: &mut Context<'_>) -> State {
    if let Some(service) = who.obvious_service(ctx.rules, ctx.now) {
        return take_number(who, Goal::Service(service), ctx);
    }
    if who.open(ctx.rules, ctx.now).is_empty() {
        return desk(who, Cause::NoService, ctx);
    }
    State::Choose(Box::new(Choose::enter(who, ctx)))
}

/// A code was shown while the screen names `who`: staff are told if it is of another.
fn shown_beside(who: &Identified, code: Payload, ctx: &mut Context<'_>) {
    let both = who.person.as_ref().zip(code.into_person());
    if both.is_some_and(|(who, other)| who.agrees_with(&other) == Some(false)) {
        ctx.alert(Cause::AnotherPerson);
    }
}

/// A desk number, because of `cause`. The desk always knows.
pub(super) fn desk(who: Identified, cause: Cause, ctx: &mut Context<'_>) -> State {
    ctx.want(Effect::StaffWanted(cause));
    take_number(who, Goal::Desk(cause), ctx)
}

/// The store is asked for a number. Not while the clock is wrong: it would be of another day.
fn take_number(who: Identified, goal: Goal, ctx: &mut Context<'_>) -> State {
    if clock_is_right(ctx.now.wall) {
        State::Issuing(Box::new(Issuing::enter(who, goal, ctx)))
    } else {
        help(Cause::ClockWrong, ctx)
    }
}

/// Staff will help, without a number.
pub(super) fn help(cause: Cause, ctx: &mut Context<'_>) -> State {
    ctx.want(Effect::StaffWanted(cause));
    State::Help(Box::new(Help::enter(cause, ctx)))
}

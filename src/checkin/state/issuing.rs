use super::printing::Printing;
use super::{State, desk, help, next_after_confirm};
use crate::checkin::context::{Context, Patience, Rules};
use crate::checkin::event::{AskId, Effect, Event};
use crate::checkin::identified::{Goal, Identified};
use crate::checkin::view::Screen;
use crate::queue::{Issued, Refusal};
use crate::store::Answer;
use crate::words::Cause;

/// The store has been asked for a number. Ends with its answer, or, at `patience`, with the store
/// declared cut off; never on the patient's touch and never by going back to Welcome.
#[derive(Debug)]
pub(in crate::checkin) struct Issuing {
    pub(super) patience: Patience,
    ask: AskId,
    who: Identified,
    goal: Goal,
}

impl Issuing {
    pub(super) fn enter(who: Identified, goal: Goal, ctx: &mut Context<'_>) -> Self {
        let ask = ctx.ask();
        let draft = Box::new(who.draft(&goal, ctx));
        ctx.want(Effect::TakeNumber { ask, draft });
        Self {
            patience: ctx.bound(ctx.waits().store),
            ask,
            who,
            goal,
        }
    }

    pub(super) fn on(self, event: Event, ctx: &mut Context<'_>) -> State {
        match event {
            Event::Number { ask, result } if ask == self.ask => self.answered(result, ctx),
            Event::Number { .. }
            | Event::Touch(_)
            | Event::CardPlaced
            | Event::CardTaken
            | Event::Code(_)
            | Event::Device(..)
            | Event::ChipProgress { .. }
            | Event::Chip { .. }
            | Event::Patient { .. }
            | Event::Appointments { .. }
            | Event::Insurance { .. }
            | Event::Printed { .. }
            | Event::Staff { .. }
            | Event::Woke => State::Issuing(Box::new(self)),
        }
    }

    /// The question that is awaited.
    pub(in crate::checkin) fn ask(&self) -> AskId {
        self.ask
    }

    fn answered(self, result: Result<Answer, Cause>, ctx: &mut Context<'_>) -> State {
        match result {
            Ok(Answer::New(issued)) => self.print(issued, ctx),
            Ok(Answer::Same(issued)) => {
                // What never came out on paper reached nobody: this is no reprint.
                let first = issued.visit == self.who.visit || issued.printed == 0;
                if first || Rules::may_reprint(self.who.way) {
                    self.print(issued, ctx)
                } else {
                    desk(self.who, Cause::NumberHeld, ctx)
                }
            }
            Ok(Answer::Refused(Refusal::HeldByStronger | Refusal::HeldByWeaker)) => {
                desk(self.who, Cause::NumberHeld, ctx)
            }
            Ok(Answer::Refused(Refusal::Full { .. })) => self.full(ctx),
            Ok(Answer::Refused(Refusal::RejectedToday)) => desk(self.who, Cause::CardRejected, ctx),
            Err(cause) => help(cause, ctx),
        }
    }

    /// Another service may do, or the desk.
    fn full(mut self, ctx: &mut Context<'_>) -> State {
        match self.goal {
            Goal::Service(code) => {
                self.who.full.push(code);
                next_after_confirm(self.who, ctx)
            }
            Goal::Desk(_) => help(Cause::NoService, ctx),
        }
    }

    fn print(self, issued: Issued, ctx: &mut Context<'_>) -> State {
        let desk = match self.goal {
            Goal::Desk(cause) => Some(cause),
            Goal::Service(_) => None,
        };
        State::Printing(Box::new(Printing::enter(
            issued,
            self.who.shown(),
            desk,
            ctx,
        )))
    }

    pub(super) fn screen(&self) -> Screen {
        Screen::Issuing {
            who: self.who.shown(),
        }
    }
}

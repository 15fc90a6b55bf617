use super::State;
use super::done::Done;
use crate::checkin::context::{Context, Patience, Rules};
use crate::checkin::event::{AskId, Effect, Event};
use crate::checkin::view::{PaperShown, Screen, Shown};
use crate::queue::{Issued, Paper};
use crate::words::{Cause, Language};

/// The number is durable and the printer has the ticket. Ends with the printer's answer, or at
/// `patience` without paper.
#[derive(Debug)]
pub(in crate::checkin) struct Printing {
    pub(super) patience: Patience,
    ask: AskId,
    issued: Issued,
    who: Option<Shown>,
    desk: Option<Cause>,
}

impl Printing {
    pub(super) fn enter(
        issued: Issued,
        who: Option<Shown>,
        desk: Option<Cause>,
        ctx: &mut Context<'_>,
    ) -> Self {
        let ask = ctx.ask();
        ctx.want(Effect::Print {
            ask,
            issued: Box::new(issued.clone()),
            who: who.clone(),
            desk,
            language: ctx.language,
        });
        Self {
            patience: ctx.bound(ctx.waits().printer),
            ask,
            issued,
            who,
            desk,
        }
    }

    pub(super) fn on(self, event: Event, ctx: &mut Context<'_>) -> State {
        match event {
            Event::Printed { ask, result, .. } if ask == self.ask => match result {
                Ok(paper) => self.done(paper, PaperShown::Printed, ctx),
                Err(cause) => self.done(Paper::Failed, PaperShown::Missing(cause), ctx),
            },
            Event::Printed { .. }
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
            | Event::Number { .. }
            | Event::Staff { .. }
            | Event::Woke => State::Printing(Box::new(self)),
        }
    }

    /// The question that is awaited.
    pub(in crate::checkin) fn ask(&self) -> AskId {
        self.ask
    }

    /// The printer has not answered: the number stands, staff will print it.
    pub(super) fn give_up(self, ctx: &mut Context<'_>) -> State {
        self.done(
            Paper::Failed,
            PaperShown::Missing(Cause::PrinterTimedOut),
            ctx,
        )
    }

    fn done(self, paper: Paper, shown: PaperShown, ctx: &mut Context<'_>) -> State {
        ctx.want(Effect::Paper {
            visit: self.issued.visit,
            paper,
        });
        if let PaperShown::Missing(cause) = shown {
            ctx.want(Effect::StaffWanted(cause));
        }
        State::Done(Box::new(Done::enter(
            self.issued,
            self.who,
            self.desk,
            shown,
            ctx,
        )))
    }

    pub(super) fn screen(&self, rules: &Rules, language: Language) -> Screen {
        let (service, place) = rules.named(&self.issued.service, language);
        Screen::Printing {
            number: self.issued.number.clone(),
            service,
            place,
            who: self.who.clone(),
        }
    }
}

use super::{State, next_after_confirm, shown_beside};
use crate::checkin::context::{Context, Patience};
use crate::checkin::event::Event;
use crate::checkin::gathering::Gathering;
use crate::checkin::identified::Identified;
use crate::checkin::view::{Screen, Shown, Touch};

/// "Is this you?", for a claim that nothing proves. A card laid down now is read as if it had come in
/// time. Ends at `patience`.
#[derive(Debug)]
pub(in crate::checkin) struct Confirm {
    pub(super) patience: Patience,
    who: Identified,
    papers: Gathering,
}

impl Confirm {
    pub(super) fn enter(who: Identified, papers: Gathering, ctx: &Context<'_>) -> Self {
        Self {
            patience: ctx.patience(),
            who,
            papers,
        }
    }

    pub(super) fn on(mut self, event: Event, ctx: &mut Context<'_>) -> State {
        match event {
            Event::Touch(Touch::Confirm(true)) => return next_after_confirm(self.who, ctx),
            // Somebody else's code: all of it is dropped, and gathering begins anew.
            Event::Touch(Touch::Confirm(false)) => {
                return State::Gathering(Box::new(Gathering::enter(ctx)));
            }
            Event::Touch(_) => self.patience.renew(ctx.now),
            Event::CardPlaced => return self.papers.on(event, ctx),
            Event::CardTaken => self.papers.card_taken(),
            Event::Code(payload) => shown_beside(&self.who, *payload, ctx),
            Event::Device(..)
            | Event::ChipProgress { .. }
            | Event::Chip { .. }
            | Event::Patient { .. }
            | Event::Appointments { .. }
            | Event::Insurance { .. }
            | Event::Number { .. }
            | Event::Printed { .. }
            | Event::Staff { .. }
            | Event::Woke => {}
        }
        State::Confirm(Box::new(self))
    }

    pub(super) fn screen(&self) -> Screen {
        let nobody = Shown {
            name: None,
            birth_year: None,
            number: None,
        };
        Screen::Confirm {
            who: self.who.shown().unwrap_or(nobody),
        }
    }
}

use super::State;
use crate::checkin::context::{Context, Patience};
use crate::checkin::event::Event;
use crate::checkin::view::Touch;
use crate::words::Cause;

/// Staff will help. Holds nothing of the person. Ends at a touch or at `patience`.
#[derive(Debug)]
pub(in crate::checkin) struct Help {
    pub(super) patience: Patience,
    pub(super) cause: Cause,
}

impl Help {
    pub(super) fn enter(cause: Cause, ctx: &Context<'_>) -> Self {
        let waits = ctx.waits();
        Self {
            patience: Patience::new(ctx.now, waits.help, waits.warning),
            cause,
        }
    }

    pub(super) fn on(mut self, event: Event, ctx: &Context<'_>) -> State {
        match event {
            Event::Touch(Touch::Finish | Touch::Start) => return State::Welcome,
            Event::Touch(Touch::MoreTime) => self.patience.renew(ctx.now),
            Event::Touch(_)
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
            | Event::Printed { .. }
            | Event::Staff { .. }
            | Event::Woke => {}
        }
        State::Help(Box::new(self))
    }
}

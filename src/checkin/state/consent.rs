use super::{State, desk};
use crate::checkin::context::{Context, Patience};
use crate::checkin::event::Event;
use crate::checkin::gathering::Gathering;
use crate::checkin::identified::Identified;
use crate::checkin::view::Touch;
use crate::words::Cause;

/// May the chip be read? Holds the code that woke the kiosk, if one did. Ends at `patience`.
#[derive(Debug)]
pub(in crate::checkin) struct Consent {
    pub(super) patience: Patience,
    woken_by: Event,
}

impl Consent {
    pub(super) fn enter(woken_by: Event, ctx: &Context<'_>) -> Self {
        Self {
            patience: ctx.patience(),
            woken_by,
        }
    }

    pub(super) fn on(mut self, event: Event, ctx: &mut Context<'_>) -> State {
        match event {
            Event::Touch(Touch::Consent(true)) => return Gathering::enter_with(self.woken_by, ctx),
            Event::Touch(Touch::Consent(false)) => {
                let who = Identified::nobody(ctx.new_id());
                return desk(who, Cause::ConsentRefused, ctx);
            }
            Event::Touch(Touch::NoPapers) => {
                let who = Identified::nobody(ctx.new_id());
                return desk(who, Cause::NoPapers, ctx);
            }
            Event::Code(_) => {
                self.woken_by = event;
                self.patience.renew(ctx.now);
            }
            Event::Touch(_) | Event::CardPlaced | Event::CardTaken => self.patience.renew(ctx.now),
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
        State::Consent(Box::new(self))
    }
}

use super::issuing::Issuing;
use super::{State, shown_beside};
use crate::checkin::context::{Context, Patience, Rules};
use crate::checkin::event::Event;
use crate::checkin::identified::{Goal, Identified};
use crate::checkin::view::{Screen, Touch};
use crate::words::Language;

/// Which service? Ends at `patience`.
#[derive(Debug)]
pub(in crate::checkin) struct Choose {
    pub(super) patience: Patience,
    who: Identified,
}

impl Choose {
    pub(super) fn enter(who: Identified, ctx: &Context<'_>) -> Self {
        Self {
            patience: ctx.patience(),
            who,
        }
    }

    pub(super) fn on(mut self, event: Event, ctx: &mut Context<'_>) -> State {
        match event {
            Event::Touch(Touch::Choose(code)) => {
                if ctx
                    .rules
                    .services
                    .iter()
                    .any(|service| service.code == code)
                {
                    return State::Issuing(Box::new(Issuing::enter(
                        self.who,
                        Goal::Service(code),
                        ctx,
                    )));
                }
            }
            Event::Touch(_) => self.patience.renew(ctx.now),
            Event::Code(payload) => shown_beside(&self.who, *payload, ctx),
            Event::CardPlaced
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
            | Event::Woke => {}
        }
        State::Choose(Box::new(self))
    }

    pub(super) fn screen(&self, rules: &Rules, language: Language) -> Screen {
        let services = rules
            .services
            .iter()
            .map(|s| (s.code.clone(), s.name(language).to_owned()));
        Screen::Choose {
            services: services.collect(),
            who: self.who.shown(),
        }
    }
}

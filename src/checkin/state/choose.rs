use super::{State, next_after_confirm, shown_beside, take_number};
use crate::checkin::context::{Context, Patience, Rules};
use crate::checkin::event::Event;
use crate::checkin::identified::{Goal, Identified};
use crate::checkin::view::{Screen, Touch};
use crate::queue::ServiceCode;
use crate::words::Language;

/// Which service? Ends at `patience`.
#[derive(Debug)]
pub(in crate::checkin) struct Choose {
    pub(super) patience: Patience,
    /// What was open when the question was asked, or last.
    open: Vec<ServiceCode>,
    who: Identified,
}

impl Choose {
    pub(super) fn enter(who: Identified, ctx: &Context<'_>) -> Self {
        Self {
            patience: ctx.patience(),
            open: codes(&who, ctx),
            who,
        }
    }

    pub(super) fn on(mut self, event: Event, ctx: &mut Context<'_>) -> State {
        match event {
            Event::Touch(Touch::Choose(code)) if self.open.contains(&code) => {
                self.open = codes(&self.who, ctx);
                if self.open.contains(&code) {
                    return take_number(self.who, Goal::Service(code), ctx);
                }
                // It has closed while the patient thought about it.
                return next_after_confirm(self.who, ctx);
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
        let open = rules
            .services
            .iter()
            .filter(|s| self.open.contains(&s.code));
        let full = self.who.full.last();
        Screen::Choose {
            services: open
                .map(|s| (s.code.clone(), s.name(language).to_owned()))
                .collect(),
            full: full.map(|code| rules.named(code, language).0),
            who: self.who.shown(),
        }
    }
}

fn codes(who: &Identified, ctx: &Context<'_>) -> Vec<ServiceCode> {
    let open = who.open(ctx.rules, ctx.now).into_iter();
    open.map(|service| service.code.clone()).collect()
}

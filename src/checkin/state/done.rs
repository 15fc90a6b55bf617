use super::State;
use crate::checkin::context::{Context, Patience, Rules};
use crate::checkin::event::{Effect, Event};
use crate::checkin::view::{PaperShown, PriorityShown, Screen, Shown, Touch};
use crate::queue::{Issued, VisitKind};
use crate::words::{Cause, Language};

/// The number, large. Ends at a touch or at `patience`.
#[derive(Debug)]
pub(in crate::checkin) struct Done {
    pub(super) patience: Patience,
    issued: Issued,
    who: Option<Shown>,
    desk: Option<Cause>,
    paper: PaperShown,
    priority: PriorityShown,
}

impl Done {
    pub(super) fn enter(
        issued: Issued,
        who: Option<Shown>,
        desk: Option<Cause>,
        paper: PaperShown,
        ctx: &Context<'_>,
    ) -> Self {
        let waits = ctx.waits();
        // Without paper the number must be learnt by heart: three times as long.
        let idle = if paper == PaperShown::Printed {
            waits.done
        } else {
            waits.done * 3
        };
        let known = issued.priority.is_some() || issued.kind == VisitKind::Desk;
        Self {
            patience: Patience::new(ctx.now, idle, waits.warning),
            priority: match known {
                true => PriorityShown::Known,
                false => PriorityShown::Offered,
            },
            issued,
            who,
            desk,
            paper,
        }
    }

    pub(super) fn on(mut self, event: Event, ctx: &mut Context<'_>) -> State {
        match event {
            Event::Touch(Touch::Finish | Touch::Start) => return State::Welcome,
            Event::Touch(Touch::AskPriority) if self.priority == PriorityShown::Offered => {
                self.priority = PriorityShown::Asked;
                self.patience.renew(ctx.now);
                let visit = self.issued.visit;
                ctx.want(Effect::AskPriority { visit });
            }
            Event::Touch(Touch::MoreTime) => self.patience.renew(ctx.now),
            Event::Touch(_)
            | Event::CardPlaced
            | Event::Code(_)
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
        State::Done(Box::new(self))
    }

    pub(super) fn screen(&self, rules: &Rules, language: Language) -> Screen {
        let (service, place) = rules.named(&self.issued.service, language);
        Screen::Done {
            number: self.issued.number.clone(),
            service,
            place,
            desk: self.desk,
            paper: self.paper,
            who: self.who.clone(),
            grade: self.issued.grade,
            priority: self.priority,
        }
    }
}

use std::time::Duration;

use uuid::Uuid;

use super::attempts::Attempts;
use super::context::{Context, Rules};
use super::event::{Device, Effect, Event, Mono, Now};
use super::state::{State, help};
use super::view::{Touch, View, Ways};
use crate::queue::Paper;
use crate::scan::Mode;
use crate::store::{Act, Answer};
use crate::words::{Cause, Language};

/// A wall clock that was set is noticed within this.
const HOURS_WITHIN: Duration = Duration::from_secs(600);

/// The check-in of one kiosk, one patient after the other.
pub struct Machine {
    rules: Rules,
    ids: Box<dyn FnMut() -> Uuid + Send>,
    attempts: Attempts,
    state: State,
    last_ask: u64,
    conversation: u64,
    language: Language,
    /// When Welcome speaks the site's language again, if nobody begins.
    language_until: Option<Mono>,
    /// What was last wanted of whatever reads codes.
    watch: Mode,
    /// When Welcome looks at the time of day again: the camera is watched in certain hours only.
    hours_until: Option<Mono>,
    working: Ways,
    card_present: bool,
    /// The card was laid down after this conversation had its number: the next patient's.
    card_is_next: bool,
    staff_called: bool,
    called_to_desk: bool,
    /// What staff were told of this conversation while it went on.
    alert: Option<Cause>,
    dropped: u64,
}

impl Machine {
    /// A machine at Welcome. `ids` gives fresh random UUIDs. Devices count as missing until they report.
    pub fn new(rules: Rules, mut ids: Box<dyn FnMut() -> Uuid + Send>) -> Self {
        let language = rules.language;
        Self {
            attempts: Attempts::new(ids()),
            rules,
            ids,
            state: State::Welcome,
            last_ask: 0,
            conversation: 0,
            language,
            language_until: None,
            watch: Mode::Closed,
            hours_until: None,
            working: Ways {
                chip: false,
                code: false,
                typed: true,
                hospital_number: true,
            },
            card_present: false,
            card_is_next: false,
            staff_called: false,
            called_to_desk: false,
            alert: None,
            dropped: 0,
        }
    }

    /// Handles one event. Total: every event is legal at any time.
    pub fn step(&mut self, event: Event, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(event) = self.intercept(event, now, &mut effects) {
            self.dispatch(event, now, &mut effects);
        }
        let ended = self
            .state
            .patience()
            .is_some_and(|patience| patience.ended(now));
        if ended {
            self.transform(now, &mut effects, State::expire);
        }
        if matches!(self.state, State::Welcome)
            && self.language_until.is_some_and(|until| now.mono >= until)
        {
            self.speak_as_the_site();
        }
        if self.watch(now) {
            effects.push(Effect::Watch(self.watch));
        }
        effects
    }

    /// Notes how much is wanted of whatever reads codes. True where that has changed.
    fn watch(&mut self, now: Now) -> bool {
        let (hours, time) = (self.rules.watched, self.rules.time(now));
        let wait = hours.until_change(time).map(|wait| wait.min(HOURS_WITHIN));
        self.hours_until = wait.map(|wait| now.mono.after(wait));
        let mode = match &self.state {
            State::Welcome | State::Consent(_) if hours.contain(time) => Mode::Watching,
            State::Gathering(_) => Mode::Searching,
            State::Welcome
            | State::Consent(_)
            | State::Confirm(_)
            | State::Choose(_)
            | State::Issuing(_)
            | State::Printing(_)
            | State::Done(_)
            | State::Help(_) => Mode::Closed,
        };
        std::mem::replace(&mut self.watch, mode) != mode
    }

    /// Back to Welcome, from wherever a step that panicked left it. A number on its way is settled
    /// when its answer comes.
    pub fn recover(&mut self, now: Now) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.state = State::Welcome;
        self.released(now, &mut effects);
        // The step that panicked may have changed it and told nobody.
        self.watch(now);
        effects.push(Effect::Watch(self.watch));
        effects
    }

    /// The next wake-up: the driver sends [`Event::Woke`] then. None at Welcome, and only there,
    /// unless somebody chose another language and left it at that, or the camera has its hours.
    pub fn deadline(&self) -> Option<Mono> {
        let at_welcome = [self.language_until, self.hours_until];
        let at_welcome = at_welcome.into_iter().flatten().min();
        self.state.deadline().or(at_welcome)
    }

    fn speak_as_the_site(&mut self) {
        self.language = self.rules.language;
        self.language_until = None;
    }

    /// What to show.
    pub fn view(&self) -> View {
        View {
            language: self.language,
            conversation: self.conversation,
            screen: self.state.screen(&self.rules, self.working, self.language),
            staff_called: self.staff_called,
            alert: self.alert,
            leaving: self.state.leaving(),
            card_present: self.card_present,
        }
    }

    /// Answers that came too late and were dropped.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What is true in every state: devices, language, calling staff, staff acts, leaving, and
    /// answers nobody awaits. Gives the event back if it is the state's to handle.
    fn intercept(&mut self, event: Event, now: Now, effects: &mut Vec<Effect>) -> Option<Event> {
        if let Event::Chip { ask, result } = &event {
            let right = match result {
                Ok(_) => Some(true),
                Err(cause) => (*cause == Cause::WrongCan).then_some(false),
            };
            let day = self.rules.day(now);
            self.attempts.answered(*ask, right, day, now);
        }
        match &event {
            Event::CardPlaced => {
                self.card_present = true;
                self.card_is_next = matches!(self.state, State::Done(_) | State::Help(_));
            }
            Event::CardTaken => {
                self.card_present = false;
                self.card_is_next = false;
                self.attempts.card_taken();
            }
            Event::Device(Device::Reader, works) => self.working.chip = *works,
            Event::Device(Device::Codes, works) => self.working.code = *works,
            Event::Touch(touch) => return self.touched(touch.clone(), now, effects),
            Event::Staff { id, act } => {
                self.staff(*id, *act, now, effects);
                return None;
            }
            Event::Number { .. } | Event::Printed { .. } if !self.awaited(&event) => {
                settle(&event, effects);
                return None;
            }
            Event::Chip { .. }
            | Event::ChipProgress { .. }
            | Event::Patient { .. }
            | Event::Appointments { .. }
            | Event::Insurance { .. }
                if !self.awaited(&event) =>
            {
                self.dropped += 1;
                return None;
            }
            Event::Number { .. }
            | Event::Printed { .. }
            | Event::Chip { .. }
            | Event::ChipProgress { .. }
            | Event::Patient { .. }
            | Event::Appointments { .. }
            | Event::Insurance { .. }
            | Event::Code(_)
            | Event::Woke => {}
        }
        Some(event)
    }

    fn touched(&mut self, touch: Touch, now: Now, effects: &mut Vec<Effect>) -> Option<Event> {
        // Somebody is there: also when the touch overtook the wake-up for the warning or the end.
        if self.state.may_leave()
            && let Some(patience) = self.state.patience()
            && patience.warns(now)
        {
            patience.renew(now);
        }
        match touch {
            Touch::Language(language) => {
                self.language = language;
                let wait = self.rules.policy.waits.idle;
                self.language_until =
                    (language != self.rules.language).then(|| now.mono.after(wait));
                None
            }
            Touch::CallStaff => {
                self.call_staff(now, effects);
                None
            }
            Touch::Emergency => {
                self.emergency(now, effects);
                None
            }
            Touch::Cancel if self.state.may_leave() => {
                self.leave(now, effects);
                None
            }
            Touch::Cancel
            | Touch::Start
            | Touch::Consent(_)
            | Touch::Key(_)
            | Touch::TypeNumber
            | Touch::TypeHospitalNumber
            | Touch::NoCard
            | Touch::NoPapers
            | Touch::Confirm(_)
            | Touch::Choose(_)
            | Touch::AskPriority
            | Touch::MoreTime
            | Touch::Finish => Some(Event::Touch(touch)),
        }
    }

    fn call_staff(&mut self, now: Now, effects: &mut Vec<Effect>) {
        if self.staff_called {
            return;
        }
        self.staff_called = true;
        if matches!(self.state, State::Welcome) {
            self.transform(now, effects, |_, ctx| help(Cause::CalledByPatient, ctx));
        } else {
            effects.push(Effect::StaffWanted(Cause::CalledByPatient));
        }
    }

    /// Nobody in an emergency is given a number to wait with. One that is on its way is finished.
    fn emergency(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.staff_called = true;
        if self.state.may_leave() {
            self.end_in_help(Cause::Emergency, now, effects);
        } else {
            effects.push(Effect::StaffWanted(Cause::Emergency));
        }
    }

    fn staff(&mut self, id: Uuid, act: Act, now: Now, effects: &mut Vec<Effect>) {
        let answer = match act {
            Act::CallToDesk if self.state.may_leave() => {
                self.end_in_help(Cause::CalledToDesk, now, effects);
                "done"
            }
            // The number is on its way: it is finished first, then the call is shown.
            Act::CallToDesk => {
                self.called_to_desk = true;
                "done"
            }
            Act::Release if self.state.may_leave() => {
                self.leave(now, effects);
                "done"
            }
            Act::Release => "busy: a number is being taken or printed",
        };
        effects.push(Effect::StaffAnswered { id, answer });
    }

    fn end_in_help(&mut self, cause: Cause, now: Now, effects: &mut Vec<Effect>) {
        self.transform(now, effects, |state, ctx| {
            stop(&state, ctx);
            help(cause, ctx)
        });
    }

    fn leave(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.transform(now, effects, |state, ctx| {
            stop(&state, ctx);
            State::Welcome
        });
    }

    fn awaited(&self, event: &Event) -> bool {
        match (&self.state, event) {
            (State::Issuing(state), Event::Number { ask, .. }) => state.ask() == *ask,
            (State::Printing(state), Event::Printed { ask, .. }) => state.ask() == *ask,
            (
                State::Gathering(state),
                Event::Chip { ask, .. }
                | Event::ChipProgress { ask, .. }
                | Event::Patient { ask, .. }
                | Event::Appointments { ask, .. }
                | Event::Insurance { ask, .. },
            ) => state.awaits(*ask),
            _ => false,
        }
    }

    fn dispatch(&mut self, event: Event, now: Now, effects: &mut Vec<Effect>) {
        self.transform(now, effects, |state, ctx| state.on(event, ctx));
    }

    /// Moves to the next state, and forgets everything when that is Welcome.
    fn transform(
        &mut self,
        now: Now,
        effects: &mut Vec<Effect>,
        next: impl FnOnce(State, &mut Context<'_>) -> State,
    ) {
        let was_welcome = matches!(self.state, State::Welcome);
        let state = std::mem::replace(&mut self.state, State::Welcome);
        let mut ctx = Context {
            rules: &self.rules,
            now,
            effects,
            last_ask: &mut self.last_ask,
            attempts: &mut self.attempts,
            alert: &mut self.alert,
            ids: self.ids.as_mut(),
            card_present: self.card_present,
            working: self.working,
            language: self.language,
        };
        self.state = next(state, &mut ctx);
        if matches!(self.state, State::Welcome) && !was_welcome {
            self.released(now, effects);
        }
    }

    fn released(&mut self, now: Now, effects: &mut Vec<Effect>) {
        self.conversation += 1;
        self.speak_as_the_site();
        self.staff_called = false;
        self.alert = None;
        effects.push(Effect::Forget);
        if std::mem::take(&mut self.called_to_desk) {
            self.transform(now, effects, |_, ctx| help(Cause::CalledToDesk, ctx));
        } else if std::mem::take(&mut self.card_is_next) && self.card_present {
            self.dispatch(Event::CardPlaced, now, effects);
        }
    }
}

fn stop(state: &State, ctx: &mut Context<'_>) {
    if let State::Gathering(gathering) = state {
        gathering.stop(ctx);
    }
}

/// A late answer about what is durable is never dropped. A number whose patient has gone leaves the
/// queue; what became of a paper is recorded.
fn settle(event: &Event, effects: &mut Vec<Effect>) {
    if let Event::Number {
        result: Ok(answer), ..
    } = event
    {
        match answer {
            Answer::New(issued) => effects.push(Effect::Unclaim {
                visit: issued.visit,
            }),
            // Held since an earlier check-in; if that never reached the patient, neither did this.
            Answer::Same(issued) if issued.printed == 0 => {
                effects.push(Effect::Unclaim {
                    visit: issued.visit,
                });
            }
            Answer::Same(_) | Answer::Refused(_) => {}
        }
    } else if let Event::Printed { visit, result, .. } = event {
        effects.push(Effect::Paper {
            visit: *visit,
            paper: result.unwrap_or(Paper::Failed),
        });
    }
}

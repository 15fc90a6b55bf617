//! One kiosk of a load, a process of its own: the real driver, machine and store, before them patients
//! that come on standard input.

use std::collections::VecDeque;
use std::io::BufRead;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::log::{Log, Seen};
use crate::checkin::{Effect, Event, Screen, Touch, View};
use crate::cli::print;
use crate::identity::Payload;
use crate::kiosk::{Inlet, Kiosk, Moment, Parts, abandon};
use crate::queue::Paper;
use crate::sim::random::Random;
use crate::store::Answer;
use crate::ticket::{Printer, PrinterFault, Raster};
use crate::words::Cause;

/// What the kiosk says when a patient has gone.
pub(super) const GONE: &str = "gone";
/// At its end a kiosk waits so long for the line, and for what it has to carry over.
const MENDED_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Somebody on the way to the kiosk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patient {
    pub(super) person: u32,
    /// Leaves when asked whether that is them.
    pub(super) leaves: bool,
}

impl Patient {
    /// As a line on the kiosk's standard input.
    pub(super) fn line(self) -> String {
        let manner = if self.leaves { "leaves" } else { "stays" };
        format!("{} {manner}", self.person)
    }

    fn read(line: &str) -> Option<Self> {
        let (person, manner) = line.split_once(' ')?;
        Some(Self {
            person: person.parse().ok()?,
            leaves: manner == "leaves",
        })
    }

    /// The code on an invented card.
    fn code(self) -> Event {
        let number = format!("0990{:08}", self.person);
        let text = format!("{number}||Lò Thị Xuân|17051960|Nữ|Bản Mẫu, xã Thử Nghiệm|15032022");
        Event::Code(Box::new(Payload::parse(&text)))
    }
}

/// Share of the tickets of a kiosk with faults: those that do not come out, and those of which the
/// printer cannot tell.
const NOT_PRINTED: f32 = 0.03;
const NOT_VERIFIED: f32 = 0.04;

/// Runs until standard input ends.
pub(super) fn run(file: &Path, faults: bool) -> ExitCode {
    match serve(file, faults) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print::note(&format!("error: {}: {error}", file.display()));
            ExitCode::FAILURE
        }
    }
}

fn serve(file: &Path, faults: bool) -> Result<(), String> {
    let config = super::configured(file)?;
    let log = Log::open(&file.with_extension("log")).map_err(|error| error.to_string())?;
    let crowd = Arc::new(Crowd {
        log,
        inlet: OnceLock::new(),
        state: Mutex::default(),
    });
    let mut parts = Parts::from_config(&config).map_err(|error| error.to_string())?;
    let store = Arc::clone(&parts.store);
    parts.printer = Arc::new(move || {
        let chance = Random::new(&[u64::from(std::process::id())]);
        let faults = faults.then_some(chance);
        Box::new(Tray { faults })
    });
    // As the kiosk's window does when it starts.
    abandon(&config, store.as_ref()).map_err(|error| error.to_string())?;
    let cut = store.health().is_err();
    crowd.log.note(Seen::Started { cut });
    let watching = Arc::clone(&crowd);
    let observer = Box::new(move |moment: Moment<'_>| watching.sees(moment));
    let kiosk = Kiosk::start(config, parts, Some(observer)).map_err(|error| error.to_string())?;
    let _ = crowd.inlet.set(kiosk.inlet());
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if let Some(patient) = Patient::read(&line) {
            crowd.comes(patient);
        }
    }
    let end = Instant::now() + MENDED_WITHIN;
    while let Err(cause) = store.health() {
        if Instant::now() > end {
            return Err(format!("it does not heal: {cause}"));
        }
        std::thread::park_timeout(LOOK_EVERY);
    }
    Ok(())
}

/// A printer that prints at once, and sometimes not.
struct Tray {
    faults: Option<Random>,
}

impl Printer for Tray {
    fn print(&mut self, _: &Raster, _: [u8; 4], _: Duration) -> Result<Paper, PrinterFault> {
        let Some(chance) = &mut self.faults else {
            return Ok(Paper::Confirmed);
        };
        if chance.chance(NOT_PRINTED) {
            return Err(PrinterFault {
                cause: Cause::MediaEmpty,
                detail: "the load took its paper".to_owned(),
            });
        }
        Ok(match chance.chance(NOT_VERIFIED) {
            true => Paper::Unverified,
            false => Paper::Confirmed,
        })
    }

    fn status(&mut self, _: Duration) -> Result<(), PrinterFault> {
        Ok(())
    }
}

/// The patients before one kiosk, one after the other.
struct Crowd {
    log: Log,
    inlet: OnceLock<Inlet>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    coming: VecDeque<Patient>,
    /// Who stands there, and whether the kiosk has noticed.
    there: Option<(Patient, bool)>,
    /// They saw a number.
    saw: bool,
    /// The conversation and the screen that was answered last.
    answered: Option<(u64, &'static str)>,
}

impl Crowd {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn comes(&self, patient: Patient) {
        let mut state = self.state();
        state.coming.push_back(patient);
        self.next(&mut state);
    }

    /// The next one steps up, if nobody is there.
    fn next(&self, state: &mut State) {
        if state.there.is_none()
            && let Some(inlet) = self.inlet.get()
            && let Some(patient) = state.coming.pop_front()
        {
            state.there = Some((patient, false));
            state.saw = false;
            self.log.note(Seen::Came {
                person: patient.person,
            });
            inlet.event(patient.code());
        }
    }

    fn sees(&self, moment: Moment<'_>) {
        match moment {
            Moment::Effect(Effect::TakeNumber { ask, draft }) => self.log.note(Seen::Asked {
                ask: ask.0,
                visit: draft.visit,
                service: draft.service.0.clone(),
            }),
            Moment::Effect(Effect::Print { issued, .. }) => self.log.note(Seen::Printing {
                visit: issued.visit,
                number: issued.number.to_string(),
            }),
            Moment::Event(Event::Number { ask, result }) => self.log.note(match result {
                Ok(Answer::New(issued) | Answer::Same(issued)) => Seen::Told {
                    ask: ask.0,
                    visit: issued.visit,
                    number: issued.number.to_string(),
                    new: matches!(result, Ok(Answer::New(_))),
                },
                Ok(Answer::Refused(_)) | Err(_) => Seen::Refused { ask: ask.0 },
            }),
            Moment::Event(Event::Printed { visit, result, .. }) => {
                self.log.note(Seen::Printed {
                    visit: *visit,
                    came_out: result.is_ok_and(|paper| paper != Paper::Failed),
                });
            }
            Moment::View(view) => self.looks(view),
            Moment::Event(_) | Moment::Effect(_) => {}
        }
    }

    /// The patient looks at the screen, and does what it asks.
    fn looks(&self, view: &View) {
        let mut state = self.state();
        let Some((patient, noticed)) = state.there else {
            return;
        };
        let (screen, touch) = match &view.screen {
            Screen::Welcome { .. } if noticed => {
                self.log.note(Seen::Gone {
                    person: patient.person,
                    served: state.saw || patient.leaves,
                });
                state.there = None;
                print::result(GONE);
                return self.next(&mut state);
            }
            Screen::Welcome { .. } => return,
            Screen::Consent => ("consent", Some(Touch::Consent(true))),
            Screen::Gathering { .. } => ("gathering", None),
            Screen::Confirm { .. } if patient.leaves => ("confirm", Some(Touch::Cancel)),
            Screen::Confirm { .. } => ("confirm", Some(Touch::Confirm(true))),
            Screen::Choose { services, .. } => {
                let wanted = services.get(patient.person as usize % services.len().max(1));
                (
                    "choose",
                    wanted.map(|(code, _)| Touch::Choose(code.clone())),
                )
            }
            Screen::Issuing { .. } => ("issuing", None),
            Screen::Printing { .. } => ("printing", None),
            Screen::Done { .. } => ("done", Some(Touch::Finish)),
            Screen::Help { .. } => ("help", Some(Touch::Finish)),
        };
        state.there = Some((patient, true));
        if state.answered == Some((view.conversation, screen)) {
            return;
        }
        state.answered = Some((view.conversation, screen));
        if let Screen::Printing { number, .. } | Screen::Done { number, .. } = &view.screen {
            state.saw = true;
            self.log.note(Seen::Saw {
                number: number.to_string(),
            });
        }
        if let (Some(touch), Some(inlet)) = (touch, self.inlet.get()) {
            inlet.touch(touch);
        }
    }
}

//! The driver with parts made for it: a real store, and around it whatever can hang, panic or lie.

mod commands;
mod cuts;
mod drain;
mod journeys;
#[cfg(feature = "sim")]
mod leaks;
mod parts;
#[cfg(feature = "sim")]
mod proofs;
#[cfg(feature = "sim")]
mod reader;
mod stop;
mod stuck;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::limits::Limits;
use super::parts::{OpenChip, OpenPrinter};
use super::sources::Sources;
use super::{Kiosk, Moment, Observer, Parts};
use crate::checkin::{Device, Effect, Event, PaperShown, Screen, Touch, View};
use crate::config::{Config, EXAMPLE, Service};
use crate::emrtd::TransportError;
use crate::identity::{Payload, Person, PersonalNumber, VisitKey, Way};
use crate::queue::{Draft, InsuranceStatus, ServiceCode, VisitKind};
use crate::store::faulty::Faulty;
use crate::ticket::Template;
use crate::trust;
use parts::{Clinic, Gate, Insurer, Press};

/// What does not happen in this time fails the test; nothing else is timed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody by the code on their card.
const AN: &str = "099012345671||Lò Thị Xuân|17051960|Nữ|Bản Mẫu, xã Thử Nghiệm|15032022";
/// Somebody else.
const BINH: &str = "099012345672||Giàng A Sửu|02091988|Nam|Bản Mẫu, xã Thử Nghiệm|15032022";

/// Check-in `n` at this kiosk.
fn draft(n: u128, at: Timestamp) -> Draft {
    let number = PersonalNumber::parse(&format!("0990{n:08}")).unwrap();
    Draft {
        visit: Uuid::from_u128(n),
        provenance: Uuid::from_u128(n << 64),
        session: Default::default(),
        stops: Vec::new(),
        kiosk: "K1".into(),
        kind: VisitKind::Service,
        service: ServiceCode("KB".into()),
        day: TimeZone::get("Asia/Ho_Chi_Minh")
            .unwrap()
            .to_datetime(at)
            .date(),
        at,
        person: Some(Person::typed(number)),
        grade: None,
        way: Way::Typed,
        proofs: None,
        rejected: false,
        patient: None,
        may_register: false,
        priority: None,
        insurance: InsuranceStatus::NotAsked,
        appointment: None,
        companion: None,
        reason: None,
    }
}

/// What passed through the driver.
#[derive(Debug, Clone)]
enum Seen {
    Event(Event),
    Effect(Effect),
    View(View),
}

/// How a kiosk is set up.
struct Setup {
    config: Config,
    limits: Limits,
    chip: OpenChip,
    /// The driver panics when this event comes.
    panics_at: Option<Event>,
    /// Another store than a new one of the house's own.
    store: Option<Arc<Faulty>>,
    /// Another printer than one that always prints.
    printer: Option<OpenPrinter>,
    /// Sees what passes through the driver before the test does.
    first: Option<Observer>,
}

/// The queues of every house, and their desk.
fn queues(config: &Config) -> [Service; 2] {
    [config.services[0].clone(), config.desk.clone()]
}

/// A running kiosk and all that is around it.
struct House {
    kiosk: Option<Kiosk>,
    store: Arc<Faulty>,
    clinic: Arc<Clinic>,
    insurer: Arc<Insurer>,
    press: Arc<Gate>,
    seen: Receiver<Seen>,
    today: Date,
}

impl House {
    fn new() -> Self {
        Self::with(|_| ())
    }

    fn with(change: impl FnOnce(&mut Setup)) -> Self {
        let mut config = Config::parse(EXAMPLE, Path::new("/nowhere")).unwrap();
        config.services.truncate(1);
        config.trust.folder = "/nowhere/trust".into();
        let mut setup = Setup {
            limits: Limits::of(&config.policy.waits),
            config,
            chip: Arc::new(|| Err(TransportError::Removed)),
            panics_at: None,
            store: None,
            printer: None,
            first: None,
        };
        change(&mut setup);
        let Setup {
            config,
            limits,
            chip,
            panics_at,
            store,
            printer,
            mut first,
        } = setup;
        let store = store.unwrap_or_else(|| Arc::new(Faulty::new(&queues(&config))));
        let (clinic, insurer) = (Arc::new(Clinic::default()), Arc::new(Insurer::default()));
        let press = Arc::new(Gate::default());
        let gate = Arc::clone(&press);
        let parts = Parts {
            store: store.clone(),
            hospital: clinic.clone(),
            insurance: insurer.clone(),
            chip,
            trust: Arc::new(trust::Folder::open(&config.trust.folder)),
            printer: printer
                .unwrap_or_else(|| Arc::new(move || Box::new(Press(Arc::clone(&gate))))),
            template: Arc::new(Template::builtin()),
            visit_key: VisitKey::derive(b"a key for tests"),
        };
        let (sender, seen) = channel();
        let observer = move |moment: Moment<'_>| {
            if let Some(first) = &mut first {
                first(moment);
            }
            // The test may have ended.
            let _ = sender.send(match moment {
                Moment::Event(event) => Seen::Event(event.clone()),
                Moment::Effect(effect) => Seen::Effect(effect.clone()),
                Moment::View(view) => Seen::View(view.clone()),
            });
            if let Moment::Event(event) = moment {
                assert_ne!(Some(event), panics_at.as_ref(), "as the test wants it");
            }
        };
        let today = config.site.time_zone.to_datetime(Timestamp::now()).date();
        let none = |_: &_, _: &_| Ok(Sources::default());
        let kiosk = Kiosk::assemble(config, parts, Some(Box::new(observer)), limits, none);
        Self {
            kiosk: Some(kiosk.unwrap()),
            store,
            clinic,
            insurer,
            press,
            seen,
            today,
        }
    }

    fn kiosk(&self) -> &Kiosk {
        self.kiosk.as_ref().expect("it runs")
    }

    /// Waits for something that passes through the driver from now on.
    fn until<T>(&self, what: &str, mut wanted: impl FnMut(Seen) -> Option<T>) -> T {
        loop {
            let seen = self.seen.recv_timeout(PATIENCE);
            if let Some(found) = wanted(seen.unwrap_or_else(|_| panic!("never: {what}"))) {
                return found;
            }
        }
    }

    /// Sends an event, and waits until the machine gets it.
    fn act(&self, event: Event) {
        self.kiosk().inlet().event(event.clone());
        self.until("the event", |seen| {
            matches!(seen, Seen::Event(came) if came == event).then_some(())
        });
    }

    fn touch(&self, touch: Touch) {
        self.act(Event::Touch(touch));
    }

    fn show_code(&self, text: &str) {
        self.act(Event::Code(Box::new(Payload::parse(text))));
    }

    fn reader_works(&self) {
        self.kiosk().inlet().health("reader", Ok(()));
        self.until("the reader", |seen| {
            matches!(seen, Seen::Event(Event::Device(Device::Reader, true))).then_some(())
        });
    }

    /// Waits for a screen.
    fn screen<T>(&self, what: &str, mut wanted: impl FnMut(&Screen) -> Option<T>) -> T {
        self.until(what, |seen| {
            if let Seen::View(view) = seen {
                wanted(&view.screen)
            } else {
                None
            }
        })
    }

    fn welcome(&self) {
        self.screen("welcome", |screen| {
            matches!(screen, Screen::Welcome { .. }).then_some(())
        });
    }

    /// The patient says that the code is theirs.
    fn confirm(&self) {
        self.screen("confirm", |screen| {
            matches!(screen, Screen::Confirm { .. }).then_some(())
        });
        self.touch(Touch::Confirm(true));
    }

    /// Number and paper.
    fn done(&self) -> (String, PaperShown) {
        self.screen("a number", |screen| {
            if let Screen::Done { number, paper, .. } = screen {
                Some((number.to_string(), *paper))
            } else {
                None
            }
        })
    }

    /// One whole check-in with a code; gives the number.
    fn check_in(&self, code: &str) -> String {
        self.show_code(code);
        self.confirm();
        let (number, _) = self.done();
        self.touch(Touch::Finish);
        self.welcome();
        number
    }

    /// What the visits that wait for staff wait for, with their numbers.
    fn until_waiting(&self, expected: &[(&str, &[&str])]) {
        self.store
            .until(&format!("waiting: {expected:?}"), |store| {
                let lines = crate::store::Visits::waiting(store, self.today).unwrap();
                let found: Vec<_> = lines
                    .iter()
                    .map(|line| (line.number.as_str(), &line.waits_for[..]))
                    .collect();
                found.len() == expected.len()
                    && found
                        .iter()
                        .zip(expected)
                        .all(|(a, b)| a.0 == b.0 && a.1 == b.1)
            });
    }
}

impl Drop for House {
    /// Whatever hangs is let go, so that no thread outlives its test.
    fn drop(&mut self) {
        for call in ["issue", "paper", "answer", "pending", "publish", "append"] {
            self.store.heal(call);
        }
        self.clinic.finding.open();
        self.clinic.taking.open();
        self.insurer.0.open();
        self.press.open();
    }
}

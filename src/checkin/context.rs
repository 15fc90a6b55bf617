use jiff::civil::{Date, Time};
use uuid::Uuid;

use super::attempts::Attempts;
use super::event::{AskId, Effect, Mono, Now};
use super::view::Ways;
use crate::config::{Chip, Config, Ehr, Hours, Policy, Privacy, Queue, Service, Waits};
use crate::identity::{Grade, HospitalPattern, Way};
use crate::queue::{Admission, ServiceCode, Session, stops};
use crate::words::{Cause, Language};
use std::time::Duration;

/// What the machine is told once: policy, queues, and who it is.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The kiosk's id.
    pub kiosk: String,
    /// Language at Welcome.
    pub language: Language,
    /// What is allowed with which evidence.
    pub policy: Policy,
    /// The queues.
    pub services: Vec<Service>,
    /// What holds for all of them.
    pub queue: Queue,
    /// The desk's queue.
    pub desk: Service,
    /// What the hospital's own numbers look like, where its papers carry them.
    pub hospital_number: Option<HospitalPattern>,
    /// Days are reckoned in this zone.
    pub time_zone: jiff::tz::TimeZone,
    /// When the camera watches the welcome screen.
    pub watched: Hours,
}

impl From<&Config> for Rules {
    fn from(config: &Config) -> Self {
        Self {
            kiosk: config.kiosk.id.clone(),
            language: config.kiosk.language,
            policy: config.policy.clone(),
            services: config.services.clone(),
            queue: config.queue.clone(),
            desk: config.desk.clone(),
            hospital_number: match &config.ehr {
                Ehr::Fhir(fhir) => fhir.hospital_numbers.as_ref().map(|n| n.pattern.clone()),
                Ehr::Local => None,
            },
            time_zone: config.site.time_zone.clone(),
            watched: config
                .camera
                .as_ref()
                .map_or(Hours::Never, |camera| camera.welcome),
        }
    }
}

impl Rules {
    /// The hospital's calendar day.
    pub(super) fn day(&self, now: Now) -> Date {
        self.time_zone.to_datetime(now.wall).date()
    }

    /// The hospital's time of day.
    pub(super) fn time(&self, now: Now) -> Time {
        self.time_zone.to_datetime(now.wall).time()
    }

    /// The services that a patient may choose now: offered at a kiosk, and taking numbers.
    pub(super) fn open(&self, now: Now) -> Vec<&Service> {
        let mut offered = self.queue.offered(&self.services);
        offered.retain(|service| self.session(&service.code, now).is_some());
        offered
    }

    /// The session that a number of this queue is for, if it is taken now.
    pub(super) fn session(&self, code: &ServiceCode, now: Now) -> Option<Session> {
        let service = self.services.iter().find(|service| service.code == *code)?;
        let civil = self.time_zone.to_datetime(now.wall);
        match service.timetable.admission(civil) {
            Admission::Open { session } => Some(session),
            Admission::Closed { .. } => None,
        }
    }

    /// Where somebody goes who wants this service: the first stop, whose number it is, and the rest.
    pub(super) fn route(&self, chosen: &ServiceCode) -> (ServiceCode, Vec<ServiceCode>) {
        let mut stops = stops(&self.queue.routes, None, chosen).into_iter();
        let first = stops.next().unwrap_or_else(|| chosen.clone());
        (first, stops.collect())
    }

    /// The chip is read on this site.
    pub fn chip_offered(&self) -> bool {
        self.policy.chip != Chip::Off && self.policy.ways.contains(&Way::Chip)
    }

    /// Patients are asked before the chip is read.
    pub(super) fn consent_asked(&self) -> bool {
        self.policy.privacy == Privacy::Ask && self.chip_offered()
    }

    /// A person known by this way may be handed the same ticket again.
    pub(super) fn may_reprint(way: Way) -> bool {
        matches!(way, Way::Chip | Way::CardQr | Way::BhytQr)
    }

    /// A person of this grade may be registered as a new patient.
    pub(super) fn may_register(&self, grade: Grade) -> bool {
        grade >= self.policy.register_from
    }

    /// Name and place of the queue with this code, or of the desk.
    pub(super) fn named(&self, code: &ServiceCode, language: Language) -> (String, String) {
        let service = self
            .services
            .iter()
            .find(|service| service.code == *code)
            .unwrap_or(&self.desk);
        (service.name(language).to_owned(), service.place.clone())
    }
}

/// How long a state waits for somebody who does nothing: a warning first, then the release.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    idle: Duration,
    warning: Duration,
    warn_at: Mono,
    until: Mono,
    pub(super) leaving: bool,
}

impl Patience {
    pub(super) fn new(now: Now, idle: Duration, warning: Duration) -> Self {
        let warn_at = now.mono.after(idle);
        Self {
            idle,
            warning,
            warn_at,
            until: warn_at.after(warning),
            leaving: false,
        }
    }

    /// Somebody is there.
    pub(super) fn renew(&mut self, now: Now) {
        *self = Self::new(now, self.idle, self.warning);
    }

    /// The next wake-up.
    pub(super) fn deadline(&self) -> Mono {
        if self.leaving {
            self.until
        } else {
            self.warn_at
        }
    }

    /// The time of the warning has come.
    pub(super) fn warns(&self, now: Now) -> bool {
        now.mono >= self.warn_at
    }

    /// Notes the time. True when patience has ended.
    pub(super) fn ended(&mut self, now: Now) -> bool {
        self.leaving = self.warns(now);
        now.mono >= self.until
    }
}

/// What a state may use while it handles one event.
pub(super) struct Context<'a> {
    pub(super) rules: &'a Rules,
    pub(super) now: Now,
    pub(super) effects: &'a mut Vec<Effect>,
    pub(super) last_ask: &'a mut u64,
    pub(super) attempts: &'a mut Attempts,
    pub(super) alert: &'a mut Option<Cause>,
    pub(super) ids: &'a mut (dyn FnMut() -> Uuid + Send),
    pub(super) card_present: bool,
    pub(super) working: Ways,
    pub(super) language: Language,
}

impl Context<'_> {
    /// A number for the next question.
    pub(super) fn ask(&mut self) -> AskId {
        *self.last_ask += 1;
        AskId(*self.last_ask)
    }

    pub(super) fn want(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Staff are told, once a conversation. The check-in goes on.
    pub(super) fn alert(&mut self, cause: Cause) {
        if self.alert.replace(cause) != Some(cause) {
            self.want(Effect::StaffWanted(cause));
        }
    }

    pub(super) fn new_id(&mut self) -> Uuid {
        (self.ids)()
    }

    pub(super) fn waits(&self) -> Waits {
        self.rules.policy.waits
    }

    pub(super) fn patience(&self) -> Patience {
        Patience::new(self.now, self.waits().idle, self.waits().warning)
    }

    /// Patience without a warning: somebody else is at work, or there is nothing to ask.
    pub(super) fn bound(&self, wait: Duration) -> Patience {
        Patience::new(self.now, wait, Duration::ZERO)
    }

    /// The hospital's calendar day.
    pub(super) fn day(&self) -> Date {
        self.rules.day(self.now)
    }
}

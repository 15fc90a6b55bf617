//! The queues: services, sessions of the day, and what holds for all of them.

use crate::queue::{Authority, Interleave, Room, Route, Series, ServiceCode, Session, Timetable};
use crate::words::Language;

/// A queue.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its code.
    pub code: ServiceCode,
    /// Its Vietnamese name.
    pub name_vi: String,
    /// Its English name.
    pub name_en: String,
    /// Where to go.
    pub place: String,
    /// Its numbers.
    pub series: Series,
    /// Patients may choose it at a kiosk; else only a route or staff lead there.
    pub offered: bool,
    /// The rooms that call from it; empty where nobody counts them.
    pub rooms: Vec<Room>,
    /// When its numbers are taken and its rooms are open.
    pub timetable: Timetable,
    /// Seconds between two calls, as far as anybody can say before they were measured.
    pub interval_seconds: Option<u32>,
}

impl Service {
    /// A queue as it is without any setting: its names and its place are its code.
    pub fn new(code: &str, prefix: &str) -> Self {
        Self {
            code: ServiceCode(code.to_owned()),
            name_vi: code.to_owned(),
            name_en: code.to_owned(),
            place: code.to_owned(),
            series: Series::new(prefix),
            offered: true,
            rooms: Vec::new(),
            timetable: Timetable::default(),
            interval_seconds: None,
        }
    }

    /// Its name in a language.
    pub fn name(&self, language: Language) -> &str {
        in_language(&self.name_vi, &self.name_en, language)
    }
}

/// What a session of the day is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionName {
    /// Its code in the configuration.
    pub code: String,
    /// Its Vietnamese name.
    pub name_vi: String,
    /// Its English name.
    pub name_en: String,
}

impl SessionName {
    /// Its name in a language.
    pub fn name(&self, language: Language) -> &str {
        in_language(&self.name_vi, &self.name_en, language)
    }
}

fn in_language<'a>(vietnamese: &'a str, english: &'a str, language: Language) -> &'a str {
    match language {
        Language::Vi => vietnamese,
        Language::En => english,
    }
}

/// What holds for all queues.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Who owns which numbers.
    pub authority: Authority,
    /// How many of each lane are called in turn.
    pub interleave: Interleave,
    /// How many others are called before somebody who was skipped.
    pub skip_behind: u32,
    /// Where patients go, by class and service.
    pub routes: Vec<Route>,
    /// The names of the sessions, by [`Session`]; empty where the day is one.
    pub sessions: Vec<SessionName>,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            authority: Authority::default(),
            interleave: Interleave::default(),
            skip_behind: Self::SKIP_BEHIND,
            routes: Vec::new(),
            sessions: Vec::new(),
        }
    }
}

impl Queue {
    /// The usual "after three numbers".
    pub(super) const SKIP_BEHIND: u32 = 3;

    /// The name of a session; absent where the day is one.
    pub fn session_name(&self, session: Session) -> Option<&SessionName> {
        self.sessions.get(usize::from(session.0))
    }

    /// The services that patients may choose at a kiosk, in their order.
    pub fn offered<'a>(&self, services: &'a [Service]) -> Vec<&'a Service> {
        let offered = |service: &&Service| match &self.authority {
            Authority::Tiepdon => service.offered,
            his @ Authority::His { .. } => his.gives(&service.code),
        };
        services.iter().filter(offered).collect()
    }
}

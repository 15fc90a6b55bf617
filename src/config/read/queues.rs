//! Sessions, services, the desk, and what holds for all queues.

use super::Root;
use crate::config::queues::{Queue, Service, SessionName};
use crate::config::section::Section;
use crate::queue::{
    Authority, Capacity, Clash, Closure, Interleave, PatientClass, Period, Reset, Room, Route,
    Series, ServiceCode, Session, Sitting, Stop, Timetable, Weekdays,
};

/// Most sessions of a day.
const SESSIONS_MAX: usize = 8;
/// Most patients that a room may be said to receive in a session.
const CAPACITY_MAX: u32 = 10_000;

/// The sessions of the site, which every service may narrow.
#[derive(Default)]
pub(super) struct Sessions {
    names: Vec<SessionName>,
    prefixes: Vec<String>,
    sittings: Vec<Sitting>,
    pub(super) closures: Vec<Closure>,
}

impl Sessions {
    fn named(&self, code: &str) -> Option<Session> {
        let index = self.names.iter().position(|name| name.code == code)?;
        u8::try_from(index).ok().map(Session)
    }

    fn codes(&self) -> String {
        let codes: Vec<&str> = self.names.iter().map(|name| name.code.as_str()).collect();
        codes.join(", ")
    }

    /// What a clash is called by whoever wrote the file.
    fn words(&self, clash: Clash) -> String {
        let code = |session: Session| {
            let name = self.names.get(usize::from(session.0));
            name.map_or("", |name| name.code.as_str())
        };
        match clash {
            Clash::NumbersOutlastRooms(one) => format!(
                "{}: numbers would be given after the rooms close; end numbers no later than hours",
                code(one)
            ),
            Clash::Twice(one) => format!("{} stands there twice for the same day", code(one)),
            Clash::Overlap(one, other) => format!(
                "{} and {} overlap: a moment's number would belong to both",
                code(one),
                code(other)
            ),
            Clash::OutOfOrder(one, other) => {
                format!(
                    "{} begins before {}: write it first",
                    code(other),
                    code(one)
                )
            }
        }
    }
}

impl Root<'_> {
    pub(super) fn sessions(&self, closures: Vec<Closure>) -> Sessions {
        let mut read = Sessions {
            closures,
            ..Sessions::default()
        };
        for table in self.root.sections("sessions") {
            session(&table, &mut read);
            table.finish();
        }
        if read.names.len() > SESSIONS_MAX {
            let cure = format!("are more than {SESSIONS_MAX} a day");
            self.root.fault("sessions", &cure);
        }
        if let Err(clash) = Timetable::new(read.sittings.clone(), Vec::new()) {
            self.root.fault("sessions", &read.words(clash));
        }
        read
    }

    pub(super) fn services(&self, sessions: &Sessions) -> Vec<Service> {
        let tables = self.root.sections("services");
        let services: Vec<Service> = tables.iter().map(|one| service(one, sessions)).collect();
        if services.is_empty() {
            self.root.fault(
                "services",
                "is missing: describe each queue in a [[services]] table",
            );
        }
        for (index, one) in services.iter().enumerate() {
            let others = &services[..index];
            if others.iter().any(|other| other.code == one.code) {
                let cure = format!("two services have the code {}", one.code.0);
                self.root.fault("services", &cure);
            }
            if let Some(prefix) = others.iter().find_map(|other| shared_prefix(other, one)) {
                let cure = format!("two services have the prefix {prefix}");
                self.root.fault("services", &cure);
            }
        }
        services
    }

    pub(super) fn desk(&self, services: &[Service]) -> Service {
        let section = self.root.section("desk");
        if !section.present() {
            self.root.fault(
                "desk",
                "is missing: a [desk] table gives the series of desk numbers",
            );
        }
        let desk = plain_service(&section);
        section.finish();
        let clash = |one: &Service| one.code == desk.code || shared_prefix(one, &desk).is_some();
        if services.iter().any(clash) {
            self.root.fault(
                "desk",
                "has the code or prefix of a service: a number must name one queue",
            );
        }
        desk
    }

    pub(super) fn queue(&self, sessions: Sessions, services: &[Service], desk: &Service) -> Queue {
        let section = self.root.section("queue");
        let read = Queue {
            authority: authority(&section, services),
            interleave: section
                .parsed(
                    "interleave",
                    "two shares such as 1:2 (priority:ordinary), each from 1 to 20",
                    Interleave::parse,
                )
                .unwrap_or_default(),
            skip_behind: section.number("skip_behind", 1..=50, Queue::SKIP_BEHIND),
            routes: self.routes(services, desk),
            sessions: sessions.names,
        };
        if read.authority != Authority::Tiepdon && !read.routes.is_empty() {
            self.root.fault(
                "routes",
                "are the hospital's system's where queue.authority is \"his\"",
            );
        }
        if !services.is_empty() && read.offered(services).is_empty() {
            self.root.fault(
                "services",
                "none is offered: patients would have nothing to choose",
            );
        }
        section.finish();
        read
    }

    fn routes(&self, services: &[Service], desk: &Service) -> Vec<Route> {
        let mut routes: Vec<Route> = Vec::new();
        for table in self.root.sections("routes") {
            let one = route(&table, services, desk);
            if routes.iter().any(|earlier| earlier.covers(&one)) {
                self.root.fault(
                    "routes",
                    "an earlier one is for the same patients; write the narrower one first",
                );
            }
            table.finish();
            routes.push(one);
        }
        routes
    }
}

fn session(table: &Section<'_>, read: &mut Sessions) {
    let code = table.needed("code", "sang");
    let session = if let Some(session) = read.named(&code) {
        for key in ["name_vi", "name_en", "prefix"] {
            if table.has(key) {
                table.fault(key, "stands in this session's first table");
            }
        }
        session
    } else {
        let name_vi = table.needed("name_vi", "Buổi sáng");
        let letters = |text: &str| {
            let plain = text.len() <= 4 && text.bytes().all(|b| b.is_ascii_alphabetic());
            plain.then(|| text.to_owned())
        };
        let prefix = table.parsed("prefix", "1 to 4 letters", letters);
        read.prefixes.push(prefix.unwrap_or_default());
        read.names.push(SessionName {
            code,
            name_en: table.text("name_en").unwrap_or_else(|| name_vi.clone()),
            name_vi,
        });
        Session(u8::try_from(read.names.len() - 1).unwrap_or(u8::MAX))
    };
    table.needed("hours", "07:00-11:30");
    let rooms = period(table, "hours").unwrap_or(Period::ALL_DAY);
    read.sittings.push(Sitting {
        session,
        days: days(table).unwrap_or(Weekdays::ALL),
        rooms,
        numbers: period(table, "numbers").unwrap_or(rooms),
    });
}

fn period(table: &Section<'_>, key: &'static str) -> Option<Period> {
    table.parsed(
        key,
        "hours of one day such as 07:00-11:30 (a day ends at 24:00)",
        Period::parse,
    )
}

fn days(table: &Section<'_>) -> Option<Weekdays> {
    let words = table.parsed_list(
        "days",
        "mon, tue, wed, thu, fri, sat, sun, or several such as mon-fri",
        Weekdays::parse,
    )?;
    let days = words.into_iter().reduce(Weekdays::and);
    if days.is_none() {
        table.fault("days", "lists no day");
    }
    days
}

pub(super) fn closures(table: &Section<'_>) -> Vec<Closure> {
    let dates = table.parsed_list(
        "closed_dates",
        "a date such as 2027-01-01, or the first and the last: 2027-02-05/2027-02-11",
        Closure::parse,
    );
    dates.unwrap_or_default()
}

fn service(section: &Section<'_>, sessions: &Sessions) -> Service {
    let plain = plain_service(section);
    let by_session = [("day", false), ("session", true)];
    let service = Service {
        series: Series {
            reset: if section.one_of("reset", &by_session, false) {
                reset_by_session(section, sessions)
            } else {
                Reset::Day
            },
            ..plain.series
        },
        offered: section.flag("offered", true),
        rooms: rooms(section, sessions),
        timetable: timetable(section, sessions),
        interval_seconds: section
            .has("interval_seconds")
            .then(|| section.number("interval_seconds", 5..=7200, 300)),
        ..plain
    };
    section.finish();
    service
}

/// What the desk has as well.
fn plain_service(section: &Section<'_>) -> Service {
    let short = |text: &str, more: &[u8]| {
        let known = |b: u8| b.is_ascii_alphanumeric() || more.contains(&b);
        (text.len() <= 12 && text.bytes().all(known)).then(|| text.to_owned())
    };
    section.needed("code", "NOI");
    section.needed("prefix", "A");
    let code = section.parsed("code", "1 to 12 letters and digits", |text| {
        short(text, b"-")
    });
    let prefix = section.parsed(
        "prefix",
        "1 to 12 letters and digits, the last one no digit (A1 and 001 would read as A and 1001)",
        |text| short(text, b"").filter(|text| !text.ends_with(|c: char| c.is_ascii_digit())),
    );
    let name_vi = section.needed("name_vi", "...");
    let first = section.number("first", 0..=1_000_000, 1);
    Service {
        name_en: section.text("name_en").unwrap_or_else(|| name_vi.clone()),
        name_vi,
        place: section.needed("place", "..."),
        series: Series {
            digits: u8::try_from(section.number("digits", 1..=6, 3)).unwrap_or(3),
            first,
            last: section
                .has("last")
                .then(|| section.number("last", first..=9_999_999, first)),
            ..Series::new(&prefix.unwrap_or_default())
        },
        ..Service::new(&code.unwrap_or_default(), "")
    }
}

fn reset_by_session(section: &Section<'_>, sessions: &Sessions) -> Reset {
    if sessions.names.is_empty() {
        section.fault("reset", "needs [[sessions]]: a day without them is one");
    }
    let same = |(index, one): (usize, &String)| {
        let others = &sessions.prefixes[..index];
        others.iter().any(|other| other.eq_ignore_ascii_case(one))
    };
    if sessions.prefixes.iter().enumerate().any(same) {
        section.fault(
            "reset",
            "would give one number twice on a day: give each of [[sessions]] a prefix of its own (one may have none)",
        );
    }
    Reset::Session {
        prefixes: sessions.prefixes.clone(),
    }
}

fn rooms(section: &Section<'_>, sessions: &Sessions) -> Vec<Room> {
    let mut rooms: Vec<Room> = Vec::new();
    for table in section.sections("rooms") {
        let place = table.needed("place", "P.101");
        if rooms.iter().any(|room| room.place == place) {
            table.fault("place", "stands there twice");
        }
        let capacity = capacity(&table, sessions);
        table.finish();
        rooms.push(Room { place, capacity });
    }
    rooms
}

fn capacity(room: &Section<'_>, sessions: &Sessions) -> Capacity {
    const KEY: &str = "capacity";
    if !room.has(KEY) {
        return Capacity::Unlimited;
    }
    let Some(counts) = room.counts(KEY, CAPACITY_MAX) else {
        return Capacity::Each(room.number(KEY, 0..=CAPACITY_MAX, 0));
    };
    let mut by_session = vec![0; sessions.names.len()];
    for (code, count) in counts {
        match sessions.named(&code) {
            Some(session) => by_session[usize::from(session.0)] = count,
            None => room.fault(KEY, &no_session(&code, sessions)),
        }
    }
    Capacity::BySession(by_session)
}

fn no_session(code: &str, sessions: &Sessions) -> String {
    if sessions.names.is_empty() {
        format!("\"{code}\" is no session: describe the site's in [[sessions]] tables")
    } else {
        format!("\"{code}\" is none of the sessions {}", sessions.codes())
    }
}

fn timetable(section: &Section<'_>, sessions: &Sessions) -> Timetable {
    const KEY: &str = "sessions";
    let mut closed = sessions.closures.clone();
    closed.extend(closures(section));
    let tables = section.sections(KEY);
    if !section.has(KEY) {
        // A clash of the site's own sessions is named where they stand.
        return Timetable::new(sessions.sittings.clone(), closed).unwrap_or_default();
    }
    if tables.is_empty() {
        section.fault(KEY, "lists none: the service would never open");
    }
    let mut sittings = Vec::new();
    for table in &tables {
        let code = table.needed("code", "sang");
        match sessions.named(&code) {
            Some(session) => sittings.extend(narrowed(table, session, sessions)),
            None if table.has("code") => table.fault("code", &no_session(&code, sessions)),
            None => {}
        }
        table.finish();
    }
    Timetable::new(sittings, closed).unwrap_or_else(|clash| {
        section.fault(KEY, &sessions.words(clash));
        Timetable::default()
    })
}

/// A session of the site with what a service writes otherwise.
fn narrowed(table: &Section<'_>, session: Session, sessions: &Sessions) -> Vec<Sitting> {
    let (hours, numbers, days) = (
        period(table, "hours"),
        period(table, "numbers"),
        days(table),
    );
    let site = sessions
        .sittings
        .iter()
        .filter(|one| one.session == session);
    if let Some(rooms) = hours {
        let sites_days = site.map(|one| one.days).reduce(Weekdays::and);
        return vec![Sitting {
            session,
            days: days.or(sites_days).unwrap_or(Weekdays::ALL),
            rooms,
            numbers: numbers.unwrap_or(rooms),
        }];
    }
    let on_its_days = site.filter_map(|one| {
        Some(Sitting {
            days: one.days.common(days.unwrap_or(Weekdays::ALL))?,
            numbers: numbers.unwrap_or(one.numbers),
            ..*one
        })
    });
    let sittings: Vec<Sitting> = on_its_days.collect();
    if sittings.is_empty() {
        table.fault(
            "days",
            "are none of this session's days at the site; write its hours, too",
        );
    }
    sittings
}

fn authority(section: &Section<'_>, services: &[Service]) -> Authority {
    const KEY: &str = "counter";
    let his = section.one_of("authority", &[("tiepdon", false), ("his", true)], false);
    let counter = section.parsed(KEY, "the code of one of the services", |text| {
        known(text, services)
    });
    match counter {
        Some(counter) if his => return Authority::His { counter },
        Some(_) => section.fault(KEY, "is for authority = \"his\""),
        None if his && !section.has(KEY) => section.fault(
            KEY,
            "is missing, write counter = \"TD\": the service of the reception counter",
        ),
        None => {}
    }
    Authority::Tiepdon
}

fn route(table: &Section<'_>, services: &[Service], desk: &Service) -> Route {
    const STOPS: &str = "stops";
    let classes = PatientClass::ALL.map(PatientClass::code);
    let expected = format!("one of {}", classes.join(", "));
    let class = table.parsed("class", &expected, |text| {
        PatientClass::ALL
            .into_iter()
            .find(|class| class.code() == text)
    });
    let code = "the code of one of the services";
    let of = table.parsed_list("services", code, |text| known(text, services));
    let stop = "the code of a service or of the desk, or \"*\" for the service that was chosen";
    let stops = table.parsed_list(STOPS, stop, |text| match text {
        "*" => Some(Stop::Chosen),
        text if text == desk.code.0 => Some(Stop::At(desk.code.clone())),
        text => known(text, services).map(Stop::At),
    });
    let stops = stops.unwrap_or_default();
    if !stops.contains(&Stop::Chosen) {
        table.fault(STOPS, "needs one \"*\", the service that was chosen");
    }
    let twice = |(index, stop): (usize, &Stop)| stops[..index].contains(stop);
    if stops.iter().enumerate().any(twice) {
        table.fault(STOPS, "leads to the same stop twice");
    }
    Route {
        class,
        services: of.unwrap_or_default(),
        stops,
    }
}

fn known(text: &str, services: &[Service]) -> Option<ServiceCode> {
    let mut codes = services.iter().map(|service| &service.code);
    codes.find(|code| code.0 == text).cloned()
}

/// A text that stands before the digits of both. Heard over a loudspeaker, "a" and "A" are one
/// letter.
fn shared_prefix(one: &Service, other: &Service) -> Option<String> {
    let others = other.series.prefixes();
    let shared = |prefix: &String| others.iter().any(|p| p.eq_ignore_ascii_case(prefix));
    one.series.prefixes().into_iter().find(shared)
}

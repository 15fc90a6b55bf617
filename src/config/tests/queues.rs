use std::path::Path;

use jiff::civil::DateTime;

use super::{EXAMPLE, uncommented};
use crate::config::{Config, Queue};
use crate::queue::{
    Admission, Authority, Interleave, PatientClass, Reset, ServiceCode, Session, capacity, stops,
};

const MORNING: Session = Session(0);
const AFTERNOON: Session = Session(1);

/// All of the example but what needs files.
fn hospital() -> String {
    let files = [
        "[staff]",
        "listen = ",
        "token_file = ",
        "password_file = ",
        "ca_file = ",
    ];
    let source = uncommented();
    let lines = source.lines();
    let without_files = lines.filter(|line| !files.iter().any(|key| line.starts_with(key)));
    without_files.map(|line| format!("{line}\n")).collect()
}

fn read(source: &str) -> Config {
    Config::parse(source, Path::new("/nowhere")).expect("no fault")
}

fn faults(source: &str) -> Vec<String> {
    let faults = Config::parse(source, Path::new("/nowhere")).err();
    let faults = faults.unwrap_or_default();
    faults.iter().map(ToString::to_string).collect()
}

fn admission(config: &Config, service: usize, at: &str) -> Admission {
    let at: DateTime = at.parse().expect("a time");
    config.services[service].timetable.admission(at)
}

#[test]
fn a_station_that_writes_nothing_of_it_has_queues_as_before() {
    let config = read(EXAMPLE);
    let service = &config.services[0];
    assert_eq!(service.series.reset, Reset::Day);
    assert_eq!(service.series.last, None);
    assert_eq!(capacity(&service.rooms, MORNING), None);
    assert_eq!(
        admission(&config, 0, "2026-11-30T03:00"),
        Admission::Open { session: MORNING }
    );
    let Queue {
        authority,
        interleave,
        skip_behind,
        routes,
        sessions,
    } = &config.queue;
    assert_eq!(*authority, Authority::Tiepdon);
    assert_eq!((*interleave, *skip_behind), (Interleave::default(), 3));
    assert!(routes.is_empty() && sessions.is_empty());
    assert_eq!(config.queue.offered(&config.services).len(), 2);
    assert_eq!(config.kiosk.prefix.expect("the id").to_string(), "K1");
    let unspeakable = read(&EXAMPLE.replace("id = \"K1\"", "id = \"kiosk-entrance\""));
    assert_eq!(unspeakable.kiosk.prefix, None);
}

#[test]
fn a_hospital_has_sessions_rooms_and_routes() {
    let config = read(&hospital());
    let open = |session| Admission::Open { session };
    let until = |text: &str| Admission::Closed {
        next: text.parse().ok(),
    };
    for (service, at, expected) in [
        (0, "2026-11-30T05:00", open(MORNING)),
        (0, "2026-11-30T12:30", open(AFTERNOON)),
        (0, "2026-12-05T07:00", until("2026-12-05T07:30")),
        (0, "2026-12-05T08:00", open(MORNING)),
        (0, "2026-12-31T17:00", until("2027-01-02T07:30")),
        // Vaccination: Tuesday and Wednesday mornings, numbers from six.
        (1, "2026-11-30T08:00", until("2026-12-01T06:00")),
        (1, "2026-12-01T08:00", open(MORNING)),
        (1, "2026-12-01T13:30", until("2026-12-02T06:00")),
    ] {
        assert_eq!(admission(&config, service, at), expected, "{service} {at}");
    }
    let rooms = &config.services[0].rooms;
    assert_eq!(capacity(rooms, MORNING), Some(120));
    assert_eq!(capacity(rooms, AFTERNOON), Some(100));
    assert_eq!(
        config
            .queue
            .session_name(AFTERNOON)
            .map(|name| name.name_en.as_str()),
        Some("Afternoon")
    );
    let codes =
        |services: Vec<ServiceCode>| services.into_iter().map(|code| code.0).collect::<Vec<_>>();
    let chosen = ServiceCode("KB".into());
    let way = stops(&config.queue.routes, Some(PatientClass::SelfPay), &chosen);
    assert_eq!(codes(way), ["TN", "KB"]);
    let offered = config.queue.offered(&config.services);
    assert_eq!(
        codes(offered.iter().map(|s| s.code.clone()).collect()),
        ["KB", "TIEM"]
    );
}

#[test]
fn a_series_that_begins_again_in_the_afternoon_shows_it() {
    let config = read(&hospital().replacen("reset = \"day\"", "reset = \"session\"", 1));
    let series = &config.services[0].series;
    assert_eq!(series.number(MORNING, 1).as_str(), "A001");
    assert_eq!(series.number(AFTERNOON, 1).as_str(), "CA001");
}

#[test]
fn where_the_hospitals_system_owns_the_queues_kiosks_offer_the_counter() {
    let his = "authority = \"his\"\ncounter = \"TN\"";
    let source = hospital().replacen("authority = \"tiepdon\"", his, 1);
    let (before, after) = source.split_once("[[routes]]").expect("routes");
    let (_, after) = after.split_once("[reader]").expect("the reader");
    let config = read(&format!("{before}[reader]{after}"));
    let offered = config.queue.offered(&config.services);
    assert_eq!(offered.len(), 1);
    assert_eq!(offered[0].code.0, "TN");
}

/// Every row is a mistake that somebody could make, and what is said of it.
#[test]
fn what_a_hospital_could_write_wrong_about_its_queues_is_named() {
    let afternoon = "hours = \"13:00-16:30\"";
    for (from, to, expected) in [
        (
            "prefix = \"K1\"",
            "prefix = \"k-1\"",
            "kiosk.prefix: \"k-1\" is not 1 to 4 capital",
        ),
        (
            "\"2027-02-05/2027-02-11\"",
            "\"05/02/2027\"",
            "site.closed_dates: \"05/02/2027\" is not a date",
        ),
        (
            afternoon,
            "hours = \"13h-16h30\"",
            "sessions[1].hours: \"13h-16h30\" is not hours of one day",
        ),
        (
            afternoon,
            "",
            "sessions[1].hours: is missing, write hours = \"07:00-11:30\"",
        ),
        (
            afternoon,
            "hours = \"11:00-16:30\"",
            "sessions: sang and chieu overlap",
        ),
        (
            "numbers = \"12:00-16:00\"",
            "numbers = \"10:00-16:00\"",
            "sessions: sang and chieu overlap",
        ),
        (
            "numbers = \"12:00-16:00\"",
            "numbers = \"12:00-17:00\"",
            "sessions: chieu: numbers would be given after",
        ),
        (
            "code = \"chieu\"\n",
            "code = \"sang\"\n",
            "sessions: sang stands there twice for the same day",
        ),
        (
            "days = [\"sat\"]",
            "days = [\"t7\"]",
            "sessions[2].days: \"t7\" is not mon, tue",
        ),
        (
            "days = [\"sat\"]",
            "days = []",
            "sessions[2].days: lists no day",
        ),
        (
            "days = [\"sat\"]",
            "days = [\"sat\"]\nname_vi = \"Sáng\"",
            "sessions[2].name_vi: stands in this session's first table",
        ),
        (
            "prefix = \"C\"",
            "prefix = \"C1\"",
            "sessions[1].prefix: \"C1\" is not 1 to 4 letters",
        ),
        (
            "last = 999",
            "last = 0",
            "services[0].last: is integer; expected a whole number from 1",
        ),
        (
            "reset = \"day\"",
            "reset = \"noon\"",
            "services[0].reset: \"noon\" is not one of day, session",
        ),
        (
            "reset = \"day\"",
            "rset = \"day\"",
            "services[0].rset: is not a key here; reset is",
        ),
        (
            "interval_seconds = 240",
            "interval_seconds = 1",
            "services[0].interval_seconds",
        ),
        (
            "capacity = 60",
            "capacity = -1",
            "services[0].rooms[0].capacity: is integer; expected a whole number from 0",
        ),
        (
            "capacity = 60",
            "capacity = \"60\"",
            "services[0].rooms[0].capacity: is string",
        ),
        (
            "sang = 60",
            "trua = 60",
            "services[0].rooms[1].capacity: \"trua\" is none of the sessions sang, chieu",
        ),
        (
            "sang = 60",
            "sang = 60.5",
            "services[0].rooms[1].capacity.sang: is float",
        ),
        (
            "place = \"P.102\"",
            "place = \"P.101\"",
            "services[0].rooms[1].place: stands there twice",
        ),
        (
            "place = \"P.102\"",
            "door = 2",
            "services[0].rooms[1].place: is missing",
        ),
        (
            "code = \"sang\", days",
            "code = \"toi\", days",
            "services[1].sessions[0].code: \"toi\" is none of the sessions",
        ),
        (
            "[\"tue\", \"wed\"]",
            "[\"sun\"]",
            "services[1].sessions[0].days: are none of this session's days",
        ),
        (
            "06:00-10:00",
            "06:00-11:31",
            "services[1].sessions: sang: numbers would be given after",
        ),
        (
            "prefix = \"N\"",
            "prefix = \"K1-N\"",
            "services[2].prefix: \"K1-N\" is not 1 to 12 letters",
        ),
        (
            "authority = \"tiepdon\"",
            "authority = \"vnpt\"",
            "queue.authority: \"vnpt\" is not one of tiepdon, his",
        ),
        (
            "authority = \"tiepdon\"",
            "authority = \"his\"",
            "queue.counter: is missing, write counter",
        ),
        (
            "authority = \"tiepdon\"",
            "authority = \"his\"\ncounter = \"TN\"",
            "routes: are the hospital's system's",
        ),
        (
            "authority = \"tiepdon\"",
            "authority = \"his\"\ncounter = \"TD\"",
            "queue.counter: \"TD\" is not the code",
        ),
        (
            "authority = \"tiepdon\"",
            "counter = \"TN\"",
            "queue.counter: is for authority = \"his\"",
        ),
        (
            "interleave = \"1:2\"",
            "interleave = \"0:2\"",
            "queue.interleave: \"0:2\" is not two shares",
        ),
        ("skip_behind = 3", "skip_behind = 0", "queue.skip_behind"),
        (
            "class = \"self_pay\"",
            "class = \"vip\"",
            "routes[0].class: \"vip\" is not one of bhyt_right_line",
        ),
        (
            "services = [\"KB\"]",
            "services = [\"XQ\"]",
            "routes[0].services: \"XQ\" is not the code",
        ),
        (
            "[\"TN\", \"*\"]",
            "[\"TN\"]",
            "routes[0].stops: needs one \"*\"",
        ),
        (
            "[\"TN\", \"*\"]",
            "[\"TN\", \"*\", \"TN\"]",
            "routes[0].stops: leads to the same stop twice",
        ),
        (
            "[\"TN\", \"*\"]",
            "[\"XX\", \"*\"]",
            "routes[0].stops: \"XX\" is not the code of a service or of the desk",
        ),
        (
            "[\"TN\", \"*\"]",
            "[\"QUAY\", \"*\"]\n[[routes]]\nclass = \"self_pay\"\nservices = [\"KB\"]\nstops = [\"*\"]",
            "routes: an earlier one is for the same patients",
        ),
    ] {
        let source = hospital();
        assert!(source.contains(from), "{from}");
        let found = faults(&source.replacen(from, to, 1));
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{to}: {expected} not in {found:#?}"
        );
    }
}

#[test]
fn mistakes_about_queues_that_take_two_lines() {
    for (changes, expected) in [
        (
            &[
                ("reset = \"day\"", "reset = \"session\""),
                ("prefix = \"C\"", ""),
            ][..],
            "services[0].reset: would give one number twice on a day",
        ),
        (
            &[
                ("reset = \"day\"", "reset = \"session\""),
                ("prefix = \"N\"", "prefix = \"ca\""),
            ],
            "services: two services have the prefix",
        ),
        (
            &[
                ("reset = \"day\"", "reset = \"session\""),
                ("prefix = \"T\"", "prefix = \"CA\""),
            ],
            "desk: has the code or prefix of a service",
        ),
        (
            &[
                ("prefix = \"A\"", "prefix = \"A\"\noffered = false"),
                ("prefix = \"B\"", "prefix = \"B\"\noffered = false"),
            ],
            "services: none is offered",
        ),
    ] {
        let source = changes.iter().fold(hospital(), |source, (from, to)| {
            assert!(source.contains(from), "{from}");
            source.replacen(from, to, 1)
        });
        let found = faults(&source);
        assert!(
            found.iter().any(|fault| fault.contains(expected)),
            "{changes:?}: {expected} not in {found:#?}"
        );
    }
    let alone = EXAMPLE.replacen("# digits = 3", "reset = \"session\"", 1);
    assert!(faults(&alone)[0].contains("services[0].reset: needs [[sessions]]"));
    let capacity = "rooms = [{ place = \"P\", capacity = { sang = 1 } }]";
    let alone = EXAMPLE.replacen("# digits = 3", capacity, 1);
    assert!(faults(&alone)[0].contains("\"sang\" is no session: describe the site's"));
}

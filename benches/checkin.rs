//! A whole check-in on the kiosk's own driver, through the real PC/SC service and a virtual card:
//! from the card on the reader to the number, and to the last byte of the ticket. What the reader
//! itself takes stands beside it: the bare reading of the same card, and the time until the service
//! tells that there is a card at all. It looks at a virtual reader every 0.4 s only, and each round
//! begins right after such a look: that time is the longest, and none of ours.

mod common;

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use common::pcscd::Service;
use common::{Table, Times, time};
use tempfile::TempDir;
use tiepdon::card::Connection;
use tiepdon::checkin::{Device, Effect, Event, Screen, Touch, Want};
use tiepdon::config::Config;
use tiepdon::emrtd::{self, Access, Plan};
use tiepdon::identity::Payload;
use tiepdon::kiosk::{Kiosk, Moment, Parts};
use tiepdon::sim::card::{Card, vpcd};
use tiepdon::sim::ehr::{Seed, Server};
use tiepdon::sim::printer::{Faults, Printer};
use tiepdon::sim::{SimPerson, persons};

const RUNS: usize = 50;
/// What a patient may wait for a ticket, besides the reader.
const BESIDES_READER: Duration = Duration::from_secs(1);
/// For each thing that is waited for, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const CONFIG: &str = include_str!("../assets/sim/demo.toml");

fn main() {
    if !common::wanted() {
        return;
    }
    let _service = match Service::get() {
        Ok(service) => service,
        Err(reason) => return common::skipped("checkin", &reason),
    };
    let ehr = Server::start(0, Seed::trial(Seed::today())).expect("a port");
    let printer = Printer::start(0, Faults::none()).expect("a port");
    let rounds: Vec<_> = (0..RUNS).map(|n| round(n, &ehr, &printer)).collect();

    let mut table =
        Table::new("Card on the reader to ticket: pcscd, virtual card, SQLite, FHIR, TCP");
    let times = |of: Stretch| rounds.iter().map(of).collect::<Times>();
    let rows: [(&str, Stretch); 6] = [
        ("card laid down to told by pcscd", |r| r.told - r.laid),
        ("told to chip read", |r| r.read - r.told),
        ("told to number durable", |r| r.number - r.told),
        ("told to ticket complete", |r| r.ticket - r.told),
        ("card laid down to ticket complete", |r| r.ticket - r.laid),
        ("the reader alone: open, read, close", |r| r.bare),
    ];
    for (what, of) in rows {
        table.times(what, &times(of), None);
    }
    table.times(
        "told to ticket, less the reader alone",
        &times(|r| (r.ticket - r.told).saturating_sub(r.bare)),
        Some(BESIDES_READER),
    );
    table.print();
}

/// A stretch of a round.
type Stretch = fn(&Round) -> Duration;

/// One check-in, by the clock.
struct Round {
    laid: Instant,
    told: Instant,
    read: Instant,
    number: Instant,
    ticket: Instant,
    bare: Duration,
}

/// What of a check-in is awaited.
#[derive(Debug, PartialEq)]
enum Mark {
    ReaderThere,
    WantsCard,
    CardTold,
    ChipRead,
    Chooses(Touch),
    NumberDurable,
    CardGone,
}

type Marks = Receiver<(Mark, Instant)>;

/// A new kiosk with a new store: nobody holds a number yet.
fn round(n: usize, ehr: &Server, printer: &Printer) -> Round {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("folder");
    let person = &persons()[n % persons().len()];
    let (kiosk, marks) = start(&folder, ehr, printer);
    wait(&marks, &kiosk, &Mark::ReaderThere);
    let code = Payload::parse(&person.card_qr());
    kiosk.inlet().event(Event::Code(Box::new(code)));
    wait(&marks, &kiosk, &Mark::WantsCard);

    let card = vpcd::insert(Card::new(person), vpcd::ADDRESS).expect("vpcd takes the card");
    let laid = Instant::now();
    let told = wait(&marks, &kiosk, &Mark::CardTold);
    let read = wait(&marks, &kiosk, &Mark::ChipRead);
    let number = wait(&marks, &kiosk, &Mark::NumberDurable);
    printer.wait_for_ticket(n, PATIENCE).expect("a ticket");
    let ticket = Instant::now();

    let bare = time(|| read_alone(person));
    card.remove();
    wait(&marks, &kiosk, &Mark::CardGone);
    Round {
        laid,
        told,
        read,
        number,
        ticket,
        bare,
    }
}

fn start(folder: &TempDir, ehr: &Server, printer: &Printer) -> (Kiosk, Marks) {
    let config = config(folder.path(), ehr, printer);
    let parts = Parts::from_config(&config).expect("a new store");
    let (sender, marks) = channel();
    let observer = move |moment: Moment<'_>| {
        if let Some(mark) = mark(moment) {
            // Nobody listens after the round.
            let _ = sender.send((mark, Instant::now()));
        }
    };
    let kiosk = Kiosk::start(config, parts, Some(Box::new(observer))).expect("threads");
    (kiosk, marks)
}

fn config(folder: &Path, ehr: &Server, printer: &Printer) -> Config {
    std::fs::write(
        folder.join("staff.token"),
        "0123456789abcdef0123456789abcdef",
    )
    .expect("a file");
    let source = CONFIG
        .replace("{printer}", &printer.addr().to_string())
        .replace("{ehr}", &ehr.base_url())
        .replace("{insurance}", &ehr.insurance_url());
    let mut config = Config::parse(&source, folder).expect("the trial's configuration is right");
    config.trial = true;
    config.reader.allow_virtual = true;
    // Codes are given as events here.
    config.scanner = None;
    config
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of the screens, two are awaited"
)]
fn mark(moment: Moment<'_>) -> Option<Mark> {
    match moment {
        Moment::Event(Event::Device(Device::Reader, true)) => Some(Mark::ReaderThere),
        Moment::Event(Event::CardPlaced) => Some(Mark::CardTold),
        Moment::Event(Event::CardTaken) => Some(Mark::CardGone),
        Moment::Event(Event::Chip { result, .. }) => {
            result.as_ref().expect("a good card is read");
            Some(Mark::ChipRead)
        }
        Moment::Effect(Effect::Print { desk, .. }) => {
            assert_eq!(*desk, None, "a number of the service");
            Some(Mark::NumberDurable)
        }
        Moment::View(view) => match &view.screen {
            Screen::Gathering {
                want: Want::Card, ..
            } => Some(Mark::WantsCard),
            Screen::Choose { services, .. } => {
                let (code, _) = services.first().expect("a choice");
                Some(Mark::Chooses(Touch::Choose(code.clone())))
            }
            _ => None,
        },
        Moment::Event(_) | Moment::Effect(_) => None,
    }
}

/// When it happened. A patient who is asked chooses at once: the time of that is not ours.
fn wait(marks: &Marks, kiosk: &Kiosk, awaited: &Mark) -> Instant {
    loop {
        let (mark, at) = marks.recv_timeout(PATIENCE).expect("the check-in goes on");
        if mark == *awaited {
            return at;
        }
        if let Mark::Chooses(touch) = mark {
            kiosk.inlet().touch(touch);
        }
    }
}

/// What the kiosk reads, and nothing but the reading.
fn read_alone(person: &SimPerson) {
    let plan = Plan {
        dg13: true,
        ..Plan::default()
    };
    let trust = TrustStore::default();
    let today = jiff::civil::date(2026, 1, 1);
    let mut random = |out: &mut [u8]| getrandom::fill(out).expect("the system has randomness");
    let mut line = Connection::open(READER).expect("the card is there");
    let access = Access::of(&person.number);
    let request = Request::new(access, plan, &trust, today);
    emrtd::read(&mut line, request, &mut random, &mut |_| {}).expect("a good card is read");
}

/// The first slot of the virtual reader, where [`vpcd::ADDRESS`] leads.
const READER: &str = "Virtual PCD 00 00";

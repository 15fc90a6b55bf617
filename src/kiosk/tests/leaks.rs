//! What is logged. A subscriber hears everything that this process traces, at the finest level,
//! while a patient with marks goes through every fault that these tests know.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::reader::Reader;
use super::{BINH, House};
use crate::checkin::{Event, Key, Screen, Touch};
use crate::identity::PersonalNumber;
use crate::sim::{SimPerson, persons};
use crate::store::Outbox;
use crate::store::faulty::Fault;
use crate::words::Cause;

/// In no other test's data.
const NUMBER: &str = "099987651423";
const MARKS: [&str; 8] = [
    NUMBER,
    "651423", // the card access number
    "Khuyết",
    "KHUYẾT",
    "KHUYET",
    "Dấu Lặng",
    "DẤU LẶNG",
    "987651423", // the document's number, and the former one
];
/// Lines that show that the log was heard, and its search works.
const CONTROLS: [&str; 4] = [
    "a mark that must be found",
    "a job hangs; its thread is left behind",
    "a job panicked; the thread goes on",
    "the store did not write",
];

/// Keeps the lines with one of these words.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

struct Line(Log, Vec<u8>);

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(self.clone(), Vec::new())
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.1);
        let mut words = MARKS.iter().chain(&CONTROLS);
        if words.any(|word| line.contains(word)) {
            self.0.0.lock().unwrap().push(line.into_owned());
        }
    }
}

impl Log {
    /// The one log of this process.
    fn hear() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Self::default();
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_ansi(false)
                .without_time()
                .with_thread_names(true)
                .with_writer(log.clone())
                .finish();
            tracing::subscriber::set_global_default(subscriber).expect("there is no other");
            log
        });
        log.clone()
    }

    fn lines_with(&self, word: &str) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .filter(|line| line.contains(word))
            .cloned()
            .collect()
    }
}

fn marked() -> SimPerson {
    SimPerson {
        number: PersonalNumber::parse(NUMBER).unwrap(),
        name: "Bùi Thị Kẽm Khuyết".to_owned(),
        name_latin: "BUI<<THI<KEM<KHUYET".to_owned(),
        birth_date: crate::identity::BirthDate::parse("1961-02-03").unwrap(),
        residence: "Ngõ Dấu Lặng, xã Thử Nghiệm".to_owned(),
        old_id: Some("987651423".to_owned()),
        ..persons()[0].clone()
    }
}

#[test]
fn no_line_of_the_log_says_who_was_there_whatever_fails() {
    let log = Log::hear();
    tracing::trace!("{}", CONTROLS[0]);
    let person = marked();
    let reader = Arc::new(Reader::default());
    let house = House::with(|setup| {
        setup.chip = reader.with_card_of(&person);
        setup.limits.chip = Duration::from_millis(1500);
        setup.config.policy.waits.store = Duration::from_millis(500);
    });
    house.reader_works();

    // Everything that is asked on the way panics, and so does the first handover.
    house.clinic.finding.panic_once();
    house.insurer.0.panic_once();
    house.press.panic_once();
    house.clinic.taking.panic_once();
    house.act(Event::CardPlaced);
    house.show_code(&person.card_qr());
    house.done();
    house.touch(Touch::Finish);
    house.welcome();

    // The chip is given up in the middle of the secured reading; the number is typed, too.
    reader.gate_at.store(8, Ordering::SeqCst);
    reader.gate.close();
    house.act(Event::CardTaken);
    house.act(Event::CardPlaced);
    for digit in person.number.can().bytes() {
        house.touch(Touch::Key(Key::Digit(digit - b'0')));
    }
    reader.gate.until_waiting(1);
    house.screen("given up", |screen| {
        let unreadable = Some(Cause::CardUnreadable);
        let given_up =
            matches!(screen, Screen::Gathering { problem, .. } if *problem == unreadable);
        given_up.then_some(())
    });
    house.touch(Touch::Cancel);
    house.welcome();
    reader.gate.open();
    house.act(Event::CardTaken);

    // The store panics, fails, and comes too late.
    for fault in [Fault::Panics, Fault::Fails, Fault::Hangs] {
        house.store.strike("issue", fault);
        house.show_code(&person.card_qr());
        house.touch(Touch::NoCard);
        house.confirm();
        house.screen("help", |screen| {
            matches!(screen, Screen::Help { .. }).then_some(())
        });
        house.touch(Touch::Finish);
        house.welcome();
        house.store.heal("issue");
    }

    // A card that lies: noise in place of each of its replies in turn.
    for at in 1..=24 {
        read_with_noise(&person, at);
    }

    house.show_code(BINH);
    house.touch(Touch::NoCard);
    house.confirm();
    house.done();
    house
        .store
        .until("sent", |store| store.backlog().unwrap().queued == 0);
    drop(house);

    for control in CONTROLS {
        assert!(!log.lines_with(control).is_empty(), "not heard: {control}");
    }
    for mark in MARKS {
        assert_eq!(log.lines_with(mark), [""; 0], "{mark} is in the log");
    }
}

/// What the driver logs of a reading is its error.
fn read_with_noise(person: &SimPerson, at: u32) {
    use crate::checkin::AskId;
    use crate::kiosk::chip::ReadChip;
    use crate::sim::card::{Faults, Personality};
    let faults = Faults {
        garbage_at: Some(at),
        ..Faults::default()
    };
    let (person, can) = (person.clone(), person.number.can().into());
    let (sender, inbox) = std::sync::mpsc::channel();
    let job = ReadChip {
        ask: AskId(1),
        can,
        open: super::reader::opens(move || {
            crate::sim::card::Card::with(&person, Personality::Citizen, faults.clone())
        }),
        trust: Arc::new(crate::trust::Folder::open(Path::new("/nowhere/trust"))),
        kinds: Arc::default(),
        ethnicity: false,
        wanted: Arc::new(1.into()),
        inlet: crate::kiosk::Inlet(sender),
    };
    job.run();
    assert!(inbox.try_iter().count() > 0);
}

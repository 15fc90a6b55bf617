//! `--demo`: one process with everything a check-in needs, all of it simulated, all on loopback.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::card;
use crate::checkin::{Screen, View, Want};
use crate::config::Config;
use crate::sim::card::{Card, vpcd};
use crate::sim::ehr::{Seed, Server};
use crate::sim::issuer::Issuer;
use crate::sim::pcscd::Pcscd;
use crate::sim::printer::{Faults, Printer};
use crate::sim::{Scanner, SimPerson, persons};

/// A PC/SC service finds its virtual reader within this, or will not.
const READER_WITHIN: Duration = Duration::from_secs(5);

const CONFIG: &str = include_str!("../../assets/sim/demo.toml");

/// How the trial is set up.
#[derive(Debug, Default)]
pub(super) struct Setup<'a> {
    /// The six digits of a card that the patient lays down without showing its code. Where they
    /// open nobody's, it is the first invented person's, as it is without them.
    pub can: Option<&'a str>,
    /// The patient takes time, so that somebody can watch.
    pub pause: Duration,
}

/// A running trial. Dropping it stops everything that it started.
pub(super) struct Demo {
    pub config: Config,
    pub printer: Printer,
    _ehr: Server,
    pub person: &'static SimPerson,
    /// There is a virtual reader for the virtual card.
    pub has_reader: bool,
    folder: PathBuf,
    shows_code: bool,
    pause: Duration,
    _pcscd: Option<Pcscd>,
    _lock: File,
}

impl Demo {
    /// Starts the simulators. `note` is told, line by line, what a human should know.
    ///
    /// # Errors
    /// Lines to print.
    pub(super) fn start(setup: &Setup<'_>, note: &dyn Fn(&str)) -> Result<Self, Vec<String>> {
        let opens = |person: &&SimPerson| {
            setup
                .can
                .is_some_and(|can| person.number.expose().ends_with(can))
        };
        let all = persons();
        let person = all.iter().find(opens).unwrap_or(&all[0]);
        let fault = |what: &str, error: io::Error| vec![format!("error: {what}: {error}")];
        let folder = folder();
        let lock = fresh(&folder).map_err(|error| {
            vec![
                format!("error: {} cannot be used: {error}", folder.display()),
                "hint: another trial may be running; TIEPDON_DEMO_FOLDER names another folder"
                    .into(),
            ]
        })?;
        let (has_reader, service) = reader(&folder, note);
        let printer = Printer::start(0, Faults::none())
            .map_err(|error| fault("the simulated printer", error))?;
        let ehr = Server::start(0, Seed::trial(Seed::today()))
            .map_err(|error| fault("the simulated EHR", error))?;
        let config = config(&folder, &printer, &ehr)?;
        trust(&config.trust.folder).map_err(|error| fault("the trial's trust anchors", error))?;
        note(
            "THỬ: a trial. Card, EHR, insurance and printer are simulated on 127.0.0.1; no number is worth anything.",
        );
        Ok(Self {
            config,
            printer,
            _ehr: ehr,
            person,
            has_reader,
            shows_code: setup.can.is_none(),
            pause: setup.pause,
            folder,
            _pcscd: service,
            _lock: lock,
        })
    }

    /// The simulated scanner, plugged in.
    pub(super) fn scanner(&self) -> io::Result<Scanner> {
        Scanner::plug_in(&self.folder.join("scanner"))
    }

    /// A patient who does what the screen asks: shows the code to the scanner, lays the card down,
    /// takes it away in the end. `views` gives each view as it changes, and None at the end.
    pub(super) fn patient(&self, views: impl Views) -> io::Result<JoinHandle<()>> {
        let patient = Patient {
            scanner: self.scanner()?,
            code: self.shows_code.then(|| self.person.card_qr()),
            person: self.person,
            has_reader: self.has_reader,
            card: None,
            pause: self.pause,
            shown: None,
        };
        std::thread::Builder::new()
            .name("trial-patient".to_owned())
            .spawn(move || patient.run(views))
    }
}

/// Where a trial keeps its store and tickets.
pub(super) fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("TIEPDON_DEMO_FOLDER") {
        return folder.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache =
        cache.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    cache
        .unwrap_or_else(std::env::temp_dir)
        .join("tiepdon/demo")
}

/// Empties what the last trial left; the lock says that nobody else is in there.
fn fresh(folder: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let lock = File::create(folder.join("lock"))?;
    lock.try_lock().map_err(io::Error::from)?;
    for name in [
        "store.sqlite",
        "store.sqlite-wal",
        "store.sqlite-shm",
        "store.key",
        "scanner",
    ] {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    let token = uuid::Uuid::new_v4().simple().to_string();
    std::fs::write(folder.join("staff.token"), token)?;
    Ok(lock)
}

fn config(folder: &Path, printer: &Printer, ehr: &Server) -> Result<Config, Vec<String>> {
    let source = CONFIG
        .replace("{printer}", &printer.addr().to_string())
        .replace("{ehr}", &ehr.base_url())
        .replace("{insurance}", &ehr.insurance_url());
    let read = Config::parse(&source, folder);
    let mut config =
        read.map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    config.trial = true;
    config.reader.allow_virtual = true;
    Ok(config)
}

/// The trial's kiosk trusts the issuer of the trial's cards, whose keys live and end with this
/// process: what the last trial trusted is worth nothing.
fn trust(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    Issuer::shared().write_trust(folder)
}

/// A virtual reader in a real PC/SC service: one that runs already, or our own.
fn reader(folder: &Path, note: &dyn Fn(&str)) -> (bool, Option<Pcscd>) {
    if virtual_reader() {
        note(
            "The PC/SC service that runs here has the virtual reader. It listens on EVERY network address",
        );
        note(
            "(TCP 35963, 35964) until its entry is gone: rm /etc/reader.conf.d/vpcd, then restart pcscd.",
        );
        return (true, None);
    }
    match Pcscd::start(folder).and_then(with_reader) {
        Ok(service) => {
            note(
                "A PC/SC service with the virtual reader runs for this trial. The reader listens on EVERY",
            );
            note("network address (TCP 35963, 35964) and goes with the trial.");
            (true, Some(service))
        }
        Err(cause) => {
            note(&format!(
                "No virtual reader ({cause}): the trial shows the way of the QR code."
            ));
            (false, None)
        }
    }
}

/// The service answers a moment before it has found its reader.
fn with_reader(service: Pcscd) -> Result<Pcscd, String> {
    let end = Instant::now() + READER_WITHIN;
    while !virtual_reader() {
        if Instant::now() > end {
            return Err("the service that was started for it shows none".to_owned());
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    Ok(service)
}

/// Whether a virtual reader is there already.
fn virtual_reader() -> bool {
    card::readers().is_ok_and(|readers| readers.iter().any(|reader| reader.is_virtual))
}

/// Gives views one after the other.
pub(super) trait Views: Send + 'static {
    /// Waits for a view that is not `last`, or until `patience` has passed; None: the kiosk is gone.
    fn next(&mut self, last: Option<&Arc<View>>, patience: Option<Duration>) -> Option<Arc<View>>;
}

struct Patient {
    scanner: Scanner,
    code: Option<String>,
    person: &'static SimPerson,
    has_reader: bool,
    card: Option<vpcd::Inserted>,
    pause: Duration,
    shown: Option<u64>,
}

impl Patient {
    fn run(mut self, mut views: impl Views) {
        let mut last = None;
        while let Some(view) = views.next(last.as_ref(), None) {
            if let Some(act) = self.wish(&view) {
                // A patient looks before acting; the screen may have moved on meanwhile.
                let then = if self.pause.is_zero() {
                    Some(view.clone())
                } else {
                    views.next(Some(&view), Some(self.pause))
                };
                match then {
                    None => return,
                    Some(now) if now == view => self.act(act, &view),
                    Some(_) => {}
                }
            }
            last = Some(view);
        }
    }

    fn wish(&self, view: &View) -> Option<Act> {
        let lay_down = (self.has_reader && self.card.is_none()).then_some(Act::LayDown);
        match &view.screen {
            Screen::Gathering {
                want: Want::CardOrCode,
                ..
            } if self.code.is_none() => lay_down,
            Screen::Gathering {
                want: Want::CardOrCode | Want::CodeOrCan,
                ..
            } => {
                let shown = self.code.is_none() || self.shown == Some(view.conversation);
                (!shown).then_some(Act::Show)
            }
            Screen::Gathering {
                want: Want::Card, ..
            } => lay_down,
            Screen::Done { .. } | Screen::Help { .. } | Screen::Welcome { .. } => {
                self.card.is_some().then_some(Act::TakeAway)
            }
            Screen::Gathering { .. }
            | Screen::Consent
            | Screen::Confirm { .. }
            | Screen::Choose { .. }
            | Screen::Issuing { .. }
            | Screen::Printing { .. } => None,
        }
    }

    fn act(&mut self, act: Act, view: &View) {
        let done = match act {
            Act::Show => {
                self.shown = Some(view.conversation);
                self.code
                    .as_deref()
                    .map_or(Ok(()), |code| self.scanner.scan(code))
            }
            Act::LayDown => vpcd::insert(Card::new(self.person), vpcd::ADDRESS)
                .map(|card| self.card = Some(card)),
            Act::TakeAway => {
                self.card = None;
                Ok(())
            }
        };
        if let Err(error) = done {
            tracing::error!(%error, ?act, "the trial's patient cannot act");
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Show,
    LayDown,
    TakeAway,
}

/// Views handed over by the kiosk, through a small box of one.
#[derive(Clone, Default)]
pub(super) struct Shows(Arc<(Mutex<Shown>, std::sync::Condvar)>);

#[derive(Default)]
struct Shown {
    view: Option<Arc<View>>,
    over: bool,
}

impl Shows {
    /// The newest view.
    pub(super) fn put(&self, view: Arc<View>) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).view = Some(view);
        self.0.1.notify_all();
    }

    /// No more views.
    pub(super) fn end(&self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        self.0.1.notify_all();
    }
}

impl Views for Shows {
    fn next(&mut self, last: Option<&Arc<View>>, patience: Option<Duration>) -> Option<Arc<View>> {
        let (shown, changed) = &*self.0;
        let guard = shown.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |shown: &mut Shown| !shown.over && shown.view.as_ref() == last;
        let guard = match patience {
            None => changed
                .wait_while(guard, same)
                .unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                changed
                    .wait_timeout_while(guard, patience, same)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        if guard.over { None } else { guard.view.clone() }
    }
}

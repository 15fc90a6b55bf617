use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::hours::Hours;
use super::queues::{Queue, Service};
use super::ticket::Ticket;
use crate::identity::{Grade, HospitalPattern, Private, Way};
use crate::queue::KioskPrefix;
use crate::words::Language;

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The hospital or station.
    pub site: Site,
    /// This kiosk.
    pub kiosk: Kiosk,
    /// What is allowed with which evidence.
    pub policy: Policy,
    /// The queues, in the order the patient sees them.
    pub services: Vec<Service>,
    /// The series of desk numbers.
    pub desk: Service,
    /// What holds for all queues.
    pub queue: Queue,
    /// The card reader.
    pub reader: Reader,
    /// Whom to trust.
    pub trust: Trust,
    /// What of the card's data goes on to the hospital.
    pub fields: Fields,
    /// The camera, where there is one.
    pub camera: Option<Camera>,
    /// The 2D scanner, where there is one.
    pub scanner: Option<Scanner>,
    /// The ticket printer.
    pub printer: Printer,
    /// The ticket.
    pub ticket: Ticket,
    /// The hospital's system.
    pub ehr: Ehr,
    /// Insurance.
    pub insurance: Insurance,
    /// This kiosk's own store.
    pub store: Store,
    /// The store that all kiosks share, where there is one.
    pub shared: Option<SharedStore>,
    /// For how many days both keep visits, once the hospital's system or the clerk has them.
    pub keep_days: u32,
    /// The staff console, where it runs in the kiosk's process.
    pub staff: Option<Staff>,
    /// The panel.
    pub screen: Screen,
    /// The voice guide, where there is one.
    pub voice: Option<Voice>,
    /// This is a trial: simulators, and "THỬ" on every screen and ticket.
    pub trial: bool,
}

/// The hospital or station.
#[derive(Debug, Clone)]
pub struct Site {
    /// Its name, as it stands on tickets.
    pub name: String,
    /// Facility code (mã CSKCB), five characters.
    pub facility_code: Option<String>,
    /// Days and hours are reckoned in this zone.
    pub time_zone: TimeZone,
}

/// This kiosk.
#[derive(Debug, Clone)]
pub struct Kiosk {
    /// Unique within the site.
    pub id: String,
    /// What stands before its numbers while it is cut off from a shared store, unique within the
    /// site: as written, else the id where that can be read out.
    pub prefix: Option<KioskPrefix>,
    /// Language at Welcome.
    pub language: Language,
}

/// Whether the chip is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chip {
    /// No number without it.
    Required,
    /// Waited for, briefly.
    Preferred,
    /// Like preferred; failed proofs are recorded and change nothing.
    ReportOnly,
    /// Never mentioned.
    Off,
}

/// How the patient learns that the chip is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Privacy {
    /// A line on the welcome screen.
    Notice,
    /// A question before the chip is read; refusal leads to a desk number.
    Ask,
}

/// How long each screen waits. All are bounds: no state waits for ever.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// Patience with somebody who does nothing, before the warning.
    pub idle: Duration,
    /// From the warning to the release.
    pub warning: Duration,
    /// Trying without success before the kiosk gives a desk number.
    pub trying: Duration,
    /// For the card, after a code.
    pub card_after_code: Duration,
    /// For a lookup, before the visit goes on without it.
    pub lookup: Duration,
    /// For the store, before it counts as cut off.
    pub store: Duration,
    /// For the printer.
    pub printer: Duration,
    /// The number stays on the screen.
    pub done: Duration,
    /// Staff have been called: the screen says so this long.
    pub help: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            idle: s(45),
            warning: s(15),
            trying: s(30),
            card_after_code: s(6),
            lookup: s(5),
            store: s(10),
            printer: s(15),
            done: s(12),
            help: s(90),
        }
    }
}

/// What is allowed with which evidence.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Ways that the site offers.
    pub ways: Vec<Way>,
    /// Whether the chip is wanted.
    pub chip: Chip,
    /// Notice or question.
    pub privacy: Privacy,
    /// The weakest grade whose person may be registered as a new patient.
    pub register_from: Grade,
    /// Waiting times.
    pub waits: Waits,
}

/// The card reader.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Part of the PC/SC reader's name; empty takes the first one.
    pub name_contains: String,
    /// Readers of the virtual PCD are allowed (the demo and the tests).
    pub allow_virtual: bool,
}

/// Whom to trust.
#[derive(Debug, Clone)]
pub struct Trust {
    /// CSCA certificates, master lists and revocation lists.
    pub folder: PathBuf,
}

/// What of the card's data goes on to the hospital beyond what every check-in needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields {
    /// The ethnicity, which the insurance's claim form asks for.
    pub ethnicity: bool,
}

/// The camera.
#[derive(Debug, Clone)]
pub struct Camera {
    /// Device file, or part of the device's name; empty for the first one.
    pub device: String,
    /// When the welcome screen is watched, so that a code held up there begins a check-in.
    pub welcome: Hours,
    /// The patient's preview is a mirror.
    pub mirror: bool,
    /// Exposure time, in units of 100 microseconds.
    pub exposure: Setting,
    /// Distance in focus, in the camera's own units: mostly larger is nearer.
    pub focus: Setting,
    /// The only picture format to take, by its four characters as Video4Linux names it; absent:
    /// the best one there is.
    pub format: Option<[u8; 4]>,
}

impl Camera {
    /// A camera as it is without any setting.
    pub fn named(device: &str) -> Self {
        Self {
            device: device.to_owned(),
            welcome: Hours::Never,
            mirror: true,
            exposure: Setting::Auto,
            focus: Setting::Auto,
            format: None,
        }
    }

    /// A picture format by its four characters, such as `YUYV` or `MJPG`.
    pub fn format_named(text: &str) -> Option<[u8; 4]> {
        let four = <[u8; 4]>::try_from(text.as_bytes()).ok()?;
        four.iter().all(u8::is_ascii_alphanumeric).then_some(four)
    }
}

/// A camera's setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The camera finds it by itself.
    Auto,
    /// Set once and kept.
    Fixed(u32),
}

impl Setting {
    /// The largest value: every camera's range ends below, most far below.
    pub const MAX: u32 = 1_000_000;

    /// `auto` or a whole number.
    pub fn named(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            number => number
                .parse()
                .ok()
                .filter(|number| *number <= Self::MAX)
                .map(Self::Fixed),
        }
    }
}

/// The 2D scanner.
#[derive(Debug, Clone)]
pub struct Scanner {
    /// Device file; of a keyboard also part of its name, without a slash.
    pub device: PathBuf,
    /// What it plays.
    pub mode: ScannerMode,
}

/// What a scanner plays towards the computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScannerMode {
    /// A serial line, with its speed; CDC devices ignore it. It gives what the code holds.
    Serial {
        /// Bits a second.
        baud: u32,
    },
    /// A keyboard: it gives what can be typed.
    Keyboard,
}

/// How the printer is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// ESC/POS over TCP (port 9100).
    Tcp(SocketAddr),
    /// ESC/POS to a device file: a printer port (`/dev/usb/lp0`) or a serial line.
    Device(PathBuf),
    /// An office printer, or a queue of CUPS: IPP to this address (`ipp://…`, `ipps://…`), as the
    /// user of this name.
    Ipp {
        /// The printer's address.
        uri: String,
        /// `requesting-user-name`: by it a kiosk knows its own jobs.
        user: String,
    },
    /// Pictures into a folder: for trials without a printer.
    Folder(PathBuf),
}

/// How a serial printer says that it takes no more bytes for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Not at all.
    None,
    /// By the line CTS, to which the printer's DTR or RTS is wired.
    Hardware,
    /// By XON and XOFF.
    Software,
}

/// The paper roll, for counting what is left of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll {
    /// Millimetres of a new one.
    pub length_mm: u32,
    /// Staff are told at so many millimetres.
    pub low_mm: u32,
    /// Where the count is kept.
    pub file: PathBuf,
}

/// The ticket printer.
#[derive(Debug, Clone)]
pub struct Printer {
    /// How it is reached.
    pub link: Link,
    /// Dots across the paper: 576 (80 mm) or 384 (58 mm).
    pub width_dots: u32,
    /// Rows of one raster band.
    pub band_rows: u32,
    /// Believe the status byte of the printer port, which some cheap printers get wrong.
    pub port_status: bool,
    /// Bits a second of a serial line; a USB printer that poses as one ignores it.
    pub baud: u32,
    /// Flow control of a serial line.
    pub flow: Flow,
    /// Absent: the paper is not counted.
    pub roll: Option<Roll>,
}

impl Printer {
    /// A printer of 80 mm with the defaults of the configuration.
    pub fn at(link: Link) -> Self {
        Self {
            link,
            width_dots: 576,
            band_rows: 128,
            port_status: true,
            baud: 115_200,
            flow: Flow::None,
            roll: None,
        }
    }
}

/// How the kiosk signs in to the hospital's system.
#[derive(Debug, Clone)]
pub enum EhrAuth {
    /// No sign-in (loopback, closed networks).
    None,
    /// A fixed bearer token, read from a file or the environment.
    Bearer(Private<String>),
}

/// A FHIR R4 server.
#[derive(Debug, Clone)]
pub struct Fhir {
    /// Base URL without a slash at its end.
    pub base_url: String,
    /// Sign-in.
    pub auth: EhrAuth,
    /// More headers, such as a tenant; a value may be a key.
    pub headers: Vec<(String, Private<String>)>,
    /// CA certificates of the server, PEM; absent: the system's.
    pub ca_file: Option<PathBuf>,
    /// Identifier systems of the personal number: the first is written, all are searched.
    pub personal_number_systems: Vec<String>,
    /// Identifier systems of the insurance number.
    pub insurance_number_systems: Vec<String>,
    /// The hospital's own numbers, where its papers carry them.
    pub hospital_numbers: Option<HospitalNumbers>,
    /// Identifier system of our visit ids.
    pub visit_system: String,
    /// Prefix of the identifier system of queue numbers; day and service are appended.
    pub queue_system: String,
    /// Time to connect.
    pub connect: Duration,
    /// Whole time for one request.
    pub request: Duration,
}

/// The hospital's own patient numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HospitalNumbers {
    /// What they look like.
    pub pattern: HospitalPattern,
    /// Their identifier system.
    pub system: String,
}

/// The hospital's system.
#[derive(Debug, Clone)]
pub enum Ehr {
    /// None: the local register serves, the clerk takes the visit over.
    Local,
    /// FHIR R4.
    Fhir(Box<Fhir>),
}

/// Insurance.
#[derive(Debug, Clone)]
pub enum Insurance {
    /// The clerk looks.
    Clerk,
    /// The hospital's own service over HTTP.
    Service {
        /// Where it listens.
        url: String,
        /// Whole time for one request.
        request: Duration,
    },
}

/// The store.
#[derive(Debug, Clone)]
pub struct Store {
    /// The SQLite file.
    pub path: PathBuf,
    /// The key file: 32 random bytes, mode 0600, made at first start.
    pub key_file: PathBuf,
}

/// The store that all kiosks of a site share: PostgreSQL 15 or later.
#[derive(Debug, Clone)]
pub struct SharedStore {
    /// `postgres://user@host:port/database`; several hosts with a comma between them, of which the one
    /// that takes writes is used.
    pub url: String,
    /// The user's password.
    pub password: Option<Private<String>>,
    /// CA certificates of the server, PEM; needed unless the server is on this machine.
    pub ca_file: Option<PathBuf>,
    /// Whole time for one call: after it the line counts as cut, and the kiosk goes on by itself.
    pub patience: Duration,
}

/// The staff console.
#[derive(Debug, Clone)]
pub struct Staff {
    /// Where it listens; loopback unless told otherwise.
    pub listen: SocketAddr,
    /// The token that opens it, from a file or the environment.
    pub token: Private<String>,
}

/// The panel.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Width of the visible picture, in millimetres: sizes of controls follow from it.
    pub width_mm: f32,
}

/// The voice guide.
#[derive(Debug, Clone)]
pub struct Voice {
    /// The program that speaks the text given as its last argument.
    pub command: Vec<String>,
}

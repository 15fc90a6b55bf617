use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use toml::de::DeTable;

use super::section::{Fault, Faults, Section};
use super::settings::{
    Camera, Chip, Config, Ehr, EhrAuth, Fhir, Insurance, Kiosk, Link, Policy, Printer, Privacy,
    Reader, Scanner, Screen, Service, Site, Staff, Store, Voice, Waits,
};
use crate::identity::{Grade, Private, Way};
use crate::queue::{Series, ServiceCode};
use crate::words::Language;

/// Most seconds that a wait may be set to: nobody stands before a screen for longer.
const WAIT_MAX_SECONDS: u32 = 600;

impl Config {
    /// Reads a configuration. Relative paths are taken from `folder`, the file's own.
    ///
    /// # Errors
    /// All faults at once, in the order of their lines.
    pub fn parse(source: &str, folder: &Path) -> Result<Self, Vec<Fault>> {
        let faults = Faults::new(source);
        let (document, errors) = DeTable::parse_recoverable(source);
        for error in &errors {
            let line = error.span().map_or(0, |span| faults.line(span.start));
            faults.note(line, "(TOML)", error.message());
        }
        let config = Root {
            root: Section::root(document.get_ref(), &faults),
            folder,
        }
        .read();
        let found = faults.into_sorted();
        if found.is_empty() {
            Ok(config)
        } else {
            Err(found)
        }
    }

    /// Reads a configuration file.
    ///
    /// # Errors
    /// All faults at once; a file that cannot be read is one fault.
    pub fn load(path: &Path) -> Result<Self, Vec<Fault>> {
        let source = std::fs::read_to_string(path).map_err(|error| {
            let cure = format!(
                "cannot be read ({error}); name another with --config, or write one with `tiepdon config example`"
            );
            vec![Fault { line: 0, key: path.display().to_string(), cure }]
        })?;
        Self::parse(&source, path.parent().unwrap_or(Path::new(".")))
    }
}

struct Root<'a> {
    root: Section<'a>,
    folder: &'a Path,
}

impl Root<'_> {
    fn read(&self) -> Config {
        let services = self.services();
        let config = Config {
            site: self.site(),
            kiosk: self.kiosk(),
            policy: self.policy(),
            desk: self.desk(&services),
            services,
            reader: self.reader(),
            camera: self.camera(),
            scanner: self.scanner(),
            printer: self.printer(),
            ehr: self.ehr(),
            insurance: self.insurance(),
            store: self.store(),
            staff: self.staff(),
            screen: self.screen(),
            voice: self.voice(),
            trial: false,
        };
        self.root.finish();
        config
    }

    fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }

    fn site(&self) -> Site {
        let site = self.root.section("site");
        let zone = site.parsed(
            "time_zone",
            "a time zone such as Asia/Ho_Chi_Minh",
            |name| TimeZone::get(name).ok(),
        );
        let read = Site {
            name: site.needed("name", "..."),
            facility_code: site.parsed(
                "facility_code",
                "a facility code of five characters",
                |code| (code.chars().count() == 5).then(|| code.to_owned()),
            ),
            time_zone: zone.unwrap_or_else(|| TimeZone::fixed(jiff::tz::Offset::constant(7))),
        };
        site.finish();
        read
    }

    fn kiosk(&self) -> Kiosk {
        let kiosk = self.root.section("kiosk");
        let read = Kiosk {
            id: kiosk.needed("id", "K1"),
            language: kiosk.one_of(
                "language",
                &Language::ALL.map(|l| (l.code(), l)),
                Language::Vi,
            ),
        };
        kiosk.finish();
        read
    }

    fn policy(&self) -> Policy {
        let policy = self.root.section("policy");
        let known = [Way::Chip, Way::CardQr, Way::BhytQr, Way::Typed];
        let mut ways = Vec::new();
        for (text, _) in policy
            .texts("ways")
            .unwrap_or_else(|| known.map(|way| (way.code().to_owned(), 0)).into())
        {
            match known.iter().find(|way| way.code() == text) {
                Some(way) => ways.push(*way),
                None => policy.fault(
                    "ways",
                    &format!("\"{text}\" is none of chip, card_qr, bhyt_qr, typed"),
                ),
            }
        }
        if ways.is_empty() {
            policy.fault("ways", "is empty: patients would have no way in");
        }
        let chips = [
            ("required", Chip::Required),
            ("preferred", Chip::Preferred),
            ("report-only", Chip::ReportOnly),
            ("off", Chip::Off),
        ];
        let grades = [Grade::Claimed, Grade::Read, Grade::Signed, Grade::Proven]
            .map(|grade| (grade.code(), grade));
        let chip = policy.one_of("chip", &chips, Chip::Preferred);
        let chip_listed = ways.contains(&Way::Chip);
        if chip == Chip::Required && !chip_listed {
            policy.fault(
                "chip",
                "is required, yet ways has no \"chip\": everybody would be sent to the desk",
            );
        }
        if chip == Chip::Off && ways.iter().all(|way| *way == Way::Chip) && chip_listed {
            policy.fault(
                "chip",
                "is off, yet ways has nothing else: patients would have no way in",
            );
        }
        let read = Policy {
            ways,
            chip,
            privacy: policy.one_of(
                "privacy",
                &[("notice", Privacy::Notice), ("ask", Privacy::Ask)],
                Privacy::Notice,
            ),
            register_from: policy.one_of("register_from", &grades, Grade::Read),
            waits: waits(&policy.section("waits")),
        };
        policy.finish();
        read
    }

    fn services(&self) -> Vec<Service> {
        let services: Vec<Service> = self.root.sections("services").iter().map(service).collect();
        if services.is_empty() {
            self.root.fault(
                "services",
                "is missing: describe each queue in a [[services]] table",
            );
        }
        for (index, one) in services.iter().enumerate() {
            if services[..index].iter().any(|other| other.code == one.code) {
                self.root.fault(
                    "services",
                    &format!("two services have the code {}", one.code.0),
                );
            }
            if services[..index]
                .iter()
                .any(|other| same_prefix(other, one))
            {
                self.root.fault(
                    "services",
                    &format!("two services have the prefix {}", one.series.prefix),
                );
            }
        }
        services
    }

    fn desk(&self, services: &[Service]) -> Service {
        let section = self.root.section("desk");
        if !section.present() {
            self.root.fault(
                "desk",
                "is missing: a [desk] table gives the series of desk numbers",
            );
        }
        let desk = service(&section);
        if services
            .iter()
            .any(|one| one.code == desk.code || same_prefix(one, &desk))
        {
            self.root.fault(
                "desk",
                "has the code or prefix of a service: a number must name one queue",
            );
        }
        desk
    }

    fn reader(&self) -> Reader {
        let reader = self.root.section("reader");
        let read = Reader {
            name_contains: reader.text("name_contains").unwrap_or_default(),
            allow_virtual: false,
        };
        reader.finish();
        read
    }

    fn camera(&self) -> Option<Camera> {
        let camera = self.root.section("camera");
        let read = camera.present().then(|| Camera {
            device: camera.needed("device", "/dev/tiepdon/camera"),
        });
        camera.finish();
        read
    }

    fn scanner(&self) -> Option<Scanner> {
        let scanner = self.root.section("scanner");
        let read = scanner.present().then(|| Scanner {
            device: self.path(&scanner.needed("device", "/dev/tiepdon/scanner")),
            baud: scanner.number("baud", 300..=4_000_000, 115_200),
        });
        scanner.finish();
        read
    }

    fn printer(&self) -> Printer {
        let printer = self.root.section("printer");
        let tcp = printer
            .parsed("tcp", "an address such as 192.0.2.7:9100", |text| {
                text.parse().ok()
            })
            .map(Link::Tcp);
        let device = printer
            .text("device")
            .map(|text| Link::Device(self.path(&text)));
        let folder = printer
            .text("folder")
            .map(|text| Link::Folder(self.path(&text)));
        let mut links: Vec<Link> = [tcp, device, folder].into_iter().flatten().collect();
        if links.len() != 1 {
            self.root
                .fault("printer", "needs exactly one of device, tcp, folder");
        }
        let width_dots = printer.number("width_dots", 384..=576, 576);
        if ![384, 576].contains(&width_dots) {
            printer.fault("width_dots", "is 576 (paper of 80 mm) or 384 (58 mm)");
        }
        let read = Printer {
            link: links.pop().unwrap_or(Link::Folder(PathBuf::new())),
            width_dots,
            band_rows: printer.number("band_rows", 8..=1024, 256),
            template: printer.text("template").map(|text| self.path(&text)),
        };
        printer.finish();
        read
    }

    fn ehr(&self) -> Ehr {
        let ehr = self.root.section("ehr");
        if !ehr.present() {
            return Ehr::Local;
        }
        let systems = |key, default: &str| {
            let texts = ehr
                .texts(key)
                .map(|list| list.into_iter().map(|(text, _)| text).collect::<Vec<_>>());
            texts
                .filter(|list| !list.is_empty())
                .unwrap_or_else(|| vec![default.to_owned()])
        };
        let read = Fhir {
            base_url: ehr
                .needed("base_url", "https://ehr.hospital.example/fhir")
                .trim_end_matches('/')
                .to_owned(),
            auth: secret(&ehr, self.folder).map_or(EhrAuth::None, EhrAuth::Bearer),
            headers: self.headers(&ehr),
            ca_file: ehr.text("ca_file").map(|text| self.path(&text)),
            personal_number_systems: systems(
                "personal_number_systems",
                "http://fhir.hl7.org.vn/core/sid/cccd",
            ),
            insurance_number_systems: systems(
                "insurance_number_systems",
                "http://fhir.hl7.org.vn/core/sid/bhyt",
            ),
            visit_system: ehr
                .text("visit_system")
                .unwrap_or_else(|| "https://tiepdon.example/sid/visit".into()),
            queue_system: ehr
                .text("queue_system")
                .unwrap_or_else(|| "https://tiepdon.example/sid/queue".into()),
            connect: ehr.seconds("connect_seconds", 60, Duration::from_secs(3)),
            request: ehr.seconds("request_seconds", 60, Duration::from_secs(8)),
        };
        ehr.finish();
        Ehr::Fhir(Box::new(read))
    }

    fn headers(&self, ehr: &Section<'_>) -> Vec<(String, Private<String>)> {
        let mut headers = Vec::new();
        for (line, _) in ehr.texts("headers").unwrap_or_default() {
            match line.split_once(':') {
                Some((name, value)) => {
                    headers.push((name.trim().to_owned(), Private::from(value.trim())))
                }
                None => ehr.fault("headers", "each is \"Name: value\""),
            }
        }
        headers
    }

    fn insurance(&self) -> Insurance {
        let insurance = self.root.section("insurance");
        let request = insurance.seconds("request_seconds", 60, Duration::from_secs(4));
        let url = insurance.text("service_url");
        insurance.finish();
        url.map_or(Insurance::Clerk, |url| Insurance::Service { url, request })
    }

    fn store(&self) -> Store {
        let store = self.root.section("store");
        let path = store
            .text("path")
            .unwrap_or_else(|| "/var/lib/tiepdon/store.sqlite".into());
        let key_file = store
            .text("key_file")
            .unwrap_or_else(|| "/etc/tiepdon/store.key".into());
        store.finish();
        Store {
            path: self.path(&path),
            key_file: self.path(&key_file),
        }
    }

    fn staff(&self) -> Option<Staff> {
        let staff = self.root.section("staff");
        if !staff.present() {
            return None;
        }
        let address = |text: &str| text.parse::<SocketAddr>().ok();
        let listen = staff.parsed("listen", "an address such as 127.0.0.1:8080", address);
        let token = secret(&staff, self.folder);
        if token.as_ref().is_none_or(|token| token.expose().len() < 16) {
            staff.fault(
                "token_file",
                "names a file with a token of at least 16 characters (or token_env a variable)",
            );
        }
        staff.finish();
        Some(Staff {
            listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            token: token.unwrap_or_default(),
        })
    }

    fn screen(&self) -> Screen {
        let screen = self.root.section("screen");
        let millimetres = screen.number("width_mm", 100..=2000, 476);
        screen.finish();
        // At most 2000: exact in an f32.
        #[expect(clippy::cast_precision_loss, reason = "bounded above by 2000")]
        let width_mm = millimetres as f32;
        Screen { width_mm }
    }

    fn voice(&self) -> Option<Voice> {
        let voice = self.root.section("voice");
        let command = voice.texts("command");
        voice.finish();
        command.filter(|c| !c.is_empty()).map(|c| Voice {
            command: c.into_iter().map(|(text, _)| text).collect(),
        })
    }
}

fn waits(section: &Section<'_>) -> Waits {
    let default = Waits::default();
    let seconds = |key, default| section.seconds(key, WAIT_MAX_SECONDS, default);
    let read = Waits {
        idle: seconds("idle_seconds", default.idle),
        warning: seconds("warning_seconds", default.warning),
        trying: seconds("trying_seconds", default.trying),
        card_after_code: seconds("card_after_code_seconds", default.card_after_code),
        lookup: seconds("lookup_seconds", default.lookup),
        store: seconds("store_seconds", default.store),
        printer: seconds("printer_seconds", default.printer),
        done: seconds("done_seconds", default.done),
        help: seconds("help_seconds", default.help),
    };
    section.finish();
    read
}

/// Heard over a loudspeaker, "a" and "A" are one letter.
fn same_prefix(one: &Service, other: &Service) -> bool {
    let (one, other) = (&one.series.prefix, &other.series.prefix);
    one.eq_ignore_ascii_case(other)
}

fn service(section: &Section<'_>) -> Service {
    let short = |text: &str| {
        let plain =
            text.len() <= 12 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        plain.then(|| text.to_owned())
    };
    let name_vi = section.needed("name_vi", "...");
    section.needed("code", "NOI");
    section.needed("prefix", "A");
    let service = Service {
        code: ServiceCode(
            section
                .parsed("code", "1 to 12 letters and digits", short)
                .unwrap_or_default(),
        ),
        name_en: section.text("name_en").unwrap_or_else(|| name_vi.clone()),
        name_vi,
        place: section.needed("place", "..."),
        series: Series {
            prefix: section
                .parsed(
                    "prefix",
                    "1 to 12 letters and digits, the last one no digit (A1 and 001 would read as A and 1001)",
                    |text| short(text).filter(|text| !text.ends_with(|c: char| c.is_ascii_digit())),
                )
                .unwrap_or_default(),
            digits: u8::try_from(section.number("digits", 1..=6, 3)).unwrap_or(3),
            first: section.number("first", 0..=1_000_000, 1),
        },
    };
    section.finish();
    service
}

/// A secret: from the file `token_file` or the environment variable `token_env`, never in the clear.
fn secret(section: &Section<'_>, folder: &Path) -> Option<Private<String>> {
    if section.text("token").is_some() {
        section.fault("token", "does not belong into this file: put it into a file of its own and name that as token_file");
    }
    if let Some(name) = section.text("token_file") {
        return match std::fs::read_to_string(folder.join(&name)) {
            Ok(text) if !text.trim().is_empty() => Some(Private::from(text.trim())),
            Ok(_) => {
                section.fault("token_file", &format!("{name} is empty"));
                None
            }
            Err(error) => {
                section.fault("token_file", &format!("{name} cannot be read: {error}"));
                None
            }
        };
    }
    let name = section.text("token_env")?;
    let value = std::env::var(&name)
        .ok()
        .filter(|value| !value.trim().is_empty());
    if value.is_none() {
        section.fault("token_env", &format!("the environment has no {name}"));
    }
    value.map(|value| Private::from(value.trim()))
}

//! From the file's tables to settings: one function for each table.

mod devices;
mod network;
mod ticket;

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use toml::de::DeTable;

use super::section::{Fault, Faults, Section};
use super::settings::{Chip, Config, Ehr, Kiosk, Policy, Privacy, Service, Site, Waits};
use crate::identity::{Grade, Way};
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
            trust: self.trust(),
            fields: self.fields(),
            camera: self.camera(),
            scanner: self.scanner(),
            printer: self.printer(),
            ticket: self.ticket(),
            ehr: self.ehr(),
            insurance: self.insurance(),
            store: self.store(),
            staff: self.staff(),
            screen: self.screen(),
            voice: self.voice(),
            trial: false,
        };
        if config.fields.ethnicity && matches!(config.ehr, Ehr::Local) {
            self.root.section("fields").fault(
                "handover",
                "hands over to the hospital's system; without [ehr] there is none",
            );
        }
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

//! From the file's tables to settings: one function for each table.

mod devices;
mod network;
mod queues;
mod ticket;

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use toml::de::DeTable;

use super::section::{Fault, Faults, Section};
use super::settings::{Chip, Config, Ehr, Kiosk, Policy, Privacy, Site, Waits};
use crate::identity::{Grade, Way};
use crate::queue::{Closure, KioskPrefix};
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
        let (site, closures) = self.site();
        let sessions = self.sessions(closures);
        let services = self.services(&sessions);
        let desk = self.desk(&services);
        let (store, shared, keep_days) = self.store();
        let kiosk = self.kiosk();
        let config = Config {
            site,
            policy: self.policy(),
            queue: self.queue(sessions, &services, &desk),
            desk,
            services,
            reader: self.reader(),
            trust: self.trust(),
            fields: self.fields(),
            camera: self.camera(),
            scanner: self.scanner(),
            printer: self.printer(&kiosk.id, &store.path),
            ticket: self.ticket(),
            ehr: self.ehr(),
            insurance: self.insurance(),
            kiosk,
            store,
            shared,
            keep_days,
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
        if config.shared.is_some() && config.kiosk.prefix.is_none() {
            self.root.section("kiosk").fault(
                "prefix",
                "is needed with a shared store: what stands before the numbers that this kiosk gives \
                 while it is cut off, such as K1",
            );
        }
        if config.shared.is_some() && !cfg!(feature = "postgres") {
            self.root.section("store").fault(
                "url",
                "names a shared store; this program was built without PostgreSQL",
            );
        }
        self.root.finish();
        config
    }

    fn path(&self, text: &str) -> PathBuf {
        self.folder.join(text)
    }

    /// The site, and the days on which it is closed.
    fn site(&self) -> (Site, Vec<Closure>) {
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
        let closures = queues::closures(&site);
        site.finish();
        (read, closures)
    }

    fn kiosk(&self) -> Kiosk {
        let kiosk = self.root.section("kiosk");
        let id = kiosk.needed("id", "K1");
        let prefix = kiosk.parsed(
            "prefix",
            "1 to 4 capital letters and digits, the first a letter",
            KioskPrefix::parse,
        );
        let read = Kiosk {
            prefix: prefix.or_else(|| KioskPrefix::parse(&id.to_ascii_uppercase())),
            id,
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

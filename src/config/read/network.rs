//! Whatever is on the network or holds a secret: EHR, insurance, store, staff page.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use super::Root;
use crate::config::section::Section;
use crate::config::settings::{
    Ehr, EhrAuth, Fhir, HospitalNumbers, Insurance, SharedStore, Staff, Store,
};
use crate::identity::{HospitalPattern, Private};

/// Visits are kept for so many days: a month's claims can be looked up.
const KEEP_DAYS: u32 = 31;

impl Root<'_> {
    pub(super) fn ehr(&self) -> Ehr {
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
            auth: secret(&ehr, self.folder, &TOKEN).map_or(EhrAuth::None, EhrAuth::Bearer),
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
            hospital_numbers: hospital_numbers(&ehr),
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

    pub(super) fn insurance(&self) -> Insurance {
        let insurance = self.root.section("insurance");
        let request = insurance.seconds("request_seconds", 60, Duration::from_secs(4));
        let url = insurance.text("service_url");
        insurance.finish();
        url.map_or(Insurance::Clerk, |url| Insurance::Service { url, request })
    }

    /// The own store, the shared one, and for how many days both keep visits.
    pub(super) fn store(&self) -> (Store, Option<SharedStore>, u32) {
        let store = self.root.section("store");
        let path = store
            .text("path")
            .unwrap_or_else(|| "/var/lib/tiepdon/store.sqlite".into());
        let key_file = store
            .text("key_file")
            .unwrap_or_else(|| "/etc/tiepdon/store.key".into());
        let keep_days = store.number("keep_days", 0..=3660, KEEP_DAYS);
        let url = store.parsed(
            "url",
            "an address such as postgres://tiepdon@10.0.0.5/tiepdon",
            |url| {
                let known = ["postgres://", "postgresql://"];
                known
                    .iter()
                    .any(|scheme| url.starts_with(scheme))
                    .then(|| url.to_owned())
            },
        );
        let shared = url.as_ref().map(|url| SharedStore {
            url: url.clone(),
            password: secret(&store, self.folder, &PASSWORD),
            ca_file: store.text("ca_file").map(|file| self.path(&file)),
            patience: Duration::from_millis(
                store.number("patience_millis", 100..=5000, 800).into(),
            ),
        });
        if let Some(url) = &url
            && password_in(url)
        {
            store.fault(
                "url",
                "holds a password: put it into a file of its own and name that as password_file",
            );
        }
        if url.is_none() && store.has("password_file") {
            store.fault("password_file", "is of a shared store: write its url, too");
        }
        store.finish();
        let own = Store {
            path: self.path(&path),
            key_file: self.path(&key_file),
        };
        (own, shared, keep_days)
    }

    pub(super) fn staff(&self) -> Option<Staff> {
        let staff = self.root.section("staff");
        if !staff.present() {
            return None;
        }
        let address = |text: &str| text.parse::<SocketAddr>().ok();
        let listen = staff.parsed("listen", "an address such as 127.0.0.1:8080", address);
        let token = secret(&staff, self.folder, &TOKEN);
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
}

/// Whether a user is followed by a password: `postgres://user:password@host`.
fn password_in(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    user.is_some_and(|user| user.contains(':'))
}

/// Numbers and their system belong together.
fn hospital_numbers(ehr: &Section<'_>) -> Option<HospitalNumbers> {
    const KEY: &str = "hospital_number";
    let pattern = ehr.parsed(
        KEY,
        "a pattern: # for a digit, capital letters and - . / for themselves, 4 to 20 signs; digits \
         alone are not 10 (a BHXH number) or 12 (a personal number)",
        HospitalPattern::parse,
    );
    let system = ehr.text("hospital_number_system");
    if ehr.has(KEY) && system.is_none() {
        ehr.fault(
            KEY,
            "needs hospital_number_system, under which the system has such numbers",
        );
    }
    if system.is_some() && !ehr.has(KEY) {
        ehr.fault(
            "hospital_number_system",
            "needs hospital_number, a pattern such as BN########",
        );
    }
    pattern
        .zip(system)
        .map(|(pattern, system)| HospitalNumbers { pattern, system })
}

/// The keys of a secret: in the clear (refused), in a file of its own, in the environment.
struct Keys(&'static str, &'static str, &'static str);

const TOKEN: Keys = Keys("token", "token_file", "token_env");
const PASSWORD: Keys = Keys("password", "password_file", "password_env");

/// A secret: from a file or the environment, never in the clear.
fn secret(section: &Section<'_>, folder: &Path, keys: &Keys) -> Option<Private<String>> {
    let Keys(plain, file, env) = *keys;
    if section.text(plain).is_some() {
        section.fault(
            plain,
            &format!("does not belong into this file: put it into a file of its own and name that as {file}"),
        );
    }
    if let Some(name) = section.text(file) {
        return match std::fs::read_to_string(folder.join(&name)) {
            Ok(text) if !text.trim().is_empty() => Some(Private::from(text.trim())),
            Ok(_) => {
                section.fault(file, &format!("{name} is empty"));
                None
            }
            Err(error) => {
                section.fault(file, &format!("{name} cannot be read: {error}"));
                None
            }
        };
    }
    let name = section.text(env)?;
    let value = std::env::var(&name)
        .ok()
        .filter(|value| !value.trim().is_empty());
    if value.is_none() {
        section.fault(env, &format!("the environment has no {name}"));
    }
    value.map(|value| Private::from(value.trim()))
}

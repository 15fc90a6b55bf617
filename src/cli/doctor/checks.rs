use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;

#[cfg(feature = "camera")]
use super::camera::check as camera;
use super::{Finding, trust};
use crate::card::{self, CardError};
use crate::checkin::clock_is_right;
use crate::config::{Chip, Config, Ehr, Insurance, Link, ScannerMode};
use crate::ehr::HospitalSystem;
use crate::identity::Way;
use crate::kiosk::{fhir, open_store};
use crate::scan;
use crate::ticket::{self, Template};
use crate::words::{Cause, Language};

/// A printer answers its status within this.
const PRINTER: Duration = Duration::from_secs(6);
/// Less free space than this is a fault: the store could not grow for a day.
const DISK_FAULT_BYTES: u64 = 200 << 20;
/// Less than this is worth a word.
const DISK_WARNING_BYTES: u64 = 2 << 30;

/// Every check there is, in the order of a check-in.
pub(super) fn all(config: &Config) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("config", "no fault")];
    findings.push(reader(config));
    findings.extend(trust::check(config));
    findings.extend(camera(config));
    findings.extend(scanner(config));
    findings.push(template(config));
    findings.push(printer(config));
    findings.extend(store(config));
    findings.push(ehr(config));
    findings.push(insurance(config));
    findings.push(disk(config));
    findings.push(clock());
    findings.extend(staff(config));
    findings
}

fn reader(config: &Config) -> Finding {
    const CHECK: &str = "reader";
    if config.policy.chip == Chip::Off || !config.policy.ways.contains(&Way::Chip) {
        return Finding::ok(CHECK, "the chip is not used on this site");
    }
    let all = match card::readers() {
        Ok(all) => all,
        Err(error @ CardError::NoService) => {
            return Finding::fault(
                CHECK,
                error.to_string(),
                "systemctl start pcscd (package pcscd)",
            );
        }
        Err(error) => return Finding::fault(CHECK, error.to_string(), "plug a PC/SC reader in"),
    };
    let virtual_one = all.iter().find(|reader| reader.is_virtual);
    if let Some(reader) = virtual_one.filter(|_| !config.trial) {
        return Finding::fault(
            CHECK,
            format!(
                "{} is a virtual reader: it listens on every network address",
                reader.name
            ),
            "remove it: apt-get remove vsmartcard-vpcd (or its entry in /etc/reader.conf.d), then restart pcscd",
        );
    }
    match all
        .iter()
        .find(|reader| card::accepts(&config.reader, &reader.name))
    {
        Some(reader) => Finding::ok(CHECK, &reader.name),
        None => Finding::fault(
            CHECK,
            format!("{} reader(s), none that the configuration names", all.len()),
            "plug the reader in, or correct [reader] name_contains",
        ),
    }
}

#[cfg(not(feature = "camera"))]
fn camera(config: &Config) -> Option<Finding> {
    config.camera.as_ref()?;
    Some(Finding::fault(
        "camera",
        "this build has no camera support",
        "install the full package",
    ))
}

fn scanner(config: &Config) -> Option<Finding> {
    const CHECK: &str = "scanner";
    let scanner = config.scanner.as_ref()?;
    let device = scanner.device.display();
    let baud = match scanner.mode {
        ScannerMode::Serial { baud } => baud,
        ScannerMode::Keyboard => {
            return Some(match scan::probe_wedge(&scanner.device) {
                // Its marks may be lost on the way; the serial mode of the same scanner has them.
                Ok(name) => Finding::warning(
                    CHECK,
                    format!("{name}, as a keyboard: names may come without their marks"),
                    "set it to USB serial (USB-COM, CDC) by the code in its manual, and mode = \"serial\"",
                ),
                Err(error) => Finding::fault(
                    CHECK,
                    error.to_string(),
                    "plug it in, install udev/70-tiepdon.rules, and add this user to the group tiepdon",
                ),
            });
        }
    };
    let open = std::fs::File::options()
        .read(true)
        .write(true)
        .open(&scanner.device);
    Some(match open {
        Ok(_) => Finding::ok(CHECK, format!("{device}, serial, {baud} baud")),
        Err(error) => Finding::fault(
            CHECK,
            format!("{device}: {error}"),
            "plug it in, set it to USB serial (CDC) mode, and add this user to the group tiepdon",
        ),
    })
}

fn template(config: &Config) -> Finding {
    match Template::of(&config.ticket, config.printer.width_dots) {
        (_, None) if config.ticket.template.is_none() => {
            Finding::ok("ticket", "the built-in template")
        }
        (_, None) => Finding::ok("ticket", "the hospital's template"),
        (_, Some(error)) => Finding::fault(
            "ticket",
            error.to_string(),
            "correct the template and try it with `tiepdon config ticket FILE.svg`; until then the built-in one serves",
        ),
    }
}

fn printer(config: &Config) -> Finding {
    const CHECK: &str = "printer";
    let name = match &config.printer.link {
        Link::Tcp(address) => address.to_string(),
        Link::Device(path) => path.display().to_string(),
        Link::Ipp { uri, .. } => uri.clone(),
        Link::Folder(path) => {
            return Finding::warning(
                CHECK,
                format!("pictures into {}", path.display()),
                "for trials only: set device, tcp or ipp",
            );
        }
    };
    let mut printer = ticket::open(&config.printer);
    if let Err(fault) = printer.status(PRINTER) {
        let cure = if fault.cause == Cause::PrinterShutdown {
            "correct [printer]; udev/70-tiepdon.rules gives a USB printer its name"
        } else {
            fault.cause.cure(Language::En)
        };
        return Finding::fault(CHECK, fault.to_string(), cure);
    }
    match printer.warning() {
        Some(warning) => {
            Finding::warning(CHECK, warning.to_string(), warning.cause.cure(Language::En))
        }
        None => Finding::ok(CHECK, format!("{name}: {}", printer.about())),
    }
}

fn store(config: &Config) -> Vec<Finding> {
    // Opening it would make it, with this user as its owner.
    if !config.store.path.exists() {
        let found = format!("{} is not there yet", config.store.path.display());
        return vec![Finding::warning(
            "store",
            found,
            "the kiosk's first start makes it, with its key",
        )];
    }
    let store = match open_store(config) {
        Ok(store) => store,
        Err(error) => {
            return vec![Finding::fault(
                "store",
                error.to_string(),
                "see the message; nothing is issued until then",
            )];
        }
    };
    let mut findings = vec![match store.probe() {
        Ok(found) => Finding::ok("store", found),
        Err(error) => Finding::fault("store", error.to_string(), "restore it from a backup"),
    }];
    findings.push(match store.verify() {
        Ok(lines) => Finding::ok("audit", format!("{lines} lines, unbroken")),
        Err(error) => Finding::fault(
            "audit",
            error.to_string(),
            "keep the file as evidence; somebody altered it",
        ),
    });
    if let Ok(backlog) = store.backlog() {
        let found = format!("{} queued, {} parked", backlog.queued, backlog.parked);
        findings.push(if backlog.parked > 0 {
            Finding::warning(
                "outbox",
                found,
                "the staff page names what the hospital's system refused",
            )
        } else {
            Finding::ok("outbox", found)
        });
    }
    findings
}

fn ehr(config: &Config) -> Finding {
    const CHECK: &str = "ehr";
    let Ehr::Fhir(settings) = &config.ehr else {
        return Finding::ok(
            CHECK,
            "no system: the local register serves, the clerk takes visits over",
        );
    };
    let server = fhir(config, settings).map_err(|error| error.to_string());
    match server.and_then(|server| server.probe().map_err(|error| error.to_string())) {
        Ok(found) => Finding::ok(CHECK, found),
        Err(error) => Finding::fault(
            CHECK,
            error,
            "check base_url, the network, the token and the server; numbers are given meanwhile",
        ),
    }
}

fn insurance(config: &Config) -> Finding {
    match &config.insurance {
        Insurance::Clerk => Finding::ok("insurance", "the clerk looks"),
        Insurance::Service { url, .. } => Finding::ok(
            "insurance",
            format!("asked at {url}; not tried (a question needs a person)"),
        ),
    }
}

fn disk(config: &Config) -> Finding {
    const CHECK: &str = "disk";
    let folder = config.store.path.parent().unwrap_or(Path::new("/"));
    let place = folder
        .ancestors()
        .find(|path| path.exists())
        .unwrap_or(Path::new("/"));
    match rustix::fs::statvfs(place) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let found = format!("{} MiB free at {}", free >> 20, place.display());
            if free < DISK_FAULT_BYTES {
                Finding::fault(CHECK, found, "free some space")
            } else if free < DISK_WARNING_BYTES {
                Finding::warning(CHECK, found, "free some space soon")
            } else {
                Finding::ok(CHECK, found)
            }
        }
        Err(error) => Finding::fault(
            CHECK,
            format!("{}: {error}", place.display()),
            "check the disk",
        ),
    }
}

/// A PC whose battery is empty wakes in the past: days and priorities would be wrong.
fn clock() -> Finding {
    let now = Timestamp::now();
    if !clock_is_right(now) {
        Finding::fault(
            "clock",
            format!("it says {}: no numbers are given", now.strftime("%Y-%m-%d")),
            "set the clock; let systemd-timesyncd keep it",
        )
    } else {
        Finding::ok("clock", now.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
    }
}

fn staff(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(staff) = config
        .staff
        .as_ref()
        .filter(|staff| !staff.listen.ip().is_loopback())
    {
        findings.push(Finding::warning(
            "staff",
            format!(
                "{} can be reached from the network, in plain HTTP",
                staff.listen
            ),
            "listen on 127.0.0.1, or put a proxy with TLS before it",
        ));
    }
    if let Ok(data) = std::fs::metadata(&config.store.key_file) {
        let mode = data.permissions().mode() & 0o777;
        findings.push(if mode & 0o077 == 0 {
            Finding::ok(
                "key",
                format!("{} has mode {mode:03o}", config.store.key_file.display()),
            )
        } else {
            Finding::fault(
                "key",
                format!("{} has mode {mode:03o}", config.store.key_file.display()),
                "chmod 600 it",
            )
        });
    }
    findings
}

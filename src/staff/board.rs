//! Everything the page shows, read from the store in one go. A change of the board is a change of
//! the page; ages are no part of it, the page counts them on by itself.
//!
//! A kiosk's status is JSON of another program, perhaps of another version: what is missing or of
//! an unknown shape is left out, never an error.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::store::{Act, Backlog, Command, KioskLine, Store, StoreError, Tally, VisitLine};

/// A kiosk that has not reported for this long is shown as silent; it reports every few seconds.
const SILENT_AFTER: SignedDuration = SignedDuration::from_secs(30);
/// The last call of a kiosk is shown this long.
const CALL_SHOWN: SignedDuration = SignedDuration::from_mins(10);
/// After a call the button comes back not before this: a second click is not a second call.
const CALL_AGAIN: SignedDuration = SignedDuration::from_secs(10);
/// A call that has not been answered in this time no longer holds up the next one.
const CALL_LAPSES: SignedDuration = SignedDuration::from_secs(60);
/// Commands looked at for the last one of each kiosk.
pub(super) const COMMANDS_READ: u32 = 200;
/// Longest text taken from a status, in characters.
const TEXT_MAX: usize = 200;
/// Most devices taken from a status.
const DEVICES_MAX: usize = 16;

/// What the page shows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Board {
    /// Those that need help first, then by name.
    pub kiosks: Vec<Kiosk>,
    /// Visits that wait for a person's help, longest first.
    pub help: Vec<VisitLine>,
    /// Visits that only wait to be typed into the hospital's system.
    pub handover: Vec<VisitLine>,
    /// Today's numbers.
    pub tally: Vec<Tally>,
    /// The outbox.
    pub backlog: Backlog,
}

/// One kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kiosk {
    /// Its id.
    pub id: String,
    /// Name of its screen, as the view has it.
    pub screen: String,
    /// What it asks the patient for, where it does.
    pub want: Option<String>,
    /// Since when this screen stands.
    pub since: Option<Timestamp>,
    /// The patient called staff.
    pub staff_called: bool,
    /// A card lies on the reader.
    pub card_present: bool,
    /// The number was a desk number.
    pub desk: bool,
    /// The code of what is wrong.
    pub cause: Option<String>,
    /// The code of what staff should know, though the check-in goes on.
    pub alert: Option<String>,
    /// The number just given.
    pub number: Option<String>,
    /// The shortened name.
    pub who: Option<String>,
    /// Device and fault; no fault: it works.
    pub devices: Vec<(String, Option<String>)>,
    /// The program's version.
    pub version: Option<String>,
    /// It has not reported since then.
    pub silent_since: Option<Timestamp>,
    /// The last call to the desk, while it is of interest.
    pub last_call: Option<Call>,
    /// The id that a call now would have; none when it would make no sense.
    pub next_call: Option<Uuid>,
}

/// A call to the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// When.
    pub at: Timestamp,
    /// The kiosk's answer.
    pub answer: Option<String>,
}

impl Board {
    /// Reads it from the store.
    pub fn read(store: &dyn Store, zone: &TimeZone, now: Timestamp) -> Result<Self, StoreError> {
        let today = zone.to_datetime(now).date();
        let commands = store.commands(COMMANDS_READ)?;
        let mut kiosks: Vec<Kiosk> = store
            .kiosks()?
            .into_iter()
            .map(|line| Kiosk::read(line, &commands, now))
            .collect();
        kiosks.sort_by_key(|kiosk| (Reverse(kiosk.needs_help()), kiosk.id.clone()));
        let (handover, help) = store.waiting(today)?.into_iter().partition(only_handover);
        Ok(Self {
            kiosks,
            help,
            handover,
            tally: store.tally(today)?,
            backlog: store.backlog()?,
        })
    }

    /// How many kiosks have somebody before them who needs help.
    pub fn calling(&self) -> usize {
        self.kiosks.iter().filter(|k| k.needs_help()).count()
    }
}

fn only_handover(line: &VisitLine) -> bool {
    !line.waits_for.is_empty() && line.waits_for.iter().all(|why| why == "handover")
}

impl Kiosk {
    /// Somebody should go there, or expect the patient at the desk.
    pub fn needs_help(&self) -> bool {
        self.staff_called || self.screen == "help" || (self.screen == "done" && self.desk)
    }

    fn read(line: KioskLine, commands: &[Command], now: Timestamp) -> Self {
        let view = &line.status["view"];
        let screen = &view["screen"];
        let since = line.status["since"].as_str().and_then(|t| t.parse().ok());
        let silent_since = (now.duration_since(line.at) > SILENT_AFTER).then_some(line.at);
        let last = commands
            .iter()
            .filter(|c| c.kiosk == line.kiosk && c.act == Act::CallToDesk)
            .max_by_key(|c| c.at);
        let next_call = (silent_since.is_none() && last.is_none_or(|last| is_over(last, now)))
            .then(|| call_id(&line.kiosk, since, last));
        Self {
            screen: clipped(&screen["name"]).unwrap_or_default(),
            want: clipped(&screen["want"]),
            since,
            staff_called: view["staff_called"] == true,
            card_present: view["card_present"] == true,
            desk: !screen["desk"].is_null(),
            cause: ["cause", "desk", "problem"]
                .iter()
                .find_map(|key| clipped(&screen[*key]))
                .or_else(|| clipped(&screen["paper"]["missing"])),
            alert: clipped(&view["alert"]),
            number: clipped(&screen["number"]),
            who: clipped(&screen["who"]["name"]),
            devices: devices(&line.status["health"]),
            version: clipped(&line.status["version"]),
            silent_since,
            last_call: last
                .filter(|last| now.duration_since(last.at) < CALL_SHOWN)
                .map(|last| Call {
                    at: last.at,
                    answer: last.answer.clone(),
                }),
            next_call,
            id: line.kiosk,
        }
    }
}

/// The next call may be offered.
fn is_over(last: &Command, now: Timestamp) -> bool {
    let age = now.duration_since(last.at);
    age > CALL_LAPSES || (age > CALL_AGAIN && last.answer.is_some())
}

/// The id of the next call to a kiosk: the same for every page, every clerk and every click, until
/// the screen there changes or the call was answered. So two that mean the same are one command.
fn call_id(kiosk: &str, since: Option<Timestamp>, last: Option<&Command>) -> Uuid {
    let mut hash = Sha256::new();
    hash.update(last.map_or(Uuid::nil(), |last| last.id));
    hash.update(since.map_or(0, Timestamp::as_nanosecond).to_be_bytes());
    hash.update(kiosk);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Known devices in a fixed order, then the others. `null` is a device that this kiosk has not.
fn devices(health: &Value) -> Vec<(String, Option<String>)> {
    const ORDER: [&str; 8] = [
        "reader", "trust", "scanner", "camera", "printer", "ehr", "store", "clock",
    ];
    let Some(health) = health.as_object() else {
        return Vec::new();
    };
    let mut devices: Vec<_> = health
        .iter()
        .filter_map(|(name, state)| {
            let fault = clipped(state)?;
            Some((clip(name), (fault != "ok").then_some(fault)))
        })
        .take(DEVICES_MAX)
        .collect();
    devices.sort_by_key(|(name, _)| ORDER.iter().position(|o| o == name).unwrap_or(ORDER.len()));
    devices
}

fn clipped(value: &Value) -> Option<String> {
    value.as_str().map(clip)
}

fn clip(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

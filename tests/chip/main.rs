//! The reader against the virtual card, in one process: every person, every kind of card, every
//! fault, at every APDU.
#![cfg(feature = "sim")]

mod active;
mod attack;
mod bsi;
mod chip_authentication;
mod faults;
mod files;
#[path = "../interop/line.rs"]
#[expect(dead_code, reason = "here a card is watched by who answers for it")]
mod line;
mod memory;
mod noise;
mod opening;
mod pace_cam;
mod proving;
mod reading;

use jiff::civil::Date;
use tiepdon::emrtd::{
    Access, Chip, Line, Plan, Progress, ReadError, Request, Transport, TransportError, TrustStore,
    read,
};
use tiepdon::sim::card::profile::Profile;
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::{Csca, Issuer, SignerPlan, SodPlan};
use tiepdon::sim::{SimPerson, person};

const NO_PORTRAIT: Plan = Plan {
    dg13: true,
    portrait: false,
    details: false,
    ethnicity: false,
    any_document: false,
};
const ALL: Plan = Plan {
    portrait: true,
    ..NO_PORTRAIT
};
/// Bytes of data in the longest reply of a reader that speaks extended length.
const LONG_REPLY: u32 = 65_536;

/// The card lies on the table of this process.
struct Direct {
    card: Card,
    resets: u32,
    line: Line,
}

impl Direct {
    fn new(card: Card) -> Self {
        Self {
            card,
            resets: 0,
            line: Line::default(),
        }
    }
}

impl Transport for Direct {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.card
            .try_transmit(command)
            .map_err(|_| TransportError::Removed)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.resets += 1;
        self.card.reset();
        Ok(())
    }

    fn line(&self) -> Line {
        self.line.clone()
    }
}

/// Somebody between reader and card, who changes replies. Called with the command's number, counted
/// from 1, the command and the reply.
struct Between<F> {
    direct: Direct,
    commands: u32,
    change: F,
}

impl<F: FnMut(u32, &[u8], &mut Vec<u8>) + Send> Between<F> {
    fn new(card: Card, change: F) -> Self {
        Self {
            direct: Direct::new(card),
            commands: 0,
            change,
        }
    }
}

impl<F: FnMut(u32, &[u8], &mut Vec<u8>) + Send> Transport for Between<F> {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let mut reply = self.direct.transmit(command)?;
        self.commands += 1;
        (self.change)(self.commands, command, &mut reply);
        Ok(reply)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.direct.reset()
    }

    fn line(&self) -> Line {
        self.direct.line()
    }
}

fn random(out: &mut [u8]) {
    getrandom::fill(out).expect("the system has randomness");
}

/// What our simulated country says is to be trusted.
fn trust() -> TrustStore {
    let mut trust = TrustStore::default();
    for file in Issuer::shared().trust() {
        trust.add(file.name, &file.bytes).expect("a good file");
    }
    trust
}

fn today() -> Date {
    let now = jiff::Timestamp::now();
    jiff::tz::TimeZone::UTC.to_datetime(now).date()
}

/// A reading of `plan` by somebody who trusts `trust`.
fn request(access: Access, plan: Plan, trust: &TrustStore) -> Request<'_> {
    Request::new(access, plan, trust, today())
}

/// Reads, and holds the progress to its promises.
fn read_with(transport: &mut dyn Transport, access: Access, plan: Plan) -> Result<Chip, ReadError> {
    let trust = trust();
    let (mut last, mut holders) = (0, 0);
    let mut on_progress = |progress: Progress<'_>| match progress {
        Progress::Percent(percent) => {
            assert!(percent > last && percent <= 100, "{last} -> {percent}");
            last = percent;
        }
        Progress::Holder(_) => holders += 1,
    };
    let request = request(access, plan, &trust);
    let result = read(transport, request, &mut random, &mut on_progress);
    let whole = result.is_ok();
    assert_eq!(whole, last == 100, "100 % is told when all is read");
    assert!(holders <= 1, "the holder is told once");
    result
}

fn attempt(card: Card, owner: &SimPerson, plan: Plan) -> (Result<Chip, ReadError>, Direct) {
    let mut direct = Direct::new(card);
    let result = read_with(&mut direct, Access::of(&owner.number), plan);
    (result, direct)
}

/// The genuine card of somebody, with faults.
fn with_faults(faults: Faults, plan: Plan) -> Result<Chip, ReadError> {
    let card = Card::with(somebody(), tiepdon::sim::card::Personality::Citizen, faults);
    attempt(card, somebody(), plan).0
}

/// A kind of card.
fn profile(name: &str) -> Profile {
    Profile::named(name).unwrap_or_else(|| panic!("no profile {name}"))
}

/// Somebody's card of a kind.
fn card_of(name: &str) -> Card {
    let profile = profile(name);
    Card::of(chip_of(&profile), profile.faults.clone())
}

/// Signs the groups of a chip anew, after they were changed.
fn sealed(mut chip: tiepdon::sim::card::chip::Chip) -> tiepdon::sim::card::chip::Chip {
    let signer = Issuer::shared().document_signer(Csca::Home, &SignerPlan::default());
    let number = |id: &u16| u8::try_from(id & 0xFF).expect("a byte");
    let groups = chip.files.iter().map(|(id, file)| (number(id), &file[..]));
    let groups = groups.filter(|(number, _)| *number <= 16).collect();
    let plan = SodPlan::default();
    let sod = signer.security_object(&groups, &plan, somebody().issue_date);
    chip.files.insert(0x011D, sod.expect("OpenSSL signs"));
    chip
}

/// A DER object with a tag of one or two bytes.
fn object(tag: &[u8], value: &[u8]) -> Vec<u8> {
    let len = u16::try_from(value.len()).expect("short");
    let [high, low] = len.to_be_bytes();
    let len = match len {
        0..0x80 => vec![low],
        0x80..0x100 => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [tag, &len, value].concat()
}

fn chip_of(profile: &Profile) -> tiepdon::sim::card::chip::Chip {
    profile.chip(somebody(), Issuer::shared())
}

/// How many commands a good card of somebody takes.
fn commands(plan: Plan) -> u32 {
    let chip = with_faults(Faults::default(), plan).expect("a good card is read");
    chip.link.apdus
}

fn somebody() -> &'static SimPerson {
    person("001099012345").expect("built in")
}

fn check_person(sim: &SimPerson, chip: &Chip) {
    let person = &chip.person;
    assert_eq!(person.personal_number.as_ref(), Some(&sim.number));
    assert_eq!(person.name.as_ref().expect("name").expose(), &sim.name);
    assert_eq!(person.birth_date, Some(sim.birth_date));
    assert_eq!(person.sex, Some(sim.sex));
    assert_eq!(person.nationality.as_deref(), Some("VNM"));
    assert_eq!(
        person.residence.as_ref().expect("residence").expose(),
        &sim.residence
    );
    assert_eq!(
        person.old_id.as_ref().map(|id| id.expose().as_str()),
        sim.old_id.as_deref()
    );
    assert_eq!(chip.expiry_date, sim.expiry_date);
    let words = sim.name_latin.split('<').filter(|w| !w.is_empty());
    let latin = words.collect::<Vec<_>>().join(" ");
    assert_eq!(
        person.name_latin.as_ref().expect("latin name").expose(),
        &latin
    );
}

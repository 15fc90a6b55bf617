use jiff::civil::Date;

use super::ReadError;
use super::lds::mrz::Mrz;
use super::lds::{self, DataGroup, Dg13};
use super::portrait::Portrait;
use crate::identity::{BirthDate, Check, CheckResult, Person, Private, Proofs};

/// What to read besides DG1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// DG13: the name with its diacritics, the residence, the old number.
    pub dg13: bool,
    /// DG2: the portrait, which is most of the bytes.
    pub portrait: bool,
}

/// What a chip said, and how far it was proved.
#[derive(Debug, Clone)]
pub struct Chip {
    /// The holder. The name is DG13's where that was read, else the MRZ's.
    pub person: Person,
    /// The card's last day; `None` where it never expires.
    pub expiry_date: Option<Date>,
    /// The portrait, if the plan asked for it and the card has one that can be understood.
    pub portrait: Option<Portrait>,
    /// How the chip was opened: `PACE-ECDH-GM-AES128`.
    pub access: String,
    /// Numbers of the data groups that were read, ascending.
    pub data_groups: Vec<u8>,
    /// The proofs.
    pub proofs: Proofs,
    /// What it took.
    pub link: LinkStats,
}

/// The traffic of one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LinkStats {
    /// Commands sent.
    pub apdus: u32,
    /// Bytes of all commands.
    pub bytes_sent: u64,
    /// Bytes of all replies.
    pub bytes_received: u64,
}

/// The files of one card, as they were read. Wiped when dropped.
#[derive(Default)]
pub(super) struct Files {
    /// The machine readable zone, parsed at once: it decides whether to go on.
    zone: Option<Mrz>,
    dg13: Option<Dg13>,
    portrait: Option<Portrait>,
    read: Vec<u8>,
}

impl Files {
    /// Takes a file. DG1 must make sense and be a citizen's; what cannot be understood of the
    /// others is left out, since a newer card may have encrypted it.
    pub fn add(&mut self, group: DataGroup, file: &[u8]) -> Result<(), ReadError> {
        match group {
            DataGroup::Dg1 => self.zone = Some(citizen_zone(file)?),
            DataGroup::Dg2 => self.portrait = lds::parse_dg2(file).ok(),
            DataGroup::Dg13 => self.dg13 = lds::parse_dg13(file, false).ok(),
            DataGroup::Dg11 | DataGroup::Dg12 | DataGroup::Dg14 | DataGroup::Dg15 => {}
        }
        self.read.push(group.number());
        Ok(())
    }

    /// What the files say, together.
    pub fn into_chip(self, access: &str, link: LinkStats) -> Result<Chip, ReadError> {
        let zone = self
            .zone
            .ok_or_else(|| ReadError::unreadable("DG1 is missing"))?;
        let dg13 = self.dg13.unwrap_or_default();
        let expiry_date = zone.expiry_date().or(dg13.expiry_date);
        let mut data_groups = self.read;
        data_groups.sort_unstable();
        Ok(Chip {
            person: person(&zone, dg13)?,
            expiry_date,
            portrait: self.portrait,
            access: access.to_owned(),
            data_groups,
            proofs: unproved(),
            link,
        })
    }
}

fn citizen_zone(dg1: &[u8]) -> Result<Mrz, ReadError> {
    let zone = lds::parse_dg1(dg1).map_err(|e| ReadError::unreadable(format!("DG1: {e}")))?;
    if !zone.is_citizen_card() {
        return Err(ReadError::not_a_citizen_card(
            "its MRZ is of another document",
        ));
    }
    Ok(zone)
}

/// DG1 decides; DG13 adds what the zone has no room for. Two different persons are a fault.
fn person(zone: &Mrz, dg13: Dg13) -> Result<Person, ReadError> {
    let number = zone.personal_number();
    if let (Some(a), Some(b)) = (&number, &dg13.personal_number)
        && a != b
    {
        return Err(ReadError::unreadable("DG1 and DG13 are of two persons"));
    }
    let name_latin = zone.name_latin().map(Private::new);
    let zone_birth = zone.birth_date();
    // The zone has two digits of the year; DG13 has four, and counts if it ends in the same two.
    let same_birth = |date: &BirthDate| {
        zone_birth
            .is_none_or(|zone| date.year() % 100 == zone.year() % 100 && ends_alike(*date, zone))
    };
    Ok(Person {
        personal_number: number.or(dg13.personal_number),
        insurance_number: None,
        name: dg13.name.or_else(|| name_latin.clone()),
        name_latin,
        birth_date: dg13.birth_date.filter(same_birth).or(zone_birth),
        sex: zone.sex().or(dg13.sex),
        nationality: zone.nationality().or(dg13.nationality),
        residence: dg13.residence,
        old_id: dg13.old_id,
        cancelled_numbers: Vec::new(),
    })
}

/// Whether month and day are the same, as far as both are known.
fn ends_alike(a: BirthDate, b: BirthDate) -> bool {
    match (a, b) {
        (BirthDate::Day(a), BirthDate::Day(b)) => (a.month(), a.day()) == (b.month(), b.day()),
        (BirthDate::Day(_) | BirthDate::Year(_), BirthDate::Day(_) | BirthDate::Year(_)) => true,
    }
}

fn unproved() -> Proofs {
    let undetermined = |reason| Check::new(CheckResult::Undetermined, reason);
    Proofs {
        passive: undetermined("this version does not verify signatures"),
        chip: undetermined("this version does not do chip authentication"),
        active: undetermined("this version does not do active authentication"),
    }
}

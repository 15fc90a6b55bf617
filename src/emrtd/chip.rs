use jiff::civil::Date;

use super::lds::mrz::Mrz;
use super::lds::{self, Dg11, Dg12, Dg13, File};
use super::portrait::Portrait;
use super::proof::{Passive, Proofs};
use super::{Habits, ReadError};
use crate::identity::{BirthDate, Person, Private};

/// What to read besides DG1 and the proofs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Plan {
    /// DG13: the name with its diacritics, the residence, the old number.
    pub dg13: bool,
    /// DG2: the portrait, which is most of the bytes.
    pub portrait: bool,
    /// DG11 and DG12: what passports tell beyond the machine readable zone.
    pub details: bool,
    /// Keep the ethnicity of DG13, which is passed over otherwise.
    pub ethnicity: bool,
    /// Read passports and other documents, too, not only the card of a Vietnamese citizen.
    pub any_document: bool,
}

/// What a chip said, and how far it was proved.
#[derive(Debug, Clone)]
pub struct Chip {
    /// The holder. The name is DG13's where that was read, else the MRZ's.
    pub person: Person,
    /// The holder's ethnicity, if the plan asked for it.
    pub ethnicity: Option<Private<String>>,
    /// Which kind of document it is, as its zone says: `ID`, `I`, `P`.
    pub document_code: String,
    /// Who issued it, as the zone spells it: `VNM`.
    pub issuing_state: String,
    /// Its last day; `None` where it never expires.
    pub expiry_date: Option<Date>,
    /// The portrait, if the plan asked for it and the card has one that can be understood.
    pub portrait: Option<Portrait>,
    /// How the chip was opened: `PACE-ECDH-GM-AES128`, `BAC`.
    pub access: String,
    /// Numbers of the data groups that were read for what they say, ascending.
    pub data_groups: Vec<u8>,
    /// The proofs.
    pub proofs: Proofs,
    /// What it took.
    pub link: LinkStats,
    /// What was learned about cards of this kind.
    pub habits: Habits,
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

/// The data groups of one card, understood as they were read. Wiped when dropped.
#[derive(Default)]
pub(super) struct Files {
    plan: Plan,
    /// The machine readable zone, parsed at once: it decides whether to go on.
    zone: Option<Mrz>,
    dg11: Dg11,
    dg12: Dg12,
    dg13: Dg13,
    portrait: Option<Portrait>,
    read: Vec<u8>,
}

impl Files {
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            ..Self::default()
        }
    }

    /// Takes a file. DG1 must make sense and be a citizen's; what cannot be understood of the
    /// others is left out, since a newer card may have encrypted it.
    pub fn add(&mut self, file: File, bytes: &[u8]) -> Result<(), ReadError> {
        match file {
            File::Dg1 => self.zone = Some(self.zone(bytes)?),
            File::Dg2 => self.portrait = lds::parse_dg2(bytes).ok(),
            File::Dg11 => self.dg11 = lds::parse_dg11(bytes).unwrap_or_default(),
            File::Dg12 => self.dg12 = lds::parse_dg12(bytes).unwrap_or_default(),
            File::Dg13 => {
                self.dg13 = lds::parse_dg13(bytes, self.plan.ethnicity).unwrap_or_default();
            }
            File::CardAccess | File::CardSecurity | File::Sod | File::Dg14 | File::Dg15 => {}
        }
        self.read.extend(file.group());
        Ok(())
    }

    fn zone(&self, dg1: &[u8]) -> Result<Mrz, ReadError> {
        let zone = lds::parse_dg1(dg1).map_err(|e| ReadError::unreadable(format!("DG1: {e}")))?;
        if self.plan.any_document || zone.is_citizen_card() {
            Ok(zone)
        } else {
            Err(ReadError::OtherDocument)
        }
    }

    fn understood(&self) -> Result<&Mrz, ReadError> {
        let missing = || ReadError::unreadable("DG1 is missing");
        self.zone.as_ref().ok_or_else(missing)
    }

    /// Who issued the document, as the zone says.
    pub fn issuing_state(&self) -> Option<&str> {
        self.zone.as_ref().map(Mrz::issuing_state)
    }

    /// Of a document that was changed, what DG13 says of somebody else is left out: that it was
    /// changed is to be told with one number, not passed over as a card that cannot be read.
    pub fn keep_to_zone(&mut self) {
        let number = self.zone.as_ref().and_then(Mrz::personal_number);
        let others = number.zip(self.dg13.personal_number.as_ref());
        if others.is_some_and(|(zone, dg13)| zone != *dg13) {
            self.dg13 = Dg13::default();
        }
    }

    /// What can be checked of the signature only with the data before one.
    pub fn check(&self, passive: &mut Passive) -> Result<(), ReadError> {
        let zone = self.understood()?;
        passive.check_document(
            zone.issuing_state(),
            zone.document_code(),
            self.dg13.issue_date.or(self.dg12.issue_date),
        );
        Ok(())
    }

    /// DG1 decides; DG13, or DG11 of a passport, adds what the zone has no room for. Two different
    /// persons are a fault.
    pub fn person(&self) -> Result<Person, ReadError> {
        let zone = self.understood()?;
        let (dg13, dg11) = (&self.dg13, &self.dg11);
        let number = zone.personal_number();
        if let (Some(a), Some(b)) = (&number, &dg13.personal_number)
            && a != b
        {
            return Err(ReadError::unreadable("DG1 and DG13 are of two persons"));
        }
        let name_latin = zone.name_latin().map(Private::new);
        let zone_birth = zone.birth_date();
        let same_birth = |date: &BirthDate| zone_birth.is_none_or(|zone| agree(*date, zone));
        let names = [&dg13.name, &dg11.name, &name_latin];
        let name = names.into_iter().find_map(Option::clone);
        Ok(Person {
            name,
            personal_number: number.or_else(|| dg13.personal_number.clone()),
            insurance_number: None,
            hospital_number: None,
            name_latin,
            birth_date: dg13
                .birth_date
                .or(dg11.birth_date)
                .filter(same_birth)
                .or(zone_birth),
            sex: zone.sex().or(dg13.sex),
            nationality: zone.nationality().or_else(|| dg13.nationality.clone()),
            residence: dg13.residence.clone().or_else(|| dg11.address.clone()),
            ethnicity: None,
            old_id: dg13.old_id.clone(),
            cancelled_numbers: Vec::new(),
            card_expiry: None,
        })
    }

    /// What the files say, together.
    pub fn into_chip(
        mut self,
        access: String,
        proofs: Proofs,
        link: LinkStats,
        habits: Habits,
    ) -> Result<Chip, ReadError> {
        self.read.sort_unstable();
        let person = self.person()?;
        let ethnicity = self.dg13.ethnicity.take();
        let zone = self.understood()?;
        Ok(Chip {
            person,
            document_code: zone.document_code().to_owned(),
            issuing_state: zone.issuing_state().to_owned(),
            expiry_date: zone.expiry_date().or(self.dg13.expiry_date),
            ethnicity,
            portrait: self.portrait,
            access,
            data_groups: self.read,
            proofs,
            link,
            habits,
        })
    }
}

/// The zone has two digits of the year, DG13 has four, and counts if it ends in the same two; month
/// and day are the same, as far as both are known.
fn agree(date: BirthDate, zone: BirthDate) -> bool {
    let days_agree = match (date, zone) {
        (BirthDate::Day(a), BirthDate::Day(b)) => (a.month(), a.day()) == (b.month(), b.day()),
        (BirthDate::Day(_) | BirthDate::Year(_), BirthDate::Day(_) | BirthDate::Year(_)) => true,
    };
    date.year() % 100 == zone.year() % 100 && days_agree
}

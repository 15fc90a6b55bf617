//! From a profile and a person to a chip.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use openssl::error::ErrorStack;

use super::super::chip::{ActiveKey, CardAccessRead, Chip, ChipKey, Mapping};
use super::super::portrait::{self, Format};
use super::super::{ATR, ATR_EXTENDED};
use super::plan::{Document, Portrait, Possession, Profile};
use super::zone::Zone;
use super::{groups, security};
use crate::sim::SimPerson;
use crate::sim::issuer::{DocumentSigner, Issuer, Key, KeyKind};

/// Files of the master file.
const CARD_ACCESS: u16 = 0x011C;
const CARD_SECURITY: u16 = 0x011D;
const ATR_INFO: u16 = 0x2F01;
/// Files of the application; data group n is 0100 + n.
const COM: u16 = 0x011E;
const SOD: u16 = 0x011D;
const DG: u16 = 0x0100;
/// Tags of the data groups 1 to 16 in EF.COM (ICAO 9303-10 §4.7).
const TAGS: [u8; 16] = [
    0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70,
];
/// Fingerprints need terminal authentication.
const LOCKED: (u16, u16) = (0x0103, 0x6982);
/// The longest command or reply of a chip with extended length.
const LONGEST: u16 = 2048;

const MADE: &str = "OpenSSL makes keys and signatures of the kinds that parse";

impl Profile {
    /// The chip of a person's card.
    pub fn chip(&self, person: &SimPerson, issuer: &Issuer) -> Chip {
        let zone = Zone::of(person);
        let atr = if self.habits.extended_length {
            ATR_EXTENDED
        } else {
            ATR
        };
        let mut chip = Chip {
            atr: atr.to_vec(),
            can: self.access.can.then(|| person.number.can().to_owned()),
            mrz_key: self.access.mrz.then(|| zone.key()),
            pace: self.access.pace.iter().map(|plan| plan.offer()).collect(),
            bac: self.access.bac,
            habits: self.habits.clone(),
            ..Chip::default()
        };
        if self.document == Document::Bank {
            chip.pace.clear();
            return chip;
        }
        let signer = issuer.document_signer(self.csca, &self.signer);
        let mut groups = self.personal_groups(person, &zone, issuer);
        self.add_keys(&mut chip, &mut groups).expect(MADE);
        self.add_card_access(&mut chip, &signer).expect(MADE);
        self.seal(&mut chip, groups, person, &signer).expect(MADE);
        chip
    }

    fn personal_groups(&self, person: &SimPerson, zone: &Zone<'_>, issuer: &Issuer) -> Groups {
        let lines = match self.document {
            Document::Citizen | Document::Bank => zone.card(),
            Document::Passport => zone.passport(issuer.authority(self.csca).country().alpha3),
        };
        let mut groups = Groups::from([(1, groups::dg1(&lines))]);
        let format = match self.portrait {
            Portrait::Jpeg => Some(Format::Jpeg),
            Portrait::Jpeg2000 => Some(Format::Jpeg2000),
            Portrait::None => None,
        };
        if let Some(format) = format {
            groups.insert(2, groups::dg2(&portrait::of(person, format), format));
        }
        if self.document == Document::Citizen {
            groups.insert(3, groups::dg3());
            groups.insert(13, groups::dg13(person));
        }
        groups
    }

    /// DG14 and DG15, and the keys behind them.
    fn add_keys(&self, chip: &mut Chip, groups: &mut Groups) -> Result<(), ErrorStack> {
        let mut infos: Vec<_> = chip.pace.iter().map(security::pace).collect();
        if self.document == Document::Citizen {
            infos.push(security::terminal_authentication());
        }
        for plan in &self.chip {
            let key = pooled(plan.key, 0)?;
            infos.push(security::chip_authentication(plan));
            infos.push(security::chip_key(&key, plan.id)?);
            if let Some(key) = possessed(plan.private, &key)? {
                chip.chip_keys.push(ChipKey {
                    id: plan.id,
                    cipher: plan.cipher,
                    private: Some(key.private().clone()),
                });
            }
        }
        if self.active.offered {
            let key = pooled(self.active.key, 0)?;
            groups.insert(15, security::dg15(&key)?);
            if !matches!(self.active.key, KeyKind::Rsa(_)) {
                infos.push(security::active_authentication(self.active.hash));
            }
            chip.active_key = possessed(self.active.private, &key)?.map(|key| ActiveKey {
                private: key.private().clone(),
                hash: self.active.hash.digest(),
            });
        }
        if !infos.is_empty() {
            groups.insert(14, security::dg14(&security::infos(infos)));
        }
        Ok(())
    }

    /// EF.CardAccess, EF.CardSecurity and EF.ATR/INFO.
    fn add_card_access(&self, chip: &mut Chip, signer: &DocumentSigner) -> Result<(), ErrorStack> {
        if self.habits.extended_length {
            chip.master_files
                .insert(ATR_INFO, security::atr_info(LONGEST));
        }
        let mut infos: Vec<_> = chip.pace.iter().map(security::pace).collect();
        if infos.is_empty() {
            return Ok(());
        }
        if self.document == Document::Citizen {
            infos.push(security::terminal_authentication());
            infos.extend(self.chip.iter().map(security::chip_authentication));
        }
        if self.access.card_access {
            let file = security::infos(infos.clone());
            chip.master_files.insert(CARD_ACCESS, file);
        } else {
            chip.habits.card_access = CardAccessRead::Never;
        }
        let mut ways = self.access.pace.iter();
        if let Some(plan) = ways.find(|plan| plan.mapping == Mapping::ChipAuthentication) {
            let key = Key::generate(KeyKind::Standardised(plan.curve))?;
            infos.push(security::chip_key(&key, Some(plan.curve.parameter()))?);
            let file = signer.card_security(&security::infos(infos))?;
            chip.master_files.insert(CARD_SECURITY, file);
            chip.mapping_key = Some(key.private().clone());
        }
        Ok(())
    }

    /// Signs the groups and lays them down; what a forger changes, he changes after that.
    fn seal(
        &self,
        chip: &mut Chip,
        groups: Groups,
        person: &SimPerson,
        signer: &DocumentSigner,
    ) -> Result<(), ErrorStack> {
        let contents = groups
            .iter()
            .map(|(n, file)| (*n, file.as_slice()))
            .collect();
        let sod = signer.security_object(&contents, &self.sod, person.issue_date)?;
        chip.files.insert(SOD, sod);
        let tags: Vec<u8> = groups.keys().map(|n| TAGS[usize::from(*n) - 1]).collect();
        chip.files.insert(COM, groups::com(&tags));
        if groups.contains_key(&3) {
            chip.habits.refused_files.push(LOCKED);
        }
        for (number, file) in groups {
            let file = if self.altered.contains(&number) {
                altered(file, person)
            } else {
                file
            };
            chip.files.insert(DG + u16::from(number), file);
        }
        Ok(())
    }
}

/// Data groups by number.
type Groups = BTreeMap<u8, Vec<u8>>;

/// Another name of the same length where the name stands, else another last byte.
fn altered(mut file: Vec<u8>, person: &SimPerson) -> Vec<u8> {
    let names = [person.name_latin.as_bytes(), person.name.as_bytes()];
    let place = names.iter().find_map(|name| {
        let mut windows = file.windows(name.len());
        windows.position(|window| window == *name)
    });
    let place = place.unwrap_or(file.len() - 1);
    file[place] ^= 1;
    file
}

/// The private key that the chip has, of what it shows.
fn possessed(possession: Possession, shown: &Key) -> Result<Option<Key>, ErrorStack> {
    match possession {
        Possession::Own => Ok(Some(shown.clone())),
        Possession::Other => pooled(shown.kind(), 1).map(Some),
        Possession::None => Ok(None),
    }
}

/// A new key; of RSA keys, which take long to make, one of each kind and slot for all chips.
fn pooled(kind: KeyKind, slot: u8) -> Result<Key, ErrorStack> {
    static POOL: LazyLock<Mutex<BTreeMap<(KeyKind, u8), Key>>> = LazyLock::new(Mutex::default);
    if !matches!(kind, KeyKind::Rsa(_)) {
        return Key::generate(kind);
    }
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = pool.get(&(kind, slot)) {
        return Ok(key.clone());
    }
    let key = Key::generate(kind)?;
    pool.insert((kind, slot), key.clone());
    Ok(key)
}

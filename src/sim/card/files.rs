//! The files of a card, built from a person.

use super::chip::{Chip, CipherKind, Mapping, PaceOffer};
use super::portrait;
use super::tlv::object;
use crate::identity::{BirthDate, Sex};
use crate::sim::SimPerson;
use crate::sim::persons::words;

const CARD_ACCESS: u16 = 0x011C;
const COM: u16 = 0x011E;
const DG1: u16 = 0x0101;
const DG2: u16 = 0x0102;
const DG3: u16 = 0x0103;
const DG13: u16 = 0x010D;

/// As citizen cards carry it: terminal authentication, chip authentication, PACE.
const CARD_ACCESS_FILE: [u8; 54] = [
    0x31, 0x34, 0x30, 0x0D, 0x06, 0x08, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x01,
    0x01, 0x30, 0x0F, 0x06, 0x0A, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x02, 0x02,
    0x01, 0x01, 0x30, 0x12, 0x06, 0x0A, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, 0x02,
    0x02, 0x01, 0x02, 0x02, 0x01, 0x0D,
];
/// 1.0.10646.1.0.8, the value bytes.
const UTF8_MARK: [u8; 6] = [0x28, 0xD3, 0x16, 0x01, 0x00, 0x08];

/// What kind of card it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personality {
    /// A citizen card.
    Citizen,
    /// A citizen card that announces nothing: EF.CardAccess cannot be read.
    Silent,
    /// A passport: an MRZ of two lines, no DG13.
    Passport,
    /// A bank card: no application of travel documents.
    Bank,
}

/// The chip of a person's card.
pub(super) fn chip(person: &SimPerson, personality: Personality) -> Chip {
    let mut chip = Chip {
        atr: super::ATR.to_vec(),
        ..Chip::default()
    };
    if personality == Personality::Bank {
        chip.habits.master_file = true;
        return chip;
    }
    let zone = Zone::of(person);
    chip.can = Some(person.number.can().to_owned());
    chip.mrz_key = Some(zone.key());
    chip.pace.push(PaceOffer {
        mapping: Mapping::Generic,
        cipher: CipherKind::Aes128,
        parameter: 13,
    });
    if personality != Personality::Silent {
        chip.master_files
            .insert(CARD_ACCESS, CARD_ACCESS_FILE.to_vec());
    }
    let (lines, tags) = match personality {
        Personality::Passport => (zone.passport(), &[0x61, 0x75][..]),
        Personality::Citizen | Personality::Silent | Personality::Bank => {
            (zone.card(), &[0x61, 0x75, 0x63, 0x6D][..])
        }
    };
    let dg1 = object(&[0x61], &object(&[0x5F, 0x1F], lines.as_bytes()));
    chip.files.insert(COM, com(tags));
    chip.files.insert(DG1, dg1);
    chip.files.insert(DG2, dg2(&portrait::of(person)));
    if tags.contains(&0x6D) {
        chip.files.insert(DG3, object(&[0x63], &[]));
        chip.files.insert(DG13, dg13(person));
    }
    chip
}

fn com(tags: &[u8]) -> Vec<u8> {
    let content = [
        object(&[0x5F, 0x01], b"0107"),
        object(&[0x5F, 0x36], b"040000"),
        object(&[0x5C], tags),
    ];
    object(&[0x60], &content.concat())
}

/// One face in a biometric envelope.
fn dg2(jpeg: &[u8]) -> Vec<u8> {
    let face_len = (20 + 12 + jpeg.len()) as u32;
    let record = [
        &b"FAC\x00010\x00"[..],
        &(14 + face_len).to_be_bytes(),
        &[0, 1],
        &face_len.to_be_bytes(),
        // No feature points; sex, eyes, hair, mask, expression and pose are not told.
        &[0; 16],
        // Full frontal, JPEG, width and height, 24-bit colour, source, device, quality.
        &[1, 0],
        &portrait::WIDTH.to_be_bytes(),
        &portrait::HEIGHT.to_be_bytes(),
        &[1, 2, 0, 0, 0, 0],
        jpeg,
    ]
    .concat();
    let header = object(&[0xA1], &[0x87, 0x02, 0x01, 0x01, 0x88, 0x02, 0x00, 0x08]);
    let template = object(
        &[0x7F, 0x60],
        &[header, object(&[0x5F, 0x2E], &record)].concat(),
    );
    let group = [object(&[0x02], &[1]), template].concat();
    object(&[0x75], &object(&[0x7F, 0x61], &group))
}

fn dg13(person: &SimPerson) -> Vec<u8> {
    let words = words();
    let field = |number: u8, text: &str| {
        let tag = if text.is_ascii() { 0x13 } else { 0x0C };
        let content = [vec![0x02, 0x01, number], object(&[tag], text.as_bytes())];
        object(&[0x30], &content.concat())
    };
    let written = |day: jiff::civil::Date| day.strftime("%d/%m/%Y").to_string();
    let birth = match person.birth_date {
        BirthDate::Day(day) => written(day),
        BirthDate::Year(year) => year.to_string(),
    };
    let expiry = person
        .expiry_date
        .map_or_else(|| words.unlimited.clone(), written);
    let mut fields = vec![
        field(1, person.number.expose()),
        field(2, &person.name),
        field(3, &birth),
        field(4, person.sex_in_vietnamese()),
        field(5, &words.nationality),
        field(6, "Kinh"),
        field(8, &person.residence),
        field(9, &person.residence),
        field(11, &written(person.issue_date)),
        field(12, &expiry),
        field(16, "00A1B2C3D4E5F607"),
    ];
    fields.extend(person.old_id.as_deref().map(|old| field(15, old)));
    let content = [
        vec![0x02, 0x01, 0x01],
        object(&[0x06], &UTF8_MARK),
        object(&[0x31], &fields.concat()),
    ];
    object(&[0x6D], &object(&[0x30], &content.concat()))
}

/// The parts of the machine readable zone, dates as `yymmdd`.
struct Zone<'a> {
    person: &'a SimPerson,
    birth: String,
    expiry: String,
}

impl<'a> Zone<'a> {
    fn of(person: &'a SimPerson) -> Self {
        let short = |day: jiff::civil::Date| day.strftime("%y%m%d").to_string();
        Self {
            person,
            birth: match person.birth_date {
                BirthDate::Day(day) => short(day),
                BirthDate::Year(year) => format!("{:02}0000", year % 100),
            },
            expiry: person
                .expiry_date
                .map_or_else(|| "991231".to_owned(), short),
        }
    }

    fn key(&self) -> String {
        let number = &self.person.number.expose()[3..];
        [number, &self.birth, &self.expiry].map(checked).concat()
    }

    fn sex(&self) -> char {
        match self.person.sex {
            Sex::Male => 'M',
            Sex::Female => 'F',
        }
    }

    fn card(&self) -> String {
        let number = self.person.number.expose();
        let upper = [checked(&number[3..]), checked(&format!("{number}<<"))].concat();
        let (birth, expiry) = (checked(&self.birth), checked(&self.expiry));
        let all = digit(&format!("{upper}{birth}{expiry}<<<<<<<<<<<"));
        let name = &self.person.name_latin;
        let sex = self.sex();
        format!("IDVNM{upper}{birth}{sex}{expiry}VNM<<<<<<<<<<<{all}{name:<<30}")
    }

    fn passport(&self) -> String {
        let name = &self.person.name_latin;
        let number = checked(&self.person.number.expose()[3..]);
        let (birth, expiry) = (checked(&self.birth), checked(&self.expiry));
        let optional = checked("<<<<<<<<<<<<<<");
        let all = digit(&format!("{number}{birth}{expiry}{optional}"));
        let sex = self.sex();
        format!("P<VNM{name:<<39}{number}VNM{birth}{sex}{expiry}{optional}{all}")
    }
}

fn checked(field: &str) -> String {
    format!("{field}{}", digit(field))
}

/// Weights 7, 3, 1; letters count from ten, fillers nothing.
fn digit(field: &str) -> u32 {
    let values = field.chars().map(|c| c.to_digit(36).unwrap_or(0));
    values
        .zip([7, 3, 1].iter().cycle())
        .map(|(v, w)| v * w)
        .sum::<u32>()
        % 10
}

//! The data groups that speak of a person (ICAO 9303-10 §4.7), and EF.COM.

use super::super::portrait::{self, Format};
use super::super::tlv::object;
use crate::identity::BirthDate;
use crate::sim::SimPerson;
use crate::sim::persons::words;

/// 1.0.10646.1.0.8, the value bytes.
const UTF8_MARK: [u8; 6] = [0x28, 0xD3, 0x16, 0x01, 0x00, 0x08];

/// EF.COM of the groups with these tags.
pub(super) fn com(tags: &[u8]) -> Vec<u8> {
    let content = [
        object(&[0x5F, 0x01], b"0107"),
        object(&[0x5F, 0x36], b"040000"),
        object(&[0x5C], tags),
    ];
    object(&[0x60], &content.concat())
}

/// The machine readable zone.
pub(super) fn dg1(zone: &str) -> Vec<u8> {
    object(&[0x61], &object(&[0x5F, 0x1F], zone.as_bytes()))
}

/// One face in a biometric envelope (ISO/IEC 19794-5).
pub(super) fn dg2(image: &[u8], format: Format) -> Vec<u8> {
    let face_len = (20 + 12 + image.len()) as u32;
    let record = [
        &b"FAC\x00010\x00"[..],
        &(14 + face_len).to_be_bytes(),
        &[0, 1],
        &face_len.to_be_bytes(),
        // No feature points; sex, eyes, hair, mask, expression and pose are not told.
        &[0; 16],
        // Full frontal, format, width and height, 24-bit colour, source, device, quality.
        &[1, format as u8],
        &portrait::WIDTH.to_be_bytes(),
        &portrait::HEIGHT.to_be_bytes(),
        &[1, 2, 0, 0, 0, 0],
        image,
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

/// Fingerprints that nobody may read: there are none inside.
pub(super) fn dg3() -> Vec<u8> {
    object(&[0x63], &[])
}

/// The fields of a citizen card.
pub(super) fn dg13(person: &SimPerson) -> Vec<u8> {
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

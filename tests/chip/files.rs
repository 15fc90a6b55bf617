//! Files that end, begin or answer oddly: the cases of BSI TR-03105-5.1, unit ISO7816_C, and those
//! on EF.COM; `src/emrtd/conformance.md` lists them.

use tiepdon::emrtd::{Chip, ReadError};
use tiepdon::identity::{Grade, Verdict};
use tiepdon::sim::card::chip::{self, PastEnd};
use tiepdon::sim::card::{Card, Faults};

use crate::{ALL, attempt, check_person, chip_of, object, profile, sealed, somebody};

const COM: u16 = 0x011E;
const SOD: u16 = 0x011D;
const PROVEN: Verdict = Verdict::Graded(Grade::Proven);

fn genuine() -> chip::Chip {
    chip_of(&profile("genuine"))
}

fn read(chip: chip::Chip) -> Result<Chip, ReadError> {
    attempt(Card::of(chip, Faults::default()), somebody(), ALL).0
}

fn proven(chip: chip::Chip) -> Chip {
    let chip = read(chip).expect("it is read");
    check_person(somebody(), &chip);
    assert_eq!(chip.proofs.verdict(), PROVEN);
    chip
}

/// DG2 with this image.
fn dg2(image: &[u8]) -> Vec<u8> {
    let face_len = u32::try_from(32 + image.len()).expect("short");
    let record = [
        &b"FAC\x00010\x00"[..],
        &(face_len + 14).to_be_bytes(),
        &[0, 1],
        &face_len.to_be_bytes(),
        &[0; 28],
        image,
    ];
    let header = object(&[0xA1], &object(&[0x87], &[0x01, 0x01]));
    let record = object(&[0x5F, 0x2E], &record.concat());
    let template = object(&[0x7F, 0x60], &[header, record].concat());
    let group = [object(&[0x02], &[1]), template].concat();
    object(&[0x75], &object(&[0x7F, 0x61], &group))
}

/// C_01. Without DG1 there is no identity; what the security object lists and the chip keeps back
/// is no proof, and what it would have added is missing.
#[test]
fn a_file_that_is_refused_is_missed_by_what_it_was_for() {
    let without = |id: u16| {
        let mut chip = genuine();
        chip.habits.refused_files.push((id, 0x6A82));
        read(chip)
    };
    assert!(matches!(without(0x0101), Err(ReadError::Unreadable { .. })));
    let verdict = |id| without(id).map(|chip| chip.proofs.verdict());
    assert_eq!(verdict(SOD), Ok(Verdict::Graded(Grade::Read)));
    assert_eq!(verdict(0x010E), Ok(Verdict::Rejected), "DG14 is listed");
    let chip = without(0x0102).expect("it is read");
    assert_eq!((chip.portrait, chip.proofs.verdict()), (None, PROVEN));
    let chip = without(0x010D).expect("it is read");
    assert_eq!(chip.person.name, chip.person.name_latin);
    assert_eq!(chip.proofs.verdict(), PROVEN);
}

/// C_02 and C_07: beyond 32,767 bytes only odd READ BINARY gets on.
#[test]
fn a_large_file_is_read_to_its_end() {
    let image = [&b"\xFF\xD8\xFF\xE0"[..], &[0xA5; 40_000]].concat();
    let mut chip = genuine();
    chip.files.insert(0x0102, dg2(&image));
    let read = proven(sealed(chip.clone()));
    assert_eq!(*read.portrait.expect("a portrait").bytes, image);
    chip.habits.odd_read = false;
    assert_eq!(proven(sealed(chip)).portrait, None);
}

/// C_03 to C_06.
#[test]
fn the_end_of_a_file_is_found_whatever_the_chip_says_there() {
    for past_end in [
        PastEnd::EndOfFile,
        PastEnd::Short,
        PastEnd::ExactLe,
        PastEnd::WrongOffset,
        PastEnd::WrongLength,
    ] {
        let mut chip = genuine();
        chip.habits.past_end = past_end;
        assert!(proven(chip).portrait.is_some(), "{past_end:?}");
    }
}

/// C_08.
#[test]
fn a_portrait_of_no_bytes_is_none_and_the_person_is_still_read() {
    let mut chip = genuine();
    chip.files.insert(0x0102, dg2(&[]));
    assert_eq!(proven(sealed(chip)).portrait, None);
}

/// LDS_H_45. The chip may keep a group from us that nobody asks for; not one that is a proof.
#[test]
fn a_group_that_is_listed_and_not_there_matters_where_it_is_needed() {
    let without = |id: u16| {
        let mut chip = genuine();
        chip.files.entry(id).or_insert_with(|| vec![0x6A, 0x00]);
        let mut chip = sealed(chip);
        chip.files.remove(&id);
        read(chip).map(|chip| chip.proofs.verdict())
    };
    assert_eq!(without(0x010A), Ok(PROVEN));
    assert_eq!(without(0x010E), Ok(Verdict::Rejected));
}

/// LDS_A and LDS_H_90 to 92: nobody signs EF.COM, so it is not even read.
#[test]
fn whatever_ef_com_says_changes_nothing() {
    for com in [None, Some(vec![0x61, 0x00]), Some(vec![0x60, 0x7F])] {
        let mut chip = genuine();
        chip.files.remove(&COM);
        chip.files.extend(com.map(|com| (COM, com)));
        proven(chip);
    }
}

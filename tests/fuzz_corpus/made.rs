//! Seeds that hold keys and certificates: a simulated issuer makes them afresh, so that none of
//! them lies in the repository. And a code, drawn.

use std::collections::BTreeMap;

use qrcodegen::{QrCode, QrCodeEcc};
use tiepdon::emrtd::parsers::script_of;
use tiepdon::sim::card::chip::Chip;
use tiepdon::sim::card::profile::{self, Document, Profile};
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::Issuer;
use tiepdon::sim::persons;

use crate::Seeds;

/// The access number that the fuzz targets know.
const CAN: &str = "123456";

/// What is made for a target.
pub fn seeds(target: &str) -> Seeds {
    let issuer = Issuer::shared();
    let chip = citizen();
    let file = |id| chip.files.get(&id).cloned();
    let found: Vec<(&str, Option<Vec<u8>>)> = match target {
        "card_access" => vec![("made", file(0x011C))],
        "com" => vec![("made", file(0x011E))],
        "dg1" => vec![("made", file(0x0101))],
        "dg2" => vec![("made", file(0x0102))],
        "dg13" => vec![("made", file(0x010D))],
        "dg14" => vec![("made", file(0x010E))],
        "dg15" => vec![("made", file(0x010F))],
        "sod" => vec![("made", file(0x011D))],
        "certificate" | "crl" | "master_list" => {
            let mut files = issuer.trust();
            files.push(issuer.master_list());
            return files
                .into_iter()
                .map(|file| (file.name.to_owned(), file.bytes))
                .collect();
        }
        "eye" => vec![("made", Some(seen()))],
        "payload" => vec![("made", Some(persons()[0].card_qr().into_bytes()))],
        "reader" => vec![("made", Some(protected(chip.clone())))],
        "reader_open" => vec![
            ("made", Some(open(&chip.files))),
            ("made-passport", Some(open(&passport().files))),
        ],
        _ => Vec::new(),
    };
    found
        .into_iter()
        .filter_map(|(name, bytes)| Some((name.to_owned(), bytes?)))
        .collect()
}

/// The picture of a code, as the target for eyes takes it: cells of three pixels.
fn seen() -> Vec<u8> {
    const QUIET: i32 = 4;
    let code = QrCode::encode_text("099090012345", QrCodeEcc::Medium).expect("it is short");
    let side = code.size() + 2 * QUIET;
    let [low, high] = (side as u16).to_le_bytes();
    let mut bytes = vec![low, high, low, high, 2, 0];
    for cell in 0..side * side {
        let dark = code.get_module(cell % side - QUIET, cell / side - QUIET);
        bytes.extend([1, if dark { 30 } else { 220 }]);
    }
    bytes
}

fn citizen() -> Chip {
    let mut chip = profile::citizen(&persons()[0]);
    chip.can = Some(CAN.to_owned());
    chip
}

fn passport() -> Chip {
    let profile = Profile {
        document: Document::Passport,
        ..Profile::default()
    };
    profile.chip(&persons()[0], Issuer::shared())
}

/// The replies of a whole card, with all the cryptography.
fn protected(chip: Chip) -> Vec<u8> {
    let mut drawn = 0u8;
    let mut card = Card::of(chip, Faults::default()).drawing_from(move |out: &mut [u8]| {
        drawn = drawn.wrapping_add(7);
        out.fill(drawn);
    });
    script_of(false, &mut |command| card.transmit(command))
}

/// The replies of a card without any: its files, as they are.
fn open(files: &BTreeMap<u16, Vec<u8>>) -> Vec<u8> {
    let mut current = 0;
    script_of(true, &mut |command| {
        let [_, ins, p1, p2, rest @ ..] = command else {
            return vec![0x67, 0x00];
        };
        let offset = match (ins, p1 & 0x80) {
            (0xA4, _) => return vec![0x90, 0x00],
            (0xB0, 0) => usize::from(u16::from_be_bytes([*p1, *p2])),
            (0xB0, _) => {
                current = 0x0100 | u16::from(p1 & 0x1F);
                usize::from(*p2)
            }
            _ => return vec![0x6D, 0x00],
        };
        let le = match rest {
            [0] => 256,
            [le] => usize::from(*le),
            _ => return vec![0x67, 0x00],
        };
        let Some(left) = files.get(&current).and_then(|file| file.get(offset..)) else {
            return vec![0x6A, 0x82];
        };
        let data = &left[..le.min(left.len())];
        let sw = if data.len() < le {
            [0x62, 0x82]
        } else {
            [0x90, 0x00]
        };
        [data, &sw].concat()
    })
}

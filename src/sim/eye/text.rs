//! The texts of invented codes, in the layouts that cards and insurance papers have.

use std::sync::LazyLock;

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};
use serde::Deserialize;

use super::random::Random;

/// Version of the largest code that is made: 57 modules a side.
const VERSION_MAX: u8 = 10;
/// Version of the smallest: 41 modules.
const VERSION_MIN: u8 = 6;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    families: Vec<String>,
    middles: Vec<String>,
    givens: Vec<String>,
    hamlets: Vec<String>,
    communes: Vec<String>,
    districts: Vec<String>,
    provinces: Vec<String>,
    sexes: Vec<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    toml::from_str(include_str!("../../../assets/sim/eye.toml"))
        .expect("the built-in words are right: a test reads them")
});

fn digits(random: &mut Random, count: usize) -> String {
    (0..count)
        .map(|_| char::from(b'0' + random.whole(0..10) as u8))
        .collect()
}

fn day(random: &mut Random, years: (u32, u32), separator: &str) -> String {
    let (day, month) = (random.whole(1..29), random.whole(1..13));
    let year = random.whole(years.0..years.1);
    format!("{day:02}{separator}{month:02}{separator}{year}")
}

fn name(random: &mut Random) -> String {
    let (family, middle, given) = (&WORDS.families, &WORDS.middles, &WORDS.givens);
    let mut word = |list: &[String]| random.choice(list).clone();
    [word(family), word(middle), word(given)].join(" ")
}

fn address(random: &mut Random) -> String {
    let lists = [
        &WORDS.hamlets,
        &WORDS.communes,
        &WORDS.districts,
        &WORDS.provinces,
    ];
    lists.map(|list| random.choice(list).clone()).join(", ")
}

/// The text of a citizen card's code: seven fields.
pub fn card(random: &mut Random) -> String {
    let number = digits(random, 12);
    let old = if random.chance(0.15) {
        String::new()
    } else {
        digits(random, 9)
    };
    [
        number,
        old,
        name(random),
        day(random, (1935, 2020), ""),
        random.choice(&WORDS.sexes).clone(),
        address(random),
        day(random, (2021, 2026), ""),
    ]
    .join("|")
}

/// The text of an insurance paper's code: fifteen fields, letters as hexadecimal UTF-8.
pub fn insurance(random: &mut Random) -> String {
    let number = digits(random, 10);
    let hamlet = format!(
        "{}, {}",
        random.choice(&WORDS.hamlets),
        random.choice(&WORDS.provinces)
    );
    let from = day(random, (2020, 2026), "/");
    [
        number,
        hex::encode(name(random)),
        day(random, (1935, 2020), "/"),
        random.whole(1..3).to_string(),
        hex::encode(hamlet),
        format!("{} - {}", digits(random, 2), digits(random, 3)),
        from.clone(),
        "-".to_owned(),
        from,
        digits(random, 10),
        "-".to_owned(),
        "4".to_owned(),
        day(random, (2015, 2030), "/"),
        hex::encode(digits(random, 8)),
        "$".to_owned(),
    ]
    .join("|")
}

/// Draws a code of `make`'s text: UTF-8 in one byte segment, without a declared character set, at
/// level L or M as it falls and fits.
pub fn code(random: &mut Random, make: fn(&mut Random) -> String) -> (String, QrCode) {
    loop {
        let text = make(random);
        let segment = [QrSegment::make_bytes(text.as_bytes())];
        let level = *random.choice(&[QrCodeEcc::Low, QrCodeEcc::Medium]);
        for level in [level, QrCodeEcc::Low] {
            let drawn = QrCode::encode_segments_advanced(
                &segment,
                level,
                Version::new(VERSION_MIN),
                Version::new(VERSION_MAX),
                None,
                false,
            );
            if let Ok(code) = drawn {
                return (text, code);
            }
        }
    }
}

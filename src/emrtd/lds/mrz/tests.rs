use proptest::prelude::*;

use super::check::check_digit;
use super::{Format, Mrz, key_of};
use crate::emrtd::lds::LdsError;
use crate::identity::{BirthDate, Sex};

const A: &str =
    "IDVNM0990123459001099012345<<09901018M3901016VNM<<<<<<<<<<<0NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<";
const B: &str =
    "IDVNM1630001234079163000123<<46302153F9912315VNM<<<<<<<<<<<4TRAN<<THI<B<<<<<<<<<<<<<<<<<<<";
/// ICAO 9303-11 App. D.2: a card whose document number has more than nine characters.
const TD1_LONG: &str =
    "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<";
/// The same, two lines.
const TD2_LONG: &str = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<D23145890<UTO3407127M95071227349<<<8";
/// ICAO 9303-5, -6 and -4: the specimens.
const TD1: &str =
    "I<UTOD231458907<<<<<<<<<<<<<<<7408122F1204159UTO<<<<<<<<<<<6ERIKSSON<<ANNA<MARIA<<<<<<<<<<";
const TD2: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6";
const TD3: &str =
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10";

fn parse(zone: &str) -> Mrz {
    Mrz::parse(zone.as_bytes()).expect("a right zone")
}

/// The zone with other characters at a place, and its check digits made right again.
fn changed(zone: &str, place: usize, with: &str) -> Result<Mrz, LdsError> {
    let mut zone = zone.as_bytes().to_vec();
    zone[place..place + with.len()].copy_from_slice(with.as_bytes());
    let layout = Format::of_len(zone.len()).expect("a format").layout();
    let optional = layout.optional_digit.then_some(&layout.optional);
    let fields = [&layout.number, &layout.birth, &layout.expiry];
    for field in fields.into_iter().chain(optional) {
        zone[field.end] = check_digit(&zone[field.clone()]).expect("characters");
    }
    let composite: Vec<u8> = layout
        .composite
        .iter()
        .flat_map(|r| zone[r.clone()].to_vec())
        .collect();
    zone[layout.composite_digit] = check_digit(&composite).expect("characters");
    Mrz::parse(&zone)
}

#[test]
fn the_cards_of_two_citizens_are_understood() {
    let a = parse(A);
    assert!(a.is_citizen_card());
    assert_eq!(
        a.personal_number().expect("number").expose(),
        "001099012345"
    );
    assert_eq!((a.document_code(), a.issuing_state()), ("ID", "VNM"));
    assert_eq!(a.birth_date(), BirthDate::parse("1999-01-01"));
    assert_eq!(a.expiry_date(), Some(jiff::civil::date(2039, 1, 1)));
    assert_eq!(
        (a.sex(), a.nationality().as_deref()),
        (Some(Sex::Male), Some("VNM"))
    );
    assert_eq!(a.name_latin().as_deref(), Some("NGUYEN VAN A"));
    let b = parse(B);
    assert_eq!(
        b.personal_number().expect("number").expose(),
        "079163000123"
    );
    assert_eq!(b.birth_date(), BirthDate::parse("1963-02-15"));
    assert_eq!((b.expiry_date(), b.sex()), (None, Some(Sex::Female)));
}

#[test]
fn the_specimens_of_all_formats_say_the_same() {
    for (zone, format, code, number) in [
        (TD1, Format::Td1, "I", "D23145890"),
        (TD2, Format::Td2, "I", "D23145890"),
        (TD3, Format::Td3, "P", "L898902C3"),
    ] {
        let zone = parse(zone);
        assert_eq!(zone.format, format);
        assert_eq!((zone.document_code(), zone.issuing_state()), (code, "UTO"));
        assert!(zone.key().starts_with(number));
        assert_eq!(zone.nationality().as_deref(), Some("UTO"));
        assert_eq!(zone.birth_date(), BirthDate::parse("1974-08-12"));
        assert_eq!(zone.expiry_date(), Some(jiff::civil::date(2012, 4, 15)));
        assert_eq!(zone.sex(), Some(Sex::Female));
        assert_eq!(zone.name_latin().as_deref(), Some("ERIKSSON ANNA MARIA"));
        assert!(!zone.is_citizen_card());
        assert_eq!(zone.personal_number(), None);
    }
}

#[test]
fn a_long_document_number_goes_on_in_the_optional_data() {
    for zone in [TD1_LONG, TD2_LONG] {
        let parsed = parse(zone);
        assert_eq!(*parsed.key(), "D23145890734934071279507122");
        for wrong in ["7348", "8349", "9<<<", "<<<<", "7349999"] {
            let mut zone = zone.to_owned();
            let place = zone.find("7349").expect("the rest of the number");
            zone.replace_range(place..place + wrong.len(), wrong);
            assert!(Mrz::parse(zone.as_bytes()).is_err(), "{wrong}");
        }
    }
}

#[test]
fn the_key_is_the_same_from_the_lines_and_from_its_own_characters() {
    for (zone, key) in [
        (A, "099012345999010183901016"),
        (TD1, "D23145890774081221204159"),
        (TD2, "D23145890774081221204159"),
        (TD3, "L898902C3674081221204159"),
        (TD1_LONG, "D23145890734934071279507122"),
    ] {
        let lines = [&zone[..30], "\n ", &zone[30..]].concat();
        assert_eq!(key_of(&lines).expect("lines").as_str(), key);
        assert_eq!(key_of(key).expect("a key").as_str(), key);
    }
    for wrong in [
        "",
        "099012345999010183901017",
        &A[..89],
        "99010183901016",
        "9901018\u{e9}",
    ] {
        assert!(key_of(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn any_single_changed_character_under_a_check_digit_is_found() {
    for zone in [A, B, TD1, TD2, TD3, TD1_LONG, TD2_LONG] {
        let layout = parse(zone).layout();
        let covered = layout
            .composite
            .iter()
            .cloned()
            .flatten()
            .chain([layout.composite_digit]);
        for place in covered {
            let mut zone = zone.as_bytes().to_vec();
            // Values that differ by ten share a check digit, so another one is taken then.
            let digit = check_digit(&zone[place..=place]);
            zone[place] = if digit == check_digit(b"1") {
                b'2'
            } else {
                b'1'
            };
            assert!(Mrz::parse(&zone).is_err(), "place {place}");
        }
    }
}

#[test]
fn each_check_digit_counts_alone_even_if_the_last_one_agrees() {
    for zone in [A, TD1, TD2, TD3] {
        let layout = parse(zone).layout();
        let optional = layout.optional_digit.then_some(&layout.optional);
        for field in [&layout.number, &layout.birth, &layout.expiry]
            .into_iter()
            .chain(optional)
        {
            let mut zone = zone.as_bytes().to_vec();
            zone[field.end] = b'0' + (zone[field.end] - b'0' + 1) % 10;
            let composite: Vec<u8> = layout
                .composite
                .iter()
                .flat_map(|r| zone[r.clone()].to_vec())
                .collect();
            zone[layout.composite_digit] = check_digit(&composite).expect("characters");
            assert!(Mrz::parse(&zone).is_err(), "digit at {}", field.end);
        }
    }
}

#[test]
fn what_is_no_zone_is_an_error() {
    for zone in [
        "",
        &A[..89],
        &TD2[..71],
        &TD3[1..],
        &A.to_lowercase(),
        &A.replace('<', " "),
    ] {
        assert!(Mrz::parse(zone.as_bytes()).is_err(), "{zone}");
    }
}

#[test]
fn a_passport_without_a_personal_number_may_leave_its_digit_out() {
    let mut zone = TD3.replace("ZE184226B<<<<<10", "<<<<<<<<<<<<<<<0");
    let digit = |zone: &str| {
        check_digit(format!("{}{}{}", &zone[44..54], &zone[57..64], &zone[65..87]).as_bytes())
            .expect("characters")
    };
    let right = char::from(digit(&zone)).to_string();
    zone.replace_range(87..88, &right);
    assert!(Mrz::parse(zone.as_bytes()).is_ok());
    zone.replace_range(86..87, "0");
    assert!(Mrz::parse(zone.as_bytes()).is_ok(), "zero is as right");
}

#[test]
fn a_name_is_what_fits_its_field() {
    for (field, name) in [
        (
            "NILAVADHANANANDA<<CHAYAPA<DEJT",
            Some("NILAVADHANANANDA CHAYAPA DEJT"),
        ),
        ("ARKFREITH<<<<<<<<<<<<<<<<<<<<<", Some("ARKFREITH")),
        ("<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<", None),
    ] {
        let zone = changed(A, 60, field).expect("a right zone");
        assert_eq!(zone.name_latin().as_deref(), name);
    }
}

#[test]
fn the_century_follows_the_number_or_else_the_expiry() {
    for (number, birth, expiry, year) in [
        ("001205012345", "050630", "300630", 2005),
        ("001105012345", "050630", "991231", 1905),
        // A number that does not follow the old rule is no hint.
        ("001777012345", "050630", "300630", 2005),
        ("001777012345", "700630", "300630", 1970),
        ("001777012345", "400630", "<<<<<<", 1940),
    ] {
        let mut text = A.to_owned();
        text.replace_range(15..27, number);
        text.replace_range(30..36, birth);
        let digit = check_digit(&text.as_bytes()[15..29]).expect("characters");
        text.replace_range(29..30, &char::from(digit).to_string());
        let zone = changed(&text, 38, expiry).expect("a right zone");
        assert_eq!(
            zone.birth_date().map(BirthDate::year),
            Some(year),
            "{number} {birth}"
        );
    }
}

#[test]
fn a_birth_without_a_day_is_a_year() {
    for birth in ["990000", "99<<<<"] {
        let zone = changed(A, 30, birth).expect("a right zone");
        assert_eq!(zone.birth_date(), Some(BirthDate::Year(1999)));
    }
}

#[test]
fn what_makes_no_sense_under_right_check_digits_is_left_out() {
    let with = |place, text| changed(A, place, text).expect("its digits are right");
    assert!(!with(0, "XX").is_citizen_card(), "an unknown document");
    assert!(!with(2, "V1M").is_citizen_card(), "an impossible state");
    assert_eq!(with(45, "V1M").nationality().as_deref(), Some("V1M"));
    assert_eq!(with(45, "<<<").nationality(), None);
    for sex in ["X", "<", "1"] {
        assert_eq!(with(37, sex).sex(), None, "{sex}");
    }
    for birth in ["A90101", "9A0101", "<<0101", "<<<<<<"] {
        let date = with(30, birth).birth_date();
        assert!(
            date.is_none_or(|d| d == BirthDate::Year(1999)),
            "{birth}: {date:?}"
        );
    }
    assert_eq!(with(38, "A01231").expiry_date(), None);
}

#[test]
fn impossible_dates_are_no_dates() {
    let zone = changed(TD3, 57, "991332").expect("its digits are right");
    assert_eq!(zone.birth_date(), None);
    let zone = changed(TD3, 65, "300230").expect("its digits are right");
    assert_eq!(zone.expiry_date(), None);
}

#[test]
fn unlimited_cards_have_no_expiry_date() {
    for expiry in ["991231", "990215", "<<<<<<"] {
        let zone = changed(A, 38, expiry).expect("a right zone");
        assert_eq!(zone.expiry_date(), None, "{expiry}");
    }
}

#[test]
fn a_zone_never_prints() {
    assert_eq!(format!("{:?}", parse(A)), "[MRZ, Td1]");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let _ = Mrz::parse(&bytes);
    }

    #[test]
    fn any_characters_give_fields_without_a_panic(
        which in 0usize..3,
        characters in "[A-Z0-9<]{90}",
    ) {
        let format = Format::ALL[which];
        let characters = &characters.as_bytes()[..format.layout().len];
        let zone = Mrz { format, characters: characters.to_vec().into() };
        let _ = (zone.birth_date(), zone.expiry_date(), zone.name_latin(), zone.personal_number());
        let _ = (zone.key(), zone.sex(), zone.nationality());
    }
}

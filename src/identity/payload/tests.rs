use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

use super::{BhytQr, CardQr, Hint, Payload, hints};
use crate::identity::{BirthDate, Person, Sex, Way};

pub(super) const CARD: &str = "099090012345|012345678|Nguyễn Thị Ánh Phượng|28021990|Nữ|\
    Tổ 5, phường Đồng Xuân, quận Hoàn Kiếm, Hà Nội|19042021";
const CARD_2024: &str = "099090012345||NGUYỄN VĂN A|28021990|Nam|Xã A, Tỉnh B|01072024|\
    099190054321|TRẦN VĂN B|LÊ THỊ C";
const BHYT: &str = "DN4010123456789|4E677579E1BB856E2056C4836E2041|28/02/1990|1|\
    48C3A0204EE1BB9969|01 - 013|01/01/2024|31/12/2024|15/12/2023|01000000001|-|4|01/01/2025|\
    1a2b3c4d5e6f|$";

fn card(text: &str) -> CardQr {
    let Payload::Cccd(card) = Payload::parse(text) else {
        panic!("not a card: {text}");
    };
    *card
}

fn bhyt(text: &str) -> BhytQr {
    let Payload::Bhyt(card) = Payload::parse(text) else {
        panic!("not a BHYT card: {text}");
    };
    *card
}

fn shown(value: Option<&crate::identity::Private<String>>) -> Option<&str> {
    value.map(|value| value.expose().as_str())
}

fn person_of(person: &Person) -> (&str, Option<&str>, Option<String>, Option<Sex>) {
    let number = person.personal_number.as_ref().map_or_else(
        || person.insurance_number.as_ref().map_or("", |n| n.expose()),
        |n| n.expose(),
    );
    let birth = person.birth_date.map(String::from);
    (number, shown(person.name.as_ref()), birth, person.sex)
}

#[test]
fn the_card_of_2021_is_read_whole() {
    let card = card(CARD);
    assert_eq!(
        person_of(&card.person),
        (
            "099090012345",
            Some("Nguyễn Thị Ánh Phượng"),
            Some("1990-02-28".to_owned()),
            Some(Sex::Female)
        )
    );
    assert_eq!(shown(card.person.old_id.as_ref()), Some("012345678"));
    assert_eq!(
        shown(card.person.residence.as_ref()),
        Some("Tổ 5, phường Đồng Xuân, quận Hoàn Kiếm, Hà Nội")
    );
    assert_eq!(card.issue_date, jiff::civil::date(2021, 4, 19));
    assert_eq!(
        card.person.card_expiry,
        Some(jiff::civil::date(2030, 2, 28))
    );
    assert!(card.person.cancelled_numbers.is_empty());
}

#[test]
fn the_card_of_2024_names_cancelled_numbers_and_nothing_of_the_parents_is_kept() {
    let new = card(CARD_2024);
    let cancelled: Vec<_> = new
        .person
        .cancelled_numbers
        .iter()
        .map(|n| n.expose())
        .collect();
    assert_eq!(cancelled, ["099190054321"]);
    assert_eq!(new.person.old_id, None);
    let kept = serde_json::to_string(&new).expect("JSON");
    assert!(kept.contains("NGUYỄN VĂN A"), "{kept}");
    assert!(!kept.contains("TRẦN") && !kept.contains("LÊ"), "{kept}");

    let own_number_again = format!("{CARD}|099090012345|||");
    let again = card(&own_number_again);
    assert!(again.person.cancelled_numbers.is_empty());

    let list = card(&format!("{CARD}|099190054321, 099290054321;099190054321|"));
    assert_eq!(list.person.cancelled_numbers.len(), 2);
}

/// The order of the further fields is not public: whatever they hold, the first seven are the card.
#[test]
fn a_card_of_2024_is_the_same_person_however_many_fields_follow() {
    let seven = "099090012345||NGUYỄN VĂN A|29022000|Nam|Xã A, Tỉnh B|01072024";
    let plain = card(seven);
    for (more, cancelled) in [
        ("|", &[][..]),
        ("|||", &[]),
        ("||TRẦN VĂN B|LÊ THỊ C", &[]),
        ("|TRẦN VĂN B|LÊ THỊ C|", &[]),
        ("|099190054321|TRẦN VĂN B|LÊ THỊ C", &["099190054321"]),
        ("|TRẦN VĂN B|LÊ THỊ C|099190054321", &["099190054321"]),
        (
            "|099190054321;099290054321|TRẦN VĂN B|LÊ THỊ C|",
            &["099190054321", "099290054321"],
        ),
        // Neither of these is a personal number.
        ("|0991900543210|09919005432|TRẦN VĂN 099", &[]),
        ("|099090012345|TRẦN VĂN B|", &[]),
    ] {
        for read in [Payload::parse, Payload::from_keys] {
            let Payload::Cccd(card) = read(&format!("{seven}{more}")) else {
                panic!("no card: {more}");
            };
            let mut person = card.person;
            let found = std::mem::take(&mut person.cancelled_numbers);
            let found: Vec<_> = found.iter().map(|number| number.expose()).collect();
            assert_eq!(found, cancelled, "{more}");
            assert_eq!(
                (&person, card.issue_date),
                (&plain.person, plain.issue_date)
            );
        }
    }
}

#[test]
fn every_way_of_writing_a_card_is_the_same_card() {
    let plain = Payload::parse(CARD);
    for written in [
        format!("\u{feff}{CARD}"),
        format!("{CARD}\r\n"),
        format!("  ${CARD}$ \n"),
        format!("||{CARD}"),
        format!("{CARD}|"),
        CARD.nfd().collect(),
        CARD.replace("|Nữ|", "| NỮ |"),
        CARD.replace("|Nữ|", "|nu|"),
        CARD.replace("28021990", "28/02/1990"),
        CARD.replace("Thị Ánh", "Thị  Ánh"),
    ] {
        assert_eq!(Payload::parse(&written), plain, "{written}");
    }
    let year_only = card(&CARD.replace("28021990", "1990"));
    assert_eq!(year_only.person.birth_date, Some(BirthDate::Year(1990)));
    let homeless = card(&CARD_2024.replace("Xã A, Tỉnh B", ""));
    assert_eq!(homeless.person.residence, None);
}

#[test]
fn what_is_not_quite_a_card_is_none() {
    for (fault, text) in [
        ("31 February", CARD.replace("28021990", "31022000")),
        ("month 13", CARD.replace("28021990", "01131990")),
        (
            "29 February of a common year",
            CARD.replace("28021990", "29022023"),
        ),
        ("year 0001", CARD.replace("28021990", "01010001")),
        (
            "impossible issue date",
            CARD.replace("19042021", "31042021"),
        ),
        ("issue year alone", CARD.replace("19042021", "2021")),
        ("eleven digits", CARD.replace("099090012345", "09909001234")),
        (
            "masked number",
            CARD.replace("099090012345", "******012345"),
        ),
        ("eight-digit old id", CARD.replace("012345678", "12345678")),
        ("no name", CARD.replace("Nguyễn Thị Ánh Phượng", "")),
        (
            "digits as a name",
            CARD.replace("Nguyễn Thị Ánh Phượng", "12345"),
        ),
        ("no sex", CARD.replace("|Nữ|", "|x|")),
        ("another separator", CARD.replace('|', ";")),
        (
            "PC-Covid",
            "099090012345|NGUYỄN VĂN A|1990/2/28|0900000000|Xã A|QID1|EXT".to_owned(),
        ),
        (
            "PC-Covid, masked",
            "******345|NGUYỄN VĂN A|1990/2/28|0900000000|Xã A|QID1|EXT".to_owned(),
        ),
        (
            "PC-Covid without a name",
            "099090012345||1990/2/28|0900000000|Xã A|QID1|EXT".to_owned(),
        ),
        (
            "PC-Covid, one field more in front",
            "1|099090012345|NGUYỄN VĂN A|28021990|0900000000|Xã A|QID1|EXT".to_owned(),
        ),
        (
            "PC-Covid with a card's dates",
            "099090012345|NGUYỄN VĂN A|28021990|Nam|0900000000|Xã A|19042021".to_owned(),
        ),
        (
            "a vaccination pass",
            "NGUYỄN VĂN A|28021990|099090012345|Nam|2|19042021|Xã A".to_owned(),
        ),
    ] {
        assert_eq!(Payload::parse(&text), Payload::Other, "{fault}");
    }
}

#[test]
fn no_beginning_of_a_code_passes_for_the_whole() {
    for (at, _) in CARD.char_indices() {
        // Digits alone may be some paper's number.
        let is_number = (4..=12).contains(&at);
        let payload = Payload::parse(&CARD[..at]);
        assert!(is_number || payload == Payload::Other, "card cut at {at}");
    }
    let check = BHYT.find("|1a2b").expect("check field");
    for at in 17..check {
        assert_eq!(
            Payload::parse(&BHYT[..at]),
            Payload::Other,
            "BHYT cut at {at}"
        );
    }
}

#[test]
fn the_bhyt_card_is_read_whole() {
    let old = bhyt(BHYT);
    assert_eq!(
        person_of(&old.person),
        (
            "DN4010123456789",
            Some("Nguyễn Văn A"),
            Some("1990-02-28".to_owned()),
            Some(Sex::Male)
        )
    );
    assert_eq!(shown(old.person.residence.as_ref()), Some("Hà Nội"));
    assert_eq!(old.facility.as_deref(), Some("01013"));
    assert_eq!(old.valid_from, Some(jiff::civil::date(2024, 1, 1)));
    assert_eq!(old.valid_to, Some(jiff::civil::date(2024, 12, 31)));
}

#[test]
fn every_issue_of_the_bhyt_card_is_read() {
    let plain = Payload::parse(BHYT);
    for written in [
        BHYT.replace('|', "~"),
        BHYT.trim_end_matches('$').to_owned(),
        BHYT.trim_end_matches("|$").to_owned(),
        format!("{BHYT}\r\n"),
        BHYT.replace("4E677579E1BB856E", "4e677579e1bb856e"),
        BHYT.replace("|28/02/1990|1|", "|1|28/02/1990|"),
        BHYT.replace("DN401", "dn401"),
    ] {
        assert_eq!(Payload::parse(&written), plain, "{written}");
    }
    let new = bhyt(
        &BHYT
            .replace("DN4010123456789", "0123456789")
            .replace("31/12/2024", ""),
    );
    assert_eq!(new.valid_to, None);
    assert_eq!(person_of(&new.person).0, "0123456789");
    let dashes = bhyt(
        &BHYT
            .replace("31/12/2024", "-")
            .replace("48C3A0204EE1BB9969", "-"),
    );
    assert_eq!((dashes.valid_to, dashes.person.residence), (None, None));
    let child = bhyt(&BHYT.replace("28/02/1990|1", "2020|2"));
    assert_eq!(child.person.birth_date, Some(BirthDate::Year(2020)));
    assert_eq!(child.person.sex, Some(Sex::Female));
    let odd_facility = bhyt(&BHYT.replace("01 - 013", "?"));
    assert_eq!(odd_facility.facility, None);
}

#[test]
fn what_is_not_quite_a_bhyt_card_is_none() {
    for (fault, text) in [
        (
            "impossible birth date",
            BHYT.replace("28/02/1990", "30/02/1990"),
        ),
        (
            "impossible validity",
            BHYT.replace("31/12/2024", "31/11/2024"),
        ),
        ("benefit digit 6", BHYT.replace("DN4", "DN6")),
        (
            "a plain name",
            BHYT.replace("4E677579E1BB856E2056C4836E2041", "Nguyen Van A"),
        ),
        ("half a byte", BHYT.replace("2041|28", "204|28")),
        ("a name that is not UTF-8", BHYT.replace("E1BB85", "E1BB")),
        ("sixteen fields", BHYT.replace("|$", "|more|x")),
    ] {
        assert_eq!(Payload::parse(&text), Payload::Other, "{fault}");
    }
}

#[test]
fn every_code_is_of_one_kind() {
    for (text, kind, way) in [
        (CARD, "cccd", Way::CardQr),
        (CARD_2024, "cccd", Way::CardQr),
        (BHYT, "bhyt", Way::BhytQr),
        ("099090012345", "personal_number", Way::Typed),
        (" 099090012345\r\n", "personal_number", Way::Typed),
        ("DN4010123456789", "insurance_number", Way::Typed),
        ("te1010123456789", "insurance_number", Way::Typed),
        ("0123456789", "insurance_number", Way::Typed),
        (
            "TD1:0009810101662408676034007939604710891327787050187532017769287",
            "visit",
            Way::None,
        ),
        ("https://example.org/q?x=1", "opaque", Way::None),
        ("vneid://app/login", "opaque", Way::None),
        (
            "eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjE3MDB9.c2lnbmF0dXJlLWJ5dGVz",
            "opaque",
            Way::None,
        ),
        ("q8Zr3n0VtPbQ1mWz7YkLcA==", "opaque", Way::None),
        ("9f86d081884c7d659a2feaa0c55ad015", "opaque", Way::None),
        (r#"{"t":"x","v":1}"#, "opaque", Way::None),
        ("", "other", Way::None),
        ("$", "other", Way::None),
        ("xin chào", "other", Way::None),
        ("BN00123456", "hospital_number", Way::Typed),
        ("bn-2411/042\r", "hospital_number", Way::Typed),
        ("]C0BN00123456", "hospital_number", Way::Typed),
        ("]C1099090012345", "personal_number", Way::Typed),
        ("]E0099090012345", "other", Way::None),
        ("]E00990900123456", "other", Way::None),
        ("012345678", "hospital_number", Way::Typed),
        ("0990900123456", "hospital_number", Way::Typed),
        ("12345678901234567890123456", "other", Way::None),
        ("aaaaaaaaaaaaaaaaaaaa1", "other", Way::None),
        ("WIFI:S:abc;T:WPA;P:12345678;;", "other", Way::None),
        ("{not json", "other", Way::None),
        (
            "TD1:9999999999999999999999999999999999999999999999999999999999999",
            "other",
            Way::None,
        ),
        (
            "TD1:000981010166240867603400793960471089132778705018753201776928",
            "other",
            Way::None,
        ),
        (
            "00020101021138540010A00000072701240006970403011000123456780208QRIBFTTA53037045802VN6304ABCD",
            "other",
            Way::None,
        ),
    ] {
        let payload = Payload::parse(text);
        assert_eq!((payload.kind(), payload.way()), (kind, way), "{text}");
        assert_eq!(Payload::from_bytes(text.as_bytes()), payload);
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_never_guessed() {
    // "NGUYỄN" in TCVN3 and in Windows-1258, and a UTF-8 text cut within a character.
    let within = CARD.find('ễ').expect("letter") + 1;
    for bytes in [
        &b"NGUY\xd4N"[..],
        b"NGUY\xca\xdeN",
        &CARD.as_bytes()[..within],
    ] {
        assert!(std::str::from_utf8(bytes).is_err());
        assert_eq!(Payload::from_bytes(bytes), Payload::Other);
    }
}

#[test]
fn a_bare_number_becomes_a_person_of_whom_only_that_is_known() {
    let person = Payload::parse("099090012345")
        .into_person()
        .expect("person");
    assert_eq!(person_of(&person), ("099090012345", None, None, None));
    let person = Payload::parse("0123456789").into_person().expect("person");
    assert_eq!(person_of(&person), ("0123456789", None, None, None));
    assert_eq!(Payload::parse("0123456789").person(), None);
    assert_eq!(
        Payload::parse(CARD).person().cloned(),
        Payload::parse(CARD).into_person()
    );
    assert_eq!(Payload::Opaque.into_person(), None);
}

#[test]
fn what_is_worth_a_look_is_hinted_at_and_refuses_nobody() {
    use Hint::{BirthYearDiffers, CardExpired, ProvinceUnknown, SexDiffers};
    let day = jiff::civil::date(2026, 11, 24);
    let of = |text: &str| hints(&card(text).person, day);
    let fitting = CARD.replace("099090", "001190");
    assert_eq!(of(&fitting), []);
    for (from, to, expected) in [
        ("001190", "001090", &[SexDiffers][..]),
        ("001190", "001191", &[BirthYearDiffers]),
        ("001190", "099190", &[ProvinceUnknown]),
        ("001190", "003190", &[ProvinceUnknown]),
        ("001190", "000190", &[ProvinceUnknown]),
        ("001190", "212190", &[]),
        ("001190", "097090", &[SexDiffers, ProvinceUnknown]),
        ("19042021", "01012012", &[CardExpired]),
    ] {
        assert!(fitting.contains(from));
        assert_eq!(of(&fitting.replace(from, to)), expected, "{from} {to}");
    }
    let next_century = fitting
        .replace("001190", "001305")
        .replace("28021990", "28022005");
    assert_eq!(of(&next_century), []);
    assert_eq!(of(&fitting.replace("28021990", "1990")), []);
    let expired = card(&fitting.replace("19042021", "01012012")).person;
    let last = expired.card_expiry.expect("a last day");
    assert_eq!(hints(&expired, last), []);
    assert_eq!(
        hints(&expired, last.tomorrow().expect("a day")),
        [CardExpired]
    );
    assert_eq!(hints(&Person::default(), day), []);
}

/// Whoever was born on 29 February has an expiry in common years, too.
#[test]
fn a_card_of_somebody_born_on_29_february_is_good_until_the_birthday() {
    let born = CARD
        .replace("099090", "001100")
        .replace("|Nữ|", "|Nam|")
        .replace("28021990", "29022000");
    for (issued, last) in [
        ("01012021", "2025-02-28"),
        ("27022023", "2025-02-28"),
        ("28022023", "2040-02-29"),
        ("29022024", "2040-02-29"),
    ] {
        let person = card(&born.replace("19042021", issued)).person;
        let last: jiff::civil::Date = last.parse().expect("a date");
        assert_eq!(person.card_expiry, Some(last), "issued {issued}");
        let hinted = |day| hints(&person, day).contains(&Hint::CardExpired);
        assert!(!hinted(last) && hinted(last.tomorrow().expect("a day")));
    }
}

#[test]
fn nothing_personal_is_printed() {
    for text in [CARD, CARD_2024, BHYT, "099090012345", "DN4010123456789"] {
        let printed = format!("{:?}", Payload::parse(text));
        for secret in [
            "0990900",
            "01234567",
            "ễn",
            "Hà Nội",
            "Xã A",
            "TRẦN",
            "1990",
        ] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        Payload::parse(&text);
        Payload::from_bytes(&bytes);
    }

    #[test]
    fn any_change_of_a_real_code_has_an_answer(
        source in prop::sample::select(vec![CARD, CARD_2024, BHYT]),
        at in any::<prop::sample::Index>(),
        put in "\\PC{0,4}|[0-9|$~]{0,4}",
        cut in 0usize..4,
    ) {
        let chars: Vec<char> = source.chars().collect();
        let at = at.index(chars.len());
        let changed: String = chars[..at].iter().copied()
            .chain(put.chars())
            .chain(chars[(at + cut).min(chars.len())..].iter().copied())
            .collect();
        let payload = Payload::parse(&changed);
        if let Payload::Cccd(card) = &payload {
            prop_assert!(card.person.personal_number.is_some() && card.person.name.is_some());
        }
        prop_assert_eq!(Payload::parse(&changed), payload);
    }

    #[test]
    fn what_one_card_says_is_what_is_read(
        number in "[0-9]{12}",
        name in "[A-ZĐẾỮẠ]{1,7}( [A-ZĐẾỮẠ]{1,7}){1,4}",
        (year, month, day) in (1900i16..2100, 1i8..=12, 1i8..=28),
        male in any::<bool>(),
        residence in "[A-ZĐa-zế0-9][A-ZĐa-zế0-9, ./]{0,60}",
    ) {
        let sex = if male { "Nam" } else { "Nữ" };
        let text = format!("{number}||{name}|{day:02}{month:02}{year:04}|{sex}|{residence}|01012022");
        let card = card(&text);
        prop_assert_eq!(
            person_of(&card.person),
            (
                number.as_str(),
                Some(name.as_str()),
                Some(format!("{year:04}-{month:02}-{day:02}")),
                Some(if male { Sex::Male } else { Sex::Female })
            )
        );
        prop_assert_eq!(shown(card.person.residence.as_ref()), Some(residence.trim()));
    }
}

use proptest::prelude::*;

use super::super::{Payload, tests::CARD};
use crate::identity::{InsuranceNumber, Person};

const MALE: &str = "001090012345|012345678|Nguyễn Văn Ánh|28021990|Nam|\
    Số 5/2, phường Đồng Xuân, Hà Nội|19042021";
const BHYT: &str = "DN4010123456789|4E677579E1BB856E2056C4836E2041|28/02/1990|1|\
    48C3A0204EE1BB9969|01 - 013|01/01/2024|31/12/2024|15/12/2023|01000000001|-|4|01/01/2025|\
    1a2b3c4d5e6f|$";

fn person(text: &str) -> Person {
    let payload = Payload::from_keys(text);
    assert_eq!(payload.kind(), "cccd", "{text}");
    payload.into_person().expect("a card is of a person")
}

/// The Vietnamese name and the Latin one.
fn names(text: &str) -> (Option<String>, Option<String>) {
    let person = person(text);
    let shown = |name: Option<crate::identity::Private<String>>| name.map(|n| n.expose().clone());
    (shown(person.name), shown(person.name_latin))
}

/// A text without marks, as a scanner types it that has no keys for them.
fn without_marks(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    let plain = text.nfd().filter(|c| !is_combining_mark(*c));
    plain
        .map(|c| match c {
            'đ' => 'd',
            'Đ' => 'D',
            c => c,
        })
        .collect()
}

#[test]
fn what_a_keyboard_did_to_a_card_is_undone() {
    let whole = Payload::parse(MALE);
    assert_eq!(whole.kind(), "cccd");
    for (damage, text) in [
        ("none", MALE.to_owned()),
        ("a lost Shift", MALE.replace('|', "\\")),
        ("another layout", MALE.replace('|', "¦")),
        ("another separator", MALE.replace('|', "~")),
        ("a slash, and one in the address", MALE.replace('|', "/")),
        ("an identifier in front", format!("]Q1{MALE}")),
        (
            "stray letters",
            MALE.replace("001090012345", "đ0010900đ12345"),
        ),
        (
            "a stray letter in a date",
            MALE.replace("28021990", "28đ021990"),
        ),
        (
            "a stray letter in the old number",
            MALE.replace("|012345678|", "|Đ012345678|"),
        ),
        (
            "blanks in a number",
            MALE.replace("001090012345", "001 090 012345"),
        ),
        (
            "empty fields in front",
            format!("\\\\{}", MALE.replace('|', "\\")),
        ),
        ("a tabulator behind", format!("{MALE}\t\r\n")),
    ] {
        assert_eq!(Payload::from_keys(&text), whole, "{damage}: {text}");
    }
    let woman = Payload::parse(CARD);
    for sex in ["Nu", "NU", "Nư", "Nũ", "N?", "N", "Nuwx"] {
        let text = CARD.replace("|Nữ|", &format!("|{sex}|"));
        assert_eq!(Payload::from_keys(&text), woman, "{sex}");
    }
    let parents = format!("{}\\\\001190054321\\A B", MALE.replace('|', "\\"));
    assert_eq!(person(&parents).cancelled_numbers.len(), 1);
}

#[test]
fn what_is_not_certain_stays_unread() {
    for (damage, text) in [
        (
            "a digit is missing",
            MALE.replace("001090012345", "0010900đ1234"),
        ),
        (
            "a digit is hidden",
            MALE.replace("001090012345", "00109001234*"),
        ),
        (
            "a digit too many",
            MALE.replace("001090012345", "0010900123456"),
        ),
        (
            "letters in a number",
            MALE.replace("001090012345", "O01090012345"),
        ),
        (
            "two issue dates",
            format!("{}/19042022", MALE.replace('|', "/")),
        ),
        (
            "two cards in one, the second of a year alone",
            format!("{MALE}{}", MALE.replace("28021990", "1990")),
        ),
        (
            "no issue date",
            MALE.replace("|19042021", "|1904202").replace('|', "\\"),
        ),
        ("an impossible date", MALE.replace("28021990", "đ31021990")),
        ("no sex", MALE.replace("|Nam|", "|Na|")),
        (
            "PC-Covid by another layout",
            "******345\\NGUYEN VAN A\\1990/2/28\\0900000000\\Xa A\\QID1\\EXT".to_owned(),
        ),
        ("half a card", MALE[..40].replace('|', "\\")),
    ] {
        assert_eq!(
            Payload::from_keys(&text),
            Payload::Other,
            "{damage}: {text}"
        );
    }
}

#[test]
fn a_name_that_may_have_lost_marks_is_a_latin_one_and_one_that_lost_letters_is_none() {
    let latin = |name: &str| (None, Some(name.to_owned()));
    assert_eq!(names(MALE), (Some("Nguyễn Văn Ánh".to_owned()), None));
    assert_eq!(names(&without_marks(MALE)), latin("NGUYEN VAN ANH"));
    let lower = without_marks(MALE).to_lowercase().replace('|', "\\");
    assert_eq!(names(&lower), latin("NGUYEN VAN ANH"));
    // Only the letters of Latin-1 came through.
    let poor = MALE
        .replace("Nguyễn Văn Ánh", "Nguyên Van Ánh")
        .replace("Số 5/2, phường Đồng Xuân", "Sô 5/2, phuong Dông Xuân")
        .replace("Hà Nội", "Hà Nôi");
    assert_eq!(names(&poor), latin("NGUYEN VAN ANH"));
    for lost in [
        "Nguyn Vn nh",
        "Nguyn An",
        "Nguyeenx Vawn Anhs",
        "Ddinh An",
        "Nguy?n V?n ?nh",
        "Nguy\u{fffd}n An",
    ] {
        let text = without_marks(MALE).replace("Nguyen Van Anh", lost);
        assert_eq!(names(&text), (None, None), "{lost}");
        let person = person(&text);
        assert!(person.personal_number.is_some() && person.birth_date.is_some());
    }
    let dropped: String = MALE.chars().filter(char::is_ascii).collect();
    let dropped = dropped.replace("Nguyn Vn nh", "Hong Anh");
    assert_eq!(names(&dropped), (None, None), "{dropped}");
    let city = without_marks(MALE).replace("Ha Noi", "TP Hue");
    assert_eq!(names(&city), latin("NGUYEN VAN ANH"));
}

#[test]
fn what_a_keyboard_did_to_other_codes_is_undone() {
    let whole = Payload::parse(BHYT);
    assert_eq!(whole.kind(), "bhyt");
    for (damage, text) in [
        ("a stroke on the D", BHYT.replace("DN401", "ĐN401")),
        (
            "a lost Shift",
            BHYT.replace('|', "\\").replace('$', "4").to_lowercase(),
        ),
        ("another layout", BHYT.replace('|', "¦")),
        ("an identifier in front", format!("]Q3{BHYT}")),
    ] {
        assert_eq!(Payload::from_keys(&text), whole, "{damage}");
    }
    // "Đ A": two hexadecimal digits became one letter.
    let hex = BHYT.replace("4E677579E1BB856E2056C4836E2041", "416EAA");
    assert_eq!(Payload::from_keys(&hex), Payload::Other, "not UTF-8");
    let pair = BHYT.replace("4E677579E1BB856E2056C4836E2041", "C490C3AA6E");
    let typed = pair.replace("C3AA6E", "C3â6E");
    assert_eq!(Payload::from_keys(&typed), Payload::parse(&pair));
    assert_eq!(Payload::from_keys(&typed).kind(), "bhyt");
    // By VNI, where "a6" is one letter; what both methods can have made is not guessed.
    let digit = BHYT.replace("4E677579E1BB856E2056C4836E2041", "4A61");
    let typed = digit.replace("|4A61|", "|4â1|");
    assert_eq!(Payload::from_keys(&typed), Payload::parse(&digit));
    for either in ["54E1BAâ4E", "54E1BAÂ4E", "4E677579E1BBâ"] {
        let typed = BHYT.replace("4E677579E1BB856E2056C4836E2041", either);
        assert_eq!(Payload::from_keys(&typed), Payload::Other, "{either}");
    }
    // A plain address is no hexadecimal number, and stays as it was.
    let plain = BHYT.replace("48C3A0204EE1BB9969", "Đường Lê Đại Hành");
    let typed = plain.replace("DN401", "ĐN401");
    assert_eq!(Payload::from_keys(&typed), Payload::parse(&plain));

    let visit = Payload::parse("TD1:0009810101662408676034007939604710891327787050187532017769287");
    for text in [
        "td1;0009810101662408676034007939604710891327787050187532017769287",
        "]Q1TD1:0009810101662408676034007939604710891327787050187532017769287",
    ] {
        assert_eq!(Payload::from_keys(text), visit, "{text}");
    }
    assert_eq!(
        Payload::from_keys("]C1DN4010123456789")
            .into_person()
            .and_then(|p| p.insurance_number),
        InsuranceNumber::parse("DN4010123456789")
    );
    for (text, kind) in [
        ("https://example.org/q?x=1", "opaque"),
        ("q8Zr3n0VtPbQ1mWz7YkLcA==", "opaque"),
        ("", "other"),
        ("]Q1", "other"),
        ("xin chào", "other"),
        ("09909001234*", "other"),
        // Of a number that stands alone nobody can tell what it was: "DD099090012345", say.
        ("đ099090012345", "other"),
        ("Đ099090012345", "other"),
        ("0990900đ12345", "other"),
        ("099 090 012345", "other"),
        ("0990900123 45", "other"),
        ("đ0123456789", "other"),
        ("0đ123456789", "other"),
        ("ĐN4010123456789", "other"),
        ("đDN4010123456789", "other"),
        ("]E0099090012345", "other"),
    ] {
        assert_eq!(Payload::from_keys(text).kind(), kind, "{text}");
    }
}

proptest! {
    #[test]
    fn any_keys_have_an_answer(text in any::<String>()) {
        Payload::from_keys(&text);
    }

    #[test]
    fn what_is_read_from_a_damaged_card_is_what_the_card_says(
        at in any::<prop::sample::Index>(),
        put in "[đĐ0-9a-z|/\\\\¦?* ]{0,3}",
        cut in 0usize..3,
        separator in prop::sample::select(vec!["|", "\\", "¦", "/"]),
    ) {
        let card = MALE.replace('|', separator);
        let chars: Vec<char> = card.chars().collect();
        let at = at.index(chars.len());
        let damaged: String = chars[..at].iter().copied()
            .chain(put.chars())
            .chain(chars[(at + cut).min(chars.len())..].iter().copied())
            .collect();
        let (true_one, read) = (Payload::parse(MALE), Payload::from_keys(&damaged));
        let number = |payload: &Payload| payload.person().and_then(|p| p.personal_number.clone());
        // A digit in the place of another is no damage that anybody could see.
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        if digits(&damaged) == digits(&card) && read.kind() == "cccd" {
            prop_assert_eq!(number(&read), number(&true_one));
            prop_assert_eq!(
                read.person().map(|p| p.birth_date),
                true_one.person().map(|p| p.birth_date)
            );
        }
    }

    /// Whatever number is read from a bare one is that number, not one made of its rest.
    #[test]
    fn a_number_that_stands_alone_is_read_as_it_stands_or_not_at_all(
        number in "[0-9]{10}|[0-9]{12}|[A-Z]{2}[1-5][0-9]{12}",
        at in any::<prop::sample::Index>(),
        put in "[đĐâÂêÊdDaA0-9 *|/¦?~]{0,3}",
        cut in 0usize..3,
    ) {
        let chars: Vec<char> = number.chars().collect();
        let at = at.index(chars.len());
        let damaged: String = chars[..at].iter().copied()
            .chain(put.chars())
            .chain(chars[(at + cut).min(chars.len())..].iter().copied())
            .collect();
        prop_assert_eq!(Payload::from_keys(&damaged), Payload::parse(&damaged));
    }

    #[test]
    fn a_card_by_keys_is_never_more_than_the_card_itself(
        name in "[A-ZĐẾỮẠ]{1,7}( [A-ZĐẾỮẠ]{1,7}){1,4}",
        residence in "[A-ZĐa-zế0-9][A-ZĐa-zế0-9, ./]{0,40}",
    ) {
        let text = format!("001090012345||{name}|28021990|Nam|{residence}|01012022");
        let by_keys = person(&text);
        if let Some(kept) = by_keys.name {
            prop_assert_eq!(kept.expose(), &name);
        }
        if let Some(latin) = by_keys.name_latin {
            prop_assert_eq!(latin.expose().to_lowercase(), crate::identity::folded_key(&name));
        }
    }
}

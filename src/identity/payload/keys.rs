//! The text of a code that came as key strokes. A scanner that plays a keyboard knows nothing of
//! what the computer makes of its keys: another layout, a lost Shift, an input method for
//! Vietnamese, letters it has no key for.
//!
//! What is certain is put right: a count of digits within a whole card, one of two words, one of the
//! few signs that stand for the separator. A number that stands alone is never mended: nothing beside
//! it would show that it became another. A name is never guessed: where its marks may be lost it is a Latin
//! name, where letters may be lost it is none.

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::visit_code::PREFIX;
use super::{Payload, bhyt, card, text};
use crate::identity::{Person, Private, folded_key};

/// What a layout or an encoding makes of the separator `|`.
const SEPARATORS: [char; 6] = ['|', '\\', '¦', '~', '/', 'ǀ'];
/// The one of them that stands in addresses, too.
const IN_ADDRESSES: char = '/';
/// Fields of a card before the residence, the only one that may hold a separator's stand-in.
const BEFORE_RESIDENCE: usize = 5;
/// Digits of a date on a card.
const DATE_DIGITS: usize = 8;

/// Says what a text that came by keys is.
pub(super) fn parse(text: &str) -> Payload {
    let as_it_stands = Payload::parse(text);
    let payload = match as_it_stands {
        Payload::Other | Payload::Opaque => repaired(text).unwrap_or(as_it_stands),
        Payload::Cccd(_)
        | Payload::Bhyt(_)
        | Payload::PersonalNumber(_)
        | Payload::InsuranceNumber(_)
        | Payload::HospitalNumber(_)
        | Payload::Visit(_) => as_it_stands,
    };
    if let Payload::Cccd(mut card) = payload {
        if !shows_its_marks(&card.person) {
            lose_the_name(&mut card.person);
        }
        return Payload::Cccd(card);
    }
    payload
}

/// A payload that the text can only have been.
fn repaired(text: &str) -> Option<Payload> {
    let text = text::normalised(text);
    let text = text::without_symbology(&text);
    let whole = |text: &str| {
        let read = Payload::parse(text);
        (!matches!(read, Payload::Other | Payload::Opaque)).then_some(read)
    };
    visit(text)
        .and_then(|code| whole(&code))
        .or_else(|| whole(&bhyt_fields(text)?).filter(|p| matches!(p, Payload::Bhyt(_))))
        .or_else(|| {
            let found = SEPARATORS.map(|separator| citizen_card(text, separator));
            let mut found = found.into_iter().flatten();
            // Two readings are none.
            found.next().filter(|_| found.next().is_none())
        })
}

/// A visit's code whose Shift was lost.
fn visit(text: &str) -> Option<String> {
    let mark = PREFIX.replace(':', ";");
    let (head, digits) = text.split_at_checked(mark.len())?;
    head.eq_ignore_ascii_case(&mark)
        .then(|| format!("{PREFIX}{digits}"))
}

/// The digits of a field in which an input method left letters. None where anything else stands
/// there: `*` and the like hide a digit.
fn digits(field: &str) -> Option<Zeroizing<String>> {
    let stray = |c: char| matches!(c, 'đ' | 'Đ') || c.is_whitespace();
    let mut kept = Zeroizing::new(String::with_capacity(field.len()));
    for c in field.chars().filter(|c| !stray(*c)) {
        if !c.is_ascii_digit() {
            return None;
        }
        kept.push(c);
    }
    Some(kept)
}

/// A BHYT code: its letters are those of card numbers and of hexadecimal digits, so what an input
/// method makes of two of them can be taken apart.
fn bhyt_fields(text: &str) -> Option<Zeroizing<String>> {
    let separator = ['|', '~', '\\', '¦']
        .into_iter()
        .find(|separator| text.contains(*separator))?;
    let mut fields = text.split(separator);
    let mut put_right = Zeroizing::new(fields.next()?.replace(['Đ', 'đ'], "D"));
    for field in fields {
        put_right.push('|');
        put_right.push_str(
            hexadecimal(field)
                .as_ref()
                .map_or(field, |digits| digits.as_str()),
        );
    }
    Some(put_right)
}

/// What two keys became by an input method: Telex doubles the letter, VNI adds a digit.
const TELEX: [(char, &str); 3] = [('â', "aa"), ('ê', "ee"), ('đ', "dd")];
const VNI: [(char, &str); 3] = [('â', "a6"), ('ê', "e6"), ('đ', "d9")];

/// The hexadecimal digits of a text in which an input method left letters, where only one of the
/// methods can have made them. None where there is nothing to take apart.
fn hexadecimal(field: &str) -> Option<Zeroizing<String>> {
    let taken_apart = |method: [(char, &str); 3]| {
        let mut digits = Zeroizing::new(String::with_capacity(2 * field.len()));
        for c in field.chars().flat_map(char::to_lowercase) {
            match method.iter().find(|(letter, _)| *letter == c) {
                Some((_, keys)) => digits.push_str(keys),
                None => digits.push(c),
            }
        }
        // All Vietnamese letters, and few others, become ASCII without their marks.
        let text = bhyt::from_hex(&digits)?;
        folded_key(&text).is_ascii().then_some(digits)
    };
    if field.is_ascii() {
        return None;
    }
    let mut found = [TELEX, VNI].into_iter().filter_map(taken_apart);
    // Two readings are none.
    found.next().filter(|_| found.next().is_none())
}

/// A citizen card whose fields are parted by `separator`.
fn citizen_card(text: &str, separator: char) -> Option<Payload> {
    let fields: Vec<&str> = text
        .trim_start_matches(separator)
        .split(separator)
        .map(str::trim)
        .collect();
    let (before, rest) = fields.split_at_checked(BEFORE_RESIDENCE)?;
    // The issue date is the one field of eight digits there; what is before it is the residence,
    // which may have held the sign itself.
    let date = |field: &&str| digits(field).filter(|digits| digits.len() == DATE_DIGITS);
    let mut dates = rest
        .iter()
        .enumerate()
        .filter_map(|(at, field)| Some((at, date(field)?)));
    let (at, issued) = dates.next()?;
    let part_of_address = at > 1 && separator == IN_ADDRESSES;
    if dates.next().is_some() || !(at == 1 || part_of_address) {
        return None;
    }
    let mut stand_in = [0; 4];
    let residence = Zeroizing::new(rest[..at].join(separator.encode_utf8(&mut stand_in)));
    let [number, old_id, name, birth, sex] = *before else {
        return None;
    };
    let (number, old_id) = (digits(number)?, digits(old_id)?);
    // What was not typed whole is left out.
    let (name_whole, residence_whole) = (!has_gaps(name), !has_gaps(&residence));
    let name = if name_whole { name } else { NO_NAME };
    let residence = if residence_whole { &residence } else { "" };
    // Dates may have kept signs of their own.
    let birth = digits(birth).unwrap_or_else(|| Zeroizing::new(birth.to_owned()));
    let mut whole = Zeroizing::new(String::with_capacity(text.len() + DATE_DIGITS));
    for field in [
        &number,
        &old_id,
        name,
        &birth,
        self::sex(sex)?,
        residence,
        &issued,
    ] {
        whole.push_str(field);
        whole.push('|');
    }
    for extra in &rest[at + 1..] {
        whole.push_str(extra);
        whole.push('|');
    }
    let mut card = card::parse(&whole)?;
    if !name_whole {
        card.person.name = None;
    }
    Some(Payload::Cccd(Box::new(card)))
}

/// Stands where a name was lost, while the rest is read.
const NO_NAME: &str = "-x-";

/// Whether signs stand where letters were that could not be typed.
fn has_gaps(text: &str) -> bool {
    text.contains(['?', '\u{fffd}'])
}

/// One of two words. `Nam` has nothing to lose; what is left of `Nữ` when its vowel is lost, or
/// typed as an input method wants it, is no other word.
fn sex(field: &str) -> Option<&'static str> {
    match folded_key(field).as_str() {
        "nam" => Some("Nam"),
        "nu" | "nuw" | "nuwx" | "nux" | "n" => Some("Nữ"),
        _ => None,
    }
}

/// Whether letters with marks came through whole: those beyond Latin-1, which a poor encoding
/// loses first, are there.
fn shows_its_marks(person: &Person) -> bool {
    const LATIN_1_LAST: char = '\u{ff}';
    [&person.name, &person.residence]
        .into_iter()
        .flatten()
        .any(|text| text.expose().nfc().any(|c| c > LATIN_1_LAST))
}

/// The name without its marks is a Latin one, as in an MRZ; one that cannot be a name even so is
/// dropped, and so is any name beside a residence that lost letters.
fn lose_the_name(person: &mut Person) {
    let latin = person
        .name
        .take()
        .map(|name| Zeroizing::new(folded_key(name.expose()).to_uppercase()));
    let residence = person.residence.as_ref();
    let residence = residence.map_or_else(String::new, |text| folded_key(text.expose()));
    let residence = Zeroizing::new(residence.to_uppercase());
    let lost_letters = residence.split(' ').any(|word| {
        let letters = word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase());
        letters && !has_vowel(word) && !ABBREVIATIONS.contains(&word)
    });
    person.name_latin = latin
        .filter(|name| !lost_letters && name.split(' ').all(is_latin_syllable))
        .map(|name| Private::from(name.as_str()));
}

/// Words of addresses that never had a vowel.
const ABBREVIATIONS: [&str; 8] = ["TP", "TT", "TX", "KP", "KV", "TDP", "KDC", "KTX"];

fn has_vowel(word: &str) -> bool {
    word.contains(['A', 'E', 'I', 'O', 'U', 'Y'])
}

/// Whether this can be a Vietnamese syllable without its marks, rather than one that lost letters
/// or still has the keys of an input method in it (`NGUYN`, `VN`; `NGUYEENX`, `VAWN`).
fn is_latin_syllable(word: &str) -> bool {
    let keyed = ["AA", "EE", "OO", "DD"]
        .iter()
        .any(|pair| word.contains(pair))
        || word.contains(['F', 'J', 'W', 'Z'])
        || word.ends_with(['R', 'S', 'X']);
    // The commonest name, without the letter that encodings lose first.
    let lost = word.starts_with("NGUY") && !word.starts_with("NGUYE") && word.len() > 4;
    has_vowel(word) && !keyed && !lost
}

#[cfg(test)]
mod tests;

//! Texts of any kind as they are typed by a scanner that plays a keyboard. libFuzzer's target and the
//! replay share this file.

use tiepdon::identity::Payload;

/// What is mended of a text: nothing that is whole, and no digit is made up.
///
/// # Panics
/// Where that does not hold: it is what the fuzzer looks for.
pub fn fuzz_keys(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (whole, keyed) = (Payload::parse(&text), Payload::from_keys(&text));
    if !matches!(whole.kind(), "opaque" | "other") {
        assert_eq!(whole.kind(), keyed.kind(), "what is whole stays what it is");
    }
    let _ = format!("{keyed:?}");
    let Some(person) = keyed.into_person() else {
        return;
    };
    if let Some(number) = &person.personal_number {
        assert!(is_in(number.expose(), &text), "a digit was made up");
    }
    if let Some(number) = &person.insurance_number {
        let digits = number.expose().trim_matches(|c: char| !c.is_ascii_digit());
        assert!(is_in(digits, &text), "a digit was made up");
    }
}

/// Whether all these signs stand in a text, in their order.
fn is_in(signs: &str, text: &str) -> bool {
    let mut rest = text.chars();
    signs.chars().all(|sign| rest.any(|c| c == sign))
}

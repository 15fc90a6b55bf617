//! Codes that an app made for its own servers. VNeID's is dynamic and its form is not public, so
//! what is told apart here is "an app's code" from "some other thing with a QR on it".

/// A token shorter than this is a serial number or a word.
const TOKEN_MIN_CHARS: usize = 20;
/// Different characters that a random token of that length has at least.
const TOKEN_MIN_VARIETY: usize = 8;
/// A bank's transfer code (EMVCo merchant-presented QR) begins with its format indicator; patients
/// do show it by mistake, and no app of identity made it.
const BANK_CODE_PREFIX: &str = "000201";

/// Whether the text is a URL, a JSON value or one long token without meaning to us.
pub(super) fn is_opaque(text: &str) -> bool {
    is_url(text) || is_json(text) || is_token(text)
}

fn is_url(text: &str) -> bool {
    let blank = text.contains(char::is_whitespace);
    text.split_once("://").is_some_and(|(scheme, rest)| {
        let letters = scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.');
        !blank && letters && !scheme.is_empty() && !rest.is_empty()
    })
}

fn is_json(text: &str) -> bool {
    text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Base64, base64url, hexadecimal or a JWT: letters and digits mixed, one word, much variety.
fn is_token(text: &str) -> bool {
    let bytes = text.as_bytes();
    let alphabet = |b: &u8| b.is_ascii_alphanumeric() || b"+/-_.=:".contains(b);
    let mut seen = [false; 128];
    if text.starts_with(BANK_CODE_PREFIX)
        || bytes.len() < TOKEN_MIN_CHARS
        || !bytes.iter().all(alphabet)
    {
        return false;
    }
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_alphabetic)
        && seen.iter().filter(|seen| **seen).count() >= TOKEN_MIN_VARIETY
}

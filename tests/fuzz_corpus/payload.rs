//! Texts of any kind as the content of a code. libFuzzer's target and the replay share this file.

use tiepdon::identity::Payload;

/// What kind of code it is, and whom it describes.
pub fn fuzz_payload(bytes: &[u8]) {
    let payload = Payload::from_bytes(bytes);
    let _ = (payload.kind(), payload.way(), payload.person().is_some());
    let _ = format!("{payload:?}");
    let _ = payload.into_person();
    let _ = Payload::parse(&String::from_utf8_lossy(bytes));
}

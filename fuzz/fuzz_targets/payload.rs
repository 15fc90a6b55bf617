#![no_main]

#[path = "../../tests/fuzz_corpus/payload.rs"]
mod payload;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| payload::fuzz_payload(bytes));

#![no_main]

#[path = "../../tests/fuzz_corpus/keys.rs"]
mod keys;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| keys::fuzz_keys(bytes));

#![no_main]

#[path = "../../tests/fuzz_corpus/eye.rs"]
mod eye;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eye::fuzz_eye(bytes));

#![no_main]

#[path = "../../tests/fuzz_corpus/linear.rs"]
mod linear;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| linear::fuzz_linear(bytes));

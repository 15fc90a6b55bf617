#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiepdon::emrtd::parsers::fuzz_mrz(bytes));

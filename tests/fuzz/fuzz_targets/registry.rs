#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ichor_fuzz::run("registry", bytes));

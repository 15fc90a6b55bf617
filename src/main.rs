//! The `tiepdon` program.

fn main() {}

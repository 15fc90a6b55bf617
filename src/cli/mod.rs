//! One file per subcommand: parse, call, print.

pub mod scan;

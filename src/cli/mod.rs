//! One file per subcommand: parse, call, print.

pub mod scan;
#[cfg(feature = "sim")]
pub mod sim_ehr;
#[cfg(feature = "sim")]
pub mod sim_printer;

//! One file per subcommand: parse, call, print.
#[cfg(feature = "sim")]
pub mod sim_ehr;

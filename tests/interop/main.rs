//! Readers that we did not write read the simulated card. Our reader and our card could share a
//! mistake; three other houses hardly share it too.
//!
//! `table.rs` has the cards and what each peer is to find on them: read whole and proved, or refused
//! for a reason that is named. JMRTD comes through a real PC/SC service, gmrtd over a socket, the
//! crate `dmrtd` in this process. Where a peer cannot be had, its test says so and is skipped.
#![cfg(feature = "sim")]

mod crate_dmrtd;
#[path = "../common/dmrtd.rs"]
mod dmrtd_reader;
mod gmrtd;
mod jmrtd;
mod line;
#[path = "../common/pcscd.rs"]
mod pcscd;
mod process;
mod report;
mod table;

use table::Column;

#[test]
fn every_profile_is_a_row() {
    let rows = table::rows();
    for profile in table::profiles() {
        let named = rows.iter().any(|(name, row)| row.profile(name) == profile);
        assert!(named, "{profile}: what do the peers find?");
    }
}

#[test]
fn jmrtd_finds_on_every_card_what_is_there() {
    match jmrtd::Jmrtd::start() {
        Ok(mut peer) => table::check(&mut peer, Column::Jmrtd),
        Err(reason) => process::skipped("jmrtd_finds_on_every_card_what_is_there", &reason),
    }
}

#[test]
fn gmrtd_finds_on_every_card_what_is_there() {
    match gmrtd::Gmrtd::start() {
        Ok(mut peer) => table::check(&mut peer, Column::Gmrtd),
        Err(reason) => process::skipped("gmrtd_finds_on_every_card_what_is_there", &reason),
    }
}

#[test]
fn the_crate_dmrtd_finds_on_every_card_what_is_there() {
    table::check(&mut crate_dmrtd::CrateDmrtd, Column::Dmrtd);
}

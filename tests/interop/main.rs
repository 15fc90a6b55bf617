//! Readers that we did not write read the simulated card, and a printer that we did not write prints
//! our tickets. Our own two sides could share a mistake; other houses hardly share it too.
//!
//! `table.rs` has the cards and what each peer is to find on them: read whole and proved, or refused
//! for a reason that is named. JMRTD comes through a real PC/SC service, gmrtd over a socket, the
//! crate `dmrtd` in this process. Where a peer cannot be had, its test says so and is skipped.
#![cfg(feature = "sim")]

mod crate_dmrtd;
#[path = "../common/dmrtd.rs"]
mod dmrtd_reader;
mod emupos;
mod gmrtd;
mod jmrtd;
mod line;
#[path = "../common/pcscd.rs"]
mod pcscd;
mod process;
mod report;
mod table;
mod ways;

use std::io::Write;

use tiepdon::sim::card::chip::{CipherKind, Mapping};
use tiepdon::sim::issuer::Curve;

use table::{Column, Peer};

/// Asks the peer, or says past the test harness, which would keep it to itself, why not.
fn ask<P: Peer>(test: &str, peer: Result<P, String>, question: impl FnOnce(&mut P)) {
    match peer {
        Ok(mut peer) => question(&mut peer),
        Err(reason) => {
            let line = format!("skipped: {test} ({reason})\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }
}

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
    let test = "jmrtd_finds_on_every_card_what_is_there";
    ask(test, jmrtd::Jmrtd::through_pcsc(), |peer| {
        table::check(peer, Column::Jmrtd);
    });
}

#[test]
fn gmrtd_finds_on_every_card_what_is_there() {
    let test = "gmrtd_finds_on_every_card_what_is_there";
    ask(test, gmrtd::Gmrtd::start(), |peer| {
        table::check(peer, Column::Gmrtd);
    });
}

#[test]
fn the_crate_dmrtd_finds_on_every_card_what_is_there() {
    table::check(&mut crate_dmrtd::CrateDmrtd, Column::Dmrtd);
}

#[test]
fn jmrtd_gets_in_by_every_way_of_pace_that_it_has() {
    let test = "jmrtd_gets_in_by_every_way_of_pace_that_it_has";
    ask(test, jmrtd::Jmrtd::over_a_socket(), |peer| {
        ways::check(peer, |way| match (way.mapping, way.cipher) {
            // It sends a nonce of 32 bytes, where the key of AES-192 has 24 (ICAO 9303-11
            // §4.4.3.3.2: k is the key size of the cipher).
            (Mapping::Integrated, CipherKind::Aes192) => Some("0x6A80"),
            _ => None,
        });
    });
}

#[test]
fn gmrtd_gets_in_by_every_way_of_pace_that_it_has() {
    let test = "gmrtd_gets_in_by_every_way_of_pace_that_it_has";
    ask(test, gmrtd::Gmrtd::start(), |peer| {
        ways::check(peer, |way| match way.mapping {
            Mapping::Integrated => Some("PACE-IM NOT IMPLEMENTED"),
            Mapping::Generic | Mapping::ChipAuthentication => None,
        });
    });
}

#[test]
fn the_crate_dmrtd_gets_in_by_every_way_of_pace_that_it_has() {
    ways::check(&mut crate_dmrtd::CrateDmrtd, |way| {
        if way.cipher == CipherKind::TripleDes {
            Some("only AES cipher is supported")
        } else if way.mapping == Mapping::Integrated {
            Some("only Generic Mapping")
        } else if way.mapping == Mapping::ChipAuthentication {
            // Its object identifier is unknown to it, so that nothing is announced.
            Some("")
        } else if way.curve == Curve::Brainpool512 {
            Some("unsupported curve")
        } else {
            None
        }
    });
}

#[test]
fn emupos_prints_the_ticket_as_it_was_drawn_and_its_faults_are_understood() {
    let test = "emupos_prints_the_ticket_as_it_was_drawn_and_its_faults_are_understood";
    match emupos::Emupos::start() {
        Ok(mut printer) => emupos::check(&mut printer),
        Err(reason) => {
            let line = format!("skipped: {test} ({reason})\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
    }
}

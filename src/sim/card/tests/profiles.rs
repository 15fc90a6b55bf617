//! Cards made from profiles, in the hands of the terminal; and faults as data.

use std::path::Path;
use std::time::Duration;

use openssl::sha::sha1;

use super::terminal::Terminal;
use super::{Card, Faults, card};
use crate::sim::card::chip::Chip;
use crate::sim::card::profile::{self, Profile};
use crate::sim::card::{Silence, faults};
use crate::sim::issuer::Issuer;
use crate::sim::persons;

const READ: &[u8] = &[0x00, 0xB0, 0x9C, 0x00, 0x00];
const SOD: u8 = 0x1D;

/// Opens the application by the first way that the chip offers.
fn opened(chip: Chip, faults: Faults) -> Terminal {
    let (way, can, key) = (
        chip.pace.first().copied(),
        chip.can.clone(),
        chip.mrz_key.clone(),
    );
    let mut terminal = Terminal::new(Card::of(chip, faults));
    match (way, can) {
        (Some(way), Some(can)) => {
            terminal.pace(way, &can).expect("the right digits");
            assert_eq!(terminal.select_application().word(), 0x9000);
        }
        _ => {
            assert_eq!(terminal.select_application().word(), 0x9000);
            let key = key.expect("basic access control needs one");
            terminal
                .bac(&sha1(key.as_bytes())[..16])
                .expect("the right key");
        }
    }
    terminal
}

#[test]
fn every_profile_is_a_card_that_opens_and_shows_its_signature() {
    for (name, profile) in Profile::all().filter(|(name, _)| *name != "bank") {
        let chip = profile.chip(&persons()[0], Issuer::shared());
        let sod = chip.files[&0x011D][..64].to_vec();
        let mut terminal = opened(chip, profile.faults);
        assert_eq!(terminal.read(SOD, 64).data(), sod, "{name}");
    }
}

#[test]
fn the_reference_card_opens_with_its_key() {
    let shared = std::env::var_os("TIEPDON_SHARED").unwrap_or("../shared".into());
    // Without the data another test says that it was skipped.
    if let Some(chip) = profile::bsi(&Path::new(&shared).join("data/emrtd/bsi-reference")) {
        let dg1 = chip.files[&0x0101].clone();
        let mut terminal = opened(chip, Faults::default());
        assert_eq!(terminal.read(1, dg1.len()).data(), dg1);
    }
}

#[test]
fn a_card_that_is_removed_stays_away_and_one_that_stalls_does_not() {
    let faults = Faults {
        remove_at: Some(2),
        ..Faults::default()
    };
    let mut card = Card::of(profile::citizen(&persons()[0]), faults);
    assert!(card.try_transmit(READ).is_ok());
    assert_eq!(card.try_transmit(READ), Err(Silence::Gone));
    assert_eq!(card.try_transmit(READ), Err(Silence::Gone));
    let faults = Faults {
        stall_at: Some(2),
        ..Faults::default()
    };
    let mut card = Card::of(profile::citizen(&persons()[0]), faults);
    assert!(card.try_transmit(READ).is_ok());
    assert_eq!(card.try_transmit(READ), Err(Silence::Stalled));
    assert!(card.try_transmit(READ).is_ok());
}

#[test]
fn a_status_word_comes_with_the_protection_of_the_session_or_without() {
    // PACE takes five commands, SELECT is the sixth.
    let chip = || profile::citizen(&persons()[0]);
    let protected = Faults {
        status_at: Some((7, 0x6A82)),
        ..Faults::default()
    };
    let mut terminal = opened(chip(), protected);
    assert_eq!(
        terminal.read(SOD, 4),
        super::terminal::Heard::Reply(Vec::new(), 0x6A82)
    );
    assert_eq!(terminal.read(SOD, 4).word(), 0x9000);
    let bare = Faults {
        bare_status_at: Some((7, 0x9000)),
        ..Faults::default()
    };
    let mut terminal = opened(chip(), bare);
    assert_eq!(
        terminal.read(SOD, 4),
        super::terminal::Heard::Unprotected(0x9000)
    );
}

#[test]
fn a_reply_is_spoiled_at_its_command_and_at_no_other() {
    let genuine = card().transmit(READ);
    let at = |faults: Faults| {
        let mut card = Card::of(profile::citizen(&persons()[0]), faults);
        assert_eq!(card.transmit(READ), genuine);
        let spoiled = card.transmit(READ);
        assert_eq!(card.transmit(READ), genuine);
        spoiled
    };
    let none = Faults::default;
    let cut = at(Faults {
        truncate: Some((2, 3)),
        ..none()
    });
    assert_eq!(cut, genuine[..3]);
    let flipped = at(Faults {
        flip: Some((2, 7)),
        ..none()
    });
    assert_eq!(
        (flipped[0], &flipped[1..]),
        (genuine[0] ^ 0x80, &genuine[1..])
    );
    assert_ne!(
        at(Faults {
            garbage_at: Some(2),
            ..none()
        }),
        genuine
    );
    assert_ne!(
        at(Faults {
            wrong_mac_at: Some(2),
            ..none()
        }),
        genuine
    );
    let refused = at(Faults {
        status_at: Some((2, 0x6F00)),
        ..none()
    });
    assert_eq!(refused, [0x6F, 0x00]);
}

#[test]
fn a_chip_that_asks_for_more_time_computes_longer() {
    let faults = Faults {
        extend_at: Some((2, 3)),
        ..Faults::default()
    };
    let mut card = Card::of(profile::citizen(&persons()[0]), faults);
    card.transmit(READ);
    let usual = card.last_cost();
    card.transmit(READ);
    assert_eq!(card.last_cost(), usual + faults::WAITING_TIME * 3);
    assert!(faults::WAITING_TIME > Duration::from_millis(77));
}

#[test]
fn every_fault_can_be_written_in_a_profile() {
    let text = "remove_at = 1\nstall_at = 2\nwrong_mac_at = 3\ngarbage_at = 4\nflip = [5, 6]\n\
        truncate = [7, 8]\nstatus_at = [9, 0x6A82]\nbare_status_at = [10, 0x9000]\n\
        delay_millis = 11\nextend_at = [12, 13]";
    let faults = Faults {
        remove_at: Some(1),
        stall_at: Some(2),
        wrong_mac_at: Some(3),
        garbage_at: Some(4),
        flip: Some((5, 6)),
        truncate: Some((7, 8)),
        status_at: Some((9, 0x6A82)),
        bare_status_at: Some((10, 0x9000)),
        delay: Some(Duration::from_millis(11)),
        extend_at: Some((12, 13)),
    };
    assert_eq!(toml::from_str(text), Ok(faults));
    assert!(toml::from_str::<Faults>("remove = 1").is_err());
}

//! The card's own strictness. That a reader can read it is tested with the reader.

mod access;
mod habits;
mod profiles;
mod proofs;
mod terminal;
mod vectors;

use super::chip::CipherKind;
use super::crypto::Keys;
use super::messaging::Session;
use super::tlv::object;
use super::{Card, Faults, Opened, Personality};
use crate::sim::persons;

fn card() -> Card {
    Card::new(&persons()[0])
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text.replace(char::is_whitespace, "")).expect("hex")
}

fn send(card: &mut Card, command: &str) -> String {
    hex::encode_upper(card.transmit(&bytes(command)))
}

/// A card with the session of ICAO 9303-11 App. G.1, as after PACE.
fn opened() -> Card {
    let mut card = card();
    card.state.opened = Some(Opened::Pace);
    card.state.session = Some(Session::new(Keys {
        cipher: CipherKind::Aes128,
        encryption: bytes("F5F0E35C0D7161EE6724EE513A0D9A7F"),
        mac: bytes("FE251C7858B356B24514B3BD5F4297D1"),
    }));
    card
}

const SELECT: &str = "0CA4040C1D871101752F676B09FAC86A87D632749A49C7CC8E08C18BA1FCE707BD9F00";

#[test]
fn files_are_closed_before_pace() {
    for (command, reply) in [
        ("00A4040C07A0000002471001", "9000"),
        ("00B0810000", "6982"),
        ("00A4020C020101", "6982"),
        ("00A4020C02010B", "6A82"),
        ("00A4020C02011D", "6982"),
    ] {
        let mut card = card();
        card.state.application_selected = true;
        assert_eq!(send(&mut card, command), reply, "{command}");
    }
}

#[test]
fn a_citizen_card_shows_its_card_access_and_does_not_know_the_master_file() {
    let mut card = card();
    assert_eq!(send(&mut card, "00A4000C023F00"), "6D00");
    let file = send(&mut card, "00B09C0000");
    assert!(file.starts_with("3134300D") && file.ends_with("02010D6282"));
    assert_eq!(send(&mut card, "00A4020C02011C"), "9000");
    assert_eq!(send(&mut card, "00B0000004"), "3134300D9000");
    assert_eq!(send(&mut card, "00B0003600"), "6B00");
}

#[test]
fn any_doubt_about_a_protected_command_costs_the_session() {
    let bad_mac = SELECT.replace("BD9F00", "BD9E00");
    let no_mac = "0CA4040C13871101752F676B09FAC86A87D632749A49C7CC00";
    let plain = "00B0810000";
    for (command, status) in [
        (bad_mac.as_str(), "6988"),
        (no_mac, "6987"),
        (plain, "6982"),
    ] {
        let mut card = opened();
        assert_eq!(send(&mut card, command), status);
        assert_eq!(send(&mut card, SELECT), "6987", "the session must be gone");
    }
}

#[test]
fn a_command_cannot_be_played_again() {
    let mut card = opened();
    assert!(send(&mut card, SELECT).ends_with("9000"));
    assert_eq!(send(&mut card, SELECT), "6988");
}

#[test]
fn pace_out_of_order_is_refused() {
    let set = "0022C1A412800A04007F0007020204020283010284010D";
    let ask = "10860000027C0000";
    let nonsense = object(&[0x7C], &object(&[0x83], &[4; 65]));
    let third = format!(
        "10860000{:02X}{}00",
        nonsense.len(),
        hex::encode_upper(nonsense)
    );
    assert_eq!(send(&mut card(), ask), "6985");
    let mut card = card();
    assert_eq!(send(&mut card, set), "9000");
    assert!(send(&mut card, ask).starts_with("7C128010"));
    assert_eq!(send(&mut card, &third), "6985");
    assert_eq!(send(&mut card, ask), "6985");
    assert_eq!(
        send(&mut card, "0022C1A412800A04007F0007020204020283010384010D"),
        "6A88"
    );
}

#[test]
fn a_bank_card_knows_nothing_of_this() {
    let mut card = Card::with(&persons()[0], Personality::Bank, Faults::default());
    for (command, reply) in [
        ("00B09C0000", "6986"),
        ("00A4000C023F00", "6A82"),
        ("00A4040C07A0000002471001", "6A82"),
        ("0022C1A412800A04007F0007020204020283010284010D", "6D00"),
    ] {
        assert_eq!(send(&mut card, command), reply, "{command}");
    }
}

#[test]
fn any_short_or_odd_command_is_answered_with_a_status_word() {
    for len in 0..40 {
        for byte in [0x00, 0x0C, 0x10, 0x86, 0xA4, 0xB0, 0xFF] {
            let reply = card().transmit(&vec![byte; len]);
            assert!(reply.len() >= 2, "{len} of {byte:02X}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_plain_commands_get_a_file_of_the_application_or_a_panic(
        commands in proptest::collection::vec((
            proptest::sample::select(vec![0x00_u8, 0x10, 0x0C, 0x1C, 0x04, 0x80]),
            proptest::sample::select(vec![0xA4_u8, 0xB0, 0xB1, 0x22, 0x86, 0x84, 0x82, 0x88, 0xC0]),
            proptest::sample::select(vec![[4_u8, 12], [2, 12], [0, 12], [0xC1, 0xA4], [0x41, 0xA4],
                [0x41, 0xA6], [0, 0], [0x81, 0], [0x9C, 0], [0x9D, 0], [1, 1]]),
            proptest::sample::select(vec!["", "00", "07A0000002471001", "07A000000247100100",
                "020101", "0054020000", "08010203040506070800", "000000", "00000100",
                "12800A04007F0007020204020283010284010D", "027C0000", "0E8E080102030405060708970100"]),
        ), 1..12),
    ) {
        let mut chip = access::chip();
        chip.bac = true;
        chip.habits.extended_length = true;
        chip.habits.master_file = true;
        let mut card = Card::of(chip, Faults::default());
        for (class, instruction, [p1, p2], body) in commands {
            let command = [&[class, instruction, p1, p2], &bytes(body)[..]].concat();
            let reply = card.transmit(&command);
            proptest::prop_assert!(reply.len() >= 2);
            proptest::prop_assert!(!reply.windows(4).any(|part| part == [0x61; 4] || part == [0x77; 4]));
        }
    }
}

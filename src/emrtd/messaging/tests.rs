use proptest::prelude::*;

use super::{SecureMessaging, SecurityEvent, largest_read};
use crate::emrtd::apdu::{Command, Sw};
use crate::emrtd::symmetric::{Cipher, Key};
use crate::emrtd::tlv;

fn key(cipher: Cipher, text: &str) -> Key {
    Key::cut(cipher, &hex::decode(text).expect("hex")).expect("a whole key")
}

/// The session of ICAO 9303-11 App. G.1.
fn session() -> SecureMessaging {
    SecureMessaging::new(
        key(Cipher::Aes128, "F5F0E35C0D7161EE6724EE513A0D9A7F"),
        key(Cipher::Aes128, "FE251C7858B356B24514B3BD5F4297D1"),
    )
}

/// One command and its reply, byte for byte; the data that the reply carried.
fn exchange(
    session: &mut SecureMessaging,
    plain: &Command,
    protected: &str,
    reply: &str,
) -> String {
    assert_eq!(
        hex::encode_upper(session.protect(plain).encode()),
        protected
    );
    let reply = session.unprotect(&hex::decode(reply).expect("hex"));
    let reply = reply.expect("a right reply");
    assert_eq!(reply.sw, Sw::OK);
    hex::encode_upper(&*reply.data)
}

#[test]
fn the_published_session_of_basic_access_control_matches_byte_for_byte() {
    // ICAO 9303-11 App. D.4.
    let mut session = SecureMessaging::with_counter(
        key(Cipher::TripleDes, "979EC13B1CBFE9DCD01AB0FED307EAE5"),
        key(Cipher::TripleDes, "F1CB1F1FB5ADF208806B89DC579DC1F8"),
        0x8870_2212_0C06_C226,
    );
    let select = Command::select(0x02, &[0x01, 0x1E]);
    let data = exchange(
        &mut session,
        &select,
        "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800",
        "990290008E08FA855A5D4C50A8ED9000",
    );
    assert_eq!(data, "");
    let data = exchange(
        &mut session,
        &Command::read_at(0, 4),
        "0CB000000D9701048E08ED6705417E96BA5500",
        "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000",
    );
    assert_eq!(data, "60145F01");
    let data = exchange(
        &mut session,
        &Command::read_at(4, 0x12),
        "0CB000040D9701128E082EA28A70F3C7B53500",
        "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000",
    );
    assert_eq!(data, "04303130365F36063034303030305C026175");
    assert_eq!(session.counter, 0x8870_2212_0C06_C22C);
}

#[test]
fn a_counter_of_eight_bytes_goes_round() {
    let session = |counter| {
        SecureMessaging::with_counter(
            key(Cipher::TripleDes, "979EC13B1CBFE9DCD01AB0FED307EAE5"),
            key(Cipher::TripleDes, "F1CB1F1FB5ADF208806B89DC579DC1F8"),
            counter,
        )
    };
    let read = Command::read_at(0, 4);
    let mut at_the_end = session(u64::MAX);
    at_the_end.protect(&read);
    assert_eq!(at_the_end.protect(&read), session(0).protect(&read));
}

#[test]
fn extended_length_is_said_inside_and_outside() {
    let long_read = session().protect(&Command::read_at(0, 2_000)).encode();
    let text = hex::encode_upper(long_read);
    assert!(text.starts_with("0CB0000000000E970207D08E08"));
    assert!(text.ends_with("0000"), "{text}");
    // A short command that is too long only when it is wrapped.
    let mut command = Command::select(0x04, &[0xAB; 240]);
    command.le = Some(256);
    let text = hex::encode_upper(session().protect(&command).encode());
    assert!(text.starts_with("0CA4040C00011287820101"), "{text}");
    assert!(text.contains("9701008E08"), "{text}");
    assert!(text.ends_with("0000"), "{text}");
}

/// Bytes of a reply's data objects around `plain` bytes.
fn protected_len(cipher: Cipher, plain: usize) -> usize {
    let blocks = (plain + 1).next_multiple_of(cipher.block_len());
    tlv::build(0x87, &vec![0; 1 + blocks]).len() + 4 + 10
}

#[test]
fn the_largest_read_fills_a_reply_and_no_more() {
    let ciphers = [
        (Cipher::TripleDes, 231),
        (Cipher::Aes128, 223),
        (Cipher::Aes192, 223),
        (Cipher::Aes256, 223),
    ];
    for (cipher, short) in ciphers {
        assert_eq!(largest_read(cipher, 256), short);
        for limit in (100..600).chain([2_048, 32_767, 65_535, 65_536]) {
            let read = usize::from(largest_read(cipher, limit));
            let limit = limit as usize;
            assert!(protected_len(cipher, read) <= limit, "{cipher:?} {limit}");
            assert!(
                protected_len(cipher, read + 1) > limit,
                "{cipher:?} {limit}"
            );
        }
        assert_eq!(largest_read(cipher, 0), 0);
    }
}

const READ_REPLY: &str = "8711013F533246F7C37B4795719B2E35779EB1990290008E08EDCDB1078040C4729000";

#[test]
fn the_continuation_of_the_published_session_matches_byte_for_byte() {
    let mut session = session();
    let select = Command::select(0x04, &[0xA0, 0, 0, 2, 0x47, 0x10, 0x01]);
    let data = exchange(
        &mut session,
        &select,
        "0CA4040C1D871101752F676B09FAC86A87D632749A49C7CC8E08C18BA1FCE707BD9F00",
        "990290008E08BEA7B381C494A0799000",
    );
    assert_eq!(data, "");
    let read = Command::read_sfi(0x1E, 4);
    let protected = "0CB09E000D9701048E080B677D403928060A00";
    assert_eq!(
        exchange(&mut session, &read, protected, READ_REPLY),
        "60165F01"
    );
}

#[test]
fn any_changed_bit_and_any_cut_of_a_reply_is_a_security_event() {
    let good = hex::decode(READ_REPLY).expect("hex");
    let check = |reply: &[u8], what: &str| {
        let mut session = session();
        session.counter = 3;
        assert!(session.unprotect(reply).is_err(), "{what} was accepted");
    };
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        check(&bad, &format!("bit {bit}"));
    }
    for len in 0..good.len() {
        check(&good[..len], &format!("a cut to {len}"));
    }
}

/// Only the card can make the MAC, and it is to be right about the rest as well.
#[test]
fn objects_missing_or_wrong_under_a_right_mac_are_a_security_event() {
    let unprotect = |objects: &[&str], status: &[u8]| {
        let objects = hex::decode(objects.concat()).expect("hex");
        let mut session = session();
        session.counter = 4;
        let mac = tlv::build(0x8E, &session.authenticate(objects.clone()));
        session.counter = 3;
        session.unprotect(&[&objects, &mac, status].concat())
    };
    let (data, status) = ("8711013F533246F7C37B4795719B2E35779EB1", "99029000");
    let ok = &[0x90, 0x00];
    assert!(unprotect(&[data, status], ok).is_ok());
    for (what, objects, outer) in [
        ("no status", &[data][..], ok),
        ("nothing but the MAC", &[], ok),
        ("another status outside", &[data, status], &[0x62, 0x82]),
        (
            "a wrong cryptogram",
            &[&data.replace("3F53", "3F54"), status],
            ok,
        ),
        (
            "half a block",
            &["870901 3F533246F7C37B47".replace(' ', "").as_str(), status],
            ok,
        ),
        (
            "another padding",
            &[&data.replace("871101", "871102"), status],
            ok,
        ),
        ("the order changed", &[status, data], ok),
        ("a second cryptogram", &[data, data, status], ok),
    ] {
        assert!(unprotect(objects, outer).is_err(), "{what}");
    }
    // A reply without data may be right: whoever asked for some must not take it.
    assert!(unprotect(&[status], ok).is_ok_and(|reply| reply.data.is_empty()));
}

#[test]
fn a_plain_9000_inside_a_session_is_never_success() {
    let event = session().unprotect(&[0x90, 0x00]).err();
    assert_eq!(event, Some(SecurityEvent::Unprotected(Sw::OK)));
}

#[test]
fn a_reply_cannot_be_played_again() {
    let mut session = session();
    session.counter = 3;
    let good = hex::decode(READ_REPLY).expect("hex");
    assert!(session.unprotect(&good).is_ok());
    session.counter += 1;
    assert_eq!(
        session.unprotect(&good).err(),
        Some(SecurityEvent::WrongMac)
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_and_none_are_taken_for_a_reply(bytes: Vec<u8>, body: Vec<u8>) {
        prop_assert!(session().unprotect(&bytes).is_err());
        // In the form of a reply, but not from the card.
        let objects = [
            tlv::build(0x87, &body),
            tlv::build(0x99, &[0x90, 0x00]),
            tlv::build(0x8E, &[0; 8]),
        ];
        let reply = [objects.concat(), vec![0x90, 0x00]].concat();
        prop_assert!(session().unprotect(&reply).is_err());
    }
}

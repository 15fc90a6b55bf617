//! The published sessions of ICAO 9303-11 over elliptic curves, byte for byte, and what must not
//! pass.

mod published;

use proptest::prelude::*;

use super::{Access, Bac, CamEvidence, Failure, Pace, Turn};
use crate::emrtd::apdu::{Command, Reply};
use crate::emrtd::lds::security_info::PaceInfo;
use crate::emrtd::messaging::SecureMessaging;
use published::{CHIP_MAPPING, GENERIC, INTEGRATED, Session};

/// Gives these bytes as if they were random, in their order.
fn scripted(drawn: &[&str]) -> impl FnMut(&mut [u8]) {
    let bytes: Vec<_> = drawn.iter().flat_map(|text| bytes(text)).collect();
    let mut bytes = bytes.into_iter();
    move |out: &mut [u8]| {
        out.fill_with(|| bytes.next().expect("no more is drawn than the script has"));
    }
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("hex")
}

fn reply(text: &str) -> Reply {
    Reply::parse(&bytes(text)).expect("a status word")
}

fn encoded(command: &Command) -> String {
    hex::encode_upper(command.encode())
}

type Opened = Result<(SecureMessaging, Option<CamEvidence>), Failure>;

/// Plays the card's replies to a reader with the published secrets. Gives the end and all
/// commands that were sent.
fn play(session: &Session, replies: &[String; 5], prepare: bool) -> (Opened, Vec<String>) {
    let mut random = scripted(session.drawn);
    let (mapping, cipher, parameter) = session.protocol;
    let info = PaceInfo::new(mapping, cipher, parameter).expect("a protocol of ours");
    let (mut pace, command) = Pace::start(info, &session.access());
    let mut sent = vec![encoded(&command)];
    for text in replies {
        if prepare {
            pace.prepare(&mut random);
        }
        match pace.on_reply(&reply(text), &mut random) {
            Ok(Turn::Send(next, command)) => {
                pace = next;
                sent.push(encoded(&command));
            }
            Ok(Turn::Open(messaging, evidence)) => return (Ok((messaging, evidence)), sent),
            Err(failure) => return (Err(failure), sent),
        }
    }
    panic!("PACE did not end");
}

#[test]
fn every_published_session_is_spoken_byte_for_byte_prepared_or_not() {
    for session in [GENERIC, INTEGRATED, CHIP_MAPPING] {
        for prepare in [false, true] {
            let (end, sent) = play(&session, &session.replies(), prepare);
            assert_eq!(sent, session.commands(), "{}", session.appendix);
            let (mut messaging, _) = end.expect("the published session opens the chip");
            let select = Command::select(0x04, &[0xA0, 0, 0, 2, 0x47, 0x10, 0x01]);
            let mut expected = session.messaging();
            assert_eq!(messaging.protect(&select), expected.protect(&select));
        }
    }
}

#[test]
fn chip_authentication_mapping_leaves_the_published_evidence_and_the_others_none() {
    for session in [GENERIC, INTEGRATED] {
        let (end, _) = play(&session, &session.replies(), false);
        assert!(end.is_ok_and(|(_, evidence)| evidence.is_none()));
    }
    let (end, _) = play(&CHIP_MAPPING, &CHIP_MAPPING.replies(), false);
    let evidence = end.ok().and_then(|(_, evidence)| evidence);
    let evidence = evidence.expect("evidence");
    assert_eq!(
        hex::encode_upper(evidence.mapping_key.encode()),
        CHIP_MAPPING.map_reply
    );
    let data = evidence.data.expect("it can be decrypted");
    assert_eq!(
        hex::encode_upper(&*data),
        "85DC3FA93D0952BFA82F5FD189EE75BD82F11D1F0B8ED4BF5319AC9B53C426B3"
    );
}

#[test]
fn evidence_that_is_missing_empty_or_garbled_leaves_the_chip_open_and_proves_nothing() {
    let right = CHIP_MAPPING.evidence;
    let garbled = right.replace("4F92", "4F93");
    for wrong in [
        "",
        "8A00",
        "8A0100",
        &garbled,
        &right.replace("8A30", "8B30"),
    ] {
        let mut replies = CHIP_MAPPING.replies();
        let token = CHIP_MAPPING.token_reply;
        let objects = format!("8608{token}{wrong}");
        replies[4] = format!("7C{:02X}{objects}9000", objects.len() / 2);
        let (end, _) = play(&CHIP_MAPPING, &replies, false);
        let evidence = end.ok().and_then(|(_, evidence)| evidence);
        let evidence = evidence.expect("the chip is open");
        assert!(evidence.data.is_none(), "{wrong}");
    }
}

#[test]
fn a_wrong_token_or_6300_or_63cx_at_the_end_is_a_wrong_password() {
    for session in [GENERIC, INTEGRATED, CHIP_MAPPING] {
        let mut wrong = session.replies();
        let token = wrong[4].replace(session.token_reply, "0011223344556677");
        for last in [token, "6300".to_owned(), "63C2".to_owned()] {
            wrong[4] = last;
            let (end, _) = play(&session, &wrong, false);
            assert!(matches!(end, Err(Failure::WrongPassword)));
        }
    }
}

#[test]
fn any_other_end_is_a_broken_protocol_and_a_refusal_at_the_start_is_told_apart() {
    for session in [GENERIC, INTEGRATED, CHIP_MAPPING] {
        for place in 0..5 {
            for status in ["6A80", "6985", "6982", "6F00", "6310", "7C009001"] {
                let mut wrong = session.replies();
                wrong[place] = status.to_owned();
                let (end, _) = play(&session, &wrong, true);
                match place {
                    0 => assert!(matches!(end, Err(Failure::Refused(_)))),
                    _ => assert!(matches!(end, Err(Failure::Broken(_))), "{place} {status}"),
                }
            }
            // 63xx means a password only where the password is checked.
            if place != 4 {
                let mut wrong = session.replies();
                wrong[place] = "6300".to_owned();
                let (end, _) = play(&session, &wrong, true);
                assert!(!matches!(end, Err(Failure::WrongPassword)), "{place}");
            }
        }
    }
}

#[test]
fn keys_that_are_off_the_curve_or_infinity_or_our_own_are_refused() {
    let right = GENERIC.key_reply;
    let off = right.replace("F094", "F095");
    let compressed = format!("02{}", &right[2..66]);
    for key in [off.as_str(), "00", &compressed, GENERIC.key, "04", ""] {
        let broken = |session: Session| {
            let (end, _) = play(&session, &session.replies(), true);
            assert!(matches!(end, Err(Failure::Broken(_))), "{key}");
        };
        broken(Session {
            key_reply: key,
            ..GENERIC
        });
        let map_reply = match key {
            own if own == GENERIC.key => GENERIC.map,
            other => other,
        };
        broken(Session {
            map_reply,
            ..GENERIC
        });
    }
}

#[test]
fn a_nonce_of_wrong_length_is_refused() {
    for session in [GENERIC, INTEGRATED] {
        for nonce in ["", "95A3", &session.nonce.repeat(3)] {
            let wrong = Session { nonce, ..session };
            let (end, _) = play(&wrong, &wrong.replies(), true);
            assert!(matches!(end, Err(Failure::Broken(_))), "{nonce}");
        }
    }
}

#[test]
fn a_stuck_random_source_ends_the_reading() {
    let access = Access::can("123456").expect("six digits");
    let (pace, _) = Pace::start(PaceInfo::citizen_card(), &access);
    let mut zeros = |out: &mut [u8]| out.fill(0);
    let Ok(Turn::Send(mut pace, _)) = pace.on_reply(&reply("9000"), &mut zeros) else {
        panic!("the nonce is asked for without randomness");
    };
    pace.prepare(&mut zeros);
    let nonce = reply(&GENERIC.replies()[1]);
    let end = pace.on_reply(&nonce, &mut zeros);
    assert!(matches!(end, Err(Failure::Broken(_))));
}

const CHALLENGE: &str = "4608F919887022129000";
const PROOF: &str =
    "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D7449";

/// Plays ICAO 9303-11 App. D.3 with these replies.
fn play_basic(challenge: &str, proof: &str) -> (Result<Turn<Bac>, Failure>, Vec<String>) {
    let mut random = scripted(&["781723860C06C226", "0B795240CB7049B01C19B33E32804F0B"]);
    let access = Access::mrz("L898902C<369080619406236").expect("a right key");
    let (bac, command) = Bac::start(&access).expect("the MRZ opens it");
    let mut sent = vec![encoded(&command)];
    match bac.on_reply(&reply(challenge), &mut random) {
        Ok(Turn::Send(bac, command)) => {
            sent.push(encoded(&command));
            (bac.on_reply(&reply(proof), &mut random), sent)
        }
        end => (end, sent),
    }
}

#[test]
fn published_basic_access_control_is_spoken_byte_for_byte() {
    let (end, sent) = play_basic(CHALLENGE, &format!("{PROOF}9000"));
    assert_eq!(
        sent,
        [
            "0084000008",
            "008200002872C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A728",
        ]
    );
    let Ok(Turn::Open(mut session, None)) = end else {
        panic!("the published session opens the chip");
    };
    let select = Command::select(0x02, &[0x01, 0x1E]);
    assert_eq!(
        encoded(&session.protect(&select)),
        "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800"
    );
}

#[test]
fn basic_access_control_tells_a_wrong_password_from_a_broken_card() {
    let of = |challenge: &str, proof: &str| play_basic(challenge, proof).0.err();
    for refused in ["6300", "63C1"] {
        let end = of(CHALLENGE, refused);
        assert!(matches!(end, Some(Failure::WrongPassword)), "{refused}");
    }
    // Somebody who has not the same keys cannot make the MAC.
    let wrong_mac = format!("{}9000", PROOF.replace("7449", "7448"));
    assert!(matches!(
        of(CHALLENGE, &wrong_mac),
        Some(Failure::WrongPassword)
    ));
    for broken in ["6985", "6310", "6F00", "9000", "46B99000"] {
        let end = of(CHALLENGE, broken);
        assert!(matches!(end, Some(Failure::Broken(_))), "{broken}");
    }
    // The right keys, but another challenge: a proof that was recorded earlier.
    let replayed = of("4608F919887022139000", &format!("{PROOF}9000"));
    assert!(matches!(replayed, Some(Failure::Broken(_))));
    assert!(matches!(of("6D00", ""), Some(Failure::Refused(_))));
    assert!(matches!(of("46089000", ""), Some(Failure::Broken(_))));
}

#[test]
fn an_access_number_does_not_open_basic_access_control() {
    let access = Access::can("123456").expect("six digits");
    assert!(Bac::start(&access).is_none());
}

proptest! {
    #[test]
    fn no_reply_makes_the_protocols_panic(place in 0usize..5, noise: Vec<u8>, prepare: bool) {
        for session in [GENERIC, INTEGRATED, CHIP_MAPPING] {
            let mut replies = session.replies();
            replies[place] = format!("{}9000", hex::encode(&noise));
            let _ = play(&session, &replies, prepare);
        }
        let noise = format!("{}9000", hex::encode(&noise));
        let _ = play_basic(&noise, &noise);
        let _ = play_basic(CHALLENGE, &noise);
    }
}

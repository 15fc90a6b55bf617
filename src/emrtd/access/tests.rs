//! The published session of ICAO 9303-11 App. G.1, byte for byte, and what must not pass.

use super::{Access, Failure, Pace, PaceInfo, Turn};
use crate::emrtd::apdu::{Command, Reply};

const MAP_SK: &str = "7F4EF07B9EA82FD78AD689B38D0BC78CF21F249D953BC46F4C6E19259C010F99";
const SK: &str = "A73FB703AC1436A18E0CFA5ABB3F7BEC7A070E7A6788486BEE230C4A22762595";
const NONCE: &str = "95A3A016522EE98D01E76CB6B98B42C3";
const MAP_PK_IC: &str = "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F5730D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54";
/// Computed from `MAP_SK` by other means.
const MAP_PK_IFD: &str = "047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D";
const PK_IFD: &str = "042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB36462";
const PK_IC: &str = "049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094";
const TOKEN_IFD: &str = "C2B0BD78D94BA866";
const TOKEN_IC: &str = "3ABB9674BCE93C08";

/// Plays the card's replies (hex, with status word) to a reader with the published secrets.
/// Gives the last turn, or the failure, and all commands that were sent.
fn play(replies: &[String]) -> (Result<Turn, Failure>, Vec<String>) {
    let mut secrets = [SK, MAP_SK]
        .map(|hex| hex::decode(hex).expect("hex"))
        .to_vec();
    let mut random = move |out: &mut [u8]| {
        out.copy_from_slice(&secrets.pop().expect("two secrets are drawn"));
    };
    let access = Access::mrz("T22000129364081251010318").expect("a right key");
    let (mut pace, command) = Pace::start(PaceInfo::citizen_card(), &access);
    let mut sent = vec![encoded(&command)];
    for reply in replies {
        let reply = Reply::parse(&hex::decode(reply).expect("hex")).expect("status word");
        match pace.on_reply(&reply, &mut random) {
            Ok(Turn::Send(next, command)) => {
                pace = next;
                sent.push(encoded(&command));
            }
            end => return (end, sent),
        }
    }
    panic!("PACE did not end");
}

fn encoded(command: &Command) -> String {
    hex::encode_upper(command.encode())
}

fn replies(nonce: &str, map: &str, key: &str, token: &str) -> [String; 5] {
    let object = |tag: &str, value: &str| {
        let len = value.len() / 2;
        format!("7C{:02X}{tag}{len:02X}{value}9000", len + 2)
    };
    [
        "9000".to_owned(),
        object("80", nonce),
        object("82", map),
        object("84", key),
        object("86", token),
    ]
}

#[test]
fn the_published_session_is_spoken_byte_for_byte() {
    let (end, sent) = play(&replies(NONCE, MAP_PK_IC, PK_IC, TOKEN_IC));
    let Ok(Turn::Open(mut session)) = end else {
        panic!("the published session must open the chip");
    };
    assert_eq!(sent[0], "0022C1A412800A04007F0007020204020283010184010D");
    assert_eq!(sent[1], "10860000027C0000");
    assert_eq!(sent[2], format!("10860000457C438141{MAP_PK_IFD}00"));
    assert_eq!(sent[3], format!("10860000457C438341{PK_IFD}00"));
    assert_eq!(sent[4], format!("008600000C7C0A8508{TOKEN_IFD}00"));
    let select = Command::select(0x04, &[0xA0, 0, 0, 2, 0x47, 0x10, 0x01]);
    assert_eq!(
        encoded(&session.protect(&select)),
        "0CA4040C1D871101752F676B09FAC86A87D632749A49C7CC8E08C18BA1FCE707BD9F00"
    );
}

#[test]
fn a_wrong_token_or_63xx_at_the_end_is_a_wrong_password() {
    let mut wrong = replies(NONCE, MAP_PK_IC, PK_IC, "3ABB9674BCE93C09");
    for last in [wrong[4].clone(), "6300".to_owned(), "63C2".to_owned()] {
        wrong[4] = last;
        assert!(matches!(play(&wrong).0, Err(Failure::WrongPassword)));
    }
}

#[test]
fn keys_that_are_off_the_curve_or_infinity_or_our_own_are_refused() {
    let off = PK_IC.replace("F094", "F095");
    let compressed = format!("02{}", &PK_IC[2..66]);
    for key in [off.as_str(), "00", &compressed, PK_IFD, "04", ""] {
        let answers = replies(NONCE, MAP_PK_IC, key, TOKEN_IC);
        assert!(matches!(play(&answers).0, Err(Failure::Broken(_))), "{key}");
        if key != PK_IFD {
            let answers = replies(NONCE, key, PK_IC, TOKEN_IC);
            assert!(matches!(play(&answers).0, Err(Failure::Broken(_))), "{key}");
        }
    }
}

#[test]
fn a_nonce_that_is_not_one_block_is_refused() {
    for nonce in ["", "95A3", &NONCE.repeat(2)] {
        let answers = replies(nonce, MAP_PK_IC, PK_IC, TOKEN_IC);
        assert!(
            matches!(play(&answers).0, Err(Failure::Broken(_))),
            "{nonce}"
        );
    }
}

#[test]
fn a_stuck_random_source_ends_the_reading() {
    let access = Access::can("123456").expect("six digits");
    let (pace, _) = Pace::start(PaceInfo::citizen_card(), &access);
    let reply = |hex: &str| Reply::parse(&hex::decode(hex).expect("hex")).expect("status word");
    let mut zeros = |out: &mut [u8]| out.fill(0);
    let Ok(Turn::Send(pace, _)) = pace.on_reply(&reply("9000"), &mut zeros) else {
        panic!("the nonce is asked for without randomness");
    };
    let nonce = replies(NONCE, MAP_PK_IC, PK_IC, TOKEN_IC)[1].clone();
    assert!(matches!(
        pace.on_reply(&reply(&nonce), &mut zeros),
        Err(Failure::Broken(_))
    ));
}

//! What differs from chip to chip, and what each computation costs.

use std::time::Duration;

use super::access::{chip, offer, opened, terminal, usual};
use super::terminal::{Heard, Terminal};
use crate::sim::card::chip::{CardAccessRead, Chip, CipherKind, Habits, Mapping, PastEnd};

const CARD_ACCESS: u8 = 0x1C;

fn having(habits: Habits) -> Chip {
    Chip {
        habits,
        master_files: [
            (0x011C, vec![0x31; 54]),
            (0x011D, vec![0x30; 20]),
            (0x2F01, vec![0x47; 10]),
        ]
        .into(),
        ..chip()
    }
}

fn past_end(past_end: PastEnd) -> Terminal {
    terminal(having(Habits {
        past_end,
        ..Habits::default()
    }))
}

#[test]
fn a_read_past_the_end_is_answered_in_five_ways() {
    for (habit, len, word) in [
        (PastEnd::EndOfFile, 54, 0x6282),
        (PastEnd::Short, 54, 0x9000),
        (PastEnd::ExactLe, 0, 0x6C36),
        (PastEnd::WrongOffset, 0, 0x6B00),
        (PastEnd::WrongLength, 0, 0x6700),
    ] {
        let mut terminal = past_end(habit);
        let heard = terminal.read(CARD_ACCESS, 256);
        assert_eq!(heard, Heard::Reply(vec![0x31; len], word));
        let exact = terminal.read(CARD_ACCESS, 54);
        assert_eq!(exact, Heard::Reply(vec![0x31; 54], 0x9000));
        let beyond = terminal.send([0x00, 0xB0, 0x00, 54], &[], Some(1));
        assert_eq!(beyond.word(), 0x6B00);
    }
}

#[test]
fn the_longest_short_reply_is_223_bytes_with_aes_and_231_with_triple_des() {
    for (cipher, most) in [(CipherKind::Aes128, 223), (CipherKind::TripleDes, 231)] {
        let mut chip = chip();
        chip.pace = vec![offer(Mapping::Generic, cipher, 13)];
        let mut terminal = opened(chip);
        assert_eq!(terminal.read(1, most).data(), vec![0x61; most]);
        assert_eq!(terminal.read(1, most + 1), Heard::Reply(Vec::new(), 0x6700));
        assert_eq!(terminal.read(1, most).data().len(), most, "it went on");
    }
}

#[test]
fn a_read_that_is_too_long_can_cost_the_session() {
    let mut terminal = opened(having(Habits {
        largest_read: 160,
        long_read_ends_session: true,
        ..Habits::default()
    }));
    assert_eq!(terminal.read(1, 160).data(), [0x61; 160]);
    assert_eq!(terminal.read(1, 161), Heard::Unprotected(0x6700));
    assert_eq!(terminal.select_application().word(), 0x9000);
    assert_eq!(terminal.read(1, 10).word(), 0x6982, "nothing is left of it");
}

#[test]
fn extended_length_reads_as_much_as_the_chip_gives() {
    let mut terminal = opened(having(Habits {
        largest_read: 2048,
        extended_length: true,
        ..Habits::default()
    }));
    assert_eq!(terminal.read(1, 2048).data(), [0x61; 2048]);
    assert_eq!(terminal.read(1, 2049).word(), 0x6700);
    let mut cutting = opened(having(Habits {
        largest_read: 2048,
        extended_length: true,
        truncates_long_replies: true,
        ..Habits::default()
    }));
    assert_eq!(cutting.read(1, 65_536).data(), [0x61; 2048]);
    assert_eq!(cutting.read(1, 256).data(), [0x61; 223]);
}

#[test]
fn a_chip_without_extended_length_ends_its_session_over_it() {
    let mut closed = terminal(having(Habits::default()));
    assert_eq!(closed.read(CARD_ACCESS, 257).word(), 0x6700);
    assert_eq!(closed.read(CARD_ACCESS, 54).word(), 0x9000);
    let mut opened = opened(chip());
    assert_eq!(opened.read(1, 257), Heard::Unprotected(0x6700));
}

#[test]
fn card_access_is_read_at_once_or_after_the_master_file_or_never() {
    for (card_access, before, after) in [
        (CardAccessRead::AtOnce, 0x9000, 0x9000),
        (CardAccessRead::AfterMasterFile, 0x6982, 0x9000),
        (CardAccessRead::Never, 0x6A82, 0x6A82),
    ] {
        let mut terminal = terminal(having(Habits {
            card_access,
            master_file: true,
            ..Habits::default()
        }));
        assert_eq!(terminal.read(CARD_ACCESS, 54).word(), before);
        let select = [0x00, 0xA4, 0x00, 0x0C];
        assert_eq!(terminal.send(select, &[0x3F, 0x00], None).word(), 0x9000);
        assert_eq!(terminal.read(CARD_ACCESS, 54).word(), after);
    }
}

#[test]
fn the_master_file_and_the_application_have_each_their_files() {
    let mut terminal = terminal(having(Habits::default()));
    assert_eq!(terminal.read(0x01, 10).data(), [0x47; 10], "EF.ATR/INFO");
    assert_eq!(terminal.read(0x1D, 20).word(), 0x6982, "EF.CardSecurity");
    terminal.pace(usual(), "012345").expect("the right CAN");
    assert_eq!(terminal.read(0x1D, 20).data(), [0x30; 20]);
    terminal.select_application();
    assert_eq!(terminal.read(0x1D, 20).data(), [0x77; 20], "EF.SOD");
    assert_eq!(terminal.read(CARD_ACCESS, 20).word(), 0x6A82);
    assert_eq!(terminal.read(0x03, 20).word(), 0x6A82, "not there");
}

#[test]
fn fingerprints_stay_closed_and_refused_files_say_why() {
    let mut chip = having(Habits {
        refused_files: vec![(0x010D, 0x6A88)],
        ..Habits::default()
    });
    for id in [0x0103, 0x0104, 0x010D] {
        chip.files.insert(id, vec![0; 9]);
    }
    let mut terminal = opened(chip);
    for (short, word) in [(0x03, 0x6982), (0x04, 0x6982), (0x0D, 0x6A88)] {
        assert_eq!(terminal.read(short, 9).word(), word);
    }
}

#[test]
fn an_odd_read_goes_where_an_even_one_cannot() {
    let mut chip = chip();
    let long: Vec<u8> = (0..40_000u32).map(|n| (n / 7) as u8).collect();
    chip.files.insert(0x0102, long.clone());
    let odd = [0x00, 0xB1, 0x00, 0x02];
    let mut terminal = opened(chip.clone());
    for (offset, le, len) in [(0x8000, 102, 100), (0, 129, 127), (0x8001, 200, 197)] {
        let [_, high, low] = [0, (offset >> 8) as u8, offset as u8];
        let heard = terminal.send(odd, &[0x54, 2, high, low], Some(le)).data();
        let value = &long[offset..offset + len];
        assert_eq!(heard, super::object(&[0x53], value));
    }
    let past = terminal.send([0x00, 0xB1, 0, 0], &[0x54, 2, 0x9C, 0x3F], Some(20));
    assert_eq!(past, Heard::Reply(vec![0x53, 1, long[39_999]], 0x6282));
    chip.habits.odd_read = false;
    let heard = opened(chip).send(odd, &[0x54, 2, 0, 0], Some(20));
    assert_eq!(heard.word(), 0x6D00);
}

#[test]
fn an_le_on_select_is_refused_or_not() {
    for (refuses_le, word) in [(true, 0x6700), (false, 0x9000)] {
        let mut terminal = terminal(having(Habits {
            refuses_le,
            ..Habits::default()
        }));
        let id = super::bytes("A0000002471001");
        let heard = terminal.send([0x00, 0xA4, 0x04, 0x0C], &id, Some(256));
        assert_eq!(heard.word(), word);
    }
}

#[test]
fn x_the_session() {
    for (objects, word) in [
        // Le before the cryptogram, an unknown object, an Le of three bytes.
        ("97010A870101", 0x6988),
        ("970104AB0101", 0x6988),
        ("9703000004", 0x6988),
        ("970104", 0x9000),
    ] {
        let mut terminal = opened(chip());
        let read = [0x0C, 0xB0, 0x81, 0x00];
        let seen = terminal.session_command(read, &super::bytes(objects));
        assert_eq!(seen, word, "{objects}");
    }
}

#[test]
fn computing_costs_what_a_chip_would_need() {
    let cost = |parameter| {
        let mut chip = chip();
        chip.pace = vec![offer(Mapping::Generic, CipherKind::Aes128, parameter)];
        let mut terminal = terminal(chip);
        let set = format!("0022C1A412800A04007F00070202040202830102840 1{parameter:02X}");
        terminal.transmit(&super::bytes(&set));
        terminal.authenticate(0x10, &[]).expect("a nonce");
        let domain = crate::sim::card::crypto::Domain::of_parameter(parameter).expect("known");
        let (_, public) = terminal.pair(&domain, domain.generator());
        let mapping = super::object(&[0x81], &public);
        terminal.authenticate(0x10, &mapping).expect("mapped");
        terminal.card.last_cost().as_millis()
    };
    // Three multiplications in the mapping, and a millisecond for the command.
    assert_eq!((cost(13), cost(16), cost(18)), (121, 331, 901));
    let mut terminal = opened(chip());
    terminal.read(1, 10);
    let short = terminal.card.last_cost();
    terminal.read(1, 220);
    let long = terminal.card.last_cost();
    assert!(Duration::from_millis(1) < short && short < long);
    assert!(long < Duration::from_millis(2), "{long:?}");
}

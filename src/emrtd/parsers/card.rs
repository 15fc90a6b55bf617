//! A whole card as the fuzzer's input: what it answers to each command is taken from the bytes.

use jiff::civil::Date;

use crate::emrtd::trust::TrustStore;
use crate::emrtd::{Access, Line, Plan, Reader, Request, Step};

/// Commands until a reading has ended, whatever the card answers: every file that there is in the
/// smallest pieces, for every restart.
const STEPS_MAX: u32 = 100_000;
/// Status words that a byte of the input names; others are spelled out.
const STATUS_WORDS: [u16; 12] = [
    0x9000, 0x6282, 0x6B00, 0x6700, 0x6C10, 0x6982, 0x6A82, 0x6D00, 0x6300, 0x6985, 0x6988, 0x63C2,
];
const DAY: Date = Date::constant(2026, 1, 1);
const PLAN: Plan = Plan {
    dg13: true,
    portrait: true,
    details: true,
    ethnicity: true,
    any_document: true,
};

/// A card from power-up on, with all the cryptography. The passwords are known to the fuzzer: the
/// first byte tells which.
pub fn fuzz_reader(bytes: &[u8]) {
    let (mode, mut script) = mode_of(bytes);
    drive(mode, false, &mut |_| next_reply(&mut script));
}

/// The same, as if PACE had succeeded and without secure messaging, so that the fuzzer reaches
/// everything that follows: replies are as plain as they come.
pub fn fuzz_reader_open(bytes: &[u8]) {
    let (mode, mut script) = mode_of(bytes);
    drive(mode, true, &mut |_| next_reply(&mut script));
}

/// The input that makes one of the two do what it does with this card: a seed. `open` tells which
/// of the two; the card has the access number 123456.
pub fn script_of(open: bool, card: &mut dyn FnMut(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut script = vec![0];
    drive(0, open, &mut |command| {
        let reply = card(command);
        script.push(u8::MAX);
        script.push(u8::try_from(reply.len()).unwrap_or(u8::MAX));
        script.extend(reply.iter().take(usize::from(u8::MAX)));
        reply
    });
    script
}

fn mode_of(bytes: &[u8]) -> (u8, &[u8]) {
    bytes
        .split_first()
        .map_or((0, bytes), |(mode, rest)| (*mode, rest))
}

/// Reads the card to the end.
fn drive(mode: u8, open: bool, card: &mut dyn FnMut(&[u8]) -> Vec<u8>) {
    let access = match mode & 1 {
        0 => Access::can("123456"),
        _ => Access::mrz("L898902C<369080619406236"),
    };
    let trust = TrustStore::default();
    let request = Request::new(access.expect("a password"), PLAN, &trust, DAY);
    let line = Line {
        atr: Vec::new(),
        reply_max: if mode & 2 == 0 { 258 } else { 4_096 },
    };
    let mut drawn = 0u8;
    let mut random = |out: &mut [u8]| {
        drawn = drawn.wrapping_add(1);
        out.fill(drawn);
    };
    let mut reader = Reader::new(request, line, &mut random);
    let start = |reader: &mut Reader<'_>| match open {
        true => reader.start_unprotected(),
        false => reader.start(),
    };
    let mut step = start(&mut reader);
    for _ in 0..STEPS_MAX {
        step = match step {
            Step::Transmit(command) => {
                let reply = card(&command);
                reader.on_reply(&reply)
            }
            Step::Reset => start(&mut reader),
            Step::Done(_) | Step::Failed(_) => return,
        };
    }
    panic!("the reading does not end");
}

/// The next reply: a byte for the status word (or for none, then the data end in one), a byte for
/// the length of the data, the data. When the input is used up, the card says nothing but 9000.
fn next_reply(script: &mut &[u8]) -> Vec<u8> {
    let [status, len, rest @ ..] = *script else {
        return vec![0x90, 0x00];
    };
    let (data, rest) = rest.split_at(usize::from(*len).min(rest.len()));
    *script = rest;
    let status = STATUS_WORDS
        .get(usize::from(*status))
        .map(|sw| sw.to_be_bytes());
    [data, status.as_ref().map_or(&[], |sw| sw)].concat()
}

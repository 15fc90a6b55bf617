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
    run(bytes, |reader| reader.start());
}

/// The same, as if PACE had succeeded and without secure messaging, so that the fuzzer reaches
/// everything that follows: replies are as plain as they come.
pub fn fuzz_reader_open(bytes: &[u8]) {
    run(bytes, |reader| reader.start_unprotected());
}

fn run(bytes: &[u8], start: impl Fn(&mut Reader<'_>) -> Step) {
    let (mode, mut card) = bytes
        .split_first()
        .map_or((0, bytes), |(m, rest)| (*m, rest));
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
    let mut step = start(&mut reader);
    for _ in 0..STEPS_MAX {
        step = match step {
            Step::Transmit(_) => {
                let reply = reply(&mut card);
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
fn reply(card: &mut &[u8]) -> Vec<u8> {
    let [status, len, rest @ ..] = *card else {
        *card = &[];
        return vec![0x90, 0x00];
    };
    let (data, rest) = rest.split_at(usize::from(*len).min(rest.len()));
    *card = rest;
    let status = STATUS_WORDS
        .get(usize::from(*status))
        .map(|sw| sw.to_be_bytes());
    [data, status.as_ref().map_or(&[], |sw| sw)].concat()
}

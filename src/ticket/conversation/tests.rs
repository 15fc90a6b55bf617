use super::{Conversation, Heard, Next};
use crate::queue::Paper;
use crate::ticket::Raster;
use crate::words::Cause;

/// How a printer of the table behaves.
#[derive(Clone, Copy)]
struct Peer {
    /// Answers to `DLE EOT` 1 to 4 before the ticket; `None`: silence.
    before: [Option<u8>; 4],
    /// The same after it.
    after: [Option<u8>; 4],
    /// Whether it echoes, and in pieces of how many bytes.
    echo: Option<usize>,
    /// What happens to the ticket.
    ticket: Heard<'static>,
}

const WELL: [Option<u8>; 4] = [Some(0x12); 4];
const SILENT: [Option<u8>; 4] = [None; 4];
const GOOD: Peer = Peer {
    before: WELL,
    after: WELL,
    echo: Some(7),
    ticket: Heard::Wrote,
};

/// What came of it, and whether the printer was told to forget.
type Outcome = (Result<Paper, Cause>, bool);

fn raster() -> Raster {
    Raster {
        width: 16,
        height: 2,
        bits: vec![0xAA; 4],
    }
}

fn run(mut conversation: Conversation, peer: Peer) -> Outcome {
    let mut next = conversation.start();
    let (mut sent, mut cleared) = (false, false);
    let mut coming: Vec<Vec<u8>> = Vec::new();
    for _ in 0..100 {
        next = match next {
            Next::Done(paper) => return (Ok(paper), cleared),
            Next::Fault(fault) => return (Err(fault.cause), cleared),
            Next::Send(bytes) => {
                let mut heard = Heard::Wrote;
                coming.clear();
                match bytes.as_slice() {
                    [0x10, 0x04, n @ 1..=4] => {
                        let answers = if sent { peer.after } else { peer.before };
                        let answer = answers[usize::from(*n) - 1];
                        coming.extend(answer.map(|byte| vec![byte]));
                    }
                    [0x10, 0x05, 0x02] => cleared = true,
                    ticket => {
                        assert!(!sent, "a ticket is sent once");
                        (sent, heard) = (true, peer.ticket);
                        let id = &ticket[ticket.len() - 4..];
                        let frame = [&[0x37, 0x22], id, &[0]].concat();
                        let pieces = peer
                            .echo
                            .map(|size| frame.chunks(size).map(<[u8]>::to_vec).collect());
                        coming = pieces.unwrap_or_default();
                    }
                }
                conversation.step(heard)
            }
            Next::Wait(_) | Next::GoOn if coming.is_empty() => conversation.step(Heard::Silence),
            Next::Wait(_) | Next::GoOn => {
                let piece = coming.remove(0);
                conversation.step(Heard::Bytes(&piece))
            }
        };
    }
    panic!("a conversation ends");
}

fn check(what: &str, peer: Peer, expected: Outcome) {
    let conversation = Conversation::print(&raster(), *b"A012", 255, true);
    assert_eq!(run(conversation, peer), expected, "{what}");
}

fn with(n: usize, byte: u8) -> [Option<u8>; 4] {
    let mut answers = WELL;
    answers[n - 1] = Some(byte);
    answers
}

#[test]
fn each_way_a_printer_can_be_gives_its_own_evidence() {
    let unanswered = Peer {
        before: SILENT,
        after: SILENT,
        echo: None,
        ..GOOD
    };
    let no_echo = Peer { echo: None, ..GOOD };
    let table = [
        ("echo", GOOD, Ok(Paper::Confirmed)),
        (
            "echo in pieces",
            Peer {
                echo: Some(1),
                ..GOOD
            },
            Ok(Paper::Confirmed),
        ),
        (
            "echo, though it answers nothing else",
            Peer {
                before: SILENT,
                ..GOOD
            },
            Ok(Paper::Confirmed),
        ),
        ("no echo, all well after", no_echo, Ok(Paper::OkAfter)),
        ("no word at all", unanswered, Ok(Paper::Unverified)),
        (
            "half the questions answered",
            Peer {
                before: [Some(0x12), None, None, None],
                after: SILENT,
                ..no_echo
            },
            Ok(Paper::Unverified),
        ),
        (
            "near the end of the roll",
            Peer {
                before: with(4, 0x1E),
                ..GOOD
            },
            Ok(Paper::Confirmed),
        ),
        (
            "well before, silent after",
            Peer {
                after: SILENT,
                ..no_echo
            },
            Err(Cause::PrinterSilent),
        ),
        (
            "no paper",
            Peer {
                before: with(4, 0x7E),
                ..GOOD
            },
            Err(Cause::PaperOut),
        ),
        (
            "stopped for paper",
            Peer {
                before: with(2, 0x32),
                ..GOOD
            },
            Err(Cause::PaperOut),
        ),
        (
            "cover open",
            Peer {
                before: with(2, 0x16),
                ..GOOD
            },
            Err(Cause::CoverOpen),
        ),
        (
            "cutter",
            Peer {
                before: with(3, 0x1A),
                ..GOOD
            },
            Err(Cause::PrinterJam),
        ),
        (
            "unrecoverable",
            Peer {
                before: with(3, 0x32),
                ..GOOD
            },
            Err(Cause::PrinterJam),
        ),
        (
            "off line, and it says why",
            Peer {
                before: [Some(0x1A), Some(0x16), Some(0x12), Some(0x12)],
                ..GOOD
            },
            Err(Cause::CoverOpen),
        ),
        (
            "off line, and no more",
            Peer {
                before: [Some(0x1A), None, None, None],
                ..GOOD
            },
            Err(Cause::PrinterOffline),
        ),
        (
            "unplugged while it takes the ticket",
            Peer {
                ticket: Heard::Closed("gone"),
                ..GOOD
            },
            Err(Cause::PrinterOffline),
        ),
        (
            "it does not take the whole ticket",
            Peer {
                ticket: Heard::OutOfTime,
                ..GOOD
            },
            Err(Cause::PrinterSilent),
        ),
    ];
    for (what, peer, expected) in table {
        check(what, peer, (expected, false));
    }
}

#[test]
fn what_stopped_in_the_middle_is_forgotten_by_the_printer_too() {
    let stopped = |after| Peer {
        after,
        echo: None,
        ..GOOD
    };
    check(
        "paper",
        stopped(with(4, 0x7E)),
        (Err(Cause::PaperOut), true),
    );
    check(
        "cover",
        stopped(with(2, 0x16)),
        (Err(Cause::CoverOpen), true),
    );
    check(
        "cutter",
        stopped(with(3, 0x1A)),
        (Err(Cause::PrinterJam), true),
    );
}

#[test]
fn a_printer_known_not_to_echo_is_not_asked_to() {
    let conversation = Conversation::print(&raster(), *b"A012", 255, false);
    let ticket = conversation.ticket.clone().expect("ticket");
    assert!(ticket.ends_with(&[0x1D, 0x56, 0x42, 0x00]));
    let peer = Peer { echo: None, ..GOOD };
    assert_eq!(run(conversation, peer), (Ok(Paper::OkAfter), false));
}

#[test]
fn only_asking_prints_nothing_and_silence_is_no_fault() {
    assert_eq!(run(Conversation::ask(), GOOD), (Ok(Paper::OkAfter), false));
    let mute = Peer {
        before: SILENT,
        ..GOOD
    };
    assert_eq!(
        run(Conversation::ask(), mute),
        (Ok(Paper::Unverified), false)
    );
    let empty = Peer {
        before: with(4, 0x72),
        ..GOOD
    };
    assert_eq!(
        run(Conversation::ask(), empty),
        (Err(Cause::PaperOut), false)
    );
}

#[test]
fn another_tickets_echo_and_loose_bytes_confirm_nothing() {
    let mut conversation = Conversation::print(&raster(), *b"A012", 255, true);
    conversation.start();
    for _ in 0..4 {
        conversation.step(Heard::Wrote);
        // Flow control and an automatic status before the answer are not the answer.
        assert_eq!(
            conversation.step(Heard::Bytes(&[0x11, 0x10, 0x00, 0x13])),
            Next::GoOn
        );
        conversation.step(Heard::Bytes(&[0x12]));
    }
    assert!(matches!(conversation.step(Heard::Wrote), Next::Wait(_)));
    let others = [&[0x37, 0x22][..], b"A011", &[0]].concat();
    assert_eq!(conversation.step(Heard::Bytes(&others)), Next::GoOn);
    assert_eq!(conversation.step(Heard::Bytes(&[0x12; 600])), Next::GoOn);
    let ours = [&[0x37, 0x22][..], b"A012", &[0]].concat();
    assert_eq!(
        conversation.step(Heard::Bytes(&ours)),
        Next::Done(Paper::Confirmed)
    );
}

#[test]
fn when_time_runs_out_nothing_is_claimed_that_was_not_heard() {
    for (answered, expected) in [
        (true, Err(Cause::PrinterSilent)),
        (false, Ok(Paper::Unverified)),
    ] {
        let mut conversation = Conversation::print(&raster(), *b"A012", 255, true);
        conversation.start();
        conversation.step(Heard::Wrote);
        if answered {
            for _ in 0..4 {
                conversation.step(Heard::Bytes(&[0x12]));
            }
        } else {
            conversation.step(Heard::Silence);
        }
        conversation.step(Heard::Wrote);
        let end = match conversation.step(Heard::OutOfTime) {
            Next::Done(paper) => Ok(paper),
            Next::Fault(fault) => Err(fault.cause),
            other @ (Next::Send(_) | Next::Wait(_) | Next::GoOn) => panic!("{other:?}"),
        };
        assert_eq!(end, expected);
    }
}

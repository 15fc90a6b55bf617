use super::{Conversation, Heard, Knowledge, Leftover, Next};
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
    /// It echoes when it is probed, not after a ticket.
    loses_echo: bool,
    /// It has an automatic status, and this is the one that comes with the ticket.
    automatic: Option<[u8; 4]>,
    /// What happens to the ticket.
    ticket: Heard<'static>,
    /// The status of its port.
    port: Option<u8>,
}

const WELL: [Option<u8>; 4] = [Some(0x12); 4];
const SILENT: [Option<u8>; 4] = [None; 4];
const GOOD: Peer = Peer {
    before: WELL,
    after: WELL,
    echo: Some(7),
    loses_echo: false,
    automatic: None,
    ticket: Heard::Wrote,
    port: None,
};

/// What was sent besides questions, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Filling,
    Void,
    Probe,
    Ticket,
    Clear,
}

/// What came of it, and what was sent for it.
type Outcome = (Result<Paper, Cause>, Vec<Sent>);

fn raster() -> Raster {
    Raster {
        width: 16,
        height: 2,
        bits: vec![0xAA; 4],
    }
}

/// A printer at the end of a line that is only imagined.
struct Line {
    peer: Peer,
    sent: Vec<Sent>,
    coming: Vec<Vec<u8>>,
}

impl Line {
    fn takes(&mut self, bytes: &[u8]) -> Heard<'static> {
        self.coming.clear();
        let printed = self.sent.contains(&Sent::Ticket);
        let echo = |id: &[u8], size: usize| -> Vec<Vec<u8>> {
            let frame = [&[0x37, 0x22], id, &[0]].concat();
            frame.chunks(size).map(<[u8]>::to_vec).collect()
        };
        match bytes {
            [0x10, 0x04, n @ 1..=4] => {
                let answers = if printed {
                    self.peer.after
                } else {
                    self.peer.before
                };
                let answer = answers[usize::from(*n) - 1];
                self.coming.extend(answer.map(|byte| vec![byte]));
            }
            [0x10, 0x05, 0x02, ..] => self.sent.push(Sent::Clear),
            [0x1D, 0x49, 67] => {}
            [0x1D, 0x28, 0x48, ..] => {
                self.sent.push(Sent::Probe);
                self.coming = self
                    .peer
                    .echo
                    .map(|size| echo(b"test", size))
                    .unwrap_or_default();
            }
            [0x1D, 0x61, 0xFF] => {
                let well = self.peer.automatic.map(|_| vec![0x10, 0, 0, 0]);
                self.coming.extend(well);
            }
            [0x1B, 0x40] | [0x1D, 0x61, 0, 0x1B, 0x40] => {}
            zeros if zeros.iter().all(|byte| *byte == 0) => self.sent.push(Sent::Filling),
            [0, ..] => self.sent.push(Sent::Void),
            [0x1B, 0x40, ticket @ ..] => {
                self.sent.push(Sent::Ticket);
                let at = ticket.windows(3).position(|w| w == [0x1D, 0x28, 0x48]);
                if let (Some(at), Some(size), false) = (at, self.peer.echo, self.peer.loses_echo) {
                    self.coming = echo(&ticket[at + 7..at + 11], size);
                }
                if let Some(status) = self.peer.automatic {
                    self.coming.insert(0, status.to_vec());
                }
                return self.peer.ticket;
            }
            other => panic!("{other:x?}"),
        }
        Heard::Wrote
    }

    fn has(&mut self, conversation: &mut Conversation) -> Next {
        if let Some(port) = self.peer.port {
            let next = conversation.step(Heard::Port(port));
            if next != Next::GoOn {
                return next;
            }
        }
        if self.coming.is_empty() {
            return conversation.step(Heard::Silence);
        }
        let piece = self.coming.remove(0);
        conversation.step(Heard::Bytes(&piece))
    }
}

fn run(mut conversation: Conversation, peer: Peer) -> (Outcome, Knowledge) {
    let mut line = Line {
        peer,
        sent: Vec::new(),
        coming: Vec::new(),
    };
    let mut next = conversation.start();
    for _ in 0..200 {
        next = match next {
            Next::Done(paper) => return ((Ok(paper), line.sent), conversation.end().0),
            Next::Fault(fault) => return ((Err(fault.cause), line.sent), conversation.end().0),
            Next::Send(bytes) => {
                let heard = line.takes(&bytes);
                conversation.step(heard)
            }
            Next::Wait(_) | Next::GoOn => line.has(&mut conversation),
        };
    }
    panic!("a conversation ends");
}

fn print(peer: Peer, knowledge: Knowledge) -> (Outcome, Knowledge) {
    run(
        Conversation::print(&raster(), *b"A012", 255, knowledge),
        peer,
    )
}

fn ask(peer: Peer, knowledge: Knowledge) -> (Outcome, Knowledge) {
    run(Conversation::ask(16, 255, knowledge), peer)
}

fn with(n: usize, byte: u8) -> [Option<u8>; 4] {
    let mut answers = WELL;
    answers[n - 1] = Some(byte);
    answers
}

#[test]
fn each_way_a_printer_can_be_gives_its_own_evidence() {
    use Sent::{Clear, Filling, Probe, Ticket};
    let whole = vec![Filling, Probe, Ticket];
    let unprobed = vec![Filling, Ticket];
    let cleared = vec![Filling, Probe, Ticket, Clear];
    let no_echo = Peer { echo: None, ..GOOD };
    let unanswered = Peer {
        before: SILENT,
        after: SILENT,
        ..no_echo
    };
    let before = |answers| Peer {
        before: answers,
        ..GOOD
    };
    let after = |answers| Peer {
        after: answers,
        ..no_echo
    };
    type Case = (&'static str, Peer, Result<Paper, Cause>, Vec<Sent>);
    let table: Vec<Case> = vec![
        ("echo", GOOD, Ok(Paper::Confirmed), whole.clone()),
        (
            "echo in pieces",
            Peer {
                echo: Some(1),
                ..GOOD
            },
            Ok(Paper::Confirmed),
            whole.clone(),
        ),
        (
            "echo, though it answers nothing else",
            Peer {
                before: SILENT,
                ..GOOD
            },
            Ok(Paper::Confirmed),
            unprobed.clone(),
        ),
        (
            "no echo, all well after",
            no_echo,
            Ok(Paper::OkAfter),
            whole.clone(),
        ),
        (
            "no word at all",
            unanswered,
            Ok(Paper::Unverified),
            unprobed.clone(),
        ),
        (
            "half the questions answered",
            Peer {
                before: [Some(0x12), None, None, None],
                ..unanswered
            },
            Ok(Paper::Unverified),
            unprobed.clone(),
        ),
        (
            "near the end of the roll",
            before(with(4, 0x1E)),
            Ok(Paper::Confirmed),
            whole.clone(),
        ),
        (
            "well before, silent after",
            after(SILENT),
            Err(Cause::PrinterTimedOut),
            cleared.clone(),
        ),
        (
            "an echo that does not come",
            Peer {
                loses_echo: true,
                ..GOOD
            },
            Err(Cause::PrinterTimedOut),
            cleared.clone(),
        ),
        (
            "no paper",
            before(with(4, 0x7E)),
            Err(Cause::MediaEmpty),
            vec![],
        ),
        (
            "stopped for paper",
            before(with(2, 0x32)),
            Err(Cause::MediaEmpty),
            vec![],
        ),
        (
            "cover open",
            before(with(2, 0x16)),
            Err(Cause::CoverOpen),
            vec![],
        ),
        (
            "cutter",
            before(with(3, 0x1A)),
            Err(Cause::CutterJam),
            vec![],
        ),
        (
            "unrecoverable",
            before(with(3, 0x32)),
            Err(Cause::PrinterOther),
            vec![],
        ),
        (
            "off line, and it says why",
            before([Some(0x1A), Some(0x16), Some(0x12), Some(0x12)]),
            Err(Cause::CoverOpen),
            vec![],
        ),
        (
            "off line, and no more",
            before([Some(0x1A), None, None, None]),
            Err(Cause::PrinterShutdown),
            vec![],
        ),
        (
            "unplugged while it takes the ticket",
            Peer {
                ticket: Heard::Closed("gone"),
                ..GOOD
            },
            Err(Cause::PrinterShutdown),
            whole.clone(),
        ),
        (
            "it does not take the whole ticket",
            Peer {
                ticket: Heard::OutOfTime,
                ..GOOD
            },
            Err(Cause::PrinterTimedOut),
            whole.clone(),
        ),
        (
            "it takes no more",
            Peer {
                ticket: Heard::Stuck,
                ..GOOD
            },
            Err(Cause::PrinterTimedOut),
            whole.clone(),
        ),
        (
            "the paper ends in the middle",
            after(with(4, 0x7E)),
            Err(Cause::MediaEmpty),
            cleared.clone(),
        ),
        (
            "the cover is opened in the middle",
            after(with(2, 0x16)),
            Err(Cause::CoverOpen),
            cleared.clone(),
        ),
        (
            "the cutter sticks",
            after(with(3, 0x1A)),
            Err(Cause::CutterJam),
            cleared.clone(),
        ),
        (
            "it says by itself that the cutter sticks",
            Peer {
                automatic: Some([0x18, 0x08, 0, 0]),
                ..no_echo
            },
            Err(Cause::CutterJam),
            cleared.clone(),
        ),
        (
            "it says by itself that all is well",
            Peer {
                automatic: Some([0x10, 0, 0, 0]),
                ..GOOD
            },
            Ok(Paper::Confirmed),
            whole.clone(),
        ),
        (
            "its port says that there is no paper",
            Peer {
                port: Some(0x38),
                ..unanswered
            },
            Err(Cause::MediaEmpty),
            vec![],
        ),
        (
            "its port says that it is well",
            Peer {
                port: Some(0x18),
                ..unanswered
            },
            Ok(Paper::Unverified),
            unprobed.clone(),
        ),
    ];
    for (what, peer, expected, sent) in table {
        let (outcome, _) = print(peer, Knowledge::default());
        assert_eq!(outcome, (expected, sent), "{what}");
    }
}

#[test]
fn what_a_printer_can_is_asked_once_and_again_after_the_line_broke() {
    let no_echo = Peer { echo: None, ..GOOD };
    let (outcome, knowledge) = print(no_echo, Knowledge::default());
    assert_eq!(outcome.1, [Sent::Filling, Sent::Probe, Sent::Ticket]);
    assert_eq!(knowledge.echoes, Some(false));
    let (outcome, mut knowledge) = print(no_echo, knowledge);
    assert_eq!(outcome, (Ok(Paper::OkAfter), vec![Sent::Ticket]));
    knowledge.new_line();
    let (outcome, knowledge) = print(GOOD, knowledge);
    assert_eq!(
        outcome,
        (Ok(Paper::Confirmed), vec![Sent::Probe, Sent::Ticket])
    );
    assert_eq!(knowledge.echoes, Some(true));
}

#[test]
fn a_model_that_was_here_before_is_known_by_its_name() {
    let mut knowledge = Knowledge::default();
    assert!(!knowledge.recognise("SIM-80".into()));
    (knowledge.echoes, knowledge.automatic) = (Some(true), Some(false));
    knowledge.remember();
    knowledge.new_line();
    assert_eq!(knowledge.echoes, None);
    assert!(!knowledge.recognise("OTHER".into()));
    assert!(knowledge.recognise("SIM-80".into()));
    assert_eq!(
        (knowledge.echoes, knowledge.automatic),
        (Some(true), Some(false))
    );
}

#[test]
fn who_has_answered_once_is_not_believed_when_silent() {
    let (_, knowledge) = print(GOOD, Knowledge::default());
    let silent = Peer {
        before: SILENT,
        after: SILENT,
        echo: None,
        ..GOOD
    };
    let (outcome, knowledge) = print(silent, knowledge);
    assert_eq!(outcome, (Err(Cause::PrinterTimedOut), vec![]));
    let (outcome, _) = ask(silent, knowledge);
    assert_eq!(outcome, (Err(Cause::PrinterTimedOut), vec![]));
}

#[test]
fn the_rest_of_a_ticket_that_was_given_up_is_voided_when_the_printer_is_well_again() {
    let (_, knowledge) = print(GOOD, Knowledge::default());
    let empty = Peer {
        after: with(4, 0x7E),
        loses_echo: true,
        ..GOOD
    };
    let (outcome, knowledge) = print(empty, knowledge);
    assert_eq!(outcome.0, Err(Cause::MediaEmpty));
    assert_eq!(knowledge.leftover, Leftover::Half);
    // Nothing is printed while it is not well.
    let still = Peer {
        before: with(4, 0x7E),
        ..GOOD
    };
    let (outcome, knowledge) = ask(still, knowledge);
    assert_eq!(outcome, (Err(Cause::MediaEmpty), vec![]));
    // Asking is enough, so that nobody's ticket has to wait for it.
    let (outcome, knowledge) = ask(GOOD, knowledge);
    assert_eq!(outcome, (Ok(Paper::OkAfter), vec![Sent::Void]));
    let (outcome, _) = print(GOOD, knowledge);
    assert_eq!(outcome, (Ok(Paper::Confirmed), vec![Sent::Ticket]));
}

#[test]
fn only_asking_prints_nothing_and_silence_is_no_fault() {
    let asked = |peer| ask(peer, Knowledge::default()).0;
    assert_eq!(
        asked(GOOD),
        (Ok(Paper::OkAfter), vec![Sent::Filling, Sent::Probe])
    );
    let mute = Peer {
        before: SILENT,
        ..GOOD
    };
    assert_eq!(asked(mute), (Ok(Paper::Unverified), vec![]));
    let empty = Peer {
        before: with(4, 0x72),
        ..GOOD
    };
    assert_eq!(asked(empty), (Err(Cause::MediaEmpty), vec![]));
}

/// A conversation whose ticket was taken by a printer that echoes.
fn awaiting() -> Conversation {
    let (_, knowledge) = print(GOOD, Knowledge::default());
    let mut conversation = Conversation::print(&raster(), *b"A012", 255, knowledge);
    conversation.start();
    for _ in 0..4 {
        conversation.step(Heard::Wrote);
        // Flow control and noise before the answer are not the answer.
        assert_eq!(conversation.step(Heard::Bytes(&[0x11, 0x13])), Next::GoOn);
        conversation.step(Heard::Bytes(&[0x12]));
    }
    assert!(matches!(conversation.step(Heard::Wrote), Next::Wait(_)));
    conversation
}

#[test]
fn another_tickets_echo_and_loose_bytes_confirm_nothing() {
    let mut conversation = awaiting();
    let others = [&[0x37, 0x22][..], b"A011", &[0]].concat();
    assert_eq!(conversation.step(Heard::Bytes(&others)), Next::GoOn);
    assert_eq!(conversation.step(Heard::Bytes(&[0x12; 600])), Next::GoOn);
    let ours = [&[0x37, 0x22][..], b"A012", &[0]].concat();
    let confirmed = Next::Done(Paper::Confirmed);
    assert_eq!(conversation.step(Heard::Bytes(&ours)), confirmed);
}

#[test]
fn an_echo_that_comes_while_the_status_is_asked_for_is_heard() {
    for old in [false, true] {
        let mut conversation = awaiting();
        let ours = [&[0x37, 0x22][..], b"A012", &[0]].concat();
        // Half of it came before the wait was over.
        conversation.step(Heard::Bytes(&ours[..3]));
        assert!(matches!(conversation.step(Heard::Silence), Next::Send(_)));
        let rest = if old {
            Heard::Old(&ours[3..])
        } else {
            Heard::Bytes(&ours[3..])
        };
        assert_eq!(conversation.step(rest), Next::Done(Paper::Confirmed));
    }
}

#[test]
fn when_time_runs_out_nothing_is_claimed_that_was_not_heard() {
    let mut conversation = awaiting();
    let Next::Fault(fault) = conversation.step(Heard::OutOfTime) else {
        panic!("no fault");
    };
    assert_eq!(fault.cause, Cause::PrinterTimedOut);

    let mut silent = Conversation::print(&raster(), *b"A012", 255, Knowledge::default());
    silent.start();
    silent.step(Heard::Wrote);
    assert!(matches!(silent.step(Heard::Silence), Next::Send(_))); // the filling
    assert!(matches!(silent.step(Heard::Wrote), Next::Send(_))); // the ticket
    silent.step(Heard::Wrote);
    assert_eq!(silent.step(Heard::OutOfTime), Next::Done(Paper::Unverified));
}

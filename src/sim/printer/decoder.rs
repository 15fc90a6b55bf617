//! What a printer does with the bytes it gets: pure.

use super::{Faults, Ticket};

/// What a printer has not printed yet.
#[derive(Debug)]
enum Job {
    /// `GS v 0`: rows of so many bytes.
    Picture {
        row_bytes: usize,
        bits: Vec<u8>,
    },
    Cut,
    /// `GS ( H`: say so when everything before is printed.
    SayWhenDone([u8; 4]),
    /// `GS a`: from here on changes are said unasked, or not.
    SayChanges(bool),
    /// `GS I`: a byte or a word about itself.
    SayWho(u8),
}

/// The command being received.
#[derive(Debug)]
enum Expecting {
    Command(Vec<u8>),
    Picture {
        row_bytes: usize,
        bits: Vec<u8>,
        missing: usize,
    },
}

/// `DLE DC4` 8: forget everything.
const CLEAR: [u8; 10] = [0x10, 0x14, 0x08, 0x01, 0x03, 0x14, 0x01, 0x06, 0x02, 0x08];

/// `DLE DC4` 2: switch off.
const POWER_OFF: [u8; 5] = [0x10, 0x14, 0x02, 0x01, 0x08];

/// A printer's mind.
#[derive(Debug)]
pub(super) struct Decoder {
    expecting: Expecting,
    /// The last bytes, for the real-time commands that are looked for in everything.
    last: [u8; 10],
    waiting: Vec<Job>,
    paper: Vec<u8>,
    paper_row_bytes: usize,
    says_changes: bool,
    /// The last byte made it forget everything, itself included.
    forgot: bool,
    /// What was said last of its state.
    told: Option<[u8; 4]>,
    /// Real-time commands that came as dots of a picture.
    pub(super) stray: usize,
    /// Times that it was told to forget what it holds.
    pub(super) cleared: usize,
    /// Commands that it does not know.
    pub(super) unknown: usize,
}

/// What comes out of the printer for one byte that went in.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) answers: Vec<u8>,
    pub(super) tickets: Vec<Ticket>,
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self {
            expecting: Expecting::Command(Vec::new()),
            last: [0; 10],
            waiting: Vec::new(),
            paper: Vec::new(),
            paper_row_bytes: 0,
            says_changes: false,
            forgot: false,
            told: None,
            stray: 0,
            cleared: 0,
            unknown: 0,
        }
    }

    /// It was switched off and on: everything is forgotten but what is on the paper.
    pub(super) fn restarted(&mut self) {
        *self = Self {
            paper: std::mem::take(&mut self.paper),
            paper_row_bytes: self.paper_row_bytes,
            stray: self.stray,
            cleared: self.cleared,
            unknown: self.unknown,
            ..Self::new()
        };
    }

    /// Somebody puts a new roll in, and tears off what hung out of the old one.
    pub(super) fn new_roll(&mut self) {
        self.paper.clear();
    }

    /// The paper that is not cut yet.
    pub(super) fn paper(&self) -> Option<Ticket> {
        picture(self.paper.clone(), self.paper_row_bytes)
    }

    /// Takes one byte.
    pub(super) fn take(&mut self, byte: u8, faults: &mut Faults) -> Output {
        let mut output = Output::default();
        let real_time = self.real_time(byte, faults, &mut output);
        if std::mem::take(&mut self.forgot) {
            self.work(faults, &mut output);
            return output;
        }
        match std::mem::replace(&mut self.expecting, Expecting::Command(Vec::new())) {
            Expecting::Picture {
                row_bytes,
                mut bits,
                missing,
            } => {
                if real_time {
                    self.stray += 1;
                }
                bits.push(byte);
                if missing > 1 {
                    let missing = missing - 1;
                    self.expecting = Expecting::Picture {
                        row_bytes,
                        bits,
                        missing,
                    };
                } else {
                    self.waiting.push(Job::Picture { row_bytes, bits });
                }
            }
            Expecting::Command(mut command) => {
                command.push(byte);
                self.expecting = self.command(command);
            }
        }
        self.work(faults, &mut output);
        output
    }

    /// Whether `byte` ends a real-time command; it is obeyed wherever it stands.
    fn real_time(&mut self, byte: u8, faults: &mut Faults, output: &mut Output) -> bool {
        self.last.rotate_left(1);
        self.last[9] = byte;
        match self.last {
            [.., 0x10, 0x04, 1..=4] => output.answers.extend(faults.status(byte)),
            // It heeds this one in an error only.
            [.., 0x10, 0x05, 2] if !faults.can_print() => self.clear(faults),
            [.., 0x10, 0x05, 1 | 2] => {}
            CLEAR => {
                self.clear(faults);
                if !faults.no_clear {
                    output.answers.extend([0x37, 0x25, 0x00]);
                }
            }
            [.., 0x10, 0x14, 0x02, 0x01, 0x08] => faults.offline = true,
            // A pulse for the cash drawer.
            [.., 0x10, 0x14, 1, 0 | 1, 1..=8] => {}
            _ => return false,
        }
        true
    }

    fn clear(&mut self, faults: &Faults) {
        self.cleared += 1;
        if !faults.no_clear {
            self.forgot = true;
            self.waiting.clear();
            self.expecting = Expecting::Command(Vec::new());
        }
    }

    /// Acts on a command that is complete, or goes on expecting the rest of it.
    fn command(&mut self, command: Vec<u8>) -> Expecting {
        let real_time = [&CLEAR[..], &POWER_OFF];
        match command.as_slice() {
            [0] => return Expecting::Command(Vec::new()),
            [0x1B]
            | [0x1D]
            | [0x10]
            | [0x10, 0x04 | 0x05]
            | [0x1D, 0x76 | 0x56 | 0x28 | 0x49 | 0x61] => {
                return Expecting::Command(command);
            }
            [0x1B, 0x40] | [0x10, 0x04 | 0x05, _] => {}
            begun @ [0x10, 0x14, ..] if real_time.iter().any(|all| all.starts_with(begun)) => {
                if !real_time.contains(&begun) {
                    return Expecting::Command(command);
                }
            }
            &[0x1D, 0x76, 0x30, _, xl, xh, yl, yh] => {
                let row_bytes = usize::from(u16::from_le_bytes([xl, xh]));
                let missing = row_bytes * usize::from(u16::from_le_bytes([yl, yh]));
                if missing > 0 {
                    let bits = Vec::with_capacity(missing);
                    return Expecting::Picture {
                        row_bytes,
                        bits,
                        missing,
                    };
                }
            }
            [0x1D, 0x76, ..] if command.len() < 8 => return Expecting::Command(command),
            [0x1D, 0x56, 0x42] => return Expecting::Command(command),
            [0x1D, 0x56, _] | [0x1D, 0x56, 0x42, _] => self.waiting.push(Job::Cut),
            &[0x1D, 0x61, n] => self.waiting.push(Job::SayChanges(n != 0)),
            &[0x1D, 0x49, n] => self.waiting.push(Job::SayWho(n)),
            &[0x1D, 0x28, 0x48, 6, 0, 0x30, 0x30, a, b, c, d] => {
                self.waiting.push(Job::SayWhenDone([a, b, c, d]));
            }
            [0x1D, 0x28, ..] if command.len() < 5 => return Expecting::Command(command),
            [0x1D, 0x28, _, low, high, parameters @ ..]
                if parameters.len() < usize::from(u16::from_le_bytes([*low, *high])) =>
            {
                return Expecting::Command(command);
            }
            _ => self.unknown += 1,
        }
        Expecting::Command(Vec::new())
    }

    /// Prints what waits, as far as the paper goes, and says what changed.
    pub(super) fn work(&mut self, faults: &mut Faults, output: &mut Output) {
        while faults.can_print() && !self.waiting.is_empty() {
            match self.waiting.remove(0) {
                Job::Picture { row_bytes, bits } => self.print(row_bytes, bits, faults),
                Job::Cut => output.tickets.extend(self.cut()),
                Job::SayWhenDone(id) if !faults.no_process_id => {
                    output.answers.extend([0x37, 0x22]);
                    output.answers.extend(id);
                    output.answers.push(0);
                }
                Job::SayChanges(on) if !faults.no_automatic => {
                    self.says_changes = on;
                    // It says at once how it is.
                    self.told = None;
                }
                Job::SayWho(67) if !faults.no_identity => {
                    output.answers.extend(b"_SIM-80\0");
                }
                Job::SayWho(1) if !faults.no_identity => output.answers.push(0x20),
                Job::SayWhenDone(_) | Job::SayChanges(_) | Job::SayWho(_) => {}
            }
        }
        let now = faults.automatic();
        if self.says_changes && self.told != Some(now) {
            self.told = Some(now);
            output.answers.extend(now);
        }
    }

    fn print(&mut self, row_bytes: usize, mut bits: Vec<u8>, faults: &mut Faults) {
        if let Some(left) = &mut faults.paper_rows_left {
            let rows = bits.len() / row_bytes;
            let printed = rows.min(*left as usize);
            *left -= printed as u32;
            if printed < rows {
                faults.paper_out = true;
                faults.paper_rows_left = None;
                let rest = bits.split_off(printed * row_bytes);
                self.waiting.insert(
                    0,
                    Job::Picture {
                        row_bytes,
                        bits: rest,
                    },
                );
            }
        }
        self.paper_row_bytes = row_bytes;
        self.paper.extend(bits);
    }

    fn cut(&mut self) -> Option<Ticket> {
        picture(std::mem::take(&mut self.paper), self.paper_row_bytes)
    }
}

fn picture(bits: Vec<u8>, row_bytes: usize) -> Option<Ticket> {
    (!bits.is_empty()).then(|| Ticket {
        width: row_bytes as u32 * 8,
        height: (bits.len() / row_bytes) as u32,
        bits,
    })
}

#[cfg(test)]
mod tests {
    use super::{CLEAR, Decoder, Faults};

    /// Two rows of two bytes, cut, and the request to say when done.
    const TICKET: &[u8] = &[
        0x1B, 0x40, 0x1D, 0x76, 0x30, 0, 2, 0, 2, 0, 0x10, 0x04, 0x01, 0xFF, 0x1D, 0x56, 0x42, 0,
        0x1D, 0x28, 0x48, 6, 0, 0x30, 0x30, b'A', b'0', b'1', b'2',
    ];

    fn feed(decoder: &mut Decoder, bytes: &[u8], faults: &mut Faults) -> (Vec<u8>, usize) {
        let mut answers = Vec::new();
        let mut tickets = 0;
        for &byte in bytes {
            let output = decoder.take(byte, faults);
            answers.extend(output.answers);
            tickets += output.tickets.len();
        }
        (answers, tickets)
    }

    #[test]
    fn a_command_hidden_in_a_picture_is_obeyed_and_counted_and_still_printed() {
        let mut decoder = Decoder::new();
        let (answers, tickets) = feed(&mut decoder, TICKET, &mut Faults::none());
        assert_eq!(answers, [&[0x12, 0x37, 0x22][..], b"A012", &[0]].concat());
        assert_eq!((tickets, decoder.stray, decoder.unknown), (1, 1, 0));
    }

    #[test]
    fn a_picture_can_switch_it_off() {
        let mut decoder = Decoder::new();
        let mut faults = Faults::none();
        let picture = [
            0x1D, 0x76, 0x30, 0, 5, 0, 1, 0, 0x10, 0x14, 0x02, 0x01, 0x08,
        ];
        feed(&mut decoder, &picture, &mut faults);
        assert!(faults.offline && decoder.stray == 1);
    }

    #[test]
    fn without_paper_a_ticket_waits_and_comes_out_late_unless_it_is_cleared() {
        for (clear, no_clear, late) in [(false, false, 1), (true, false, 0), (true, true, 1)] {
            let mut decoder = Decoder::new();
            let mut faults = Faults {
                paper_rows_left: Some(1),
                no_clear,
                ..Faults::none()
            };
            let (answers, tickets) = feed(&mut decoder, TICKET, &mut faults);
            assert_eq!((answers.as_slice(), tickets), (&[0x12][..], 0));
            assert!(faults.paper_out);
            if clear {
                let (answers, _) = feed(&mut decoder, &CLEAR, &mut faults);
                let expected: &[u8] = if no_clear { &[] } else { &[0x37, 0x25, 0] };
                assert_eq!(answers, expected);
            }
            faults.paper_out = false;
            decoder.new_roll();
            let (_, tickets) = feed(&mut decoder, &[0x1B, 0x40], &mut faults);
            assert_eq!(tickets, late);
        }
    }

    #[test]
    fn it_says_who_it_is_and_unasked_what_changes() {
        let mut decoder = Decoder::new();
        let mut faults = Faults::none();
        let (answers, _) = feed(
            &mut decoder,
            &[0x1D, 0x49, 67, 0x1D, 0x61, 0xFF],
            &mut faults,
        );
        assert_eq!(answers, b"_SIM-80\0\x10\0\0\0");
        faults.cover_open = true;
        let (answers, _) = feed(&mut decoder, &[0], &mut faults);
        assert_eq!(answers, [0x38, 0, 0, 0]);
        faults.cover_open = false;
        feed(&mut decoder, &[0x1D, 0x61, 0], &mut faults);
        faults.cover_open = true;
        let (answers, _) = feed(&mut decoder, &[0], &mut faults);
        assert!(answers.is_empty());
    }
}

//! The arithmetic encoder of JPEG 2000 (ISO/IEC 15444-1 Annex C).

/// Probability of the less probable symbol, the next state after the more and after the less
/// probable one, and whether the latter changes what is probable (Table C.2).
const STATES: [(u32, u8, u8, bool); 47] = [
    (0x5601, 1, 1, true),
    (0x3401, 2, 6, false),
    (0x1801, 3, 9, false),
    (0x0AC1, 4, 12, false),
    (0x0521, 5, 29, false),
    (0x0221, 38, 33, false),
    (0x5601, 7, 6, true),
    (0x5401, 8, 14, false),
    (0x4801, 9, 14, false),
    (0x3801, 10, 14, false),
    (0x3001, 11, 17, false),
    (0x2401, 12, 18, false),
    (0x1C01, 13, 20, false),
    (0x1601, 29, 21, false),
    (0x5601, 15, 14, true),
    (0x5401, 16, 14, false),
    (0x5101, 17, 15, false),
    (0x4801, 18, 16, false),
    (0x3801, 19, 17, false),
    (0x3401, 20, 18, false),
    (0x3001, 21, 19, false),
    (0x2801, 22, 19, false),
    (0x2401, 23, 20, false),
    (0x2201, 24, 21, false),
    (0x1C01, 25, 22, false),
    (0x1801, 26, 23, false),
    (0x1601, 27, 24, false),
    (0x1401, 28, 25, false),
    (0x1201, 29, 26, false),
    (0x1101, 30, 27, false),
    (0x0AC1, 31, 28, false),
    (0x09C1, 32, 29, false),
    (0x08A1, 33, 30, false),
    (0x0521, 34, 31, false),
    (0x0441, 35, 32, false),
    (0x02A1, 36, 33, false),
    (0x0221, 37, 34, false),
    (0x0141, 38, 35, false),
    (0x0111, 39, 36, false),
    (0x0085, 40, 37, false),
    (0x0049, 41, 38, false),
    (0x0025, 42, 39, false),
    (0x0015, 43, 40, false),
    (0x0009, 44, 41, false),
    (0x0005, 45, 42, false),
    (0x0001, 45, 43, false),
    (0x5601, 46, 46, false),
];
/// Contexts, and the states in which they begin (Table D.7).
const CONTEXTS: usize = 19;
const BEGINNINGS: [(usize, u8); 3] = [(0, 4), (17, 3), (18, 46)];

/// An encoder of binary decisions, each in a context.
pub(super) struct Encoder {
    interval: u32,
    code: u32,
    shifts_left: u32,
    /// Its first byte stands before the code and never changes.
    bytes: Vec<u8>,
    states: [(u8, bool); CONTEXTS],
}

impl Encoder {
    pub fn new() -> Self {
        let mut states = [(0, false); CONTEXTS];
        for (context, state) in BEGINNINGS {
            states[context].0 = state;
        }
        Self {
            interval: 0x8000,
            code: 0,
            shifts_left: 12,
            bytes: vec![0],
            states,
        }
    }

    pub fn encode(&mut self, context: usize, bit: bool) {
        let (state, probable) = self.states[context];
        let (estimate, after_more, after_less, switch) = STATES[usize::from(state)];
        self.interval -= estimate;
        let smaller = self.interval < estimate;
        if bit == probable {
            if self.interval & 0x8000 != 0 {
                self.code += estimate;
                return;
            }
            self.states[context].0 = after_more;
        } else {
            self.states[context] = (after_less, probable != switch);
        }
        // The larger part goes to the more probable symbol, wherever it lies.
        if (bit == probable) == smaller {
            self.interval = estimate;
        } else {
            self.code += estimate;
        }
        while self.interval & 0x8000 == 0 {
            self.interval <<= 1;
            self.code <<= 1;
            self.shifts_left -= 1;
            if self.shifts_left == 0 {
                self.byte_out();
            }
        }
    }

    fn byte_out(&mut self) {
        let last = self.bytes.last_mut().expect("the byte before the code");
        if *last != 0xFF && self.code >= 0x800_0000 {
            *last += 1;
            self.code &= 0x7FF_FFFF;
        }
        // After a byte of ones a bit is left free for a carry.
        let (shift, left) = if *last == 0xFF { (20, 7) } else { (19, 8) };
        self.bytes.push((self.code >> shift) as u8);
        self.code &= (1 << shift) - 1;
        self.shifts_left = left;
    }

    /// The code of all decisions.
    pub fn finish(mut self) -> Vec<u8> {
        let end = self.code + self.interval;
        self.code |= 0xFFFF;
        if self.code >= end {
            self.code -= 0x8000;
        }
        for _ in 0..2 {
            self.code <<= self.shifts_left;
            self.byte_out();
        }
        if self.bytes.last() == Some(&0xFF) {
            self.bytes.pop();
        }
        self.bytes.split_off(1)
    }
}

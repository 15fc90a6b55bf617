use std::time::Duration;

/// Everything that can be wrong with a printer, and everything that a simple one lacks. Each may be
/// switched at any time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The roll is empty: what is received waits until there is paper again.
    pub paper_out: bool,
    /// The roll runs empty after so many more dot rows.
    pub paper_rows_left: Option<u32>,
    /// The roll ends soon; it prints.
    pub near_end: bool,
    /// The cover is open: it does not print.
    pub cover_open: bool,
    /// The cutter is stuck: it does not print.
    pub cutter: bool,
    /// An error that only switching off and on ends: it does not print.
    pub error: bool,
    /// It prints and never answers.
    pub mute: bool,
    /// It takes connections and reads nothing.
    pub stalled: bool,
    /// It closes every connection at once.
    pub offline: bool,
    /// It closes a connection after so many bytes.
    pub disconnect_after_bytes: Option<usize>,
    /// It does not know `GS ( H`, as many do not.
    pub no_process_id: bool,
    /// It does not know `GS a`.
    pub no_automatic: bool,
    /// It does not know `GS I`.
    pub no_identity: bool,
    /// It has no sensor for the near end of the roll.
    pub no_near_end_sensor: bool,
    /// It does not forget what it holds when it is told to.
    pub no_clear: bool,
    /// Its answers come one byte a packet.
    pub fragments: bool,
    /// Its answers come so much later.
    pub late: Duration,
}

impl Faults {
    /// Nothing wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether paper moves.
    pub(super) fn can_print(&self) -> bool {
        !(self.paper_out || self.cover_open || self.cutter || self.error)
    }

    fn is_near_end(&self) -> bool {
        (self.near_end || self.paper_out) && !self.no_near_end_sensor
    }

    /// The answer to `DLE EOT n`; printers keep silent about other `n`.
    pub(super) fn status(&self, n: u8) -> Option<u8> {
        const FIXED: u8 = 0x12;
        let error = self.cutter || self.error;
        Some(match n {
            1 => FIXED | bit(!self.can_print(), 0x08),
            2 => {
                let stopped = bit(self.cover_open, 0x04) | bit(self.paper_out, 0x20);
                FIXED | stopped | bit(error, 0x40)
            }
            3 => FIXED | bit(self.cutter, 0x08) | bit(self.error, 0x20),
            4 => FIXED | bit(self.is_near_end(), 0x0C) | bit(self.paper_out, 0x60),
            _ => return None,
        })
    }

    /// What is sent unasked when something changes (`GS a`).
    pub(super) fn automatic(&self) -> [u8; 4] {
        [
            0x10 | bit(!self.can_print(), 0x08) | bit(self.cover_open, 0x20),
            bit(self.cutter, 0x08) | bit(self.error, 0x20),
            bit(self.is_near_end(), 0x03) | bit(self.paper_out, 0x0C),
            0,
        ]
    }
}

fn bit(set: bool, bits: u8) -> u8 {
    if set { bits } else { 0 }
}

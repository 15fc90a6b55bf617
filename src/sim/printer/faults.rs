/// Everything that can be wrong with a printer. Each may be switched at any time.
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
    /// Its answers come one byte a packet.
    pub fragments: bool,
}

impl Faults {
    /// Nothing wrong.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether paper moves.
    pub(super) fn can_print(&self) -> bool {
        !(self.paper_out || self.cover_open || self.cutter)
    }

    /// The answer to `DLE EOT n`; printers keep silent about other `n`.
    pub(super) fn status(&self, n: u8) -> Option<u8> {
        const FIXED: u8 = 0x12;
        let bit = |set: bool, bits: u8| if set { bits } else { 0 };
        Some(match n {
            1 => FIXED | bit(!self.can_print(), 0x08),
            2 => {
                let error = bit(self.cutter, 0x40);
                FIXED | bit(self.cover_open, 0x04) | bit(self.paper_out, 0x20) | error
            }
            3 => FIXED | bit(self.cutter, 0x08),
            4 => FIXED | bit(self.near_end || self.paper_out, 0x0C) | bit(self.paper_out, 0x60),
            _ => return None,
        })
    }
}

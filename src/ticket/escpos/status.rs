//! What a printer's status bytes mean.

use crate::words::Cause;

/// The four questions of `DLE EOT n`, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ticket) enum Query {
    /// n = 1: is it on line?
    Printer,
    /// n = 2: why is it off line?
    Offline,
    /// n = 3: which error?
    Error,
    /// n = 4: how much paper?
    Paper,
}

/// What status bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ticket) enum Finding {
    /// Nothing is wrong.
    Well,
    /// It prints, but the roll ends soon.
    Low,
    /// It cannot print, and a more telling byte may say why.
    Offline,
    /// It cannot print.
    Fault(Cause),
}

impl Query {
    pub(in crate::ticket) const ALL: [Self; 4] =
        [Self::Printer, Self::Offline, Self::Error, Self::Paper];

    /// The bytes to send.
    pub(in crate::ticket) fn bytes(self) -> [u8; 3] {
        let n = match self {
            Self::Printer => 1,
            Self::Offline => 2,
            Self::Error => 3,
            Self::Paper => 4,
        };
        [super::DLE, 0x04, n]
    }

    /// Reads the answer, a byte of the pattern `0xx1xx10`.
    pub(in crate::ticket) fn read(self, byte: u8) -> Finding {
        let has = |bits: u8| byte & bits != 0;
        match self {
            Self::Printer if has(0x08) => Finding::Offline,
            Self::Offline if has(0x04) => Finding::Fault(Cause::CoverOpen),
            Self::Offline if has(0x20) => Finding::Fault(Cause::MediaEmpty),
            Self::Error if has(0x08) => Finding::Fault(Cause::CutterJam),
            // Unrecoverable, and the kind that goes away by itself (a hot head).
            Self::Error if has(0x20 | 0x40) => Finding::Fault(Cause::PrinterOther),
            Self::Paper if has(0x60) => Finding::Fault(Cause::MediaEmpty),
            Self::Paper if has(0x0C) => Finding::Low,
            // Bit 0x40 of `Offline` only says that `Error` has more.
            Self::Printer | Self::Offline | Self::Error | Self::Paper => Finding::Well,
        }
    }
}

/// Reads an automatic status (`GS a`): four bytes that the printer sends at each change.
pub(in crate::ticket) fn automatic(status: [u8; 4]) -> Finding {
    let [printer, error, paper, _] = status;
    if paper & 0x0C != 0 {
        Finding::Fault(Cause::MediaEmpty)
    } else if printer & 0x20 != 0 {
        Finding::Fault(Cause::CoverOpen)
    } else if error & 0x08 != 0 {
        Finding::Fault(Cause::CutterJam)
    } else if error & (0x04 | 0x20 | 0x40) != 0 {
        Finding::Fault(Cause::PrinterOther)
    } else if printer & 0x08 != 0 {
        Finding::Offline
    } else if paper & 0x03 != 0 {
        Finding::Low
    } else {
        Finding::Well
    }
}

/// Reads the status byte of a printer port (IEEE 1284), which needs no command: a printer that is
/// too busy or too simple to answer has it all the same.
pub(in crate::ticket) fn port(byte: u8) -> Finding {
    const PAPER_OUT: u8 = 0x20;
    const SELECTED: u8 = 0x10;
    const NO_ERROR: u8 = 0x08;
    if byte & PAPER_OUT != 0 {
        Finding::Fault(Cause::MediaEmpty)
    } else if byte & SELECTED == 0 {
        Finding::Offline
    } else if byte & NO_ERROR == 0 {
        Finding::Fault(Cause::PrinterOther)
    } else {
        Finding::Well
    }
}

#[cfg(test)]
mod tests {
    use super::Finding::{Fault, Low, Offline, Well};
    use super::{Query, automatic, port};
    use crate::words::Cause;

    #[test]
    fn answers_mean_what_the_manuals_say() {
        let table = [
            (Query::Printer, 0x16, Well), // drawer kick-out pin
            (Query::Printer, 0x1A, Offline),
            (Query::Offline, 0x12, Well),
            (Query::Offline, 0x1A, Well), // paper is fed by the button
            (Query::Offline, 0x16, Fault(Cause::CoverOpen)),
            (Query::Offline, 0x32, Fault(Cause::MediaEmpty)),
            (Query::Error, 0x12, Well),
            (Query::Error, 0x1A, Fault(Cause::CutterJam)),
            (Query::Error, 0x32, Fault(Cause::PrinterOther)),
            (Query::Error, 0x52, Fault(Cause::PrinterOther)),
            (Query::Paper, 0x12, Well),
            (Query::Paper, 0x1E, Low),
            (Query::Paper, 0x7E, Fault(Cause::MediaEmpty)),
            (Query::Paper, 0x72, Fault(Cause::MediaEmpty)),
        ];
        for (query, byte, expected) in table {
            assert_eq!(query.read(byte), expected, "{query:?} {byte:#x}");
        }
    }

    #[test]
    fn what_is_pushed_means_the_same_as_what_is_asked_for() {
        let table = [
            ([0x10, 0, 0, 0x0F], Well),
            ([0x18, 0, 0, 0], Offline),
            ([0x38, 0, 0, 0], Fault(Cause::CoverOpen)),
            ([0x18, 0x08, 0, 0], Fault(Cause::CutterJam)),
            ([0x18, 0x20, 0, 0], Fault(Cause::PrinterOther)),
            ([0x10, 0, 0x03, 0], Low),
            ([0x18, 0, 0x0F, 0], Fault(Cause::MediaEmpty)),
        ];
        for (status, expected) in table {
            assert_eq!(automatic(status), expected, "{status:x?}");
        }
    }

    #[test]
    fn the_port_knows_three_things() {
        for (byte, expected) in [
            (0x18, Well),
            (0xDF, Well),
            (0x38, Fault(Cause::MediaEmpty)),
            (0x20, Fault(Cause::MediaEmpty)),
            (0x10, Fault(Cause::PrinterOther)),
            (0x08, Offline),
        ] {
            assert_eq!(port(byte), expected, "{byte:#x}");
        }
    }
}

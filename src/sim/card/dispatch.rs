//! Plain commands and their answers.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::pace::Pace;
use super::{Card, tlv};

/// The application of travel documents.
const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
/// EF.DG3.
const FINGERPRINTS: u16 = 0x0103;

/// A short command, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub header: [u8; 4],
    pub data: Vec<u8>,
    /// 1 to 256.
    pub le: Option<usize>,
}

impl Command {
    /// `None` where lengths do not fit.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (header, body) = bytes.split_first_chunk::<4>()?;
        let le = |byte: u8| Some(if byte == 0 { 256 } else { usize::from(byte) });
        let (data, le) = match body {
            [] => (&[][..], None),
            [n] => (&[][..], le(*n)),
            [lc, rest @ ..] if usize::from(*lc) == rest.len() => (rest, None),
            [lc, data @ .., n] if usize::from(*lc) == data.len() => (data, le(*n)),
            _ => return None,
        };
        Some(Self {
            header: *header,
            data: data.to_vec(),
            le,
        })
    }

    /// Whether its class says secure messaging.
    pub fn is_protected(&self) -> bool {
        self.header[0] & 0x0C == 0x0C
    }
}

/// A reply of a status word alone.
pub(super) fn status(word: u16) -> Vec<u8> {
    word.to_be_bytes().to_vec()
}

fn reply(data: &[u8], word: u16) -> Vec<u8> {
    [data, &word.to_be_bytes()].concat()
}

impl Card {
    pub(super) fn plain(&mut self, command: &Command) -> Vec<u8> {
        let [class, instruction, p1, p2] = command.header;
        if instruction != 0x86 {
            // Anything else between its steps ends PACE.
            self.pace = None;
        }
        match (class & 0xF3, instruction) {
            (0x00, 0xA4) => self.select(p1, p2, &command.data),
            (0x00, 0x22) if [p1, p2] == [0xC1, 0xA4] => self.set_authentication(&command.data),
            (0x00 | 0x10, 0x86) if [p1, p2] == [0, 0] => {
                self.authenticate(class & 0x10 != 0, &command.data)
            }
            (0x00, 0xB0 | 0xB1) => self.read(command),
            (0x00, 0x22 | 0x86) => status(0x6A86),
            (0x00, _) => status(0x6D00),
            _ => status(0x6E00),
        }
    }

    fn select(&mut self, p1: u8, p2: u8, data: &[u8]) -> Vec<u8> {
        match (p1, p2) {
            (0x00, _) if !self.chip.habits.master_file => status(0x6D00),
            (0x00, _) if self.chip.master_files.is_empty() => status(0x6A82),
            (0x00, _) => {
                self.application_selected = false;
                self.current = None;
                status(0x9000)
            }
            (0x04, 0x0C) if data == APPLICATION && !self.chip.files.is_empty() => {
                self.application_selected = true;
                self.current = None;
                status(0x9000)
            }
            (0x04, 0x0C) => status(0x6A82),
            (0x02, 0x0C) => match data {
                [high, low] => self.make_current(u16::from_be_bytes([*high, *low])),
                _ => status(0x6700),
            },
            _ => status(0x6A86),
        }
    }

    fn make_current(&mut self, id: u16) -> Vec<u8> {
        if !self.directory().contains_key(&id) {
            return status(0x6A82);
        }
        if !self.may_read(id) {
            return status(0x6982);
        }
        self.current = Some(id);
        status(0x9000)
    }

    /// Identifiers end in the short ones, but for EF.ATR/INFO.
    fn by_short_id(&self, short: u8) -> u16 {
        match short {
            1 if !self.application_selected => 0x2F01,
            _ => 0x0100 | u16::from(short),
        }
    }

    /// The files of the selected directory.
    fn directory(&self) -> &BTreeMap<u16, Vec<u8>> {
        if self.application_selected {
            &self.chip.files
        } else {
            &self.chip.master_files
        }
    }

    /// The application needs PACE; the fingerprints need more than that.
    fn may_read(&self, id: u16) -> bool {
        !self.application_selected || (self.opened && id != FINGERPRINTS)
    }

    fn set_authentication(&mut self, data: &[u8]) -> Vec<u8> {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        if self.chip.pace.is_empty() {
            return status(0x6D00);
        }
        match Pace::set(data, &self.chip) {
            Ok(pace) => {
                self.pace = Some(pace);
                status(0x9000)
            }
            Err(word) => status(word),
        }
    }

    fn authenticate(&mut self, chained: bool, data: &[u8]) -> Vec<u8> {
        let Some(pace) = self.pace.take() else {
            return status(0x6985);
        };
        match pace.step(chained, data) {
            Ok(super::pace::Outcome::Next(pace, object)) => {
                self.pace = Some(pace);
                reply(&tlv::object(&[0x7C], &object), 0x9000)
            }
            Ok(super::pace::Outcome::Open(session, object)) => {
                self.session = Some(session);
                self.opened = true;
                reply(&tlv::object(&[0x7C], &object), 0x9000)
            }
            Err(word) => status(word),
        }
    }

    fn read(&mut self, command: &Command) -> Vec<u8> {
        let [_, instruction, p1, p2] = command.header;
        let Some(le) = command.le else {
            return status(0x6700);
        };
        let far = instruction == 0xB1;
        let offset = if far {
            match tlv::only(&command.data, 0x54) {
                Some([high, low]) => usize::from(u16::from_be_bytes([*high, *low])),
                _ => return status(0x6A80),
            }
        } else if p1 & 0x80 != 0 {
            if self.directory().is_empty() {
                return status(0x6986);
            }
            let selected = self.make_current(self.by_short_id(p1 & 0x1F));
            if selected != status(0x9000) {
                return selected;
            }
            usize::from(p2)
        } else {
            usize::from(u16::from_be_bytes([p1, p2]))
        };
        let Some(file) = self.current.and_then(|id| self.directory().get(&id)) else {
            return status(0x6986);
        };
        if offset >= file.len() {
            return status(0x6B00);
        }
        let room = if far { le.saturating_sub(3) } else { le };
        let data = &file[offset..file.len().min(offset + room)];
        let word = if data.len() < room { 0x6282 } else { 0x9000 };
        if far {
            reply(&tlv::object(&[0x53], data), word)
        } else {
            reply(data, word)
        }
    }
}

//! SELECT and READ BINARY: the two directories, and who may read what.

use std::collections::BTreeMap;

use super::apdu::{Answer, Command, Reply, Status};
use super::chip::{CardAccessRead, PastEnd};
use super::{Card, Opened, tlv};

/// The application of travel documents.
const APPLICATION: [u8; 7] = [0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
const MASTER_FILE: [u8; 2] = [0x3F, 0x00];

/// Files of the master file.
const CARD_ACCESS: u16 = 0x011C;
const CARD_SECURITY: u16 = 0x011D;
const ATR_INFO: u16 = 0x2F01;
/// Its short identifier.
const ATR_INFO_SHORT: u8 = 0x01;

/// Fingerprints and irises: they need terminal authentication.
const EXTENDED_ACCESS: [u16; 2] = [0x0103, 0x0104];

impl Card {
    pub(super) fn select(&mut self, command: &Command) -> Answer {
        let [_, _, p1, p2] = command.header;
        let data = &command.data;
        match (p1, p2) {
            (0x00, _) if !self.chip.habits.master_file => Err(Status::NO_INSTRUCTION),
            _ if self.chip.habits.refuses_le && command.le.is_some() => Err(Status::WRONG_LENGTH),
            (0x00, 0x00 | 0x0C) => self.select_master_file(data),
            (0x02, 0x0C) => match data[..] {
                [high, low] => self.make_current(u16::from_be_bytes([high, low])),
                _ => Err(Status::WRONG_LENGTH),
            },
            (0x04, 0x0C) if *data == APPLICATION && !self.chip.files.is_empty() => {
                self.state.application_selected = true;
                self.state.current = None;
                Ok(Vec::new())
            }
            (0x04, 0x0C) => Err(Status::NOT_FOUND),
            _ => Err(Status::WRONG_PARAMETERS),
        }
    }

    fn select_master_file(&mut self, data: &[u8]) -> Answer {
        let named = data.is_empty() || data == MASTER_FILE;
        if !named || self.chip.master_files.is_empty() {
            return Err(Status::NOT_FOUND);
        }
        self.state.application_selected = false;
        self.state.master_file_selected = true;
        self.state.current = None;
        Ok(Vec::new())
    }

    fn make_current(&mut self, id: u16) -> Answer {
        self.check_access(id)?;
        self.state.current = Some(id);
        Ok(Vec::new())
    }

    /// The files of the selected directory.
    fn directory(&self) -> &BTreeMap<u16, Vec<u8>> {
        if self.state.application_selected {
            &self.chip.files
        } else {
            &self.chip.master_files
        }
    }

    /// Identifiers end in the short ones, but for EF.ATR/INFO.
    fn by_short_id(&self, short: u8) -> u16 {
        if short == ATR_INFO_SHORT && !self.state.application_selected {
            ATR_INFO
        } else {
            0x0100 | u16::from(short)
        }
    }

    /// What can be read when (ICAO 9303-11 §4.2, §7.1, App. J).
    fn check_access(&self, id: u16) -> Result<(), Status> {
        let (habits, state) = (&self.chip.habits, &self.state);
        if !self.directory().contains_key(&id) {
            return Err(Status::NOT_FOUND);
        }
        if state.application_selected {
            if state.opened.is_none() || EXTENDED_ACCESS.contains(&id) {
                return Err(Status::NOT_ALLOWED);
            }
            let refused = habits.refused_files.iter().find(|(file, _)| *file == id);
            return refused.map_or(Ok(()), |(_, word)| Err(Status(*word)));
        }
        match (id, habits.card_access) {
            (CARD_ACCESS, CardAccessRead::Never) => Err(Status::NOT_FOUND),
            (CARD_ACCESS, CardAccessRead::AfterMasterFile) if !state.master_file_selected => {
                Err(Status::NOT_ALLOWED)
            }
            (CARD_SECURITY, _) if state.opened != Some(Opened::Pace) => Err(Status::NOT_ALLOWED),
            _ => Ok(()),
        }
    }

    pub(super) fn read(&mut self, command: &Command) -> Reply {
        let past_end = self.chip.habits.past_end;
        match self.file_from(command) {
            Ok((file, offset)) => read_part(file, offset, command, past_end),
            Err(status) => status.into(),
        }
    }

    /// The file that a command means, and where to begin.
    fn file_from(&mut self, command: &Command) -> Result<(&[u8], usize), Status> {
        let [_, _, p1, p2] = command.header;
        if command.le.is_none() {
            return Err(Status::WRONG_LENGTH);
        }
        if self.directory().is_empty() {
            return Err(Status::NO_FILE);
        }
        let offset = if command.is_odd() {
            if !self.chip.habits.odd_read {
                return Err(Status::NO_INSTRUCTION);
            }
            match [p1, p2] {
                [0, 0] => {}
                [0, short @ 1..=30] => drop(self.make_current(self.by_short_id(short))?),
                id => drop(self.make_current(u16::from_be_bytes(id))?),
            }
            offset_object(&command.data).ok_or(Status::WRONG_DATA)?
        } else if p1 & 0x80 != 0 {
            self.make_current(self.by_short_id(p1 & 0x1F))?;
            usize::from(p2)
        } else {
            usize::from(u16::from_be_bytes([p1, p2]))
        };
        let current = self.state.current.ok_or(Status::NO_FILE)?;
        let file = self.directory().get(&current).ok_or(Status::NO_FILE)?;
        Ok((file, offset))
    }
}

/// Object 54 of an odd read.
fn offset_object(data: &[u8]) -> Option<usize> {
    let value = tlv::only(data, 0x54)?;
    let whole = |value: &[u8]| value.iter().fold(0, |n, byte| n << 8 | usize::from(*byte));
    (1..=3).contains(&value.len()).then(|| whole(value))
}

/// As much from `offset` on as was asked for, and what the chip says where there is less.
fn read_part(file: &[u8], offset: usize, command: &Command, past_end: PastEnd) -> Reply {
    let Some(rest) = file.get(offset..).filter(|rest| !rest.is_empty()) else {
        return Status::WRONG_OFFSET.into();
    };
    let le = command.le.unwrap_or(0);
    let room = if command.is_odd() {
        room_in_object(le)
    } else {
        le
    };
    let part = &rest[..rest.len().min(room)];
    let data = if command.is_odd() {
        tlv::object(&[0x53], part)
    } else {
        part.to_vec()
    };
    if part.len() == room {
        let status = Status::OK;
        return Reply { data, status };
    }
    match past_end {
        PastEnd::EndOfFile => Reply {
            data,
            status: Status::END_OF_FILE,
        },
        PastEnd::Short => Ok(data).into(),
        PastEnd::ExactLe => Status(0x6C00 | (data.len() as u16 & 0xFF)).into(),
        PastEnd::WrongOffset => Status::WRONG_OFFSET.into(),
        PastEnd::WrongLength => Status::WRONG_LENGTH.into(),
    }
}

/// The longest value of an object that has so many bytes with tag and length.
fn room_in_object(len: usize) -> usize {
    match len {
        0..=129 => len.saturating_sub(2),
        130..=258 => (len - 3).max(127),
        _ => (len - 4).max(255),
    }
}

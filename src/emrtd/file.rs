//! Reading one elementary file in as few commands as the card allows.

use thiserror::Error;
use zeroize::Zeroizing;

use super::apdu::{Command, Reply, Sw};
use super::tlv;

/// The largest file that is read (64 kB): said by its own header, before memory is taken.
const FILE_MAX: usize = 65_536;
/// Commands for one file: 64 kB in the smallest pieces, and the retries.
const READS_MAX: u32 = 1_200;
/// Enough of a file to know its length.
const HEADER_PROBE: u16 = 4;
/// The last offset that P1-P2 can name.
const NEAR_MAX: usize = 0x7FFF;
/// Tag and length around the data of a far read.
const FAR_OVERHEAD: u16 = 3;

/// How much to ask for at once; remembered over all files of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadSize {
    most: u16,
    /// The card refused more than this.
    learned: bool,
}

impl Default for ReadSize {
    fn default() -> Self {
        Self {
            most: Self::LADDER[0],
            learned: false,
        }
    }
}

impl ReadSize {
    /// The first is the most that fits one short reply under AES secure messaging; the others are
    /// what more and more cautious readers ask for, found to satisfy cards that refuse it.
    const LADDER: [u16; 4] = [223, 192, 112, 64];

    /// The next smaller size; `None` at the end of the ladder.
    pub fn smaller(self) -> Option<Self> {
        let most = Self::LADDER.into_iter().find(|n| *n < self.most)?;
        Some(Self {
            most,
            learned: true,
        })
    }

    /// How much to ask for at once.
    pub fn most(self) -> u16 {
        self.most
    }

    /// What one reply can carry now, unless the card is known to give less.
    pub fn settle(&mut self, most: u16) {
        if !self.learned {
            self.most = most;
        }
    }

    /// No less than cautious readers ask for: what is learned from one card is used for all of its
    /// kind, and a malicious one would slow them down to nothing.
    fn learn(&mut self, limit: u16) {
        let limit = limit.max(Self::LADDER[Self::LADDER.len() - 1]);
        if limit < self.most {
            *self = Self {
                most: limit,
                learned: true,
            };
        }
    }
}

/// A file that is being read.
pub(super) struct FileRead {
    /// Its short identifier, until the first read has made it the current file.
    sfi: Option<u8>,
    /// The tag that it must begin with.
    tag: u32,
    bytes: Zeroizing<Vec<u8>>,
    total: Option<usize>,
    /// Le of the command that is under way.
    asked: u16,
    /// A limit that the card named; it counts only if the file goes on beyond it.
    named_limit: Option<u16>,
    /// Ask for the header alone: the card refused a read that may go past the end.
    probing: bool,
    reads: u32,
}

/// What comes after a reply.
pub(super) enum Progress {
    /// There is more to read.
    More,
    /// The whole file, cut to the length in its header.
    Whole(Zeroizing<Vec<u8>>),
}

/// Why a file was not read.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum FileFault {
    /// The card does not let it be read, or has no such file.
    #[error("{0}")]
    Refused(Sw),
    /// What the card sends is not a file.
    #[error("{0}")]
    Broken(&'static str),
}

impl FileRead {
    /// A file of the current application, to be selected by its short identifier in the first read.
    pub fn by_sfi(sfi: u8, tag: u32) -> Self {
        Self {
            sfi: Some(sfi),
            ..Self::selected(tag)
        }
    }

    /// The file that is selected already.
    pub fn selected(tag: u32) -> Self {
        Self {
            sfi: None,
            tag,
            bytes: Zeroizing::default(),
            total: None,
            asked: 0,
            named_limit: None,
            probing: false,
            reads: 0,
        }
    }

    /// The next command.
    pub fn command(&mut self, size: ReadSize) -> Command {
        self.reads += 1;
        let offset = self.bytes.len();
        let left = self.total.map_or(usize::MAX, |total| total - offset);
        let wanted = u16::try_from(left).map_or(size.most, |left| size.most.min(left));
        self.asked = match self.named_limit {
            _ if self.probing => HEADER_PROBE,
            Some(limit) => wanted.min(limit),
            None => wanted,
        };
        let place = u16::try_from(offset).expect("no file is longer than 64 kB");
        match self.sfi {
            Some(sfi) => Command::read_sfi(sfi, self.asked),
            None if offset <= NEAR_MAX => Command::read_at(place, self.asked),
            None => {
                self.asked = size.most.min(self.asked.saturating_add(FAR_OVERHEAD));
                Command::read_far(place, self.asked)
            }
        }
    }

    /// Takes the reply to the last command.
    pub fn on_reply(&mut self, reply: &Reply, size: &mut ReadSize) -> Result<Progress, FileFault> {
        if self.reads >= READS_MAX {
            return Err(FileFault::Broken("it takes too many reads"));
        }
        let good = matches!(reply.sw, Sw::OK | Sw::END_OF_FILE) && !reply.data.is_empty();
        if !good {
            return self.on_refusal(reply.sw, size).map(|()| Progress::More);
        }
        self.append(&reply.data)?;
        self.sfi = None;
        self.probing = false;
        self.learn_length()?;
        match self.total {
            Some(total) if self.bytes.len() >= total => {
                self.bytes.truncate(total);
                Ok(Progress::Whole(std::mem::take(&mut self.bytes)))
            }
            _ => {
                if let Some(limit) = self.named_limit.take() {
                    size.learn(limit);
                }
                Ok(Progress::More)
            }
        }
    }

    /// How far it is, in percent.
    pub fn percent(&self) -> u8 {
        let total = self.total.unwrap_or(FILE_MAX).max(1);
        u8::try_from(self.bytes.len() * 100 / total).map_or(100, |n| n.min(100))
    }

    /// Refusals that another Le may cure (each card has its own idea of a read past the end).
    fn on_refusal(&mut self, sw: Sw, size: &mut ReadSize) -> Result<(), FileFault> {
        if let Some(le) = sw.exact_le().filter(|le| *le < self.asked) {
            self.named_limit = Some(le);
            return Ok(());
        }
        let about_length = matches!(sw, Sw::WRONG_LENGTH | Sw::WRONG_OFFSET);
        if about_length && self.total.is_none() && !self.probing {
            self.probing = true;
            return Ok(());
        }
        match size.smaller().filter(|_| about_length && !self.probing) {
            Some(smaller) => *size = smaller,
            None if sw == Sw::OK => return Err(FileFault::Broken("a read gave no data")),
            None if !self.bytes.is_empty() => {
                return Err(FileFault::Broken("the card does not give the rest of it"));
            }
            None => return Err(FileFault::Refused(sw)),
        }
        Ok(())
    }

    fn append(&mut self, data: &[u8]) -> Result<(), FileFault> {
        if data.len() > usize::from(self.asked) {
            return Err(FileFault::Broken("a read gave more than was asked for"));
        }
        let data = if self.bytes.len() > NEAR_MAX {
            tlv::expect(data, 0x53)
                .map_err(|_| FileFault::Broken("a far read without object 53"))?
        } else {
            data
        };
        if data.is_empty() {
            return Err(FileFault::Broken("a read gave no data"));
        }
        // Grown by hand: a reallocation would leave a copy behind that nobody wipes.
        if self.bytes.capacity() < self.bytes.len() + data.len() {
            let capacity = self
                .total
                .unwrap_or_default()
                .max(self.bytes.len() + data.len());
            let mut grown = Zeroizing::new(Vec::with_capacity(capacity + usize::from(u8::MAX)));
            grown.extend_from_slice(&self.bytes);
            self.bytes = grown;
        }
        self.bytes.extend_from_slice(data);
        Ok(())
    }

    fn learn_length(&mut self) -> Result<(), FileFault> {
        if self.total.is_some() {
            return Ok(());
        }
        let header = tlv::header(&self.bytes).map_err(|_| FileFault::Broken("a wrong header"))?;
        let Some(header) = header else {
            return Ok(());
        };
        if header.tag != self.tag {
            return Err(FileFault::Broken("another tag than its own"));
        }
        if header.total_len > FILE_MAX {
            return Err(FileFault::Broken("it says that it is longer than 64 kB"));
        }
        self.total = Some(header.total_len);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{FileFault, FileRead, Progress, ReadSize};
    use crate::emrtd::apdu::{Command, Reply, Sw};
    use crate::emrtd::tlv::build;

    /// How a card treats a read past the end, or longer than it likes.
    #[derive(Clone, Copy)]
    enum Habit {
        Short,
        EndOfFile,
        ExactLe,
        WrongOffset,
        WrongLength,
    }

    fn reply(data: &[u8], sw: u16) -> Reply {
        let mut bytes = data.to_vec();
        bytes.extend(sw.to_be_bytes());
        Reply::parse(&bytes).expect("has a status word")
    }

    fn card(file: &[u8], habit: Habit, most: u16, command: &Command) -> Reply {
        let le = command.le.and_then(|le| u16::try_from(le).ok());
        let le = le.expect("a read has an Le");
        let far = command.ins == 0xB1;
        let offset = match (far, command.p1 & 0x80) {
            (true, _) => usize::from(u16::from_be_bytes([command.data[2], command.data[3]])),
            (false, 0) => usize::from(u16::from_be_bytes([command.p1, command.p2])),
            (false, _) => 0,
        };
        let left = &file[offset..];
        let data = &left[..left.len().min(usize::from(le) - if far { 3 } else { 0 })];
        let wrapped = if far {
            build(0x53, data)
        } else {
            data.to_vec()
        };
        let past_end = data.len() < usize::from(le) && !far;
        match habit {
            Habit::WrongLength if le > most || past_end => reply(&[], 0x6700),
            Habit::ExactLe if le > most => reply(&[], 0x6C00 | most),
            Habit::ExactLe if past_end => reply(&[], 0x6C00 | data.len() as u16),
            Habit::WrongOffset if past_end => reply(&[], 0x6B00),
            Habit::EndOfFile if past_end => reply(&wrapped, 0x6282),
            Habit::Short
            | Habit::EndOfFile
            | Habit::ExactLe
            | Habit::WrongOffset
            | Habit::WrongLength => reply(&wrapped, 0x9000),
        }
    }

    fn check(content: usize, habit: Habit, most: u16) -> (u32, ReadSize) {
        let file = build(0x75, &vec![0xAB; content]);
        let mut size = ReadSize::default();
        let mut read = FileRead::by_sfi(2, 0x75);
        for commands in 1..2_000 {
            let command = read.command(size);
            let reply = card(&file, habit, most, &command);
            match read.on_reply(&reply, &mut size).expect("a readable file") {
                Progress::More => {}
                Progress::Whole(bytes) => {
                    assert_eq!(*bytes, file);
                    return (commands, size);
                }
            }
        }
        panic!("no end");
    }

    #[test]
    fn every_habit_of_cards_leads_to_the_whole_file() {
        for content in [2, 93, 219, 220, 221, 222, 223, 500, 17_000, 33_000, 65_000] {
            for habit in [
                Habit::Short,
                Habit::EndOfFile,
                Habit::ExactLe,
                Habit::WrongOffset,
                Habit::WrongLength,
            ] {
                for most in [223, 128, 64] {
                    check(content, habit, most);
                }
            }
        }
    }

    #[test]
    fn a_willing_card_needs_the_fewest_commands() {
        assert_eq!(check(93, Habit::EndOfFile, 223).0, 1);
        assert_eq!(check(17_000, Habit::EndOfFile, 223).0, 77);
    }

    #[test]
    fn the_size_that_a_card_accepts_is_remembered_but_not_that_of_a_short_file() {
        let learned = |most| ReadSize {
            most,
            learned: true,
        };
        assert_eq!(check(500, Habit::ExactLe, 128).1, learned(128));
        assert_eq!(check(500, Habit::WrongLength, 150).1, learned(112));
        assert_eq!(check(93, Habit::ExactLe, 223).1, ReadSize::default());
    }

    #[test]
    fn a_card_that_names_tiny_lengths_teaches_none_of_them() {
        for most in [1, 5, 63, 64] {
            let learned = check(300, Habit::ExactLe, most).1;
            assert_eq!((learned.most, learned.learned), (64, true));
        }
    }

    #[test]
    fn what_is_no_file_is_broken_and_what_is_denied_is_refused() {
        let fault = |data: &[u8], sw| {
            let mut read = FileRead::by_sfi(2, 0x75);
            let mut size = ReadSize::default();
            read.command(size);
            read.on_reply(&reply(data, sw), &mut size).err()
        };
        assert_eq!(fault(&[], 0x6982), Some(FileFault::Refused(Sw(0x6982))));
        assert_eq!(fault(&[], 0x6A82), Some(FileFault::Refused(Sw(0x6A82))));
        for (data, sw) in [
            (&[][..], 0x9000),
            (&[0x61, 0], 0x9000),
            (&[0x75, 0x80, 0, 0], 0x9000),
            (&[0x75, 0x83, 0x01, 0, 0], 0x9000),
            (&[0x75; 224], 0x9000),
        ] {
            assert!(
                matches!(fault(data, sw), Some(FileFault::Broken(_))),
                "{data:?}"
            );
        }
    }
}

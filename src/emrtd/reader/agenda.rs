//! What is read and proved after the application is selected, and in which order.
//!
//! The order of ICAO 9303-11 §4: the security object and its signature first, then that the chip is
//! no copy, under whose new keys everything else is read. Of the data, the identity comes first and
//! the portrait, which is most of the bytes, last.

use super::{Next, Outcome, Reader, State};
use crate::emrtd::ReadError;
use crate::emrtd::apdu::Reply;
use crate::emrtd::chip::Plan;
use crate::emrtd::file::{FileFault, FileRead, Progress};
use crate::emrtd::habits::SHORT_REPLY;
use crate::emrtd::lds::File;
use crate::emrtd::proof::{AaTurn, ActiveAuthentication, CaTurn, ChipAuthentication};

/// One thing to do. Whether it is done at all is decided when its turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Read(File),
    /// Chip authentication.
    Chip,
    /// Active authentication.
    Active,
}

impl Task {
    /// Its share of the time, roughly, in hundredths of a second on a usual line.
    pub fn weight(self) -> u16 {
        match self {
            Self::Read(File::Dg2) => 200,
            Self::Read(File::Sod) => 30,
            Self::Read(File::Dg13) => 10,
            Self::Read(_) => 5,
            Self::Chip | Self::Active => 20,
        }
    }
}

/// All that may be done for a plan.
pub(super) fn of(plan: &Plan) -> impl Iterator<Item = Task> + use<> {
    let proofs = [
        Task::Read(File::Sod),
        Task::Read(File::Dg14),
        Task::Chip,
        // The first file under the new keys is what proves chip authentication.
        Task::Read(File::Dg1),
        Task::Read(File::Dg15),
        Task::Active,
    ];
    let data = [
        (plan.dg13, File::Dg13),
        (plan.details, File::Dg11),
        (plan.details, File::Dg12),
        (plan.portrait, File::Dg2),
    ];
    let data = data.into_iter().filter(|(wanted, _)| *wanted);
    proofs
        .into_iter()
        .chain(data.map(|(_, file)| Task::Read(file)))
}

impl Reader<'_> {
    /// Begins the next task that is still to be done; after the last one the reading is done.
    pub(super) fn advance(&mut self) -> Outcome {
        while let Some(task) = self.session.next_task(&self.request) {
            let next = match task {
                Task::Read(file) => {
                    let read = FileRead::by_sfi(file.short_id(), file.tag());
                    Some(self.read_file(read, |read| State::File(file, read)))
                }
                Task::Chip => self.start_chip(),
                Task::Active => self.start_active(),
            };
            if let Some(next) = next {
                return Ok(next);
            }
        }
        let chip = self.session.finish(&self.request, self.link, self.habits)?;
        Ok(Next::Done(Box::new(chip)))
    }

    pub(super) fn on_file(&mut self, file: File, mut read: FileRead, reply: &Reply) -> Outcome {
        match read.on_reply(reply, &mut self.habits.read_size) {
            Ok(Progress::More) => Ok(self.read_file(read, |read| State::File(file, read))),
            Ok(Progress::Whole(bytes)) => {
                self.session.take(file, &bytes)?;
                self.advance()
            }
            Err(fault) => {
                self.on_missing(file, &fault)?;
                self.advance()
            }
        }
    }

    /// DG1 makes the identity; without the others there is only less of it, or less proof.
    fn on_missing(&mut self, file: File, fault: &FileFault) -> Result<(), ReadError> {
        if file == File::Dg1 {
            return Err(ReadError::unreadable(format!("DG1: {fault}")));
        }
        self.session.miss(file, fault);
        Ok(())
    }

    fn start_chip(&mut self) -> Option<Next> {
        let infos = self.session.clone_check.dg14()?;
        match ChipAuthentication::start(infos, self.random) {
            Ok(Some((chip, command))) => {
                return Some(Next::Send(State::Chip(Box::new(chip)), command));
            }
            Ok(None) => self.session.clone_check.chip_not_offered(),
            Err(proof) => self.session.clone_check.end_chip(proof),
        }
        None
    }

    pub(super) fn on_chip(&mut self, chip: ChipAuthentication, reply: &Reply) -> Outcome {
        match chip.on_reply(reply) {
            Ok(CaTurn::Send(chip, command)) => {
                return Ok(Next::Send(State::Chip(Box::new(chip)), command));
            }
            Ok(CaTurn::NewKeys(messaging, unconfirmed)) => {
                self.messaging = Some(messaging);
                self.session.clone_check.await_chip(unconfirmed);
            }
            Err(proof) => self.session.clone_check.end_chip(proof),
        }
        self.advance()
    }

    fn start_active(&mut self) -> Option<Next> {
        // What the card tells of itself is unsigned: a copy would say that it cannot, and be excused.
        let extended = self.line.reply_max > SHORT_REPLY;
        let (key, infos) = self.session.clone_check.active_key()?;
        match ActiveAuthentication::start(key, infos, self.random, extended) {
            Ok((active, command)) => {
                return Some(Next::Send(State::Active(Box::new(active)), command));
            }
            Err(proof) => self.session.clone_check.end_active(proof),
        }
        None
    }

    pub(super) fn on_active(&mut self, active: ActiveAuthentication, reply: &Reply) -> Outcome {
        match active.on_reply(reply) {
            AaTurn::Send(active, command) => {
                return Ok(Next::Send(State::Active(Box::new(active)), command));
            }
            AaTurn::Done(proof) => self.session.clone_check.end_active(proof),
        }
        self.advance()
    }
}

//! A virtual eMRTD chip: access, strict secure messaging, proofs and files, on OpenSSL alone.
//!
//! A [`chip::Chip`] is the plan, a [`Card`] carries it out, in layers as in a chip: [`Card::transmit`]
//! takes an APDU, `messaging` takes secure messaging off and puts it on, `dispatch` gives plain
//! commands to `reading` and to `protocol`, and `crypto` does the computing and keeps the time that
//! a chip would need. [`vpcd`] puts the card on a virtual reader of a real PC/SC service.
//! Invariant: no code of the reader that it tests; any doubt about a protected command costs the
//! session, as on a real chip.

mod apdu;
pub mod chip;
mod crypto;
mod dispatch;
mod faults;
pub mod link;
mod messaging;
mod portrait;
pub mod profile;
mod protocol;
mod reading;
mod tlv;
pub mod vpcd;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use apdu::{Command, Reply, Status};
use chip::Chip;
use crypto::Coprocessor;
use dispatch::Running;
use messaging::Session;

pub use faults::Faults;
pub use profile::Personality;

use super::SimPerson;

/// The answer to reset of the card: a contactless card behind a PC/SC reader.
pub const ATR: [u8; 13] = [
    0x3B, 0x88, 0x80, 0x01, 0x00, 0x73, 0xC8, 0x40, 0x13, 0x00, 0x90, 0x00, 0x71,
];

/// The same, where the card speaks extended length: it says so in its capabilities.
pub const ATR_EXTENDED: [u8; 13] = [
    0x3B, 0x88, 0x80, 0x01, 0x00, 0x73, 0xC8, 0x40, 0x53, 0x00, 0x90, 0x00, 0x31,
];

/// A card with power.
pub struct Card {
    chip: Chip,
    faults: Faults,
    work: Coprocessor,
    /// Commands answered since the card was made: faults count them, and power does not reset it.
    commands: u32,
    /// Times that somebody tried a password.
    attempts: Arc<AtomicU32>,
    /// Wrong passwords since the last right one. A chip remembers them without power.
    wrong_tries: u32,
    state: State,
}

/// What a chip forgets without power, and with its session.
#[derive(Default)]
struct State {
    session: Option<Session>,
    /// The session that takes its place once the reply is protected.
    next: Option<Session>,
    running: Option<Running>,
    application_selected: bool,
    /// The master file was selected by name.
    master_file_selected: bool,
    /// The current elementary file.
    current: Option<u16>,
    opened: Option<Opened>,
}

/// What opened the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opened {
    Pace,
    Bac,
}

/// Why a card does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It was pulled out.
    Gone,
    /// It is there, and computes for ever.
    Stalled,
}

impl Card {
    /// The citizen card of a person.
    pub fn new(person: &SimPerson) -> Self {
        Self::with(person, Personality::Citizen, Faults::default())
    }

    /// A card of some kind, with faults.
    pub fn with(person: &SimPerson, personality: Personality, faults: Faults) -> Self {
        Self::of(profile::of(personality, person), faults)
    }

    /// Any chip, with faults.
    pub fn of(chip: Chip, faults: Faults) -> Self {
        Self {
            chip,
            faults,
            work: Coprocessor::new(),
            commands: 0,
            attempts: Arc::default(),
            wrong_tries: 0,
            state: State::default(),
        }
    }

    /// What goes wrong with it.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What it was made from.
    pub fn chip(&self) -> &Chip {
        &self.chip
    }

    /// The same card with another source of nonces and keys than the system's.
    #[must_use]
    pub fn drawing_from(mut self, randoms: impl FnMut(&mut [u8]) + Send + 'static) -> Self {
        self.work.set_randoms(Box::new(randoms));
        self
    }

    /// Power was cut, or the card reset: all sessions and selections are gone.
    pub fn reset(&mut self) {
        self.state = State::default();
    }

    /// Answers a command.
    ///
    /// # Errors
    /// A fault says that no answer comes.
    pub fn try_transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Silence> {
        self.commands += 1;
        if self.faults.removes(self.commands) {
            return Err(Silence::Gone);
        }
        if self.faults.stalls(self.commands) {
            return Err(Silence::Stalled);
        }
        self.work.begin();
        let reply = self.answer(command);
        Ok(self.faults.spoil(self.commands, reply))
    }

    /// Answers a command; a card that is gone or stalled answers nothing at all.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.try_transmit(command).unwrap_or_default()
    }

    /// Commands answered so far.
    pub fn commands(&self) -> u32 {
        self.commands
    }

    /// Times that somebody tried a password on this card, by PACE or by basic access control;
    /// counts on while the card is in a reader. A real chip slows down after wrong ones.
    pub fn attempts(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.attempts)
    }

    /// The keys of the session that is open, for encryption and MAC: to be looked for where they
    /// must not stay.
    pub fn session_keys(&self) -> Option<[&[u8]; 2]> {
        let session = self.state.session.as_ref()?;
        Some(session.keys())
    }

    /// How long a real chip would have computed over the last command. It grows with wrong
    /// passwords; the line is not in it.
    pub fn last_cost(&self) -> Duration {
        self.work.busy() + self.faults.extends(self.commands)
    }

    fn answer(&mut self, bytes: &[u8]) -> Vec<u8> {
        let extended_length = self.chip.habits.extended_length;
        let known = |command: &Command| !command.extended || extended_length;
        let command = Command::parse(bytes).filter(known);
        match (self.state.session.take(), command) {
            (None, None) => refusal(Status::WRONG_LENGTH),
            (Some(_), None) => self.end(Status::WRONG_LENGTH),
            // A protected command without a session: nothing to check it with.
            (None, Some(command)) if command.is_protected() => refusal(Status::SM_MISSING),
            (None, Some(command)) => self.answer_plain(&command),
            (Some(session), Some(command)) if command.is_protected() => {
                self.answer_protected(session, &command)
            }
            (Some(_), Some(_)) => self.end(Status::NOT_ALLOWED),
        }
    }

    fn answer_plain(&mut self, command: &Command) -> Vec<u8> {
        let reply = self.plain(command);
        let room = command.le.unwrap_or(0);
        let Some(reply) = self.fitted(reply, command, room) else {
            return refusal(Status::WRONG_LENGTH);
        };
        self.state.session = self.state.next.take();
        reply.bytes()
    }

    fn answer_protected(&mut self, mut session: Session, command: &Command) -> Vec<u8> {
        let plain = match session.unwrap(&mut self.work, command) {
            Ok(plain) => plain,
            Err(status) => return self.end(status),
        };
        let reply = self.plain(&plain);
        let frame = session.room(command.le.unwrap_or(0));
        let room = frame.min(plain.le.unwrap_or(0));
        let Some(reply) = self.fitted(reply, &plain, room) else {
            return self.end(Status::WRONG_LENGTH);
        };
        let wrapped = session.wrap(&mut self.work, &reply, command.is_odd());
        self.state.session = self.state.next.take().or(Some(session));
        wrapped
    }

    /// The reply as the chip gives it where it has only so much room; `None` where it rather ends
    /// the session.
    fn fitted(&mut self, mut reply: Reply, command: &Command, room: usize) -> Option<Reply> {
        let habits = &self.chip.habits;
        let is_read = matches!(command.header[1], 0xB0 | 0xB1);
        let room = if is_read {
            room.min(habits.largest_read)
        } else {
            room
        };
        if reply.data.len() <= room {
            return Some(reply);
        }
        if habits.truncates_long_replies {
            reply.data.truncate(room);
            reply.status = Status::OK;
            return Some(reply);
        }
        self.state.next = None;
        (!habits.long_read_ends_session).then(|| Status::WRONG_LENGTH.into())
    }

    /// Ends the session, unprotected.
    fn end(&mut self, status: Status) -> Vec<u8> {
        self.reset();
        refusal(status)
    }
}

fn refusal(status: Status) -> Vec<u8> {
    Reply::from(status).bytes()
}

//! A virtual citizen card: PACE, strict secure messaging and files, on OpenSSL alone.
//!
//! In layers, as in a chip: [`Card::transmit`] takes an APDU, `messaging` takes secure messaging
//! off and puts it on, `dispatch` answers plain commands from `files`. [`vpcd`] puts the card on a
//! virtual reader of a real PC/SC service. Invariant: no code of the reader that it tests; any
//! doubt about a protected command costs the session, as on a real chip.

pub mod chip;
mod dispatch;
mod faults;
mod files;
mod messaging;
mod pace;
mod portrait;
mod tlv;
pub mod vpcd;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use chip::Chip;
use messaging::Session;
use pace::Pace;

pub use faults::Faults;
pub use files::Personality;

use super::SimPerson;

/// The answer to reset of the card: a contactless card behind a PC/SC reader.
pub const ATR: [u8; 13] = [
    0x3B, 0x88, 0x80, 0x01, 0x00, 0x73, 0xC8, 0x40, 0x13, 0x00, 0x90, 0x00, 0x71,
];

/// A card with power.
pub struct Card {
    chip: Chip,
    faults: Faults,
    /// Commands answered since the card was made: faults count them, and power does not reset it.
    commands: u32,
    /// Times that somebody began PACE.
    attempts: Arc<AtomicU32>,
    pace: Option<Pace>,
    session: Option<Session>,
    /// The current elementary file.
    current: Option<u16>,
    application_selected: bool,
    /// PACE succeeded since the card got its power, and its session lives.
    opened: bool,
}

/// The card does not answer any more: it was pulled out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

impl Card {
    /// The citizen card of a person.
    pub fn new(person: &SimPerson) -> Self {
        Self::with(person, Personality::Citizen, Faults::default())
    }

    /// A card of some kind, with faults.
    pub fn with(person: &SimPerson, personality: Personality, faults: Faults) -> Self {
        Self::of(files::chip(person, personality), faults)
    }

    /// Any chip, with faults.
    pub fn of(chip: Chip, faults: Faults) -> Self {
        Self {
            chip,
            faults,
            commands: 0,
            attempts: Arc::default(),
            pace: None,
            session: None,
            current: None,
            application_selected: false,
            opened: false,
        }
    }

    /// What it was made from.
    pub fn chip(&self) -> &Chip {
        &self.chip
    }

    /// Power was cut, or the card reset: all sessions and selections are gone.
    pub fn reset(&mut self) {
        self.pace = None;
        self.session = None;
        self.current = None;
        self.application_selected = false;
        self.opened = false;
    }

    /// Answers a command; [`Gone`] from the moment at which a fault removes the card.
    pub fn try_transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, Gone> {
        self.commands += 1;
        if self.faults.removes(self.commands) {
            return Err(Gone);
        }
        let reply = self.answer(command);
        Ok(self.faults.spoil(self.commands, reply))
    }

    /// Answers a command; a card that is gone answers nothing at all.
    pub fn transmit(&mut self, command: &[u8]) -> Vec<u8> {
        self.try_transmit(command).unwrap_or_default()
    }

    /// Commands answered so far.
    pub fn commands(&self) -> u32 {
        self.commands
    }

    /// Times that somebody began PACE with this card; counts on while the card is in a reader. A
    /// real chip slows down or blocks after a few with wrong digits.
    pub fn attempts(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.attempts)
    }

    fn answer(&mut self, command: &[u8]) -> Vec<u8> {
        let Some(command) = dispatch::Command::parse(command) else {
            return dispatch::status(0x6700);
        };
        match (self.session.take(), command.is_protected()) {
            (None, false) => self.plain(&command),
            // A protected command without a session: nothing to check it with.
            (None, true) => dispatch::status(0x6987),
            (Some(_), false) => {
                self.reset();
                dispatch::status(0x6982)
            }
            (Some(mut session), true) => match session.unwrap(&command) {
                Ok(plain) => {
                    let reply = self.plain(&plain);
                    let wrapped = session.wrap(&reply);
                    self.session = Some(session);
                    wrapped
                }
                Err(status) => {
                    self.reset();
                    dispatch::status(status)
                }
            },
        }
    }
}

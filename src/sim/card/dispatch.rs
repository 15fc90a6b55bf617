//! Plain commands: which part of the chip answers, and the commands that authenticate.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::apdu::{Answer, Command, Reply, Status};
use super::protocol::active_auth;
use super::protocol::bac::Challenge;
use super::protocol::chip_auth::{self, ChipAuthentication};
use super::protocol::pace::{Outcome, Pace};
use super::{Card, Opened, tlv};

/// For each wrong password in a row a chip waits so much longer before the next nonce.
const WAIT: Duration = Duration::from_millis(500);
/// It waits no longer than this.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Bytes of the reader's challenge in active authentication.
const CHALLENGE_LEN: usize = 8;

/// A protocol between two commands. Any other command ends it.
pub(super) enum Running {
    Pace(Pace),
    Bac(Challenge),
    ChipAuthentication(ChipAuthentication),
}

impl Card {
    pub(super) fn plain(&mut self, command: &Command) -> Reply {
        if let Some(word) = self.faults.instead(self.commands) {
            self.state.running = None;
            return Status(word).into();
        }
        let [class, instruction, ..] = command.header;
        let running = self.state.running.take();
        match (class, instruction) {
            (0x00, 0xA4) => self.select(command).into(),
            (0x00, 0xB0 | 0xB1) => self.read(command),
            (0x00, 0x22) => self.set_environment(command).into(),
            (0x00 | 0x10, 0x86) => self
                .general_authenticate(running, class == 0x10, command)
                .into(),
            (0x00, 0x84) => self.get_challenge(command).into(),
            (0x00, 0x82) => self.external_authenticate(running, command).into(),
            (0x00, 0x88) => self.internal_authenticate(command).into(),
            (0x00, _) => Status::NO_INSTRUCTION.into(),
            _ => Status::NO_CLASS.into(),
        }
    }

    /// MANAGE SECURITY ENVIRONMENT.
    fn set_environment(&mut self, command: &Command) -> Answer {
        let chip = &self.chip;
        if chip.pace.is_empty() && chip.chip_keys.is_empty() {
            return Err(Status::NO_INSTRUCTION);
        }
        if chip.habits.refuses_le && command.le.is_some() {
            return Err(Status::WRONG_LENGTH);
        }
        let [_, _, p1, p2] = command.header;
        let data = &command.data;
        match [p1, p2] {
            [0xC1, 0xA4] => {
                self.attempts.fetch_add(1, Ordering::SeqCst);
                self.state.running = Some(Running::Pace(Pace::set(chip, data)?));
            }
            [0x41, 0xA4 | 0xA6] if self.state.opened.is_none() => return Err(Status::NOT_ALLOWED),
            [0x41, 0xA4] => {
                let chosen = ChipAuthentication::set(&chip.chip_keys, data)?;
                self.state.running = Some(Running::ChipAuthentication(chosen));
            }
            [0x41, 0xA6] => {
                let session = chip_auth::set_key_agreement(&mut self.work, &chip.chip_keys, data)?;
                self.state.next = (!chip.habits.keeps_old_keys).then_some(session);
            }
            _ => return Err(Status::WRONG_PARAMETERS),
        }
        Ok(Vec::new())
    }

    fn general_authenticate(
        &mut self,
        running: Option<Running>,
        chained: bool,
        command: &Command,
    ) -> Answer {
        if command.header[2..] != [0, 0] {
            return Err(Status::WRONG_PARAMETERS);
        }
        match running {
            Some(Running::Pace(pace)) => self.pace(pace, chained, &command.data),
            Some(Running::ChipAuthentication(chosen)) if !chained => {
                let (session, reply) = chosen.step(&mut self.work, &command.data)?;
                self.state.next = (!self.chip.habits.keeps_old_keys).then_some(session);
                Ok(reply)
            }
            _ => Err(Status::OUT_OF_ORDER),
        }
    }

    fn pace(&mut self, pace: Pace, chained: bool, data: &[u8]) -> Answer {
        if pace.is_new() {
            self.wait();
        }
        let mapping_key = self.chip.mapping_key.as_ref();
        let objects = match pace.step(&mut self.work, mapping_key, chained, data) {
            Ok(Outcome::Next(pace, objects)) => {
                self.state.running = Some(Running::Pace(pace));
                objects
            }
            Ok(Outcome::Open(session, objects)) => {
                self.wrong_tries = 0;
                self.state.next = Some(session);
                self.state.opened = Some(Opened::Pace);
                objects
            }
            Err(status) => return Err(self.counted(status)),
        };
        Ok(tlv::object(&[0x7C], &objects))
    }

    fn get_challenge(&mut self, command: &Command) -> Answer {
        if !self.chip.bac {
            return Err(Status::NO_INSTRUCTION);
        }
        if !self.state.application_selected {
            return Err(Status::OUT_OF_ORDER);
        }
        if command.le.is_none() || !command.data.is_empty() {
            return Err(Status::WRONG_LENGTH);
        }
        self.wait();
        let (challenge, reply) = Challenge::new(&mut self.work);
        self.state.running = Some(Running::Bac(challenge));
        Ok(reply)
    }

    fn external_authenticate(&mut self, running: Option<Running>, command: &Command) -> Answer {
        let mrz_key = self.chip.mrz_key.as_deref().filter(|_| self.chip.bac);
        let mrz_key = mrz_key.ok_or(Status::NO_INSTRUCTION)?;
        let Some(Running::Bac(challenge)) = running else {
            return Err(Status::OUT_OF_ORDER);
        };
        self.attempts.fetch_add(1, Ordering::SeqCst);
        match challenge.answered(&mut self.work, mrz_key, &command.data) {
            Ok((session, reply)) => {
                self.wrong_tries = 0;
                self.state.next = Some(session);
                self.state.opened = Some(Opened::Bac);
                Ok(reply)
            }
            Err(status) => Err(self.counted(status)),
        }
    }

    fn internal_authenticate(&mut self, command: &Command) -> Answer {
        let Some(key) = &self.chip.active_key else {
            return Err(Status::NO_INSTRUCTION);
        };
        if self.state.opened.is_none() || !self.state.application_selected {
            return Err(Status::NOT_ALLOWED);
        }
        if command.data.len() != CHALLENGE_LEN {
            return Err(Status::WRONG_LENGTH);
        }
        let trailer = self.chip.habits.active_trailer.as_deref();
        active_auth::sign(&mut self.work, key, trailer, &command.data)
    }

    fn counted(&mut self, status: Status) -> Status {
        if status == Status::WRONG_PASSWORD {
            self.wrong_tries = self.wrong_tries.saturating_add(1);
        }
        status
    }

    fn wait(&mut self) {
        self.work
            .idle(WAIT.saturating_mul(self.wrong_tries).min(WAIT_MAX));
    }
}

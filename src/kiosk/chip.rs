use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Inlet;
use super::parts::OpenChip;
use crate::checkin::{AskId, ChipRead, Event};
use crate::emrtd::{
    self, Access, Line, Plan, Progress, ReadError, Request, Transport, TransportError, TrustStore,
};
use crate::identity::Private;
use crate::words::Cause;

/// Reads the chip for one question.
pub(super) struct ReadChip {
    pub ask: AskId,
    pub can: Private<String>,
    pub open: OpenChip,
    pub wanted: Arc<AtomicU64>,
    pub inlet: Inlet,
}

/// The check-in needs to know who it is. The portrait is most of the bytes, and nobody sees it here.
const PLAN: Plan = Plan {
    dg13: true,
    portrait: false,
    details: false,
    ethnicity: false,
    any_document: false,
};

impl ReadChip {
    pub(super) fn run(self) {
        let result = self.read().map_err(|error| {
            tracing::info!(%error, "chip not read");
            cause(&error)
        });
        self.inlet.event(Event::Chip {
            ask: self.ask,
            result,
        });
    }

    fn read(&self) -> Result<Box<ChipRead>, ReadError> {
        let access = Access::can(self.can.expose()).ok_or(ReadError::Unreadable {
            reason: "a card access number has six digits".into(),
        })?;
        let card = (self.open)()?;
        let mut card = Stoppable {
            card,
            ask: self.ask.0,
            wanted: Arc::clone(&self.wanted),
        };
        let mut failed = false;
        let mut random = |bytes: &mut [u8]| failed |= getrandom::fill(bytes).is_err();
        let mut progress = |progress: Progress<'_>| {
            if let Progress::Percent(percent) = progress {
                self.inlet.event(Event::ChipProgress {
                    ask: self.ask,
                    percent,
                });
            }
        };
        let request = Request {
            access,
            plan: PLAN,
            trust: &TrustStore::default(),
            today: TimeZone::UTC.to_datetime(Timestamp::now()).date(),
            habits: None,
        };
        let chip = emrtd::read(&mut card, request, &mut random, &mut progress)?;
        if failed {
            return Err(ReadError::Transport {
                reason: "the system gives no random numbers".into(),
            });
        }
        Ok(Box::new(ChipRead {
            person: chip.person,
            proofs: chip.proofs,
        }))
    }
}

fn cause(error: &ReadError) -> Cause {
    match error {
        ReadError::NotACitizenCard { .. } | ReadError::OtherDocument => Cause::NotACitizenCard,
        ReadError::WrongCan => Cause::WrongCan,
        ReadError::Moved => Cause::CardMoved,
        ReadError::Unreadable { .. } | ReadError::Transport { .. } => Cause::CardUnreadable,
    }
}

/// A card whose reading ends at the next APDU once nobody wants it any longer.
struct Stoppable {
    card: Box<dyn Transport>,
    ask: u64,
    wanted: Arc<AtomicU64>,
}

impl Transport for Stoppable {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.wanted.load(Ordering::SeqCst) == self.ask {
            self.card.transmit(command)
        } else {
            Err(TransportError::Removed)
        }
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.card.reset()
    }

    fn line(&self) -> Line {
        self.card.line()
    }
}

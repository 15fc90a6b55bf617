use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Inlet;
use super::parts::OpenChip;
use crate::checkin::{AskId, ChipRead, Event};
use crate::emrtd::{
    self, Access, Habits, Line, Plan, Progress, ReadError, Request, Transport, TransportError,
};
use crate::identity::{Person, Private};
use crate::trust;
use crate::words::Cause;

/// Reads the chip for one question.
pub(super) struct ReadChip {
    pub ask: AskId,
    pub can: Private<String>,
    pub open: OpenChip,
    pub trust: Arc<trust::Folder>,
    pub kinds: Arc<Kinds>,
    /// The site hands the ethnicity over.
    pub ethnicity: bool,
    pub wanted: Arc<AtomicU64>,
    pub inlet: Inlet,
}

/// Kinds of cards that are remembered: there are a few in the country.
const KINDS_MAX: usize = 32;

/// What was learned about cards, by their answer to reset: nothing of a person.
#[derive(Default)]
pub(super) struct Kinds(Mutex<BTreeMap<Vec<u8>, Habits>>);

impl Kinds {
    fn of(&self, atr: &[u8]) -> Option<Habits> {
        self.lock().get(atr).copied()
    }

    fn learn(&self, atr: Vec<u8>, habits: Habits) {
        let mut kinds = self.lock();
        if !atr.is_empty() && (kinds.len() < KINDS_MAX || kinds.contains_key(&atr)) {
            kinds.insert(atr, habits);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Habits>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
        let (trust, state) = self.trust.look();
        self.inlet.health("trust", state);
        let card = (self.open)()?;
        let atr = card.line().atr;
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
            // Who is it? The portrait is most of the bytes, and nobody sees it here.
            plan: Plan {
                dg13: true,
                ethnicity: self.ethnicity,
                ..Plan::default()
            },
            trust: &trust,
            today: trust::today(),
            habits: self.kinds.of(&atr),
        };
        let chip = emrtd::read(&mut card, request, &mut random, &mut progress)?;
        if failed {
            return Err(ReadError::Transport {
                reason: "the system gives no random numbers".into(),
            });
        }
        self.kinds.learn(atr, chip.habits);
        Ok(Box::new(ChipRead {
            person: Person {
                ethnicity: chip.ethnicity,
                card_expiry: chip.expiry_date,
                ..chip.person
            },
            proofs: chip.proofs,
        }))
    }
}

fn cause(error: &ReadError) -> Cause {
    match error {
        ReadError::NotACitizenCard { .. } => Cause::NotACitizenCard,
        ReadError::OtherDocument => Cause::OtherDocument,
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

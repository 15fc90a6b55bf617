//! What was tried on cards, so that no card is ever slowed down or blocked by us. It outlives
//! conversations: whoever says "no, that is not me", leaves, or comes next finds the same card with
//! the same tries on it.
//!
//! Digits are kept as a keyed hash, in memory, with a key of this very process.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::event::{AskId, Mono, Now};

/// Different digits that a card is tried with while it lies there: fewer than any chip takes to
/// slow down or block.
const ON_ONE_CARD_MAX: usize = 2;
/// Digits that opened no card this often today are of some paper, not of a card.
const WRONG_A_DAY_MAX: u8 = 3;
/// After wrong digits nothing is tried for this long, and twice as long after each further ones: a
/// card that was lifted and laid down again cannot be told from another.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest pause: nobody stands before a silent machine for longer.
const PAUSE_MAX: Duration = Duration::from_secs(8);
/// Readings whose answer is awaited. The driver answers each; one or two are usual.
const PENDING_MAX: usize = 16;

/// Six digits, hashed.
type Digits = [u8; 32];

/// Whether digits may be tried on the card that lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayTry {
    /// Now.
    Now,
    /// Not before this.
    From(Mono),
    /// They are known not to open it.
    Wrong,
    /// Others were tried, as many as a card is tried with.
    Spent,
}

/// A reading that was asked for.
#[derive(Debug)]
struct Reading {
    ask: AskId,
    digits: Digits,
    /// Its card has not been seen to leave.
    here: bool,
}

/// The tries of one kiosk.
pub(super) struct Attempts {
    key: Uuid,
    /// What the card that lies there was tried with, and whether it is known to be wrong.
    here: Vec<(Digits, bool)>,
    pending: VecDeque<Reading>,
    day: Option<Date>,
    wrong_today: BTreeMap<Digits, u8>,
    wrong_in_a_row: u32,
    not_before: Mono,
}

impl Attempts {
    /// None so far. `key` is random.
    pub(super) fn new(key: Uuid) -> Self {
        Self {
            key,
            here: Vec::new(),
            pending: VecDeque::new(),
            day: None,
            wrong_today: BTreeMap::new(),
            wrong_in_a_row: 0,
            not_before: Mono::default(),
        }
    }

    /// May these digits be tried on the card that lies there?
    pub(super) fn may_try(&self, can: &str, day: Date, now: Now) -> MayTry {
        let digits = self.hash(can);
        let tried = self.here.iter().find(|(tried, _)| *tried == digits);
        let wrong_today = self.wrong_today.get(&digits).copied().unwrap_or_default();
        let too_often = self.day == Some(day) && wrong_today >= WRONG_A_DAY_MAX;
        match tried {
            Some((_, true)) => MayTry::Wrong,
            _ if too_often => MayTry::Wrong,
            None if self.spent() => MayTry::Spent,
            _ if now.mono < self.not_before => MayTry::From(self.not_before),
            Some((_, false)) | None => MayTry::Now,
        }
    }

    /// The card that lies there has had as many different digits as a card is tried with.
    pub(super) fn spent(&self) -> bool {
        self.here.len() >= ON_ONE_CARD_MAX
    }

    /// A card is tried with these digits: that counts until its answer says otherwise, for a
    /// reading that nobody waits for any longer may reach the chip all the same.
    pub(super) fn begin(&mut self, ask: AskId, can: &str) {
        let digits = self.hash(can);
        if !self.here.iter().any(|(tried, _)| *tried == digits) {
            self.here.push((digits, false));
        }
        if self.pending.len() == PENDING_MAX {
            self.pending.pop_front();
        }
        self.pending.push_back(Reading {
            ask,
            digits,
            here: true,
        });
    }

    /// A reading was answered: with the digits known to be right, to be wrong, or neither.
    pub(super) fn answered(&mut self, ask: AskId, right: Option<bool>, day: Date, now: Now) {
        let index = self.pending.iter().position(|reading| reading.ask == ask);
        let Some(reading) = index.and_then(|index| self.pending.remove(index)) else {
            return;
        };
        match right {
            Some(true) => self.opened(&reading),
            Some(false) => self.wrong(&reading, day, now),
            None => {}
        }
    }

    /// The card left. The next one is another, as far as anybody can tell.
    pub(super) fn card_taken(&mut self) {
        self.here.clear();
        self.pending
            .iter_mut()
            .for_each(|reading| reading.here = false);
    }

    /// A chip forgets its own count when it is opened.
    fn opened(&mut self, reading: &Reading) {
        if reading.here {
            self.here.clear();
        }
        self.wrong_today.remove(&reading.digits);
        self.wrong_in_a_row = 0;
        self.not_before = Mono::default();
    }

    fn wrong(&mut self, reading: &Reading, day: Date, now: Now) {
        let tried = self
            .here
            .iter_mut()
            .find(|(tried, _)| *tried == reading.digits);
        if let Some((_, wrong)) = tried.filter(|_| reading.here) {
            *wrong = true;
        }
        if self.day.replace(day) != Some(day) {
            self.wrong_today.clear();
        }
        let today = self.wrong_today.entry(reading.digits).or_default();
        *today = today.saturating_add(1);
        let doubled = PAUSE.saturating_mul(2_u32.saturating_pow(self.wrong_in_a_row));
        self.not_before = now.mono.after(doubled.min(PAUSE_MAX));
        self.wrong_in_a_row = self.wrong_in_a_row.saturating_add(1);
    }

    fn hash(&self, can: &str) -> Digits {
        Sha256::new()
            .chain_update(self.key.as_bytes())
            .chain_update(can)
            .finalize()
            .into()
    }
}

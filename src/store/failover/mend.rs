//! What happens when the line is back: everything is carried over, and may be interrupted anywhere.

use std::sync::PoisonError;
use std::time::Instant;

use super::{Engine, Inner, SharedClock};
use crate::store::database::Changed;
use crate::store::{Outbox, StoreError};

/// Visits carried over between two looks at the whole.
const BATCH: u32 = 64;

impl<E: Engine> Inner<E> {
    /// Looks whether the line is there; if so, carries everything over and asks the shared store from
    /// then on.
    pub(super) fn mend(&self) {
        match self.mended() {
            Ok(carried) => {
                tracing::info!(carried, "the shared store is there");
                self.changed.notify_all();
                self.own.watchers.tell(Changed::Anything);
            }
            Err(error) => {
                let mut state = self.state();
                let since = state.cut.take().map(|(since, _)| since);
                let since = since.unwrap_or_else(jiff::Timestamp::now);
                state.cut = Some((since, error.to_string()));
            }
        }
    }

    fn mended(&self) -> Result<u64, StoreError> {
        (self.prepare)(&self.shared)?;
        self.hear_clock()?;
        let mut carried = 0;
        loop {
            // First of all: a start anew is about numbers of before, not about those carried now.
            for (seq, act) in self.own.later(BATCH)? {
                match act.done_to(&self.shared) {
                    // Purged meanwhile, or void: nobody asks any more.
                    Ok(()) | Err(StoreError::Unknown { .. }) => self.own.forget_later(seq)?,
                    Err(error) => return Err(error),
                }
            }
            let apart = self.own.apart(&self.prefix, BATCH)?;
            for visit in &apart {
                self.carry(*visit)?;
                carried += 1;
            }
            // Nothing may come between the last look and the word that the line is there.
            let _ending = self.ending.write().unwrap_or_else(PoisonError::into_inner);
            if self.own.apart(&self.prefix, 1)?.is_empty() && self.own.later(1)?.is_empty() {
                self.state().cut = None;
                return Ok(carried);
            }
        }
    }

    /// Sets the shared clock. What was given before it was ever heard is set right by it.
    fn hear_clock(&self) -> Result<(), StoreError> {
        let asked = Instant::now();
        let said = self.shared.clock()?;
        // Read about half-way: a slow line would set this kiosk's numbers before others'.
        let at = asked + asked.elapsed() / 2;
        let _ending = self.ending.write().unwrap_or_else(PoisonError::into_inner);
        let before = self.state().clock;
        let clock = SharedClock {
            said,
            at,
            heard: true,
        };
        if !before.heard {
            let wrong_by = said.saturating_sub(before.at(at));
            let now = clock.at(Instant::now());
            self.own
                .set_right(&self.prefix, self.began_after, wrong_by, now)?;
        }
        self.state().clock = clock;
        Ok(())
    }

    /// One visit arrives in the shared store, then leaves this one: again, if something was done with
    /// it meanwhile. Arriving twice is arriving once. Nobody waits for it: a slow line would keep a
    /// patient waiting.
    fn carry(&self, visit: uuid::Uuid) -> Result<(), StoreError> {
        while let Some(row) = self.own.carried(visit)? {
            let twin_was_sent = self.shared.adopt(&row)?;
            if twin_was_sent {
                self.shared.park(
                    visit,
                    "the hospital's system has this visit with another number, of which the patient \
                     was never told: correct the number there",
                )?;
            }
            if self.own.leave(&row)? {
                break;
            }
        }
        Ok(())
    }
}

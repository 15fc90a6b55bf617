//! The outbox drainer: hands visits over to the hospital's system, each until it is settled.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::named;
use super::parts::Parts;
use super::shared::Shared;
use crate::ehr::{EhrError, Handed, HospitalSystem};
use crate::store::{OutboxRow, Store, StoreError};

/// Visits taken from the outbox at a time.
const BATCH: u32 = 16;
/// First retry after at most this long; doubled with each further one.
const FIRST_RETRY: Duration = Duration::from_millis(500);
/// No retry waits longer than this, unless the server itself says so.
const LAST_RETRY: Duration = Duration::from_secs(60);
/// With nothing due, the store is looked at this often: another process may have filled it.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

pub(super) fn start(parts: &Parts, shared: Arc<Shared>) -> std::io::Result<JoinHandle<()>> {
    let (store, hospital) = (Arc::clone(&parts.store), Arc::clone(&parts.hospital));
    named("outbox", move || {
        let mut seen = 0;
        loop {
            let patience = match drain_once(store.as_ref(), hospital.as_ref(), Timestamp::now()) {
                Ok(patience) => patience,
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be drained");
                    LAST_RETRY
                }
            };
            if !shared.wait_outbox(&mut seen, patience) {
                return;
            }
        }
    })
}

/// Sends what is due; tells how long nothing will be.
///
/// # Errors
/// The store cannot be read or written; what was sent before stays recorded.
pub fn drain_once(
    store: &dyn Store,
    hospital: &dyn HospitalSystem,
    now: Timestamp,
) -> Result<Duration, StoreError> {
    loop {
        let rows = store.due(now, BATCH)?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            send(store, hospital, row, now)?;
        }
    }
    let next = store
        .next_due()?
        .map(|at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO));
    // Never at once: a row that was due would have been sent above.
    Ok(next
        .unwrap_or(LOOK_AGAIN)
        .clamp(Duration::from_millis(50), LOOK_AGAIN))
}

fn send(
    store: &dyn Store,
    hospital: &dyn HospitalSystem,
    row: OutboxRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let visit = row.record.draft.visit;
    let repeat = row.attempts > 0;
    let frozen = match row.frozen.map_or_else(|| hospital.render(&row.record), Ok) {
        Ok(bytes) => bytes,
        Err(error) => {
            return settle_fault(store, &row.record.draft.visit, error, row.attempts, now);
        }
    };
    // Frozen only the first time: what was sent once is sent again to the byte.
    let frozen = store.freeze(visit, &frozen)?;
    match hospital.hand_over(&row.record, &frozen, repeat) {
        Ok(Handed::Sent { id }) => store.sent(visit, &id, now),
        Ok(Handed::Local) => store.local(visit),
        Err(error) => settle_fault(store, &visit, error, row.attempts, now),
    }
}

fn settle_fault(
    store: &dyn Store,
    visit: &uuid::Uuid,
    error: EhrError,
    attempts: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let again = |wait: Duration| {
        now.saturating_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX))
    };
    match error {
        EhrError::Refused(why) => store.park(*visit, &why),
        EhrError::Busy(seconds) => {
            let at = again(Duration::from_secs(seconds)).unwrap_or(now);
            store.postpone(*visit, at, "the hospital's system is busy")
        }
        EhrError::Down(why) => {
            store.postpone(*visit, again(backoff(attempts)).unwrap_or(now), &why)
        }
    }
}

/// Full jitter: any time up to a bound that doubles, so that thirty kiosks do not knock together.
fn backoff(attempts: u32) -> Duration {
    let bound = FIRST_RETRY
        .saturating_mul(1 << attempts.min(16))
        .min(LAST_RETRY);
    let mut random = [0_u8; 4];
    if getrandom::fill(&mut random).is_err() {
        return bound;
    }
    bound.mul_f64(f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX))
}

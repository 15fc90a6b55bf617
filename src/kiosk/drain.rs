//! The outbox drainer: hands visits over to the hospital's system, each until it is settled, and
//! forgets them when their time is over.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::parts::Parts;
use super::purge::Purge;
use super::shared::Shared;
use super::turns;
use crate::config::Config;
use crate::ehr::{EhrError, Handed, HospitalSystem};
use crate::store::{OutboxRow, Store, StoreError};

/// Visits taken from the outbox at a time.
const BATCH: u32 = 16;
/// No visit is sent again sooner than this.
const SOONEST_RETRY: Duration = Duration::from_millis(50);
/// First retry after at most this long; doubled with each further one.
pub(super) const FIRST_RETRY: Duration = Duration::from_millis(500);
/// No retry waits longer than this, unless the server itself says so.
pub(super) const LAST_RETRY: Duration = Duration::from_secs(60);
/// What a busy server may ask for at most.
pub(super) const BUSY_MAX: Duration = Duration::from_secs(600);
/// With nothing due, or while another kiosk drains, the store is looked at this often: others fill it,
/// and whoever drains may die.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Something is due, and another kiosk drains: it is soon done, or dead.
const TURN_OF_ANOTHER: Duration = Duration::from_millis(250);

/// Drains the outbox whenever something is due.
pub(super) fn work(
    parts: &Parts,
    shared: Arc<Shared>,
    config: &Config,
) -> impl FnOnce() + Send + 'static {
    // Two programs of one kiosk are two.
    let holder = format!("{} {}", config.kiosk.id, Uuid::new_v4());
    let mut purge = Purge::of(config);
    let (store, hospital) = (Arc::clone(&parts.store), Arc::clone(&parts.hospital));
    let (mut seen, mut patience) = (0, Duration::ZERO);
    let turn = move || {
        if !shared.wait_outbox(&mut seen, patience) {
            return false;
        }
        // Also after a panic.
        patience = LAST_RETRY;
        purge.turn(store.as_ref(), Timestamp::now());
        // One drains for all that share the store.
        let leads = Cell::new(false);
        let go_on = || {
            leads.set(!shared.closed() && store.lead(&holder).unwrap_or_default());
            leads.get()
        };
        match drain_once(store.as_ref(), hospital.as_ref(), Timestamp::now(), &go_on) {
            Ok(nothing_due) => patience = nothing_due,
            Err(error) => tracing::error!(%error, "the outbox cannot be drained"),
        }
        if leads.get()
            && let Err(error) = store.resign(&holder)
        {
            tracing::debug!(%error, "others wait until this kiosk's turn has lapsed");
        }
        true
    };
    move || turns("outbox", turn)
}

/// Sends what is due, for as long as `go_on` says so; tells how long nothing will be.
///
/// # Errors
/// The store cannot be read or written; what was sent before stays recorded.
pub(super) fn drain_once(
    store: &dyn Store,
    hospital: &dyn HospitalSystem,
    now: Timestamp,
    go_on: &dyn Fn() -> bool,
) -> Result<Duration, StoreError> {
    loop {
        let rows = store.due(now, BATCH)?;
        if rows.is_empty() {
            break;
        }
        let mut written = Ok(());
        for row in rows {
            if !go_on() {
                return Ok(TURN_OF_ANOTHER);
            }
            // A row that cannot be written does not hold up the others.
            written = send(store, hospital, &row, now).and(written);
        }
        written?;
    }
    let next = store
        .next_due()?
        .map(|at| Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO));
    // Never at once: a row that was due would have been sent above.
    Ok(next.unwrap_or(LOOK_AGAIN).clamp(SOONEST_RETRY, LOOK_AGAIN))
}

fn send(
    store: &dyn Store,
    hospital: &dyn HospitalSystem,
    row: &OutboxRow,
    now: Timestamp,
) -> Result<(), StoreError> {
    let visit = row.record.draft.visit;
    let rendered = match &row.frozen {
        Some(frozen) => Ok(frozen.clone()),
        None => asked(|| hospital.render(&row.record)),
    };
    let handed = match rendered {
        Ok(bytes) => {
            // Frozen only the first time: what was sent once is sent again to the byte.
            let frozen = store.freeze(visit, &bytes)?;
            asked(|| hospital.hand_over(&row.record, &frozen, row.attempts > 0))
        }
        Err(error) => Err(error),
    };
    match handed {
        Ok(Handed::Sent { id }) => store.sent(visit, &id, now),
        Ok(Handed::Local) => store.local(visit),
        Err(EhrError::Refused(why)) => store.park(visit, &why),
        Err(EhrError::Busy(seconds)) => {
            let wait = Duration::from_secs(seconds).clamp(SOONEST_RETRY, BUSY_MAX);
            store.postpone(visit, after(now, wait), "the hospital's system is busy")
        }
        Err(EhrError::Down(why)) => store.postpone(visit, after(now, backoff(row, now)), &why),
    }
}

/// A panic over one visit is a fault of ours that must not hold up the others.
fn asked<T>(question: impl FnOnce() -> Result<T, EhrError>) -> Result<T, EhrError> {
    catch_unwind(AssertUnwindSafe(question)).unwrap_or_else(|_| {
        tracing::error!("a visit's handover panicked; it is tried again");
        Err(EhrError::Down("a fault of this program".to_owned()))
    })
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// Full jitter: any time up to a bound that doubles, so that thirty kiosks do not knock together.
/// A visit that could not even be rendered has no attempts to count: it waits as long again as it
/// has waited already, which doubles just so.
fn backoff(row: &OutboxRow, now: Timestamp) -> Duration {
    let sends = FIRST_RETRY.saturating_mul(1 << row.attempts.min(16));
    let waited = match row.frozen {
        None => Duration::try_from(now.duration_since(row.record.draft.at)).unwrap_or_default(),
        Some(_) => Duration::ZERO,
    };
    let bound = sends.max(waited).min(LAST_RETRY);
    let mut random = [0_u8; 4];
    if getrandom::fill(&mut random).is_err() {
        return bound;
    }
    let part = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
    bound.mul_f64(part).max(SOONEST_RETRY)
}

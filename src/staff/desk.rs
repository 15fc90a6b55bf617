//! What the pages share: the door, and the way to the store.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use super::auth::{Gate, Refused};
use super::board::{Board, COMMANDS_READ};
use super::{Limits, SiteInfo};
use crate::store::{Act, Command, Store, StoreError};

/// The console's chain in the audit, and who asks until there are accounts.
const WRITER: &str = "staff";

/// What the pages share.
pub(super) struct Desk {
    pub site: SiteInfo,
    pub limits: Limits,
    /// Turns true when the console ends.
    pub stop: watch::Receiver<bool>,
    /// One permit for each live page.
    pub feeds: Arc<Semaphore>,
    gate: Mutex<Gate>,
    store: Arc<dyn Store>,
    /// One call at a time, so that a store that hangs holds one thread and no more.
    turn: Arc<Semaphore>,
    /// The last board, for all live pages together.
    board: tokio::sync::Mutex<Option<(Instant, Arc<Board>)>>,
}

/// The store did not do its part.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// It said why.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It did not answer in time.
    #[error("the store does not answer; see `tiepdon doctor`")]
    Silent,
    /// The call panicked.
    #[error("the store failed in an unexpected way; see the log")]
    Crashed,
}

/// A wish to call a patient to the desk.
pub(super) struct Wish {
    /// The command's id.
    pub id: Uuid,
    /// Which kiosk.
    pub kiosk: String,
    /// The clerk's words, for the kiosk's log and the next clerk.
    pub why: String,
}

impl Desk {
    pub fn new(
        gate: Gate,
        store: Arc<dyn Store>,
        site: SiteInfo,
        limits: Limits,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            site,
            limits,
            stop,
            feeds: Arc::new(Semaphore::new(limits.feeds)),
            gate: Mutex::new(gate),
            store,
            turn: Arc::new(Semaphore::new(1)),
            board: tokio::sync::Mutex::new(None),
        }
    }

    /// The door.
    pub fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token is shown. A wrong one is answered late; who comes in is written down.
    pub async fn enter(&self, token: &str, from: IpAddr) -> Result<String, Refused> {
        let entered = self.gate().enter(token, from, Instant::now());
        match entered {
            Ok(_) => {
                let detail = json!({ "from": from.to_string() });
                let written = self
                    .call(move |store| store.append(WRITER, "sign_in", &detail, Timestamp::now()))
                    .await;
                if let Err(fault) = written {
                    tracing::warn!(%fault, "a sign-in at the staff console is not in the audit");
                }
            }
            Err(refused) => {
                tracing::warn!(%from, ?refused, "a sign-in at the staff console was refused");
                tokio::time::sleep(self.limits.wrong_pause).await;
            }
        }
        entered
    }

    /// The board, not older than `max_age`.
    pub async fn board(&self, max_age: Duration) -> Result<Arc<Board>, Fault> {
        let mut kept = self.board.lock().await;
        if let Some((read, board)) = kept.as_ref()
            && read.elapsed() < max_age
        {
            return Ok(board.clone());
        }
        let zone = self.site.time_zone.clone();
        let read = self
            .call(move |store| Board::read(store, &zone, Timestamp::now()))
            .await;
        let board = Arc::new(read?);
        *kept = Some((Instant::now(), board.clone()));
        Ok(board)
    }

    /// Writes the wish as a command, once. False: there is no such kiosk.
    pub async fn call_to_desk(&self, wish: Wish) -> Result<bool, Fault> {
        self.call(move |store| write_command(store, wish, Timestamp::now()))
            .await
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Fault> {
        let (store, turn) = (self.store.clone(), self.turn.clone());
        let done = tokio::time::timeout(self.limits.store, async move {
            let turn = turn.acquire_owned().await;
            tokio::task::spawn_blocking(move || {
                // Given back when the call ends, also when nobody waits for it any longer.
                let _turn = turn;
                work(store.as_ref())
            })
            .await
        });
        match done.await {
            Ok(Ok(answer)) => Ok(answer?),
            Ok(Err(_)) => Err(Fault::Crashed),
            Err(_) => Err(Fault::Silent),
        }
    }
}

/// The audit line comes first: no act without its line.
fn write_command(store: &dyn Store, wish: Wish, now: Timestamp) -> Result<bool, StoreError> {
    if !store.kiosks()?.iter().any(|line| line.kiosk == wish.kiosk) {
        return Ok(false);
    }
    if store
        .commands(COMMANDS_READ)?
        .iter()
        .any(|c| c.id == wish.id)
    {
        return Ok(true);
    }
    let detail = json!({ "kiosk": wish.kiosk, "command": wish.id });
    store.append(WRITER, "call_to_desk", &detail, now)?;
    store.command(&Command {
        id: wish.id,
        kiosk: wish.kiosk,
        act: Act::CallToDesk,
        who: WRITER.to_owned(),
        why: wish.why,
        at: now,
        answer: None,
    })?;
    Ok(true)
}

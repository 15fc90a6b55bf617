//! Tells the site how the kiosk is, and takes what staff ask of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::parts::Parts;
use super::shared::{Shared, Status};
use super::{Inlet, turns};
use crate::checkin::{Event, clock_is_right};
use crate::config::Config;
use crate::store::{Changed, News, Store, StoreError};
use crate::words::Cause;

/// Commands are looked for this often where the store does not tell of them: the console may be another
/// process.
const LOOK_FOR_COMMANDS: Duration = Duration::from_secs(1);
/// Changes within this time are told together: whoever looks on needs no more, and a site's server
/// tells each of them to every kiosk.
const TOGETHER: Duration = Duration::from_millis(300);
/// A kiosk that is well says so this often.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// A command that is older than this when the kiosk first sees it (it was off, or cut off) is not
/// acted on. The console offers the next call after the same time.
const COMMAND_LASTS: SignedDuration = SignedDuration::from_secs(60);
/// What staff read then.
const TOO_OLD: &str = "too old: the patient it was meant for has gone";

/// Publishes what changed, and passes commands on.
pub(super) fn work(
    config: &Config,
    parts: &Parts,
    shared: Arc<Shared>,
    inlet: Inlet,
) -> impl FnOnce() + Send + 'static {
    let (store, kiosk) = (Arc::clone(&parts.store), config.kiosk.id.clone());
    let mut commands = Commands {
        store: Arc::clone(&store),
        kiosk: kiosk.clone(),
        inlet,
        given: BTreeSet::new(),
    };
    let poked = Arc::downgrade(&shared);
    let asked = Arc::new(AtomicBool::new(true));
    let tell = Arc::clone(&asked);
    let news = store.watch(Arc::new(move |changed| {
        if let Changed::Commands | Changed::Anything = changed {
            tell.store(true, Ordering::SeqCst);
            if let Some(shared) = poked.upgrade() {
                shared.poke();
            }
        }
    }));
    let patience = match news {
        News::All => HEARTBEAT,
        News::OwnOnly => LOOK_FOR_COMMANDS,
    };
    let mut seen = 0;
    let mut known = None;
    let mut told: Option<(Value, Instant)> = None;
    let turn = move || {
        if !shared.wait_change(&mut seen, patience) {
            return false;
        }
        let health = [
            ("store", store.health()),
            ("clock", clock(Timestamp::now())),
        ];
        if known.as_ref() != Some(&health) {
            for (what, health) in health.clone() {
                commands.inlet.health(what, health);
            }
            known = Some(health);
        }
        let status = status(&shared);
        let beat = told
            .as_ref()
            .is_none_or(|(_, at)| at.elapsed() >= HEARTBEAT);
        if beat || told.as_ref().is_some_and(|(last, _)| *last != status) {
            if let Err(error) = store.publish(&kiosk, &status, Timestamp::now()) {
                tracing::warn!(%error, "the kiosk's state is not published");
            }
            told = Some((status, Instant::now()));
        }
        // Where the store tells of them, none is missed for longer than a heartbeat.
        let wanted = asked.swap(false, Ordering::SeqCst) || beat || news == News::OwnOnly;
        if wanted && let Err(error) = commands.look(Timestamp::now()) {
            tracing::warn!(%error, "commands of staff cannot be read or answered");
        }
        shared.wait_closed(TOGETHER)
    };
    move || turns("fleet", turn)
}

/// What staff ask, each time once.
struct Commands {
    store: Arc<dyn Store>,
    kiosk: String,
    inlet: Inlet,
    /// Given to the machine; an answer takes a moment to become durable.
    given: BTreeSet<Uuid>,
}

impl Commands {
    fn look(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let commands = self.store.pending(&self.kiosk)?;
        let open: BTreeSet<_> = commands.iter().map(|command| command.id).collect();
        self.given.retain(|id| open.contains(id));
        for command in commands {
            if self.given.contains(&command.id) {
                continue;
            }
            if now.duration_since(command.at) > COMMAND_LASTS {
                self.store.answer(command.id, TOO_OLD, now)?;
                continue;
            }
            self.given.insert(command.id);
            self.inlet.event(Event::Staff {
                id: command.id,
                act: command.act,
            });
        }
        Ok(())
    }
}

fn clock(now: Timestamp) -> Result<(), String> {
    let day = now.strftime("%Y-%m-%d");
    clock_is_right(now)
        .then_some(())
        .ok_or_else(|| format!("{}: it says {day}", Cause::ClockWrong.code()))
}

/// The masked view, since when, and the devices, as the console reads them.
fn status(shared: &Shared) -> Value {
    let Status {
        view,
        since,
        health,
    } = shared.status();
    let health: serde_json::Map<String, Value> = health
        .into_iter()
        .map(|(device, health)| {
            (
                device.to_owned(),
                Value::from(health.err().unwrap_or_else(|| "ok".to_owned())),
            )
        })
        .collect();
    json!({ "view": view.as_deref(), "since": since, "health": health, "version": env!("CARGO_PKG_VERSION") })
}

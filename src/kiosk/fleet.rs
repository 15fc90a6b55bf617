//! Tells the site how the kiosk is, and takes what staff ask of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::parts::Parts;
use super::shared::{Shared, Status};
use super::{Inlet, named};
use crate::checkin::Event;
use crate::config::Config;

/// Commands are looked for this often. They are rows, not messages: the console may be another process.
const LOOK_FOR_COMMANDS: Duration = Duration::from_secs(1);
/// A kiosk that is well says so this often.
const HEARTBEAT: Duration = Duration::from_secs(10);

pub(super) fn start(
    config: &Arc<Config>,
    parts: &Parts,
    shared: Arc<Shared>,
    inlet: Inlet,
) -> std::io::Result<JoinHandle<()>> {
    let (store, kiosk) = (Arc::clone(&parts.store), config.kiosk.id.clone());
    named("fleet", move || {
        let mut seen = 0;
        let mut told: Option<(Value, Instant)> = None;
        let mut given = BTreeSet::new();
        while shared.wait_change(&mut seen, LOOK_FOR_COMMANDS) {
            let status = status(&shared);
            let due = told
                .as_ref()
                .is_none_or(|(last, at)| *last != status || at.elapsed() >= HEARTBEAT);
            if due {
                if let Err(error) = store.publish(&kiosk, &status, Timestamp::now()) {
                    tracing::warn!(%error, "the kiosk's state is not published");
                }
                told = Some((status, Instant::now()));
            }
            match store.pending(&kiosk) {
                Ok(commands) => {
                    let open: BTreeSet<_> = commands.iter().map(|command| command.id).collect();
                    // An answer takes a moment to become durable: the same row is not taken twice.
                    given.retain(|id| open.contains(id));
                    for command in commands
                        .into_iter()
                        .filter(|command| given.insert(command.id))
                    {
                        inlet.event(Event::Staff {
                            id: command.id,
                            act: command.act,
                        });
                    }
                }
                Err(error) => tracing::warn!(%error, "commands of staff cannot be read"),
            }
        }
    })
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

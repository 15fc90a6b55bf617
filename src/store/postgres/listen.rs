//! Hears what other programs change in the shared store, while it happens.

use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio_postgres::AsyncMessage;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::connect;
use crate::config::SharedStore;
use crate::store::StoreError;
use crate::store::database::{Changed, Watchers};

/// After a cut, and to see whether anybody still wants to hear.
const AGAIN: Duration = Duration::from_secs(1);

/// Starts the thread that listens for as long as somebody holds `watchers`.
pub(super) fn start(
    settings: &SharedStore,
    session: &str,
    watchers: &Arc<Watchers>,
) -> Result<(), StoreError> {
    let unusable = |cause: String| StoreError::Unusable {
        path: connect::name(settings),
        cause,
    };
    let parameters = connect::parameters(settings, session).map_err(unusable)?;
    let encryption = connect::encryption(settings.ca_file.as_deref()).map_err(unusable)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    let watchers = Arc::downgrade(watchers);
    std::thread::Builder::new()
        .name("postgres-listen".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                while let Some(all) = watchers.upgrade() {
                    // What was changed while nobody listened is looked at once.
                    all.tell(Changed::Anything);
                    drop(all);
                    if let Err(error) = listen(&parameters, &encryption, &watchers).await {
                        tracing::debug!(%error, "the line on which changes are told is cut");
                        tokio::time::sleep(AGAIN).await;
                    }
                }
            });
        })
        .map(drop)
        .map_err(|error| unusable(error.to_string()))
}

/// Until the line is cut, or nobody wants to hear any more.
async fn listen(
    parameters: &tokio_postgres::Config,
    encryption: &MakeRustlsConnect,
    watchers: &Weak<Watchers>,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = parameters.connect(encryption.clone()).await?;
    let asked = client.batch_execute("LISTEN tiepdon");
    tokio::pin!(asked);
    let mut listening = false;
    loop {
        tokio::select! {
            done = &mut asked, if !listening => {
                done?;
                listening = true;
                // Whatever changed between the last look and now.
                tell(watchers, Changed::Anything);
            }
            message = poll_fn(|context| connection.poll_message(context)) => match message {
                Some(Ok(AsyncMessage::Notification(told))) => {
                    tell(watchers, changed(told.payload()));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
            () = tokio::time::sleep(AGAIN) => {
                if watchers.strong_count() == 0 {
                    return Ok(());
                }
            }
        }
    }
}

fn tell(watchers: &Weak<Watchers>, changed: Changed) {
    if let Some(watchers) = watchers.upgrade() {
        watchers.tell(changed);
    }
}

/// The trigger names its table.
fn changed(table: &str) -> Changed {
    match table {
        "commands" => Changed::Commands,
        "calls" => Changed::Queues,
        "kiosks" => Changed::Kiosks,
        _ => Changed::Anything,
    }
}

//! `tiepdon staff`: the staff page alone.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::channel;

use super::source::Source;
use super::{print, stop};
use crate::config::Config;
use crate::kiosk::open_store;
use crate::staff::{self, Running, SiteInfo};
use crate::store::Store;

/// `tiepdon staff`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// Listen here instead of where the configuration says
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
}

pub(super) fn run(args: &Args) -> ExitCode {
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(lines) => {
            lines.iter().for_each(|line| print::note(line));
            ExitCode::FAILURE
        }
    }
}

/// Serves until somebody asks the process to stop.
fn serve(args: &Args) -> Result<(), Vec<String>> {
    if args.source.demo {
        return Err(vec![
            "error: the trial serves its staff page itself: `tiepdon run --demo` prints where"
                .into(),
        ]);
    }
    let mut config = args.source.load()?;
    if let (Some(staff), Some(listen)) = (&mut config.staff, args.listen) {
        staff.listen = listen;
    }
    let fault = |error: &dyn std::fmt::Display| vec![format!("error: {error}")];
    let (stop, asked) = channel();
    let tell = move || {
        let _ = stop.send(());
    };
    stop::when_asked(tell).map_err(|error| fault(&error))?;
    let store = open_store(&config).map_err(|error| fault(&error))?;
    let running = start(&config, store)?.ok_or_else(|| {
        vec![
            "error: the configuration has no [staff]".into(),
            "hint: add it with listen and token_file".into(),
        ]
    })?;
    print::note(&format!(
        "The staff page is at http://{}/ until you press Ctrl-C.",
        running.addr()
    ));
    // The watch for signals lives as long as the process, so this ends with a signal only.
    let _ = asked.recv();
    Ok(())
}

/// The staff page, where the configuration has one.
pub(super) fn start(
    config: &Config,
    store: Arc<dyn Store>,
) -> Result<Option<Running>, Vec<String>> {
    let Some(settings) = &config.staff else {
        return Ok(None);
    };
    let site = SiteInfo {
        name: config.site.name.clone(),
        time_zone: config.site.time_zone.clone(),
        trial: config.trial,
    };
    staff::start(settings, store, site)
        .map(Some)
        .map_err(|error| vec![format!("error: {error}")])
}

//! `tiepdon staff`: the staff page alone.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use super::print;
use super::source::Source;
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
        Ok(running) => {
            print::note(&format!(
                "the staff page is at http://{}/ ; close standard input to stop",
                running.addr()
            ));
            wait_for_end_of_input();
            ExitCode::SUCCESS
        }
        Err(lines) => {
            lines.iter().for_each(|line| print::note(line));
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> Result<Running, Vec<String>> {
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
    let store = open_store(&config).map_err(|error| vec![format!("error: {error}")])?;
    start(&config, store)?.ok_or_else(|| {
        vec![
            "error: the configuration has no [staff]".into(),
            "hint: add it with listen and token_file".into(),
        ]
    })
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

/// Blocks until whoever started the program closes its standard input, or ends it. Started without
/// one (by systemd), it runs until it is ended.
pub(super) fn wait_for_end_of_input() {
    use std::io::{IsTerminal, Read};
    let mut input = std::io::stdin();
    let read = input.lock().read_to_end(&mut Vec::new());
    if matches!(read, Ok(0)) && !input.is_terminal() && std::env::var_os("INVOCATION_ID").is_some()
    {
        loop {
            std::thread::park();
        }
    }
    let _ = input.read(&mut [0]);
}

//! `tiepdon run`: the kiosk's window.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use super::source::Source;
use super::{print, staff, stop};
use crate::config::Config;
use crate::kiosk::{self, Kiosk, Observer, Parts};
use crate::store::Store;
use crate::ui::{self, Bell, Link, Window};

/// `tiepdon run`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// A window on a desktop instead of the whole panel
    #[arg(long)]
    windowed: bool,
}

pub(super) fn run(args: &Args) -> ExitCode {
    match open(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(lines) => {
            lines.iter().for_each(|line| print::note(line));
            ExitCode::FAILURE
        }
    }
}

fn open(args: &Args) -> Result<(), Vec<String>> {
    let bell = Bell::default();
    let closes = bell.clone();
    stop::when_asked(move || closes.close()).map_err(|error| vec![format!("error: {error}")])?;
    if args.source.demo {
        return demo(args, bell);
    }
    window(args, args.source.load()?, bell, None)
}

#[cfg(feature = "sim")]
fn demo(args: &Args, bell: Bell) -> Result<(), Vec<String>> {
    use super::demo::{Demo, Setup, Shows};
    use crate::kiosk::Moment;
    /// Long enough to see the screen before the simulated patient does what it asks.
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(2500);
    let demo = Demo::start(
        &Setup {
            pause: PAUSE,
            ..Setup::default()
        },
        &|line| print::note(line),
    )?;
    print::note("Touch START: a simulated patient shows the code and lays the card down.");
    let shows = Shows::default();
    let patient = demo
        .patient(shows.clone())
        .map_err(|error| vec![format!("error: {error}")])?;
    let (put, mut last) = (shows.clone(), None::<Arc<crate::checkin::View>>);
    let observer: Observer = Box::new(move |moment| {
        if let Moment::View(view) = moment
            && last.as_deref() != Some(view)
        {
            let view = Arc::new(view.clone());
            last = Some(Arc::clone(&view));
            put.put(view);
        }
    });
    let done = window(args, demo.config.clone(), bell, Some(observer));
    shows.end();
    // It ends with the shows; if it panicked, that has been printed.
    let _ = patient.join();
    done
}

#[cfg(not(feature = "sim"))]
fn demo(_: &Args, _: Bell) -> Result<(), Vec<String>> {
    Err(super::source::no_simulators())
}

/// Numbers that this kiosk had in hand when it last stopped, without a word of their paper.
fn abandon(config: &Config, store: &dyn Store) {
    match kiosk::abandon(config, store) {
        Ok(0) => {}
        Ok(numbers) => tracing::warn!(numbers, "numbers of before the restart are unclaimed"),
        Err(error) => tracing::error!(%error, "numbers of before the restart stay in the queue"),
    }
}

fn window(
    args: &Args,
    config: Config,
    bell: Bell,
    observer: Option<Observer>,
) -> Result<(), Vec<String>> {
    let fault = |error: &dyn std::fmt::Display| vec![format!("error: {error}")];
    let parts = Parts::from_config(&config).map_err(|error| fault(&error))?;
    abandon(&config, parts.store.as_ref());
    let staff = staff::start(&config, Arc::clone(&parts.store))?;
    if let (Some(running), Some(settings)) = (&staff, &config.staff) {
        if config.trial {
            // A trial's token guards nothing and is gone with it.
            print::note(&format!(
                "Staff page: http://{}/?token={}",
                running.addr(),
                settings.token.expose()
            ));
        } else {
            print::note(&format!("staff page: http://{}/", running.addr()));
        }
    }
    let window = Window {
        trial: config.trial,
        hospital: config.site.name.clone(),
        settings: config.screen,
        windowed: args.windowed || config.trial,
        mirror: config.camera.as_ref().is_some_and(|camera| camera.mirror),
    };
    let kiosk = Kiosk::start(config, parts, observer).map_err(|error| fault(&error))?;
    let shared = kiosk.shared();
    let first = shared.first_view();
    let newest = Arc::new(Mutex::new(first));
    let (put, wake, source) = (Arc::clone(&newest), bell.clone(), Arc::clone(&shared));
    shared.on_change(move || {
        if let Some(view) = source.view() {
            *put.lock().unwrap_or_else(PoisonError::into_inner) = view;
            wake.wake();
        }
    });
    let inlet = kiosk.inlet();
    let link = Link {
        view: newest,
        preview: kiosk.preview(),
        touch: Box::new(move |touch| inlet.touch(touch)),
        bell,
    };
    let done = ui::run(window, link).map_err(|error| fault(&error));
    drop(kiosk);
    drop(staff);
    done
}

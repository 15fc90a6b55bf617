//! `tiepdon check-in`: one complete check-in at the terminal, on the machine, the driver and the
//! devices that serve the window.

mod report;
mod script;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use self::report::{Report, Step};
use self::script::Script;
use super::print;
use super::source::Source;
use crate::checkin::{Device, Effect, Event, Screen, Touch};
use crate::config::{Chip, Config};
use crate::identity::Way;
use crate::kiosk::{Kiosk, Moment, Parts};
use crate::queue::Paper;
use crate::store::Store;
use crate::ticket::{Printer, PrinterFault, Raster};
use crate::words::Language;

/// `tiepdon check-in`. What is not given comes from reader and scanner, as at the window.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// The card access number: the last six digits of the personal number
    #[arg(long, value_name = "N")]
    can: Option<String>,
    /// The MRZ of the card: its three lines joined by newlines, or the 24 characters of the key
    #[arg(long, value_name = "TEXT")]
    mrz: Option<String>,
    /// A picture of the code
    #[arg(long, value_name = "FILE")]
    qr_image: Option<PathBuf>,
    /// The code's text
    #[arg(long, value_name = "TEXT")]
    qr_text: Option<String>,
    /// The personal number, as typed on the keypad
    #[arg(long, value_name = "N")]
    number: Option<String>,
    /// The year of birth, typed where a hospital's number asks for it
    #[arg(long, value_name = "YYYY")]
    birth_year: Option<u16>,
    /// The service to choose where there is a choice; the first by default
    #[arg(long, value_name = "CODE")]
    service: Option<String>,
    /// Write the ticket's picture here, too
    #[arg(long, value_name = "FILE.png")]
    ticket_out: Option<PathBuf>,
    /// Print one JSON object on standard output and nothing else
    #[arg(long)]
    json: bool,
}

/// A check-in whose machine has gone silent for this long has gone wrong: every state ends sooner.
const SILENT_MAX: Duration = Duration::from_secs(700);
/// After the ticket, this long for the hospital's system to take the visit.
const HANDOVER_MAX: Duration = Duration::from_secs(5);

/// The devices say how they are within this.
const DEVICES_WITHIN: Duration = Duration::from_secs(2);

pub(super) fn run(args: &Args) -> ExitCode {
    match check_in(args) {
        Ok(report) => {
            if args.json {
                print::result(&report.json());
            } else {
                report
                    .lines(language())
                    .iter()
                    .for_each(|line| print::result(line));
            }
            if report.issued() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(lines) => {
            lines.iter().for_each(|line| print::note(line));
            ExitCode::FAILURE
        }
    }
}

fn check_in(args: &Args) -> Result<Report, Vec<String>> {
    // What was given is looked at before anything is started for it.
    let script = Script::new(args)?;
    if args.source.demo {
        return demo(args, script);
    }
    let config = args.source.load()?;
    with_config(args, script, config, || {}, |_| Ok(()))
}

#[cfg(feature = "sim")]
fn demo(args: &Args, script: Script) -> Result<Report, Vec<String>> {
    use super::demo::{Demo, Setup, Shows};
    let setup = Setup {
        can: script.can(),
        ..Setup::default()
    };
    let demo = Demo::start(&setup, &|line| print::note(line))?;
    let shows = Shows::default();
    // A code or number given at the command line takes the place of the simulated patient; six
    // digits want the card that they open.
    let patient = if script.tells_who() {
        None
    } else {
        Some(
            demo.patient(shows.clone())
                .map_err(|error| vec![format!("error: {error}")])?,
        )
    };
    let end = shows.clone();
    let folder = super::demo::folder();
    let mut report = with_config(
        args,
        script,
        demo.config.clone(),
        move || end.end(),
        move |view| {
            shows.put(view);
            Ok(())
        },
    )?;
    if let Some(patient) = patient {
        // It ends with the kiosk; if it panicked, that has been printed.
        let _ = patient.join();
    }
    if let Some(ticket) = demo.printer.tickets().last() {
        let path = args
            .ticket_out
            .clone()
            .unwrap_or_else(|| folder.join("ticket.png"));
        match std::fs::write(&path, ticket.png()) {
            Ok(()) => report.ticket_file = Some(path),
            Err(error) => print::note(&format!("error: {}: {error}", path.display())),
        }
    }
    Ok(report)
}

#[cfg(not(feature = "sim"))]
fn demo(_: &Args, _: Script) -> Result<Report, Vec<String>> {
    Err(super::source::no_simulators())
}

fn with_config(
    args: &Args,
    mut script: Script,
    config: Config,
    over: impl FnOnce(),
    mut on_view: impl FnMut(Arc<crate::checkin::View>) -> Result<(), Vec<String>> + Send + 'static,
) -> Result<Report, Vec<String>> {
    let fault = |error: &dyn std::fmt::Display| vec![format!("error: {error}")];
    script.fits(&config)?;
    let mut parts = Parts::from_config(&config).map_err(|error| fault(&error))?;
    let keeps = args.ticket_out.clone().filter(|_| !args.source.demo);
    if let Some(path) = keeps.clone() {
        let open = Arc::clone(&parts.printer);
        parts.printer = Arc::new(move || {
            Box::new(Keeper {
                inner: open(),
                path: path.clone(),
            })
        });
    }
    let store = Arc::clone(&parts.store);
    let names = config
        .services
        .iter()
        .chain([&config.desk])
        .map(|s| (s.code.clone(), s.clone()))
        .collect();
    let (sender, steps) = channel();
    let mut last = None;
    let observer = move |moment: Moment<'_>| {
        let step = match moment {
            Moment::View(view) if last.as_deref() != Some(view) => {
                let view = Arc::new(view.clone());
                last = Some(Arc::clone(&view));
                let _ = on_view(Arc::clone(&view));
                Step::View(view)
            }
            Moment::Effect(Effect::TakeNumber { draft, .. }) => Step::Asked(draft.clone()),
            Moment::Effect(Effect::Print { issued, .. }) => Step::Issued(issued.clone()),
            Moment::Effect(Effect::Paper { paper, .. }) => Step::Paper(*paper),
            Moment::Event(Event::Touch(Touch::Cancel)) => Step::Cancelled,
            Moment::Event(Event::Device(device, _)) => Step::Device(*device),
            Moment::View(_) | Moment::Effect(_) | Moment::Event(_) => return,
        };
        // Nobody listens after the check-in's end.
        let _ = sender.send(step);
    };
    let devices = expected(&config);
    let kiosk =
        Kiosk::start(config, parts, Some(Box::new(observer))).map_err(|error| fault(&error))?;
    let mut report = Report::new(names);
    let mut said = None;
    wait_for_devices(devices, &steps);
    let begun = Instant::now();
    script.begin(&kiosk.inlet());
    // A card that lay there already asked for its digits before anybody listened.
    if let Some(view) = kiosk.shared().view() {
        script.answer(&view, &kiosk.inlet());
    }
    while !report.ended() {
        match steps.recv_timeout(SILENT_MAX) {
            Ok(step) => {
                if let Step::View(view) = &step {
                    let line = report::told(view, language());
                    if let Some(line) = line.filter(|line| said.as_ref() != Some(line)) {
                        print::note(&line);
                        said = Some(line);
                    }
                    script.answer(view, &kiosk.inlet());
                }
                report.take(step);
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(vec![
                    "error: the kiosk fell silent; TIEPDON_LOG=debug shows more".into(),
                ]);
            }
        }
    }
    report.millis = begun.elapsed();
    over();
    report.ehr = handed_over(store.as_ref(), &report, &steps);
    report.ticket_file = keeps;
    drop(kiosk);
    Ok(report)
}

/// The devices that will say how they are.
fn expected(config: &Config) -> Vec<Device> {
    let chip = config.policy.ways.contains(&Way::Chip) && config.policy.chip != Chip::Off;
    let codes = config.scanner.is_some() || config.camera.is_some();
    [(chip, Device::Reader), (codes, Device::Codes)]
        .into_iter()
        .filter_map(|(is, device)| is.then_some(device))
        .collect()
}

/// A kiosk knows its devices a moment after its start; a patient comes later than that.
fn wait_for_devices(mut missing: Vec<Device>, steps: &Receiver<Step>) {
    let end = Instant::now() + DEVICES_WITHIN;
    while !missing.is_empty() {
        match steps.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(Step::Device(device)) => missing.retain(|one| *one != device),
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

/// What became of the visit in the hospital's system, within a few seconds.
fn handed_over(store: &dyn Store, report: &Report, steps: &Receiver<Step>) -> Option<String> {
    let visit = report.visit?;
    let end = Instant::now() + HANDOVER_MAX;
    loop {
        let state = store.state(visit).ok().flatten();
        let waits = state.as_deref() == Some("queued") && Instant::now() < end;
        if !waits {
            return state;
        }
        // Not an event of ours: the drainer writes it. Look again soon.
        let _ = steps.recv_timeout(Duration::from_millis(20));
    }
}

/// Vietnamese where the terminal is Vietnamese, else English.
fn language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if locale.is_some_and(|locale| locale.starts_with("vi")) {
        Language::Vi
    } else {
        Language::En
    }
}

/// Prints, and keeps the picture.
struct Keeper {
    inner: Box<dyn Printer>,
    path: PathBuf,
}

impl Printer for Keeper {
    fn print(
        &mut self,
        raster: &Raster,
        id: [u8; 4],
        within: Duration,
    ) -> Result<Paper, PrinterFault> {
        if let Err(error) = std::fs::write(&self.path, raster.to_png()) {
            tracing::error!(%error, "the ticket's picture cannot be kept");
        }
        self.inner.print(raster, id, within)
    }

    fn status(&mut self, within: Duration) -> Result<(), PrinterFault> {
        self.inner.status(within)
    }

    fn warning(&self) -> Option<PrinterFault> {
        self.inner.warning()
    }

    fn about(&self) -> String {
        self.inner.about()
    }
}

/// Whether the screen is one on which a check-in has ended.
fn is_end(screen: &Screen) -> bool {
    matches!(screen, Screen::Done { .. } | Screen::Help { .. })
}

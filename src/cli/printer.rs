//! `tiepdon printer`: the ticket printer alone, for whoever installs it or changes its roll.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::print;
use super::source::Source;
use crate::config::{Config, Link};
use crate::queue::Paper;
use crate::ticket::{self, Face, Printer, PrinterFault, Roll, Template};
use crate::words::Language;

/// Asks the printer how it is; prints a ticket that is worth nothing; watches it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: Source,
    /// Print so many trial tickets
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1")]
    test: Option<u32>,
    /// Go on asking, once a second, and tell what changes
    #[arg(long, conflicts_with = "test")]
    watch: bool,
    /// A new roll was put in: count it from the start (`roll_mm` of the printer)
    #[arg(long, conflicts_with_all = ["test", "watch"])]
    new_roll: bool,
    /// Print JSON, one object a line, and nothing else
    #[arg(long)]
    json: bool,
}

/// For a status.
const STATUS: Duration = Duration::from_secs(6);

/// For a ticket, as long as a kiosk gives it.
const TICKET: Duration = Duration::from_secs(14);

const WATCH_EVERY: Duration = Duration::from_secs(1);

pub(super) fn run(args: &Args) -> ExitCode {
    if args.source.demo {
        print::note("error: a trial has its own printer; `tiepdon sim printer` is one to try");
        return ExitCode::FAILURE;
    }
    let config = match args.source.load() {
        Ok(config) => config,
        Err(lines) => {
            lines.iter().for_each(|line| print::note(line));
            return ExitCode::FAILURE;
        }
    };
    if args.new_roll {
        return new_roll(&config);
    }
    let mut printer = ticket::open(&config.printer);
    let mut last = Value::Null;
    for n in 0.. {
        let begun = Instant::now();
        let result = match args.test {
            Some(_) => print_trial(&config, printer.as_mut()),
            None => printer.status(STATUS).map(|()| None),
        };
        let told = tell(&config, printer.as_ref(), &result);
        if told != last {
            say(args.json, &told, begun.elapsed());
        }
        if args.watch {
            last = told;
            std::thread::park_timeout(WATCH_EVERY);
        } else if n + 1 >= args.test.unwrap_or(1) {
            return if result.is_ok() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            };
        }
    }
    ExitCode::SUCCESS
}

fn new_roll(config: &Config) -> ExitCode {
    let Some(roll) = &config.printer.roll else {
        print::note("error: the paper is not counted; set [printer] roll_mm");
        return ExitCode::FAILURE;
    };
    match Roll::renew(roll) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let file = roll.file.display();
            print::note(&format!("error: {file} cannot be written: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// A ticket with the longest words, that says of itself that it is worth nothing.
fn print_trial(config: &Config, printer: &mut dyn Printer) -> Result<Option<Paper>, PrinterFault> {
    let (template, _) = Template::of(&config.ticket, config.printer.width_dots);
    let service = config.services.first().unwrap_or(&config.desk);
    let face = Face {
        hospital: config.site.name.clone(),
        number: format!("{}000", service.series.prefix),
        service: service.name_vi.clone(),
        place: service.place.clone(),
        time: jiff::ZonedDateTime::now()
            .strftime("%H:%M:%S · %d/%m/%Y")
            .to_string(),
        kiosk: config.kiosk.id.clone(),
        trial: true,
        ..Face::default()
    };
    let rendered = template.picture(&face, config.ticket.page, config.printer.width_dots);
    let raster = rendered.map_err(|error| PrinterFault {
        cause: crate::words::Cause::PrinterOther,
        detail: error.to_string(),
    })?;
    printer.print(&raster, *b"test", TICKET).map(Some)
}

fn tell(
    config: &Config,
    printer: &dyn Printer,
    result: &Result<Option<Paper>, PrinterFault>,
) -> Value {
    let link = match &config.printer.link {
        Link::Tcp(address) => address.to_string(),
        Link::Device(path) | Link::Folder(path) => path.display().to_string(),
        Link::Ipp { uri, .. } => uri.clone(),
    };
    let fault = result.as_ref().err().cloned();
    let fault = fault.or_else(|| printer.warning());
    let roll = config.printer.roll.as_ref();
    json!({
        "printer": link,
        "about": printer.about(),
        "prints": result.is_ok(),
        "paper": match result {
            Ok(paper) => json!(paper),
            Err(_) => json!(Paper::Failed),
        },
        "reason": fault.as_ref().map(|fault| fault.cause.code()),
        "detail": fault.as_ref().map(|fault| &fault.detail),
        "cure": fault.as_ref().map(|fault| fault.cause.cure(Language::En)),
        "roll_mm": roll.and_then(|roll| Roll::printed_mm(roll).ok()),
    })
}

fn say(json: bool, told: &Value, took: Duration) {
    if json {
        let mut line = told.clone();
        line["millis"] = json!(took.as_millis());
        line["time"] = json!(jiff::Timestamp::now().to_string());
        print::result(&line.to_string());
        return;
    }
    let text = |key: &str| told[key].as_str().unwrap_or_default();
    print::result(&format!("{}: {}", text("printer"), text("about")));
    if let Some(paper) = told["paper"].as_str() {
        print::result(&format!("  ticket: {paper}"));
    }
    if let Some(reason) = told["reason"].as_str() {
        print::result(&format!("  {reason}: {}", text("detail")));
        print::result(&format!("        → {}", text("cure")));
    }
}

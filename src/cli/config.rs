//! `tiepdon config`: is the file right, and what does one look like? And the same for the drawing
//! of the ticket.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::print;
use super::source::Source;
use crate::config::EXAMPLE;
use crate::ticket::{Template, TicketError};

/// The configuration file.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Report every fault at once, with its line and cure
    Check(Source),
    /// Print a commented example
    Example,
    /// Try a ticket's drawing, or print the built-in one to start from
    Ticket(Ticket),
}

/// How to make a ticket of one's own: print the built-in drawing into a file, open it in Inkscape,
/// change it, and try it.
#[derive(Debug, clap::Args)]
pub(super) struct Ticket {
    /// The drawing to try: every fault is named, and FILE.png shows what is printed
    #[arg(value_name = "FILE.svg")]
    template: Option<PathBuf>,
    /// Without a drawing: whose built-in drawing to print
    #[arg(long, default_value = "80mm", value_parser = ["80mm", "58mm", "A6"])]
    paper: String,
}

pub(super) fn run(command: &Command) -> ExitCode {
    match command {
        Command::Example => {
            print::result(EXAMPLE.trim_end());
            ExitCode::SUCCESS
        }
        Command::Check(source) if source.demo => {
            print::note("the trial brings its own configuration; nothing to check");
            ExitCode::SUCCESS
        }
        Command::Check(source) => check(source),
        Command::Ticket(Ticket {
            template: Some(template),
            ..
        }) => try_template(template),
        Command::Ticket(ticket) => {
            let mut drawings = Template::builtin_drawings();
            if let Some((_, drawing)) = drawings.find(|(paper, _)| *paper == ticket.paper) {
                print::result(drawing.trim_end());
            }
            ExitCode::SUCCESS
        }
    }
}

fn check(source: &Source) -> ExitCode {
    let refused = match source.load() {
        Ok(config) => Template::of(&config.ticket, config.printer.width_dots).1,
        Err(lines) => {
            lines.iter().for_each(|line| print::note(line));
            return ExitCode::FAILURE;
        }
    };
    match refused {
        None => {
            print::result("no fault found");
            ExitCode::SUCCESS
        }
        Some(error) => {
            tell(&error);
            print::note(
                "hint: try it with `tiepdon config ticket FILE.svg`; until it is right the built-in ticket serves",
            );
            ExitCode::FAILURE
        }
    }
}

fn try_template(path: &Path) -> ExitCode {
    let picture = path.with_extension("png");
    let tried = Template::load(path).and_then(|template| template.proof());
    let drawn = match tried {
        Ok(drawn) => drawn,
        Err(error) => {
            tell(&error);
            return ExitCode::FAILURE;
        }
    };
    match std::fs::write(&picture, drawn.to_png()) {
        Ok(()) => {
            print::result(&format!(
                "no fault found; {} shows what is printed",
                picture.display()
            ));
            ExitCode::SUCCESS
        }
        Err(error) => {
            print::note(&format!("error: {}: {error}", picture.display()));
            ExitCode::FAILURE
        }
    }
}

fn tell(error: &TicketError) {
    for fault in error.each() {
        print::note(&format!("error: {fault}"));
    }
}

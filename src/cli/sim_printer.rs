//! `tiepdon sim printer`: an ESC/POS printer on this machine, with any fault at any time.

use std::io::{BufRead as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::sim::printer::{Command, Faults, Printer, Socket, Timed, help, schedule};

/// Listens on 127.0.0.1 (or on a serial line) and prints onto pictures until it is stopped. Each
/// line on standard input is a command.
#[derive(Debug, clap::Args)]
#[command(after_help = format!("Commands, for --fault, --at and standard input (NAME=0 ends a fault):\n{}", help()))]
pub struct Args {
    /// TCP port; 0 takes a free one
    #[arg(long, default_value_t = 9100)]
    port: u16,
    /// A serial line instead of TCP: a pseudo-terminal, whose name is printed
    #[arg(long, conflicts_with_all = ["port", "device"])]
    serial: bool,
    /// A device file instead of TCP, such as /dev/g_printer0
    #[arg(long, value_name = "FILE", conflicts_with = "port")]
    device: Option<PathBuf>,
    /// Folder for the tickets, ticket-1.png and so on
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What is wrong with the printer, or missing, from the start
    #[arg(long, value_delimiter = ',', value_name = "COMMAND")]
    fault: Vec<Command>,
    /// What is done when, counted from the start: 5s:paper-out,12s:paper-in; or @FILE, the same in lines
    #[arg(long, value_name = "SCHEDULE", value_parser = read_schedule)]
    at: Option<Schedule>,
}

#[derive(Debug, Clone)]
struct Schedule(Vec<Timed>);

/// A wait for the next ticket; then it waits again.
const WAIT: Duration = Duration::from_secs(3600);

fn read_schedule(text: &str) -> Result<Schedule, String> {
    let read = match text.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))?,
        None => text.to_owned(),
    };
    schedule(&read).map(Schedule)
}

/// Serves until the process is stopped.
pub fn run(args: &Args) -> ExitCode {
    let printer = match start(args) {
        Ok(printer) => Arc::new(printer),
        Err(e) => {
            say(&format!(
                "error: the printer cannot be had: {e}\n\nhint: choose another --port, or 0 for a free one"
            ));
            return ExitCode::FAILURE;
        }
    };
    say(&format!("printer: {}", printer.place()));
    let begun = Instant::now();
    let scheduled = Arc::clone(&printer);
    let at = args
        .at
        .clone()
        .map(|schedule| schedule.0)
        .unwrap_or_default();
    aside("sim-schedule", move || {
        for timed in at {
            std::thread::park_timeout((begun + timed.at).saturating_duration_since(Instant::now()));
            obey(&scheduled, &timed.command, begun);
        }
    });
    let typed = Arc::clone(&printer);
    aside("sim-commands", move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            match line.parse::<Command>() {
                Ok(command) => obey(&typed, &command, begun),
                Err(e) if !line.trim().is_empty() => say(&format!("error: {e}")),
                Err(_) => {}
            }
        }
    });
    for n in 0.. {
        let ticket = loop {
            if let Some(ticket) = printer.wait_for_ticket(n, WAIT) {
                break ticket;
            }
        };
        let counts = printer.counts();
        let (number, width, height) = (n + 1, ticket.width, ticket.height);
        say(&format!(
            "{:.3} ticket {number}: {width} x {height} dots, {} hidden commands",
            begun.elapsed().as_secs_f64(),
            counts.stray
        ));
    }
    ExitCode::SUCCESS
}

fn start(args: &Args) -> std::io::Result<Printer> {
    let socket = match &args.device {
        Some(file) => Socket::File(file.clone()),
        None if args.serial => Socket::Serial,
        None => Socket::Tcp(args.port),
    };
    let printer = Printer::plug_in(&socket, Faults::none(), args.out.as_deref())?;
    for command in &args.fault {
        printer.command(command)?;
    }
    Ok(printer)
}

fn obey(printer: &Printer, command: &Command, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    match printer.command(command) {
        Ok(()) => say(&format!("{seconds:.3} {:?}", printer.faults())),
        Err(e) => say(&format!("error: {e}")),
    }
}

/// It ends with the process.
fn aside(name: &str, work: impl FnOnce() + Send + 'static) {
    if let Err(e) = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
    {
        say(&format!("error: no thread: {e}"));
    }
}

/// A terminal that is gone needs no words.
fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Args, start};
    use crate::sim::printer::Faults;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn faults_and_their_times_are_named_on_the_command_line() {
        let line = [
            "printer",
            "--port",
            "0",
            "--fault",
            "paper-out,no-process-id",
            "--at",
            "5s:paper-in",
        ];
        let args = Line::try_parse_from(line).expect("line").args;
        let expected = Faults {
            paper_out: true,
            no_process_id: true,
            ..Faults::none()
        };
        assert_eq!(start(&args).expect("printer").faults(), expected);
        assert_eq!(args.at.expect("schedule").0.len(), 1);
        assert!(Line::try_parse_from(["printer", "--fault", "paper"]).is_err());
    }
}

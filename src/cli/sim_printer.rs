//! `tiepdon sim printer`: an ESC/POS printer on this machine, with any fault.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;

use crate::sim::printer::{Faults, Printer};

/// Listens on 127.0.0.1 and prints onto pictures until it is stopped.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// TCP port; 0 takes a free one
    #[arg(long, default_value_t = 9100)]
    port: u16,
    /// Folder for the tickets, ticket-1.png and so on
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What is wrong with the printer
    #[arg(long, value_delimiter = ',')]
    fault: Vec<Fault>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Fault {
    /// The roll is empty
    PaperOut,
    /// The roll ends soon
    NearEnd,
    /// The cover is open
    CoverOpen,
    /// The cutter is stuck
    Cutter,
    /// It never answers
    Mute,
    /// It reads nothing
    Stalled,
    /// It closes every connection
    Offline,
    /// It does not know GS ( H
    NoProcessId,
    /// It answers byte by byte
    Fragments,
}

/// A wait for the next ticket; then it waits again.
const WAIT: Duration = Duration::from_secs(3600);

/// Serves until the process is stopped.
pub fn run(args: &Args) -> ExitCode {
    let mut terminal = std::io::stderr();
    let faults = args
        .fault
        .iter()
        .fold(Faults::none(), |faults, &fault| add(faults, fault));
    let printer = match Printer::start_into(args.port, faults, args.out.as_deref()) {
        Ok(printer) => printer,
        Err(e) => {
            let port = args.port;
            // A terminal that is gone needs no words.
            drop(writeln!(
                terminal,
                "error: cannot listen on 127.0.0.1:{port}: {e}\n\nhint: choose another --port, or 0 for a free one"
            ));
            return ExitCode::FAILURE;
        }
    };
    drop(writeln!(terminal, "printer: tcp://{}", printer.addr()));
    for n in 0.. {
        let ticket = loop {
            if let Some(ticket) = printer.wait_for_ticket(n, WAIT) {
                break ticket;
            }
        };
        let counts = printer.counts();
        let (number, width, height) = (n + 1, ticket.width, ticket.height);
        drop(writeln!(
            terminal,
            "ticket {number}: {width} x {height} dots, {} hidden commands",
            counts.stray
        ));
    }
    ExitCode::SUCCESS
}

fn add(faults: Faults, fault: Fault) -> Faults {
    match fault {
        Fault::PaperOut => Faults {
            paper_out: true,
            ..faults
        },
        Fault::NearEnd => Faults {
            near_end: true,
            ..faults
        },
        Fault::CoverOpen => Faults {
            cover_open: true,
            ..faults
        },
        Fault::Cutter => Faults {
            cutter: true,
            ..faults
        },
        Fault::Mute => Faults {
            mute: true,
            ..faults
        },
        Fault::Stalled => Faults {
            stalled: true,
            ..faults
        },
        Fault::Offline => Faults {
            offline: true,
            ..faults
        },
        Fault::NoProcessId => Faults {
            no_process_id: true,
            ..faults
        },
        Fault::Fragments => Faults {
            fragments: true,
            ..faults
        },
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Args, Faults, add};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn faults_are_named_on_the_command_line() {
        let line = [
            "printer",
            "--port",
            "0",
            "--fault",
            "paper-out,no-process-id",
        ];
        let args = Line::try_parse_from(line).expect("line").args;
        let faults = args.fault.into_iter().fold(Faults::none(), add);
        let expected = Faults {
            paper_out: true,
            no_process_id: true,
            ..Faults::none()
        };
        assert_eq!((args.port, faults), (0, expected));
    }
}

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use super::print;
use crate::sim::card::{Card, vpcd};
use crate::sim::{SimPerson, person, persons};

/// `tiepdon sim card`: a virtual citizen card that stays until standard input closes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Personal number of the invented person; without it, the first one.
    #[arg(long, value_name = "NUMBER")]
    person: Option<String>,
    /// TCP port at which vpcd listens.
    #[arg(long, default_value_t = vpcd::ADDRESS.port())]
    port: u16,
    /// Print the text of the card's QR and end.
    #[arg(long)]
    qr: bool,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let Some(person) = chosen(args) else {
        print::note("error: there is no such invented person");
        let numbers: Vec<&str> = persons().iter().map(|p| p.number.expose()).collect();
        print::note(&format!("hint: --person takes {}", numbers.join(", ")));
        return ExitCode::FAILURE;
    };
    if args.qr {
        print::result(&person.card_qr());
        return ExitCode::SUCCESS;
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    match vpcd::insert(Card::new(person), address) {
        Ok(inserted) => {
            let number = person.number.expose();
            print::note(&format!(
                "the card of {number} is in; close standard input to remove it"
            ));
            // Ctrl-C ends the process, and with it the card.
            let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
            let was_in = inserted.is_in();
            inserted.remove();
            if was_in {
                return ExitCode::SUCCESS;
            }
            print::note("error: the virtual reader went away");
            ExitCode::FAILURE
        }
        Err(error) => {
            print::note(&format!("error: no virtual reader at {address}: {error}"));
            print::note("hint: install vsmartcard-vpcd and start pcscd");
            ExitCode::FAILURE
        }
    }
}

fn chosen(args: &Args) -> Option<&'static SimPerson> {
    match &args.person {
        Some(number) => person(number),
        None => persons().first(),
    }
}

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::print;
use crate::sim::card::link::{LinkPlan, Rate};
use crate::sim::card::profile::{self, Profile};
use crate::sim::card::{Card, Faults, vpcd};
use crate::sim::issuer::Issuer;
use crate::sim::{SimPerson, person, persons};

const EXAMPLES: &str = "\
To read it: tiepdon sim card --issuer DIR --trust-out DIR/trust in one terminal, then
tiepdon read-card --can 012345 --trust DIR/trust in another (the CAN is the last six digits of the number).
A profile of your own: assets/sim/cards/genuine.toml says all that one can hold.";

/// `tiepdon sim card`: a virtual card that stays until standard input closes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Personal number of the invented person; without it, the first one
    #[arg(long, value_name = "NUMBER")]
    person: Option<String>,
    /// What kind of card: a name of --list, a TOML file, or bsi:DIR for the reference data set of
    /// the BSI in that folder
    #[arg(long, value_name = "NAME|FILE", default_value = "genuine")]
    profile: String,
    /// Folder in which the issuer's keys are kept, so that later cards are of the same country;
    /// without it, the issuer lives as long as this command
    #[arg(long, value_name = "DIR")]
    issuer: Option<PathBuf>,
    /// Write the certificates and revocation lists that a reader is to trust into this folder
    #[arg(long, value_name = "DIR")]
    trust_out: Option<PathBuf>,
    /// As slow as a real card at so many kbit/s (106, 212, 424 or 848); without it, as the profile
    /// says
    #[arg(long, value_name = "KBITS", value_parser = rate)]
    link: Option<Rate>,
    /// TCP port at which vpcd listens
    #[arg(long, default_value_t = vpcd::ADDRESS.port())]
    port: u16,
    /// Print the text of the card's QR and end
    #[arg(long)]
    qr: bool,
    /// Print the profiles and end
    #[arg(long)]
    list: bool,
}

fn rate(text: &str) -> Result<Rate, String> {
    let kilobits: u32 = text.parse().map_err(|_| "a number is expected")?;
    Rate::try_from(kilobits)
}

pub(super) fn run(args: &Args) -> ExitCode {
    if args.list {
        for (name, profile) in Profile::all() {
            print::result(&format!("{name:<24}{}", profile.about));
        }
        return ExitCode::SUCCESS;
    }
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
    match made(args, person) {
        Ok((card, link, words)) => stay(card, link, &words, args.port),
        Err(error) => {
            print::note(&format!("error: {error}"));
            print::note("hint: tiepdon sim card --list names the profiles");
            ExitCode::FAILURE
        }
    }
}

/// The card, its link, and what to call it.
type Made = (Card, Option<LinkPlan>, String);

fn made(args: &Args, person: &SimPerson) -> Result<Made, String> {
    let asked = args.link.map(LinkPlan::bare);
    if let Some(folder) = args.profile.strip_prefix("bsi:") {
        let chip = profile::bsi(Path::new(folder))
            .ok_or_else(|| format!("{folder}: the BSI's reference data set is not there"))?;
        let card = Card::of(chip, Faults::default());
        return Ok((card, asked, "the BSI's reference card".to_owned()));
    }
    let profile = Profile::find(&args.profile)?;
    let in_folder = |folder: &Path| {
        let issuer = Issuer::in_folder(folder);
        issuer.map_err(|error| format!("{}: {error}", folder.display()))
    };
    let issuer = match &args.issuer {
        Some(folder) => in_folder(folder)?,
        None => Issuer::fresh(Issuer::usual()),
    };
    if let Some(folder) = &args.trust_out {
        let written = issuer.write_trust(folder);
        written.map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let card = Card::of(profile.chip(person, &issuer), profile.faults.clone());
    let words = format!("the card of {} ({})", person.number.expose(), args.profile);
    Ok((card, asked.or(profile.link), words))
}

fn stay(card: Card, link: Option<LinkPlan>, words: &str, port: u16) -> ExitCode {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match vpcd::insert_over(card, link, address) {
        Ok(inserted) => {
            print::note(&format!("{words} is in; close standard input to remove it"));
            // Ctrl-C ends the process, and with it the card.
            let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
            let was_in = inserted.is_in();
            inserted.remove();
            if was_in {
                return ExitCode::SUCCESS;
            }
            print::note("error: the virtual reader went away, or the profile removed the card");
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

//! A whole reading of the chip in one process, reader beside simulated card, without a line between
//! them: what of the time is our own, and how much goes over the line.

mod common;

use std::time::{Duration, Instant};

use common::{Table, Times};
use tiepdon::emrtd::{Access, LinkStats, Plan, Transport, TransportError, read};
use tiepdon::sim::card::Card;
use tiepdon::sim::{SimPerson, persons};

const RUNS: usize = 200;

/// What a check-in reads, and what staff read to see the face. The bars of the traffic are those
/// that the tests hold every person to; our own time has to be lost in that of a real chip, 1 s.
const PLANS: [(&str, Plan, u32, u64); 2] = [
    ("DG1, DG13", plan(false), 30, 5_000),
    ("DG1, DG13, portrait", plan(true), 110, 26_000),
];
const OWN_TIME: Duration = Duration::from_millis(10);

const fn plan(portrait: bool) -> Plan {
    Plan {
        dg13: true,
        portrait,
    }
}

fn main() {
    if !common::wanted() {
        return;
    }
    let person = &persons()[0];
    let mut table = Table::new("Reading the chip, reader and card in one process");
    for (name, plan, apdus, bytes) in PLANS {
        let readings: Vec<_> = (0..RUNS).map(|_| reading(person, plan)).collect();
        let own: Times = readings.iter().map(|r| r.whole - r.card).collect();
        let card: Times = readings.iter().map(|r| r.card).collect();
        table.times(&format!("{name}: reader"), &own, Some(OWN_TIME));
        table.times(&format!("{name}: simulated card"), &card, None);
        let link = readings[0].link;
        let (sent, received) = (link.bytes_sent, link.bytes_received);
        table.figure(
            &format!("{name}: commands"),
            &link.apdus.to_string(),
            Some((&apdus.to_string(), link.apdus <= apdus)),
        );
        table.figure(
            &format!("{name}: bytes sent + received"),
            &format!("{sent} + {received}"),
            Some((&bytes.to_string(), sent + received <= bytes)),
        );
    }
    table.print();
}

struct Reading {
    whole: Duration,
    card: Duration,
    link: LinkStats,
}

fn reading(person: &SimPerson, plan: Plan) -> Reading {
    let mut line = Direct {
        card: Card::new(person),
        spent: Duration::ZERO,
    };
    let mut random = |out: &mut [u8]| getrandom::fill(out).expect("the system has randomness");
    let begun = Instant::now();
    let chip = read(
        &mut line,
        Access::of(&person.number),
        plan,
        &mut random,
        &mut |_| {},
    );
    let whole = begun.elapsed();
    Reading {
        whole,
        card: line.spent,
        link: chip.expect("a good card is read").link,
    }
}

/// The card lies on the table of this process; its own time is counted.
struct Direct {
    card: Card,
    spent: Duration,
}

impl Transport for Direct {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let begun = Instant::now();
        let reply = self.card.try_transmit(command);
        self.spent += begun.elapsed();
        reply.map_err(|_| TransportError::Removed)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        self.card.reset();
        Ok(())
    }
}

//! A whole reading of the chip with all its proofs, by our reader and by the crate `dmrtd`, of the
//! same card in one run: what of the processor's time is the reader's own, what goes over the line,
//! how much memory the reader takes at its peak, how long a contactless link takes over it, and what
//! the PC/SC service adds.
//!
//! The own time is the processor's for the whole process, whatever thread it went to, less the card's.
//! The contactless link is one in virtual time (`air`). For memory and PC/SC the reader has a process
//! to itself, and the card answers from this one. Beforehand the reader knows whom to trust, as a
//! kiosk does; nothing is known of the card.

mod air;
#[path = "../common/mod.rs"]
mod common;
#[path = "../../tests/common/dmrtd.rs"]
mod dmrtd_reader;
#[path = "../../tests/interop/line.rs"]
mod line;
#[path = "../../tests/common/pcscd.rs"]
mod pcscd;
mod process;
mod readers;
mod wire;

use std::time::Duration;

use air::OnAir;
use common::{Table, Times, millis};
use readers::{Reader, Trust};
use tiepdon::sim::card::Card;
use tiepdon::sim::card::link::Rate;
use tiepdon::sim::card::profile::Profile;
use tiepdon::sim::issuer::Issuer;
use tiepdon::sim::{SimPerson, persons};
use wire::{Direct, process_time};

const RUNS: usize = 100;
const AIR_RUNS: usize = 25;
const OWN_TIME: Duration = Duration::from_millis(30);
/// Above the link's floor, at 106 kbit/s: in hundredths of it, or for each command.
const ABOVE_FLOOR: u32 = 3;
const ABOVE_EACH: Duration = Duration::from_micros(500);

/// DG2.
const PORTRAIT: u16 = 0x0102;

/// What is read, and what may go over the line.
struct Task {
    name: &'static str,
    profile: &'static str,
    portrait: bool,
    /// Bytes of data in the longest reply that the reader takes.
    reply_max: u32,
    apdus_max: u32,
    bytes_max: Option<usize>,
}

/// What a check-in reads; what staff read to see the face, with short replies and with long ones.
const TASKS: [Task; 3] = [
    Task {
        name: "identity",
        profile: "genuine",
        portrait: false,
        reply_max: 256,
        apdus_max: 32,
        bytes_max: Some(5_600),
    },
    Task {
        name: "with portrait",
        profile: "genuine",
        portrait: true,
        reply_max: 256,
        apdus_max: 110,
        bytes_max: None,
    },
    Task {
        name: "with portrait, long replies",
        profile: "extended",
        portrait: true,
        reply_max: 65_536,
        apdus_max: 28,
        bytes_max: None,
    },
];

impl Task {
    fn named(name: &str) -> &'static Self {
        let mut same = TASKS.iter().filter(|task| task.name == name);
        same.next().expect("a task of this bench")
    }

    fn card(&self) -> Card {
        let profile = Profile::named(self.profile).expect("a built-in profile");
        let chip = profile.chip(somebody(), Issuer::shared());
        Card::of(chip, profile.faults)
    }
}

fn somebody() -> &'static SimPerson {
    &persons()[0]
}

fn main() {
    if process::is_asked_for() || !common::wanted() {
        return;
    }
    let trust = Trust::ours();
    let portrait = TASKS[1].card().chip().files.get(&PORTRAIT).map(Vec::len);
    let title = format!(
        "Reading the chip with its proofs (portrait {} bytes)",
        portrait.unwrap_or_default()
    );
    let mut table = Table::new(&title);
    for task in &TASKS {
        for reader in Reader::ALL {
            measure(&mut table, task, reader, &trust);
        }
        link(&mut table, task, &trust);
        service(&mut table, task);
    }
    table.print();
}

fn measure(table: &mut Table, task: &Task, reader: Reader, trust: &Trust) {
    let mut wire = Direct::new(task.card());
    let mut own = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        wire = Direct::new(task.card());
        let begun = process_time();
        reader.read(&mut wire, task, trust);
        own.push(process_time() - begun - wire.card_time);
    }
    let bars = matches!(reader, Reader::Ours);
    let row = |what: &str| format!("{}, {}: {what}", task.name, reader.name());
    let own: Times = own.into_iter().collect();
    table.times(&row("own CPU time"), &own, bars.then_some(OWN_TIME));
    let kept = wire.apdus() <= task.apdus_max;
    let bar = task.apdus_max.to_string();
    let apdus = wire.apdus().to_string();
    table.figure(&row("commands"), &apdus, bars.then_some((&bar, kept)));
    let (sent, received) = wire.bytes();
    let bar = task
        .bytes_max
        .map(|max| (max.to_string(), sent + received <= max));
    let bar = bar.as_ref().map(|(bar, kept)| (&bar[..], *kept));
    table.figure(
        &row("bytes sent + received"),
        &format!("{sent} + {received}"),
        bar.filter(|_| bars),
    );
    for (rate, name) in air::RATES {
        let air = millis(wire.air(rate));
        table.figure(&row(&format!("in the air at {name}")), &air, None);
    }
    let memory = process::peak_memory(task, reader);
    table.figure(&row("memory at its peak"), &memory, None);
}

/// The link, without the card's computing, and with it.
fn link(table: &mut Table, task: &Task, trust: &Trust) {
    for (rate, name) in air::RATES {
        let row = |what: &str| format!("{}, ours at {name}: {what}", task.name);
        let on_air = |computing| {
            let runs = (0..AIR_RUNS).map(|_| OnAir::read(task, trust, rate, computing));
            runs.collect::<Vec<_>>()
        };
        let bare = on_air(false);
        let (floor, fewest) = (bare[0].floor, bare[0].fewest);
        table.figure(
            &row(&format!("the link's floor, {fewest} commands")),
            &millis(floor),
            None,
        );
        let above = (floor * ABOVE_FLOOR / 100).max(ABOVE_EACH * fewest);
        let times = |of: fn(&OnAir) -> Duration, runs: &[OnAir]| runs.iter().map(of).collect();
        let bar = (rate == Rate::K106).then_some(floor + above);
        table.times(
            &row("whole reading, card takes no time"),
            &times(|run| run.total, &bare),
            bar,
        );
        table.times(
            &row("computed while it is in the air"),
            &times(|run| run.hidden, &bare),
            None,
        );
        let whole = on_air(true);
        table.times(
            &row("whole reading, as slow as a card"),
            &times(|run| run.total, &whole),
            None,
        );
        table.times(
            &row("computed meanwhile"),
            &times(|run| run.hidden, &whole),
            None,
        );
    }
}

/// What PC/SC adds.
fn service(table: &mut Table, task: &Task) {
    match process::through_service(task) {
        Some(figures) => {
            let what = format!("{}, ours: pcscd's and the driver's share", task.name);
            table.figure(&what, &figures, None);
        }
        None => common::skipped(task.name, "no PC/SC service here"),
    }
}

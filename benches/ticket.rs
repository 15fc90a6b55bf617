//! A ticket from its words to the printer: drawing it, and handing it over to the simulated printer.
//! Processor time of the thread that does it: what the printer takes is not the kiosk's.

mod common;

use std::time::Duration;

use common::{Table, Times, cpu_time};
use tiepdon::config::{Link, Printer as Settings};
use tiepdon::queue::Paper;
use tiepdon::sim::printer::{Faults, Printer};
use tiepdon::ticket::{Face, Raster, Template, open};

const RUNS: usize = 200;
/// Tickets that are handed over: the printer is as slow as a real one.
const HANDED_OVER: usize = 10;
/// 80 mm and 58 mm paper.
const WIDTHS: [u32; 2] = [576, 384];
/// The tickets that are drawn: a usual one, and one with words that must be made to fit.
const FACES: [&str; 2] = ["usual", "longest"];
/// Nobody waits for it: a tenth of what a patient notices, and far less than the paper takes.
const BAR: Duration = Duration::from_millis(25);
/// Far more than any of this takes.
const WITHIN: Duration = Duration::from_secs(10);

fn main() {
    if !common::wanted() {
        return;
    }
    let mut table = Table::new("A ticket: drawn, encoded as ESC/POS, handed over");
    let mut template = None;
    let read = spent(|| template = Some(Template::builtin()));
    let template = template.expect("just read");
    table.times("templates read", &Times::from_iter([read]), Some(BAR));
    for width in WIDTHS {
        let mut drawn = None;
        for name in FACES {
            let face = Face::examples().remove(name).expect("an example");
            let draw = || template.render(&face, width).expect("a ticket");
            let cold = Times::from_iter([spent(|| drop(draw()))]);
            table.times(
                &format!("{width} dots, {name}: drawn first"),
                &cold,
                Some(BAR),
            );
            let warm = Times::from_iter((0..RUNS).map(|_| spent(|| drop(draw()))));
            table.times(&format!("{width} dots, {name}: drawn"), &warm, Some(BAR));
            drawn.get_or_insert_with(draw);
        }
        let handed = hand_over(&drawn.expect("drawn"));
        table.times(
            &format!("{width} dots: encoded, handed over"),
            &handed,
            Some(BAR),
        );
    }
    table.print();
}

fn hand_over(raster: &Raster) -> Times {
    let simulated = Printer::start(0, Faults::none()).expect("a port");
    let mut printer = open(&Settings::at(Link::Tcp(simulated.addr())));
    let mut print = || {
        let paper = printer.print(raster, *b"0000", WITHIN);
        assert_eq!(paper, Ok(Paper::Confirmed));
    };
    // The first one finds out what the printer can.
    print();
    Times::from_iter((0..HANDED_OVER).map(|_| spent(&mut print)))
}

/// Processor time of this thread.
fn spent(work: impl FnOnce()) -> Duration {
    let before = cpu_time();
    work();
    cpu_time() - before
}

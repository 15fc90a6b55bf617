//! A ticket from its words to the printer: drawing it, and handing it over to a printer that answers
//! at once.

mod common;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use common::{Table, Times, time};
use tiepdon::config::{Link, Printer as Settings};
use tiepdon::queue::Paper;
use tiepdon::ticket::{Face, Raster, Template, open};

const RUNS: usize = 200;
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
    let read = time(|| template = Some(Template::builtin()));
    let template = template.expect("just read");
    table.times("templates read", &Times::from_iter([read]), Some(BAR));
    for width in WIDTHS {
        let mut drawn = None;
        for name in FACES {
            let face = Face::examples().remove(name).expect("an example");
            let draw = || template.render(&face, width).expect("a ticket");
            let cold = Times::from_iter([time(|| drop(draw()))]);
            table.times(
                &format!("{width} dots, {name}: drawn first"),
                &cold,
                Some(BAR),
            );
            let warm = Times::of(RUNS, || drop(draw()));
            table.times(&format!("{width} dots, {name}: drawn"), &warm, Some(BAR));
            drawn.get_or_insert_with(draw);
        }
        let handed = hand_over(&drawn.expect("drawn"));
        table.times(
            &format!("{width} dots: encoded, handed over, confirmed"),
            &handed,
            Some(BAR),
        );
    }
    table.print();
}

fn hand_over(raster: &Raster) -> Times {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for line in listener.incoming().take(RUNS + 1) {
                answer(line.expect("a connection"));
            }
        });
        let mut printer = open(&Settings::at(Link::Tcp(address)));
        let mut print = || {
            let paper = printer.print(raster, *b"0000", WITHIN);
            assert_eq!(paper, Ok(Paper::Confirmed));
        };
        // The first one finds out what the printer can.
        print();
        Times::of(RUNS, print)
    })
}

/// A printer without any mechanics: all is well with it, and a ticket is out as it comes in. It
/// looks for its two questions in whatever came: the pictures of a ticket never contain one.
fn answer(mut line: TcpStream) {
    line.set_nodelay(true).expect("a socket");
    let mut chunk = [0; 16 * 1024];
    let mut came = Vec::new();
    loop {
        match line.read(&mut chunk) {
            Ok(0) | Err(_) => return,
            Ok(count) => came.extend_from_slice(&chunk[..count]),
        }
        // Questions stand among other commands; one that is cut by a chunk's end waits for its rest.
        let mut at = 0;
        while let Some(rest) = came.get(at..).filter(|rest| rest.len() >= 3) {
            match *rest {
                // DLE EOT n: the status.
                [0x10, 0x04, 1..=4, ..] => line.write_all(&[0x12]).expect("it listens"),
                // GS ( H, function 48: say when it is printed.
                [0x1D, 0x28, 0x48, 6, 0, 0x30, 0x30, a, b, c, d, ..] => line
                    .write_all(&[0x37, 0x22, a, b, c, d, 0])
                    .expect("it listens"),
                [0x1D, 0x28, 0x48, ..] if rest.len() < 11 => break,
                _ => {}
            }
            at += 1;
        }
        came.drain(..at);
    }
}

//! Pictures that no camera should make: how long the worst of them takes.

use tiepdon::sim::eye;

use crate::decoder::{Decoder, Outcome, Read};
use crate::sets::Grey;
use crate::table::Table;

const SIDES: [(u32, u32); 11] = [
    (1, 1),
    (1, 100),
    (640, 2),
    (1, 8000),
    (8000, 1),
    (39, 41),
    (333, 257),
    (1280, 720),
    (1920, 1080),
    (3840, 2160),
    (8000, 8000),
];
/// Frames of each: so many that every stage has its turn, some of them only now and then.
const FRAMES: usize = 15;

/// The worst picture of each size, as the frames of a camera and as the only picture that there is.
pub fn worst(decoders: &mut [Decoder]) -> Vec<Table> {
    let columns = [
        "size", "decoder", "texts", "panics", "frame: most ms", "of", "picture: most ms", "of",
    ];
    let mut table = Table::new("Pictures that no camera should make", &columns);
    for (width, height) in SIDES {
        eprintln!("{width} by {height}");
        let mut tallies = vec![Tally::default(); decoders.len()];
        for (name, pattern) in eye::ODD {
            let pixels = eye::odd(width, height, pattern);
            let picture = Grey {
                width,
                height,
                pixels,
            };
            for (decoder, tally) in decoders.iter_mut().zip(&mut tallies) {
                decoder.begin();
                for _ in 0..FRAMES {
                    let outcome = decoder.frame(&picture);
                    tally.frame = tally.count(&outcome, name, tally.frame);
                }
                let outcome = decoder.still(&picture);
                tally.still = tally.count(&outcome, name, tally.still);
            }
        }
        for (decoder, tally) in decoders.iter().zip(&tallies) {
            table.row(vec![
                format!("{width} by {height}"),
                decoder.name().to_owned(),
                tally.texts.to_string(),
                tally.panics.to_string(),
                format!("{:.1}", tally.frame.0),
                tally.frame.1.to_owned(),
                format!("{:.1}", tally.still.0),
                tally.still.1.to_owned(),
            ]);
        }
    }
    vec![table]
}

/// Milliseconds, and the pattern that took them.
type Most = (f64, &'static str);

#[derive(Clone, Default)]
struct Tally {
    texts: usize,
    panics: usize,
    frame: Most,
    still: Most,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome, pattern: &'static str, most: Most) -> Most {
        self.texts += usize::from(matches!(outcome.read, Read::Text(_)));
        self.panics += usize::from(outcome.read == Read::Panic);
        let millis = outcome.cost.as_secs_f64() * 1000.0;
        if millis > most.0 { (millis, pattern) } else { most }
    }
}

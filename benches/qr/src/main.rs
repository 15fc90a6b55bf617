//! Our decoder beside its peers on the same pictures. Time is that of the processor, not of the
//! clock: other work on the machine does not count.

mod decoder;
mod measure;
mod odd;
mod sequences;
mod sets;
mod stills;
mod table;
mod worker;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use decoder::Decoder;

/// Which decoders, and how it is told.
#[derive(Parser)]
struct Arguments {
    /// Names of decoders; without any, all that there are.
    #[arg(long, global = true, value_delimiter = ',')]
    decoders: Vec<String>,
    /// JSON in place of a table.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Single pictures: exact reads, wrong texts, panics, time.
    Stills {
        /// Folders of pictures with an `index.csv` that names the text of each.
        folders: Vec<PathBuf>,
        /// Pictures of our own at each level.
        #[arg(long, default_value_t = 40)]
        count: u64,
        /// Where their seeds begin.
        #[arg(long, default_value_t = 1000)]
        seed: u64,
        /// A folder for the pictures that the first decoder does not read.
        #[arg(long)]
        missed: Option<PathBuf>,
    },
    /// Hand-held sequences: frames and time to the first exact read.
    Sequences {
        /// Levels of difficulty.
        #[arg(long, value_delimiter = ',', default_values_t = [0, 1, 2, 3, 4, 5])]
        levels: Vec<u8>,
        /// Sequences of each level.
        #[arg(long, default_value_t = 20)]
        count: u64,
        /// Where their seeds begin.
        #[arg(long, default_value_t = 1000)]
        seed: u64,
    },
    /// Pictures without a code: time, and texts that are not there.
    Empty {
        #[arg(long, default_value_t = 100)]
        count: u64,
        #[arg(long, default_value_t = 1000)]
        seed: u64,
    },
    /// Time on pictures of our own that the best peer reads.
    Time {
        #[arg(long, default_value_t = 40)]
        count: u64,
        #[arg(long, default_value_t = 1000)]
        seed: u64,
    },
    /// Pictures of every shape that no camera should make: the time of the worst.
    Odd,
    /// Writes stills and sequences into a folder, to be looked at.
    Show {
        folder: PathBuf,
        #[arg(long, default_value_t = 1000)]
        seed: u64,
    },
    /// Serves rqrr behind a fence of its own.
    #[command(hide = true)]
    Rqrr,
}

fn main() {
    let arguments = Arguments::parse();
    if matches!(arguments.what, What::Rqrr) {
        return worker::serve_rqrr();
    }
    decoder::silence_panics();
    let mut decoders = Decoder::all();
    decoders.retain(|one| {
        arguments.decoders.is_empty() || arguments.decoders.iter().any(|name| name == one.name())
    });
    let tables = match arguments.what {
        What::Stills {
            folders,
            count,
            seed,
            missed,
        } => {
            let mut sets = sets::shared();
            sets.extend(folders.iter().flat_map(|folder| sets::indexed(folder)));
            sets.extend(sets::drawn(count, seed));
            stills::read(&mut decoders, &sets, missed.as_deref())
        }
        What::Sequences {
            levels,
            count,
            seed,
        } => sequences::read(&mut decoders, &levels, count, seed),
        What::Empty { count, seed } => stills::empty(&mut decoders, count, seed),
        What::Time { count, seed } => stills::time(&mut decoders, &sets::drawn(count, seed)),
        What::Odd => odd::worst(&mut decoders),
        What::Show { folder, seed } => return sets::show(&folder, seed),
        What::Rqrr => Vec::new(),
    };
    table::print(&tables, arguments.json);
}

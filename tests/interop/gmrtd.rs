//! gmrtd (Go), over a loopback socket.

use std::path::{Path, PathBuf};
use std::process::Command;

use tiepdon::sim::card::Card;

use crate::line::Line;
use crate::process::{Process, alone_in, files, parsed, run, sources, workshop};
use crate::report::Report;
use crate::table::{Job, Peer};

/// Its program.
pub struct Gmrtd(Process);

impl Gmrtd {
    /// # Errors
    /// Why it cannot be asked on this machine: no Go, nothing to fetch.
    pub fn start() -> Result<Self, String> {
        run(Command::new("go").arg("version")).map_err(|_| "there is no go")?;
        let program = build()?;
        Ok(Self(Process::start(&mut Command::new(program))))
    }
}

impl Peer for Gmrtd {
    fn read(&mut self, card: Card, job: &Job) -> Report {
        let line = Line::serve(card);
        self.0.send(&job.fields(&line.address.to_string()));
        let report = parsed(&self.0.line());
        line.end();
        report
    }

    /// Version 1.1.2 drops the leading zeros of a shared secret: one session in 256 fails, and on
    /// P-521, whose coordinates begin with seven zero bits, every second one and more.
    fn tries(&self) -> u32 {
        30
    }
}

/// Go writes sums beside the sources of what it fetches, so it is given a copy of them.
fn build() -> Result<PathBuf, String> {
    let here = sources("gmrtd");
    let sources = [files(&here, "go"), files(&here, "mod")].concat();
    let folder = workshop("gmrtd", &sources);
    let _alone = alone_in(&folder);
    let program = folder.join("peer");
    if program.exists() {
        return Ok(program);
    }
    for source in &sources {
        let name = source.file_name().expect("a file");
        std::fs::copy(source, folder.join(name)).expect("the cache can be written");
    }
    run(&mut go(&folder, &["mod", "download"]))
        .map_err(|said| format!("Go cannot fetch gmrtd: {said}"))?;
    run(&mut go(&folder, &["build", "-o", "peer", "."])).expect("our own sources compile");
    Ok(program)
}

fn go(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("go");
    command
        .args(arguments)
        .current_dir(folder)
        .env("GOFLAGS", "-mod=mod");
    command
}

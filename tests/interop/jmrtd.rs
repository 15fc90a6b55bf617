//! JMRTD (Java), through the real PC/SC service and its virtual reader.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tiepdon::sim::card::{Card, vpcd};

use crate::line::Line;
use crate::pcscd::Pcscd;
use crate::process::{Process, alone_in, files, parsed, run, sources, workshop};
use crate::report::Report;
use crate::table::{Job, Peer};

/// Where Debian's PC/SC library lies; Java looks for it in other places.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/libpcsclite.so.1";

/// Right after a card that left in the middle of a command, the virtual reader may miss the next.
const UNSEEN: &str = "no card came";
const INSERTED_MAX: u8 = 3;

/// The virtual machine, and the service whose reader it uses; without one, a socket.
pub struct Jmrtd {
    process: Process,
    service: Option<Pcscd>,
}

impl Jmrtd {
    /// # Errors
    /// Why it cannot be asked on this machine: no Java, no Maven, nothing to fetch, no PC/SC.
    pub fn through_pcsc() -> Result<Self, String> {
        let folder = build()?;
        let service = Pcscd::start().ok_or("no PC/SC service")?;
        let socket = service.socket();
        let process = Process::start(java(&folder).env("PCSCLITE_CSOCK_NAME", socket));
        let service = Some(service);
        Ok(Self { process, service })
    }

    /// # Errors
    /// Why it cannot be asked on this machine: no Java, no Maven, nothing to fetch.
    pub fn over_a_socket() -> Result<Self, String> {
        let process = Process::start(&mut java(&build()?));
        let service = None;
        Ok(Self { process, service })
    }

    fn read_inserted(&mut self, card: Card, address: SocketAddr, job: &Job) -> Report {
        self.process.send(&job.fields("pcsc"));
        assert_eq!(self.process.line(), "ready", "the reader is empty");
        let inserted = vpcd::insert(card, address).expect("vpcd takes the card");
        let reported = self.process.line_within(job.patience);
        // A reader waits for a card that stalls as long as it is there.
        inserted.remove();
        parsed(&reported.unwrap_or_else(|| self.process.line()))
    }
}

impl Peer for Jmrtd {
    fn read(&mut self, card: Card, job: &Job) -> Report {
        let Some(address) = self.service.as_ref().map(Pcscd::address) else {
            let line = Line::serve(card);
            self.process.send(&job.fields(&line.address.to_string()));
            let report = parsed(&self.process.line());
            line.end();
            return report;
        };
        let (chip, faults) = (card.chip().clone(), card.faults().clone());
        let again = || Card::of(chip.clone(), faults.clone());
        let mut report = self.read_inserted(card, address, job);
        for _ in 1..INSERTED_MAX {
            if !report.says(UNSEEN) {
                break;
            }
            report = self.read_inserted(again(), address, job);
        }
        report
    }
}

fn java(folder: &Path) -> Command {
    let mut java = Command::new("java");
    java.arg(format!("-Dsun.security.smartcardio.library={LIBRARY}"))
        .arg("-cp")
        .arg(class_path(folder))
        .arg("Main");
    java
}

fn class_path(folder: &Path) -> String {
    let [classes, library] = ["classes", "lib"].map(|name| folder.join(name));
    format!("{}:{}/*", classes.display(), library.display())
}

/// Maven fetches, javac compiles: so what cannot be had and what is wrong stay apart.
fn build() -> Result<PathBuf, String> {
    for tool in ["javac", "java", "mvn"] {
        run(Command::new(tool).arg("-version")).map_err(|_| format!("there is no {tool}"))?;
    }
    let here = sources("jmrtd");
    let java = files(&here, "java");
    let project = here.join("pom.xml");
    let folder = workshop(
        "jmrtd",
        &[&java[..], std::slice::from_ref(&project)].concat(),
    );
    let _alone = alone_in(&folder);
    let [classes, library, done] = ["classes", "lib", "done"].map(|name| folder.join(name));
    if done.exists() {
        return Ok(folder);
    }
    run(Command::new("mvn")
        .args(["--quiet", "--batch-mode", "--file"])
        .arg(&project)
        .arg("dependency:copy-dependencies")
        .arg(format!("-DoutputDirectory={}", library.display())))
    .map_err(|said| format!("Maven cannot fetch JMRTD: {said}"))?;
    run(Command::new("javac")
        .arg("-cp")
        .arg(format!("{}/*", library.display()))
        .arg("-d")
        .arg(&classes)
        .args(&java))
    .expect("our own sources compile");
    std::fs::write(done, []).expect("the cache can be written");
    Ok(folder)
}

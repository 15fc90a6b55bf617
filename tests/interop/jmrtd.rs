//! JMRTD (Java), through the real PC/SC service and its virtual reader.

use std::path::PathBuf;
use std::process::Command;

use tiepdon::sim::card::{Card, vpcd};

use crate::pcscd::Pcscd;
use crate::process::{Process, files, parsed, run, sources, workshop};
use crate::report::Report;
use crate::table::{Job, Peer};

/// Where Debian's PC/SC library lies; Java looks for it in other places.
const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/libpcsclite.so.1";

/// The virtual machine, and the service whose reader it uses.
pub struct Jmrtd {
    process: Process,
    service: Pcscd,
}

impl Jmrtd {
    /// # Errors
    /// Why it cannot be asked on this machine: no Java, no Maven, nothing to fetch, no PC/SC.
    pub fn start() -> Result<Self, String> {
        for tool in ["javac", "java", "mvn"] {
            run(Command::new(tool).arg("-version")).map_err(|_| format!("there is no {tool}"))?;
        }
        let folder = build()?;
        let service = Pcscd::start().ok_or("no PC/SC service")?;
        let process = Process::start(
            Command::new("java")
                .arg(format!("-Dsun.security.smartcardio.library={LIBRARY}"))
                .arg("-cp")
                .arg(class_path(&folder))
                .arg("Main")
                .env("PCSCLITE_CSOCK_NAME", service.socket()),
        );
        Ok(Self { process, service })
    }
}

impl Peer for Jmrtd {
    fn read(&mut self, card: Card, job: &Job) -> Report {
        self.process.send(&job.fields("pcsc"));
        assert_eq!(self.process.line(), "ready", "the reader is empty");
        let inserted = vpcd::insert(card, self.service.address()).expect("vpcd takes the card");
        let reported = self.process.line_within(job.patience);
        // A reader waits for a card that stalls as long as it is there.
        inserted.remove();
        parsed(&reported.unwrap_or_else(|| self.process.line()))
    }
}

fn class_path(folder: &std::path::Path) -> String {
    let [classes, library] = ["classes", "lib"].map(|name| folder.join(name));
    format!("{}:{}/*", classes.display(), library.display())
}

/// Maven fetches, javac compiles: so what cannot be had and what is wrong stay apart.
fn build() -> Result<PathBuf, String> {
    let here = sources("jmrtd");
    let java = files(&here, "java");
    let project = here.join("pom.xml");
    let folder = workshop(
        "jmrtd",
        &[&java[..], std::slice::from_ref(&project)].concat(),
    );
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

//! A peer in a process of its own: a job a line to its standard input, a report a line back.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::report::Report;

/// Even a Java that starts on a busy machine has said something by then.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running peer. It ends when its standard input does.
pub struct Process {
    child: Child,
    jobs: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, lines) = channel();
        // It ends with the peer.
        std::thread::Builder::new()
            .name("peer-output".to_owned())
            .spawn(move || {
                for line in output.lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            })
            .expect("a thread");
        Self {
            jobs: child.stdin.take(),
            lines,
            child,
        }
    }

    /// Fields `name=value`.
    pub fn send(&mut self, job: &[String]) {
        let jobs = self.jobs.as_mut().expect("until it is dropped");
        writeln!(jobs, "{}", job.join("\t")).expect("the peer takes jobs");
    }

    /// The next line, if it comes in time.
    pub fn line_within(&self, patience: Duration) -> Option<String> {
        self.lines.recv_timeout(patience).ok()
    }

    pub fn line(&self) -> String {
        self.line_within(PATIENCE).expect("the peer says something")
    }
}

/// The line as a report.
pub fn parsed(line: &str) -> Report {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.jobs.take());
        let _ = self.child.wait();
    }
}

/// A folder of the cache for what is built from these sources, and of no others.
pub fn workshop(peer: &str, sources: &[PathBuf]) -> PathBuf {
    let mut hash = Sha256::new();
    for source in sources {
        hash.update(std::fs::read(source).expect("a source"));
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache"),
        PathBuf::from,
    );
    let name = hex::encode(&hash.finalize()[..8]);
    cache.join("tiepdon/interop").join(peer).join(name)
}

/// One at a time builds there; the lock goes with the value.
pub fn alone_in(folder: &Path) -> File {
    std::fs::create_dir_all(folder).expect("the cache can be written");
    let lock = File::create(folder.join("lock")).expect("the cache can be written");
    lock.lock().expect("the lock can be waited for");
    lock
}

/// The sources of a peer.
pub fn sources(peer: &str) -> PathBuf {
    Path::new("tests/interop").join(peer)
}

/// All files of a folder that end so.
pub fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of the peer");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == extension))
        .collect();
    files.sort();
    files
}

/// Runs a tool; what it printed if it fails.
pub fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{:?}: {error}", command.get_program()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&said).trim().to_owned())
}

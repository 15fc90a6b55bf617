//! The program as a process, followed line by line.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;
use tiepdon::words::{Language, Text, text};

/// Far more than any step takes on a busy machine; a test that waits so long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running program. Dropping it kills it.
pub struct Program {
    child: Child,
    lines: Receiver<String>,
    output: Receiver<String>,
    told: Vec<String>,
}

/// How it ended.
#[derive(Debug)]
pub struct End {
    /// None: it was killed.
    pub code: Option<i32>,
    /// What stood on standard output, if it was JSON.
    pub json: Value,
    /// What it told on standard error.
    pub told: Vec<String>,
}

impl Program {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("LC_ALL", "C")
            .spawn()
            .expect("the program starts");
        let errors = BufReader::new(child.stderr.take().expect("piped")).lines();
        let mut out = child.stdout.take().expect("piped");
        let (tell, lines) = channel();
        let (give, output) = channel();
        named("stderr", move || {
            for line in errors.map_while(Result::ok) {
                // The test may be over already.
                let _ = tell.send(line);
            }
        });
        named("stdout", move || {
            let mut text = String::new();
            let _ = out.read_to_string(&mut text);
            let _ = give.send(text);
        });
        Self {
            child,
            lines,
            output,
            told: Vec::new(),
        }
    }

    /// Waits until the program tells this step; gives the whole line.
    pub fn until(&mut self, step: Text) -> String {
        let wanted = text(Language::En, step);
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.told.push(line),
                Err(error) => panic!("{error} before {wanted:?}: {:#?}", self.told),
            }
            if let Some(line) = self.told.last().filter(|line| line.contains(wanted)) {
                return line.clone();
            }
        }
    }

    /// Waits until the program tells of a problem.
    pub fn until_problem(&mut self) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.told.push(line),
                Err(error) => panic!("{error} before any problem: {:#?}", self.told),
            }
            if let Some(line) = self.told.last().filter(|line| line.starts_with("! ")) {
                return line.clone();
            }
        }
    }

    /// Waits for its own end.
    pub fn end(mut self) -> End {
        self.wait()
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) -> End {
        self.child.kill().expect("SIGKILL");
        self.wait()
    }

    fn wait(&mut self) -> End {
        let text = self.output.recv_timeout(PATIENCE);
        let text = text.unwrap_or_else(|error| panic!("{error} before its end: {:#?}", self.told));
        let status = self.child.wait().expect("our own child");
        self.told.extend(std::iter::from_fn(|| {
            self.lines.recv_timeout(PATIENCE).ok()
        }));
        End {
            code: status.code(),
            json: serde_json::from_str(&text).unwrap_or(Value::Null),
            told: std::mem::take(&mut self.told),
        }
    }
}

/// A test that fails leaves no program running.
impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl End {
    pub fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or("null")
    }

    /// What a check-in came to, in a line that a table can hold: outcome, reason, grade, paper, EHR.
    pub fn short(&self) -> String {
        let paper = self.json["ticket"]["printed"].as_str().unwrap_or("null");
        let fields = ["outcome", "reason", "grade"].map(|field| self.text(field));
        format!("{} {paper} {}", fields.join(" "), self.text("ehr"))
    }

    /// Checks the line, and that exit 0 means a number.
    #[track_caller]
    pub fn assert(&self, short: &str) {
        assert_eq!(self.short(), short, "{self:#?}");
        let issued = i32::from(self.text("outcome") != "issued");
        assert_eq!(self.code, Some(issued), "{self:#?}");
    }
}

fn named(name: &str, run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .expect("a thread");
}

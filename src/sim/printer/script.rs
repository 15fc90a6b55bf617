//! What is done to a printer, in words: one command at once, or a list with times.

use std::time::Duration;

use super::Faults;

/// One thing that is done to a printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The faults change.
    Faults(Change),
    /// These bytes go to the host now, asked for or not.
    Say(Vec<u8>),
    /// The connection is closed.
    Disconnect,
    /// The paper that is not cut yet is shown: `paper.png`.
    Show,
}

/// A change of one fault, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Its line in the table.
    line: usize,
    number: u32,
}

impl Change {
    /// Makes the change.
    pub fn to(self, faults: &mut Faults) {
        (TABLE[self.line].1)(faults, self.number);
    }
}

/// A name, what it does with the number after `=`, and what it means.
type Entry = (&'static str, fn(&mut Faults, u32), &'static str);

/// Switches: `NAME` or `NAME=1` on, `NAME=0` off. Of the rest the number counts.
const TABLE: [Entry; 21] = [
    ("paper-out", |f, n| f.paper_out = n > 0, "the roll is empty"),
    (
        "paper-in",
        |f, _| (f.paper_out, f.near_end, f.paper_rows_left) = (false, false, None),
        "a new roll",
    ),
    (
        "paper-rows",
        |f, n| f.paper_rows_left = Some(n),
        "=N: the roll ends after N dot rows",
    ),
    ("near-end", |f, n| f.near_end = n > 0, "the roll ends soon"),
    (
        "cover-open",
        |f, n| f.cover_open = n > 0,
        "the cover is open",
    ),
    (
        "cover-closed",
        |f, _| f.cover_open = false,
        "the cover is closed again",
    ),
    ("cutter", |f, n| f.cutter = n > 0, "the cutter is stuck"),
    (
        "error",
        |f, n| f.error = n > 0,
        "an error that needs switching off and on",
    ),
    (
        "mute",
        |f, n| f.mute = n > 0,
        "it prints and never answers: a silent clone",
    ),
    ("stalled", |f, n| f.stalled = n > 0, "it reads nothing"),
    (
        "offline",
        |f, n| f.offline = n > 0,
        "it closes every connection: off, or unplugged",
    ),
    (
        "online",
        |f, _| f.offline = false,
        "it takes connections again",
    ),
    (
        "disconnect-after",
        |f, n| f.disconnect_after_bytes = Some(n as usize),
        "=N: it closes each connection after N bytes",
    ),
    (
        "fragments",
        |f, n| f.fragments = n > 0,
        "it answers byte by byte",
    ),
    (
        "late",
        |f, n| f.late = Duration::from_millis(n.into()),
        "=N: its answers come N ms later",
    ),
    (
        "no-process-id",
        |f, n| f.no_process_id = n > 0,
        "it does not know GS ( H",
    ),
    (
        "no-automatic",
        |f, n| f.no_automatic = n > 0,
        "it does not know GS a",
    ),
    (
        "no-identity",
        |f, n| f.no_identity = n > 0,
        "it does not know GS I",
    ),
    (
        "no-near-end-sensor",
        |f, n| f.no_near_end_sensor = n > 0,
        "it never says that the roll ends soon",
    ),
    (
        "no-clear",
        |f, n| f.no_clear = n > 0,
        "it does not forget a ticket when told to",
    ),
    ("well", |f, _| *f = Faults::none(), "nothing is wrong"),
];

/// All commands with what they mean, for help.
pub fn help() -> String {
    let mut lines: Vec<String> = TABLE
        .iter()
        .map(|(name, _, what)| format!("  {name:<20} {what}"))
        .collect();
    lines.push(format!(
        "  {:<20} these bytes go to the host now",
        "say=HEX"
    ));
    lines.push(format!("  {:<20} the connection is closed", "disconnect"));
    lines.push(format!(
        "  {:<20} the paper so far is written to paper.png",
        "show"
    ));
    lines.join("\n")
}

impl std::str::FromStr for Command {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) = match text.trim().split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text.trim(), None),
        };
        match (name, value) {
            ("say", Some(bytes)) => hex::decode(bytes)
                .map(Self::Say)
                .map_err(|e| format!("{bytes} are no bytes in hexadecimal: {e}")),
            ("disconnect", None) => Ok(Self::Disconnect),
            ("show", None) => Ok(Self::Show),
            _ => {
                let line = TABLE.iter().position(|entry| entry.0 == name);
                let line =
                    line.ok_or_else(|| format!("no command {name}; there are\n{}", help()))?;
                let number = match value {
                    Some(value) => value.parse().map_err(|_| format!("{value} is no number"))?,
                    None => 1,
                };
                Ok(Self::Faults(Change { line, number }))
            }
        }
    }
}

/// A command and when it is carried out, counted from the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// When.
    pub at: Duration,
    /// What.
    pub command: Command,
}

/// Reads a schedule: `5s:paper-out,12s:paper-in`, or the same in lines; `#` begins a remark.
///
/// # Errors
/// What cannot be read, and what could be.
pub fn schedule(text: &str) -> Result<Vec<Timed>, String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let items = lines.flat_map(|line| line.split(',')).map(str::trim);
    let mut all = items
        .filter(|item| !item.is_empty())
        .map(|item| {
            let (at, command) = item
                .split_once(':')
                .ok_or_else(|| format!("{item} has no time; write 5s:{item}"))?;
            Ok(Timed {
                at: time(at).ok_or_else(|| format!("{at} is no time; write 5s or 250ms"))?,
                command: command.parse()?,
            })
        })
        .collect::<Result<Vec<_>, String>>()?;
    all.sort_by_key(|timed| timed.at);
    Ok(all)
}

fn time(text: &str) -> Option<Duration> {
    if let Some(millis) = text.strip_suffix("ms") {
        return millis.parse().ok().map(Duration::from_millis);
    }
    let seconds: f64 = text.strip_suffix('s').unwrap_or(text).parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Command, schedule};
    use crate::sim::printer::Faults;

    #[test]
    fn commands_switch_faults_on_and_off() {
        let mut faults = Faults::none();
        let mut run = |text: &str| {
            let Ok(Command::Faults(change)) = text.parse() else {
                panic!("{text}");
            };
            change.to(&mut faults);
            faults.clone()
        };
        assert!(run("paper-out").paper_out);
        assert!(!run("paper-in").paper_out);
        assert!(run("cover-open=1").cover_open);
        assert!(!run("cover-open=0").cover_open);
        assert_eq!(run("late=700").late, Duration::from_millis(700));
        assert_eq!(run("well"), Faults::none());
        assert_eq!("say=1B40".parse(), Ok(Command::Say(vec![0x1B, 0x40])));
        for wrong in ["", "paper", "say=1", "late=soon", "disconnect=2"] {
            assert!(wrong.parse::<Command>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_schedule_is_in_order_whatever_its_lines_are() {
        let all = schedule("12s:paper-in, 250ms:paper-out # first\n1.5s:say=13").expect("schedule");
        let times: Vec<u128> = all.iter().map(|timed| timed.at.as_millis()).collect();
        assert_eq!(times, [250, 1500, 12_000]);
        for wrong in ["paper-out", "soon:mute", "5s:", "-1s:mute"] {
            assert!(schedule(wrong).is_err(), "{wrong}");
        }
    }
}

//! A power cut at every step of a check-in: the program is killed at each boundary of an effect, of
//! a call into the store and of the printer's work, one after the other; then it starts again on
//! what is left, and the same person comes back.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

use super::{AN, House, queues};
use crate::checkin::{PaperShown, Screen, Touch};
use crate::kiosk::{Moment, abandon};
use crate::queue::Paper;
use crate::store::faulty::Faulty;
use crate::store::{Audit, Outbox, Visits};
use crate::ticket::{Printer, PrinterFault, Raster};
use crate::words::Cause;

/// Tells the program to be the one that is killed: its folder, whether its printer prints, and where
/// it ends, as the witness has it.
const FOLDER: &str = "TIEPDON_CUT_FOLDER";
const PRINTS: &str = "TIEPDON_CUT_PRINTS";
const END: &str = "TIEPDON_CUT_END";
const TEST: &str = "kiosk::tests::cuts::a_cut_at_any_step_loses_doubles_and_forgets_nothing";
/// Programs that run beside one another.
const BESIDE: usize = 4;
/// Calls into the store that write what a check-in leaves behind. The others only look, or come by
/// the clock.
const WRITES: [&str; 7] = [
    "issue", "paper", "unclaim", "append", "freeze", "sent", "local",
];
/// What every check-in passes, with both sides of each.
const MUST: [&str; 8] = [
    "effect TakeNumber",
    "effect Print",
    "effect Paper",
    "before issue",
    "after issue",
    "before paper",
    "after paper",
    "before print",
];

/// What the world saw of a program, a line each: it outlives it.
struct Witness {
    file: Mutex<File>,
    passed: Mutex<BTreeMap<String, u32>>,
    end: Option<String>,
}

impl Witness {
    fn at(folder: &Path, end: Option<String>) -> Arc<Self> {
        let mut file = OpenOptions::new();
        let file = file.append(true).create(true).open(folder.join("witness"));
        Arc::new(Self {
            file: Mutex::new(file.unwrap()),
            passed: Mutex::default(),
            end,
        })
    }

    fn saw(&self, line: &str) {
        let mut file = self.file.lock().unwrap();
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// A boundary: here the program may end.
    fn pass(&self, name: &str) {
        let mut passed = self.passed.lock().unwrap();
        let count = passed.entry(name.to_owned()).or_default();
        *count += 1;
        let boundary = format!("{name} {count}");
        if self.end.as_deref() == Some(&boundary) {
            kill_process(getpid(), Signal::KILL).unwrap();
        }
        self.saw(&format!("passed {boundary}"));
    }

    /// Lines that begin with `what`, without it.
    fn lines(folder: &Path, what: &str) -> Vec<String> {
        let text = std::fs::read_to_string(folder.join("witness")).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line.strip_prefix(what));
        lines.map(str::to_owned).collect()
    }
}

/// A printer whose paper is the witness: the echo says of which visit it is.
struct Paperwork {
    witness: Arc<Witness>,
    prints: bool,
}

impl Printer for Paperwork {
    fn print(&mut self, _: &Raster, echo: [u8; 4], _: Duration) -> Result<Paper, PrinterFault> {
        self.witness.pass("before print");
        if !self.prints {
            return Err(PrinterFault {
                cause: Cause::MediaEmpty,
                detail: "as the test wants it".into(),
            });
        }
        self.witness.saw(&format!(
            "ticket {}",
            String::from_utf8(echo.to_vec()).unwrap()
        ));
        self.witness.pass("after print");
        Ok(Paper::Confirmed)
    }

    fn status(&mut self, _: Duration) -> Result<(), PrinterFault> {
        Ok(())
    }
}

/// A kiosk on the store in `folder`.
fn house(folder: &Path, prints: bool, end: Option<String>) -> House {
    let witness = Witness::at(folder, end);
    House::with(|setup| {
        let store = Arc::new(Faulty::at(folder, &queues(&setup.config)));
        let telling = Arc::clone(&witness);
        store.tell(Box::new(move |call, before| {
            if WRITES.contains(&call) {
                let side = if before { "before" } else { "after" };
                telling.pass(&format!("{side} {call}"));
            }
        }));
        setup.config.kiosk.id = "K1".into();
        // As the program does when it starts.
        abandon(&setup.config, store.as_ref()).unwrap();
        setup.store = Some(store);
        let printing = Arc::clone(&witness);
        setup.printer = Some(Arc::new(move || {
            Box::new(Paperwork {
                witness: Arc::clone(&printing),
                prints,
            })
        }));
        setup.first = Some(Box::new(move |moment| match moment {
            Moment::Effect(effect) => {
                let effect = format!("{effect:?}");
                let name = effect.split(|letter: char| !letter.is_alphanumeric());
                witness.pass(&format!("effect {}", name.take(1).collect::<String>()));
            }
            Moment::View(view) => {
                if let Screen::Printing { number, .. } | Screen::Done { number, .. } = &view.screen
                {
                    witness.saw(&format!("shown {number}"));
                }
            }
            Moment::Event(_) => {}
        }));
    })
}

/// One check-in to its end; gives the number and what was said of the paper.
fn check_in(house: &House, folder: &Path, prints: bool) -> (String, PaperShown) {
    house.show_code(AN);
    house.confirm();
    let done = house.done();
    house.touch(Touch::Finish);
    house.welcome();
    let raw = rusqlite::Connection::open(folder.join("store.db")).unwrap();
    let unheard = if prints {
        "printed = 0"
    } else {
        "paper IS NULL"
    };
    let sql = format!("SELECT count(*) FROM visits WHERE {unheard}");
    house
        .store
        .until("handed over, and heard of the paper", |store| {
            let unheard = raw.query_row(&sql, [], |row| row.get::<_, u32>(0));
            store.backlog().unwrap().queued == 0 && unheard.unwrap() == 0
        });
    done
}

/// Runs one program in `folder`; whether it was killed.
fn run(folder: &Path, prints: bool, end: &str) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST])
        .env(FOLDER, folder)
        .env(PRINTS, if prints { "yes" } else { "no" })
        .env(END, end)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(
        status.code().is_none_or(|code| code == 0),
        "{end}: {status}"
    );
    status.code().is_none()
}

#[test]
fn a_cut_at_any_step_loses_doubles_and_forgets_nothing() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let prints = std::env::var(PRINTS).unwrap() == "yes";
        let end = std::env::var(END).unwrap();
        let folder = PathBuf::from(folder);
        check_in(&house(&folder, prints, Some(end)), &folder, prints);
        return;
    }
    for prints in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        assert!(!run(folder.path(), prints, "never"));
        let boundaries = Witness::lines(folder.path(), "passed ");
        let (next, reached) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..BESIDE {
                scope.spawn(|| {
                    while let Some(end) = boundaries.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if cut(prints, end) {
                            reached.lock().unwrap().push(end);
                        }
                    }
                });
            }
        });
        let reached = reached.into_inner().unwrap();
        for must in MUST {
            let first = format!("{must} 1");
            assert!(
                reached.contains(&&first),
                "never cut at {must}: {reached:?}"
            );
        }
    }
}

/// A cut at `end`, and what is left; whether the program came so far.
fn cut(prints: bool, end: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let killed = run(folder, prints, end);
    let told = Witness::lines(folder, "shown ");

    let house = house(folder, true, None);
    let raw = rusqlite::Connection::open(folder.join("store.db")).unwrap();
    let visits = || -> Vec<(String, String, u32)> {
        let sql = "SELECT lower(substr(hex(visit), -4)), number, printed FROM visits";
        let mut rows = raw.prepare(sql).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let left = visits();
    assert!(left.len() <= 1, "{end}: {left:?}");
    for number in &told {
        assert!(
            left.iter().any(|(_, kept, _)| kept == number),
            "{end}: {number} was shown and is lost"
        );
    }
    let tickets = Witness::lines(folder, "ticket ");
    for (visit, number, printed) in &left {
        let on_paper = tickets.contains(visit);
        assert!(
            on_paper || *printed == 0,
            "{end}: {number} is said to be printed"
        );
        // What nobody heard of is shown to staff.
        let waiting = house.store.waiting(house.today).unwrap();
        let line = waiting.iter().find(|line| line.number.as_str() == number);
        let waits_for = line.map(|line| line.waits_for.clone()).unwrap_or_default();
        let asked = waits_for
            .iter()
            .any(|what| what == "unclaimed" || what == "paper_failed");
        assert_eq!(
            asked,
            *printed == 0,
            "{end}: {number} waits for {waits_for:?}"
        );
    }
    for ticket in &tickets {
        assert!(
            left.iter().any(|(visit, ..)| visit == ticket),
            "{end}: a ticket without a visit"
        );
    }

    let (number, paper) = check_in(&house, folder, true);
    assert_eq!(paper, PaperShown::Printed, "{end}");
    let now = visits();
    assert_eq!(now.len(), 1, "{end}: {now:?}");
    assert_eq!((&now[0].1, now[0].2 > 0), (&number, true), "{end}");
    assert!(
        left.is_empty() || left[0].1 == number,
        "{end}: {left:?}, then {number}"
    );
    let count = |sql: &str| raw.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    let live = "SELECT count(*) FROM visits WHERE state IN ('waiting', 'called', 'held')";
    assert_eq!(
        (count(live), count("SELECT count(*) FROM outbox")),
        (1, 1),
        "{end}"
    );
    assert_eq!(
        count("SELECT sum(last) FROM counters"),
        1,
        "{end}: a number was lost"
    );
    house.store.verify().unwrap();
    let on_disk = std::fs::read(folder.join("store.db")).unwrap();
    for personal in AN.split('|').filter(|field| field.len() > 6) {
        let found = on_disk
            .windows(personal.len())
            .any(|part| part == personal.as_bytes());
        assert!(!found, "{end}: {personal} is in the file");
    }
    killed
}

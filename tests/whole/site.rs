//! A hospital for one story: a folder with configuration and store, and a printer.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tiepdon::config::Config;
use tiepdon::identity::Payload;
use tiepdon::kiosk::open_store;
use tiepdon::scan::read_picture;
use tiepdon::sim::printer::{Faults, Printer};
use tiepdon::sim::{Scanner, SimPerson, persons};
use tiepdon::store::{self, Store};
use uuid::Uuid;

use crate::pcscd::Pcscd;
use crate::program::{End, PATIENCE, Program};

/// What differs from story to story. Waits are long where the story ends them by an event, and
/// short where the story is that nothing comes.
pub struct Plan<'a> {
    pub ways: &'a str,
    pub chip: &'a str,
    pub register_from: &'a str,
    /// Base URL and tenant of the hospital's system.
    pub ehr: Option<(String, &'a str)>,
    pub scanner: bool,
    pub printer: Faults,
    pub trying_seconds: u32,
    pub card_seconds: u32,
    pub lookup_seconds: u32,
    pub store_seconds: u32,
    pub printer_seconds: u32,
}

impl Default for Plan<'_> {
    /// Codes and digits only, a local register that takes everybody.
    fn default() -> Self {
        Self {
            ways: r#""card_qr", "bhyt_qr", "typed""#,
            chip: "off",
            register_from: "claimed",
            ehr: None,
            scanner: false,
            printer: Faults::none(),
            trying_seconds: 1,
            card_seconds: 30,
            lookup_seconds: 30,
            store_seconds: 30,
            printer_seconds: 30,
        }
    }
}

impl Plan<'_> {
    /// With the chip, and only those who showed one may be registered.
    pub fn with_chip() -> Self {
        Self {
            ways: r#""chip", "card_qr", "bhyt_qr", "typed""#,
            chip: "preferred",
            register_from: "read",
            ..Self::default()
        }
    }
}

/// A running hospital.
pub struct Site {
    folder: tempfile::TempDir,
    pub printer: Printer,
    socket: PathBuf,
}

/// A visit as it stands in the store's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub visit: Uuid,
    pub number: String,
    pub kind: String,
    pub paper: Option<String>,
    pub printed: u32,
    pub sending: String,
}

impl Site {
    /// Without any card reader.
    pub fn new(plan: &Plan<'_>) -> Self {
        Self::with_socket(plan, PathBuf::from("/nonexistent"))
    }

    /// With this one.
    pub fn with_reader(plan: &Plan<'_>, reader: &Pcscd) -> Self {
        Self::with_socket(plan, reader.socket())
    }

    fn with_socket(plan: &Plan<'_>, socket: PathBuf) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let printer = Printer::start(0, plan.printer.clone()).expect("a printer");
        let site = Self {
            folder,
            printer,
            socket,
        };
        site.configure("K1", plan);
        site
    }

    /// Writes the configuration of a kiosk of this site.
    pub fn configure(&self, kiosk: &str, plan: &Plan<'_>) {
        let scanner = if plan.scanner {
            "[scanner]\ndevice = \"scanner\"\n"
        } else {
            ""
        };
        let ehr = plan.ehr.as_ref().map_or_else(String::new, |(url, tenant)| {
            format!(
                "[ehr]\nbase_url = \"{url}\"\nheaders = [\"X-Tenant-ID: {tenant}\"]\n\
                 connect_seconds = 2\nrequest_seconds = 10\n"
            )
        });
        let config = format!(
            r#"
[site]
name = "Bệnh viện Thử"
time_zone = "Asia/Ho_Chi_Minh"
[kiosk]
id = "{kiosk}"
[policy]
ways = [{ways}]
chip = "{chip}"
register_from = "{register_from}"
[policy.waits]
trying_seconds = {trying}
card_after_code_seconds = {card}
lookup_seconds = {lookup}
store_seconds = {store}
printer_seconds = {print}
[[services]]
code = "NOI"
name_vi = "Khoa Nội"
name_en = "Internal medicine"
place = "Phòng 101"
prefix = "A"
[[services]]
code = "NGOAI"
name_vi = "Khoa Ngoại"
name_en = "Surgery"
place = "Phòng 203"
prefix = "B"
[desk]
code = "QUAY"
name_vi = "Quầy tiếp đón"
name_en = "Reception desk"
place = "Quầy số 1"
prefix = "T"
[printer]
tcp = "{printer}"
[store]
path = "store/store.sqlite"
key_file = "key/store.key"
[trust]
folder = "trust"
{scanner}{ehr}"#,
            ways = plan.ways,
            chip = plan.chip,
            register_from = plan.register_from,
            trying = plan.trying_seconds,
            card = plan.card_seconds,
            lookup = plan.lookup_seconds,
            store = plan.store_seconds,
            print = plan.printer_seconds,
            printer = self.printer.addr(),
        );
        std::fs::write(self.config(kiosk), config).expect("written");
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn store_file(&self) -> PathBuf {
        self.folder().join("store/store.sqlite")
    }

    pub fn key_file(&self) -> PathBuf {
        self.folder().join("key/store.key")
    }

    fn config(&self, kiosk: &str) -> PathBuf {
        self.folder().join(format!("{kiosk}.toml"))
    }

    /// `tiepdon check-in` at a kiosk, with these arguments.
    pub fn command(&self, kiosk: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiepdon"));
        command
            .args(["check-in", "--json", "--config"])
            .arg(self.config(kiosk))
            .args(args)
            .env("PCSCLITE_CSOCK_NAME", &self.socket)
            .env("TIEPDON_ALLOW_VIRTUAL_READER", "1");
        command
    }

    /// Another command of the program, with the configuration of kiosk K1.
    pub fn program(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiepdon"));
        command.args(args).arg("--config").arg(self.config("K1"));
        command
    }

    pub fn start(&self, args: &[&str]) -> Program {
        Program::start(&mut self.command("K1", args))
    }

    /// A whole check-in; then the store is looked at, whatever it came to.
    pub fn check_in(&self, args: &[&str]) -> End {
        let end = self.start(args).end();
        self.look();
        end
    }

    pub fn store(&self) -> Arc<dyn Store> {
        let config = Config::load(&self.config("K1")).expect("a right configuration");
        open_store(&config).expect("the store opens")
    }

    /// The store's file itself.
    pub fn file(&self) -> Connection {
        Connection::open(self.store_file()).expect("the store's file opens")
    }

    /// Another process writes, for as long as this is there.
    pub fn hold(&self) -> Connection {
        let file = self.file();
        file.busy_timeout(PATIENCE).expect("set");
        file.execute_batch("BEGIN IMMEDIATE").expect("held");
        file
    }

    /// Plugs the scanner in that the configuration names.
    pub fn scanner(&self) -> Scanner {
        Scanner::plug_in(&self.folder().join("scanner")).expect("a scanner")
    }

    /// All visits, in the order of their commits.
    pub fn visits(&self) -> Vec<Row> {
        if !self.store_file().exists() {
            return Vec::new();
        }
        let file = self.file();
        let mut all = file
            .prepare(
                "SELECT visit, number, kind, paper, printed, outbox.state
                 FROM visits JOIN outbox USING (seq) ORDER BY seq",
            )
            .expect("SQL");
        let rows = all.query_map([], |row| {
            Ok(Row {
                visit: Uuid::from_bytes(row.get(0)?),
                number: row.get(1)?,
                kind: row.get(2)?,
                paper: row.get(3)?,
                printed: row.get(4)?,
                sending: row.get(5)?,
            })
        });
        let rows = rows.expect("listed");
        rows.map(|row| row.expect("a row")).collect()
    }

    /// The only visit that there is.
    #[track_caller]
    pub fn visit(&self) -> Row {
        let visits = self.visits();
        assert_eq!(visits.len(), 1, "{visits:#?}");
        visits.into_iter().next().expect("one")
    }

    /// What staff see of each visit that waits for them: its number, and for what.
    pub fn waiting(&self) -> Vec<(String, Vec<String>)> {
        let day: Option<String> = self
            .file()
            .query_row("SELECT max(day) FROM visits", [], |row| row.get(0))
            .expect("asked");
        let Some(day) = day else { return Vec::new() };
        let day = day.parse().expect("a day");
        let lines = self.store().waiting(day).expect("listed").into_iter();
        lines
            .map(|line| (line.number.to_string(), line.waits_for))
            .collect()
    }

    /// What holds whatever happened: the file is whole, the audit's chain unbroken, no number is
    /// given twice or lost, and each visit is on its way to the hospital's system.
    #[track_caller]
    pub fn look(&self) {
        if !self.store_file().exists() {
            return;
        }
        self.store().verify().expect("the audit's chain is whole");
        let file = self.file();
        let text = |sql| file.query_row(sql, [], |row| row.get::<_, String>(0));
        assert_eq!(text("PRAGMA integrity_check").expect("checked"), "ok");
        let count = |sql| {
            file.query_row(sql, [], |row| row.get::<_, i64>(0))
                .expect("counted")
        };
        let visits = count("SELECT count(*) FROM visits");
        for same in [
            "SELECT count(DISTINCT number) FROM visits",
            "SELECT coalesce(sum(last), 0) FROM counters",
            "SELECT count(*) FROM visits JOIN outbox USING (seq)",
            "SELECT count(*) FROM outbox",
        ] {
            assert_eq!(count(same), visits, "{same}");
        }
    }

    /// A kiosk that nobody uses hands over what waits; in the end, this became of the only visit.
    pub fn drain(&self, becomes: &str) {
        let _kiosk = self.start(&[]);
        self.until(|| self.visit().sending == becomes);
    }

    /// Waits until a kiosk has published a view like this.
    pub fn until_published(&self, like_this: impl Fn(&serde_json::Value) -> bool) {
        let store = self.store();
        self.until(|| {
            let kiosks = store.kiosks().expect("listed");
            kiosks.iter().any(|kiosk| like_this(&kiosk.status["view"]))
        });
    }

    /// Waits for what other processes bring about.
    #[track_caller]
    pub fn until(&self, mut done: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done() {
            assert!(Instant::now() < end, "in vain: {:#?}", self.visits());
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// The visit that the QR on ticket `n` (from 0) names, signed by this site.
    pub fn on_ticket(&self, n: usize) -> Uuid {
        let ticket = self.printer.wait_for_ticket(n, PATIENCE).expect("a ticket");
        let path = self.folder().join(format!("seen-{n}.png"));
        std::fs::write(&path, ticket.png()).expect("written");
        let code = read_picture(&path).expect("a picture").expect("a code");
        let Payload::Visit(code) = Payload::parse(code.text.expose()) else {
            panic!("the code on the ticket is no visit's");
        };
        let config = Config::load(&self.config("K1")).expect("a right configuration");
        let key = store::visit_key(&config.store).expect("the site's key");
        code.verify(&key).expect("signed by this site")
    }

    /// A number was issued, is in the store and on its ticket's paper, confirmed.
    #[track_caller]
    pub fn assert_issued(&self, end: &End) -> Row {
        let row = self.visit();
        assert_eq!(end.text("visit"), row.visit.to_string(), "{end:#?}");
        assert_eq!(end.text("number"), row.number, "{end:#?}");
        assert_eq!((row.paper.as_deref(), row.printed), (Some("confirmed"), 1));
        assert_eq!(self.on_ticket(0), row.visit);
        row
    }
}

/// The first of the invented persons, whom every simulated hospital knows.
pub fn known() -> &'static SimPerson {
    &persons()[0]
}

/// Another one.
pub fn other() -> &'static SimPerson {
    &persons()[1]
}

/// One whom no hospital knows yet.
pub fn new_one() -> &'static SimPerson {
    persons().last().expect("there are some")
}

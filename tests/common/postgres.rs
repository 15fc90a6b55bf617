//! A real PostgreSQL of the test's own: a fresh cluster in a folder of its own, on loopback, that ends
//! with the test program, even if that is killed.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// Runs the server until its standard input ends, whatever ends it.
const KEEPER: &str = r#"
"$0" "$@" &
server=$!
read -r word
case $word in crash) kill -QUIT $server ;; *) kill -INT $server ;; esac
wait $server
case $word in keep | crash) ;; *) rm -rf "$FOLDER" ;; esac
"#;

/// A running server. Dropping it stops the server.
pub struct Cluster {
    programs: PathBuf,
    port: u16,
    keeper: Child,
    stdin: Option<ChildStdin>,
    /// Names of databases.
    made: AtomicU32,
    folder: TempDir,
}

impl Cluster {
    /// Starts a server with these settings; none, with a message, where PostgreSQL is not installed.
    #[allow(clippy::print_stderr, reason = "that a test is skipped is said")]
    pub fn start(settings: &[&str]) -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("skipped: PostgreSQL is not installed (Debian: postgresql)");
            return None;
        };
        let folder = new_folder();
        let data = folder.path().join("data");
        let made = as_servant(&programs.join("initdb"))
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=tiepdon",
                "--encoding=UTF8",
            ])
            .args(["--locale=C.UTF-8", "-D"])
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let port = free_port();
        let (keeper, stdin) = serve(&programs, &data, port, settings);
        let cluster = Self {
            programs,
            port,
            keeper,
            stdin: Some(stdin),
            made: AtomicU32::new(0),
            folder,
        };
        cluster.wait_until_ready();
        Some(cluster)
    }

    /// The port on 127.0.0.1.
    #[allow(dead_code, reason = "not every test program asks")]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A new, empty database: its address.
    pub fn database(&self) -> String {
        let name = format!("t{}", self.made.fetch_add(1, Ordering::SeqCst));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// The address of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://tiepdon@127.0.0.1:{}/{database}", self.port)
    }

    /// One of the server's own programs.
    #[allow(dead_code, reason = "not every test program runs one")]
    pub fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }

    /// Does something by the server's own client; gives what it prints.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let done = Command::new(self.programs.join("psql"))
            .args([
                "-h",
                "127.0.0.1",
                "-U",
                "tiepdon",
                "-At",
                "-v",
                "ON_ERROR_STOP=1",
            ])
            .args(["-p", &self.port.to_string(), "-d", database, "-c", sql])
            .output()
            .expect("psql runs");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Stops the server and starts it again: all connections are lost.
    #[allow(dead_code, reason = "not every test program does")]
    pub fn restart(&mut self, settings: &[&str]) {
        self.stop();
        let data = self.folder.path().join("data");
        let (keeper, stdin) = serve(&self.programs, &data, self.port, settings);
        (self.keeper, self.stdin) = (keeper, Some(stdin));
        self.wait_until_ready();
    }

    /// Stops the server; its data stay.
    pub fn stop(&mut self) {
        self.end(b"keep\n");
    }

    /// Stops it as a power cut does: without a word to anybody, and it recovers when it starts.
    #[allow(dead_code, reason = "not every test program does")]
    pub fn crash(&mut self) {
        self.end(b"crash\n");
    }

    fn end(&mut self, word: &[u8]) {
        if let Some(mut stdin) = self.stdin.take() {
            let _ = stdin.write_all(word);
        }
        let _ = self.keeper.wait();
    }

    /// A second server that has everything this one has told anybody, ready to take over
    /// ([`Self::promote`]): no commit is acknowledged before both have it.
    #[allow(dead_code, reason = "not every test program has one")]
    pub fn standby(&self) -> Self {
        let folder = new_folder();
        let data = folder.path().join("data");
        let port = self.port.to_string();
        let copied = as_servant(&self.programs.join("pg_basebackup"))
            .args(["-R", "--no-sync", "--checkpoint=fast", "-D"])
            .arg(&data)
            .arg("-d")
            .arg(format!(
                "host=127.0.0.1 port={port} user=tiepdon application_name=standby"
            ))
            .output()
            .expect("pg_basebackup runs");
        let told = String::from_utf8_lossy(&copied.stderr).into_owned();
        assert!(copied.status.success(), "{told}");
        let port = free_port();
        let (keeper, stdin) = serve(&self.programs, &data, port, &[]);
        let standby = Self {
            programs: self.programs.clone(),
            port,
            keeper,
            stdin: Some(stdin),
            made: AtomicU32::new(1_000),
            folder,
        };
        standby.wait_until_ready();
        self.set("synchronous_standby_names", "standby");
        standby
    }

    /// Of a standby: it takes writes from now on.
    #[allow(dead_code, reason = "not every test program has one")]
    pub fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote()"), "t");
    }

    /// Acknowledges commits again before a standby has them.
    #[allow(dead_code, reason = "not every test program has a standby")]
    pub fn do_not_wait(&self) {
        self.set("synchronous_standby_names", "");
    }

    /// Of a standby: it hears nothing more of what is written.
    #[allow(dead_code, reason = "not every test program has one")]
    pub fn stop_following(&self) {
        self.set("primary_conninfo", "");
        let gone = "SELECT count(*) = 0 FROM pg_stat_wal_receiver";
        while self.sql("postgres", gone) != "t" {
            std::thread::park_timeout(std::time::Duration::from_millis(20));
        }
    }

    fn set(&self, setting: &str, value: &str) {
        self.sql(
            "postgres",
            &format!("ALTER SYSTEM SET {setting} = '{value}'"),
        );
        self.sql("postgres", "SELECT pg_reload_conf()");
    }

    fn wait_until_ready(&self) {
        // The server says so on standard error; its own program asks until it is true.
        let ready = Command::new("sh")
            .arg("-c")
            .arg("for _ in $(seq 300); do \"$0\" -q -h 127.0.0.1 -p \"$1\" && exit 0; sleep 0.1; done; exit 1")
            .arg(self.programs.join("pg_isready"))
            .arg(self.port.to_string())
            .status();
        assert!(ready.expect("pg_isready runs").success(), "no server");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(programs: &Path, data: &Path, port: u16, settings: &[&str]) -> (Child, ChildStdin) {
    let mut keeper = as_servant(Path::new("sh"));
    keeper.env("FOLDER", data.parent().expect("in a folder"));
    keeper.args(["-c", KEEPER]).arg(programs.join("postgres"));
    keeper
        .arg("-D")
        .arg(data)
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k", ""]);
    for setting in settings {
        keeper.args(["-c", setting]);
    }
    let mut keeper = keeper
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let stdin = keeper.stdin.take().expect("piped");
    let log = BufReader::new(keeper.stderr.take().expect("piped"));
    // Read, lest the server wait for it.
    std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
    (keeper, stdin)
}

/// A folder that is the server's own.
fn new_folder() -> TempDir {
    let folder = tempfile::Builder::new()
        .prefix("tiepdon-pg-")
        .tempdir()
        .expect("a folder");
    if let Some((user, group)) = servant() {
        chown(folder.path(), Some(user), Some(group)).expect("given to the server's user");
    }
    folder
}

/// PostgreSQL's own programs, of the newest version.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path()));
    let newest = folders.max_by_key(version)?;
    Some(newest.join("bin")).filter(|bin| bin.join("postgres").is_file())
}

/// The server refuses to run as root: then it runs as the user of its package.
fn servant() -> Option<(u32, u32)> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let user = users.lines().find(|line| line.starts_with("postgres:"))?;
    let mut fields = user.split(':').skip(2);
    let ids = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    root.then_some(ids)
}

fn as_servant(program: &Path) -> Command {
    if servant().is_none() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command.current_dir("/");
    command
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound").port()
}

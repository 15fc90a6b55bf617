//! `tiepdon sim load`: a crowd of patients before many kiosks, each a process with the real driver,
//! machine and store; faults while they come; and at the end every promise is checked, by what the
//! kiosks saw and what the stores hold.

mod check;
mod clock;
mod kiosk;
mod log;
mod plan;
mod post;
mod report;
mod rows;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::ToSocketAddrs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::check::{History, check};
use self::plan::{Arrival, crowd};
use self::post::{Post, Talk};
use super::print;
use crate::config::Config;
use crate::sim::cable::{Cable, Line};
use crate::sim::random::Random;

/// Sends a crowd through real kiosks and a real store, and checks every promise at the end. Exit
/// status 0 only if each was kept.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Kiosks, each a process
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=99))]
    kiosks: u32,
    /// Persons who come
    #[arg(long, default_value_t = 200)]
    tickets: u32,
    /// Time within which they come, in a rush as in the morning; 0: as fast as the kiosks are free
    #[arg(long, default_value_t = 0.0, value_name = "MINUTES")]
    minutes: f64,
    /// An empty PostgreSQL database on this machine, postgres://USER@127.0.0.1:PORT/NAME; without it
    /// all kiosks share a file
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Kill kiosks, cut, silence, deafen and slow their lines, let tickets fail, and set clocks wrong
    /// where libfaketime is installed (Debian: faketime)
    #[arg(long)]
    faults: bool,
    /// Another crowd, other faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep configurations, logs and stores here; must be new
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
    /// Be one of the kiosks
    #[arg(long, hide = true, value_name = "FILE")]
    kiosk: Option<PathBuf>,
}

/// The longest pause between two faults.
const FAULT_EVERY: Duration = Duration::from_millis(1500);
/// For what is looked at in the end: the server may be starting.
const PATIENCE: Duration = Duration::from_secs(60);
/// Services of the hospital.
const SERVICES: u32 = 12;

/// Runs it.
pub fn run(args: &Args) -> ExitCode {
    if let Some(file) = &args.kiosk {
        return kiosk::run(file, args.faults);
    }
    match load(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            print::note(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn load(args: &Args) -> Result<bool, String> {
    let temporary = || std::env::temp_dir().join(format!("tiepdon-load-{}", std::process::id()));
    let folder = args.keep.clone().unwrap_or_else(temporary);
    std::fs::create_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    if args.store.is_some() {
        make_key(&folder.join("store.key")).map_err(|error| error.to_string())?;
    }
    let posts = posts(args, &folder)?;
    let time = Duration::from_secs_f64(args.minutes.max(0.0) * 60.0);
    let arrivals = crowd(args.tickets, time, args.seed);
    let began = Instant::now();
    let faults = hall(args, &posts, &arrivals, began)?;
    let took = began.elapsed();
    let history = history(args, &folder, &posts)?;
    drop(posts);
    let broken = check(&history);
    if args.keep.is_none() && broken.is_empty() {
        // Invented persons only; what is left of it harms nobody.
        let _ = std::fs::remove_dir_all(&folder);
    }
    report::tell(args.kiosks, &history, &broken, &faults, took, args.json);
    Ok(broken.is_empty())
}

/// The kiosks, each with its configuration, and its cable to the shared store.
fn posts(args: &Args, folder: &Path) -> Result<Vec<Post>, String> {
    let mut posts = Vec::new();
    let zone = zone_of_noon(Timestamp::now());
    for n in 1..=args.kiosks {
        let id = format!("K{n}");
        let (cable, url) = match &args.store {
            None => (None, None),
            Some(url) => {
                let (cable, url) = cable(url)?;
                (Some(cable), Some(url))
            }
        };
        let file = folder.join(&id).with_extension("toml");
        let text = configuration(&id, &zone, url.as_deref());
        std::fs::write(&file, text).map_err(|error| error.to_string())?;
        configured(&file)?;
        let post = Post::new(id, file, cable, args.faults);
        posts.push(post.map_err(|error| error.to_string())?);
    }
    Ok(posts)
}

fn configured(file: &Path) -> Result<Config, String> {
    Config::load(file).map_err(|faults| {
        let faults = faults.iter().map(|fault| fault.to_string());
        faults.collect::<Vec<_>>().join("; ")
    })
}

/// The key that kiosks with a shared store must have before they start.
fn make_key(path: &Path) -> std::io::Result<()> {
    let mut key = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(std::io::Error::other)?;
    let mut file = std::fs::OpenOptions::new();
    let mut file = file.create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(&*key)
}

/// A cable to the server of `url`, and the address by way of it.
fn cable(url: &str) -> Result<(Line, String), String> {
    let wrong = || format!("--store {url}: it is postgres://USER@127.0.0.1:PORT/NAME");
    let (head, rest) = url.split_once('@').ok_or_else(wrong)?;
    let (server, database) = rest.split_once('/').ok_or_else(wrong)?;
    let server = server.to_socket_addrs().ok().and_then(|mut all| all.next());
    let server = server.filter(|server| server.ip().is_loopback());
    let cable = Line::lay(server.ok_or_else(wrong)?).map_err(|error| error.to_string())?;
    let url = format!("{head}@{}/{database}", cable.address());
    Ok((cable, url))
}

/// A time zone in which it is about noon: all that comes is of one day, whatever the clocks do.
fn zone_of_noon(now: Timestamp) -> String {
    let hour = i64::from(TimeZone::UTC.to_datetime(now).hour());
    // The names count westward.
    format!("Etc/GMT{:+}", hour - 12)
}

fn configuration(id: &str, zone: &str, url: Option<&str>) -> String {
    let (prefix, store) = match url {
        Some(url) => (
            format!("prefix = \"{id}\"\n"),
            format!("path = \"{id}.db\"\nurl = \"{url}\"\n"),
        ),
        None => (String::new(), "path = \"store.db\"\n".to_owned()),
    };
    let services = (0..SERVICES).map(|n| {
        let letter = char::from(b'A' + n as u8);
        format!(
            "[[services]]\ncode = \"S{letter}\"\nname_vi = \"Khoa {letter}\"\n\
             name_en = \"Department {letter}\"\nplace = \"Phòng {n}\"\nprefix = \"{letter}\"\n"
        )
    });
    format!(
        "[site]\nname = \"Bệnh viện Thử\"\ntime_zone = \"{zone}\"\n\
         [kiosk]\nid = \"{id}\"\n{prefix}\
         [policy]\nways = [\"card_qr\"]\nchip = \"off\"\nregister_from = \"claimed\"\n\
         {}\
         [desk]\ncode = \"QUAY\"\nname_vi = \"Quầy tiếp đón\"\nname_en = \"Reception\"\n\
         place = \"Quầy 1\"\nprefix = \"T\"\n\
         [printer]\nfolder = \"tickets\"\n\
         [store]\n{store}key_file = \"store.key\"\n\
         [trust]\nfolder = \"trust\"\n",
        services.collect::<String>()
    )
}

/// Everybody comes, while faults happen; then every kiosk ends in peace. Gives how many faults of
/// each kind there were.
fn hall(
    args: &Args,
    posts: &[Post],
    arrivals: &[Arrival],
    began: Instant,
) -> Result<BTreeMap<&'static str, u32>, String> {
    let next = Mutex::new(arrivals.iter());
    let (stop, stopped) = channel::<()>();
    std::thread::scope(|scope| {
        let faults = scope.spawn(move || {
            let mut random = Random::new(&[args.seed, 1]);
            let mut done = BTreeMap::new();
            if args.faults {
                while let Some(fault) = strike(posts, &mut random, &stopped) {
                    *done.entry(fault).or_default() += 1;
                }
            }
            done
        });
        let serving: Vec<_> = posts
            .iter()
            .map(|post| scope.spawn(|| serve(post, &next, began)))
            .collect();
        let served: Vec<_> = serving
            .into_iter()
            .map(|served| {
                served
                    .join()
                    .unwrap_or_else(|_| Err("a thread panicked".into()))
            })
            .collect();
        drop(stop);
        let faults = faults.join().map_err(|_| "a thread panicked".to_owned())?;
        let ends: Vec<_> = posts
            .iter()
            .zip(served)
            .map(|(post, talk)| scope.spawn(move || post.end(talk?)))
            .collect();
        for ended in ends {
            ended
                .join()
                .unwrap_or_else(|_| Err("a thread panicked".into()))?;
        }
        Ok(faults)
    })
}

/// One after the other comes to this kiosk. Whoever stood before it when it died comes again.
fn serve<'a>(
    post: &Post,
    next: &Mutex<impl Iterator<Item = &'a Arrival>>,
    began: Instant,
) -> Result<Talk, String> {
    let start = || {
        post.start()
            .map_err(|error| format!("{}: {error}", post.id))
    };
    let mut talk = start()?;
    loop {
        let arrival = next.lock().unwrap_or_else(PoisonError::into_inner).next();
        let Some(arrival) = arrival else {
            return Ok(talk);
        };
        let due = began + arrival.at;
        while Instant::now() < due {
            std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
        }
        for _ in 0..=u32::from(arrival.twice) {
            while !talk.visit(arrival.patient) {
                talk = start()?;
            }
        }
    }
}

/// Waits a while, then does something to a kiosk or its line and takes it back. None: it is over.
fn strike(posts: &[Post], random: &mut Random, stopped: &Receiver<()>) -> Option<&'static str> {
    let pause = FAULT_EVERY.mul_f64((random.next() % 1000) as f64 / 1000.0);
    if stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
        return None;
    }
    let post = &posts[random.next() as usize % posts.len()];
    let (name, cable, everybody) = match (random.next() % 10, &post.cable, &post.clock) {
        (0, _, Some(clock)) => {
            // A clock that cannot be set is right.
            return clock.jump(random).map(|()| "clock").ok();
        }
        (0..4, ..) | (_, None, _) => {
            post.kill();
            return Some("killed");
        }
        (4 | 5, ..) => ("cut", Cable::Cut, false),
        (6, ..) => ("silent", Cable::Silent, false),
        (7, ..) => ("deaf", Cable::Deaf, false),
        (8, ..) => ("slow", Cable::Slow(Duration::from_millis(60)), false),
        _ => ("all_cut", Cable::Cut, true),
    };
    let struck = || {
        let all = posts
            .iter()
            .filter(|other| everybody || other.id == post.id);
        all.filter_map(|post| post.cable.as_ref())
    };
    struck().for_each(|line| line.set(cable));
    let time = Duration::from_millis(200 + random.next() % 2300);
    // Where it is over meanwhile, it is taken back all the same.
    let _ = stopped.recv_timeout(time);
    struck().for_each(|line| line.set(Cable::Whole));
    Some(name)
}

/// What everybody saw, and what the stores hold.
fn history(args: &Args, folder: &Path, posts: &[Post]) -> Result<History, String> {
    let mut history = History {
        clocks_jumped: posts.iter().any(|post| post.clock.is_some()),
        ..History::default()
    };
    for post in posts {
        let log = post.file().with_extension("log");
        let lines = log::read(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        history.logs.insert(post.id.clone(), lines);
    }
    let mut config = configured(posts[0].file())?;
    if let Some(shared) = &mut config.shared {
        // Nobody waits for this look at a day of which no hospital has the like.
        shared.patience = PATIENCE;
    }
    match &args.store {
        None => {
            let held = rows::of_file(&folder.join("store.db"));
            (history.rows, history.counters) = held.map_err(|error| error.to_string())?;
        }
        Some(url) => {
            (history.rows, history.counters) = patiently(|| held_at(url))?;
            let files = posts.iter().map(|post| {
                let file = post.file().with_extension("db");
                (post.id.clone(), file)
            });
            let behind = rows::left_behind(&files.collect());
            history.left_behind = behind.map_err(|error| error.to_string())?;
        }
    }
    let store = crate::kiosk::open_store(&config).map_err(|error| error.to_string())?;
    let today = config.site.time_zone.to_datetime(Timestamp::now()).date();
    // A shared store that is cut off answers with what the kiosk itself knows.
    let waiting = patiently(|| {
        store.health()?;
        let waiting = store.waiting(today).map_err(|error| error.to_string())?;
        store.health().map(|()| waiting)
    })?;
    let two =
        |line: &crate::store::VisitLine| line.waits_for.iter().any(|why| why == "two_numbers");
    history.two_numbers = waiting
        .iter()
        .filter(|line| two(line))
        .map(|line| line.visit)
        .collect();
    Ok(history)
}

/// Asks again for a while.
fn patiently<T>(mut ask: impl FnMut() -> Result<T, String>) -> Result<T, String> {
    const PAUSE: Duration = Duration::from_millis(200);
    let end = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Err(_) if Instant::now() < end => std::thread::park_timeout(PAUSE),
            done => return done,
        }
    }
}

#[cfg(feature = "postgres")]
fn held_at(url: &str) -> Result<rows::Held, String> {
    rows::of_server(url).map_err(|error| format!("{url}: {error}"))
}

#[cfg(not(feature = "postgres"))]
fn held_at(_: &str) -> Result<rows::Held, String> {
    Err("this program was built without PostgreSQL".to_owned())
}

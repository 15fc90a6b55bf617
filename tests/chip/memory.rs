//! What a reading leaves behind in memory: nothing.
//!
//! The reader has a process to itself; the card answers from this one, which knows every secret and
//! every file, and looks for them in the reader's heap: just before the end of the reading, when some
//! must be found or the search is worth nothing, and when all that came of it was dropped.
//!
//! Not looked at: the stack, where a cipher's round keys may outlive their call, and scalars of the
//! Brainpool curves, which lie in memory in a form of their own.

use std::collections::HashSet;
use std::fs::File;
use std::net::TcpStream;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use tiepdon::emrtd::{Access, Line as Properties, Transport, TransportError, TrustStore, read};
use tiepdon::identity::{Grade, PersonalNumber, Verdict};
use tiepdon::sim::SimPerson;
use tiepdon::sim::card::{Card, Faults};
use tiepdon::sim::issuer::Issuer;
use zeroize::Zeroizing;

use crate::line::{self, Line};
use crate::{ALL, LONG_REPLY, profile, request, somebody};

/// What the reader's process finds in its environment.
const READER: &str = "TIEPDON_TEST_READER";
const TEST: &str = "memory::nothing_that_a_reading_knew_stays_in_the_heap";
/// Bytes of a file that are looked for together.
const WINDOW: usize = 16;
/// Of these, so many must differ: fillers and tables are everywhere.
const DISTINCT: usize = 11;
/// The shortest draw that can be a secret: challenges are shorter.
const SECRET: usize = 16;
/// Draws of a reader in one reading, at the most.
const DRAWS: u8 = 8;

/// What the card's side tells a reader beside replies.
#[derive(Clone, Copy)]
enum Password {
    Can,
    Zone,
}

#[test]
fn nothing_that_a_reading_knew_stays_in_the_heap() {
    if let Ok(address) = std::env::var(READER) {
        return be_reader(&address);
    }
    for (name, password) in [
        ("genuine", Password::Can),
        ("triple-des", Password::Zone),
        ("aa-ecdsa", Password::Zone),
        ("aa-rsa2048", Password::Can),
        ("pace-im", Password::Can),
        ("pace-cam", Password::Zone),
        ("bac", Password::Zone),
    ] {
        check(name, password);
    }
}

fn check(name: &str, password: Password) {
    let watch = Arc::new(Mutex::new(Watch::new(name, password)));
    let watching = Arc::clone(&watch);
    let line = Line::answer(move |message| watching.lock().unwrap().answer(message));
    let trust = tempfile::tempdir().expect("a folder");
    for file in Issuer::shared().trust() {
        std::fs::write(trust.path().join(file.name), file.bytes).expect("written");
    }
    let reader = Command::new(std::env::current_exe().expect("our own path"))
        .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
        .env(
            READER,
            format!("{} {}", line.address, trust.path().display()),
        )
        // All that is allocated is in the one heap.
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .expect("it starts");
    line.end();
    let words = String::from_utf8_lossy(&reader.stderr);
    assert!(reader.status.success(), "{name}: {words}");
    let watch = watch.lock().unwrap();
    let during = watch.during.as_ref().expect("it was looked at");
    for expected in ["password", "session key", "file 0101"] {
        let found = during.iter().any(|what| what == expected);
        assert!(found, "{name}: {expected} is not found while it is needed");
    }
    let after = watch.after.as_ref().expect("it was looked at again");
    assert_eq!(*after, [""; 0], "{name}: it stays in the heap");
}

/// Digits that stand in no table.
fn holder() -> SimPerson {
    SimPerson {
        number: PersonalNumber::parse("099987651423").expect("a number"),
        old_id: Some("927165834".to_owned()),
        ..somebody().clone()
    }
}

/// The card, and who looks into its reader.
struct Watch {
    card: Card,
    password: String,
    marks: Vec<(String, Vec<u8>)>,
    drawn: Arc<Mutex<Vec<Vec<u8>>>>,
    /// The reader's process.
    reader: Option<u32>,
    /// What was found.
    during: Option<Vec<String>>,
    after: Option<Vec<String>>,
}

impl Watch {
    fn new(name: &str, password: Password) -> Self {
        let person = holder();
        let chip = profile(name).chip(&person, Issuer::shared());
        let password = match password {
            Password::Can => chip.can.clone(),
            Password::Zone => chip.mrz_key.clone(),
        };
        let password = password.expect("it opens the card");
        let mut marks = vec![
            ("password".to_owned(), password.clone().into_bytes()),
            ("number".to_owned(), person.number.expose().into()),
            ("name".to_owned(), person.name.clone().into()),
            ("residence".to_owned(), person.residence.clone().into()),
            (
                "old number".to_owned(),
                person.old_id.clone().into_iter().collect::<String>().into(),
            ),
        ];
        // The other side's half of an integrated mapping is public.
        if name != "pace-im" {
            let draws = (0..DRAWS).map(|n| ("own secret".to_owned(), draw(n)[..SECRET].to_vec()));
            marks.extend(draws);
        }
        // Scalars lie in memory from their lowest byte on.
        let scalars = (0..DRAWS).map(|n| {
            let lowest_first: Vec<_> = draw(n).iter().rev().copied().collect();
            ("own scalar".to_owned(), lowest_first)
        });
        marks.extend(scalars);
        let drawn = Arc::new(Mutex::new(Vec::new()));
        let draws = Arc::clone(&drawn);
        let card = Card::of(chip, Faults::default()).drawing_from(move |out| {
            getrandom::fill(out).expect("the system has randomness");
            draws.lock().unwrap().push(out.to_vec());
        });
        Self {
            card,
            password,
            marks,
            drawn,
            reader: None,
            during: None,
            after: None,
        }
    }

    /// The reader says first who it is, then commands, and at the end nothing.
    fn answer(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        if let (None, Some(id)) = (self.reader, message.first_chunk()) {
            self.reader = Some(u32::from_le_bytes(*id));
            return Some(self.password.clone().into_bytes());
        }
        if message.is_empty() {
            self.after = Some(self.look());
            return Some(Vec::new());
        }
        let reply = self.card.try_transmit(message).ok()?;
        for key in self.card.session_keys().into_iter().flatten() {
            if !self.marks.iter().any(|(_, mark)| mark == key) {
                self.marks.push(("session key".to_owned(), key.to_vec()));
            }
        }
        // In the middle of the portrait, which is read last: in short pieces, or in long ones.
        let long = reply.len() > 2_000;
        if self.during.is_none() && (long || self.card.commands() == 60) {
            self.during = Some(self.look());
        }
        Some(reply)
    }

    /// Whatever is known here that is in the reader's heap.
    fn look(&self) -> Vec<String> {
        let heap = heap(self.reader.expect("it told its number"));
        let mut found = Vec::new();
        for (what, mark) in &self.marks {
            if contains(&heap, mark) {
                found.push(what.clone());
            }
        }
        for drawn in self.drawn.lock().unwrap().iter() {
            if drawn.len() >= SECRET && contains(&heap, drawn) {
                found.push("the card's draw".to_owned());
            }
        }
        let there: HashSet<&[u8]> = heap.windows(WINDOW).filter(|w| is_telling(w)).collect();
        for (id, file) in &self.card.chip().files {
            // What the public keys and certificates are made of is no secret.
            let is_personal = matches!(id, 0x0101 | 0x0102 | 0x010D);
            let mut windows = file.windows(WINDOW);
            if is_personal && windows.any(|window| there.contains(window)) {
                found.push(format!("file {id:04X}"));
            }
        }
        found.dedup();
        found
    }
}

/// A process's heap, byte for byte.
fn heap(process: u32) -> Vec<u8> {
    let folder = Path::new("/proc").join(process.to_string());
    let maps = std::fs::read_to_string(folder.join("maps")).expect("our own child");
    let memory = File::open(folder.join("mem")).expect("our own child");
    let mut heap = Vec::new();
    for map in maps.lines().filter(|map| map.ends_with("[heap]")) {
        let (range, _) = map.split_once(' ').expect("from-to rights");
        let (from, to) = range.split_once('-').expect("from-to");
        let [from, to] = [from, to].map(|at| u64::from_str_radix(at, 16).expect("hexadecimal"));
        let mut bytes = vec![0; usize::try_from(to - from).expect("some megabytes")];
        memory.read_exact_at(&mut bytes, from).expect("readable");
        heap.extend(bytes);
    }
    assert!(!heap.is_empty(), "there is a heap");
    heap
}

fn contains(heap: &[u8], mark: &[u8]) -> bool {
    let first = mark[0];
    let mut rest = heap;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        rest = &rest[at..];
        if rest.starts_with(mark) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

fn is_telling(window: &[u8]) -> bool {
    let mut bytes = <[u8; WINDOW]>::try_from(window).expect("a window");
    bytes.sort_unstable();
    bytes.windows(2).filter(|pair| pair[0] != pair[1]).count() + 1 >= DISTINCT
}

/// The reader's random source: what it draws is known on both sides.
fn draw(number: u8) -> [u8; 32] {
    let mut bytes: [u8; 32] = Sha256::digest([number]).into();
    // Below the order of every curve.
    bytes[0] = 0x11;
    bytes
}

/// The other process.
fn be_reader(address: &str) {
    let (address, folder) = address.split_once(' ').expect("address and folder");
    let mut trust = TrustStore::default();
    for entry in std::fs::read_dir(folder).expect("the folder was made") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("the file was written");
        trust.add("file", &bytes).expect("a good file");
    }
    let mut wire = Wire(TcpStream::connect(address).expect("the card listens"));
    read_and_forget(&mut wire, &trust);
    line::exchange(&wire.0, &[]).expect("it is looked for what stays");
}

fn read_and_forget(wire: &mut Wire, trust: &TrustStore) {
    let who = std::process::id().to_le_bytes();
    let password = Zeroizing::new(line::exchange(&wire.0, &who).expect("a password"));
    let password = std::str::from_utf8(&password).expect("digits or a key");
    let access = Access::can(password).or_else(|| Access::mrz(password));
    let plan = tiepdon::emrtd::Plan {
        any_document: true,
        details: true,
        ethnicity: true,
        ..ALL
    };
    let request = request(access.expect("it is one"), plan, trust);
    let mut draws = 0;
    let mut random = |out: &mut [u8]| {
        let drawn = draw(draws);
        draws += 1;
        out.copy_from_slice(&drawn[..out.len()]);
    };
    let chip = read(wire, request, &mut random, &mut |_| {}).expect("a good card is read");
    assert!(chip.portrait.is_some() && draws <= DRAWS);
    assert_eq!(chip.proofs.verdict(), Verdict::Graded(Grade::Proven));
}

struct Wire(TcpStream);

impl Transport for Wire {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        line::exchange(&self.0, command).map_err(|_| TransportError::Removed)
    }

    fn reset(&mut self) -> Result<(), TransportError> {
        Err(TransportError::Other("no card here needs it".to_owned()))
    }

    fn line(&self) -> Properties {
        Properties {
            atr: Vec::new(),
            reply_max: LONG_REPLY,
        }
    }
}

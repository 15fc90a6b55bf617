//! `tiepdon sim card`: what is typed, what is answered, and what the virtual reader gets.
#![cfg(feature = "sim")]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A card is in, or removed, within this; or never.
const SOON: Duration = Duration::from_secs(20);
/// SELECT of nothing, by short identifier: EF.CardAccess.
const READ_CARD_ACCESS: &[u8] = &[0x00, 0xB0, 0x9C, 0x00, 0x00];

fn tiepdon(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tiepdon"));
    command.args(["sim", "card"]).args(arguments);
    command
}

fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output: Output = tiepdon(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("started");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A virtual reader without a PC/SC service behind it.
struct Reader {
    card: Child,
    line: TcpStream,
}

impl Reader {
    /// Waits until `sim card` with these arguments put its card in.
    fn with(arguments: &[&str]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("bound").port().to_string();
        let card = tiepdon(&[arguments, &["--port", &port]].concat())
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let (line, _) = listener.accept().expect("a card");
        line.set_read_timeout(Some(SOON)).expect("set");
        Self { card, line }
    }

    fn send(&mut self, message: &[u8]) {
        let length = (message.len() as u16).to_be_bytes();
        let whole = [&length[..], message].concat();
        self.line.write_all(&whole).expect("sent");
    }

    /// `None` where the card has left.
    fn receive(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 2];
        self.line.read_exact(&mut length).ok()?;
        let mut message = vec![0; u16::from_be_bytes(length).into()];
        self.line.read_exact(&mut message).expect("a whole message");
        Some(message)
    }

    fn ask(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        self.send(message);
        self.receive()
    }

    /// Closes the program's standard input; its exit code and what it said.
    fn close(mut self) -> (Option<i32>, String) {
        drop(self.card.stdin.take());
        let output = self.card.wait_with_output().expect("ended");
        let words = String::from_utf8(output.stderr).expect("UTF-8");
        (output.status.code(), words)
    }
}

#[test]
fn what_is_typed_is_answered() {
    let (code, out, err) = said(&["--list"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    for name in [
        "genuine",
        "cloned",
        "altered-dg13",
        "revoked-ds",
        "pace-cam",
        "slow",
    ] {
        let line = out
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        assert!(line.is_some_and(|line| line.len() > 24), "{name}: {out}");
    }
    let (code, out, _) = said(&["--qr"]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("001099012345|"), "{out}");
    for (arguments, exit, words) in [
        (
            &["--person", "1"][..],
            1,
            "hint: --person takes 001099012345",
        ),
        (
            &["--profile", "genuin"],
            1,
            "genuin: no such profile, nor a file",
        ),
        (&["--profile", "Cargo.toml"], 1, "Cargo.toml: "),
        (&["--profile", "bsi:/nowhere"], 1, "is not there"),
        (&["--link", "107"], 2, "106, 212, 424 and 848"),
        (&["--issuer", "/dev/null"], 1, "/dev/null: "),
        (&["--port", "1"], 1, "hint: install vsmartcard-vpcd"),
    ] {
        let (code, out, err) = said(arguments);
        assert_eq!(
            (code, out.as_str()),
            (Some(exit), ""),
            "{arguments:?}: {err}"
        );
        assert!(err.contains(words), "{arguments:?}: {err}");
    }
}

#[test]
fn a_card_is_in_until_standard_input_closes() {
    let mut reader = Reader::with(&[]);
    assert_eq!(reader.ask(&[4]).expect("an answer to reset")[0], 0x3B);
    let file = reader.ask(READ_CARD_ACCESS).expect("a reply");
    assert!(file.starts_with(&[0x31, 0x34]) && file.ends_with(&[0x62, 0x82]));
    let (code, words) = reader.close();
    assert_eq!(code, Some(0));
    assert!(
        words.contains("the card of 001099012345 (genuine) is in"),
        "{words}"
    );
}

#[test]
fn two_cards_of_one_folder_are_of_one_country_and_its_trust_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let csca = |trust: &str| std::fs::read(Path::new(trust).join("csca.der")).expect("a CSCA");
    let mut seen = Vec::new();
    for (person, trust) in [("001099012345", "one"), ("079163000123", "two")] {
        let (issuer, trust) = (path("issuer"), path(trust));
        let arguments = [
            "--person",
            person,
            "--issuer",
            &issuer,
            "--trust-out",
            &trust,
        ];
        let (code, words) = Reader::with(&arguments).close();
        assert_eq!(code, Some(0), "{words}");
        seen.push(csca(&trust));
    }
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn a_profile_of_ones_own_is_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "[faults]\nstatus_at = [1, 0x6A82]\nremove_at = 2\n").expect("written");
    let mut reader = Reader::with(&["--profile", &file.display().to_string()]);
    assert_eq!(reader.ask(READ_CARD_ACCESS), Some(vec![0x6A, 0x82]));
    assert_eq!(reader.ask(READ_CARD_ACCESS), None, "it was pulled out");
    let (code, words) = reader.close();
    assert_eq!(code, Some(1));
    assert!(words.contains("the profile removed the card"), "{words}");
}

#[test]
fn a_stalled_card_does_not_answer_and_can_be_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "[faults]\nstall_at = 1\n").expect("written");
    let mut reader = Reader::with(&["--profile", &file.display().to_string()]);
    reader
        .line
        .set_read_timeout(Some(Duration::from_millis(300)))
        .expect("set");
    assert_eq!(reader.ask(READ_CARD_ACCESS), None);
    let began = Instant::now();
    let (code, _) = reader.close();
    assert_eq!(code, Some(0), "it was in until then");
    assert!(began.elapsed() < SOON);
}

#[test]
fn a_slow_link_takes_its_time() {
    // 62 bytes with their frames, at 106 kbit/s, are more than five milliseconds.
    const FLOOR: Duration = Duration::from_millis(5);
    let mut reader = Reader::with(&["--link", "106"]);
    let began = Instant::now();
    for _ in 0..10 {
        assert!(reader.ask(READ_CARD_ACCESS).is_some());
    }
    let slow = began.elapsed();
    assert!(slow >= FLOOR * 10, "{slow:?}");
    drop(reader.close());
}

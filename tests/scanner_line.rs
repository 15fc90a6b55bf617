//! The scanner's room against a scanner on a real terminal line.
#![cfg(feature = "sim")]

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use tiepdon::config;
use tiepdon::scan::{Mode, ScanEvent, SourceHandle, start_scanner};
use tiepdon::sim;

/// Far more than any step takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);
const CARD: &str = "099090012345|012345678|NGUYỄN VĂN A|28021990|Nam|Xã A, Tỉnh B|19042021";

struct Host {
    handle: SourceHandle,
    events: Receiver<ScanEvent>,
}

impl Host {
    fn watching(device: &Path) -> Self {
        let (sink, events) = channel();
        let settings = config::Scanner {
            device: device.to_owned(),
            baud: 115_200,
        };
        let handle = start_scanner(settings, move |event| {
            // The test may be over already.
            let _ = sink.send(event);
        });
        handle.watch(Mode::Searching);
        Self { handle, events }
    }

    fn next(&self) -> ScanEvent {
        self.events.recv_timeout(PATIENCE).expect("an event")
    }

    fn next_kind(&self) -> &'static str {
        match self.next() {
            ScanEvent::Code(payload) => payload.kind(),
            ScanEvent::Health(Ok(())) => "works",
            ScanEvent::Health(Err(_)) => "fault",
        }
    }
}

fn link() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("temporary folder");
    let link = folder.path().join("scanner");
    (folder, link)
}

#[test]
fn what_a_scanner_reads_arrives() {
    let (_folder, link) = link();
    let mut scanner = sim::Scanner::plug_in(&link).expect("scanner");
    let host = Host::watching(&link);
    assert_eq!(host.next_kind(), "works");

    scanner.scan(CARD).expect("scan");
    let ScanEvent::Code(payload) = host.next() else {
        panic!("not a code");
    };
    let person = payload.into_person().expect("a person");
    assert_eq!(person.name.expect("name").expose(), "NGUYỄN VĂN A");

    scanner.scan("DN4010123456789").expect("scan");
    assert_eq!(host.next_kind(), "insurance_number");
    // Bytes of another character set are no text.
    scanner.send(b"NGUY\xd4N\r\n").expect("send");
    assert_eq!(host.next_kind(), "other");
}

#[test]
fn a_scanner_without_line_ends_is_understood_by_its_silence() {
    let (_folder, link) = link();
    let mut scanner = sim::Scanner::plug_in(&link).expect("scanner");
    let host = Host::watching(&link);
    assert_eq!(host.next_kind(), "works");
    scanner.send(CARD.as_bytes()).expect("send");
    assert_eq!(host.next_kind(), "cccd");
}

#[test]
fn a_code_held_before_the_scanner_is_told_once() {
    let (_folder, link) = link();
    let mut scanner = sim::Scanner::plug_in(&link).expect("scanner");
    let host = Host::watching(&link);
    assert_eq!(host.next_kind(), "works");
    for _ in 0..5 {
        scanner.scan("099090012345").expect("scan");
    }
    scanner.scan("0123456789").expect("scan");
    assert_eq!(host.next_kind(), "personal_number");
    assert_eq!(host.next_kind(), "insurance_number");
}

#[test]
fn an_unplugged_scanner_is_told_and_works_again_when_it_is_back() {
    let (_folder, link) = link();
    let scanner = sim::Scanner::plug_in(&link).expect("scanner");
    let host = Host::watching(&link);
    assert_eq!(host.next_kind(), "works");
    scanner.unplug();
    assert_eq!(host.next_kind(), "fault");

    let mut scanner = sim::Scanner::plug_in(&link).expect("scanner");
    let kinds = until(&host, "works");
    assert!(kinds.iter().all(|kind| *kind == "fault"), "{kinds:?}");
    scanner.scan(CARD).expect("scan");
    assert_eq!(host.next_kind(), "cccd");
}

#[test]
fn a_scanner_that_is_not_there_yet_is_found_when_it_comes() {
    let (_folder, link) = link();
    let host = Host::watching(&link);
    let ScanEvent::Health(Err(cause)) = host.next() else {
        panic!("not a fault");
    };
    assert!(cause.contains("check cable"), "{cause}");
    let mut scanner = sim::Scanner::plug_in(&link).expect("scanner");
    until(&host, "works");
    scanner.scan("099090012345").expect("scan");
    assert_eq!(host.next_kind(), "personal_number");
}

#[test]
fn dropping_the_handle_ends_the_thread() {
    let (_folder, link) = link();
    let _scanner = sim::Scanner::plug_in(&link).expect("scanner");
    let Host { handle, events } = Host::watching(&link);
    drop(handle);
    // The sink goes with its thread, and the channel with the sink.
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match events.recv_timeout(PATIENCE) {
            Ok(_) => {}
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => break,
        }
    }
    panic!("the thread still runs");
}

/// The kinds of events before the first `kind`.
fn until(host: &Host, kind: &str) -> Vec<&'static str> {
    std::iter::repeat_with(|| host.next_kind())
        .take_while(|next| *next != kind)
        .collect()
}

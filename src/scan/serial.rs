//! A 2D scanner on a serial line (USB CDC or a real one): it sends the bytes of a code and a line
//! end, or only the bytes.

use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use serialport::{SerialPort, TTYPort};
use zeroize::{Zeroize, Zeroizing};

use super::source::{Outlet, Wanted};

/// Longest code taken; a QR symbol holds 2,953 bytes at most.
const CODE_MAX_BYTES: usize = 4096;
/// A scanner without a line end is silent for so long after a code.
const SILENCE: Duration = Duration::from_millis(80);
/// An idle reader looks so often whether it is still wanted.
const IDLE: Duration = Duration::from_secs(1);

/// Opens the scanner and tells what it reads, until it is no longer wanted or goes away.
pub(super) fn serve(device: &Path, baud: u32, outlet: &mut Outlet) -> Result<(), String> {
    let shown = device.display();
    let mut port = open(device, baud)
        .map_err(|e| format!("scanner {shown} cannot be opened ({e}); check cable and rights"))?;
    outlet.health(Ok(()));
    read_codes(&mut port, outlet)
        .map_err(|e| format!("scanner {shown} went away ({e}); check its cable"))
}

fn open(device: &Path, baud: u32) -> serialport::Result<TTYPort> {
    // UTF-8 is asked for by the library; a device file has an ASCII name.
    let path = device.to_string_lossy();
    serialport::new(path, baud).timeout(IDLE).open_native()
}

/// Reads until it is no longer wanted, or the line fails.
fn read_codes(port: &mut TTYPort, outlet: &mut Outlet) -> io::Result<()> {
    let mut codes = Codes::new();
    let mut chunk = Zeroizing::new([0; 512]);
    while outlet.wanted() != Wanted::Never {
        port.set_timeout(if codes.pending() { SILENCE } else { IDLE })?;
        match port.read(chunk.as_mut_slice()) {
            // A terminal that hung up reads as empty, at once and for ever.
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(length) => codes.feed(&chunk[..length], |code| outlet.code(code)),
            Err(e) if e.kind() == ErrorKind::TimedOut => codes.silence(|code| outlet.code(code)),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Parts the bytes of a line into codes.
struct Codes {
    bytes: Zeroizing<Vec<u8>>,
    /// The present code was too long: the rest of it is thrown away too.
    too_long: bool,
}

impl Codes {
    fn new() -> Self {
        Self {
            // All the room it ever needs: growing would leave copies behind.
            bytes: Zeroizing::new(Vec::with_capacity(CODE_MAX_BYTES)),
            too_long: false,
        }
    }

    /// Whether a code has begun and not ended.
    fn pending(&self) -> bool {
        !self.bytes.is_empty() || self.too_long
    }

    fn feed(&mut self, bytes: &[u8], mut code: impl FnMut(&[u8])) {
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => self.silence(&mut code),
                _ if self.bytes.len() == CODE_MAX_BYTES => {
                    self.bytes.zeroize();
                    self.too_long = true;
                }
                _ if self.too_long => {}
                _ => self.bytes.push(*byte),
            }
        }
    }

    /// The code ends here.
    fn silence(&mut self, mut code: impl FnMut(&[u8])) {
        if !self.bytes.is_empty() {
            code(&self.bytes);
        }
        self.bytes.zeroize();
        self.too_long = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CODE_MAX_BYTES, Codes};

    fn parted(chunks: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        let mut codes = Codes::new();
        for chunk in chunks {
            codes.feed(chunk, |code| found.push(code.to_vec()));
        }
        codes.silence(|code| found.push(code.to_vec()));
        assert!(!codes.pending());
        found
    }

    #[test]
    fn line_ends_and_silence_part_codes() {
        for (chunks, expected) in [
            (&[&b"a|b\r"[..]][..], &["a|b"][..]),
            (&[b"a", b"|", b"b"], &["a|b"]),
            (
                &[b"a\r\nb\r\n", b"\r\n\r\n", b"c\nd"],
                &["a", "b", "c", "d"],
            ),
            (&[b"", b"\r", b"\n"], &[]),
        ] {
            let found = parted(chunks);
            let found: Vec<_> = found.iter().map(|code| std::str::from_utf8(code)).collect();
            let expected: Vec<_> = expected.iter().map(|code| Ok(*code)).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_code_that_is_too_long_is_thrown_away_whole() {
        let long = vec![b'x'; 3 * CODE_MAX_BYTES + 1];
        assert_eq!(parted(&[&long, b"tail\rnext\r"]), [b"next".to_vec()]);
        let longest = vec![b'x'; CODE_MAX_BYTES];
        assert_eq!(parted(&[&longest, b"\r"]), std::slice::from_ref(&longest));
    }

    proptest! {
        #[test]
        fn how_a_line_is_cut_into_chunks_changes_nothing(
            line in prop::collection::vec(prop::sample::select(vec![b'a', b'|', b'\r', b'\n', 0xe1]), 0..60),
            cut in any::<prop::sample::Index>(),
        ) {
            let at = cut.index(line.len() + 1);
            prop_assert_eq!(parted(&[&line[..at], &line[at..]]), parted(&[&line]));
        }
    }
}

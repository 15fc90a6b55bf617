//! Tells apart what a printer sends: everything comes through one channel, in any order, in pieces
//! of any size, mixed with bytes that mean nothing.

/// One thing that a printer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ticket) enum Reply {
    /// The answer to `DLE EOT`.
    Status(u8),
    /// An automatic status.
    Automatic([u8; 4]),
    /// Everything before the request with this process id is printed.
    Done([u8; 4]),
    /// What it held is forgotten.
    Cleared,
    /// A word about itself.
    About(String),
}

/// A framed reply is no longer than this; whatever is, is noise.
const FRAME_MAX: usize = 80;

/// The bytes of a reply that has not ended yet.
#[derive(Debug, Default)]
pub(in crate::ticket) struct Replies {
    begun: Vec<u8>,
}

impl Replies {
    /// Drops half a reply: what comes next is of another question.
    pub(in crate::ticket) fn forget(&mut self) {
        self.begun.clear();
    }

    /// Takes the next byte; gives the reply that it ends.
    pub(in crate::ticket) fn take(&mut self, byte: u8) -> Option<Reply> {
        self.begun.push(byte);
        match *self.begun.as_slice() {
            [first] if first & 0x93 == 0x12 => self.end(Reply::Status(first)),
            [0x37 | 0x5F] => None,
            [first] if first & 0x93 == 0x10 => None,
            [first, .., last] if first & 0x93 == 0x10 => self.automatic(last),
            [0x37 | 0x5F, .., 0] => {
                let reply = framed(&self.begun);
                self.begun.clear();
                reply
            }
            [0x37 | 0x5F, ..] if self.begun.len() < FRAME_MAX => None,
            _ => {
                self.begun.clear();
                None
            }
        }
    }

    /// The later bytes of an automatic status follow a pattern, too; a byte that does not begins
    /// something new.
    fn automatic(&mut self, last: u8) -> Option<Reply> {
        if last & 0x90 != 0 {
            self.begun.clear();
            return self.take(last);
        }
        let status = <[u8; 4]>::try_from(self.begun.as_slice()).ok()?;
        self.end(Reply::Automatic(status))
    }

    fn end(&mut self, reply: Reply) -> Option<Reply> {
        self.begun.clear();
        Some(reply)
    }
}

fn framed(frame: &[u8]) -> Option<Reply> {
    match *frame {
        [0x37, 0x22, a, b, c, d, 0] => Some(Reply::Done([a, b, c, d])),
        [0x37, 0x25, 0] => Some(Reply::Cleared),
        [0x5F, ref text @ .., 0] => {
            let printable = text.iter().filter(|byte| (0x20..=0x7E).contains(*byte));
            let text: String = printable.map(|&byte| char::from(byte)).collect();
            let text = text.trim();
            (!text.is_empty()).then(|| Reply::About(text.to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Replies, Reply};

    fn read(bytes: &[u8]) -> Vec<Reply> {
        let mut replies = Replies::default();
        bytes.iter().filter_map(|&b| replies.take(b)).collect()
    }

    fn reply() -> impl Strategy<Value = (Vec<u8>, Option<Reply>)> {
        let status = (0_u8..=255).prop_filter("pattern", |b| b & 0x93 == 0x12);
        let first = (0_u8..=255).prop_filter("pattern", |b| b & 0x93 == 0x10);
        let later = || (0_u8..=255).prop_filter("pattern", |b| b & 0x90 == 0);
        prop_oneof![
            status.prop_map(|b| (vec![b], Some(Reply::Status(b)))),
            (first, later(), later(), later())
                .prop_map(|(a, b, c, d)| (vec![a, b, c, d], Some(Reply::Automatic([a, b, c, d])))),
            proptest::array::uniform4(0x20_u8..=0x7E).prop_map(|id| (
                [&[0x37, 0x22][..], &id, &[0]].concat(),
                Some(Reply::Done(id))
            )),
            Just((vec![0x37, 0x25, 0], Some(Reply::Cleared))),
            "[A-Z][A-Z0-9-]{0,20}".prop_map(|name| (
                [&[0x5F][..], name.as_bytes(), &[0]].concat(),
                Some(Reply::About(name))
            )),
            // Flow control, and what lines send when they are plugged in.
            prop_oneof![Just(0x11_u8), Just(0x13), Just(0x00), Just(0xFF)]
                .prop_map(|b| (vec![b], None)),
        ]
    }

    proptest! {
        #[test]
        fn replies_are_told_apart_whatever_lies_between_them(
            all in proptest::collection::vec(reply(), 0..40),
        ) {
            let bytes: Vec<u8> = all.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
            let expected: Vec<Reply> = all.into_iter().filter_map(|(_, reply)| reply).collect();
            prop_assert_eq!(read(&bytes), expected);
        }

        #[test]
        fn noise_never_confirms_a_ticket(
            noise in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let confirmed = read(&noise).contains(&Reply::Done(*b"A012"));
            let there = noise.windows(7).any(|w| w == b"\x37\x22A012\0");
            prop_assert!(there || !confirmed);
        }
    }

    #[test]
    fn an_automatic_status_that_breaks_off_swallows_no_answer() {
        let bytes = [0x10, 0x00, 0x12];
        assert_eq!(read(&bytes), [Reply::Status(0x12)]);
    }
}

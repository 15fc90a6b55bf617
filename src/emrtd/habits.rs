//! What one kind of card was found to like.

use super::file::ReadSize;
use super::lds::AtrInfo;
use super::messaging;
use super::symmetric::Cipher;
use super::transport::Line;

/// Bytes of data in the longest short reply.
pub(super) const SHORT_REPLY: u32 = 256;

/// Remembered for cards with the same answer to reset, so that only the first of them is tried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Habits {
    /// How much it gives at once.
    pub(super) read_size: ReadSize,
    /// Bytes of data in the longest reply that the card can give; `None`: it did not tell yet.
    reply_max: Option<u32>,
    /// It lets EF.CardAccess be read only after SELECT.
    pub(super) selects_card_access: bool,
}

impl Habits {
    /// Whether it is known how long a reply can be: from an earlier card, because the reader takes
    /// short ones only, or because the answer to reset tells.
    pub(super) fn knows_reply_max(&mut self, line: &Line) -> bool {
        if self.reply_max.is_none() && line.reply_max <= SHORT_REPLY {
            self.reply_max = Some(SHORT_REPLY);
        }
        if self.reply_max.is_none() {
            // A card that only says that it can has a buffer of at least this (ICAO 9303-10 §3.6).
            let limit = |can| if can { EXTENDED_REPLY } else { SHORT_REPLY };
            self.reply_max = extended_length(&line.atr).map(limit);
        }
        self.reply_max.is_some()
    }

    /// Takes what EF.ATR/INFO tells; a card without it speaks short length.
    pub(super) fn learn(&mut self, info: Option<&AtrInfo>) {
        self.reply_max = Some(match info {
            Some(info) if info.extended_length => {
                let limit = info
                    .limits
                    .map(|limits| limits.reply.saturating_sub(STATUS));
                limit.map_or(EXTENDED_REPLY, |limit| limit.max(SHORT_REPLY))
            }
            Some(_) | None => SHORT_REPLY,
        });
    }

    /// How much to ask for at once under secure messaging with `cipher`.
    pub(super) fn settle_read_size(&mut self, cipher: Cipher, line: &Line) {
        let reply_max = self.reply_max.unwrap_or(SHORT_REPLY).min(line.reply_max);
        let most = messaging::largest_read(cipher, reply_max.max(SHORT_REPLY));
        self.read_size.settle(most);
    }
}

/// The reply that is asked for where a card says that it speaks extended length, and not how long.
const EXTENDED_REPLY: u32 = 2_048;
/// Bytes of a status word, which EF.ATR/INFO counts in.
const STATUS: u32 = 2;

/// Whether the card speaks extended length, as the historical bytes of its answer to reset tell
/// (ISO/IEC 7816-4 §8.1.1: card capabilities, third byte); `None` where they do not tell.
fn extended_length(atr: &[u8]) -> Option<bool> {
    let mut objects = match historical_bytes(atr)?.split_first()? {
        // The last three are status bytes in the first case.
        (0x00, rest) => rest.get(..rest.len().checked_sub(3)?)?,
        (0x80, rest) => rest,
        _ => return None,
    };
    while let Some((head, rest)) = objects.split_first() {
        let (value, rest) = rest.split_at_checked(usize::from(head & 0x0F))?;
        if let (0x7, [_, _, third]) = (head >> 4, value) {
            return Some(third & 0x40 != 0);
        }
        objects = rest;
    }
    None
}

/// The historical bytes behind the interface bytes (ISO/IEC 7816-3 §8.2).
fn historical_bytes(atr: &[u8]) -> Option<&[u8]> {
    let (first, mut rest) = atr.get(1..)?.split_first()?;
    let count = usize::from(first & 0x0F);
    let mut present = first >> 4;
    while present != 0 {
        let (group, left) = rest.split_at_checked(present.count_ones() as usize)?;
        let next = group.last().filter(|_| present & 0x8 != 0);
        present = next.map_or(0, |next| next >> 4);
        rest = left;
    }
    rest.get(..count)
}

#[cfg(test)]
mod tests {
    use super::extended_length;

    fn check(atr: &str, expected: Option<bool>) {
        let bytes = hex::decode(atr.replace(' ', "")).expect("hex");
        assert_eq!(extended_length(&bytes), expected, "{atr}");
    }

    #[test]
    fn the_answer_to_reset_tells_whether_the_card_speaks_extended_length() {
        check("3B 88 80 01 00 73 C8 40 13 00 90 00 71", Some(false));
        check("3B 88 80 01 00 73 C8 40 53 00 90 00 31", Some(true));
        check("3B 85 80 01 80 73 C8 40 53 00", Some(true));
        check("3B 87 80 01 80 31 80 73 C8 40 53 00", Some(true));
    }

    #[test]
    fn an_answer_to_reset_that_does_not_tell_is_no_answer() {
        for atr in [
            "",
            "3B",
            "3B 80 80 01 01",
            "3B 81 80 01 80",
            "3B 8F 80 01 00",
            "3B 84 80 01 80 72 C8 40",
            "3B 88 80 01 E1 F3 5E 11 77 83 D7 00",
            "FF FF FF FF",
        ] {
            check(atr, None);
        }
    }
}

//! What goes wrong with a card, and when: plain data, so that a test or a profile can say it.

use std::time::Duration;

use serde::Deserialize;

/// What goes wrong, and when. Commands are counted from 1 over the life of the card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The card is gone from this command on.
    pub remove_at: Option<u32>,
    /// This command is never answered; the card stays where it is.
    pub stall_at: Option<u32>,
    /// This reply has one bit of its last protected bytes flipped.
    pub wrong_mac_at: Option<u32>,
    /// This reply is noise.
    pub garbage_at: Option<u32>,
    /// This reply has this bit flipped (counted modulo its length).
    pub flip: Option<(u32, usize)>,
    /// This reply is cut to this many bytes.
    pub truncate: Option<(u32, usize)>,
    /// This command is not carried out: the chip answers with this status word, protected as
    /// everything in a session.
    pub status_at: Option<(u32, u16)>,
    /// This reply is replaced by this status word alone, without protection.
    pub bare_status_at: Option<(u32, u16)>,
    /// Every command takes this long (on the virtual reader only).
    #[serde(rename = "delay_millis", deserialize_with = "millis")]
    pub delay: Option<Duration>,
    /// This command takes this many waiting times longer: the chip asks for more time so often.
    pub extend_at: Option<(u32, u32)>,
}

/// The waiting time that a chip asks for anew (ISO/IEC 14443-4 §7.3, FWI 8).
pub(super) const WAITING_TIME: Duration = Duration::from_micros(77_329);

fn millis<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    u64::deserialize(from).map(|millis| Some(Duration::from_millis(millis)))
}

impl Faults {
    pub(super) fn removes(&self, command: u32) -> bool {
        self.remove_at.is_some_and(|at| command >= at)
    }

    pub(super) fn stalls(&self, command: u32) -> bool {
        self.stall_at == Some(command)
    }

    /// The status word that comes instead of any work.
    pub(super) fn instead(&self, command: u32) -> Option<u16> {
        let due = self.status_at.filter(|(at, _)| *at == command);
        due.map(|(_, word)| word)
    }

    /// How much longer than usual the chip computes.
    pub(super) fn extends(&self, command: u32) -> Duration {
        let due = self.extend_at.filter(|(at, _)| *at == command);
        due.map_or(Duration::ZERO, |(_, times)| WAITING_TIME * times)
    }

    pub(super) fn spoil(&self, command: u32, mut reply: Vec<u8>) -> Vec<u8> {
        if self.wrong_mac_at == Some(command)
            && let Some(byte) = reply.iter_mut().rev().nth(2)
        {
            *byte ^= 1;
        }
        if self.garbage_at == Some(command) {
            reply = vec![0xFF; reply.len().max(40)];
        }
        if let Some((at, bit)) = self.flip
            && at == command
        {
            let bit = bit % (reply.len() * 8);
            reply[bit / 8] ^= 1 << (bit % 8);
        }
        if let Some((at, len)) = self.truncate
            && at == command
        {
            reply.truncate(len);
        }
        if let Some((at, word)) = self.bare_status_at
            && at == command
        {
            reply = word.to_be_bytes().to_vec();
        }
        reply
    }
}

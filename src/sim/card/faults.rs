use std::time::Duration;

use serde::Deserialize;

/// What goes wrong, and when. Commands are counted from 1 over the life of the card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// The card is gone from this command on.
    pub remove_at: Option<u32>,
    /// This reply has one bit of its last protected bytes flipped.
    pub wrong_mac_at: Option<u32>,
    /// This reply is noise.
    pub garbage_at: Option<u32>,
    /// This reply has this bit flipped (counted modulo its length).
    pub flip: Option<(u32, usize)>,
    /// This reply is cut to this many bytes.
    pub truncate: Option<(u32, usize)>,
    /// Every command takes this long (on the virtual reader only).
    pub delay: Option<Duration>,
}

impl Faults {
    pub(super) fn removes(&self, command: u32) -> bool {
        self.remove_at.is_some_and(|at| command >= at)
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
        reply
    }
}

//! Secure messaging with 3DES and AES, short and extended length (ICAO 9303-11 §9.8).

use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

use super::apdu::{self, Command, LE_EXTENDED_MAX, LE_SHORT_MAX, Reply, Sw};
use super::symmetric::{self, BLOCK_MAX, Cipher, Key, MAC_LEN};
use super::tlv;

/// The reply cannot be trusted. The session is over, whatever the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(super) enum SecurityEvent {
    /// No data objects at all: the card, or somebody between, dropped the session.
    #[error("unprotected reply ({0}) inside secure messaging")]
    Unprotected(Sw),
    #[error("malformed secure messaging reply: {0}")]
    Malformed(&'static str),
    #[error("wrong MAC in a secure messaging reply")]
    WrongMac,
}

/// A session's keys and counter. Dropped at the first [`SecurityEvent`].
pub(super) struct SecureMessaging {
    encryption: Key,
    mac: Key,
    /// Send sequence counter: raised before each command and before each reply. Of its bytes the
    /// last ones count, as many as a block has.
    counter: u128,
}

impl SecureMessaging {
    /// A session after PACE or chip authentication: its counter starts at zero (ICAO 9303-11
    /// §9.8.6.3).
    pub fn new(encryption: Key, mac: Key) -> Self {
        Self {
            encryption,
            mac,
            counter: 0,
        }
    }

    /// A session after basic access control, whose counter both sides drew.
    pub fn with_counter(encryption: Key, mac: Key, counter: u64) -> Self {
        Self {
            counter: counter.into(),
            ..Self::new(encryption, mac)
        }
    }

    /// What it encrypts with.
    pub fn cipher(&self) -> Cipher {
        self.encryption.cipher()
    }

    /// Wraps a command. The outer Le is always the highest: the reply's objects need room.
    pub fn protect(&mut self, command: &Command) -> Command {
        self.counter += 1;
        let cla = command.cla | 0x0C;
        let mut objects = Vec::new();
        if !command.data.is_empty() {
            objects = self.encrypted(command);
        }
        if let Some(le) = command.le {
            let le = apdu::length(le, command.is_extended());
            objects.extend(tlv::build(0x97, &le));
        }
        let mut authenticated = vec![cla, command.ins, command.p1, command.p2];
        if !objects.is_empty() {
            self.pad(&mut authenticated);
            authenticated.extend_from_slice(&objects);
        }
        let mac = self.authenticate(authenticated);
        objects.extend(tlv::build(0x8E, &mac));
        let short = Command {
            cla,
            data: objects,
            le: Some(LE_SHORT_MAX),
            ..*command
        };
        if command.is_extended() || short.is_extended() {
            return Command {
                le: Some(LE_EXTENDED_MAX),
                ..short
            };
        }
        short
    }

    /// Checks and unwraps a reply.
    pub fn unprotect(&mut self, reply: &[u8]) -> Result<Reply, SecurityEvent> {
        use SecurityEvent::{Malformed, Unprotected, WrongMac};
        let outer = Reply::parse(reply).ok_or(Malformed("shorter than a status word"))?;
        if outer.data.is_empty() {
            return Err(Unprotected(outer.sw));
        }
        self.counter += 1;
        let objects = Objects::parse(&outer.data).map_err(Malformed)?;
        let mac = self.authenticate(objects.authenticated.to_vec());
        if !bool::from(mac.ct_eq(objects.mac)) {
            return Err(WrongMac);
        }
        if objects.status != outer.sw.0.to_be_bytes() {
            return Err(Malformed("its two status words differ"));
        }
        let data = match objects.cryptogram {
            Some(cryptogram) => self.decrypted(cryptogram).ok_or(Malformed("padding"))?,
            None => Zeroizing::default(),
        };
        Ok(Reply { data, sw: outer.sw })
    }

    /// Object 87 with its padding indicator, or 85 without one for an odd INS.
    fn encrypted(&self, command: &Command) -> Vec<u8> {
        let mut blocks = command.data.clone();
        self.pad(&mut blocks);
        self.encryption.encrypt(self.vector(), &mut blocks);
        if command.ins & 1 == 1 {
            return tlv::build(0x85, &blocks);
        }
        blocks.insert(0, 0x01);
        tlv::build(0x87, &blocks)
    }

    fn decrypted(&self, cryptogram: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut data = self.encryption.decrypt(self.vector(), cryptogram)?;
        let len = symmetric::unpadded_len(&data, self.cipher().block_len())?;
        data.truncate(len);
        Some(data)
    }

    /// The initialisation vector: zero for 3DES, the encrypted counter for AES.
    fn vector(&self) -> [u8; BLOCK_MAX] {
        let mut vector = [0; BLOCK_MAX];
        if self.cipher() != Cipher::TripleDes {
            vector = self.counter.to_be_bytes();
            self.encryption.encrypt([0; BLOCK_MAX], &mut vector);
        }
        vector
    }

    /// The MAC over counter and message. The retail MAC pads by itself, CMAC must be given whole
    /// blocks.
    fn authenticate(&self, mut message: Vec<u8>) -> [u8; MAC_LEN] {
        if self.cipher() != Cipher::TripleDes {
            self.pad(&mut message);
        }
        let counter = self.counter.to_be_bytes();
        let counter = &counter[BLOCK_MAX - self.cipher().block_len()..];
        self.mac.mac(&[counter, &message].concat())
    }

    fn pad(&self, bytes: &mut Vec<u8>) {
        symmetric::pad(bytes, self.cipher().block_len());
    }
}

/// The largest Le whose protected reply has at most `reply_limit` bytes of data: 223 for AES and
/// 231 for 3DES in a short reply.
pub(super) fn largest_read(cipher: Cipher, reply_limit: u32) -> u16 {
    /// The status object and the MAC object.
    const TRAILER: u32 = 4 + 10;
    /// Tag, padding indicator, and a length of one, two or three bytes.
    const HEADERS: [(u32, u32); 3] = [(0x7F, 3), (0xFF, 4), (0xFFFF, 5)];
    let block = u32::try_from(cipher.block_len()).unwrap_or(1);
    let room = reply_limit.saturating_sub(TRAILER);
    let plain = HEADERS.into_iter().map(|(value_max, header)| {
        let blocks = room.saturating_sub(header).min(value_max - 1) / block;
        // The padding takes one byte at least.
        (blocks * block).saturating_sub(1)
    });
    u16::try_from(plain.max().unwrap_or_default()).unwrap_or(u16::MAX)
}

/// The data objects of a reply, in the one order that the standard allows: 87 or 85, 99, 8E.
struct Objects<'a> {
    cryptogram: Option<&'a [u8]>,
    status: &'a [u8],
    mac: &'a [u8],
    /// All objects before the MAC, as they came.
    authenticated: &'a [u8],
}

impl<'a> Objects<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let mut list = tlv::list(bytes).map_err(|_| "not a list of data objects")?;
        let mac = list
            .pop()
            .filter(|o| o.tag == 0x8E)
            .ok_or("no MAC at its end")?;
        let status = list
            .pop()
            .filter(|o| o.tag == 0x99)
            .ok_or("no status object")?;
        let cryptogram = match list.pop() {
            None => None,
            Some(o) if o.tag == 0x85 => Some(o.value),
            Some(o) if o.tag == 0x87 => {
                Some(o.value.strip_prefix(&[0x01]).ok_or("padding indicator")?)
            }
            Some(_) => return Err("an unknown data object"),
        };
        if !list.is_empty() || mac.value.len() != MAC_LEN {
            return Err("too many data objects, or a MAC of wrong length");
        }
        Ok(Self {
            cryptogram,
            status: status.value,
            mac: mac.value,
            authenticated: &bytes[..bytes.len() - mac.raw.len()],
        })
    }
}

#[cfg(test)]
mod tests;

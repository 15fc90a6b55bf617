//! The card's side of secure messaging (ICAO 9303-11 §9.8). It forgives nothing.

use openssl::memcmp;

use super::apdu::{Command, Reply, Status, length};
use super::chip::CipherKind;
use super::crypto::{Coprocessor, Direction, Keys, MAC_LEN, padded, unpadded};
use super::tlv;

/// Keys and counter of a session.
pub(super) struct Session {
    keys: Keys,
    /// The send sequence counter, raised before each command and before each reply.
    counter: u128,
}

impl Session {
    /// A session whose counter starts at zero.
    pub fn new(keys: Keys) -> Self {
        Self::with_counter(keys, 0)
    }

    /// A session whose counter starts where basic access control says.
    pub fn with_counter(keys: Keys, counter: u64) -> Self {
        let counter = counter.into();
        Self { keys, counter }
    }

    /// Checks a command and takes the protection off. An error is the status word to answer, and
    /// the end of the session.
    pub fn unwrap(&mut self, chip: &mut Coprocessor, command: &Command) -> Result<Command, Status> {
        self.count();
        let objects = objects(&command.data)?;
        let sent = value(&objects, 0x8E).ok_or(Status::SM_MISSING)?;
        let mut input = padded(&command.header, self.block());
        let authenticated: Vec<u8> = objects
            .iter()
            .filter(|object| object.tag != 0x8E)
            .flat_map(|object| object.raw)
            .copied()
            .collect();
        if !authenticated.is_empty() {
            input.extend(padded(&authenticated, self.block()));
        }
        let right = self.mac(chip, &input);
        if sent.len() != MAC_LEN || !memcmp::eq(&right, sent) {
            return Err(Status::SM_WRONG);
        }
        // The reply needs room: without an outer Le there is none.
        if command.le.is_none() {
            return Err(Status::WRONG_LENGTH);
        }
        let cryptogram_tag = if command.is_odd() { 0x85 } else { 0x87 };
        check_order(&objects, [cryptogram_tag, 0x97, 0x8E])?;
        let data = match value(&objects, cryptogram_tag) {
            None => Vec::new(),
            Some(sent) if command.is_odd() => self.decrypt(chip, sent)?,
            Some([0x01, sent @ ..]) => self.decrypt(chip, sent)?,
            Some(_) => return Err(Status::SM_WRONG),
        };
        let le = match value(&objects, 0x97) {
            None => None,
            Some(field) => Some(length(field).ok_or(Status::SM_WRONG)?),
        };
        let mut header = command.header;
        header[0] &= !0x0C;
        Ok(Command {
            header,
            data,
            le,
            extended: command.extended,
        })
    }

    /// Protects the reply to an instruction.
    pub fn wrap(&mut self, chip: &mut Coprocessor, reply: &Reply, odd: bool) -> Vec<u8> {
        self.count();
        let mut objects = Vec::new();
        if !reply.data.is_empty() {
            let blocks = padded(&reply.data, self.block());
            let cryptogram = self.cbc(chip, Direction::Encrypt, &blocks);
            objects = if odd {
                tlv::object(&[0x85], &cryptogram)
            } else {
                tlv::object(&[0x87], &[&[0x01], &cryptogram[..]].concat())
            };
        }
        let status = reply.status.0.to_be_bytes();
        objects.extend(tlv::object(&[0x99], &status));
        let mac = self.mac(chip, &padded(&objects, self.block()));
        objects.extend(tlv::object(&[0x8E], &mac));
        objects.extend(status);
        objects
    }

    /// The most data whose protected form fits a reply of `frame` bytes and a status word.
    pub fn room(&self, frame: usize) -> usize {
        /// Objects 99 and 8E.
        const FIXED: usize = 4 + 2 + MAC_LEN;
        let Some(room) = frame.checked_sub(FIXED) else {
            return 0;
        };
        // Tag, length and padding indicator of object 87.
        let head = match room {
            0..=0x82 => 3,
            0x83..=0x103 => 4,
            _ => 5,
        };
        let blocks = room.saturating_sub(head) / self.block() * self.block();
        // The padding is one byte at least.
        blocks.saturating_sub(1)
    }

    /// For encryption and MAC.
    pub fn keys(&self) -> [&[u8]; 2] {
        [&self.keys.encryption, &self.keys.mac]
    }

    fn block(&self) -> usize {
        self.keys.cipher.block()
    }

    fn count(&mut self) {
        self.counter = self.counter.wrapping_add(1);
    }

    /// The counter, as long as a block.
    fn counter(&self) -> Vec<u8> {
        let bytes = self.counter.to_be_bytes();
        bytes[bytes.len() - self.block()..].to_vec()
    }

    fn mac(&self, chip: &mut Coprocessor, blocks: &[u8]) -> [u8; MAC_LEN] {
        let input = [&self.counter()[..], blocks].concat();
        chip.mac(self.keys.cipher, &self.keys.mac, &input)
    }

    /// Triple DES starts from zero, AES from the encrypted counter.
    fn vector(&self, chip: &mut Coprocessor) -> Vec<u8> {
        let cipher = self.keys.cipher;
        let zero = vec![0; self.block()];
        if cipher == CipherKind::TripleDes {
            return zero;
        }
        let key = &self.keys.encryption;
        chip.cbc(Direction::Encrypt, cipher, key, &zero, &self.counter())
    }

    fn cbc(&self, chip: &mut Coprocessor, direction: Direction, blocks: &[u8]) -> Vec<u8> {
        let vector = self.vector(chip);
        let keys = &self.keys;
        chip.cbc(direction, keys.cipher, &keys.encryption, &vector, blocks)
    }

    fn decrypt(&self, chip: &mut Coprocessor, sent: &[u8]) -> Result<Vec<u8>, Status> {
        if sent.is_empty() || !sent.len().is_multiple_of(self.block()) {
            return Err(Status::SM_WRONG);
        }
        let plain = self.cbc(chip, Direction::Decrypt, sent);
        unpadded(plain, self.block()).ok_or(Status::SM_WRONG)
    }
}

fn objects(mut data: &[u8]) -> Result<Vec<tlv::Object<'_>>, Status> {
    let mut objects = Vec::new();
    while !data.is_empty() {
        objects.push(tlv::take(&mut data).ok_or(Status::SM_WRONG)?);
    }
    Ok(objects)
}

fn value<'a>(objects: &[tlv::Object<'a>], tag: u8) -> Option<&'a [u8]> {
    Some(objects.iter().find(|object| object.tag == tag)?.value)
}

/// Nothing but these objects, each at most once, in this order.
fn check_order(objects: &[tlv::Object<'_>], known: [u8; 3]) -> Result<(), Status> {
    let tags = || objects.iter().map(|object| object.tag);
    let expected = known.into_iter().filter(|tag| tags().any(|t| t == *tag));
    if tags().eq(expected) {
        Ok(())
    } else {
        Err(Status::SM_WRONG)
    }
}
